"""Several organisations: finalised signed transactions a second, and how long one takes, beside CometBFT's own kvstore.

Four validators with all their processes on this one machine, real `repairs` handlers, real signatures. The same engine
with the same configuration then runs its built-in `kvstore`, which checks no signature, with as many bytes.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.ledger import Bench
from bench.report import Row
from bench.workload import repairs
from linlian.engine.cometbft.envelope import TRANSACTIONS_MAX
from linlian.engine.cometbft.process import find_binary
from linlian.engine.cometbft.rpc import MempoolFull, Rpc
from linlian.engine.ledger import Final
from linlian.engine.local import LocalLedger
from linlian.kernel.errors import Busy, LinlianError
from linlian.node import folder as place
from linlian.node.several import MadeNetwork, make_network_from

PORT = 18431
READY_S = 60.0
BATCH = 50


class Timed(NamedTuple):
    """What a run came to: finalised a second, seconds to final in order, how often it was told to come back."""

    rate: float
    times: list[float]
    busy: int


def several(keys: int, transactions: int) -> list[Row]:
    """The rows of the table: ours at full and at half load, overloaded, and kvstore."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        root = Path(folder)
        bench, made = _found(root, keys)
        with running(made) as ledgers:
            warm = list(_signed(bench, made.chain, transactions // 10))
            submit_at(ledgers, warm, 1_000)
            full = submit_at(ledgers, list(_signed(bench, made.chain, transactions)), 100_000)
            half = submit_at(ledgers, list(_signed(bench, made.chain, transactions // 2)), full.rate / 2)
            thousand = submit_at(ledgers, list(_signed(bench, made.chain, transactions // 4)), 1_000)
            twice = submit_at(ledgers, list(_signed(bench, made.chain, transactions)), full.rate * 2)
            size = sum(map(len, warm)) // len(warm)
        theirs = _kvstore(root / "kvstore", transactions, size)
    return [
        Row("finalised signed transactions, 4 validators", full.rate, "tx/s", goal="≥ 2,400"),
        Row("kvstore of CometBFT, same bytes", theirs, "tx/s"),
        Row("ratio to kvstore", full.rate / theirs, "×", goal="≥ 0.75"),
        *(Row(f"time to final at half load, {share:.0%}", _share(half.times, share), "s") for share in (0.5, 0.95, 0.99)),
        Row("time to final at 1,000 tx/s, 95%", _share(thousand.times, 0.95), "s", goal="≤ 1"),
        Row("offered twice that", twice.rate / full.rate, "× best rate", goal="≥ 0.9"),
        Row("answered busy meanwhile", twice.busy, "times"),
    ]


def _found(root: Path, keys: int) -> tuple[Bench, MadeNetwork]:
    """A community of `keys` rows that goes over to its four organisations."""
    old = root / "old"
    old.mkdir()
    bench = Bench(old, keys)
    bench.store.close()
    return bench, make_network_from(root / "net", old, first_port=PORT)


@contextmanager
def running(made: MadeNetwork) -> Iterator[list[LocalLedger]]:
    """All validators as processes of their own, and a connection to each."""
    with ExitStack() as closing:
        for node in made.nodes:
            command = [sys.executable, "-m", "bench.validating", str(node.folder)]
            process = subprocess.Popen(command, start_new_session=True)
            closing.callback(_end, process)
        ledgers = [_connect(node.folder / place.SOCKET) for node in made.nodes]
        for ledger in ledgers:
            closing.callback(ledger.close)
        yield ledgers


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _connect(socket: Path) -> LocalLedger:
    until = time.monotonic() + READY_S
    while True:
        try:
            return LocalLedger(socket)
        except LinlianError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _signed(bench: Bench, chain: str, count: int) -> Iterator[bytes]:
    """Signed now, for this chain, in an order in which each is accepted."""
    town = bench.community.scene.town
    town.state.chain, town.time = chain, time.time_ns() // 1_000_000 + 50_000
    return repairs(bench.community, count)


def submit_at(ledgers: list[LocalLedger], raws: list[bytes], rate: float) -> Timed:
    """Hand in at this rate, cases to one node each so that their steps stay in order; wait for all."""
    waiting: deque[tuple[float, Future[Final]]] = deque()
    times: list[float] = []
    busy = number = 0
    started = time.perf_counter()

    def done(sent: float) -> None:
        times.append(time.perf_counter() - sent)

    for start in range(0, len(raws), BATCH):
        while (ahead := start / rate - (time.perf_counter() - started)) > 0:
            time.sleep(min(ahead, 0.01))
        while True:
            try:
                answers = ledgers[number % len(ledgers)].submit_many(raws[start : start + BATCH])
            except Busy as error:
                busy += 1
                time.sleep(error.retry_after_ms / 1000 * random.uniform(0.5, 1.0))
            else:
                break
        sent = time.perf_counter()
        for answer in answers:
            answer.add_done_callback(lambda _, sent=sent: done(sent))
            waiting.append((sent, answer))
        # Eight waves of sixty make a case complete; a node takes all of them.
        number += (start // BATCH) % 10 == 9
    outcomes = [answer.result(120).outcome for _, answer in waiting]
    elapsed = time.perf_counter() - started
    assert set(outcomes) == {"accepted"}, {outcome: outcomes.count(outcome) for outcome in set(outcomes)}
    return Timed(len(raws) / elapsed, sorted(times), busy)


def _kvstore(root: Path, transactions: int, size_bytes: int) -> float:
    """Transactions a second of four engines with their built-in application, handed in as envelopes are."""
    raise NotImplementedError


def _share(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]


__all__ = ["MempoolFull", "Rpc", "TRANSACTIONS_MAX", "b64encode", "find_binary", "several", "shutil"]
