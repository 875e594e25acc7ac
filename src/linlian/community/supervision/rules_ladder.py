"""What is late goes up, level by level, until it is done.

Repairs hand on each promise that is missed and each dispute (`repairs.Escalate`); what follows here runs in the next
block, with a receipt of its own. The levels and their times are one dated table: a case keeps to the one that was in
force when the trouble began. Where nobody answers for a case yet, the property company's people hear of it.

What nobody on duty has in hand goes up in the same way, by times of its own (`rules_attending`).

    LADDERS[...][URGENT]   ->   dispatcher at once, supervisor after 1 h, officer after 4 h, street office after 24 h
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple

from linlian.community import identity, repairs, staff
from linlian.community.identity import NOBODY, AccountId, OrganisationId, OrganisationKind, Role
from linlian.community.repairs import (
    ANSWERABLE,
    DISPUTE,
    UNATTENDED,
    UNDONE,
    Case,
    CaseCommand,
    CaseEvent,
    Clock,
    Escalate,
    State,
    Urgency,
)
from linlian.community.supervision.rules import HOUR, WORKDAY, Span, after, contract, kind_of, outside
from linlian.kernel.contract import (
    Content,
    Context,
    Fields,
    Id,
    Label,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    compose,
    replace,
)


class Level(StrEnum):
    """From the nearest to the furthest. Of the organisation that does the work (DISPATCHER), of the one that answers
    for it (SUPERVISOR, OFFICER), or of a government organisation outside the case (STREET)."""

    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    STREET = "street"


class Rung(NamedTuple):
    """A level, and how long after the beginning of the trouble it is told."""

    level: Level
    minutes: int


class Ladder(NamedTuple):
    working: bool
    rungs: tuple[Rung, ...]


_AT_ONCE = tuple(Rung(level, 0) for level in Level)
_BY_HOURS = (
    Rung(Level.DISPATCHER, 0),
    Rung(Level.SUPERVISOR, HOUR),
    Rung(Level.OFFICER, 4 * HOUR),
    Rung(Level.STREET, 24 * HOUR),
)
_BY_WORKDAYS = (*_BY_HOURS[:3], Rung(Level.STREET, 3 * WORKDAY))
_DISPUTED = (Rung(Level.DISPATCHER, 0), Rung(Level.SUPERVISOR, 0), Rung(Level.OFFICER, 4 * HOUR))

_BY_SHIFTS = (
    Rung(Level.DISPATCHER, 30),
    Rung(Level.SUPERVISOR, 2 * HOUR),
    Rung(Level.OFFICER, WORKDAY),
    Rung(Level.STREET, 3 * WORKDAY),
)

LADDERS: tuple[tuple[int, dict[Urgency, Ladder]], ...] = (
    (
        0,
        {
            Urgency.LIFE_SAFETY: Ladder(False, _AT_ONCE),
            Urgency.URGENT: Ladder(False, _BY_HOURS),
            Urgency.ORDINARY: Ladder(True, _BY_WORKDAYS),
            Urgency.MINOR: Ladder(True, _BY_WORKDAYS),
        },
    ),
)
"""From when on → how it goes up. A change is a new line with its date, in a new release; the old ones stay."""

DISPUTES: dict[Urgency, Ladder] = {
    Urgency.LIFE_SAFETY: Ladder(False, _AT_ONCE),
    Urgency.URGENT: Ladder(False, (*_DISPUTED, Rung(Level.STREET, 24 * HOUR))),
    Urgency.ORDINARY: Ladder(True, (*_DISPUTED, Rung(Level.STREET, 3 * WORKDAY))),
    Urgency.MINOR: Ladder(True, (*_DISPUTED, Rung(Level.STREET, 3 * WORKDAY))),
}
"""A dispute goes back to the unit and its supervisor at once, and up while nobody has come."""

UNATTENDED_LADDERS: dict[Urgency, Ladder] = {
    Urgency.LIFE_SAFETY: Ladder(False, _AT_ONCE),
    Urgency.URGENT: Ladder(
        False,
        (Rung(Level.DISPATCHER, 0), Rung(Level.SUPERVISOR, 30), Rung(Level.OFFICER, 2 * HOUR), _BY_HOURS[3]),
    ),
    Urgency.ORDINARY: Ladder(True, _BY_SHIFTS),
    Urgency.MINOR: Ladder(True, _BY_SHIFTS),
}
"""What somebody left behind, or was given while away: the next on duty have half an hour of working time for it."""

NOTERS = (Role.DESK, Role.DISPATCHER, Role.SUPERVISOR, Role.OFFICER)


class Told(Fields):
    """One level that was told: whom, and who of them took note. `organisation` NOBODY: there is none of that kind."""

    level: Level
    organisation: Id
    role: Role
    told_at: Millis
    noted_by: Id | None = None


class Climb(Row):
    """How far one trouble of a case has gone up. Keyed by case and what it is about; `over` once it is done.

    opened_at   of the case, when it began: what was opened again has troubles of its own
    """

    began_at: Millis
    opened_at: Millis
    urgency: Urgency
    told: Annotated[tuple[Told, ...], Meta(max_length=len(Level))] = ()
    over: bool = False


climbs = contract.table("climb", Climb)


class ClimbOn(CaseCommand):
    about: Label


class TakeNote(CaseCommand):
    """`about`: the promise that was missed, `dispute` or `unattended`."""

    about: Label
    words: Content | None = None


@contract.event
class Escalated(CaseEvent):
    """Since `since` a promise is missed, a repair disputed or in the hands of nobody on duty: who is told of it now."""

    about: Label
    level: Level
    role: Role
    since: Millis
    organisation: OrganisationId | None = None


@contract.event
class EscalationEnded(CaseEvent):
    """What was late is done, or the case has ended: nobody further is told. `told`: how many levels were."""

    about: Label
    told: Annotated[int, Meta(ge=0, le=len(Level))]


@contract.event
class NoteTaken(CaseEvent):
    """Somebody of a level that was told has seen it. It goes up all the same until it is done."""

    about: Label
    level: Level
    organisation: OrganisationId
    noted_by: AccountId
    words: Content | None = None


@contract.timer
def escalate(ctx: Context, cmd: Escalate) -> None:
    """A promise was missed, a repair disputed or left to nobody: tell the first levels, and set out for the next. What
    was left to nobody before goes on from there: passing it around stops nothing."""
    case = repairs.require_case(ctx, cmd.case)
    if is_trouble(ctx, case, cmd.about, ctx.time):
        climb = climbing(ctx, cmd.case, case, cmd.about) if cmd.about == UNATTENDED else None
        _go_up(ctx, cmd.case, cmd.about, case, climb or Climb(ctx.time, case.opened_at, case.urgency))


@contract.timer
def climb_on(ctx: Context, cmd: ClimbOn) -> None:
    """The time of the next level has come: tell it, unless what was late is done."""
    case, climb = repairs.require_case(ctx, cmd.case), climbs.get(ctx, compose(cmd.case, cmd.about))
    assert climb is not None, "the timer is set with the row"
    if case.opened_at == climb.opened_at and is_trouble(ctx, case, cmd.about, ctx.time):
        _go_up(ctx, cmd.case, cmd.about, case, climb)
        return
    climbs.put(ctx, compose(cmd.case, cmd.about), replace(climb, over=True))
    ctx.emit(EscalationEnded(case=cmd.case, about=cmd.about, told=len(climb.told)))


@contract.command
def take_note(ctx: Context, cmd: TakeNote) -> None:
    """Say that this has been seen at one's own level. It stops nothing: only keeping the promise does."""
    member = identity.require_role(ctx, *NOTERS)
    key = compose(cmd.case, cmd.about)
    repairs.require_case(ctx, cmd.case)
    climb = climbs.get(ctx, key)
    for number, told in enumerate(() if climb is None else climb.told):
        mine = told.organisation == member.organisation and told.role in member.roles
        if climb is None or not mine or told.noted_by is not None:
            continue
        noted = (*climb.told[:number], replace(told, noted_by=ctx.signer), *climb.told[number + 1 :])
        climbs.put(ctx, key, replace(climb, told=noted))
        ctx.emit(
            NoteTaken(
                case=cmd.case,
                about=cmd.about,
                level=told.level,
                organisation=member.organisation,
                noted_by=ctx.signer,
                words=cmd.words,
            )
        )
        return
    raise Refused("supervision.nothing_to_note", about=(cmd.case,))


