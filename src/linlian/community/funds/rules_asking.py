"""What the regulator asks on the record, and what the fund answers.

A question has a date; unanswered by then it is late, and stays marked when it is answered.
"""

from __future__ import annotations

from linlian.community.funds.rules import NOTHING, FundId, ProgrammeId, contract, require_fund, require_pot
from linlian.community.funds.rules_acting import as_manager, as_regulator
from linlian.community.funds.rules_alerts import Due, forget, miss
from linlian.community.funds.rules_table import DAY_MS, AlertKind, QuestionState, moved
from linlian.community.identity import AccountId, OrganisationId
from linlian.kernel.contract import Command, Content, Context, Event, Id, Millis, Refused, Row, replace

ANSWER_MS_MAX = 90 * DAY_MS


class Question(Row):
    fund: Id
    programme: Id
    asked_by: Id
    answer_by: Millis
    state: QuestionState


questions = contract.table("question", Question, refused="funds.unknown_question")


class AskQuestion(Command):
    """`record`: the cycle, hop or other record that it is about."""

    fund: FundId
    answer_by: Millis
    words: Content
    programme: ProgrammeId | None = None
    record: Id | None = None


class AnswerQuestion(Command):
    question: Id
    words: Content


class MissQuestion(Command):
    question: Id


@contract.event
class QuestionAsked(Event):
    question: Id
    fund: FundId
    organisation: OrganisationId
    asked_by: AccountId
    answer_by: Millis
    words: Content
    programme: ProgrammeId | None = None
    record: Id | None = None


@contract.event
class QuestionAnswered(Event):
    """`late`: the date had passed."""

    question: Id
    fund: FundId
    answered_by: AccountId
    words: Content
    late: bool = False


@contract.command
def ask_question(ctx: Context, cmd: AskQuestion) -> None:
    """Ask the fund something on the record, to be answered by a date."""
    fund = require_fund(ctx, cmd.fund)
    as_regulator(ctx, cmd.fund, fund)
    if not ctx.time < cmd.answer_by <= ctx.time + ANSWER_MS_MAX:
        raise Refused("funds.not_a_time", until=cmd.answer_by)
    if cmd.programme is not None and require_pot(ctx, cmd.programme).fund != cmd.fund:
        raise Refused("funds.other_fund", about=(cmd.fund,))
    question_id = ctx.new_id()
    row = Question(cmd.fund, cmd.programme or NOTHING, ctx.signer, cmd.answer_by, QuestionState.ASKED)
    questions.create(ctx, question_id, row)
    ctx.schedule("funds.question", question_id, cmd.answer_by, MissQuestion(question=question_id))
    ctx.emit(
        QuestionAsked(
            question=question_id,
            fund=cmd.fund,
            organisation=fund.organisation,
            asked_by=ctx.signer,
            answer_by=cmd.answer_by,
            words=cmd.words,
            programme=cmd.programme,
            record=cmd.record,
        )
    )


@contract.command
def answer_question(ctx: Context, cmd: AnswerQuestion) -> None:
    """Answer what the regulator asked."""
    row = questions.require(ctx, cmd.question)
    as_manager(ctx, row.fund, require_fund(ctx, row.fund))
    state = moved("answer_question", row.state, (row.fund,))
    ctx.unschedule("funds.question", cmd.question)
    questions.put(ctx, cmd.question, replace(row, state=state))
    forget(ctx, AlertKind.QUESTION_DUE, cmd.question)
    late = row.state is QuestionState.LATE
    ctx.emit(QuestionAnswered(question=cmd.question, fund=row.fund, answered_by=ctx.signer, words=cmd.words, late=late))


@contract.timer
def miss_question(ctx: Context, cmd: MissQuestion) -> None:
    """The date has passed without an answer."""
    row = questions.get(ctx, cmd.question)
    assert row is not None, "questions are never deleted"
    questions.put(ctx, cmd.question, replace(row, state=moved("miss_question", row.state, ())))
    miss(ctx, Due(AlertKind.QUESTION_DUE, row.fund, row.programme, cmd.question, row.answer_by))
