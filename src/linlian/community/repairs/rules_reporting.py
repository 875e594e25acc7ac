"""Reporting: by the resident, for another, at the telephone, by a device or an outside system.

What was taken down by staff is marked for ever (`reported_as` desk): no consent of a resident is claimed, and none of
the staff may later say in their name that it is repaired.
"""

from __future__ import annotations

from linlian.community import identity, places
from linlian.community.identity import AccountId, AccountStatus, Basis, Power, Role, Scope
from linlian.community.places import PlaceId, Right
from linlian.community.repairs.rules import NO_CASE, Case, Photos, PromisedEvent, contract
from linlian.community.repairs.rules_clock import keep, with_promises
from linlian.community.repairs.rules_history import link_repeat
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import Category, Urgency, urgency_of
from linlian.kernel.contract import Command, Content, Context, Hash, Id, Refused, Row


class ReportRepair(Command):
    """`principal` is whom it is reported for, if not oneself; `urgency` can only raise the category's own.

    caller      for somebody without an account: how to reach them, sealed
    external    of an outside system's own record: SHA-256 of compose(source, its id), so that it comes in once
    """

    place: PlaceId
    category: Category
    urgency: Urgency | None = None
    principal: AccountId | None = None
    words: Content | None = None
    photos: Photos = ()
    caller: Content | None = None
    external: Hash | None = None


class Outside(Row):
    """The case that an outside system's record became. Keyed by the record's hash."""

    case: Id


@contract.event
class RepairReported(PromisedEvent):
    """With standing `desk` it was taken down by staff, for `reporter` or for a `caller` in their own name; with
    `gateway` a device or an outside system sent it.

    repeats      the same was broken there before; which case that was is not said, for it may be another's
    guaranteed   the guarantee of that repair covers it
    """

    place: PlaceId
    reporter: AccountId
    category: Category
    urgency: Urgency
    repeats: bool = False
    guaranteed: bool = False
    words: Content | None = None
    photos: Photos = ()
    caller: Content | None = None
    external: Hash | None = None


outsides = contract.table("outside", Outside)


@contract.command
def report_repair(ctx: Context, cmd: ReportRepair) -> None:
    """Report that something is broken, for oneself or for another."""
    report(ctx, cmd)


def report(ctx: Context, cmd: ReportRepair) -> bytes:
    """The same for a neighbour, who is told the new case's id."""
    reporter, standing, basis = _check_reporter(ctx, cmd)
    case_id = ctx.new_id()
    if cmd.external is not None:
        known = outsides.get(ctx, cmd.external)
        if known is not None:
            raise Refused("repairs.already_reported", about=(known.case,), case=known.case)
        outsides.put(ctx, cmd.external, Outside(case_id))
    repeat_of, guarantee_of = link_repeat(ctx, case_id, cmd.place, cmd.category, ctx.time)
    urgency = urgency_of(cmd.category, cmd.urgency)
    case = Case(
        state=State.REPORTED,
        back=State.REPORTED,
        category=cmd.category,
        urgency=urgency,
        place=cmd.place,
        reporter=reporter,
        reported_as=standing,
        reported_at=ctx.time,
        opened_at=ctx.time,
        respond_by=0,
        finish_by=0,
        repeat_of=repeat_of,
        guarantee_of=guarantee_of,
    )
    case = with_promises(ctx, case, ctx.time)
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
            respond_by=case.respond_by,
            arrive_by=case.arrive_by,
            safe_by=case.safe_by,
            finish_by=case.finish_by,
            reply_by=case.reply_by,
            assumed=case.assumed,
            repeats=repeat_of != NO_CASE,
            guaranteed=guarantee_of != NO_CASE,
            words=cmd.words,
            photos=cmd.photos,
            caller=cmd.caller,
            external=cmd.external,
        )
    )
    return case_id


def _check_reporter(ctx: Context, cmd: ReportRepair) -> tuple[bytes, Standing, Basis]:
    """For whom it is reported, as what, and on what basis.

    Common parts are everybody's. Elsewhere the reporter has the right to report, or is a desk or a machine in its own
    name; a desk cannot name somebody who has no right there, for whoever is named may later say that it is repaired.
    """
    identity.acting(ctx, Power.REPORT)
    place = places.require_place(ctx, cmd.place)
    staff = _as_staff(ctx)
    if staff is None and (cmd.caller is not None or cmd.external is not None):
        raise Refused("repairs.staff_only")
    reporter, standing, basis = cmd.principal or ctx.signer, Standing.REPORTER, Basis.OWN_KEY
    if reporter != ctx.signer:
        account = identity.account(ctx, reporter)
        if account is None or account.status is not AccountStatus.ACTIVE:
            raise Refused("repairs.unknown_reporter")
        if staff is None:
            basis = identity.stands_for(ctx, reporter, Scope.REPORT)
    if places.is_common(place) or places.may(ctx, reporter, cmd.place, Right.REPORT, ctx.time):
        return reporter, staff or standing, basis
    if reporter == ctx.signer and staff is not None:
        return reporter, staff, basis
    raise Refused("repairs.no_right_to_report", about=(cmd.place,))


def _as_staff(ctx: Context) -> Standing | None:
    """DESK for whoever takes reports down, GATEWAY for what sends them on, None for everybody else."""
    for standing, roles in _TAKES_DOWN:
        try:
            identity.require_role(ctx, *roles)
        except Refused:
            continue
        return standing
    return None


_TAKES_DOWN = (
    (Standing.DESK, (Role.DESK, Role.DISPATCHER)),
    (Standing.GATEWAY, (Role.GATEWAY, Role.DEVICE)),
)
