"""Lists that a clerk brings in from a page: compared here, signed in the clerk's browser, handed in here.

Implements `web.house.Lists`. The importer is the same as on the command line; all that differs is the ledger it speaks
to, whose transactions wait until the browser has signed them.

Rules
- The clerk's key never comes here, and neither does a secret of an invitation: the browser hands in public halves.
- One import works at a time: two would not know of each other's new places.
- What was compared waits in memory, never on a disk, until it is brought in, or something else needs its place.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from linlian import imports
from linlian.engine.ledger import Final, Ledger
from linlian.kernel import codec
from linlian.kernel.block import Block, Header
from linlian.kernel.errors import LinlianError, Refused
from linlian.kernel.proof import HistoryFile, ReceiptFile, StateFile
from linlian.kernel.rulebook import Rulebook
from linlian.vault import Contents
from linlian.web.errors import WebError
from linlian.web.house import About, ListStep
from linlian.words import Language, Words

SIGNED_WITHIN_S = 60.0
ASKED_WITHIN_S = 10.0
"""For so long a browser's question waits for something to sign."""
GIVES_WAY_S = 10.0
"""So long an import whose page was closed may take to notice that its clerk begins anew."""
KEPT_MAX = 8
ROWS_TOLD_MAX = 5_000
STEPS_OF = {"places": 1, "people": 2}
"""How many commands a new row takes, for the bar that shows progress."""
Knowing = Callable[[str, bytes, bytes], imports.Known]
"""What rows tell of a sheet of money: what it is, the round or fund that it is about, and who asks."""
Working = Callable[[Ledger], imports.ListWork | imports.MoneyWork]
"""One file, for the ledger that signs here or elsewhere."""


class _Elsewhere:
    """A signing key that is not here: what it signs waits for its signature."""

    def __init__(self, key_id: bytes):
        self.key_id = key_id

    def sign(self, _message: bytes) -> bytes:
        return b""


class Bench:
    """Where bodies wait for signatures: the import puts them down, the browser takes them up."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._bodies: list[bytes] = []
        self._signatures: list[bytes] = []
        self._round = 0
        self._over = False
        self.signed = 0

    def ask(self, bodies: list[bytes]) -> list[bytes]:
        """Wait for the signatures. Raises ImportFailed (`import.nobody_signs`)."""
        with self._change:
            self._bodies, self._signatures = bodies, []
            self._round += 1
            self._change.notify_all()
            self._change.wait_for(lambda: self._over or self._is_signed(), SIGNED_WITHIN_S)
            self._bodies = []
            if not self._is_signed():
                raise imports.ImportFailed("import.nobody_signs")
            self.signed += len(bodies)
            return self._signatures

    def hand_back(self, round_: int, signatures: Sequence[bytes]) -> None:
        """Take signatures; those of another round came late or twice, and are passed over."""
        with self._change:
            if round_ == self._round and self._bodies and len(signatures) == len(self._bodies):
                self._signatures = list(signatures)
                self._change.notify_all()

    def waiting(self) -> tuple[int, list[bytes]]:
        """The round, and what is to be signed in it; empty once the import is over, or takes its time."""
        with self._change:
            self._change.wait_for(lambda: self._over or self._is_open(), ASKED_WITHIN_S)
            return self._round, list(self._bodies) if self._is_open() else []

    def end(self) -> None:
        with self._change:
            self._over = True
            self._change.notify_all()

    def _is_open(self) -> bool:
        return bool(self._bodies) and not self._signatures

    def _is_signed(self) -> bool:
        return bool(self._signatures)


class SignedElsewhere:
    """A ledger whose transactions come without signatures, and get them at the bench."""

    def __init__(self, ledger: Ledger, bench: Bench):
        self._ledger = ledger
        self._bench = bench
        self._ready: tuple[list[bytes], list[bytes]] = ([], [])

    @property
    def chain(self) -> str:
        return self._ledger.chain

    @property
    def head(self) -> Header:
        return self._ledger.head

    def clock(self) -> int:
        return self._ledger.clock()

    def read(self, key: bytes) -> bytes | None:
        return self._ledger.read(key)

    def submit(self, raw: bytes, *, record_refusal: bool = False) -> Future[Final]:
        (answer,) = self.submit_many([raw], record_refusal=record_refusal)
        return answer

    def submit_many(self, raws: Sequence[bytes], *, record_refusal: bool = False) -> list[Future[Final]]:
        """Have them signed and hand them in. What the engine is too busy for is not signed again."""
        asked = list(raws)
        if self._ready[0] != asked:
            parts = [codec.decode_plain(raw) for raw in asked]
            signatures = self._bench.ask([body for body, _, _ in parts])
            signed = [codec.encode([*part[:2], mark]) for part, mark in zip(parts, signatures, strict=True)]
            self._ready = (asked, signed)
        return self._ledger.submit_many(self._ready[1], record_refusal=record_refusal)

    def try_out(self, raw: bytes) -> Refused | None:
        return self._ledger.try_out(raw)

    def find(self, item_id: bytes) -> Final | None:
        return self._ledger.find(item_id)

    def follow(self, start: int) -> Iterator[Block]:
        return self._ledger.follow(start)

    def prove_receipt(self, item_id: bytes, *, strict: bool = False) -> ReceiptFile:
        return self._ledger.prove_receipt(item_id, strict=strict)

    def prove_history(self, subject: bytes) -> HistoryFile:
        return self._ledger.prove_history(subject)

    def prove_state(self, key: bytes) -> StateFile:
        return self._ledger.prove_state(key)

    def close(self) -> None:
        """It is the node's to close."""


