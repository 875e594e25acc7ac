"""Who may see payments and hops: the fund's parties, whose hands it goes through; everybody flows and sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from linlian.community.funds.audience import PARTIES, sees_all, sees_books, watches
from linlian.community.programmes.audience import fund_of
from linlian.readmodel.audience import AUDITORS, EVERYBODY, Audience, Reader, oneself, own_organisation
from linlian.readmodel.view import Reads


class _Hands(NamedTuple):
    fund: bytes
    sender: bytes
    receiver: bytes
    account: bytes


def _cycle(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return sees_all(db, reader, fund_of(db, "programmes_cycle", "cycle", asked["cycle"]))


def _programme(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return sees_all(db, reader, fund_of(db, "programmes_programme", "programme", asked["programme"]))


def _books(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return sees_books(db, reader, asked["fund"])


def hands(db: Reads, reader: Reader, hop: bytes) -> bool:
    """Whether a hop passes through the reader's hands, or is their fund's."""
    row = db.one(_Hands, "SELECT fund, sender, receiver, account FROM transfers_hop WHERE hop = :hop", hop=hop)
    if row is None:
        return False
    ours = reader.organisation != b"" and reader.organisation in (row.sender, row.receiver)
    mine = reader.account != b"" and reader.account == row.account
    return ours or mine or sees_all(db, reader, row.fund)


def _watchers(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    if asked["fund"] is not None:
        return sees_all(db, reader, asked["fund"])
    return asked["regulator"] is not None and watches(reader, asked["regulator"])


HOP = Audience("transfers.hands", lambda db, reader, asked: hands(db, reader, asked["hop"])) | AUDITORS
"""Whoever sent or received it, the recipient, and the fund's parties."""
CYCLE = Audience("transfers.parties_of_the_round", _cycle) | AUDITORS
PROGRAMME = Audience("transfers.parties_of_the_programme", _programme) | AUDITORS
BOOKS = Audience("transfers.books", _books) | AUDITORS
ONESELF = oneself("account") | AUDITORS
WATCHERS = Audience("transfers.watchers", _watchers) | AUDITORS
"""Of one fund its parties; of all funds that an organisation watches over, those of its people who do."""
HOLDER = own_organisation("receiver") | AUDITORS
FUND = PARTIES
PUBLISHED = EVERYBODY
SUBJECTS = (Audience("transfers.hands", lambda db, reader, asked: hands(db, reader, asked["subject"])),)
"""Whoever had it in hand has the history of a hop."""
