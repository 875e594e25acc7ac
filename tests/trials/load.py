"""Signed repairs going to all nodes all the time, and a book of what was answered.

    load = Load(network); load.begin()
    with load.resting(): …          # nothing is on its way, the nodes may be compared

A worker for each node takes cases through their whole life, a handful at a time. It holds on to nothing: a case whose
step got no answer is left, and a new one begun. What the book says of a transaction is what its sender was told:

    acknowledged    Final: it must be found at every node, for ever, where it was said to be
    denied          Rejected, too late say: it must never be found
    undecided       no answer, or "nobody knows yet": it may be found or not, but everywhere alike
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLong
from contextlib import contextmanager, suppress

from linlian.engine.ledger import Final, Ledger
from linlian.kernel.errors import Busy, LinlianError, Rejected
from tests.trials.network import TrialNetwork
from tests.trials.people import Signed

AT_ONCE = 5
PAUSE_S = 0.1
PATIENCE_S = 30.0
RESTING_S = 60.0


class Book:
    """What senders were told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.acknowledged: dict[bytes, Final] = {}
        self.denied: set[bytes] = set()
        self.undecided: set[bytes] = set()
        self.codes: Counter[str] = Counter()
        self.fresh: list[bytes] = []
        """What has been acknowledged since this was last emptied."""

    def take_fresh(self) -> list[bytes]:
        with self._lock:
            fresh, self.fresh = self.fresh, []
        return fresh

    def answered(self, identifier: bytes, final: Final) -> None:
        with self._lock:
            self.codes[_outcome(final)] += 1
            self.undecided.discard(identifier)
            if identifier not in self.acknowledged:
                self.fresh.append(identifier)
            self.acknowledged[identifier] = final

    def failed(self, identifier: bytes, error: BaseException) -> None:
        """An answer that is no Final. "Repeated" says that it is there already; it is not known where."""
        code = error.code if isinstance(error, LinlianError) else type(error).__name__
        with self._lock:
            self.codes[code] += 1
            if isinstance(error, Rejected) and code != "kernel.repeated":
                self.denied.add(identifier)
            else:
                self.undecided.add(identifier)

    def enter(self, identifier: bytes, answer: Future[Final], seconds: float = PATIENCE_S) -> Final | None:
        """Wait for an answer and write it down."""
        try:
            final = answer.result(seconds)
        except (LinlianError, TooLong) as error:
            self.failed(identifier, error)
            return None
        self.answered(identifier, final)
        return final

    def hand_in(self, ledger: Ledger, signed: Sequence[Signed]) -> list[Final | None]:
        """Hand in at a node, wait for all, and write down what it said."""
        try:
            answers = ledger.submit_many([each.raw for each in signed])
        except LinlianError as error:
            for each in signed:
                self.failed(each.id, error)
            if isinstance(error, Busy):
                time.sleep(error.retry_after_ms / 1000)
            return [None] * len(signed)
        return [self.enter(each.id, answer) for each, answer in zip(signed, answers, strict=True)]


class Load:
    """The workers. `spared` are nodes that nobody speaks to just now."""

    def __init__(self, network: TrialNetwork, at_once: int = AT_ONCE):
        self.network = network
        self.book = Book()
        self.spared: set[str] = set()
        self._at_once = at_once
        self._going = threading.Event()
        self._ending = threading.Event()
        self._busy: dict[str, bool] = {}
        self._threads: list[threading.Thread] = []

    def begin(self, *codes: str) -> None:
        """A worker for each of these nodes, or for each there is."""
        self._going.set()
        for code in codes or self.network.codes:
            self._busy[code] = False
            thread = threading.Thread(target=self._work, args=(code,), name=f"load-{code}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def end(self) -> None:
        self._ending.set()
        self._going.set()
        for thread in self._threads:
            thread.join(RESTING_S)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Nothing of ours is on its way inside."""
        self._going.clear()
        until = time.monotonic() + RESTING_S
        while any(self._busy.values()):
            assert time.monotonic() < until, f"still waiting for an answer at {[c for c, b in self._busy.items() if b]}"
            time.sleep(0.02)
        try:
            yield
        finally:
            self._going.set()

    def _work(self, code: str) -> None:
        ledger: Ledger | None = None
        while not self._ending.is_set():
            if not self._going.is_set() or code in self.spared:
                time.sleep(0.05)
                continue
            self._busy[code] = True
            try:
                ledger = ledger or self.network.ledger(code)
                self._take_cases_through(ledger)
            except LinlianError:
                time.sleep(PAUSE_S)
                _hang_up(ledger)
                ledger = None
            finally:
                self._busy[code] = False
        _hang_up(ledger)

    def _take_cases_through(self, ledger: Ledger) -> None:
        """From the report to "it is repaired"; given up at the first step that is not accepted."""
        community, book = self.network.community, self.book
        reports = [community.report() for _ in range(self._at_once)]
        finals = book.hand_in(ledger, reports)
        lives = [
            community.life_of(report.record)
            for report, final in zip(reports, finals, strict=True)
            if final is not None and final.outcome == "accepted"
        ]
        if not lives:
            time.sleep(PAUSE_S)
        while lives and self._going.is_set():
            steps = [(life, step) for life in lives if (step := next(life, None)) is not None]
            finals = book.hand_in(ledger, [community.sign(*step) for _, step in steps])
            lives = [
                life
                for (life, _), final in zip(steps, finals, strict=True)
                if final is not None and final.outcome == "accepted"
            ]
            time.sleep(PAUSE_S)
        ledger.head  # noqa: B018 – raises where the connection is lost


def _outcome(final: Final) -> str:
    """Accepted, or the code with which a rule refused it."""
    return final.outcome if final.outcome == "accepted" else f"{final.outcome} {final.entries()[0][2].get('code', '')}"


def _hang_up(ledger: Ledger | None) -> None:
    if ledger is not None:
        with suppress(LinlianError, OSError):
            ledger.close()
