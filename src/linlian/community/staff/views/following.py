"""What the events of staff do to the rows.

A card whose holder works there no more, or is suspended, is not shown; its history stands in the events.
"""

from __future__ import annotations

from linlian.community.staff.rules import CardIssued, CardWithdrawn
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
    LicenceRanOut,
    LicenceRecorded,
    LicenceRenewed,
    LicenceRevoked,
    LicenceRunningOut,
)
from linlian.community.staff.rules_teams import TeamChanged, TeamDissolved, TeamFormed
from linlian.community.staff.views.rows import (
    CardRow,
    CardTradeRow,
    LicenceRow,
    LicenceState,
    RosteredRow,
    ShiftRow,
    TeamMemberRow,
    TeamPlaceRow,
    TeamRow,
    cards,
    covered,
    licences,
    members,
    rostered,
    shifts,
    teams,
    trades,
    views,
)
from linlian.readmodel.view import Fact, Rows


@views.on(CardIssued)
def card_issued(db: Rows, event: CardIssued, fact: Fact) -> None:
    photo = b"" if event.photo is None else event.photo.commitment
    listed, name = ",".join(event.trades), event.name.commitment
    row = CardRow(event.account, event.organisation, listed, name, photo, fact.signer, fact.time, fact.item_id)
    db.put(cards, row)
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
    _fill(db, event.team, (), ())


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
    if db.get(members, event.team, event.account) is not None:
        _enrol(db, event.team, event.account, fact)
    db.change(shifts, event.shift, state=ShiftState.MISSED, ended_at=fact.time)


@views.on(DutyBegun)
def duty_begun(db: Rows, event: DutyBegun, fact: Fact) -> None:
    _enrol(db, event.team, event.account, fact)
    db.change(shifts, event.shift, state=ShiftState.ON_DUTY, begun_at=fact.time)


@views.on(DutyEnded)
def duty_ended(db: Rows, event: DutyEnded, fact: Fact) -> None:
    db.change(shifts, event.shift, state=ShiftState.ENDED, ended_at=fact.time, forced=event.forced, held=event.held)


def _enrol(db: Rows, team: bytes, account: bytes, fact: Fact) -> None:
    if db.get(rostered, account, team) is None:
        db.put(rostered, RosteredRow(account, team, fact.time))


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
        if member.account not in people:
            db.delete(rostered, member.account, team)
    for account in people:
        db.put(members, TeamMemberRow(team, account))
    for row in db.under(covered, team):
        db.delete(covered, team, row.place)
    for place in places:
        db.put(covered, TeamPlaceRow(team, place))
