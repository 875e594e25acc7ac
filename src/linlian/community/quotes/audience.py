"""Who may see what a repair costs: its parties, those who are asked to pay, and those who decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from linlian.community.places.audience import lives_there
from linlian.community.quotes.rules_table import ARBITERS
from linlian.community.repairs import audience as repairs
from linlian.readmodel.audience import AUDITORS, EVERYBODY, Audience, Reader, own_organisation
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Reads


class _Asked(NamedTuple):
    pays_at: bytes
    office: bytes


def _asked_to_pay(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    """Whether some quote of the case is for the reader's home or organisation."""
    if not reader.account:
        return False
    sql = "SELECT pays_at, office FROM quotes_quote WHERE case_id = :case_id"
    now = time_of(db, 0)
    return any(
        (reader.organisation != b"" and row.office == reader.organisation)
        or (row.pays_at != b"" and lives_there(db, reader.account, row.pays_at, now) is not None)
        for row in db.all(_Asked, sql, case_id=asked["case_id"])
    )


def _decides(_db: Reads, reader: Reader, _asked: Mapping[str, Any]) -> bool:
    return any(reader.kind == kind and not reader.roles.isdisjoint(roles) for kind, roles in ARBITERS.items())


PAYERS = Audience("quotes.payers", _asked_to_pay)
"""Those who are asked to pay: at the home that pays, or of the organisation that does."""
DECIDING = Audience("quotes.arbiters", _decides)
"""Those who may decide contests."""

CASE = repairs.CASE | PAYERS | DECIDING
LISTS = DECIDING | repairs.LISTS
OFFICE = own_organisation("office") | AUDITORS
EXECUTING = own_organisation("organisation") | repairs.LISTS
PUBLISHED = EVERYBODY
