"""Each proof's size and the time to make and to check it; a history of 3,000 entries too."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.ledger import Bench, open_ledger
from bench.report import Row
from bench.workload import repairs
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.kernel import codec
from linlian.kernel.keys import KEYS
from linlian.kernel.proof import (
    ReceiptFile,
    Trust,
    check_grounds_of,
    check_history,
    check_receipt,
    check_redacted,
    check_state,
    read_file,
)
from linlian.kernel.withholding import redact
from linlian.node import source

TIMES = 30
RULES = source.rulebook()
LONG_HISTORY = 3_000


def proofs(keys: int, transactions: int) -> list[Row]:
    """Make and check each kind of proof file at a state of `keys` rows."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), keys)
        scene = bench.community.scene
        raws = list(repairs(bench.community, transactions))
        stairs = [ReportRepair(place=scene.stair, category=Category.LIGHTING_COMMON) for _ in range(LONG_HISTORY)]
        raws += [scene.town.transaction(scene.people["anna"], report) for report in stairs]
        ledger = open_ledger(bench)
        finals = [
            answer.result()
            for start in range(0, len(raws), 500)
            for answer in ledger.submit_many(raws[start : start + 500])
        ]
        anna = scene.people["anna"].key.key_id
        rows = _measure("receipt", lambda: ledger.prove_receipt(finals[7].item_id), check_receipt)
        strict = ledger.prove_receipt(finals[7].item_id, strict=True)
        rows += _measure("strict receipt", lambda: ledger.prove_receipt(finals[7].item_id, strict=True), _strictly)
        rows += _measure("redacted receipt", lambda: redact(strict), check_redacted)
        rows += _measure("state row", lambda: ledger.prove_state(KEYS.key(anna)), check_state)
        rows += _measure("absence", lambda: ledger.prove_state(KEYS.key(bytes(32))), check_state)
        rows += _measure(
            f"complete history of {LONG_HISTORY:,} entries", lambda: ledger.prove_history(scene.stair), check_history
        )
        ledger.close()
    return rows


def _strictly(file: ReceiptFile, trust: Trust) -> None:
    check_receipt(file, trust)
    check_grounds_of(file, RULES)


def _measure(name: str, make: Callable[[], Any], check: Callable[[Any, Any], Any]) -> list[Row]:
    data, making, reading, checking = b"", [], [], []
    for _ in range(TIMES):
        marks = [time.perf_counter()]
        data = codec.encode(make())
        marks.append(time.perf_counter())
        file = read_file(data)
        marks.append(time.perf_counter())
        check(file, {})
        marks.append(time.perf_counter())
        making.append(marks[1] - marks[0])
        reading.append(marks[2] - marks[1])
        checking.append(marks[3] - marks[2])
    checked = (statistics.median(checking) + statistics.median(reading)) * 1e3
    return [
        Row(f"{name}: size", len(data), "bytes"),
        Row(f"{name}: made in", statistics.median(making) * 1e3, "ms"),
        Row(f"{name}: read and checked in", checked, "ms", goal="≤ 10"),
    ]
