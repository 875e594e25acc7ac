"""Whose it is: returned by whoever has it, decided by somebody outside, and then settled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.repairs import Category, State
from linlian.community.repairs.rules_doors import RepairGivenBack
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.tests.scene import Scene
from linlian.community.supervision.rules_returning import RepairReturned, ReturnDecided, ReturnUndecided
from linlian.community.supervision.tests.office import accepted, back, found_office, rule


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_office()
    yield scene
    scene.town.check_invariants()


def test_an_arbiter_names_another_who_triages_it_anew_while_its_promises_run(scene: Scene) -> None:
    case_id = accepted(scene)
    due = scene.case(case_id).finish_by
    returned = scene.do("desk", back(scene, case_id)).the(RepairReturned)
    assert returned.arbiter == scene.organisation("street")
    assert scene.case(case_id).responsible == scene.organisation("harmony"), "until it is decided, who has it has it"
    outcome = scene.do("street_desk", rule(scene, case_id, "swift"))
    assert outcome.the(ReturnDecided).moved
    assert outcome.the(RepairGivenBack).to == scene.organisation("swift")
    case = scene.case(case_id)
    assert (case.state, case.responsible, case.finish_by) == (State.REPORTED, scene.organisation("swift"), due)
    assert scene.refusal("desk", TriageRepair(case=case_id)) == "repairs.not_yours"
    scene.do("swift_desk", TriageRepair(case=case_id))


def test_whom_the_arbiter_named_neither_returns_it_nor_hands_it_on(scene: Scene) -> None:
    case_id = accepted(scene)
    scene.do("desk", back(scene, case_id))
    scene.do("supervisor", rule(scene, case_id, "swift"))
    on = TriageRepair(case=case_id, responsible=scene.organisation("harmony"))
    assert scene.refusal("swift_desk", on) == "repairs.settled"
    scene.do("swift_desk", TriageRepair(case=case_id, executing=scene.organisation("harmony")))
    assert scene.refusal("swift_desk", back(scene, case_id)) == "supervision.decided_already"


def test_a_return_that_is_rejected_leaves_it_where_it_is(scene: Scene) -> None:
    case_id = accepted(scene)
    scene.do("desk", back(scene, case_id))
    decided = scene.do("chair", rule(scene, case_id, "harmony")).the(ReturnDecided)
    assert (decided.moved, scene.case(case_id).state) == (False, State.ACCEPTED)
    assert scene.refusal("desk", back(scene, case_id)) == "supervision.decided_already"
    on = TriageRepair(case=case_id, responsible=scene.organisation("swift"))
    assert scene.refusal("desk", on) == "repairs.settled"


def test_a_case_is_not_passed_to_and_fro(scene: Scene) -> None:
    """Handed on by triage, returned, decided; then it stays."""
    case_id = accepted(scene)
    scene.do("desk", TriageRepair(case=case_id, responsible=scene.organisation("swift")))
    scene.do("swift_desk", back(scene, case_id, "harmony"))
    scene.do("street_desk", rule(scene, case_id, "harmony"))
    scene.take(case_id, "triage")
    assert scene.refusal("desk", back(scene, case_id)) == "supervision.decided_already"
    assert scene.refusal("desk", TriageRepair(case=case_id, responsible=scene.organisation("swift"))) == (
        "repairs.settled"
    )


def test_only_somebody_outside_decides_and_only_whoever_has_it_returns_it(scene: Scene) -> None:
    case_id = accepted(scene)
    assert scene.refusal("swift_desk", back(scene, case_id)) == "supervision.not_yours_to_return"
    assert scene.refusal("street_desk", rule(scene, case_id, "swift")) == "supervision.nothing_returned"
    scene.do("desk", back(scene, case_id))
    assert scene.refusal("desk", back(scene, case_id)) == "supervision.already_returned"
    for who in ("desk", "boss", "swift_desk"):
        no = scene.refusal(who, rule(scene, case_id, "swift"))
        assert no in ("identity.wrong_kind_of_organisation", "identity.role_missing")
    street = scene.report()
    scene.do("street_desk", TriageRepair(case=street))
    assert scene.do("street_desk", back(scene, street)).the(RepairReturned).arbiter == scene.organisation("owners")
    assert scene.refusal("supervisor", rule(scene, street, "swift")) == "supervision.arbiter_in_the_case"
    scene.do("chair", rule(scene, street, "swift"))


def test_an_arbiter_who_is_late_is_noted_and_decides_all_the_same(scene: Scene) -> None:
    case_id = accepted(scene)
    returned = scene.do("desk", back(scene, case_id)).the(RepairReturned)
    events = scene.town.advance(ms=returned.decide_by - scene.town.time)
    (late,) = [event for event in events if isinstance(event, ReturnUndecided)]
    assert late.arbiter == scene.organisation("street")
    scene.do("street_desk", rule(scene, case_id, "swift"))


def test_where_life_is_in_danger_it_is_made_safe_first(scene: Scene) -> None:
    case_id = scene.in_state(State.ON_SITE, category=Category.GAS_SMELL)
    assert scene.refusal("desk", back(scene, case_id)) == "supervision.first_make_it_safe"
    scene.do(*scene.command("make_safe", case_id))
    scene.do("desk", back(scene, case_id))


def test_what_is_done_is_not_returned(scene: Scene) -> None:
    done = scene.in_state(State.DONE)
    assert scene.refusal("desk", back(scene, done)) == "repairs.wrong_state"
    assert scene.refusal("desk", back(scene, scene.report())) == "supervision.nobody_answers_for_it"
