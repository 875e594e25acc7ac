"""A ledger of a million transactions: how long it takes to start, how much memory it holds, how fast it is verified."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from bench.ledger import Bench, one_block
from bench.report import Row
from bench.workload import repairs
from linlian.engine.embedded import BATCH_TRANSACTIONS
from linlian.store.audit import audit
from linlian.store.sqlite import SqliteStore

START = """
import sys, time
from pathlib import Path
from bench.machine import resident_bytes
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.state import State
from linlian.store.sqlite import SqliteStore
empty = resident_bytes()
started = time.perf_counter()
store = SqliteStore(Path(sys.argv[1]))
document = store.genesis()
state = State(chain_id(document), open_genesis(document).work)
store.load(state)
print(time.perf_counter() - started, resident_bytes() - empty, len(state.rows))
store.close()
"""


def large(transactions: int, keys: int = 0) -> list[Row]:
    """Build it, start it in a fresh process, and audit it from genesis with every signature."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), keys)
        built = _build(bench, transactions)
        size_bytes = bench.store.size_bytes()
        bench.store.close()
        path = Path(folder) / "ledger.sqlite"
        answer = subprocess.run([sys.executable, "-c", START, str(path)], capture_output=True, text=True, check=True)
        start_s, memory_bytes, rows_held = (float(part) for part in answer.stdout.split())
        rows = [
            Row(
                f"start with {transactions:,} transactions, {rows_held:,.0f} rows",
                start_s,
                "s",
                goal="≤ 5 at a million",
            ),
            Row(f"memory with {rows_held:,.0f} rows", memory_bytes / 1e6, "MB"),
            Row(f"size on disk of {transactions:,} transactions", size_bytes / transactions, "B/tx", goal="≤ 1,200"),
            Row("built without checking signatures", built, "tx/s"),
        ]
        if keys == 0:
            store = SqliteStore(path)
            started = time.perf_counter()
            report = audit(store)
            seconds = time.perf_counter() - started
            assert report.finding is None, report.finding
            store.close()
            rate = transactions / seconds
            rows.append(Row("whole ledger verified, signatures included", rate, "tx/s", goal="≥ 10,000"))
        return rows


def _build(bench: Bench, transactions: int) -> float:
    """Append the transactions through the kernel; returns how many a second, signing left out."""
    state, spent = bench.fresh_state(), 0.0
    stream = repairs(bench.community, transactions)
    while raws := list(islice(stream, BATCH_TRANSACTIONS)):
        marks = one_block(bench, state, raws)
        spent += marks[-1] - marks[0]
    return transactions / spent
