"""Whatever people try, in whatever order: what waits is held back, and rows rebuilt are the state."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community.delegations.views import views as delegations_views
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.quotes import views as ask
from linlian.community.quotes.rules import APPROVAL_HOLD, CONTEST_HOLD, contests, currents, quotes
from linlian.community.quotes.rules_billing import RecordPart
from linlian.community.quotes.rules_contests import DropContest
from linlian.community.quotes.rules_quoting import ApproveQuote, RefuseQuote, WithdrawQuote
from linlian.community.quotes.rules_table import ContestState, QuoteState
from linlian.community.quotes.tests.counter import TAP, WORK, Counter, contest, decide
from linlian.community.quotes.tests.test_rules import bill
from linlian.community.repairs import Party, Payer
from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_answering import CancelReason, CancelRepair, ConfirmRepair, ReopenRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.rules_working import FinishRepair
from linlian.community.repairs.tests.scene import DAY, HOUR, PROOF
from linlian.community.repairs.views import views as repairs_views
from linlian.kernel.contract import Command, Refused, replace
from linlian.testing.rows import reading, table_rows

PEOPLE = ("tess", "olga", "nell", "desk", "dispatcher", "owners_officer", "supervisor")
PAYERS = (Payer.OCCUPIER, Payer.OWNER, Payer.FUND, Payer.FEE, Payer.DEVELOPER)
UNANSWERED = (QuoteState.WAITING, QuoteState.REFUSED, QuoteState.EXPIRED)
KINDS = ("quote", "requote", "approve", "refuse", "withdraw", "part", "finish", "bill", "contest", "decide", "drop")
MORE = ("triage", "cancel", "confirm", "reopen", "onward", "onward")
actions = st.tuples(
    st.sampled_from((*KINDS, *MORE)),
    st.integers(0, 1),
    st.sampled_from(("", "", "", *PEOPLE)),
    st.sampled_from(PAYERS),
    st.integers(-2000, 2000),
)
waits = st.tuples(st.just("wait"), st.sampled_from((HOUR, 2 * DAY, 10 * DAY)))
lives = st.lists(st.one_of(actions, actions, actions, waits), min_size=10, max_size=50)
ONWARD = {
    State.REPORTED: "triage_repair",
    State.TRIAGED: "assign_repair",
    State.ASSIGNED: "accept_repair",
    State.ACCEPTED: "arrive_on_site",
    State.ON_SITE: "diagnose_repair",
}


def meant(counter: Counter, case_id: bytes, kind: str, payer: Payer, by: int) -> tuple[str, Command]:
    """Who usually does such a thing, and a command for it."""
    found = counter.scene.town.get(currents, case_id)
    quote_id = bytes(16) if found is None else found.quote
    known = counter.scene.town.get(quotes, quote_id)
    lines = (TAP, replace(WORK, unit_cents=8000 + by))
    payers = {Payer.OWNER: "olga", Payer.FUND: "owners_officer", Payer.DEVELOPER: "swift_officer"}
    pays = payers.get(known.payer, "tess") if known is not None else "tess"
    total = 0 if known is None else known.total_cents
    office = counter.scene.organisation("swift")
    offered = counter.command(case_id, lines, office=office, valid_until=counter.scene.town.time + DAY)
    given: dict[str, tuple[str, Command]] = {
        "quote": ("dispatcher", offered),
        "requote": ("dispatcher", replace(offered, replaces=quote_id)),
        "approve": (pays, ApproveQuote(quote=quote_id, total_cents=total, authority="vote-7")),
        "refuse": (pays, RefuseQuote(quote=quote_id)),
        "withdraw": ("dispatcher", WithdrawQuote(quote=quote_id)),
        "part": ("repairer", RecordPart(case=case_id, label=TAP.label, unit=TAP.unit, quantity_milli=2000)),
        "finish": ("repairer", FinishRepair(case=case_id, proofs=PROOF)),
        "bill": ("desk", bill(case_id, lines)),
        "contest": (pays, contest(case_id, Party.OWNER, payer)),
        "decide": ("supervisor", decide(case_id, Party.OWNER, payer)),
        "drop": (pays, DropContest(case=case_id)),
        "triage": ("desk", TriageRepair(case=case_id, payer=payer)),
        "cancel": ("tess", CancelRepair(case=case_id, reason=CancelReason.WITHDRAWN)),
        "confirm": ("tess", ConfirmRepair(case=case_id)),
        "reopen": ("tess", ReopenRepair(case=case_id)),
    }
    if kind == "onward":
        return counter.scene.command(ONWARD.get(counter.scene.case(case_id).state, "accept_repair"), case_id)
    return given[kind]


def check_holds(counter: Counter) -> None:
    """No repair is finished while its quote waits for an answer, or an arbiter for their time."""
    rows = counter.scene.town
    known, contested = dict(rows.rows(quotes)), dict(rows.rows(contests))
    latest = {case_id: current.quote for case_id, current in rows.rows(currents)}
    for case_id, case in rows.rows(cases):
        holds = [hold.name for hold in case.holds]
        quote, found = known.get(latest.get(case_id, b"")), contested.get(case_id)
        assert (APPROVAL_HOLD in holds) == (quote is not None and quote.state in UNANSWERED)
        assert (CONTEST_HOLD in holds) == (found is not None and found.state is ContestState.OPEN)
        assert case.fixed == (found is not None and found.state is not ContestState.DROPPED)


def check_rows(counter: Counter) -> None:
    """Each quote and each contest reads as it is."""
    needed = (identity_views, delegations_views, places_views, repairs_views, ask.views)
    with reading(counter.scene.town.blocks, *needed) as db:
        found = {row.quote: row for row in table_rows(db, ask.quotes)}
        kept = dict(counter.scene.town.rows(quotes))
        assert found.keys() == kept.keys()
        for quote_id, quote in kept.items():
            row = found[quote_id]
            assert (row.state, row.total_cents, row.billed_cents) == (
                quote.state,
                quote.total_cents,
                quote.billed_cents,
            )
            assert (row.payer, row.pays_at or bytes(16)) == (quote.payer, quote.pays_at)
            assert row.state != QuoteState.APPROVED or row.answered_by == quote.approved_by
        contested = {row.case_id: row for row in table_rows(db, ask.contests)}
        for case_id, contest_row in counter.scene.town.rows(contests):
            row_of = contested[case_id]
            said = (row_of.state, row_of.number, row_of.level)
            assert said == (contest_row.state, contest_row.number, contest_row.level)
            assert contest_row.state is ContestState.DROPPED or row_of.payer == counter.scene.case(case_id).payer


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lives)
def test_what_waits_is_held_back_whatever_people_try(tried: list[tuple[Any, ...]]) -> None:
    counter = Counter()
    known = [counter.case(category=category) for category in (Category.DOOR_LOCK, Category.ROOF_LEAK)]
    for kind, *how in tried:
        if kind == "wait":
            counter.scene.town.advance(ms=how[0])
        else:
            number, who, payer, by = how
            usual, command = meant(counter, known[number], kind, payer, by)
            try:
                counter.scene.do(who or usual, command)
            except Refused:
                continue
        check_holds(counter)
    counter.scene.town.check_invariants()
    check_rows(counter)
