"""A trial is a network under load to which one thing after another happens; after each it is looked at.

    trial = Trial(network); trial.begin()
    outcome = trial.undergo(Phase("pause one", "street is stopped for 6 s and goes on", pause_one))

After each phase
- every node answers, and a report handed in at each is final and found at all: the time from `recovering()` to that is
  the recovery;
- what was acknowledged stands at every node, where its sender was told;
- what was denied stands nowhere, and what was undecided stands everywhere or nowhere;
- at the same height the last headers are the same bytes: a header commits to all before it and to the state.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from linlian.engine.ledger import Final
from linlian.kernel import codec
from linlian.kernel.errors import LinlianError
from linlian.node.folder import LEDGER
from linlian.store.sqlite import SqliteStore
from tests.trials.load import Load
from tests.trials.network import TrialNetwork, together

LIMIT_S = 20.0
PATIENCE_S = 90.0
PROBE_VALID_MS = 60_000
ASKED_MAX = 300
"""So many transactions a node is asked for after a phase; where the others stand, its file tells sooner."""


class Lost(AssertionError):
    """What may never be: the ledger forgot, contradicted itself, or another node."""


@dataclass(frozen=True)
class Phase:
    """What is done. `run` does it and says what it saw, a clause; it calls `trial.recovering()` where repair begins."""

    name: str
    what: str
    run: Callable[[Trial], str]
    needs: Callable[[], str] = lambda: ""
    """Why it cannot be done here, if it cannot."""
    limit_s: float = LIMIT_S
    """Of the recovery. All blocks anew take longer than 20 s where there are many."""


@dataclass
class Outcome:
    """What became of a phase. Of `lost` transactions a node says something else than their sender was told."""

    name: str
    what: str
    seen: str = ""
    acknowledged: int = 0
    lost: int = 0
    roots_equal: bool = False
    height: int = -1
    recovery_s: float = -1.0
    seconds: float = 0.0
    limit_s: float = LIMIT_S
    codes: dict[str, int] = field(default_factory=dict)
    verdict: str = "failed"


class Trial:
    """Over a network that has been started."""

    def __init__(self, network: TrialNetwork, limit_s: float = LIMIT_S):
        """No phase has a lower limit than `limit_s`."""
        self.network = network
        self.load = Load(network)
        self.limit_s = limit_s
        self.following: list[str] = network.codes
        """The nodes that must agree after each phase."""
        self.begins: dict[str, int] = {}
        """Nodes whose ledger begins at a snapshot, and at which block: of what came before they know nothing."""
        self._since = 0.0

    def begin(self) -> None:
        """Let the people settle, then begin the load."""
        ledger = self.network.ledger("street")
        self.network.community.settle(ledger)
        ledger.close()
        self.load.begin()

    def end(self) -> None:
        self.load.end()

    def recovering(self) -> None:
        """From here on recovery counts."""
        self._since = time.monotonic()

    def undergo(self, phase: Phase) -> Outcome:
        """Do it, and look whether all is well. Never raises for what goes wrong: the outcome says it."""
        outcome, before = Outcome(phase.name, phase.what), Counter(self.load.book.codes)
        outcome.limit_s = max(phase.limit_s, self.limit_s)
        started = self._since = time.monotonic()
        reason = phase.needs()
        if reason:
            outcome.verdict = f"skipped: {reason}"
            return outcome
        try:
            outcome.seen = phase.run(self)
            self._look(outcome)
        except (LinlianError, AssertionError, OSError, TimeoutError) as error:
            outcome.verdict = f"failed: {error!r}"[:1000]
        outcome.codes = dict(Counter(self.load.book.codes) - before)
        outcome.seconds = time.monotonic() - started
        return outcome

    def _look(self, outcome: Outcome) -> None:
        outcome.recovery_s = self.until_well() - self._since
        with self.load.resting():
            outcome.height = self.until_level()
            outcome.roots_equal = True
            fresh = self.load.book.take_fresh()
            outcome.acknowledged = len(fresh)
            outcome.lost = self._count_lost(fresh)
        slow = outcome.recovery_s > outcome.limit_s
        too_slow = f"failed: over {outcome.limit_s:.0f} s"
        outcome.verdict = "failed: lost" if outcome.lost else too_slow if slow else "passed"

    def until_well(self) -> float:
        """Wait until each node takes a report and all have it; when that was."""
        finals = together([partial(self._probe, code) for code in self.following])
        together([partial(self._find_all, code, finals) for code in self.following])
        return time.monotonic()

    def _probe(self, code: str) -> Final:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                ledger = self.network.ledger(code)
                try:
                    signed = self.network.community.report(PROBE_VALID_MS)
                    final = ledger.submit_many([signed.raw])[0].result(PATIENCE_S)
                    self.load.book.answered(signed.id, final)
                    return final
                finally:
                    ledger.close()
            except LinlianError as error:
                if time.monotonic() > until:
                    raise AssertionError(f"{code} takes nothing: {error}") from error
                time.sleep(0.1)

    def _find_all(self, code: str, finals: Sequence[Final]) -> None:
        until = time.monotonic() + PATIENCE_S
        ledger = self.network.ledger(code)
        try:
            while any(ledger.find(final.item_id) != final for final in finals):
                if time.monotonic() > until:
                    raise AssertionError(f"{code} does not follow")
                time.sleep(0.05)
        finally:
            ledger.close()

    def until_level(self) -> int:
        """Wait until all stand at the same height; their last headers must be the same then. Raises Lost."""
        until = time.monotonic() + PATIENCE_S
        ledgers = {code: self.network.ledger(code) for code in self.following}
        try:
            while True:
                heads = {code: ledger.head for code, ledger in ledgers.items()}
                if len({head.height for head in heads.values()}) == 1:
                    break
                if time.monotonic() > until:
                    raise AssertionError(f"heights stay apart: { {c: h.height for c, h in heads.items()} }")
                time.sleep(0.05)
        finally:
            for ledger in ledgers.values():
                ledger.close()
        if len({codec.encode(head) for head in heads.values()}) > 1:
            raise Lost(f"roots differ: { {code: head.state_root.hex()[:16] for code, head in heads.items()} }")
        return next(iter(heads.values())).height

    def _count_lost(self, fresh: Sequence[bytes]) -> int:
        """How many transactions stand otherwise than was said, at any node."""
        book = self.load.book
        asked = [*fresh, *book.denied, *book.undecided]
        found = together([partial(self._found, code, asked) for code in self.following])
        lost = 0
        for identifier, *told in zip(asked, *found, strict=True):
            if identifier in book.acknowledged:
                final = book.acknowledged[identifier]
                place = (final.height, final.index)
                expected = [None if final.height <= self.begins.get(code, -1) else place for code in self.following]
                lost += told != expected
            elif identifier in book.denied:
                lost += any(place is not None for place in told)
            else:
                lost += any(place != told[0] for place in told)
        book.denied.clear()
        book.undecided.clear()
        return lost

    def _found(self, code: str, identifiers: Sequence[bytes]) -> list[tuple[int, int] | None]:
        """Where a node has them, by its ledger's file; what it answers itself must be the same."""
        store, ledger = SqliteStore(self.network.folder(code) / LEDGER, read_only=True), self.network.ledger(code)
        try:
            places = [store.find(identifier) for identifier in identifiers]
            for identifier, place in list(zip(identifiers, places, strict=True))[:ASKED_MAX]:
                final = ledger.find(identifier)
                if (final and (final.height, final.index)) != place:
                    raise Lost(f"{code} answers otherwise than its file")
            return places
        finally:
            ledger.close()
            store.close()
