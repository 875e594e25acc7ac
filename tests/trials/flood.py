"""Reports handed in at all nodes as fast as they are taken, or at a given rate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import NamedTuple

from linlian.engine.ledger import Final
from linlian.kernel.errors import Busy, LinlianError
from tests.trials.network import together
from tests.trials.people import Signed
from tests.trials.trial import Trial

BATCH = 25
VALID_MS = 100_000
ANSWER_S = 60.0


class Flooded(NamedTuple):
    """How many were offered, how many became final in the time, how often "busy" was said."""

    seconds: float
    offered: int
    final: int
    busy: int

    @property
    def rate(self) -> float:
        return self.final / self.seconds


def flood(trial: Trial, seconds: float, rate: float | None) -> Flooded:
    """Offer for so long: at this rate whether or not it is taken, or else as told by "busy"."""
    nodes = trial.following
    each = None if rate is None else rate / len(nodes)
    started = time.monotonic()
    told = together([partial(_flood_one, trial, code, started, seconds, each) for code in nodes])
    return Flooded(seconds, *(sum(one[field] for one in told) for field in range(3)))


def _flood_one(trial: Trial, code: str, started: float, seconds: float, rate: float | None) -> tuple[int, int, int]:
    ledger, community, book = trial.network.ledger(code), trial.network.community, trial.load.book
    waiting: list[tuple[Signed, Future[Final]]] = []
    offered = busy = 0
    ends = started + seconds
    try:
        while (now := time.monotonic()) < ends:
            if rate is not None and offered > rate * (now - started):
                time.sleep(0.005)
                continue
            signed: Sequence[Signed] = [community.report(VALID_MS) for _ in range(BATCH)]
            offered += len(signed)
            try:
                waiting += zip(signed, ledger.submit_many([one.raw for one in signed]), strict=True)
            except Busy as error:
                busy += 1
                for one in signed:
                    book.failed(one.id, error)
                if rate is None:
                    time.sleep(min(error.retry_after_ms / 1000, 0.2))
        in_time = sum(1 for _, answer in waiting if answer.done() and not isinstance(answer.exception(), LinlianError))
        for one, answer in waiting:
            book.enter(one.id, answer, ANSWER_S)
    finally:
        ledger.close()
    return offered, in_time, busy
