"""Who may see lists: the fund's parties without names, recipients what is theirs; everybody sums and states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from linlian.community.funds.audience import sees_all
from linlian.readmodel.audience import AUDITORS, EVERYBODY, KNOWN, Audience, Reader, oneself
from linlian.readmodel.view import Reads


class _Fund(NamedTuple):
    fund: bytes


def fund_of(db: Reads, table: str, key: str, identifier: bytes) -> bytes:
    """The fund that a programme, a cycle or a recipient belongs to; b"" if there is none."""
    row = db.one(_Fund, f"SELECT fund FROM {table} WHERE {key} = :identifier", identifier=identifier)
    return b"" if row is None else row.fund


def _list(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return sees_all(db, reader, fund_of(db, "programmes_cycle", "cycle", asked["cycle"]))


def _register(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return sees_all(db, reader, asked["fund"])


def _history(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    for table, key in (("programmes_programme", "programme"), ("programmes_cycle", "cycle")):
        found = fund_of(db, table, key, asked["subject"])
        if found:
            return sees_all(db, reader, found)
    found = fund_of(db, "programmes_recipient", "recipient", asked["subject"])
    return found != b"" and (sees_all(db, reader, found) or _is_recipient(db, reader, asked["subject"]))


def _is_recipient(db: Reads, reader: Reader, recipient: bytes) -> bool:
    sql = "SELECT fund FROM programmes_recipient WHERE recipient = :recipient AND account = :account"
    return reader.account != b"" and db.one(_Fund, sql, recipient=recipient, account=reader.account) is not None


LISTS = Audience("programmes.parties_of_the_list", _list) | AUDITORS
REGISTER = Audience("programmes.parties_of_the_fund", _register) | AUDITORS
ONESELF = oneself("account") | AUDITORS
HELPER = oneself("delegate") | AUDITORS
POSTED = KNOWN
"""Whoever may object: a line of a list that hangs out has a number and a sum, and no recipient."""
PUBLISHED = EVERYBODY
SUBJECTS = (Audience("programmes.parties_and_recipient", _history),)
"""The fund's parties have the history of its programmes, and recipients their own."""
