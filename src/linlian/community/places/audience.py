"""Who may see places and who belongs to them.

Buildings, stairs and lifts are in clear. A dwelling, shop or bay is a random identifier, and whoever may list them all
could try each: so a list that can hold units is for those who serve the community, and a unit for those who live there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from linlian.community.identity.audience import OFFICE
from linlian.community.places.rules import UNITS
from linlian.community.places.rules_occupancy import INDEPENDENT, SIGNING_ROLES
from linlian.readmodel.audience import AUDITORS, Audience, Reader, oneself
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Reads

IN_FORCE = "o.starts <= :now AND (o.until = 0 OR o.until > :now)"


class _Starts(NamedTuple):
    starts: int


class _Common(NamedTuple):
    is_common: bool


def lives_there(db: Reads, account: bytes, place: bytes, now: int) -> int | None:
    """Since when an account belongs, now, to a place or to what holds it; None if it does not."""
    # The order is by an expression, so that no index is read for it: it goes by place and account, however many homes.
    sql = f"""
        SELECT o.starts FROM places_within AS w JOIN places_occupancy AS o ON o.place = w.holder
        WHERE w.place = :place AND o.account = :account AND {IN_FORCE} ORDER BY o.starts + 0 LIMIT 1"""
    row = db.one(_Starts, sql, place=place, account=account, now=now)
    return None if row is None else row.starts


def _occupant(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return reader.account != b"" and lives_there(db, reader.account, asked["place"], time_of(db, 0)) is not None


def _occupant_now(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return asked["now"] == 0 and not asked.get("former", False) and _occupant(db, reader, asked)


def _common(db: Reads, _reader: Reader, asked: Mapping[str, Any]) -> bool:
    row = db.one(_Common, "SELECT is_common FROM places_place WHERE place = :place", place=asked["place"])
    return row is not None and row.is_common


def _no_units(_db: Reads, _reader: Reader, asked: Mapping[str, Any]) -> bool:
    return asked["kind"] is not None and asked["kind"] not in UNITS


def _signs(_db: Reads, reader: Reader, _asked: Mapping[str, Any]) -> bool:
    return reader.kind in INDEPENDENT and not reader.roles.isdisjoint(SIGNING_ROLES)


OCCUPANTS = Audience("places.occupants", _occupant)
"""Whoever belongs to the place now."""
COMMON = Audience("places.of_common_parts", _common)
"""Everybody, of a building or a common part."""
NO_UNITS = Audience("places.without_units", _no_units)
"""Everybody, of the kinds of place that nobody lives in."""

PLACE = COMMON | OCCUPANTS | OFFICE | AUDITORS
LISTS = NO_UNITS | OFFICE | AUDITORS
WHO_LIVES = Audience("places.present_occupants", _occupant_now) | OFFICE | AUDITORS
"""Those who live there see who else does now, never who did before them."""
REGISTER = Audience("places.signers", _signs) | OFFICE | AUDITORS
"""Whoever looks at papers and signs, and the offices that wrote down what waits for them."""
WHOSE = oneself("account") | OFFICE | AUDITORS
