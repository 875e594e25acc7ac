"""What the regulator asks, and what happens when nobody answers."""

from __future__ import annotations

from linlian.community.funds.rules_alerts import DeadlineMet, DeadlineMissed
from linlian.community.funds.rules_asking import AnswerQuestion, AskQuestion, QuestionAnswered, QuestionAsked
from linlian.community.funds.rules_table import AlertKind
from linlian.community.funds.tests.treasury import Treasury
from linlian.community.identity.tests.village import content, organisation_id


def ask(treasury: Treasury, days: int = 7) -> bytes:
    command = AskQuestion(fund=treasury.fund, answer_by=treasury.later(days), words=content("where is it?"))
    question: bytes = treasury.do("rita", command).the(QuestionAsked).question
    return question


def test_an_answer_in_time_is_an_answer(treasury: Treasury) -> None:
    question = ask(treasury)
    answer = AnswerQuestion(question=question, words=content("here"))
    assert treasury.refusal("rita", answer) == "funds.not_yours"
    assert not treasury.do("mia", answer).the(QuestionAnswered).late
    assert treasury.town.advance(days=30) == []
    assert treasury.refusal("mia", answer) == "funds.wrong_state"


def test_silence_is_an_event_for_both_and_a_late_answer_stays_late(treasury: Treasury) -> None:
    question = ask(treasury)
    (missed,) = treasury.town.advance(days=8)
    assert isinstance(missed, DeadlineMissed)
    assert (missed.kind, missed.record) == (AlertKind.QUESTION_DUE, question)
    assert (missed.organisation, missed.regulator) == (organisation_id("charity"), organisation_id("street"))
    outcome = treasury.do("max", AnswerQuestion(question=question, words=content("here")))
    assert outcome.the(QuestionAnswered).late
    assert outcome.the(DeadlineMet).record == question


def test_only_the_regulator_asks_and_for_a_time_that_can_be_meant(treasury: Treasury) -> None:
    for days, code in ((-1, "funds.not_a_time"), (91, "funds.not_a_time")):
        command = AskQuestion(fund=treasury.fund, answer_by=treasury.later(days), words=content("?"))
        assert treasury.refusal("rita", command) == code
    command = AskQuestion(fund=treasury.fund, answer_by=treasury.later(7), words=content("?"))
    assert treasury.refusal("ada", command) == "identity.role_missing"
    assert treasury.refusal("owners", command) == "funds.not_yours"
    assert treasury.refusal("max", AnswerQuestion(question=bytes(16), words=content("?"))) == "funds.unknown_question"
