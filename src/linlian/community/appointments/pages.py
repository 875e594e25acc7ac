"""When somebody comes, on the page of a repair: what is proposed, what is agreed, and what the reader may answer."""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.appointments import views
from linlian.community.appointments.rules import Window
from linlian.community.appointments.rules_agreeing import (
    AgreeWindow,
    CancelAppointment,
    MoveAppointment,
    ProposeWindows,
    Reason,
)
from linlian.community.appointments.rules_coming import (
    ContestNoAccess,
    JudgeNoAccess,
    KeepAppointment,
    RecordNoAccess,
)
from linlian.community.appointments.rules_table import State
from linlian.community.appointments.views import AppointmentRow
from linlian.community.repairs.pages import SOMETHING, RepairPage
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Pages, Part, Where

pages = Pages("appointments")

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
KINDS = {
    State.PROPOSED: "waiting",
    State.AGREED: "moving",
    State.KEPT: "well",
    State.MISSED: "late",
    State.NO_ACCESS: "late",
    State.CONTESTED: "late",
}
pages.constants.update(KINDS={state.value: kind for state, kind in KINDS.items()})


@dataclass(frozen=True)
class Offered:
    """A window that is proposed; `agree` if the reader may say yes to it."""

    starts: int
    ends: int
    agree: Form | None


@dataclass(frozen=True, kw_only=True)
class VisitPart(Part):
    """The present appointment of a repair, or the last one, and what the reader may do about it."""

    row: AppointmentRow | None
    offered: list[Offered]
    forms: list[Form]


@pages.part(RepairPage, rank=20)
def visit(ask: Ask, page: RepairPage) -> VisitPart | None:
    case = page.case.case_id
    if not ask.sees(views.appointments_of_case, case_id=case):
        return None
    row = next(iter(ask.rows(views.appointments_of_case, case_id=case, limit=1)), None)
    offered = []
    if row is not None and row.state == State.PROPOSED:
        for window in ask.rows(views.windows_of_case, case_id=case):
            agreeing = AgreeWindow(case=case, number=window.number, starts=window.starts)
            agree = ask.offer(agreeing, "case", "number", "starts")
            if agree is not None and "desk" not in ask.reader.roles:  # who agrees for themselves records no call
                agree = agree.only("case", "number", "starts")
            offered.append(Offered(window.starts, window.ends, agree))
    forms = [form for form in (_offers(ask, case, row)) if form is not None]
    if row is None and not forms:
        return None
    where = Where.ASKS if any(each.agree for each in offered) else Where.BESIDE
    return VisitPart(row=row, offered=offered, forms=forms, where=where)


def _offers(ask: Ask, case: bytes, row: AppointmentRow | None) -> list[Form | None]:
    windows = (Window(starts=ask.now + DAY_MS, ends=ask.now + DAY_MS + 2 * HOUR_MS),)
    proposing = ask.offer(ProposeWindows(case=case, windows=windows), "case")
    if row is None:
        return [proposing]
    number = row.appointment
    return [
        ask.offer(KeepAppointment(case=case), "case"),
        ask.offer(RecordNoAccess(case=case, proof=SOMETHING), "case"),
        ask.offer(ContestNoAccess(appointment=number, words=SOMETHING), "appointment"),
        ask.offer(JudgeNoAccess(appointment=number, stands=True, words=SOMETHING), "appointment"),
        proposing,
        ask.offer(MoveAppointment(case=case, reason=Reason.RESIDENT, windows=windows), "case"),
        ask.offer(CancelAppointment(case=case, reason=Reason.RESIDENT), "case"),
    ]
