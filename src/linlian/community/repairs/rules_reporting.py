"""Reporting, and deciding who shall see to it.

report_repair → triage_repair → assign_repair
"""

from __future__ import annotations

from linlian.community import identity, places
from linlian.community.identity import NOBODY, AccountId, AccountStatus, Basis, OrganisationId, Power, Role, Scope
from linlian.community.places import PlaceId, Right
from linlian.community.repairs.rules import (
    ActedEvent,
    Case,
    CaseCommand,
    CaseEvent,
    CaseId,
    Photos,
    contract,
    named,
)
from linlian.community.repairs.rules_acting import step
from linlian.community.repairs.rules_clock import keep
from linlian.community.repairs.rules_history import link_repeat, unlink_repeat
from linlian.community.repairs.rules_steps import STEPS, Standing, State
from linlian.community.repairs.rules_terms import Category, Urgency, deadlines, urgency_of
from linlian.kernel.contract import Command, Content, Context, Id, Label, Millis, Refused, replace


class ReportRepair(Command):
    """`principal` is whom it is reported for, if not oneself; `urgency` can only raise the category's own."""

    place: PlaceId
    category: Category
    urgency: Urgency | None = None
    principal: AccountId | None = None
    words: Content | None = None
    photos: Photos = ()


class TriageRepair(CaseCommand):
    """Absent: category and urgency stay, and the signer's own organisation answers for it."""

    category: Category | None = None
    urgency: Urgency | None = None
    responsible: OrganisationId | None = None


class AssignRepair(CaseCommand):
    executor: AccountId


@contract.event
class RepairReported(ActedEvent):
    """With standing `desk` it was taken down by staff, for `reporter` or in their own name."""

    place: PlaceId
    reporter: AccountId
    category: Category
    urgency: Urgency
    respond_by: Millis
    finish_by: Millis
    repeat_of: CaseId | None = None
    words: Content | None = None
    photos: Photos = ()


@contract.event
class RepairTriaged(CaseEvent):
    """`repeat_of` is named if the category was corrected and the case is now a repeat."""

    category: Label
    urgency: Urgency
    responsible: Id
    respond_by: Millis
    finish_by: Millis
    repeat_of: CaseId | None = None


@contract.event
class RepairAssigned(CaseEvent):
    executor: AccountId
    replaced: AccountId | None = None


@contract.command
def report_repair(ctx: Context, cmd: ReportRepair) -> None:
    """Report that something is broken, for oneself or for another."""
    reporter, standing, basis = _check_reporter(ctx, cmd)
    case_id = ctx.new_id()
    urgency = urgency_of(cmd.category, cmd.urgency)
    respond_by, finish_by = deadlines(cmd.category, urgency, ctx.time)
    repeat_of = link_repeat(ctx, case_id, cmd.place, cmd.category, ctx.time)
    case = Case(
        state=State.REPORTED,
        back=State.REPORTED,
        category=cmd.category,
        urgency=urgency,
        place=cmd.place,
        reporter=reporter,
        reported_at=ctx.time,
        opened_at=ctx.time,
        respond_by=respond_by,
        finish_by=finish_by,
        repeat_of=repeat_of,
    )
    keep(ctx, case_id, None, case)
    ctx.emit(
        RepairReported(
            case=case_id,
            standing=standing,
            basis=basis,
            place=cmd.place,
            reporter=reporter,
            category=cmd.category,
            urgency=urgency,
            respond_by=respond_by,
            finish_by=finish_by,
            repeat_of=named(repeat_of),
            words=cmd.words,
            photos=cmd.photos,
        )
    )


@contract.command
def triage_repair(ctx: Context, cmd: TriageRepair) -> None:
    """Decide what it is, how urgent, and which organisation answers for it; takes it back from whoever had it."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["triage_repair"])
    case = replace(case, responsible=_responsible(ctx, cmd), executor=NOBODY)
    category, repeat_of = cmd.category or case.category, case.repeat_of
    if category != case.category:
        unlink_repeat(ctx, cmd.case, case)
        repeat_of = link_repeat(ctx, cmd.case, case.place, category, case.reported_at)
    urgency = urgency_of(category, cmd.urgency or case.urgency)
    if (category, urgency) != (before.category, before.urgency) or before.opened_at == 0:
        opened_at = before.opened_at or ctx.time
        respond_by, finish_by = deadlines(category, urgency, opened_at)
        case = replace(case, category=category, urgency=urgency, repeat_of=repeat_of, opened_at=opened_at)
        case = replace(case, respond_by=respond_by, finish_by=finish_by)
    keep(ctx, cmd.case, before, case)
    ctx.emit(
        RepairTriaged(
            case=cmd.case,
            category=category,
            urgency=urgency,
            responsible=case.responsible,
            respond_by=case.respond_by,
            finish_by=case.finish_by,
            repeat_of=named(repeat_of) if repeat_of != before.repeat_of else None,
        )
    )


@contract.command
def assign_repair(ctx: Context, cmd: AssignRepair) -> None:
    """Give it to one of the organisation's repairers."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["assign_repair"])
    member, account = identity.member(ctx, cmd.executor), identity.account(ctx, cmd.executor)
    if (
        member is None
        or member.organisation != case.responsible
        or Role.REPAIRER not in member.roles
        or account is None
        or account.status is not AccountStatus.ACTIVE
    ):
        raise Refused("repairs.not_your_repairer", about=(cmd.case,))
    keep(ctx, cmd.case, before, replace(case, executor=cmd.executor))
    replaced = named(before.executor) if before.executor != cmd.executor else None
    ctx.emit(RepairAssigned(case=cmd.case, executor=cmd.executor, replaced=replaced))


def _check_reporter(ctx: Context, cmd: ReportRepair) -> tuple[bytes, Standing, Basis]:
    """For whom it is reported, as what, and on what basis.

    Common parts are everybody's. Elsewhere the reporter has the right to report, or is a desk in its own name; a
    desk cannot name somebody who has no right there, for whoever is named may later say that it is repaired.
    """
    identity.acting(ctx, Power.REPORT)
    place = places.require_place(ctx, cmd.place)
    reporter, standing, basis = cmd.principal or ctx.signer, Standing.REPORTER, Basis.OWN_KEY
    if reporter != ctx.signer:
        account = identity.account(ctx, reporter)
        if account is None or account.status is not AccountStatus.ACTIVE:
            raise Refused("repairs.unknown_reporter")
        if _at_a_desk(ctx):
            standing = Standing.DESK
        else:
            basis = identity.stands_for(ctx, reporter, Scope.REPORT)
    if places.is_common(place) or places.may(ctx, reporter, cmd.place, Right.REPORT, ctx.time):
        return reporter, standing, basis
    if reporter == ctx.signer and _at_a_desk(ctx):
        return reporter, Standing.DESK, basis
    raise Refused("repairs.no_right_to_report", about=(cmd.place,))


def _at_a_desk(ctx: Context) -> bool:
    try:
        identity.require_role(ctx, Role.DESK, Role.DISPATCHER)
    except Refused:
        return False
    return True


def _responsible(ctx: Context, cmd: TriageRepair) -> bytes:
    if cmd.responsible is not None:
        identity.require_active(ctx, cmd.responsible)
        return cmd.responsible
    member = identity.member(ctx, ctx.signer)
    assert member is not None, "a desk belongs to an organisation"
    return member.organisation
