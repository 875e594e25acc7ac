"""Who may see what of a fund: its parties everything but who somebody is, third parties what they were granted, donors
their own; everybody sums, times and states.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from linlian.community.funds.rules import Access
from linlian.community.funds.rules_table import APPROVING, WATCHING
from linlian.readmodel.audience import AUDITORS, EVERYBODY, Audience, Reader, oneself, own_organisation
from linlian.readmodel.view import Reads


class _Parties(NamedTuple):
    organisation: bytes
    approver: bytes
    regulator: bytes


class _Found(NamedTuple):
    found: str


def is_party(db: Reads, reader: Reader, fund: bytes) -> bool:
    """A manager, or of those who approve and who watch the roles that do."""
    if not reader.organisation:
        return False
    sql = "SELECT organisation, approver, regulator FROM funds_fund WHERE fund = :fund"
    row = db.one(_Parties, sql, fund=fund)
    if row is None:
        return False
    approves = reader.organisation == row.approver and not reader.roles.isdisjoint(APPROVING)
    return approves or watches(reader, row.regulator) or manages(db, reader, fund)


def watches(reader: Reader, regulator: bytes) -> bool:
    """Whether the reader is of a regulator and has a role that watches, or is that regulator's own system."""
    if not reader.organisation or reader.organisation != regulator:
        return False
    return reader.account == b"" or not reader.roles.isdisjoint(WATCHING)


def manages(db: Reads, reader: Reader, fund: bytes) -> bool:
    """Whether the reader is one of a fund's managers."""
    sql = "SELECT state AS found FROM funds_manager WHERE fund = :fund AND account = :account"
    return reader.account != b"" and db.one(_Found, sql, fund=fund, account=reader.account) is not None


def granted(db: Reads, reader: Reader, fund: bytes) -> str:
    """What the reader's organisation was granted: full, audit, or nothing."""
    sql = "SELECT access AS found FROM funds_access WHERE fund = :fund AND organisation = :organisation"
    row = db.one(_Found, sql, fund=fund, organisation=reader.organisation) if reader.organisation else None
    return Access.NONE if row is None else row.found


def sees_all(db: Reads, reader: Reader, fund: bytes) -> bool:
    """A party, or somebody of an organisation with full access."""
    return is_party(db, reader, fund) or granted(db, reader, fund) == Access.FULL


def sees_books(db: Reads, reader: Reader, fund: bytes) -> bool:
    """The same, and whoever was granted what an audit needs."""
    return is_party(db, reader, fund) or granted(db, reader, fund) in (Access.FULL, Access.AUDIT)


def _all(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return sees_all(db, reader, asked["fund"])


def _books(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return sees_books(db, reader, asked["fund"])


def _history(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return sees_all(db, reader, asked["subject"])


def _own_gift(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    sql = "SELECT state AS found FROM funds_gift WHERE gift = :gift AND donor = :donor"
    return reader.account != b"" and db.one(_Found, sql, gift=asked["subject"], donor=reader.account) is not None


PARTIES = Audience("funds.parties", _all) | AUDITORS
"""Managers, who approves, who watches, and third parties with full access."""
BOOKS = Audience("funds.books", _books) | AUDITORS
"""They, and third parties who audit."""
DONOR = oneself("donor") | AUDITORS
MANAGER = oneself("account") | AUDITORS
ORGANISATION = own_organisation("organisation") | AUDITORS
PUBLISHED = EVERYBODY
SUBJECTS = (Audience("funds.parties", _history), Audience("funds.own_gift", _own_gift))
"""The parties of a fund have its history, and donors that of what they gave."""
