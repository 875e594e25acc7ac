"""The ledger by itself: throughput by phase, a lone transaction, bytes, at several sizes of the state."""

from __future__ import annotations

import gc
import os
import statistics
import tempfile
import time
from collections import deque
from concurrent.futures import Future
from itertools import pairwise
from pathlib import Path

from bench.machine import written_bytes
from bench.report import Row
from bench.workload import Community, fill, repairs, settle
from linlian.engine.embedded import BATCH_TRANSACTIONS, QUEUE_TRANSACTIONS, EmbeddedLedger
from linlian.engine.ledger import Final
from linlian.engine.watermark import Watermark
from linlian.kernel.crypto import SoftwareKey, sha256
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.state import State
from linlian.kernel.transaction import open_transaction
from linlian.kernel.transition import OpenBlock, admit
from linlian.store.sqlite import SqliteStore

OPERATOR = SoftwareKey("ed25519", sha256(b"key:operator"))
FLUSHING_BLOCKS = 64
PHASES = ("open", "admit", "execute", "seal", "commit")


class Bench:
    """A community on disk whose state holds about `keys` rows."""

    def __init__(self, folder: Path, keys: int):
        self.folder = folder
        self.community: Community = settle()
        town = self.community.scene.town
        self.store = SqliteStore(folder / "ledger.sqlite")
        self.store.create(town.genesis_document, town.blocks[0])
        for block in town.blocks[1:]:
            self.store.commit(block)
        if keys > len(town.state.rows):
            self.store.commit(fill(town.state, self.community, keys).block)
        self.rows = len(town.state.rows)

    def fresh_state(self) -> State:
        """The state, loaded from the store."""
        document = self.store.genesis()
        assert document is not None
        state = State(chain_id(document), open_genesis(document).work)
        self.store.load(state)
        return state

    def reopened_size(self) -> int:
        """Bytes on disk once the store has been closed; it is open again afterwards."""
        self.store.close()
        path = self.folder / "ledger.sqlite"
        size_bytes = path.stat().st_size
        self.store = SqliteStore(path)
        return size_bytes

    def clock(self) -> int:
        """The town's time, at which the transactions were signed."""
        return self.community.scene.town.time


def by_phase(keys: int, transactions: int) -> list[Row]:
    """Microseconds a transaction for each phase, one thread, signatures left out; bytes written and stored.

    Some small blocks go first, so that the rows with which the state was filled are all on disk.
    """
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), keys)
        raws = list(repairs(bench.community, transactions + FLUSHING_BLOCKS))
        state = bench.fresh_state()
        for raw in raws[:FLUSHING_BLOCKS]:
            one_block(bench, state, [raw])
        size_before, written_before = bench.reopened_size(), written_bytes()
        spent = dict.fromkeys(PHASES, 0.0)
        gc.collect()
        gc.freeze()
        for start in range(FLUSHING_BLOCKS, len(raws), BATCH_TRANSACTIONS):
            marks = one_block(bench, state, raws[start : start + BATCH_TRANSACTIONS])
            for phase, (began, ended) in zip(PHASES, pairwise(marks), strict=True):
                spent[phase] += ended - began
        gc.unfreeze()
        written = written_bytes() - written_before
        stored = bench.reopened_size() - size_before
        bench.store.close()
    each = {phase: seconds / transactions * 1e6 for phase, seconds in spent.items()}
    where = f"{bench.rows:,} keys"
    rows = [Row(f"phase {phase}, {where}", each[phase], "µs/tx") for phase in PHASES]
    rows.append(Row(f"all phases, {where}", sum(each.values()), "µs/tx", goal="≤ 166"))
    rows.append(Row(f"stored, {where}", stored / transactions, "B/tx", goal="≤ 1,200"))
    rows.append(Row(f"written, {where}", written / transactions, "B/tx", goal="≤ 8,000"))
    return rows


def one_block(bench: Bench, state: State, raws: list[bytes]) -> list[float]:
    """Make and commit a block of these; the moments between the phases."""
    rulebook, now = bench.community.scene.town.rulebook, bench.clock()
    marks = [time.perf_counter()]
    opened = [open_transaction(raw, state.chain) for raw in raws]
    marks.append(time.perf_counter())
    admitted, rejected = admit(state, rulebook, opened, now, None)
    marks.append(time.perf_counter())
    block = OpenBlock.after(state, rulebook, now)
    refused = [no for transaction in admitted if (no := block.try_transaction(transaction)) is not None]
    marks.append(time.perf_counter())
    assert not rejected, rejected[0]
    assert not refused, refused[0]
    applied = block.seal(state)
    marks.append(time.perf_counter())
    bench.store.commit(applied.block)
    marks.append(time.perf_counter())
    return marks


def end_to_end(keys: int, transactions: int, limit: float) -> list[Row]:
    """Committed signed transactions a second through the embedded engine, signatures checked by its helper.

    The first batch, with which the helper process starts, is not counted. What is loaded by then is set aside from the
    collector of garbage, as a node does once it is open.
    """
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), keys)
        raws = list(repairs(bench.community, transactions))
        ledger = open_ledger(bench)
        for answer in ledger.submit_many(raws[:BATCH_TRANSACTIONS]):
            answer.result()
        del raws[:BATCH_TRANSACTIONS]
        gc.collect()
        gc.freeze()
        started = time.perf_counter()
        waiting: deque[Future[Final]] = deque()
        for start in range(0, len(raws), BATCH_TRANSACTIONS):
            while len(waiting) > QUEUE_TRANSACTIONS - 2 * BATCH_TRANSACTIONS:
                waiting.popleft().result()
            waiting.extend(ledger.submit_many(raws[start : start + BATCH_TRANSACTIONS]))
        for answer in waiting:
            answer.result()
        elapsed = time.perf_counter() - started
        gc.unfreeze()
        ledger.close()
    rate = len(raws) / elapsed
    where = f"{bench.rows:,} keys"
    return [
        Row(f"committed signed transactions, {where}", rate, "tx/s", goal="6,000 at 100k; aim 8,000"),
        Row(f"ratio to one core's signature checks, {where}", rate / limit, "×"),
    ]


def lone(transactions: int = 400) -> list[Row]:
    """One transaction at a time: from submit to durable, and what one sync of this disk costs."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        sync_ms = _sync_ms(Path(folder))
        bench = Bench(Path(folder), 0)
        raws = list(repairs(bench.community, transactions))
        ledger = open_ledger(bench)
        times = []
        for raw in raws:
            started = time.perf_counter()
            ledger.submit(raw).result()
            times.append((time.perf_counter() - started) * 1e3)
        ledger.close()
    times.sort()
    return [
        Row("one sync of the disk", sync_ms, "ms"),
        Row("lone transaction to durable, median", statistics.median(times), "ms", goal="≤ 2 + sync"),
        Row("lone transaction to durable, 95 %", times[int(len(times) * 0.95)], "ms"),
    ]


def open_ledger(bench: Bench) -> EmbeddedLedger:
    rulebook = bench.community.scene.town.rulebook
    return EmbeddedLedger(bench.store, rulebook, OPERATOR, Watermark(bench.folder / "watermark"), bench.clock)


def _sync_ms(folder: Path, times: int = 50) -> float:
    with (folder / "sync").open("wb") as file:
        measured = []
        for _ in range(times):
            file.write(bytes(4096))
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            measured.append((time.perf_counter() - started) * 1e3)
    return statistics.median(measured)
