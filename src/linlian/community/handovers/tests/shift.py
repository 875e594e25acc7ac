"""The scene of repairs with a day team that keeps shifts: the repairer and second of harmony, and those who look on.

late        a third repairer of harmony, in a team that has kept no shift yet
boss        harmony's supervisor
Swift, the service provider, plans no shifts: its repairer and a colleague keep none.
"""

from __future__ import annotations

from linlian.community import handovers, supervision
from linlian.community.handovers.rules import OfferRepair
from linlian.community.identity import Role
from linlian.community.repairs import State
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.tests.scene import HOUR, Scene, content, found_scene, hire
from linlian.community.staff import BeginDuty
from linlian.community.staff.rules_duty import PlanShift, ShiftPlanned
from linlian.community.staff.rules_teams import FormTeam, TeamFormed

NOTE = content("how far it is")


class Shifts(Scene):
    """`day` is the team of repairer and second, `night` that of second and late."""

    day: bytes = b""
    night: bytes = b""


def found_shifts() -> Shifts:
    found = found_scene(handovers.contract, supervision.contract)
    scene = Shifts(found.town, found.people, found.flat, found.stair, found.numbers)
    hire(scene, "harmony", "late", Role.REPAIRER)
    hire(scene, "harmony", "boss", Role.SUPERVISOR)
    hire(scene, "swift", "swift_second", Role.REPAIRER)
    scene.day = team_of(scene, "day", "repairer", "second")
    scene.night = team_of(scene, "night", "second", "late")
    return scene


def team_of(scene: Scene, code: str, *members: str, by: str = "dispatcher") -> bytes:
    form = FormTeam(code=code, members=tuple(scene.account(name) for name in members))
    formed: TeamFormed = scene.do(by, form).the(TeamFormed)
    return formed.team


def plan(scene: Scene, team: bytes, who: str, hours: int = 8, begins_in: int = 0) -> bytes:
    starts = scene.town.time + begins_in * HOUR
    command = PlanShift(team=team, account=scene.account(who), starts=starts, until=starts + hours * HOUR)
    planned: ShiftPlanned = scene.do("dispatcher", command).the(ShiftPlanned)
    return planned.shift


def on_duty(scene: Shifts, who: str, hours: int = 8, team: bytes = b"") -> bytes:
    """Their shift, which they have just begun."""
    shift = plan(scene, team or scene.day, who, hours)
    scene.do(who, BeginDuty(shift=shift))
    return shift


def offer(scene: Shifts, case_id: bytes, to: str = "", team: bytes = b"") -> OfferRepair:
    colleague = scene.account(to) if to else None
    return OfferRepair(case=case_id, colleague=colleague, team=team or None, handover_note=NOTE)


def swift_case(scene: Scene) -> bytes:
    """A case that swift does, accepted by its repairer."""
    case_id = scene.in_state(State.REPORTED)
    scene.do("desk", TriageRepair(case=case_id, executing=scene.organisation("swift")))
    return case_id
