"""The repairs' scene with a diary: shortcuts to windows and appointments."""

from __future__ import annotations

from typing import Any

from linlian.community import appointments
from linlian.community.appointments.rules import Appointment, Window, current_appointment, diaries
from linlian.community.appointments.rules_agreeing import (
    AgreeWindow,
    CancelAppointment,
    MoveAppointment,
    ProposeWindows,
    Reason,
)
from linlian.community.appointments.rules_coming import ContestNoAccess, JudgeNoAccess, RecordNoAccess
from linlian.community.appointments.rules_table import State
from linlian.community.repairs.rules_steps import State as CaseState
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import HOUR, MINUTE, Scene, content, found_scene


class Hall:
    """A scene, and when somebody comes."""

    def __init__(self) -> None:
        self.scene: Scene = found_scene(appointments.contract)

    def case(self, state: CaseState = CaseState.ACCEPTED, **report: Any) -> bytes:
        return self.scene.in_state(state, **{"category": Category.PESTS, **report})

    def window(self, hours: int = 24, length: int = 2) -> Window:
        """So many hours from now, so many long."""
        starts = self.scene.town.time + hours * HOUR
        return Window(starts=starts, ends=starts + length * HOUR)

    def row(self, case_id: bytes) -> Appointment:
        found = current_appointment(self.scene.town.state, case_id)
        assert found is not None
        return found[1]

    def id(self, case_id: bytes) -> bytes:
        found = current_appointment(self.scene.town.state, case_id)
        assert found is not None
        return found[0]

    def propose(self, case_id: bytes, *windows: Window, by: str = "dispatcher") -> None:
        self.scene.do(by, ProposeWindows(case=case_id, windows=windows or (self.window(),)))

    def agreement(self, case_id: bytes, number: int = 0, **more: Any) -> AgreeWindow:
        starts = self.row(case_id).windows[number].starts
        return AgreeWindow(case=case_id, number=number, starts=starts, **more)

    def agreed(self, hours: int = 24, state: CaseState = CaseState.ACCEPTED, **report: Any) -> bytes:
        """A case with an agreed window in so many hours."""
        case_id = self.case(state, **report)
        self.propose(case_id, self.window(hours))
        self.scene.do("anna", self.agreement(case_id))
        return case_id

    def wait_until(self, ms: int) -> list[Any]:
        return self.scene.town.advance(ms=ms - self.scene.town.time)

    def nobody_opens(self, case_id: bytes) -> bytes:
        """In the window, after half an hour; the appointment's id."""
        self.wait_until(self.row(case_id).starts + 30 * MINUTE)
        self.scene.do("repairer", no_access(case_id))
        return self.id(case_id)

    def in_state(self, state: State) -> bytes:
        """A case whose appointment is in a state, by the shortest way."""
        if state is State.PROPOSED:
            case_id = self.case()
            self.propose(case_id)
            return case_id
        case_id = self.agreed()
        row = self.row(case_id)
        if state is State.KEPT:
            self.wait_until(row.ends - HOUR)
            self.scene.take(case_id, "arrive_on_site")
            self.wait_until(row.ends + MINUTE)
        elif state is State.MISSED:
            self.wait_until(row.ends + MINUTE)
        elif state is State.CANCELLED:
            self.scene.do("anna", cancel(case_id))
        elif state is State.LAPSED:
            self.scene.take(case_id, "cancel")
            self.wait_until(row.ends + MINUTE)
        elif state in (State.NO_ACCESS, State.CONTESTED):
            appointment = self.nobody_opens(case_id)
            if state is State.CONTESTED:
                self.scene.do("anna", contest(appointment))
        assert self.row(case_id).state is state
        return case_id

    def diary(self, name: str) -> list[tuple[int, int]]:
        found = self.scene.town.get(diaries, self.scene.account(name))
        return [] if found is None else [(one.starts, one.ends) for one in found.bookings]


def move(case_id: bytes, *windows: Window, reason: Reason = Reason.RESIDENT) -> MoveAppointment:
    return MoveAppointment(case=case_id, reason=reason, windows=windows)


def cancel(case_id: bytes) -> CancelAppointment:
    return CancelAppointment(case=case_id, reason=Reason.NOT_NEEDED)


def no_access(case_id: bytes) -> RecordNoAccess:
    return RecordNoAccess(case=case_id, proof=content("closed door"))


def contest(appointment: bytes) -> ContestNoAccess:
    return ContestNoAccess(appointment=appointment, words=content("I was there"))


def judge(appointment: bytes, stands: bool) -> JudgeNoAccess:
    return JudgeNoAccess(appointment=appointment, stands=stands, words=content("because"))
