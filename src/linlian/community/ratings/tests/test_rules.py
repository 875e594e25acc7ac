"""Who rates what, when, and that nothing hangs on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community import ratings
from linlian.community.identity import Basis
from linlian.community.ratings.rules import RateRepair, RatingReason, RepairRated
from linlian.community.repairs import Standing, State
from linlian.community.repairs.rules_answering import ReopenRepair
from linlian.community.repairs.tests.scene import DAY, TO_DONE, Scene, content, found_scene
from linlian.kernel.contract import Refused
from linlian.kernel.errors import EncodingInvalid, Rejected


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene(ratings.contract)
    yield scene
    scene.town.check_invariants()


def rate(case_id: bytes, stars: int = 4, *reasons: RatingReason) -> RateRepair:
    return RateRepair(case=case_id, stars=stars, reasons=reasons)


@pytest.mark.parametrize(
    ("who", "standing", "basis", "whose"),
    [
        ("anna", Standing.REPORTER, Basis.OWN_KEY, "anna"),
        ("helper", Standing.REPORTER, Basis.HELPER, "anna"),
        ("bo", Standing.OCCUPANT, Basis.OWN_KEY, "bo"),
    ],
)
def test_those_for_whom_it_was_done_rate_it(
    scene: Scene, who: str, standing: Standing, basis: Basis, whose: str
) -> None:
    case_id = scene.in_state(State.CLOSED)
    event = scene.do(who, rate(case_id, 5, RatingReason.QUICK, RatingReason.POLITE)).the(RepairRated)
    assert (event.standing, event.basis, event.rated_by) == (standing, basis, scene.account(whose))
    assert (event.executing, event.changed) == (scene.organisation("harmony"), False)


@pytest.mark.parametrize("who", ["repairer", "desk", "dispatcher", "harmony_officer", "swift_officer", "cai", "clerk"])
def test_nobody_else_does(scene: Scene, who: str) -> None:
    case_id = scene.in_state(State.CLOSED)
    assert scene.refusal(who, rate(case_id)) == "repairs.not_yours"


def test_a_desk_that_reported_it_in_its_own_name_does_not_rate_its_company(scene: Scene) -> None:
    case_id = scene.report("desk")
    scene.take(case_id, *TO_DONE, "confirm")
    assert scene.refusal("desk", rate(case_id)) == "ratings.own_work"
    scene.do("anna", rate(case_id))


@pytest.mark.parametrize("state", [state for state in State if state is not State.CLOSED])
def test_only_what_is_closed_is_rated(scene: Scene, state: State) -> None:
    assert scene.refusal("anna", rate(scene.in_state(state))) == "ratings.not_closed"


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_there_are_one_to_five_stars(scene: Scene, stars: int) -> None:
    case_id = scene.in_state(State.CLOSED)
    with pytest.raises((EncodingInvalid, Rejected)):
        scene.do("anna", rate(case_id, stars))


def test_reasons_are_named_once_and_do_not_contradict(scene: Scene) -> None:
    case_id = scene.in_state(State.CLOSED)
    assert scene.refusal("anna", rate(case_id, 3, RatingReason.QUICK, RatingReason.SLOW)) == (
        "ratings.reasons_contradict"
    )
    assert scene.refusal("anna", rate(case_id, 3, RatingReason.SLOW, RatingReason.SLOW)) == "ratings.reason_twice"


def test_it_is_changed_for_seven_days_and_given_for_thirty(scene: Scene) -> None:
    case_id, other = scene.in_state(State.CLOSED), scene.in_state(State.CLOSED)
    scene.do("anna", rate(case_id, 5))
    scene.town.advance(days=6)
    changed = scene.do("anna", RateRepair(case=case_id, stars=2, words=content("it drips again"))).the(RepairRated)
    assert (changed.changed, changed.stars) == (True, 2)
    scene.town.advance(days=2)
    assert scene.refusal("anna", rate(case_id)) == "ratings.settled", "seven days from the first"
    scene.town.advance(days=23)
    assert scene.refusal("anna", rate(other)) == "ratings.too_late"


def test_a_repair_that_was_opened_again_and_closed_again_is_rated_again(scene: Scene) -> None:
    case_id = scene.in_state(State.CLOSED)
    scene.do("anna", rate(case_id, 5))
    scene.town.advance(days=10)
    scene.do("anna", ReopenRepair(case=case_id))
    assert scene.refusal("anna", rate(case_id)) == "ratings.not_closed"
    scene.take(case_id, *TO_DONE, "confirm")
    assert scene.do("anna", rate(case_id, 1)).the(RepairRated).changed
    row = ratings.rating_of(scene.town.state, case_id, scene.account("anna"))
    assert row is not None
    assert row.stars == 1


tries = st.lists(
    st.tuples(
        st.sampled_from(("rate", "again", "wait")),
        st.sampled_from(("anna", "bo", "helper", "desk", "repairer", "cai")),
        st.integers(1, 5),
        st.lists(st.sampled_from(RatingReason), max_size=5),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tries)
def test_there_is_never_more_than_one_of_a_person_and_never_one_of_theirs(tried: list[tuple[Any, ...]]) -> None:
    scene = found_scene(ratings.contract)
    case_id = scene.in_state(State.CLOSED)
    for what, who, stars, reasons in tried:
        try:
            if what == "wait":
                scene.town.advance(ms=stars * DAY)
            elif what == "again":
                scene.do("anna", ReopenRepair(case=case_id))
                scene.take(case_id, *TO_DONE, "confirm")
            else:
                scene.do(who, rate(case_id, stars, *reasons))
        except Refused:
            continue
    scene.town.check_invariants()
    people = {name: ratings.rating_of(scene.town.state, case_id, scene.account(name)) for name in scene.people}
    assert [name for name, row in people.items() if row is not None and name not in ("anna", "bo")] == []
