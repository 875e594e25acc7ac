"""Appointments: when somebody comes, who agreed to it, and who was not there.

Rules
- Either side proposes up to three windows, the other agrees to one. None lies in the past.
- A repairer is in one place at a time: a window that overlaps another of theirs is refused.
- Whoever comes says so. If the window ends and nobody came, a timer says that it was missed, by whom and whose they
  are; who comes after it comes late by as long.
- That nobody opened is recorded by the repairer alone, within the window, after ten minutes, with sealed proof. The
  household has three days to contest it; a supervisor from outside judges, and what does not stand was a window missed.
- Neither stops a clock. A pause takes one of the listed reasons and the approval of the household or of a supervisor:
  never of those who come (`rules_pausing`).

    propose_windows → agree_window → keep_appointment | record_no_access     move_appointment, cancel_appointment
    record_no_access → contest_no_access → judge_no_access

This module holds the rows, the diary of repairers, and who is on which side.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from linlian.community import identity, places, repairs
from linlian.community.appointments.rules_table import PENDING, STEPS, As, State
from linlian.community.identity import NOBODY, Basis, Power
from linlian.community.repairs import WORKING_KINDS, Case, CaseId, Standing
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Count,
    Event,
    Fields,
    Id,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    replace,
)

WINDOWS_MAX = 3
BOOKINGS_MAX = 64
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

contract = Contract("appointments", needs=(identity.contract, places.contract, repairs.contract))


class Window(Fields):
    """From when until when somebody will come."""

    starts: Millis
    ends: Millis


Windows = Annotated[tuple[Window, ...], Meta(min_length=1, max_length=WINDOWS_MAX)]


class Booking(Fields):
    """An agreed window in a repairer's diary."""

    case: Id
    appointment: Id
    starts: Millis
    ends: Millis


class Appointment(Row):
    """Keyed by its own id.

    proposed_by     the side that proposed last; `executor` whose case it was when it was agreed
    starts, ends    the agreed window; 0 before
    on_site         the repairer had been there before it was agreed, so that arriving again is told apart
    wished          it was put later by the household
    ended_at        when it was found that nobody was there; `judged`: a supervisor has said whether nobody opened
    proof           that nobody opened, or nothing
    """

    case: Id
    state: State
    proposed_by: As
    windows: Windows
    executor: Id = NOBODY
    starts: Millis = 0
    ends: Millis = 0
    on_site: bool = False
    wished: bool = False
    moved: Count = 0
    ended_at: Millis = 0
    judged: bool = False
    proof: Annotated[tuple[Content, ...], Meta(max_length=1)] = ()


class Current(Row):
    """The latest appointment of a case. Keyed by the case."""

    appointment: Id


class Diary(Row):
    """A repairer's agreed windows, in order. Keyed by their account."""

    bookings: Annotated[tuple[Booking, ...], Meta(max_length=BOOKINGS_MAX)]


appointments = contract.table("appointment", Appointment, refused="appointments.unknown")
currents = contract.table("current", Current)
diaries = contract.table("diary", Diary)


class CaseCommand(Command):
    case: CaseId


class SidedEvent(Event):
    """Something that one of two sides does, in a standing and on a basis."""

    case: CaseId
    appointment: Id
    side: As
    standing: Standing
    basis: Basis


class Actor(NamedTuple):
    """Who acts: for which side, in which standing of the case, on what basis."""

    side: As
    standing: Standing
    basis: Basis


def current_appointment(reader: Reader, case_id: bytes) -> tuple[bytes, Appointment] | None:
    """The latest appointment of a case, whatever became of it."""
    current = currents.get(reader, case_id)
    found = None if current is None else appointments.get(reader, current.appointment)
    return None if current is None or found is None else (current.appointment, found)


def require_current(reader: Reader, case_id: bytes, step: str) -> tuple[bytes, Appointment]:
    """The latest appointment, in a state that allows a step. Refused: `appointments.none`."""
    found = current_appointment(reader, case_id)
    if found is None:
        raise Refused("appointments.none", about=(case_id,))
    STEPS.cell(step, found[1].state, (case_id,))
    return found


def acting_side(ctx: Context, case_id: bytes) -> Actor:
    """Which side the signer is on. Whoever belongs to the case's organisations, or to such a trade, is no household."""
    identity.acting(ctx, Power.REPORT)
    if is_staff(ctx, repairs.require_case(ctx, case_id), ctx.signer):
        standing, basis = repairs.standing_in(ctx, case_id, Standing.EXECUTOR, Standing.DISPATCHER)
        return Actor(As.WORKERS, standing, basis)
    standing, basis = repairs.standing_in(ctx, case_id, Standing.REPORTER, Standing.OCCUPANT)
    return Actor(As.HOUSEHOLD, standing, basis)


def is_staff(reader: Reader, case: Case, account: bytes) -> bool:
    """Whether an account is of an organisation in a case, or of one that lives by such work."""
    member = identity.member(reader, account)
    if member is None:
        return False
    employer = identity.organisation(reader, member.organisation)
    works = employer is not None and employer.kind in WORKING_KINDS
    return works or member.organisation in repairs.organisations_of(case)


def book(ctx: Context, case_id: bytes, appointment_id: bytes, executor: bytes, window: Window) -> None:
    """Put a window into a repairer's diary. Refused: `appointments.double_booked`, `appointments.diary_full`."""
    kept = _bookings(ctx, executor)
    for other in kept:
        if other.starts < window.ends and window.starts < other.ends:
            raise Refused("appointments.double_booked", about=(case_id,), starts=other.starts, ends=other.ends)
    if len(kept) >= BOOKINGS_MAX:
        raise Refused("appointments.diary_full", about=(case_id,), most=BOOKINGS_MAX)
    booking = Booking(case=case_id, appointment=appointment_id, starts=window.starts, ends=window.ends)
    ordered = sorted((*kept, booking), key=lambda one: (one.starts, one.appointment))
    diaries.put(ctx, executor, Diary(tuple(ordered)))


def unbook(ctx: Context, appointment_id: bytes, executor: bytes) -> None:
    """Take an appointment out of a diary; nothing if it is not in it."""
    left = tuple(one for one in _bookings(ctx, executor) if one.appointment != appointment_id)
    if left:
        diaries.put(ctx, executor, Diary(left))
    else:
        diaries.delete(ctx, executor)


def ended(ctx: Context, appointment_id: bytes, row: Appointment, state: State) -> Appointment:
    """An appointment that nobody waits for any more, out of diary and clock."""
    ctx.unschedule("appointments.clock", appointment_id)
    if row.executor != NOBODY:
        unbook(ctx, appointment_id, row.executor)
    after = replace(row, state=state)
    appointments.put(ctx, appointment_id, after)
    return after


def _bookings(ctx: Context, executor: bytes) -> tuple[Booking, ...]:
    """What still counts in a diary: not over, agreed, and of a case that is still theirs."""
    found = diaries.get(ctx, executor)
    return () if found is None else tuple(one for one in found.bookings if _counts(ctx, executor, one))


def _counts(ctx: Context, executor: bytes, booking: Booking) -> bool:
    if booking.ends <= ctx.time:
        return False
    case, row = repairs.case(ctx, booking.case), appointments.get(ctx, booking.appointment)
    return case is not None and case.executor == executor and row is not None and row.state in PENDING
