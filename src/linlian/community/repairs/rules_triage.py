"""Deciding what it is, whose it is and who pays, and who shall see to it.

triage_repair → assign_repair | take_repair        give back: to triage again        call_help → note_help
"""

from __future__ import annotations

from linlian.community import calendars, identity, places, staff
from linlian.community.identity import NOBODY, AccountId, AccountStatus, OrganisationId, Role
from linlian.community.repairs.rules import (
    HELPERS_MAX,
    NO_CASE,
    Case,
    CaseCommand,
    CaseEvent,
    PromisedEvent,
    contract,
    named,
)
from linlian.community.repairs.rules_acting import check_licence, step
from linlian.community.repairs.rules_clock import keep, meet, resume_clocks, with_promises
from linlian.community.repairs.rules_history import link_repeat, unlink_repeat
from linlian.community.repairs.rules_steps import STEPS
from linlian.community.repairs.rules_terms import (
    PAYS,
    Category,
    Clock,
    Part,
    Party,
    Payer,
    Urgency,
    in_warranty,
    urgency_of,
)
from linlian.community.staff import TeamId
from linlian.kernel.contract import Content, Context, Id, Label, Refused, replace


class TriageRepair(CaseCommand):
    """Absent: category and urgency stay; the signer's own organisation answers for it, and does it; part, party and
    payer are as the tables propose."""

    category: Category | None = None
    urgency: Urgency | None = None
    responsible: OrganisationId | None = None
    executing: OrganisationId | None = None
    part: Part | None = None
    party: Party | None = None
    payer: Payer | None = None


class AssignRepair(CaseCommand):
    """To somebody, or (without `executor`) on the list, from which a repairer takes it: any, or one of a team."""

    executor: AccountId | None = None
    team: TeamId | None = None


class TakeRepair(CaseCommand):
    pass


class CallHelp(CaseCommand):
    organisation: OrganisationId


class NoteHelp(CaseCommand):
    words: Content


@contract.event
class RepairTriaged(PromisedEvent):
    """`repeats`, `guaranteed`: as it stands now, if the category was corrected; see `RepairReported`."""

    category: Label
    urgency: Urgency
    responsible: Id
    executing: Id
    part: Part
    party: Party
    payer: Payer
    repeats: bool = False
    guaranteed: bool = False


@contract.event
class RepairAssigned(CaseEvent):
    """Without `executor` it is on the list of the organisation that does the work, or of its `team`."""

    executor: AccountId | None = None
    team: Id | None = None
    replaced: AccountId | None = None


@contract.event
class RepairTaken(CaseEvent):
    """A repairer took it from the list, and with that accepted it."""

    executor: AccountId
    late: bool = False


@contract.event
class RepairHandedOver(CaseEvent):
    """Another repairer has it now: they accepted it from whoever had it. Its promises run on."""

    executor: AccountId
    replaced: AccountId


@contract.event
class HelpCalled(CaseEvent):
    organisation: OrganisationId


@contract.event
class HelpNoted(CaseEvent):
    """What an assisting organisation did, in sealed words."""

    organisation: OrganisationId
    words: Content


@contract.command
def triage_repair(ctx: Context, cmd: TriageRepair) -> None:
    """Decide what it is, how urgent, whose it is and who pays; takes it back from whoever had it."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["triage_repair"])
    responsible = _organisation(ctx, cmd.responsible, _own_organisation(ctx))
    if case.settled and responsible != case.responsible and identity.is_active(ctx, case.responsible):
        raise Refused("repairs.settled", about=(cmd.case,))
    executing = _organisation(ctx, cmd.executing, responsible)
    case = resume_clocks(ctx, cmd.case, case, standing)
    case = replace(case, responsible=responsible, executing=executing, executor=NOBODY, team=NOBODY)
    category = cmd.category or case.category
    if category != case.category:
        unlink_repeat(ctx, cmd.case, case)
        repeat_of, guarantee_of = link_repeat(ctx, cmd.case, case.place, category, case.reported_at)
        case = replace(case, repeat_of=repeat_of, guarantee_of=guarantee_of)
    urgency = urgency_of(category, cmd.urgency or case.urgency)
    if (category, urgency) != (before.category, before.urgency) or before.opened_at == 0:
        case = with_promises(ctx, replace(case, category=category, urgency=urgency), before.opened_at or ctx.time)
    case = _decided(ctx, cmd, case)
    keep(ctx, cmd.case, before, case)
    ctx.emit(
        RepairTriaged(
            case=cmd.case,
            standing=standing,
            basis=basis,
            category=category,
            urgency=urgency,
            responsible=responsible,
            executing=executing,
            part=case.part,
            party=case.party,
            payer=case.payer,
            respond_by=case.respond_by,
            arrive_by=case.arrive_by,
            safe_by=case.safe_by,
            finish_by=case.finish_by,
            reply_by=case.reply_by,
            assumed=case.assumed,
            repeats=case.repeat_of != NO_CASE,
            guaranteed=case.guarantee_of != NO_CASE,
        )
    )


@contract.command
def assign_repair(ctx: Context, cmd: AssignRepair) -> None:
    """Give it to a repairer of the organisation that does the work, or put it on its list."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["assign_repair"])
    if cmd.executor is not None:
        check_repairer(ctx, cmd.case, case, cmd.executor)
    team = None if cmd.team is None else staff.team(ctx, cmd.team)
    if cmd.team is not None and (team is None or team.organisation != case.executing):
        raise Refused("repairs.not_your_team", about=(cmd.case,))
    keep(ctx, cmd.case, before, replace(case, executor=cmd.executor or NOBODY, team=cmd.team or NOBODY))
    replaced = named(before.executor) if before.executor != cmd.executor else None
    ctx.emit(RepairAssigned(case=cmd.case, executor=cmd.executor, team=cmd.team, replaced=replaced))


