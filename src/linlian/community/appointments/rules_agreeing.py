"""Proposing, agreeing, moving and cancelling."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from linlian.community import identity, repairs
from linlian.community.appointments.rules import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    WINDOWS_MAX,
    Actor,
    Appointment,
    CaseCommand,
    Current,
    SidedEvent,
    Window,
    Windows,
    acting_side,
    appointments,
    book,
    contract,
    current_appointment,
    currents,
    ended,
    is_staff,
    require_current,
    unbook,
)
from linlian.community.appointments.rules_coming import EndWindow, LapseProposal
from linlian.community.appointments.rules_table import STEPS, As, State
from linlian.community.identity import NOBODY, AccountId, Basis
from linlian.community.repairs import Case, Standing
from linlian.community.repairs import State as CaseState
from linlian.kernel.contract import Content, Context, Meta, Millis, Refused, replace

LENGTH_MIN_MS = 15 * MINUTE_MS
LENGTH_MAX_MS = 8 * HOUR_MS
DAYS_MAX = 60
THERE = (CaseState.ON_SITE, CaseState.DIAGNOSED)
VISITED = (CaseState.ASSIGNED, CaseState.ACCEPTED, *THERE, CaseState.DISPUTED, CaseState.DEFERRED)
"""The states of a case in which somebody may be expected."""

Number = Annotated[int, Meta(ge=0, le=WINDOWS_MAX - 1)]


class Reason(StrEnum):
    RESIDENT = "resident"
    REPAIRER = "repairer"
    PARTS = "parts"
    WEATHER = "weather"
    EMERGENCY = "emergency"
    NOT_NEEDED = "not_needed"


class ProposeWindows(CaseCommand):
    windows: Windows
    words: Content | None = None


class AgreeWindow(CaseCommand):
    """`number` of the window, from 0; `starts` is when it begins, as the signer saw it. `recording` of the telephone
    call, where a desk was told so."""

    number: Number
    starts: Millis
    recording: Content | None = None


class MoveAppointment(CaseCommand):
    reason: Reason
    windows: Windows
    words: Content | None = None


class CancelAppointment(CaseCommand):
    reason: Reason
    words: Content | None = None


@contract.event
class WindowsProposed(SidedEvent):
    windows: Windows
    words: Content | None = None


@contract.event
class WindowAgreed(SidedEvent):
    executor: AccountId
    starts: Millis
    ends: Millis
    recording: Content | None = None


@contract.event
class AppointmentMoved(SidedEvent):
    """What was agreed holds no longer; these windows are proposed instead."""

    reason: Reason
    windows: Windows
    was_starts: Millis
    words: Content | None = None


@contract.event
class AppointmentCancelled(SidedEvent):
    reason: Reason
    words: Content | None = None


@contract.command
def propose_windows(ctx: Context, cmd: ProposeWindows) -> None:
    """Say when somebody may come, or would; the other side agrees to one, or proposes others."""
    actor, case = acting_side(ctx, cmd.case), _visited(ctx, cmd.case)
    _check_windows(ctx, cmd.case, cmd.windows)
    found = current_appointment(ctx, cmd.case)
    if found is not None and found[1].state is State.AGREED:
        raise Refused("appointments.agreed_already", about=(cmd.case,), starts=found[1].starts)
    if found is not None and found[1].state is State.PROPOSED:
        STEPS.cell("propose_windows", found[1].state, (cmd.case,))
        appointment_id, wished, moved = found[0], found[1].wished, found[1].moved
    else:
        appointment_id, wished, moved = ctx.new_id(), False, 0
        currents.put(ctx, cmd.case, Current(appointment_id))
    row = Appointment(cmd.case, State.PROPOSED, actor.side, cmd.windows, moved=moved)
    row = replace(row, wished=wished or _puts_off(case, actor.side, cmd.windows))
    _offer(ctx, appointment_id, row)
    ctx.emit(
        WindowsProposed(
            case=cmd.case, appointment=appointment_id, windows=cmd.windows, words=cmd.words, **actor._asdict()
        )
    )


@contract.command
def agree_window(ctx: Context, cmd: AgreeWindow) -> None:
    """Agree to one of the windows that the other side proposed."""
    case = _visited(ctx, cmd.case)
    found = current_appointment(ctx, cmd.case)
    actor = _other_side(ctx, cmd, case, found[1].proposed_by if found is not None else As.WORKERS)
    appointment_id, row = require_current(ctx, cmd.case, "agree_window")
    if cmd.number >= len(row.windows) or row.windows[cmd.number].starts != cmd.starts:
        raise Refused("appointments.other_window", about=(cmd.case,))
    window = row.windows[cmd.number]
    if window.starts <= ctx.time:
        raise Refused("appointments.in_the_past", about=(cmd.case,), starts=window.starts)
    book(ctx, cmd.case, appointment_id, case.executor, window)
    after = replace(
        row,
        state=State.AGREED,
        executor=case.executor,
        starts=window.starts,
        ends=window.ends,
        on_site=case.state in THERE,
    )
    appointments.put(ctx, appointment_id, after)
    ctx.schedule("appointments.clock", appointment_id, window.ends, EndWindow(appointment=appointment_id))
    ctx.emit(
        WindowAgreed(
            case=cmd.case,
            appointment=appointment_id,
            executor=case.executor,
            starts=window.starts,
            ends=window.ends,
            recording=cmd.recording,
            **actor._asdict(),
        )
    )


@contract.command
def move_appointment(ctx: Context, cmd: MoveAppointment) -> None:
    """Not then; one of these instead. The other side agrees anew."""
    actor, case = acting_side(ctx, cmd.case), _visited(ctx, cmd.case)
    appointment_id, row = require_current(ctx, cmd.case, "move_appointment")
    _check_windows(ctx, cmd.case, cmd.windows)
    unbook(ctx, appointment_id, row.executor)
    wished = row.wished or _puts_off(case, actor.side, cmd.windows)
    after = Appointment(cmd.case, State.PROPOSED, actor.side, cmd.windows, wished=wished, moved=row.moved + 1)
    _offer(ctx, appointment_id, after)
    ctx.emit(
        AppointmentMoved(
            case=cmd.case,
            appointment=appointment_id,
            reason=cmd.reason,
            windows=cmd.windows,
            was_starts=row.starts,
            words=cmd.words,
            **actor._asdict(),
        )
    )


@contract.command
def cancel_appointment(ctx: Context, cmd: CancelAppointment) -> None:
    """Nobody is to come then, nor waits."""
    actor = acting_side(ctx, cmd.case)
    appointment_id, row = require_current(ctx, cmd.case, "cancel_appointment")
    ended(ctx, appointment_id, row, State.CANCELLED)
    ctx.emit(
        AppointmentCancelled(
            case=cmd.case, appointment=appointment_id, reason=cmd.reason, words=cmd.words, **actor._asdict()
        )
    )


def _visited(ctx: Context, case_id: bytes) -> Case:
    """A case that somebody has in hand. Refused: `appointments.nobody_to_come`."""
    case = repairs.require_case(ctx, case_id)
    if case.state not in VISITED or case.executor == NOBODY:
        raise Refused("appointments.nobody_to_come", about=(case_id,), state=case.state.value)
    return case


def _check_windows(ctx: Context, case_id: bytes, windows: tuple[Window, ...]) -> None:
    for window in windows:
        if window.starts <= ctx.time:
            raise Refused("appointments.in_the_past", about=(case_id,), starts=window.starts)
        if window.starts > ctx.time + DAYS_MAX * DAY_MS:
            raise Refused("appointments.too_far_ahead", about=(case_id,), days_max=DAYS_MAX)
        if not LENGTH_MIN_MS <= window.ends - window.starts <= LENGTH_MAX_MS:
            raise Refused("appointments.wrong_length", about=(case_id,))


def _offer(ctx: Context, appointment_id: bytes, row: Appointment) -> None:
    """Proposed, until the last of the windows has begun."""
    appointments.put(ctx, appointment_id, row)
    last = max(window.starts for window in row.windows)
    ctx.schedule("appointments.clock", appointment_id, last, LapseProposal(appointment=appointment_id))


def _puts_off(case: Case, side: As, windows: tuple[Window, ...]) -> bool:
    """Whether the household has time only after the repairer had to be there."""
    return side is As.HOUSEHOLD and all(window.starts > case.arrive_by for window in windows)


def _other_side(ctx: Context, cmd: AgreeWindow, case: Case, proposed_by: As) -> Actor:
    """Whoever did not propose. A desk says so for somebody who cannot, with the recording of what they said."""
    if cmd.recording is None:
        actor = acting_side(ctx, cmd.case)
        if actor.side is proposed_by:
            raise Refused("appointments.own_proposal", about=(cmd.case,))
        return actor
    standing, _ = repairs.standing_in(ctx, cmd.case, Standing.DESK, Standing.DISPATCHER)
    if proposed_by is As.HOUSEHOLD or _answers_alone(ctx, case):
        raise Refused("appointments.can_answer", about=(cmd.case,))
    return Actor(As.OTHER_SIDE, standing, Basis.CALLBACK)


def _answers_alone(ctx: Context, case: Case) -> bool:
    """Whether whoever reported it has a key of their own, and is not staff who wrote it down."""
    account = identity.account(ctx, case.reporter)
    return account is not None and len(account.keys) > 0 and not is_staff(ctx, case, case.reporter)
