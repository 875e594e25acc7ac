"""Who came, who did not, and that nobody opened."""

from __future__ import annotations

from typing import Annotated

from linlian.community import identity, repairs
from linlian.community.appointments.rules import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    Appointment,
    CaseCommand,
    SidedEvent,
    acting_side,
    appointments,
    contract,
    ended,
    require_current,
)
from linlian.community.appointments.rules_table import STEPS, As, State
from linlian.community.identity import AccountId
from linlian.community.repairs import Case, CaseId, Standing
from linlian.community.repairs import State as CaseState
from linlian.kernel.contract import Command, Content, Context, Event, Id, Meta, Millis, Refused, replace

EARLY_MS = HOUR_MS
WAIT_MS = 10 * MINUTE_MS
CONTEST_MS = 3 * DAY_MS
THERE = (CaseState.ON_SITE, CaseState.DIAGNOSED)
AFTERWARDS = (CaseState.DONE, CaseState.CHECKED, CaseState.CLOSED)
OFF = (CaseState.CANCELLED, CaseState.MERGED)

Proofs = Annotated[tuple[Content, ...], Meta(max_length=8)]


class KeepAppointment(CaseCommand):
    pass


class RecordNoAccess(CaseCommand):
    """`proof`: a photograph of the closed door, the recording of the call."""

    proof: Content
    words: Content | None = None


class ContestNoAccess(Command):
    appointment: Id
    words: Content
    photos: Proofs = ()


class JudgeNoAccess(Command):
    """`stands`: nobody opened. Otherwise nobody came."""

    appointment: Id
    stands: bool
    words: Content


class EndWindow(Command):
    appointment: Id


class LapseProposal(Command):
    appointment: Id


@contract.event
class AppointmentKept(Event):
    """`executor` is there, `late_ms` after the window's end."""

    case: CaseId
    appointment: Id
    executor: AccountId
    late_ms: Millis = 0


@contract.event
class AppointmentMissed(Event):
    """The window ended and nobody had come: whose case it was then, and who answers for it."""

    case: CaseId
    appointment: Id
    executor: Id
    responsible: Id
    ends: Millis


@contract.event
class NoAccessRecorded(Event):
    """There, and nobody opened, `waited_ms` after the window began."""

    case: CaseId
    appointment: Id
    executor: AccountId
    waited_ms: Millis
    proof: Content
    words: Content | None = None


@contract.event
class NoAccessContested(SidedEvent):
    words: Content
    photos: Proofs = ()


@contract.event
class NoAccessJudged(Event):
    case: CaseId
    appointment: Id
    judged_by: AccountId
    stands: bool
    words: Content


@contract.event
class AppointmentLapsed(Event):
    """Nobody agreed in time, or there was nothing to come for any more."""

    case: CaseId
    appointment: Id


@contract.command
def keep_appointment(ctx: Context, cmd: KeepAppointment) -> None:
    """Be there, in the window or late."""
    identity.acting(ctx)
    repairs.standing_in(ctx, cmd.case, Standing.EXECUTOR)
    appointment_id, row = require_current(ctx, cmd.case, "keep_appointment")
    if ctx.time < row.starts - EARLY_MS:
        raise Refused("appointments.too_early", about=(cmd.case,), starts=row.starts)
    ended(ctx, appointment_id, row, State.KEPT)
    late_ms = max(0, ctx.time - row.ends)
    ctx.emit(AppointmentKept(case=cmd.case, appointment=appointment_id, executor=ctx.signer, late_ms=late_ms))