@contract.command
def take_repair(ctx: Context, cmd: TakeRepair) -> None:
    """Take it from the list, which is to accept it."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["take_repair"])
    if before.executor not in (NOBODY, ctx.signer):
        raise Refused("repairs.with_somebody", about=(cmd.case,))
    check_repairer(ctx, cmd.case, case, ctx.signer)
    case, late = meet(case, Clock.RESPOND, ctx.time)
    keep(ctx, cmd.case, before, replace(case, executor=ctx.signer))
    ctx.emit(RepairTaken(case=cmd.case, executor=ctx.signer, late=late))


@contract.command
def call_help(ctx: Context, cmd: CallHelp) -> None:
    """Ask another organisation to help; its people see the case and note what they did."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["call_help"])
    identity.require_active(ctx, cmd.organisation)
    if cmd.organisation in (case.responsible, case.executing, *case.helpers):
        raise Refused("repairs.in_it_already", about=(cmd.case,))
    if len(case.helpers) >= HELPERS_MAX:
        raise Refused("repairs.too_many_helpers", about=(cmd.case,), most=HELPERS_MAX)
    keep(ctx, cmd.case, before, replace(case, helpers=(*case.helpers, cmd.organisation)))
    ctx.emit(HelpCalled(case=cmd.case, organisation=cmd.organisation))


@contract.command
def note_help(ctx: Context, cmd: NoteHelp) -> None:
    """Put on record what one's organisation did to help."""
    step(ctx, cmd.case, STEPS["note_help"])
    ctx.emit(HelpNoted(case=cmd.case, organisation=_own_organisation(ctx), words=cmd.words))


def _decided(ctx: Context, cmd: TriageRepair, case: Case) -> Case:
    """Part, party and payer as the signer says, or else as was decided before, or else as the tables propose."""
    place = places.place(ctx, case.place)
    common = place is not None and places.is_common(place)
    part = cmd.part or case.part
    if part is Part.UNDECIDED:
        part = Part.COMMON if common else Part.PRIVATE
    if case.fixed:
        return _unless_fixed(cmd, replace(case, part=part))
    party, payer = case.party, case.payer
    if part is not case.part:
        party, payer = PAYS[part]
        day = calendars.local_date(ctx, case.reported_at)
        if place is not None and in_warranty(case.category, places.handover_of(ctx, place), day):
            party, payer = Party.DEVELOPER, Payer.DEVELOPER
        if case.guarantee_of != NO_CASE:
            party, payer = Party.CONTRACTOR, Payer.GUARANTEE
    return replace(case, part=part, party=cmd.party or party, payer=cmd.payer or payer)


def _unless_fixed(cmd: TriageRepair, case: Case) -> Case:
    if (cmd.party or case.party, cmd.payer or case.payer) != (case.party, case.payer):
        raise Refused("repairs.attribution_fixed", about=(cmd.case,), party=case.party.value, payer=case.payer.value)
    return case


def check_repairer(ctx: Context, case_id: bytes, case: Case, executor: bytes) -> None:
    """Refuse whoever is no repairer of those who do the work, or lacks the licence for it."""
    member, account = identity.member(ctx, executor), identity.account(ctx, executor)
    if (
        member is None
        or member.organisation != case.executing
        or Role.REPAIRER not in member.roles
        or account is None
        or account.status is not AccountStatus.ACTIVE
    ):
        raise Refused("repairs.not_your_repairer", about=(case_id,))
    check_licence(ctx, case_id, case, executor)


def _organisation(ctx: Context, named: bytes | None, otherwise: bytes) -> bytes:
    if named is None:
        return otherwise
    identity.require_active(ctx, named)
    return named


def _own_organisation(ctx: Context) -> bytes:
    member = identity.member(ctx, ctx.signer)
    assert member is not None, "whoever acts in a role belongs to an organisation"
    return member.organisation
