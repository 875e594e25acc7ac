"""Who pays, held against the README; and every answer tried on a quote in every state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from linlian.community import quotes
from linlian.community.quotes.rules_contests import DropContest
from linlian.community.quotes.rules_quoting import RefuseQuote, WithdrawQuote
from linlian.community.quotes.rules_table import PAYERS, STEPS, As, ContestState, QuoteState
from linlian.community.quotes.tests.counter import Counter, contest, decide
from linlian.community.repairs import Party, Payer
from linlian.community.repairs.tests.scene import HOUR
from linlian.kernel.contract import Command

README = Path(quotes.__file__).with_name("README.md")


def test_the_readme_shows_who_pays() -> None:
    told = README.read_text(encoding="utf-8").splitlines()
    payers = [
        f"| {payer} | {', '.join(pays.kinds) or ('an owner at home' if pays.owner else 'at home')} | {pays.burden} |"
        for payer, pays in PAYERS.items()
    ]
    assert [line for line in told if line.partition("|")[2].split("|")[0].strip() in [*Payer]] == payers


def test_every_state_is_left_by_somebody_or_final() -> None:
    left = {state for step in STEPS.values() for state in step.cells}
    final = {QuoteState.WITHDRAWN, QuoteState.REPLACED, QuoteState.VOID, ContestState.DECIDED}
    assert left | final == {*QuoteState, *ContestState}
    assert not left & final


def reach(counter: Counter, case_id: bytes, state: QuoteState) -> bytes:
    """A quote in a state, by the shortest way."""
    scene, quote_id = counter.scene, counter.quote(case_id, valid_until=counter.scene.town.time + 2 * HOUR)
    if state is QuoteState.APPROVED:
        scene.do("tess", counter.approval(quote_id))
    elif state is QuoteState.REFUSED:
        scene.do("tess", RefuseQuote(quote=quote_id))
    elif state is QuoteState.EXPIRED:
        scene.town.advance(hours=3)
    elif state is QuoteState.WITHDRAWN:
        scene.do("dispatcher", WithdrawQuote(quote=quote_id))
    elif state is QuoteState.REPLACED:
        counter.quote(case_id, replaces=quote_id)
    elif state is QuoteState.VOID:
        scene.do("tess", contest(case_id))
        scene.do("supervisor", decide(case_id))
    assert counter.row(quote_id).state is state
    return quote_id


ANSWERS: dict[str, tuple[str, Callable[[Counter, bytes], Command]]] = {
    "approve_quote": ("tess", lambda counter, quote_id: counter.approval(quote_id)),
    "refuse_quote": ("tess", lambda _, quote_id: RefuseQuote(quote=quote_id)),
    "withdraw_quote": ("dispatcher", lambda _, quote_id: WithdrawQuote(quote=quote_id)),
}


@pytest.mark.parametrize("state", QuoteState)
@pytest.mark.parametrize("step", ANSWERS)
def test_a_step_is_taken_where_the_table_has_it_and_nowhere_else(
    counter: Counter, step: str, state: QuoteState
) -> None:
    case_id = counter.case()
    quote_id = reach(counter, case_id, state)
    who, command = ANSWERS[step]
    cell = STEPS[step].cells.get(state)
    if cell is None:
        assert counter.scene.refusal(who, command(counter, quote_id)) == "quotes.wrong_state"
        assert counter.row(quote_id).state is state
    else:
        counter.scene.do(who, command(counter, quote_id))
        assert counter.row(quote_id).state is cell.to


@pytest.mark.parametrize("state", ContestState)
def test_a_contest_is_dropped_decided_and_raised_where_the_table_has_it(counter: Counter, state: ContestState) -> None:
    scene, case_id = counter.scene, counter.case()
    scene.do("tess", contest(case_id))
    if state is ContestState.UNDECIDED:
        scene.town.advance(days=10)
    elif state is ContestState.DECIDED:
        scene.do("supervisor", decide(case_id, Party.OWNER, Payer.OCCUPIER))
    elif state is ContestState.DROPPED:
        scene.do("tess", DropContest(case=case_id))
    tried = [
        ("supervisor", "decide_attribution", decide(case_id)),
        ("tess", "drop_contest", DropContest(case=case_id)),
        ("desk", "contest_attribution", contest(case_id, Party.SUPPLIER, Payer.SUPPLIER)),
    ]
    for who, name, command in tried:
        if state not in STEPS[name].cells:
            assert scene.refusal(who, command) == "quotes.wrong_state", name
    assert counter.contest(case_id).state is state


def test_only_the_clock_and_decisions_do_what_nobody_asked_for() -> None:
    by_nobody = {name for name, step in STEPS.items() if {*step.by} <= {As.CLOCK, As.ARBITER}}
    assert by_nobody == {"expire_quote", "void_quote", "decide_attribution", "escalate_contest"}
