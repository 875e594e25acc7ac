"""What comes in once, what may go back, and whose word the hotline's is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community.hotline.rules import TicketLate, TicketState, tickets
from linlian.community.hotline.rules_answering import GROUNDS, Ground, Said, TicketAnswered
from linlian.community.hotline.rules_contesting import ContestLapsed
from linlian.community.hotline.tests.switchboard import (
    CALL,
    answer,
    called,
    contest,
    found_switchboard,
    incoming,
    link,
    number,
    refuse,
    word,
)
from linlian.community.ratings.rules import RateRepair
from linlian.community.repairs import Category, Standing, State
from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_answering import RepairDisputed
from linlian.community.repairs.rules_reporting import RepairReported, ReportRepair
from linlian.community.repairs.tests import neighbour as door
from linlian.community.repairs.tests.scene import DAY, HOUR, TO_DONE, Scene
from linlian.kernel.contract import Command, Refused


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_switchboard()
    yield scene
    scene.town.check_invariants()


def opened(scene: Scene, **more: Any) -> bytes:
    case_id = scene.do("machine", incoming(scene, **more)).the(RepairReported).case
    assert isinstance(case_id, bytes)
    return case_id


def ticket_of(scene: Scene, ticket: bytes) -> TicketState:
    found = scene.town.get(tickets, ticket)
    assert found is not None
    return found.state


def test_a_ticket_comes_in_once_however_it_comes(scene: Scene) -> None:
    case_id = opened(scene)
    assert scene.refusal("machine", incoming(scene)) == "hotline.already_known"
    assert scene.refusal("desk", link(case_id)) == "hotline.already_known"
    assert scene.refusal("street_desk", refuse()) == "hotline.already_known"
    with pytest.raises(Refused) as no:
        scene.do("machine", incoming(scene))
    assert no.value.about == (case_id,)


def test_what_was_refused_twice_is_not_and_the_hotline_may_insist(scene: Scene) -> None:
    scene.do("desk", refuse())
    assert scene.refusal("street_desk", refuse()) == "hotline.already_known"
    case_id = opened(scene)
    assert scene.refusal("desk", refuse()) == "hotline.already_known"
    assert scene.case(case_id).reported_as is Standing.GATEWAY


def test_what_came_in_by_another_door_is_linked_not_opened_twice(scene: Scene) -> None:
    report = ReportRepair(place=scene.flat, category=Category.DOOR_LOCK, external=number())
    case_id = scene.do("machine", report).the(RepairReported).case
    assert scene.refusal("machine", incoming(scene)) == "repairs.already_reported"
    scene.do("machine", link(case_id))


def test_several_tickets_hang_on_one_case_and_each_is_answered(scene: Scene) -> None:
    case_id, second = opened(scene), number("2")
    before = scene.case(case_id).reply_by
    scene.do("desk", link(case_id, second, reply_by=scene.town.time + 2 * HOUR))
    assert scene.case(case_id).reply_by < before
    scene.take(case_id, *TO_DONE, "confirm")
    for ticket in (number(), second):
        scene.do("desk", answer(ticket, solved=Ground.OWN_KEY))
        assert ticket_of(scene, ticket) is TicketState.ANSWERED
    scene.do("machine", called(Said.NO, ticket=second))
    assert scene.case(case_id).state is State.REPORTED
    scene.do("machine", called(Said.NO))
    assert scene.case(case_id).reopened == 1, "it is being worked on already"
    third = number("3")
    scene.take(case_id, *TO_DONE, "confirm")
    assert scene.refusal("desk", link(case_id, third)) == "hotline.case_has_ended"


def test_a_tickets_time_only_brings_forward(scene: Scene) -> None:
    case_id = scene.report()
    case = scene.case(case_id)
    late: dict[str, Any] = {
        "respond_by": case.respond_by + DAY,
        "finish_by": case.finish_by + DAY,
        "reply_by": case.reply_by + DAY,
    }
    scene.do("machine", link(case_id, **late))
    assert scene.case(case_id) == case
    past = link(case_id, number("2"), respond_by=scene.town.time)
    assert scene.refusal("machine", past) == "hotline.time_has_passed"


def test_a_ticket_for_somebody_known_is_theirs_to_confirm(scene: Scene) -> None:
    case_id = opened(scene, principal=scene.account("anna"))
    case = scene.case(case_id)
    assert (case.reporter, case.reported_as) == (scene.account("anna"), Standing.GATEWAY)
    other = incoming(scene, number("2"), principal=scene.account("cai"))
    assert scene.refusal("machine", other) == "repairs.no_right_to_report"


def test_who_takes_tickets_in(scene: Scene) -> None:
    for who in ("anna", "repairer", "clerk", "building_head"):
        assert scene.refusal(who, incoming(scene)) == "identity.role_missing"
        assert scene.refusal(who, refuse()) == "identity.role_missing"
    assert scene.refusal("desk", answer()) == "hotline.unknown_ticket"


def test_only_those_who_answer_for_the_case_answer_the_ticket(scene: Scene) -> None:
    case_id = opened(scene)
    scene.take(case_id, *TO_DONE)
    for who in ("street_desk", "swift_dispatcher", "repairer", "anna"):
        assert scene.refusal(who, answer()) == "repairs.not_yours"
    scene.do("dispatcher", answer())


def test_an_interim_answer_leaves_it_open_and_claims_nothing(scene: Scene) -> None:
    case_id = opened(scene)
    scene.take(case_id, "triage")
    interim = scene.do("desk", answer(interim=True, contacted=Ground.OWN_CALL, recording=CALL)).the(TicketAnswered)
    assert (interim.interim, ticket_of(scene, number())) == (True, TicketState.OPEN)
    assert scene.refusal("desk", answer(interim=True, contacted=Ground.OWN_CALL)) == "hotline.not_on_the_record"


def test_silence_closes_a_case_and_satisfies_nobody(scene: Scene) -> None:
    case_id = opened(scene, place=scene.flat)
    scene.take(case_id, *TO_DONE)
    scene.do("desk", answer(interim=True))
    with pytest.raises(Refused):
        scene.do("desk", answer(solved=Ground.SILENCE))
    reported = scene.report()
    scene.do("machine", link(reported, number("2")))
    scene.take(reported, *TO_DONE, "serve_notice")
    scene.town.advance(days=8)
    assert scene.case(reported).closing == "silence"
    assert scene.refusal("desk", answer(number("2"), solved=Ground.OWN_KEY)) == "hotline.not_on_the_record"
    assert scene.refusal("desk", answer(number("2"), satisfied=Ground.SILENCE)) == "hotline.no_ground"
    scene.do("desk", answer(number("2"), contacted=Ground.RECORD, solved=Ground.SILENCE))


@pytest.mark.parametrize("what", list(GROUNDS))
@pytest.mark.parametrize("ground", list(Ground))
def test_a_yes_rests_on_what_there_is_and_on_nothing_else(scene: Scene, what: str, ground: Ground) -> None:
    """Confirmed by Anna's own key, she was told, and she gave five stars."""
    case_id = scene.report()
    scene.do("machine", link(case_id))
    scene.take(case_id, *TO_DONE, "serve_notice", "confirm")
    scene.do("anna", RateRepair(case=case_id, stars=5))
    holds = {
        "contacted": (Ground.RECORD, Ground.OWN_CALL),
        "solved": (Ground.OWN_KEY,),
        "satisfied": (Ground.RATING, Ground.OWN_CALL),
    }
    given: dict[str, Any] = {what: ground}
    said = answer(**given, recording=CALL)
    if ground in holds[what]:
        scene.do("desk", said)
    else:
        assert scene.refusal("desk", said) in ("hotline.no_ground", "hotline.not_on_the_record")


