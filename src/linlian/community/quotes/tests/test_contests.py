"""Contesting who pays: by whoever would, decided by somebody outside, and nobody's silence is the resident's cost."""

from __future__ import annotations

import pytest

from linlian.community.identity import Basis
from linlian.community.quotes.rules_billing import RecordPart
from linlian.community.quotes.rules_contests import (
    AttributionContested,
    AttributionDecided,
    ContestEscalated,
    DropContest,
)
from linlian.community.quotes.rules_quoting import QuoteVoided
from linlian.community.quotes.rules_table import As, ContestState, QuoteState, lower_burden
from linlian.community.quotes.tests.counter import TAP, Counter, contest, decide
from linlian.community.quotes.tests.test_rules import bill
from linlian.community.repairs import Part, Party, Payer
from linlian.community.repairs.rules_answering import CancelReason, CancelRepair, ConfirmRepair
from linlian.community.repairs.rules_doors import AttributionSet
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.rules_working import FinishRepair
from linlian.community.repairs.tests.scene import DAY, HOUR, PROOF
from linlian.testing.town import START

WHO = [
    (Payer.OCCUPIER, "tess", As.PAYER),
    (Payer.OCCUPIER, "olga", As.PAYER),
    (Payer.OCCUPIER, "anna", "quotes.not_payer"),
    (Payer.OCCUPIER, "nell", "quotes.not_payer"),
    (Payer.OCCUPIER, "desk", As.NAMED),
    (Payer.OCCUPIER, "harmony_officer", As.NAMED),
    (Payer.OCCUPIER, "clerk", "quotes.own_work"),
    (Payer.OCCUPIER, "swift_officer", "quotes.own_work"),
    (Payer.OWNER, "olga", As.PAYER),
    (Payer.OWNER, "tess", "quotes.not_payer"),
    (Payer.FUND, "owners_officer", As.PAYER),
    (Payer.FUND, "street_officer", As.PAYER),
    (Payer.FUND, "committee", "identity.role_missing"),
    (Payer.FEE, "harmony_officer", As.NAMED),
    (Payer.FEE, "tess", "quotes.not_payer"),
]


@pytest.mark.parametrize(("payer", "who", "expected"), WHO)
def test_who_may_contest(counter: Counter, payer: Payer, who: str, expected: str) -> None:
    command = contest(counter.case(payer=payer))
    if isinstance(expected, As):
        event = counter.scene.do(who, command).the(AttributionContested)
        assert (event.acting, event.basis, event.was_payer) == (expected, Basis.OWN_KEY, payer)
    else:
        assert counter.scene.refusal(who, command) == expected


def test_whoever_is_trusted_to_decide_contests_too(counter: Counter) -> None:
    command = contest(counter.case(), principal=counter.scene.account("tess"))
    assert counter.scene.do("dora", command).the(AttributionContested).basis is Basis.HELPER


def test_a_neighbour_contests_once_their_home_was_named(counter: Counter) -> None:
    case_id = counter.case(part=Part.NEIGHBOUR, payer=Payer.OCCUPIER)
    assert counter.scene.refusal("nell", contest(case_id)) == "quotes.not_payer"
    assert counter.scene.refusal("tess", contest(case_id)) == "quotes.not_payer"
    counter.quote(case_id, pays_at=counter.next_door)
    counter.scene.do("nell", contest(case_id))


DECIDES = [
    ("supervisor", ""),
    ("committee", ""),
    ("owners_officer", ""),
    ("street_officer", "quotes.not_arbiter"),
    ("building_head", "identity.role_missing"),
    ("grid_worker", "identity.role_missing"),
    ("harmony_officer", "quotes.not_arbiter"),
    ("swift_officer", "quotes.not_arbiter"),
    ("desk", "identity.role_missing"),
    ("tess", "identity.role_missing"),
]


@pytest.mark.parametrize(("who", "code"), DECIDES)
def test_who_may_decide(counter: Counter, who: str, code: str) -> None:
    case_id = counter.case()
    counter.scene.do("tess", contest(case_id))
    if code:
        assert counter.scene.refusal(who, decide(case_id)) == code
    else:
        counter.scene.do(who, decide(case_id))
        assert counter.contest(case_id).state is ContestState.DECIDED