class _Keys:
    """The public halves of one-time keys that a browser made."""

    def __init__(self, keys: Sequence[bytes]):
        self._left = list(keys)

    def take(self) -> tuple[bytes, bytes]:
        """One of them; it is also what the letter is found again by. Raises ImportFailed (`import.too_few_keys`)."""
        if not self._left:
            raise imports.ImportFailed("import.too_few_keys")
        key = self._left.pop()
        return key, key


class _Job:
    """One file of one clerk: compared, then perhaps brought in."""

    def __init__(self, account: bytes, work: Working):
        self.account, self.work = account, work
        self.found: imports.Difference | None = None
        self.problem: LinlianError | None = None
        self.bench = Bench()
        self.rows = (0, 0)
        self.state = "compared"
        self.expected = 0

    def count_rows(self, done: int, of: int) -> None:
        self.rows = (done, of)


class NodeLists:
    """Implements `web.house.Lists` over an open node."""

    def __init__(
        self,
        ledger: Ledger,
        rules: Rulebook,
        contents: Contents,
        folder: Path,
        words: Words,
        knowing: Knowing = lambda what, about, account: imports.Known(),
    ):
        self._ledger, self._rules, self._contents, self._folder = ledger, rules, contents, folder
        self._words, self._knowing = words, knowing
        self._jobs: dict[bytes, _Job] = {}
        self._one = threading.Lock()

    def compare(self, account: bytes, what: imports.What, name: str, data: bytes, language: Language) -> ListStep:
        """Raises ImportFailed for a file that cannot be read."""
        job = _Job(account, lambda ledger: imports.ListWork(what, Path(name), self._target(ledger), data=data))
        job.found = job.work(self._ledger).compare()
        counts = job.found.counts()
        job.expected = STEPS_OF[what] * counts["new"] + counts["changed"] + (counts["new"] > 0)
        return self._keep(job, language)

    def compare_money(
        self, account: bytes, what: imports.Money, name: str, data: bytes, about: About, language: Language
    ) -> ListStep:
        """Raises ImportFailed, also for whoever does not manage the fund."""
        key, layout, own = about

        def work(ledger: Ledger) -> imports.MoneyWork:
            known, target = self._knowing(what, key, account), self._target(ledger)
            return imports.MoneyWork(what, key, Path(name), target, account, data, known, layout, own)

        job = _Job(account, work)
        job.found = job.work(self._ledger).compare()
        job.expected = job.found.commands
        return self._keep(job, language)

    def layouts(self, language: Language) -> list[tuple[str, str]]:
        return [(code, layout.name[language]) for code, layout in imports.layouts().items()]

    def _keep(self, job: _Job, language: Language) -> ListStep:
        identifier = secrets.token_bytes(16)
        resting = [key for key, kept in tuple(self._jobs.items()) if kept.state != "running"]
        for old in resting[: max(0, len(self._jobs) - KEPT_MAX + 1)]:
            self._jobs.pop(old, None)
        self._jobs[identifier] = job
        return self._told(identifier, job, language)

    def begin(self, account: bytes, identifier: bytes, key_id: bytes, keys: Sequence[bytes], one_a_home: bool) -> None:
        job = self._own(account, identifier)
        if job.state == "running":
            return
        for other in tuple(self._jobs.values()):
            if other.account == account:
                other.bench.end()  # a page of theirs that was closed: nobody signs there any more
        if not self._one.acquire(timeout=GIVES_WAY_S):
            raise WebError("web.list_at_work")
        job.bench, job.state, job.problem, job.rows = Bench(), "running", None, (0, 0)
        invite = imports.Invite(_Keys(keys).take, one_a_home) if keys else None
        importer = imports.Importer(account, _Elsewhere(key_id))
        threading.Thread(target=self._run, args=(job, importer, invite), name="linlian-list", daemon=True).start()

    def step(
        self, account: bytes, identifier: bytes, round_: int, signatures: Sequence[bytes], language: Language
    ) -> ListStep:
        job = self._own(account, identifier)
        job.bench.hand_back(round_, signatures)
        if job.state == "running":
            round_, bodies = job.bench.waiting()
            return self._told(identifier, job, language)._replace(round=round_, bodies=bodies)
        return self._told(identifier, job, language)

    def printed(self, account: bytes, identifier: bytes) -> None:
        job = self._own(account, identifier)
        work = job.work(self._ledger)
        if job.found is not None and isinstance(work, imports.ListWork):
            work.letters_written()
            job.found.letters.clear()

    def close(self) -> None:
        """Let go of an import that waits for signatures."""
        for job in tuple(self._jobs.values()):
            job.bench.end()

    def _own(self, account: bytes, identifier: bytes) -> _Job:
        job = self._jobs.get(identifier)
        if job is None or job.account != account:
            raise WebError("web.list_gone")
        return job

    def _target(self, ledger: Ledger) -> imports.Target:
        return imports.Target(ledger, self._rules, self._contents, self._folder)

    def _run(self, job: _Job, importer: imports.Importer, invite: imports.Invite | None) -> None:
        """The import itself, in a thread of its own."""
        state = "stopped"
        try:
            work = job.work(SignedElsewhere(self._ledger, job.bench))
            if isinstance(work, imports.MoneyWork):
                job.found = work.bring_in(importer, job.count_rows)
            else:
                job.found = work.bring_in(importer, job.count_rows, invite=invite)
            state = "done"
        except LinlianError as error:
            job.problem = error
        finally:
            job.state = state
            self._one.release()
            job.bench.end()

    def _told(self, identifier: bytes, job: _Job, language: Language) -> ListStep:
        found, tongue = job.found, self._words.tongue(language)
        assert found is not None, "a job begins with a comparison"
        rows: list[Mapping[str, Any]] = []
        if job.state != "running":
            told = [each for each in found.in_order() if each.result != "unchanged"][:ROWS_TOLD_MAX]
            rows = [
                {
                    "sheet": each.where.sheet,
                    "line": each.where.line,
                    "result": str(each.result),
                    "said": tongue.text(f"importing.{each.result}"),
                    "changed": [tongue.text(f"lists.column.{name}") for name in each.what],
                    "code": each.problem.code if each.problem else "",
                    "reason": tongue.error(each.problem) if each.problem else "",
                }
                for each in told
            ]
        problem = job.problem
        return ListStep(
            job=identifier,
            state=job.state,
            round=0,
            bodies=[],
            signed=job.bench.signed,
            expected=job.expected,
            counts=found.counts(),
            passed_over=found.passed_over,
            forgotten=found.forgotten,
            rows=rows,
            rolls=list(found.rolls),
            letters=[
                {"door": door, "name": name, "account": account, "key": key}
                for door, name, account, key in sorted(found.letters)
            ]
            if job.state == "done"
            else [],
            code=problem.code if problem else "",
            reason=tongue.error(problem) if problem else "",
            milliseconds=int(found.seconds * 1000),
            sums=found.sums(),
            currency=found.currency,
        )


__all__ = ["Bench", "NodeLists", "SignedElsewhere"]