@pytest.mark.parametrize(
    ("stars", "yes", "no"), [(5, True, False), (4, True, False), (3, False, False), (2, False, True)]
)
def test_stars_are_satisfied_or_not_or_neither(scene: Scene, stars: int, yes: bool, no: bool) -> None:
    case_id = scene.report()
    scene.do("machine", link(case_id))
    scene.take(case_id, *TO_DONE, "confirm")
    scene.do("anna", RateRepair(case=case_id, stars=stars))
    for said, allowed in ((Said.YES, yes), (Said.NO, no)):
        words = answer(interim=True, satisfied=said, satisfied_on=Ground.RATING)
        if allowed:
            scene.do("desk", words)
        else:
            assert scene.refusal("desk", words) == "hotline.not_on_the_record"


def test_unknown_rests_on_nothing_and_a_no_on_something(scene: Scene) -> None:
    opened(scene)
    scene.take(next(case_id for case_id, _ in scene.town.rows(cases)), "triage")
    assert scene.refusal("desk", answer(interim=True, solved=Said.NO)) == "hotline.no_ground"
    assert scene.refusal("desk", answer(interim=True, solved_on=Ground.RECORD)) == "hotline.no_ground"
    scene.do("desk", answer(interim=True, solved=Said.NO, solved_on=Ground.RECORD))


