"""A list that hangs out: objections, answers, and when it is paid."""

from __future__ import annotations

import pytest

from linlian.community.funds.rules_alerts import DeadlineMissed
from linlian.community.funds.rules_table import AlertKind
from linlian.community.identity.tests.village import content
from linlian.community.programmes.rules_cycles import CycleReleased, SubmitCycle
from linlian.community.programmes.rules_objecting import AnswerObjection, ObjectToCycle
from linlian.community.programmes.rules_table import CycleState, EntitlementState
from linlian.community.programmes.tests.rounds import Rounds


@pytest.fixture
def posted(rounds: Rounds) -> tuple[bytes, list[bytes]]:
    """A list of two that hangs out for seven days."""
    programme = rounds.start(notice_days=7)
    cycle = rounds.cycle(programme)
    lines = [rounds.entitle(cycle, name, 20_000) for name in ("anna", "bo")]
    assert rounds.refusal("max", SubmitCycle(cycle=cycle)) == "programmes.notice_missing"
    rounds.approve(cycle)
    assert rounds.round(cycle).state is CycleState.POSTED
    return cycle, lines


def answer(objection: bytes, upheld: bool) -> AnswerObjection:
    return AnswerObjection(objection=objection, upheld=upheld, words=content("because"))


def test_it_is_paid_when_the_time_is_over_and_nobody_objects(rounds: Rounds, posted: tuple[bytes, list[bytes]]) -> None:
    (released,) = rounds.town.advance(days=8)
    assert released == CycleReleased(cycle=posted[0], programme=rounds.round(posted[0]).programme)
    assert rounds.round(posted[0]).state is CycleState.PAYABLE
    assert rounds.refusal("dan", ObjectToCycle(cycle=posted[0], words=content("late"))) == "programmes.not_posted"


def test_an_objection_holds_it_until_it_is_answered(rounds: Rounds, posted: tuple[bytes, list[bytes]]) -> None:
    cycle, (line, _) = posted
    objection = rounds.object(cycle, line)
    assert rounds.line(line).state is EntitlementState.HELD
    (missed,) = rounds.town.advance(days=8)
    assert isinstance(missed, DeadlineMissed)
    assert missed.kind is AlertKind.OBJECTION_DUE
    assert rounds.round(cycle).state is CycleState.POSTED
    assert rounds.refusal("max", answer(objection, False)) == "identity.role_missing"
    rounds.do("ben", answer(objection, False))
    assert (rounds.round(cycle).state, rounds.line(line).state) == (CycleState.PAYABLE, EntitlementState.ENTERED)
    assert rounds.refusal("ben", answer(objection, False)) == "programmes.wrong_state"


def test_a_line_that_should_not_be_there_is_struck(rounds: Rounds, posted: tuple[bytes, list[bytes]]) -> None:
    cycle, (line, _) = posted
    rounds.do("ben", answer(rounds.object(cycle, line), True))
    assert rounds.line(line).state is EntitlementState.STRUCK
    row = rounds.round(cycle)
    assert (row.state, row.entitlements, row.entitled_minor) == (CycleState.POSTED, 1, 20_000)


def test_a_list_that_somebody_is_missing_from_opens_again(rounds: Rounds, posted: tuple[bytes, list[bytes]]) -> None:
    cycle, _ = posted
    rounds.do("ben", answer(rounds.object(cycle), True))
    row = rounds.round(cycle)
    assert (row.state, row.approved_by, row.posted_until) == (CycleState.DRAFTED, (), 0)
    assert rounds.town.advance(days=8) == [], "its timers went with it"
    rounds.entitle(cycle, "cai", 20_000)
    rounds.approve(cycle)


def test_everybody_objects_once_to_the_same_and_nobody_answers_themselves(
    rounds: Rounds, posted: tuple[bytes, list[bytes]]
) -> None:
    cycle, (line, other) = posted
    objection = rounds.object(cycle, line, "ben")
    assert rounds.refusal("ben", answer(objection, True)) == "funds.own_entry"
    again = ObjectToCycle(cycle=cycle, entitlement=line, words=content("x"))
    assert rounds.refusal("ben", again) == "programmes.objected_already"
    assert rounds.refusal("dan", again) == "programmes.wrong_state", "it is held already"
    rounds.object(cycle, other, "ben")
    rounds.do("ada", answer(objection, False))
    wrong = ObjectToCycle(cycle=cycle, entitlement=bytes(16), words=content("x"))
    assert rounds.refusal("dan", wrong) == "programmes.unknown_entitlement"
    assert rounds.refusal("ada", answer(bytes(16), True)) == "programmes.unknown_objection"
