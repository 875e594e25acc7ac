"""Where the demo stands: what is there, in numbers that come from the same queries as anybody's.

standing = look(node, record)
standing.facts["repairs"], standing.states["disputed"], standing.case
"""

from __future__ import annotations

from typing import Any, NamedTuple

from linlian.cli.names import Names
from linlian.community.repairs.rules_steps import ENDED, State
from linlian.demo.record import Record
from linlian.node import Node

OVERDUE_MAX = 1_000
_COUNTS = {
    "organisations": "SELECT COUNT(*) FROM identity_organisation WHERE status = 'active'",
    "residents": "SELECT COUNT(*) FROM identity_account WHERE status = 'active' AND roles = ''",
    "staff": "SELECT COUNT(*) FROM identity_account WHERE status = 'active' AND roles <> ''",
    "places": "SELECT COUNT(*) FROM places_place",
    "dwellings": "SELECT COUNT(*) FROM places_place WHERE kind = 'dwelling'",
    "repairs": "SELECT COUNT(*) FROM repairs_request",
    "repeats": "SELECT COUNT(*) FROM repairs_request WHERE repeats",
    "instant": "SELECT COUNT(*) FROM repairs_request WHERE instant",
    "silent": "SELECT COUNT(*) FROM repairs_request WHERE closing = 'silence'",
    "confirmed": "SELECT COUNT(*) FROM repairs_request WHERE state = 'closed' AND closing <> 'silence'",
    "transactions": "SELECT COUNT(*) FROM ledger_item WHERE source = 'transaction'",
    "timers": "SELECT COUNT(*) FROM ledger_item WHERE source = 'timer'",
    "refused": "SELECT COUNT(*) FROM ledger_refusal",
    "funds": "SELECT COUNT(*) FROM funds_fund",
    "gifts": "SELECT COUNT(*) FROM funds_gift WHERE received_at > 0",
    "receipts": "SELECT COALESCE(SUM(receipts), 0) FROM transfers_sum",
}


class Standing(NamedTuple):
    """`states` are in the order in which a repair passes them. `case` is the repair for the walk, and `waits` whether
    it still waits for the resident's yes."""

    facts: dict[str, Any]
    states: dict[str, int]
    case: str
    waits: bool


def look(node: Node, record: Record) -> Standing:
    """Count, and choose the repair for the walk: the first that waits, else the last that has been confirmed."""
    facts: dict[str, Any] = {name: node.plain(sql, 1)[1][0][0] for name, sql in _COUNTS.items()}
    counted = {row[0]: row[-1] for row in node.ask("repairs.counts", {"by": "state"})}
    states = {str(state): counted.get(state, 0) for state in State}
    facts["open"] = sum(count for state, count in states.items() if state not in ENDED)
    facts["late"] = len(node.ask("repairs.overdue_requests", {"limit": OVERDUE_MAX}))
    facts["chain"], facts["height"], facts["folder"] = node.ledger.chain, node.ledger.head.height, str(node.folder)
    facts["until"], facts["begins"], facts["simulated_blocks"] = record.made_at, record.begins, record.height
    names = _names(node, record)
    waiting = [name for name, case in names.items() if _state(node, case) == State.DONE]
    return Standing(facts, states, (waiting or [*names])[0], bool(waiting))


def _names(node: Node, record: Record) -> dict[str, bytes]:
    book = Names(node.folder)
    return {name: case for name in record.waiting if (case := book.get(name)) is not None}


def _state(node: Node, case: bytes) -> str:
    columns = [name for name, _ in node.queries["repairs.request"].columns]
    ((*row,),) = node.ask("repairs.request", {"case_id": case})
    return str(dict(zip(columns, row, strict=True))["state"])
