"""The ledger itself as rows: its blocks, what was asked in them and by whom, what came of it, and whom it concerns.

    ledger_block      one row a block
    ledger_item       one row a transaction or run: who signed, the command, the outcome
    ledger_entry      one row an event or refusal; `fields` is JSON, bytes in hex
    ledger_subject    one row for each (subject, entry): the history of a house, a case, a person, numbered from 1
    ledger_head       how many entries name each subject
    ledger_refusal    the refused items once more, with code and facts
    ledger_outcome    how often each command was asked for, and with what outcome

Every row has both times: `time` is when it was committed, `occurred_at` when it is claimed to have happened.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from linlian.kernel import codec
from linlian.kernel.block import Block, Run, run_id
from linlian.kernel.codec import Millis
from linlian.kernel.contract import SYSTEM, Contract
from linlian.kernel.transaction import transaction_id
from linlian.readmodel.audience import AUDITORS, EVERYBODY, oneself
from linlian.readmodel.view import Limit, Reads, Rows, View, where

NO_KEY = bytes(32)

views = View(Contract("ledger"))


class BlockRow(NamedTuple):
    height: int
    time: int
    header_hash: bytes
    release: int
    items: int


class ItemRow(NamedTuple):
    """`source` is transaction, timer or genesis; `code` is empty unless it was refused."""

    height: int
    receipt: int
    item_id: bytes
    time: int
    occurred_at: int
    source: str
    signer: bytes
    key_id: bytes
    command: str
    offline: bool
    outcome: str
    code: str


class EntryRow(NamedTuple):
    height: int
    receipt: int
    event: int
    time: int
    occurred_at: int
    type: str
    fields: str


class SubjectRow(NamedTuple):
    subject: bytes
    number: int
    height: int
    receipt: int
    event: int


class HeadRow(NamedTuple):
    subject: bytes
    entries: int


class RefusalRow(NamedTuple):
    """A refusal that stands in the ledger; `facts` is JSON."""

    height: int
    receipt: int
    time: int
    occurred_at: int
    signer: bytes
    command: str
    code: str
    facts: str


class HistoryRow(NamedTuple):
    """An entry with the item that it comes from. `number` counts the subject's entries from 1."""

    number: int
    height: int
    receipt: int
    event: int
    time: int
    occurred_at: int
    type: str
    fields: str
    item_id: bytes
    source: str
    signer: bytes
    key_id: bytes
    command: str
    offline: bool
    outcome: str


class OutcomeCount(NamedTuple):
    command: str
    outcome: str
    code: str
    items: int


blocks = views.table("block", BlockRow, indexes=("time",))
items = views.table("item", ItemRow, key=2, indexes=("item_id", "signer, time, height, receipt"))
entries = views.table("entry", EntryRow, key=3)
subjects = views.table("subject", SubjectRow, key=2)
heads = views.table("head", HeadRow)
refusals = views.table("refusal", RefusalRow, key=2, indexes=("time, height, receipt", "code, time, height, receipt"))
tallies = views.table("outcome", OutcomeCount, key=3)

to_json = json.JSONEncoder(default=bytes.hex, ensure_ascii=False, separators=(",", ":")).encode
"""Plain fields as JSON text, bytes in hex."""


def in_order(business_views: Sequence[View]) -> tuple[View, ...]:
    """The ledger's own view and those of the businesses. Raises TypeError if one comes before what it needs."""
    ordered = [views]
    for view in business_views:
        missing = [need.name for need in view.needs if need not in ordered]
        if missing:
            raise TypeError(f"the view of {view.name} comes after those of {', '.join(missing)}")
        ordered.append(view)
    return tuple(ordered)


def item_row(block: Block, index: int) -> ItemRow:
    """The row of one item. The bytes are committed, so they are not checked again."""
    header, raw, receipt = block.header, block.items[index], block.receipts[index]
    code = ""
    if receipt.outcome == "refused":
        code = codec.decode_plain_trusted(receipt.entries[0])[3]["code"]
    said: dict[str, Any]
    if index < block.runs:
        run = codec.decode_trusted(Run, raw)
        source, key_id, said = str(run.source), NO_KEY, {"signer": SYSTEM, "command": run.command}
        item_id = run_id(header.chain, header.height, index, raw)
    else:
        body, key_id, _ = codec.decode_plain_trusted(raw)
        source, said = "transaction", codec.decode_plain_trusted(body)
        item_id = transaction_id(header.chain, body)
    return ItemRow(
        height=header.height,
        receipt=index,
        item_id=item_id,
        time=header.time,
        occurred_at=said.get("occurred_at", header.time),
        source=source,
        signer=said["signer"],
        key_id=key_id,
        command=said["command"],
        offline=said.get("offline", False),
        outcome=receipt.outcome,
        code=code,
    )