def ladder_of(climb: Climb, about: str) -> Ladder:
    """The ladder that was in force when a trouble began."""
    if about in _OWN_LADDERS:
        return _OWN_LADDERS[about][climb.urgency]
    found = LADDERS[0][1]
    for since, table in LADDERS:
        if since <= climb.began_at:
            found = table
    return found[climb.urgency]


def climbing(reader: Reader, case_id: bytes, case: Case, about: str) -> Climb | None:
    """How far a trouble of a case has gone up that began since its opening, at its urgency, and is not over."""
    climb = climbs.get(reader, compose(case_id, about))
    if climb is None or climb.over:
        return None
    return climb if (climb.opened_at, climb.urgency) == (case.opened_at, case.urgency) else None


def begin(ctx: Context, case_id: bytes, about: str, case: Case, since: int) -> None:
    """Set out from the lowest level."""
    _go_up(ctx, case_id, about, case, Climb(since, case.opened_at, case.urgency))


def is_trouble(reader: Reader, case: Case, about: str, time: int) -> bool:
    """Whether it is still not made good."""
    if about == DISPUTE:
        return case.state is State.DISPUTED
    if about == UNATTENDED:
        return case.state in UNDONE and (case.executor == NOBODY or not staff.attends(reader, case.executor, time))
    waits = UNDONE if about != Clock.REPLY else (*UNDONE, *ANSWERABLE)
    return about in case.late and about not in case.kept and case.state in waits