@contract.command
def record_no_access(ctx: Context, cmd: RecordNoAccess) -> None:
    """Put on record that nobody opened, with proof of having been there."""
    identity.acting(ctx)
    repairs.standing_in(ctx, cmd.case, Standing.EXECUTOR)
    appointment_id, row = require_current(ctx, cmd.case, "record_no_access")
    if not row.starts + WAIT_MS <= ctx.time <= row.ends:
        raise Refused("appointments.outside_window", about=(cmd.case,), starts=row.starts + WAIT_MS, ends=row.ends)
    after = ended(ctx, appointment_id, row, State.NO_ACCESS)
    appointments.put(ctx, appointment_id, replace(after, ended_at=ctx.time, proof=(cmd.proof,)))
    ctx.emit(
        NoAccessRecorded(
            case=cmd.case,
            appointment=appointment_id,
            executor=ctx.signer,
            waited_ms=ctx.time - row.starts,
            proof=cmd.proof,
            words=cmd.words,
        )
    )


@contract.command
def contest_no_access(ctx: Context, cmd: ContestNoAccess) -> None:
    """Say that one was there, or that nobody came."""
    row = appointments.require(ctx, cmd.appointment)
    actor = acting_side(ctx, row.case)
    if actor.side is not As.HOUSEHOLD:
        raise Refused("appointments.not_household", about=(row.case,))
    STEPS.cell("contest_no_access", row.state, (row.case,))
    if row.judged:
        raise Refused("appointments.judged_already", about=(row.case,))
    if ctx.time > row.ended_at + CONTEST_MS:
        raise Refused("appointments.too_late_to_contest", about=(row.case,), days_max=CONTEST_MS // DAY_MS)
    appointments.put(ctx, cmd.appointment, replace(row, state=State.CONTESTED))
    ctx.emit(
        NoAccessContested(
            case=row.case, appointment=cmd.appointment, words=cmd.words, photos=cmd.photos, **actor._asdict()
        )
    )


@contract.command
def judge_no_access(ctx: Context, cmd: JudgeNoAccess) -> None:
    """Decide, from outside, whether nobody opened or nobody came."""
    identity.acting(ctx)
    row = appointments.require(ctx, cmd.appointment)
    repairs.standing_in(ctx, row.case, Standing.SUPERVISOR)
    STEPS.cell("judge_no_access", row.state, (row.case,))
    state = State.NO_ACCESS if cmd.stands else State.MISSED
    appointments.put(ctx, cmd.appointment, replace(row, state=state, judged=True))
    ctx.emit(
        NoAccessJudged(
            case=row.case, appointment=cmd.appointment, judged_by=ctx.signer, stands=cmd.stands, words=cmd.words
        )
    )


@contract.timer
def end_window(ctx: Context, cmd: EndWindow) -> None:
    """The window is over: somebody came, or it was missed, or there was nothing to come for any more."""
    row = appointments.require(ctx, cmd.appointment)
    STEPS.cell("end_window", row.state, (row.case,))
    case = repairs.require_case(ctx, row.case)
    if case.state in OFF:
        ended(ctx, cmd.appointment, row, State.LAPSED)
        ctx.emit(AppointmentLapsed(case=row.case, appointment=cmd.appointment))
    elif _came(row, case):
        ended(ctx, cmd.appointment, row, State.KEPT)
        ctx.emit(AppointmentKept(case=row.case, appointment=cmd.appointment, executor=case.executor))
    else:
        after = ended(ctx, cmd.appointment, row, State.MISSED)
        appointments.put(ctx, cmd.appointment, replace(after, ended_at=ctx.time))
        ctx.emit(
            AppointmentMissed(
                case=row.case,
                appointment=cmd.appointment,
                executor=case.executor,
                responsible=case.responsible,
                ends=row.ends,
            )
        )


@contract.timer
def lapse_proposal(ctx: Context, cmd: LapseProposal) -> None:
    """None of the windows can be agreed to any more."""
    row = appointments.require(ctx, cmd.appointment)
    STEPS.cell("lapse_proposal", row.state, (row.case,))
    ended(ctx, cmd.appointment, row, State.LAPSED)
    ctx.emit(AppointmentLapsed(case=row.case, appointment=cmd.appointment))


def _came(row: Appointment, case: Case) -> bool:
    """Whether the case itself says that somebody was there since it was agreed."""
    return case.state in AFTERWARDS or (not row.on_site and case.state in THERE)
