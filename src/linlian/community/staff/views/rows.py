"""The rows of staff: cards, licences by their end, teams, and shifts with the duty that was done in them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from linlian.community.identity import views as identity
from linlian.community.staff.rules import contract
from linlian.readmodel.view import View

views = View(contract, needs=(identity.views,))


class LicenceState(StrEnum):
    """valid → running_out → run_out; or revoked before that."""

    VALID = "valid"
    RUNNING_OUT = "running_out"
    RUN_OUT = "run_out"
    REVOKED = "revoked"


class CardRow(NamedTuple):
    """`trades` are joined by commas; `name` and `photo` are commitments (no photograph: empty)."""

    account: bytes
    organisation: bytes
    trades: str
    name: bytes
    photo: bytes
    issued_by: bytes
    since: int


class CardTradeRow(NamedTuple):
    """One of the trades of a card."""

    account: bytes
    trade: str


class LicenceRow(NamedTuple):
    """`account` is empty for one of the organisation itself; `number` and `paper` are commitments.

    `state` follows the timers that warn and end it; whether it counts at a time, `starts` and `until` say.
    """

    organisation: bytes
    account: bytes
    kind: str
    state: str
    body: str
    starts: int
    until: int
    number: bytes
    paper: bytes
    reason: str
    changed_at: int


class TeamRow(NamedTuple):
    """`trades` are joined by commas."""

    team: bytes
    organisation: bytes
    code: str
    trades: str
    dissolved: bool
    since: int


class TeamMemberRow(NamedTuple):
    team: bytes
    account: bytes


class TeamPlaceRow(NamedTuple):
    """A place that a team covers; a team without any covers all."""

    team: bytes
    place: bytes


class RosteredRow(NamedTuple):
    """Somebody keeps shifts for a team: they have begun or missed one, and are in it."""

    account: bytes
    team: bytes
    since: int


class ShiftRow(NamedTuple):
    """`begun_at` and `ended_at` are 0 until then; `forced` if it ended by itself, with `held` open pieces of work."""

    shift: bytes
    team: bytes
    account: bytes
    starts: int
    until: int
    state: str
    begun_at: int
    ended_at: int
    forced: bool
    held: int


cards = views.table("card", CardRow, indexes=("organisation, since",))
trades = views.table("trade", CardTradeRow, key=2, indexes=("trade",))
licences = views.table("licence", LicenceRow, key=3, indexes=("until", "state, until", "account"))
teams = views.table("team", TeamRow, indexes=("organisation, code",))
members = views.table("member", TeamMemberRow, key=2, indexes=("account",))
covered = views.table("covered", TeamPlaceRow, key=2, indexes=("place",))
rostered = views.table("rostered", RosteredRow, key=2, indexes=("team",))
shifts = views.table(
    "shift", ShiftRow, indexes=("team, starts", "account, starts", "account, state, ended_at", "state, until")
)
