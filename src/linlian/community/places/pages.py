"""Pages about homes: who belongs to mine, and, for offices, whose entries wait to be countersigned."""

from __future__ import annotations

from dataclasses import dataclass, replace

from linlian.community.identity import views as identity_views
from linlian.community.identity.views import AccountRow
from linlian.community.places import views
from linlian.community.places.rules_occupancy import (
    INDEPENDENT,
    RIGHTS_OF,
    SIGNING_ROLES,
    Capacity,
    ChangePresence,
    EndOccupancy,
    GrantOccupancy,
    Right,
    occupancy,
)
from linlian.community.places.rules_rights import has_right
from linlian.community.places.rules_signing import AcceptOccupancy, CountersignOccupancy, CountersignRoll
from linlian.community.places.views import OccupancyRow, RollRow
from linlian.kernel.codec import Id
from linlian.kernel.contract import Command
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import Page, Pages, Place

pages = Pages("places")
HOMES_SHOWN, PERSONS_SHOWN = 5, 20
"""Of somebody's homes so many stand on a page, and so many people of each; agents and hostels have more."""


@dataclass(frozen=True)
class Person:
    """Somebody who belongs to a home; `end` is the form that ends it, if the reader may."""

    row: OccupancyRow
    is_reader: bool
    end: Form | None


@dataclass(frozen=True)
class HomeOf:
    """One of the reader's places. `family` asks what an invited one shall have; None if they may invite nobody.
    `others`: more people belong here than are shown."""

    place: bytes
    name: str
    persons: list[Person]
    others: bool
    accept: Form | None
    presence: Form | None
    is_absent: bool
    family: Form | None


@dataclass(frozen=True)
class HouseholdPage(Page):
    """Who belongs to the reader's home: in what capacity, with which rights and shares, signed or not."""

    homes: list[HomeOf]
    next: str
    pending: list[AccountRow]
    people: int


@dataclass(frozen=True)
class Waiting:
    """An entry that waits, and the form that signs it; None if the reader may not."""

    row: OccupancyRow
    name: str
    sign: Form | None
    end: Form | None


@dataclass(frozen=True)
class WaitingRoll:
    """A list that waits; `sign` names its document and how many stand on it."""

    row: RollRow
    sign: Form | None


@dataclass(frozen=True)
class RegisterPage(Page):
    """What waits for a countersignature: lists as a whole, and entries that stand on none."""

    rolls: list[WaitingRoll]
    alone: list[Waiting]
    next: str


@dataclass(frozen=True)
class RollPage(Page):
    """The entries of one list, each of which an office may end before it signs the whole."""

    entries: list[Waiting]
    next: str


@pages.page("/household")
def household(ask: Ask) -> HouseholdPage:
    me = ask.reader.account
    if not me:
        raise WebError("web.sign_in")
    stays = ask.page(views.places_of, ask.after, account=me, limit=HOMES_SHOWN)
    homes = [_home(ask, stay) for stay in stays.rows]
    pending = ask.rows(identity_views.invited_by, inviter=me, limit=PERSONS_SHOWN)
    people = {person.row.account for home in homes for person in home.persons}
    live = (me, *(stay.place for stay in stays.rows))
    return HouseholdPage(homes, stays.next, pending, len(people), live=live)


@pages.page("/register")
def register(ask: Ask) -> RegisterPage:
    rolls = [WaitingRoll(row, _sign_roll(ask, row)) for row in ask.rows(views.waiting_rolls, limit=20)]
    found = ask.page(views.unsigned, ask.after, limit=20)
    return RegisterPage(rolls, [_waiting(ask, row) for row in found.rows], found.next)


@pages.page("/register/{roll}")
def roll(ask: Ask, roll: Id) -> RollPage:
    found = ask.page(views.on_roll, ask.after, roll=roll, limit=20)
    return RollPage([_waiting(ask, row) for row in found.rows], found.next, live=(roll,))


def _home(ask: Ask, stay: OccupancyRow) -> HomeOf:
    me, place = ask.reader.account, stay.place
    found = ask.page(views.occupants, place=place, limit=PERSONS_SHOWN)
    persons = [
        Person(row, row.account == me, _if_may(ask, EndOccupancy(place=place, account=row.account), "place", "account"))
        for row in found.rows
    ]
    change = ChangePresence(place=place, account=me, absent=not stay.is_absent)
    presence = _if_may(ask, change, "place", "account", "absent")
    accept = _if_may(ask, AcceptOccupancy(place=place), "place")
    name, others = place_name(ask, place), found.next != ""
    return HomeOf(place, name, persons, others, accept, presence, stay.is_absent, _family(ask, stay))


def _if_may(ask: Ask, sample: Command, *fixed: str) -> Form | None:
    """The form of a command that the rules would accept from the reader as it stands here."""
    if not ask.may(sample):
        return None
    return ask.form(type(sample), **{name: getattr(sample, name) for name in fixed})


def _family(ask: Ask, stay: OccupancyRow) -> Form | None:
    """Of the rights that the reader has, those that family can have; not asked where they may invite nobody."""
    me, ledger = ask.reader.account, ask.house.ledger
    own = occupancy(ledger, me, stay.place)
    if own is None or ask.reader.organisation or not has_right(ledger, me, own, Right.INVITE, ask.now):
        return None
    rights = [right for right in RIGHTS_OF[Capacity.FAMILY] if right in own.rights]
    choices = {"rights": [(str(right.value), ask.tongue.value("places", right.value)) for right in rights]}
    form = ask.form(GrantOccupancy, choices, place=stay.place, capacity=Capacity.FAMILY)
    form = form.only("place", "capacity", "rights", "until")
    if not own.until:
        return form
    return replace(form, controls=tuple(replace(c, required=c.required or c.name == "until") for c in form.controls))


def _waiting(ask: Ask, row: OccupancyRow) -> Waiting:
    sign = _if_may(ask, CountersignOccupancy(place=row.place, account=row.account), "place", "account")
    end = _if_may(ask, EndOccupancy(place=row.place, account=row.account), "place", "account")
    return Waiting(row, place_name(ask, row.place), sign, end)


def _sign_roll(ask: Ask, row: RollRow) -> Form | None:
    if not row.closed_at:
        return None
    sample = CountersignRoll(roll=row.roll, entries=row.entries, document=row.document)
    return _if_may(ask, sample, "roll", "entries", "document")


def place_name(ask: Ask, place: bytes) -> str:
    """A place as far as it stands in clear: its building, its floor, its kind."""
    if not ask.sees(views.path, place=place):
        return ""
    parts = []
    for row in ask.rows(views.path, place=place):
        if row.kind in ("building", "section", "floor") and row.number:
            parts.append(ask.tongue.text(f"places.path.{row.kind}", number=row.number))
        elif row.kind != "community":
            parts.append(ask.tongue.value("places", row.kind))
    return " ".join(parts)


def _signs(reader: Reader) -> bool:
    return reader.kind in INDEPENDENT and not reader.roles.isdisjoint(SIGNING_ROLES)


def _at_home(reader: Reader) -> bool:
    return reader.account != b"" and reader.organisation == b""


pages.way("/household", "household", Place.TOP, _at_home, rank=60)
pages.way("/register", "register", Place.RAIL, _signs, rank=60)
