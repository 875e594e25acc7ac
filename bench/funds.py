"""A programme with 100,000 payments: its page, the picture of where its money went, the proof that they are all.

The pages are those of the fund that the pages' tests live with, its rows copied until one round has as many payments
(`tests.large`). What a page asks of the database is counted as well as timed: that does not depend on what else the
machine does. The proof is made from a real ledger whose state holds 100,000 rows and a roll of as many payments.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.ledger import Bench, open_ledger
from bench.report import Row
from linlian.community.transfers.pages import fund as fund_page
from linlian.community.transfers.pages import programme as programme_page
from linlian.community.transfers.pages.kit import River, river
from linlian.community.transfers.rules import roll_item, rolls
from linlian.community.transfers.tests.followed import NAMES
from linlian.kernel import codec
from linlian.kernel.crypto import sha256
from linlian.kernel.proof import StateFile, check_state, read_file
from linlian.kernel.rolls import check_roll, roll_of
from linlian.kernel.transition import OpenBlock
from tests.large.pages import COUNTERS, Crowd, crowd

GOAL_MS, PICTURE_MS, PROOF_MS = 50, 200, 50
ASKED, PROVED = 60, 30
BUSINESSES = ("funds", "programmes", "transfers")
READERS = ("", "owners_officer", "clerk", "anna")
"""An outsider, who approves, who manages, and a recipient."""
PROGRAMME = sha256(b"a programme")[:16]


def funds(payments: int) -> list[Row]:
    """Pages and pictures with so many payments, and the proof of so many."""
    with tempfile.TemporaryDirectory() as folder, crowd(Path(folder), payments // len(NAMES), BUSINESSES) as many:
        found = _pages(many)
    return found + _proof(payments)


def _pages(many: Crowd) -> list[Row]:
    money = many.lived.followed
    assert money is not None
    rows = [Row("rows of the three businesses", many.rows, "rows")]
    pages = {
        "programme": f"/programmes/{money.meals.hex()}",
        "round": f"/rounds/{money.paid.hex()}",
        "fund": f"/funds/{money.fund.hex()}",
        "own money": "/me/money",
    }
    for name, path in pages.items():
        for reader in READERS:
            if reader or name != "own money":
                rows += _page(many, f"{name}, {reader or 'outsider'}", path, reader)
    return rows


def _page(many: Crowd, name: str, path: str, reader: str) -> list[Row]:
    """p95 of a page, what of it is the picture, and what it asks of the database."""
    caller, drawn = many.community.caller(reader), [0.0]

    def timed(*given: Any) -> River:
        began = time.perf_counter()
        found = river(*given)
        drawn.append(time.perf_counter() - began)
        return found

    def ask() -> float:
        began = time.perf_counter()
        answer = caller.ask("GET", path, headers={"Accept": "text/html", "Accept-Language": "zh"})
        assert answer.status_code == 200, answer.text
        return float(time.perf_counter() - began)

    ask()
    COUNTERS.took()
    ask()
    steps, given, asked = COUNTERS.took()
    with patch.object(programme_page, "river", timed), patch.object(fund_page, "river", timed):
        work = time.process_time()
        took = sorted(ask() for _ in range(ASKED))
        work = (time.process_time() - work) / ASKED
    said = f"{asked} questions, {given} rows, {steps:,} steps of SQL, {work * 1000:.0f} ms of work"
    found = [Row(f"{name}: p95 ({said})", took[int(ASKED * 0.95)] * 1000, "ms", f"≤ {GOAL_MS}")]
    if len(drawn) > 1:
        found.append(Row(f"{name}: its picture, at most", max(drawn) * 1000, "ms", f"≤ {PICTURE_MS}"))
    return found


def _proof(payments: int) -> list[Row]:
    """The roll's proof made and checked, and the whole list held against it."""
    items = [roll_item(sha256(number.to_bytes(8, "big"))[:16], 42_000) for number in range(payments)]
    key = rolls.key(PROGRAMME)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), payments)
        state = bench.fresh_state()
        block = OpenBlock.after(state, bench.community.scene.town.rulebook, state.time)
        block.draft.changes[key] = bytes(16) + codec.encode(roll_of(key, items))
        bench.store.commit(block.seal(state).block)
        ledger = open_ledger(bench)
        data, making, checking, holding = b"", [], [], []
        for _ in range(PROVED):
            marks = [time.perf_counter()]
            data = codec.encode(ledger.prove_state(key))
            marks.append(time.perf_counter())
            file = read_file(data)
            assert isinstance(file, StateFile)
            value, _ = check_state(file, {})
            marks.append(time.perf_counter())
            check_roll(file.key, value, items)
            marks.append(time.perf_counter())
            making.append(marks[1] - marks[0])
            checking.append(marks[2] - marks[1])
            holding.append(marks[3] - marks[2])
        ledger.close()
    whole = f"proof that {payments:,} payments are all of them"
    return [
        Row(f"{whole}: size", len(data), "bytes"),
        Row(f"{whole}: made in", statistics.median(making) * 1e3, "ms", f"≤ {PROOF_MS}"),
        Row(f"{whole}: checked in", statistics.median(checking) * 1e3, "ms", f"≤ {PROOF_MS}"),
        Row("the whole list held against it", statistics.median(holding) * 1e3, "ms"),
    ]