def _go_up(ctx: Context, case_id: bytes, about: str, case: Case, climb: Climb) -> None:
    """Tell every level whose time has come, and set the timer for the next."""
    ladder = ladder_of(climb, about)
    until = _waits_until(case, about)
    for rung in ladder.rungs[len(climb.told) :]:
        due = after(ctx, climb.began_at, Span(rung.minutes, ladder.working))
        when = max(due, until)
        if when > ctx.time:
            ctx.schedule("supervision.climb", compose(case_id, about), when, ClimbOn(case=case_id, about=about))
            break
        organisation, role = whom(ctx, case, rung.level)
        climb = replace(climb, told=(*climb.told, Told(rung.level, organisation, role, ctx.time)))
        ctx.emit(
            Escalated(
                case=case_id,
                about=about,
                level=rung.level,
                role=role,
                since=climb.began_at,
                organisation=None if organisation == NOBODY else organisation,
            )
        )
    else:
        ctx.unschedule("supervision.climb", compose(case_id, about))
    climbs.put(ctx, compose(case_id, about), climb)


def _waits_until(case: Case, about: str) -> int:
    """Until when it goes no further up: clocks that stand still wait, and nobody has to hold what is put off. Or 0."""
    if about == UNATTENDED:
        return case.deferred_until
    return case.paused_until if about not in (Clock.RESPOND, Clock.SAFE) else 0


def whom(ctx: Context, case: Case, level: Level) -> tuple[bytes, Role]:
    """The organisation that a level is, and the role in it."""
    if level is Level.STREET:
        return outside(ctx, case, OrganisationKind.GOVERNMENT, OrganisationKind.OWNERS_COMMITTEE), Role.SUPERVISOR
    organisation = case.executing if level is Level.DISPATCHER else case.responsible
    kind = kind_of(ctx, organisation)
    if kind is None:
        organisation, kind = outside(ctx, case, OrganisationKind.PROPERTY_COMPANY), OrganisationKind.PROPERTY_COMPANY
    return organisation, _ROLE[level] if kind in _HAVE[level] else Role.OFFICER


_WORKING = (OrganisationKind.PROPERTY_COMPANY, OrganisationKind.SERVICE_PROVIDER, OrganisationKind.GOVERNMENT)
_ROLE = {Level.DISPATCHER: Role.DISPATCHER, Level.SUPERVISOR: Role.SUPERVISOR, Level.OFFICER: Role.OFFICER}
_OWN_LADDERS = {DISPUTE: DISPUTES, UNATTENDED: UNATTENDED_LADDERS}
_HAVE = {
    Level.DISPATCHER: _WORKING,
    Level.SUPERVISOR: (*_WORKING, OrganisationKind.OWNERS_COMMITTEE),
    Level.OFFICER: tuple(OrganisationKind),
}
"""Which kinds of organisations have such people; of the others the officer is told."""