def test_the_hotlines_word_is_brought_by_somebody_outside(scene: Scene) -> None:
    case_id = opened(scene)
    scene.take(case_id, "triage")
    scene.do("desk", contest())
    for who in ("desk", "own_machine", "swift_dispatcher", "harmony_officer"):
        assert scene.refusal(who, word(upheld=True)) in ("hotline.not_outside", "identity.role_missing")
    scene.do("owners_desk", word(upheld=True))
    assert ticket_of(scene, number()) is TicketState.TAKEN_BACK
    assert scene.case(case_id).state is State.TRIAGED, "the case remains"
    assert scene.refusal("desk", contest()) == "hotline.wrong_state"


def test_a_contest_that_nobody_answers_lapses_and_two_are_enough(scene: Scene) -> None:
    case_id = opened(scene)
    scene.take(case_id, "triage")
    scene.do("desk", contest())
    assert [event for event in scene.town.advance(days=10) if isinstance(event, ContestLapsed)]
    assert ticket_of(scene, number()) is TicketState.OPEN
    scene.do("desk", contest())
    scene.do("machine", word(upheld=False))
    assert scene.refusal("desk", contest()) == "hotline.contested_too_often"


def test_a_call_back_disputes_what_is_done_and_says_so_of_whom(scene: Scene) -> None:
    case_id = opened(scene)
    assert scene.refusal("machine", called(Said.NO)) == "hotline.wrong_state", "nothing was answered yet"
    scene.take(case_id, *TO_DONE)
    scene.do("desk", answer())
    assert scene.refusal("own_machine", called(Said.NO)) == "hotline.not_outside"
    disputed = scene.do("street_desk", called(Said.NO)).the(RepairDisputed)
    assert disputed.standing is Standing.OUTSIDER
    assert scene.case(case_id).state is State.DISPUTED


def test_a_good_word_of_the_hotline_closes_no_case(scene: Scene) -> None:
    case_id = opened(scene)
    scene.take(case_id, *TO_DONE)
    scene.do("desk", answer())
    scene.do("machine", called(Said.YES, Said.YES))
    assert (scene.case(case_id).state, ticket_of(scene, number())) == (State.DONE, TicketState.SETTLED)


def test_where_the_case_joined_another_that_one_is_followed(scene: Scene) -> None:
    case_id = opened(scene)
    main = scene.report(category=Category.PESTS)
    scene.do("desk", door.Merge(case=case_id, into=main))
    scene.take(main, *TO_DONE, "confirm")
    scene.do("desk", answer(solved=Ground.OWN_KEY))
    scene.do("machine", called(Said.NO))
    assert scene.case(main).reopened == 1


def test_that_a_ticket_is_late_is_noticed(scene: Scene) -> None:
    opened(scene, reply_by=scene.town.time + HOUR)
    (late,) = [event for event in scene.town.advance(hours=2) if isinstance(event, TicketLate)]
    assert late.ticket == number()


WAYS = ("open", "link", "refuse", "answer", "interim", "call", "good", "contest", "word", "no", "on", "wait")
moves = st.lists(
    st.tuples(
        st.sampled_from(WAYS),
        st.sampled_from(("machine", "own_machine", "desk", "dispatcher", "street_desk", "owners_desk", "anna")),
        st.integers(0, 2),
        st.integers(1, 6),
    ),
    min_size=10,
    max_size=50,
)


def meant(scene: Scene, case_id: bytes, what: str, ticket: bytes) -> Command:
    ways: dict[str, Callable[[], Command]] = {
        "open": lambda: incoming(scene, ticket),
        "link": lambda: link(case_id, ticket),
        "refuse": lambda: refuse(ticket),
        "answer": lambda: answer(ticket, solved=Ground.OWN_KEY),
        "interim": lambda: answer(ticket, interim=True, solved=Ground.OWN_KEY),
        "call": lambda: called(Said.NO, ticket=ticket),
        "good": lambda: called(Said.YES, ticket=ticket),
        "contest": lambda: contest(ticket),
        "word": lambda: word(True, ticket),
        "no": lambda: word(False, ticket),
    }
    return ways[what]()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves)
def test_whatever_people_try_no_more_goes_back_than_the_record_holds(tried: list[tuple[Any, ...]]) -> None:
    scene = found_switchboard()
    case_id = scene.report()
    onward = (*TO_DONE, "confirm", "reopen")
    for what, who, which, steps in tried:
        ticket = number(str(which))
        try:
            if what == "wait":
                scene.town.advance(ms=steps * DAY)
            elif what == "on":
                scene.take(case_id, *onward[steps : steps + 3])
            else:
                command = meant(scene, case_id, what, ticket)
                outcome = scene.do(who, command)
                for event in outcome.events:
                    if isinstance(event, TicketAnswered):
                        assert scene.case(event.case).closing == "own_key"
        except Refused:
            continue
    scene.town.check_invariants()
    scene.town.advance(days=40)
    scene.town.check_invariants()
