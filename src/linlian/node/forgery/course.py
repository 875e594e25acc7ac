"""The course of a forgery, in a process of its own, with a line for each step.

    python -m linlian.node.forgery.course < task

    {"step": "copied", "bytes": 32387072}       the product's own online backup, while the node works on
    {"step": "done", "height": 15369}           the deed, in the copy
    {"step": "held", "places": [...]}           what the copy holds now where receipts in people's hands speak
    {"step": "first", "finding": {...}}         what verify says of the part that was touched
    {"step": "progress", "done": …, "all": …}
    {"step": "whole", "finding": null}          what it says of all of it, as `linlian verify` does

Rules
- The ledger is only ever read. What is changed is the copy, in the folder named by the task.
- Nothing is assumed about what will be found: findings are those of `store.audit` and `node.checking`.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from linlian.kernel.block import Block
from linlian.kernel.errors import LedgerDamaged, LinlianError
from linlian.node import folder as place
from linlian.node import source
from linlian.node.checking import check_ledger
from linlian.node.forgery.deeds import DEEDS, Deed, Place, find_target, leaf_at
from linlian.node.forgery.rewriting import rewrite
from linlian.store.audit import audit_file
from linlian.store.audit_region import check_rows
from linlian.store.protocol import StoreError
from linlian.store.schema import transaction
from linlian.store.sqlite import SqliteStore
from linlian.web.wire import to_json

TOLD_EVERY = 400
"""Items between two lines of progress."""


def run(task: dict[str, Any]) -> None:
    """`ledger`, `folder`, `deed`, `clever`, `case`; `held`: height, receipt and item's hash for each receipt."""
    copy = Path(task["folder"]) / place.LEDGER
    deed = Deed(task["deed"])
    _back_up(Path(task["ledger"]), copy)
    _tell("copied", bytes=copy.stat().st_size)
    touched = _do(copy, deed, bytes.fromhex(task["case"]), clever=task["clever"])
    _tell("done", height=touched)
    _tell("held", places=_held(copy, task["held"]))
    _tell("first", finding=_told(_first(copy, deed, touched)))
    os.nice(10)  # the whole takes longer, and the node comes first
    report = check_ledger(copy, progress=_progress)
    audit = report.audit
    head = -1 if audit.head is None else audit.head.height
    _tell("whole", finding=_told(audit.finding), height=head, transactions=audit.transactions)


def _back_up(ledger: Path, copy: Path) -> None:
    store = SqliteStore(ledger, read_only=True)
    try:
        store.backup(copy)
    finally:
        store.close()


def _do(copy: Path, deed: Deed, case: bytes, *, clever: bool) -> int:
    """The deed; returns the lowest height that it has touched."""
    store = SqliteStore(copy, read_only=True)
    try:
        target = find_target(store, case)
    finally:
        store.close()
    with _writing(copy) as db:
        if clever:
            return rewrite(db, source.rulebook(), deed, target, _rewritten)
        return DEEDS[deed](db, target)


@contextmanager
def _writing(copy: Path) -> Iterator[sqlite3.Connection]:
    """The file itself, past everything that guards it."""
    db = sqlite3.connect(copy, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous=OFF")
        with transaction(db):
            yield db
    finally:
        db.close()


def _first(copy: Path, deed: Deed, touched: int) -> LedgerDamaged | None:
    """The touched part: blocks from just before it on; where the tables were touched, those."""
    finding = None if deed is Deed.STATE else audit_file(copy, since=max(1, touched - 1), processes=1).finding
    return finding or (check_rows(copy) if deed in (Deed.CUT, Deed.STATE) else None)


def _held(copy: Path, held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each place of which somebody holds a receipt: the header's leaf there, and whether the item is the same."""
    store = SqliteStore(copy, read_only=True)
    try:
        return [_held_at(store, each) for each in held]
    finally:
        store.close()


def _held_at(store: SqliteStore, each: dict[str, Any]) -> dict[str, Any]:
    height = int(each["height"])
    block = _readable(store, height)
    item = leaf_at(block, Place(height, int(each["receipt"])))
    header = None if block is None else block.header.leaf().hex()
    last = _readable(store, int(each["anchor"]))
    return {
        **each,
        "leaf": header,
        "record": "gone" if not item else "same" if item.hex() == each["item"] else "other",
        "anchor_leaf": None if last is None else last.header.leaf().hex(),
    }


def _readable(store: SqliteStore, height: int) -> Block | None:
    """A block as far as the file still has one."""
    try:
        return store.block(height)
    except StoreError:
        return None


def _progress(done: int, every: int) -> None:
    if done % TOLD_EVERY < 2 or done == every:
        _tell("progress", done=done, all=every)


def _rewritten(done: int, every: int) -> None:
    if done % 20 == 0 or done == every:
        _tell("rewriting", done=done, all=every)


def _told(finding: LedgerDamaged | None) -> dict[str, Any] | None:
    return None if finding is None else {"code": finding.code, "facts": finding.facts}


def _tell(step: str, **facts: Any) -> None:
    sys.stdout.buffer.write(to_json({"step": step, **facts}) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """A "no" is a line of its own: an administrator cannot do everything."""
    task = sys.stdin.read()
    if not task:
        return 0  # nobody came
    try:
        run(json.loads(task))
    except LinlianError as error:
        _tell("no", code=error.code, facts=error.facts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
