"""What triage decides: whose part, who must see to it, who pays; and who may be sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community import staff
from linlian.community.identity import Role
from linlian.community.places.rules import SetHandover
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category, Part, Party, Payer, in_warranty
from linlian.community.repairs.rules_triage import AssignRepair, CallHelp, RepairTriaged, TakeRepair, TriageRepair
from linlian.community.repairs.tests.scene import Scene, found_scene, hire
from linlian.community.staff import LicenceKind
from linlian.community.staff.rules_licences import RevocationReason, RevokeLicence
from linlian.community.staff.rules_teams import FormTeam, TeamFormed


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene()
    yield scene
    scene.town.check_invariants()


@pytest.mark.parametrize(
    ("category", "handover", "day", "covered"),
    [
        (Category.ROOF_LEAK, 20210301, 20260228, True),
        (Category.ROOF_LEAK, 20210301, 20260301, False),
        (Category.WATER_LEAK, 20240105, 20260104, True),
        (Category.WATER_LEAK, 20240105, 20260105, False),
        (Category.HEATING_COLD, 20240601, 20260315, True),
        (Category.HEATING_COLD, 20240601, 20260316, False),
        (Category.HEATING_COLD, 20231115, 20250315, True),
        (Category.HEATING_COLD, 20231116, 20260315, True),
        (Category.HEATING_COLD, 20240110, 20260315, True),
        (Category.PESTS, 20251201, 20260101, False),
        (Category.ROOF_LEAK, 0, 20260101, False),
        (Category.ROOF_LEAK, 20260201, 20260101, False),
        (Category.ROOF_LEAK, 19991231, 20000201, False),
        ("boston311.leak", 20251201, 20260101, False),
    ],
)
def test_how_long_the_developer_answers(category: str, handover: int, day: int, covered: bool) -> None:
    """Article 40: five years for what leaks, two for pipes and wiring, two whole heating seasons."""
    assert in_warranty(category, handover, day) is covered


def decided(scene: Scene, case_id: bytes) -> tuple[Part, Party, Payer]:
    case = scene.case(case_id)
    return case.part, case.party, case.payer


def test_what_is_not_said_is_proposed(scene: Scene) -> None:
    home, stair = scene.report(), scene.report(place=scene.stair)
    scene.take(home, "triage")
    scene.take(stair, "triage")
    assert decided(scene, home) == (Part.PRIVATE, Party.OWNER, Payer.OCCUPIER)
    assert decided(scene, stair) == (Part.COMMON, Party.PROPERTY, Payer.FEE)
    scene.do("desk", TriageRepair(case=home, part=Part.NEIGHBOUR, payer=Payer.INSURER))
    assert decided(scene, home) == (Part.NEIGHBOUR, Party.OWNER, Payer.INSURER)
    event = scene.do("desk", TriageRepair(case=home)).the(RepairTriaged)
    assert (event.part, event.payer) == (Part.NEIGHBOUR, Payer.INSURER), "what was decided stays"


def test_a_new_home_is_the_developers(scene: Scene) -> None:
    scene.do("clerk", SetHandover(place=scene.flat, handover=20250601))
    leak, pests = scene.report(category=Category.WATER_LEAK), scene.report(category=Category.PESTS)
    scene.take(leak, "triage")
    scene.take(pests, "triage")
    assert decided(scene, leak) == (Part.PRIVATE, Party.DEVELOPER, Payer.DEVELOPER)
    assert decided(scene, pests)[1] is Party.OWNER


def test_the_same_again_within_the_guarantee_costs_nothing(scene: Scene) -> None:
    first = scene.in_state(State.CLOSED, category=Category.WATER_LEAK)
    scene.town.advance(days=80)
    again = scene.report(category=Category.WATER_LEAK)
    assert scene.case(again).guarantee_of == first
    scene.take(again, "triage")
    assert decided(scene, again) == (Part.PRIVATE, Party.CONTRACTOR, Payer.GUARANTEE)
    scene.take(again, "cancel")
    scene.town.advance(days=11)
    assert scene.case(scene.report(category=Category.WATER_LEAK)).guarantee_of == bytes(16)


def test_a_lift_is_for_whoever_is_licensed_and_whose_firm_is(scene: Scene) -> None:
    case_id = scene.in_state(State.TRIAGED, category=Category.LIFT_FAULT, place=scene.stair)
    hire(scene, "harmony", "unlicensed", Role.REPAIRER)
    assign = AssignRepair(case=case_id, executor=scene.account("unlicensed"))
    assert scene.refusal("dispatcher", assign) == "repairs.no_licence"
    assert scene.refusal("unlicensed", TakeRepair(case=case_id)) == "repairs.no_licence"
    scene.take(case_id, "assign", "accept", "arrive_on_site", "diagnose")
    harmony, reason = scene.organisation("harmony"), RevocationReason.WITHDRAWN
    scene.do("harmony_officer", RevokeLicence(organisation=harmony, kind=LicenceKind.LIFT_FIRM, reason=reason))
    assert scene.refusal(*scene.command("finish_repair", case_id)) == "repairs.no_licence"
    scene.do("dispatcher", AssignRepair(case=scene.in_state(State.TRIAGED), executor=scene.account("unlicensed")))


def test_a_licence_that_has_run_out_is_none(scene: Scene) -> None:
    case_id = scene.in_state(State.ASSIGNED, category=Category.LIFT_FAULT, place=scene.stair)
    scene.town.advance(days=5 * 365 + 1)
    assert scene.refusal(*scene.command("accept_repair", case_id)) == "repairs.no_licence"


def test_a_team_takes_from_its_own_list(scene: Scene) -> None:
    members = (scene.account("second"),)
    formed = scene.do("dispatcher", FormTeam(code="plumbers", members=members)).the(TeamFormed)
    case_id = scene.in_state(State.TRIAGED)
    strange = AssignRepair(case=case_id, team=b"x" * 16)
    assert scene.refusal("dispatcher", strange) == "repairs.not_your_team"
    scene.do("dispatcher", AssignRepair(case=case_id, team=formed.team))
    assert scene.refusal("repairer", TakeRepair(case=case_id)) == "repairs.not_yours"
    scene.do("second", TakeRepair(case=case_id))
    assert scene.case(case_id).executor == scene.account("second")


def test_what_somebody_has_in_hand_counts_at_the_end_of_their_duty(scene: Scene) -> None:
    account = scene.account("repairer")
    case_id = scene.in_state(State.ACCEPTED)
    assert staff.holds(scene.town.state, account) == 1
    scene.take(case_id, "arrive_on_site", "diagnose", "finish")
    assert staff.holds(scene.town.state, account) == 0
    scene.take(case_id, "dispute")
    assert staff.holds(scene.town.state, account) == 1


def test_so_many_help_and_not_more(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED)
    own = CallHelp(case=case_id, organisation=scene.organisation("harmony"))
    assert scene.refusal("dispatcher", own) == "repairs.in_it_already"
    for name in ("street", "swift", "owners"):
        scene.do("dispatcher", CallHelp(case=case_id, organisation=scene.organisation(name)))
    again = CallHelp(case=case_id, organisation=scene.organisation("swift"))
    assert scene.refusal("dispatcher", again) == "repairs.in_it_already"