def name_subject(db: Rows, subject: bytes, entry: EntryRow) -> None:
    """One entry more in the history of a subject; its number is stored, so that a page of it is found at once."""
    known = db.get(heads, subject)
    number = 1 if known is None else known.entries + 1
    db.put(heads, HeadRow(subject, number))
    db.add(subjects, SubjectRow(subject, number, entry.height, entry.receipt, entry.event))


def count(db: Rows, item: ItemRow) -> None:
    """Count an item, so that nobody has to go through all of them."""
    key = (item.command, item.outcome, item.code)
    known = db.get(tallies, *key)
    db.put(tallies, OutcomeCount(*key, 1 if known is None else known.items + 1))


def add_refusal(db: Rows, item: ItemRow, fields: dict[str, Any]) -> None:
    """Keep a refusal apart, where it is quickly found."""
    row = RefusalRow(
        height=item.height,
        receipt=item.receipt,
        time=item.time,
        occurred_at=item.occurred_at,
        signer=item.signer,
        command=item.command,
        code=item.code,
        facts=to_json(fields["facts"]),
    )
    db.add(refusals, row)


@views.query(seen_by=EVERYBODY)
def recent_blocks(db: Reads, before: int = 0, limit: Limit = 50) -> list[BlockRow]:
    """Blocks, the latest first; below the height `before` if that is not 0."""
    below = where("height < :before") if before else ""
    sql = f"SELECT * FROM ledger_block{below} ORDER BY height DESC LIMIT :limit"
    return db.all(BlockRow, sql, before=before, limit=limit)


@views.query(seen_by=AUDITORS)
def item(db: Reads, item_id: codec.Hash) -> ItemRow | None:
    """One transaction or run, by its id."""
    return db.one(ItemRow, "SELECT * FROM ledger_item WHERE item_id = :item_id", item_id=item_id)


@views.query(seen_by=oneself("signer") | AUDITORS)
def items_of(db: Reads, signer: codec.Id, since: Millis = 0, limit: Limit = 100) -> list[ItemRow]:
    """What an account asked for, the latest first."""
    sql = (
        "SELECT * FROM ledger_item WHERE signer = :signer AND time >= :since"
        " ORDER BY time DESC, height DESC, receipt DESC LIMIT :limit"
    )
    return db.all(ItemRow, sql, signer=signer, since=since, limit=limit)


@views.query(seen_by=AUDITORS)
def history(db: Reads, subject: codec.Blob, after: codec.Count = 0, limit: Limit = 100) -> list[HistoryRow]:
    """The history of a house, a case, a person: every entry that names it, in order; those after number `after`."""
    sql = """
        SELECT s.number, e.height, e.receipt, e.event, e.time, e.occurred_at, e.type, e.fields,
               i.item_id, i.source, i.signer, i.key_id, i.command, i.offline, i.outcome
        FROM ledger_subject AS s
        JOIN ledger_entry AS e ON e.height = s.height AND e.receipt = s.receipt AND e.event = s.event
        JOIN ledger_item AS i ON i.height = s.height AND i.receipt = s.receipt
        WHERE s.subject = :subject AND s.number > :after ORDER BY s.number LIMIT :limit"""
    return db.all(HistoryRow, sql, subject=subject, after=after, limit=limit)


@views.query(seen_by=AUDITORS)
def recent_refusals(
    db: Reads, code: codec.Label | None = None, since: Millis = 0, limit: Limit = 100
) -> list[RefusalRow]:
    """Refusals that stand in the ledger, the latest first."""
    matching = where("time >= :since", code=code)
    sql = f"SELECT * FROM ledger_refusal{matching} ORDER BY time DESC, height DESC, receipt DESC LIMIT :limit"
    return db.all(RefusalRow, sql, code=code, since=since, limit=limit)


@views.query(seen_by=AUDITORS)
def outcomes(db: Reads) -> list[OutcomeCount]:
    """How often each command was asked for, and with what outcome."""
    return db.all(OutcomeCount, "SELECT * FROM ledger_outcome ORDER BY command, outcome, code")


def time_of(db: Reads, now: int) -> int:
    """`now`, or the time of the last block if it is 0."""
    last = None if now else db.one(BlockRow, "SELECT * FROM ledger_block ORDER BY height DESC LIMIT 1")
    return now if last is None else last.time
