"""Appointments as rows, agendas, and what may be asked of them."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from linlian.community.appointments import audience
from linlian.community.appointments.rules import contract
from linlian.community.appointments.rules_agreeing import (
    AppointmentCancelled,
    AppointmentMoved,
    WindowAgreed,
    WindowsProposed,
)
from linlian.community.appointments.rules_coming import (
    AppointmentKept,
    AppointmentLapsed,
    AppointmentMissed,
    NoAccessContested,
    NoAccessJudged,
    NoAccessRecorded,
)
from linlian.community.appointments.rules_table import State
from linlian.community.repairs.views import views as repairs
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Id, Limit, Meta, Millis, Reads, Rows, View

views = View(contract, needs=(repairs,))

DAY_MS = 24 * 3600 * 1000
Days = Annotated[int, Meta(ge=1, le=31)]


class AppointmentRow(NamedTuple):
    """An appointment as it stands now. While it is proposed, `starts` and `ends` are those of its first window.

    proposed_by     the side that proposed last; `agreed_as` on what basis it was agreed
    late_ms         the repairer came so long after its end
    """

    appointment: bytes
    case_id: bytes
    state: str
    proposed_by: str
    starts: int
    ends: int
    windows: int
    proposed_at: int
    agreed_as: str = ""
    agreed_at: int = 0
    moved: int = 0
    reason: str = ""
    late_ms: int = 0
    ended_at: int = 0


class WindowRow(NamedTuple):
    """A window that is proposed."""

    appointment: bytes
    number: int
    starts: int
    ends: int


class AgendaRow(NamedTuple):
    """Where a repairer is expected. `clashes`: their other agreed windows that overlap it."""

    appointment: bytes
    case_id: bytes
    place: bytes
    category: str
    urgency: str
    starts: int
    ends: int
    clashes: int


class VisitRow(NamedTuple):
    """When somebody comes to a home, or may come."""

    appointment: bytes
    case_id: bytes
    place: bytes
    state: str
    executor: bytes
    starts: int
    ends: int


appointments = views.table(
    "appointment",
    AppointmentRow,
    indexes=("case_id, proposed_at, appointment", "state, ended_at, appointment", "case_id, state, starts"),
)
windows = views.table("window", WindowRow, key=2)


@views.on(WindowsProposed)
def proposed(db: Rows, event: WindowsProposed, fact: Fact) -> None:
    _offer(db, event, fact)


@views.on(AppointmentMoved)
def moved(db: Rows, event: AppointmentMoved, fact: Fact) -> None:
    before = db.the(appointments, event.appointment)
    _offer(db, event, fact)
    db.change(appointments, event.appointment, moved=before.moved + 1, reason=event.reason)


@views.on(WindowAgreed)
def agreed(db: Rows, event: WindowAgreed, fact: Fact) -> None:
    db.change(
        appointments,
        event.appointment,
        state=State.AGREED,
        starts=event.starts,
        ends=event.ends,
        agreed_as=event.basis,
        agreed_at=fact.time,
    )


@views.on(AppointmentCancelled)
def cancelled(db: Rows, event: AppointmentCancelled, fact: Fact) -> None:
    _end(db, event.appointment, State.CANCELLED, fact)
    db.change(appointments, event.appointment, reason=event.reason)


@views.on(AppointmentLapsed)
def lapsed(db: Rows, event: AppointmentLapsed, fact: Fact) -> None:
    _end(db, event.appointment, State.LAPSED, fact)


@views.on(AppointmentKept)
def kept(db: Rows, event: AppointmentKept, fact: Fact) -> None:
    _end(db, event.appointment, State.KEPT, fact)
    db.change(appointments, event.appointment, late_ms=event.late_ms)


@views.on(AppointmentMissed)
def missed(db: Rows, event: AppointmentMissed, fact: Fact) -> None:
    _end(db, event.appointment, State.MISSED, fact)


@views.on(NoAccessRecorded)
def no_access(db: Rows, event: NoAccessRecorded, fact: Fact) -> None:
    _end(db, event.appointment, State.NO_ACCESS, fact)


@views.on(NoAccessContested)
def contested(db: Rows, event: NoAccessContested, fact: Fact) -> None:
    db.change(appointments, event.appointment, state=State.CONTESTED)


@views.on(NoAccessJudged)
def judged(db: Rows, event: NoAccessJudged, fact: Fact) -> None:
    db.change(appointments, event.appointment, state=State.NO_ACCESS if event.stands else State.MISSED)


@views.query(seen_by=audience.CASE)
def appointments_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[AppointmentRow]:
    """The appointments of a repair, the latest first."""
    sql = """
        SELECT * FROM appointments_appointment WHERE case_id = :case_id
        ORDER BY proposed_at DESC, appointment DESC LIMIT :limit"""
    return db.all(AppointmentRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.CASE)
def windows_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[WindowRow]:
    """The windows that are proposed for a repair."""
    sql = """
        SELECT w.* FROM appointments_appointment AS a JOIN appointments_window AS w ON w.appointment = a.appointment
        WHERE a.case_id = :case_id AND a.state = 'proposed' ORDER BY w.appointment, w.number LIMIT :limit"""
    return db.all(WindowRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.AGENDA)
def agenda(db: Reads, executor: Id, since: Millis = 0, days: Days = 1, limit: Limit = 100) -> list[AgendaRow]:
    """Where a repairer is expected, from a time on for some days; what overlaps is marked."""
    sql = f"""
        SELECT a.appointment, a.case_id, r.place, r.category, r.urgency, a.starts, a.ends,
               (SELECT COUNT(*) FROM {_EXPECTED.format(r="q", a="b")} AND b.appointment <> a.appointment
                AND b.starts < a.ends AND a.starts < b.ends) AS clashes
        FROM {_EXPECTED.format(r="r", a="a")} AND a.ends > :since AND a.starts < :before
        ORDER BY starts, appointment LIMIT :limit"""
    begins = time_of(db, since)
    return db.all(AgendaRow, sql, executor=executor, since=begins, before=begins + days * DAY_MS, limit=limit)


@views.query(seen_by=audience.OF_PLACE)
def next_visits(db: Reads, place: Id, since: Millis = 0, now: Millis = 0, limit: Limit = 100) -> list[VisitRow]:
    """Who comes to a home next, or may come, for what was reported since a time; the first on top."""
    sql = """
        SELECT a.appointment, a.case_id, r.place, a.state, r.executor, a.starts, a.ends
        FROM repairs_request AS r JOIN appointments_appointment AS a ON a.case_id = r.case_id
        WHERE r.place = :place AND r.reported_at >= :since AND a.state IN ('proposed', 'agreed') AND a.ends > :now
        ORDER BY starts, appointment LIMIT :limit"""
    return db.all(VisitRow, sql, place=place, since=since, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.LISTS)
def appointments_that(
    db: Reads, state: State = State.MISSED, since: Millis = 0, limit: Limit = 100
) -> list[AppointmentRow]:
    """Appointments that were kept, missed, contested …, the latest first."""
    sql = """
        SELECT * FROM appointments_appointment WHERE state = :state AND ended_at >= :since
        ORDER BY ended_at DESC, appointment DESC LIMIT :limit"""
    return db.all(AppointmentRow, sql, state=state, since=since, limit=limit)


_EXPECTED = """
    repairs_request AS {r} JOIN appointments_appointment AS {a} ON {a}.case_id = {r}.case_id
    WHERE {r}.executor = :executor AND {r}.ended = FALSE AND {a}.state = 'agreed'"""


def _offer(db: Rows, event: WindowsProposed | AppointmentMoved, fact: Fact) -> None:
    before = db.get(appointments, event.appointment)
    first = event.windows[0]
    row = AppointmentRow(
        appointment=event.appointment,
        case_id=event.case,
        state=State.PROPOSED,
        proposed_by=event.side,
        starts=first.starts,
        ends=first.ends,
        windows=len(event.windows),
        proposed_at=fact.time if before is None else before.proposed_at,
        moved=0 if before is None else before.moved,
    )
    db.put(appointments, row)
    for old in db.under(windows, event.appointment):
        db.delete(windows, event.appointment, old.number)
    for number, window in enumerate(event.windows):
        db.put(windows, WindowRow(event.appointment, number, window.starts, window.ends))


def _end(db: Rows, appointment: bytes, state: State, fact: Fact) -> None:
    db.change(appointments, appointment, state=state, ended_at=fact.time)
