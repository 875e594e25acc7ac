"""Staff as rows: cards, licences by their end, teams, shifts with the duty that was done in them.

A card whose holder works there no more, or is suspended, is not shown; its history stands in the events.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from linlian.community.identity import views as identity
from linlian.community.staff import audience
from linlian.community.staff.rules import CardIssued, CardWithdrawn, Trade, contract
from linlian.community.staff.rules_duty import (
    DutyBegun,
    DutyEnded,
    ShiftCancelled,
    ShiftExtended,
    ShiftMissed,
    ShiftPlanned,
    ShiftState,
)
from linlian.community.staff.rules_licences import (
    LicenceKind,
    LicenceRanOut,
    LicenceRecorded,
    LicenceRenewed,
    LicenceRevoked,
    LicenceRunningOut,
)
from linlian.community.staff.rules_teams import TeamChanged, TeamDissolved, TeamFormed
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Id, Limit, Millis, Reads, Rows, View, where

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
shifts = views.table("shift", ShiftRow, indexes=("team, starts", "account, starts", "state, until"))


@views.on(CardIssued)
def card_issued(db: Rows, event: CardIssued, fact: Fact) -> None:
    photo = b"" if event.photo is None else event.photo.commitment
    listed, name = ",".join(event.trades), event.name.commitment
    db.put(cards, CardRow(event.account, event.organisation, listed, name, photo, fact.signer, fact.time))
    _forget_trades(db, event.account)
    for trade in event.trades:
        db.put(trades, CardTradeRow(event.account, trade))


@views.on(CardWithdrawn)
def card_withdrawn(db: Rows, event: CardWithdrawn, _: Fact) -> None:
    db.delete(cards, event.account)
    _forget_trades(db, event.account)


@views.on(LicenceRecorded)
def licence_recorded(db: Rows, event: LicenceRecorded, fact: Fact) -> None:
    row = LicenceRow(
        organisation=event.organisation,
        account=event.account or b"",
        kind=event.kind,
        state=LicenceState.VALID,
        body=event.body,
        starts=event.starts,
        until=event.until,
        number=event.number.commitment,
        paper=b"" if event.paper is None else event.paper.commitment,
        reason="",
        changed_at=fact.time,
    )
    db.put(licences, row)


@views.on(LicenceRenewed)
def licence_renewed(db: Rows, event: LicenceRenewed, fact: Fact) -> None:
    db.change(
        licences,
        *(event.organisation, event.account or b"", event.kind),
        state=LicenceState.VALID,
        until=event.until,
        number=event.number.commitment,
        paper=b"" if event.paper is None else event.paper.commitment,
        changed_at=fact.time,
    )


@views.on(LicenceRunningOut)
def licence_running_out(db: Rows, event: LicenceRunningOut, fact: Fact) -> None:
    _licence(db, event, fact, LicenceState.RUNNING_OUT)


@views.on(LicenceRanOut)
def licence_ran_out(db: Rows, event: LicenceRanOut, fact: Fact) -> None:
    _licence(db, event, fact, LicenceState.RUN_OUT)


@views.on(LicenceRevoked)
def licence_revoked(db: Rows, event: LicenceRevoked, fact: Fact) -> None:
    _licence(db, event, fact, LicenceState.REVOKED)
    db.change(licences, event.organisation, event.account or b"", event.kind, reason=event.reason)


@views.on(TeamFormed)
def team_formed(db: Rows, event: TeamFormed, fact: Fact) -> None:
    listed = ",".join(event.trades)
    db.put(teams, TeamRow(event.team, event.organisation, event.code, listed, dissolved=False, since=fact.time))
    _fill(db, event.team, event.members, event.places)


@views.on(TeamChanged)
def team_changed(db: Rows, event: TeamChanged, _: Fact) -> None:
    db.change(teams, event.team, trades=",".join(event.trades))
    _fill(db, event.team, event.members, event.places)


@views.on(TeamDissolved)
def team_dissolved(db: Rows, event: TeamDissolved, fact: Fact) -> None:
    db.change(teams, event.team, dissolved=True, since=fact.time)
    for member in db.under(members, event.team):
        db.delete(members, event.team, member.account)


@views.on(ShiftPlanned)
def shift_planned(db: Rows, event: ShiftPlanned, _: Fact) -> None:
    row = ShiftRow(
        shift=event.shift,
        team=event.team,
        account=event.account,
        starts=event.starts,
        until=event.until,
        state=ShiftState.PLANNED,
        begun_at=0,
        ended_at=0,
        forced=False,
        held=0,
    )
    db.put(shifts, row)


@views.on(ShiftExtended)
def shift_extended(db: Rows, event: ShiftExtended, _: Fact) -> None:
    db.change(shifts, event.shift, until=event.until)


@views.on(ShiftCancelled)
def shift_cancelled(db: Rows, event: ShiftCancelled, fact: Fact) -> None:
    db.change(shifts, event.shift, state=ShiftState.CANCELLED, ended_at=fact.time)


@views.on(ShiftMissed)
def shift_missed(db: Rows, event: ShiftMissed, fact: Fact) -> None:
    db.change(shifts, event.shift, state=ShiftState.MISSED, ended_at=fact.time)


@views.on(DutyBegun)
def duty_begun(db: Rows, event: DutyBegun, fact: Fact) -> None:
    db.change(shifts, event.shift, state=ShiftState.ON_DUTY, begun_at=fact.time)


@views.on(DutyEnded)
def duty_ended(db: Rows, event: DutyEnded, fact: Fact) -> None:
    db.change(shifts, event.shift, state=ShiftState.ENDED, ended_at=fact.time, forced=event.forced, held=event.held)


def _forget_trades(db: Rows, account: bytes) -> None:
    for row in db.under(trades, account):
        db.delete(trades, account, row.trade)


def _licence(
    db: Rows, event: LicenceRunningOut | LicenceRanOut | LicenceRevoked, fact: Fact, state: LicenceState
) -> None:
    key = (event.organisation, event.account or b"", event.kind)
    db.change(licences, *key, state=state, changed_at=fact.time)


def _fill(db: Rows, team: bytes, people: tuple[bytes, ...], places: tuple[bytes, ...]) -> None:
    for member in db.under(members, team):
        db.delete(members, team, member.account)
    for account in people:
        db.put(members, TeamMemberRow(team, account))
    for row in db.under(covered, team):
        db.delete(covered, team, row.place)
    for place in places:
        db.put(covered, TeamPlaceRow(team, place))


SHOWN = """
    staff_card AS c
    JOIN identity_account AS a ON a.account = c.account AND a.status = 'active'
    JOIN identity_organisation AS o ON o.organisation = c.organisation AND o.status = 'active'"""
"""The cards that may be shown, as in the rules."""


@views.query(seen_by=audience.ORGANISATION)
def cards_of(db: Reads, organisation: Id, trade: Trade | None = None, limit: Limit = 100) -> list[CardRow]:
    """The cards of those who work for an organisation, for all trades or one."""
    of_trade = "" if trade is None else "JOIN staff_trade AS t ON t.account = c.account AND t.trade = :trade"
    sql = f"""
        SELECT c.* FROM {SHOWN} {of_trade}
        WHERE c.organisation = :organisation ORDER BY c.since, c.account LIMIT :limit"""
    return db.all(CardRow, sql, organisation=organisation, trade=trade, limit=limit)


@views.query(seen_by=audience.SHOWN)
def card(db: Reads, account: Id) -> CardRow | None:
    """The card that somebody may show."""
    return db.one(CardRow, f"SELECT c.* FROM {SHOWN} WHERE c.account = :account", account=account)


@views.query(seen_by=audience.ORGANISATION)
def licences_of(
    db: Reads, organisation: Id, account: Id | None = None, state: LicenceState | None = None, limit: Limit = 100
) -> list[LicenceRow]:
    """The licences of an organisation and its people, or of one of these; those of the organisation come first."""
    matching = where(organisation=organisation, account=account, state=state)
    sql = f"SELECT * FROM staff_licence{matching} ORDER BY account, kind LIMIT :limit"
    return db.all(LicenceRow, sql, organisation=organisation, account=account, state=state, limit=limit)


@views.query(seen_by=audience.LISTS)
def licences_running_out(
    db: Reads, before: Millis = 0, kind: LicenceKind | None = None, now: Millis = 0, limit: Limit = 100
) -> list[LicenceRow]:
    """Licences that end before a time (0: those that were warned of), the one that ends first on top."""
    until = "until <= :before" if before else "state = 'running_out'"
    gone = "SELECT 1 FROM identity_account AS a WHERE a.account = l.account AND a.status = 'closed'"
    still = (f"NOT EXISTS ({gone})", "state IN ('valid', 'running_out')", "until > :now")
    matching = where(until, *still, kind=kind)
    sql = f"SELECT l.* FROM staff_licence AS l{matching} ORDER BY until, organisation, account, kind LIMIT :limit"
    return db.all(LicenceRow, sql, before=before or None, kind=kind, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.ORGANISATION)
def teams_of(db: Reads, organisation: Id, limit: Limit = 100) -> list[TeamRow]:
    """The teams of an organisation."""
    sql = """
        SELECT * FROM staff_team WHERE organisation = :organisation AND NOT dissolved
        ORDER BY code, team LIMIT :limit"""
    return db.all(TeamRow, sql, organisation=organisation, limit=limit)


@views.query(seen_by=audience.TEAM)
def members_of(db: Reads, team: Id, limit: Limit = 100) -> list[TeamMemberRow]:
    """Who is in a team, of those who work for its organisation now."""
    sql = """
        SELECT m.* FROM staff_member AS m JOIN identity_account AS a ON a.account = m.account
        WHERE m.team = :team AND a.status = 'active' ORDER BY m.account LIMIT :limit"""
    return db.all(TeamMemberRow, sql, team=team, limit=limit)


@views.query(seen_by=audience.TEAM)
def covered_by(db: Reads, team: Id, limit: Limit = 100) -> list[TeamPlaceRow]:
    """The places that a team covers; none are all."""
    sql = "SELECT * FROM staff_covered WHERE team = :team ORDER BY place LIMIT :limit"
    return db.all(TeamPlaceRow, sql, team=team, limit=limit)


@views.query(seen_by=audience.DUTY)
def on_duty(
    db: Reads, organisation: Id | None = None, team: Id | None = None, now: Millis = 0, limit: Limit = 100
) -> list[ShiftRow]:
    """Who is on duty, for an organisation, for a team, or at all; the one who leaves first on top."""
    matching = where("s.state = 'on_duty'", "s.until > :now", "a.status = 'active'", "o.status = 'active'")
    if organisation is not None:
        matching += " AND t.organisation = :organisation"
    if team is not None:
        matching += " AND s.team = :team"
    sql = f"""
        SELECT s.* FROM staff_shift AS s
        JOIN staff_team AS t ON t.team = s.team
        JOIN identity_account AS a ON a.account = s.account
        JOIN identity_organisation AS o ON o.organisation = t.organisation{matching}
        ORDER BY s.until, s.shift LIMIT :limit"""
    return db.all(ShiftRow, sql, organisation=organisation, team=team, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.ACCOUNT)
def shifts_of(
    db: Reads, account: Id, state: ShiftState | None = None, since: Millis = 0, limit: Limit = 100
) -> list[ShiftRow]:
    """The shifts of somebody that end after a time, in their order."""
    matching = where("until > :since", account=account, state=state)
    sql = f"SELECT * FROM staff_shift{matching} ORDER BY starts, shift LIMIT :limit"
    return db.all(ShiftRow, sql, account=account, state=state, since=since, limit=limit)


@views.query(seen_by=audience.TEAM)
def shifts_of_team(
    db: Reads, team: Id, state: ShiftState | None = None, since: Millis = 0, limit: Limit = 100
) -> list[ShiftRow]:
    """The shifts of a team that end after a time, in their order."""
    matching = where("until > :since", team=team, state=state)
    sql = f"SELECT * FROM staff_shift{matching} ORDER BY starts, shift LIMIT :limit"
    return db.all(ShiftRow, sql, team=team, state=state, since=since, limit=limit)