def test_nobody_decides_about_their_own_purse(counter: Counter) -> None:
    """The fund is the owners'; the office that contests is no arbiter; nor is whoever helps in the case."""
    mine = counter.case()
    counter.scene.do("tess", contest(mine, Party.PROPERTY, Payer.FUND))
    assert counter.scene.refusal("owners_officer", decide(mine)) == "quotes.own_fund"
    funded = counter.case(payer=Payer.FUND, category=Category.PESTS)
    counter.scene.do("street_officer", contest(funded))
    assert counter.scene.refusal("supervisor", decide(funded)) == "quotes.not_arbiter"
    other = counter.case(category=Category.WINDOW_BROKEN)
    counter.scene.do("tess", contest(other))
    assert counter.scene.refusal("committee", decide(other, Party.PROPERTY, Payer.FUND)) == "quotes.own_fund"
    helped = counter.case(category=Category.POWER_FAULT)
    counter.scene.do(*counter.scene.command("call_help", helped))
    counter.scene.do("tess", contest(helped))
    assert counter.scene.refusal("supervisor", decide(helped)) == "quotes.not_arbiter"


def test_while_it_is_contested_nothing_is_approved_built_in_billed_or_finished(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    quote_id = counter.quote(case_id)
    scene.do("tess", contest(case_id))
    assert scene.refusal("tess", counter.approval(quote_id)) == "quotes.contested"
    assert scene.refusal("dispatcher", counter.command(case_id, replaces=quote_id)) == "quotes.contested"
    part = RecordPart(case=case_id, label="tap.15mm", unit=TAP.unit, quantity_milli=1)
    assert scene.refusal("repairer", part) == "quotes.contested"
    assert scene.refusal("repairer", FinishRepair(case=case_id, proofs=PROOF)) == "repairs.held"
    assert scene.refusal("desk", TriageRepair(case=case_id, payer=Payer.OWNER)) == "repairs.attribution_fixed"
    assert scene.refusal("olga", contest(case_id)) == "quotes.wrong_state"
    scene.do("desk", TriageRepair(case=case_id))
    assert scene.case(case_id).payer is Payer.OCCUPIER


def test_a_decision_stands_and_the_quote_for_somebody_else_is_void(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    quote_id = counter.quote(case_id)
    scene.do("tess", counter.approval(quote_id))
    scene.do("tess", contest(case_id))
    outcome = scene.do("supervisor", decide(case_id))
    assert outcome.the(QuoteVoided).voided
    assert outcome.the(AttributionSet).payer is Payer.DEVELOPER
    assert not outcome.the(AttributionDecided).upheld
    assert counter.row(quote_id).state is QuoteState.VOID
    assert scene.refusal("desk", TriageRepair(case=case_id, payer=Payer.OCCUPIER)) == "repairs.attribution_fixed"
    assert scene.refusal("supervisor", decide(case_id)) == "quotes.wrong_state"
    assert scene.refusal("desk", contest(case_id, Party.OWNER, Payer.OWNER)) == "quotes.wrong_state"
    scene.do("repairer", FinishRepair(case=case_id, proofs=PROOF))
    assert scene.refusal("desk", bill(case_id)) == "quotes.nothing_approved"


def test_an_upheld_decision_leaves_the_approval(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    scene.do("tess", counter.approval(counter.quote(case_id)))
    scene.do("tess", contest(case_id))
    assert scene.do("committee", decide(case_id, Party.OWNER, Payer.OCCUPIER)).the(AttributionDecided).upheld
    scene.do("repairer", FinishRepair(case=case_id, proofs=PROOF))


def test_an_arbiter_may_put_it_on_the_resident_in_spite_of_a_warranty(counter: Counter) -> None:
    """Misuse is not the builder's: the company asks, an arbiter says so, and then it may be quoted."""
    home = counter.home(handover=20250601)
    case_id = counter.case(
        State.TRIAGED, "desk", place=home, category=Category.WATER_LEAK, party=Party.OWNER, payer=Payer.DEVELOPER
    )
    counter.scene.do("desk", contest(case_id, Party.OWNER, Payer.OWNER))
    counter.scene.do("supervisor", decide(case_id, Party.OWNER, Payer.OWNER))
    counter.quote(case_id)


def test_an_arbiter_has_three_working_days(counter: Counter) -> None:
    """From Thursday, 1 January 2026, a holiday until Saturday; Sunday 4 January is worked to make up for it."""
    case_id = counter.case()
    event = counter.scene.do("tess", contest(case_id)).the(AttributionContested)
    tuesday_six = START + 5 * DAY + 10 * HOUR
    assert (event.decide_by, event.assumed) == (tuesday_six, False)


def test_silence_of_an_office_is_not_the_residents_cost(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    quote_id = counter.quote(case_id)
    scene.do("tess", contest(case_id))
    events = scene.town.advance(ms=counter.contest(case_id).decide_by - scene.town.time)
    (late,) = [event for event in events if isinstance(event, ContestEscalated)]
    assert (late.level, late.payer, late.party) == (1, Payer.DEVELOPER, Party.DEVELOPER)
    assert scene.case(case_id).payer is Payer.DEVELOPER
    assert counter.row(quote_id).state is QuoteState.VOID
    scene.do("repairer", FinishRepair(case=case_id, proofs=PROOF))
    levels = [event.level for event in scene.town.advance(days=40) if isinstance(event, ContestEscalated)]
    assert levels == [2, 3], "and no further"
    assert scene.do("supervisor", decide(case_id, Party.OWNER, Payer.OCCUPIER)).the(AttributionDecided).late
    assert scene.case(case_id).payer is Payer.OCCUPIER


def test_what_lightens_the_residents_burden_stands_though_somebody_contests_it(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case(payer=Payer.FEE)
    scene.do("harmony_officer", contest(case_id, Party.OWNER, Payer.OCCUPIER))
    scene.town.advance(days=10)
    assert counter.contest(case_id).state is ContestState.UNDECIDED
    assert scene.case(case_id).payer is Payer.FEE


def test_between_two_residents_nobody_is_billed_until_it_is_decided(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    scene.do("tess", counter.approval(counter.quote(case_id)))
    scene.do("tess", contest(case_id, Party.OWNER, Payer.OWNER))
    scene.town.advance(days=10)
    scene.do("repairer", RecordPart(case=case_id, label="tap.15mm", unit=TAP.unit, quantity_milli=2000))
    scene.do("repairer", FinishRepair(case=case_id, proofs=PROOF))
    assert scene.refusal("desk", bill(case_id)) == "quotes.contested"
    scene.do("supervisor", decide(case_id, Party.OWNER, Payer.OCCUPIER))
    scene.do("desk", bill(case_id))


def test_whoever_raised_it_drops_it_and_triage_is_free_again(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    for _ in range(3):
        scene.do("tess", contest(case_id))
        assert scene.refusal("olga", DropContest(case=case_id)) == "quotes.not_contestant"
        scene.do("tess", DropContest(case=case_id))
    assert scene.refusal("tess", contest(case_id)) == "quotes.contested_enough"
    scene.do("desk", TriageRepair(case=case_id, payer=Payer.FEE))
    assert scene.refusal("tess", DropContest(case=case_id)) == "quotes.wrong_state"


def test_what_is_dropped_late_is_as_triage_had_it(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    scene.do("tess", contest(case_id))
    scene.town.advance(days=10)
    scene.do("tess", DropContest(case=case_id))
    assert (scene.case(case_id).payer, scene.case(case_id).fixed) == (Payer.OCCUPIER, False)


def test_what_is_no_contest_is_refused(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    assert scene.refusal("tess", contest(case_id, Party.OWNER, Payer.OCCUPIER)) == "quotes.nothing_contested"
    assert scene.refusal("tess", contest(case_id, payer=Payer.UNDECIDED)) == "quotes.payer_undecided"
    assert scene.refusal("supervisor", decide(case_id)) == "quotes.no_contest"
    untriaged = counter.case(State.REPORTED)
    assert scene.refusal("tess", contest(untriaged)) == "quotes.not_payer"
    over = counter.case(State.DONE)
    scene.do("tess", contest(over))
    closed = counter.case(State.DONE, category=Category.PESTS)
    scene.do("tess", ConfirmRepair(case=closed))
    assert scene.refusal("tess", contest(closed)) == "quotes.case_over"


def test_a_case_that_ended_meanwhile_escalates_without_harm(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    counter.quote(case_id)
    scene.do("tess", contest(case_id))
    scene.do("tess", CancelRepair(case=case_id, reason=CancelReason.WITHDRAWN))
    scene.town.advance(days=40)
    assert counter.contest(case_id).state is ContestState.UNDECIDED
    assert scene.case(case_id).state is State.CANCELLED


@pytest.mark.parametrize("one", Payer)
@pytest.mark.parametrize("other", Payer)
def test_the_lower_burden_is_never_a_residents_where_another_is_named(one: Payer, other: Payer) -> None:
    homes = (Payer.OCCUPIER, Payer.OWNER)
    found = lower_burden(one, other)
    assert found in (one, other)
    assert (found in homes) == (one in homes and other in homes)
    assert found is not Payer.FUND or {one, other} <= {Payer.FUND, *homes}
