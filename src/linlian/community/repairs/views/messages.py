"""What others did that concerns somebody: in the latest repairs that they reported, and to their account itself."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.repairs.views.rows import views
from linlian.readmodel.audience import AUDITORS, oneself
from linlian.readmodel.view import Id, Limit, Reads

CASES, ENTRIES = 50, 200
"""Of so many of the latest repairs, and so many of the latest entries that name the account."""


class MessageRow(NamedTuple):
    """An event. `case_id` is the repair that it is of, if it is one of theirs, with its category; `fields` is JSON."""

    item_id: bytes
    type: str
    time: int
    occurred_at: int
    actor: bytes
    fields: str
    case_id: bytes
    category: str
    height: int
    receipt: int
    event: int


@views.query(seen_by=oneself("account") | AUDITORS)
def messages_of(db: Reads, account: Id, limit: Limit = 50) -> list[MessageRow]:
    """What others did in somebody's latest repairs and to their account, the latest first; who looked stands apart."""
    sql = f"""
        WITH cases AS (
            SELECT case_id FROM repairs_request WHERE reporter = :account
            ORDER BY reported_at DESC, case_id DESC LIMIT {CASES}),
        own AS (
            SELECT height, receipt, event FROM ledger_subject WHERE subject = :account
            ORDER BY number DESC LIMIT {ENTRIES}),
        named AS (
            SELECT s.height, s.receipt, s.event, c.case_id
            FROM cases AS c JOIN ledger_subject AS s ON s.subject = c.case_id),
        found AS (
            SELECT * FROM named
            UNION ALL
            SELECT o.height, o.receipt, o.event, :nothing FROM own AS o
            WHERE NOT EXISTS (SELECT 1 FROM named AS n
                              WHERE n.height = o.height AND n.receipt = o.receipt AND n.event = o.event))
        SELECT * FROM (
            SELECT i.item_id, e.type, e.time, e.occurred_at, i.signer AS actor, e.fields, f.case_id,
                   COALESCE(r.category, '') AS category, e.height, e.receipt, e.event
            FROM found AS f
            JOIN ledger_entry AS e ON e.height = f.height AND e.receipt = f.receipt AND e.event = f.event
            JOIN ledger_item AS i ON i.height = f.height AND i.receipt = f.receipt
            LEFT JOIN repairs_request AS r ON r.case_id = f.case_id
            WHERE i.signer <> :account AND i.outcome = 'accepted' AND e.type NOT LIKE 'openings.%') AS told
        ORDER BY height DESC, receipt DESC, event DESC, case_id DESC LIMIT :limit"""
    return db.all(MessageRow, sql, account=account, nothing=b"", limit=limit)
