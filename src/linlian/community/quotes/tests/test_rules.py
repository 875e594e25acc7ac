"""What is quoted, who says yes, and that nobody is billed a cent more than somebody approved."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.community.identity import Basis
from linlian.community.quotes.rules import Line, LineKind, PriceItem, Unit, amount_cents
from linlian.community.quotes.rules_billing import BillMade, MakeBill, PartUsed, RecordPart
from linlian.community.quotes.rules_prices import PublishPrices
from linlian.community.quotes.rules_quoting import QuoteApproved, QuoteExpired, QuoteMade, RefuseQuote, WithdrawQuote
from linlian.community.quotes.rules_table import QuoteState, warranty_until
from linlian.community.quotes.tests.counter import LINES, TAP, WORK, Counter
from linlian.community.repairs import Part, Party, Payer, Urgency
from linlian.community.repairs.rules_answering import ConfirmRepair, ReopenRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import CallHelp, TriageRepair
from linlian.community.repairs.rules_working import FinishRepair, MakeSafe
from linlian.community.repairs.tests.scene import DAY, HOUR, PROOF, content
from linlian.kernel.contract import Refused, replace

TOTAL = 9_100 + 12_000


def use(case_id: bytes, line: Line = TAP, **more: Any) -> RecordPart:
    return RecordPart(case=case_id, label=line.label, unit=line.unit, quantity_milli=line.quantity_milli, **more)


def bill(case_id: bytes, lines: tuple[Line, ...] = LINES) -> MakeBill:
    return MakeBill(case=case_id, lines=lines, total_cents=sum(amount_cents(line) for line in lines))


def test_a_quote_waits_is_approved_and_then_it_is_finished_and_billed(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    made = scene.do("dispatcher", counter.command(case_id)).the(QuoteMade)
    assert (made.total_cents, made.payer, made.pays_at) == (TOTAL, Payer.OCCUPIER, None)
    with pytest.raises(Refused) as no:
        scene.do("repairer", FinishRepair(case=case_id, proofs=PROOF))
    assert (no.value.code, no.value.facts["hold"]) == ("repairs.held", "quotes.approval")
    assert scene.refusal("repairer", use(case_id)) == "quotes.not_approved"
    said = scene.do("tess", counter.approval(made.quote)).the(QuoteApproved)
    assert (said.basis, said.total_cents, said.principal) == (Basis.OWN_KEY, TOTAL, None)
    used = scene.do("repairer", use(case_id, serial=content("serial"))).the(PartUsed)
    assert (used.used_milli, used.beyond) == (2000, False)
    scene.do("repairer", FinishRepair(case=case_id, proofs=PROOF))
    billed = scene.do("desk", bill(case_id)).the(BillMade)
    assert (billed.total_cents, billed.quoted_cents, billed.corrected) == (TOTAL, TOTAL, False)


WHO = [
    # payer          who           code, or the basis
    (Payer.OCCUPIER, "tess", Basis.OWN_KEY),
    (Payer.OCCUPIER, "olga", Basis.OWN_KEY),
    (Payer.OCCUPIER, "anna", "quotes.not_payer"),  # an owner without the right to pay
    (Payer.OCCUPIER, "helper", "quotes.not_payer"),
    (Payer.OCCUPIER, "nell", "quotes.not_payer"),
    (Payer.OCCUPIER, "cai", "quotes.not_payer"),
    (Payer.OCCUPIER, "dispatcher", "quotes.own_work"),
    (Payer.OCCUPIER, "harmony_officer", "quotes.own_work"),
    (Payer.OCCUPIER, "swift_officer", "quotes.own_work"),
    (Payer.OCCUPIER, "owners_officer", "quotes.not_payer"),
    (Payer.OWNER, "olga", Basis.OWN_KEY),
    (Payer.OWNER, "tess", "quotes.not_payer"),
    (Payer.OWNER, "anna", "quotes.not_payer"),
    (Payer.FUND, "owners_officer", Basis.OWN_KEY),
    (Payer.FUND, "street_officer", Basis.OWN_KEY),
    (Payer.FUND, "committee", "identity.role_missing"),
    (Payer.FUND, "supervisor", "identity.role_missing"),
    (Payer.FUND, "harmony_officer", "identity.wrong_kind_of_organisation"),
    (Payer.FUND, "tess", "identity.role_missing"),
    (Payer.DEVELOPER, "swift_officer", Basis.OWN_KEY),
    (Payer.DEVELOPER, "harmony_officer", "identity.wrong_kind_of_organisation"),
    (Payer.DEVELOPER, "owners_officer", "identity.wrong_kind_of_organisation"),
]


@pytest.mark.parametrize(("payer", "who", "expected"), WHO)
def test_who_may_approve(counter: Counter, payer: Payer, who: str, expected: str) -> None:
    case_id = counter.case(payer=payer)
    office = counter.scene.organisation("swift") if payer is Payer.DEVELOPER else None
    quote_id = counter.quote(case_id, office=office)
    approve = counter.approval(quote_id, authority="vote-7" if payer is Payer.FUND else "")
    if isinstance(expected, Basis):
        assert counter.scene.do(who, approve).the(QuoteApproved).basis is expected
    else:
        assert counter.scene.refusal(who, approve) == expected
        assert counter.row(quote_id).state is QuoteState.WAITING


def test_who_is_trusted_to_decide_approves_on_their_own_basis(counter: Counter) -> None:
    quote_id = counter.quote(counter.case())
    tess = counter.scene.account("tess")
    assert counter.scene.refusal("dora", counter.approval(quote_id)) == "quotes.not_payer"
    assert counter.scene.refusal("cai", counter.approval(quote_id, principal=tess)) == "identity.not_delegate"
    said = counter.scene.do("dora", counter.approval(quote_id, principal=tess)).the(QuoteApproved)
    assert (said.basis, said.principal) == (Basis.HELPER, tess)


def test_an_office_in_the_case_pays_for_nothing_in_it(counter: Counter) -> None:
    case_id = counter.case(payer=Payer.FUND)
    counter.scene.do("dispatcher", CallHelp(case=case_id, organisation=counter.scene.organisation("owners")))
    approve = counter.approval(counter.quote(case_id), authority="vote-7")
    assert counter.scene.refusal("owners_officer", approve) == "quotes.own_work"
    assert counter.scene.refusal("street_officer", replace(approve, authority="")) == "quotes.no_authority"
    counter.scene.do("street_officer", approve)


def test_an_office_is_named_and_only_it_pays(counter: Counter) -> None:
    case_id = counter.case(payer=Payer.DEVELOPER)
    assert counter.scene.refusal("dispatcher", counter.command(case_id)) == "quotes.name_the_office"
    quote_id = counter.quote(case_id, office=counter.scene.organisation("street"))
    assert counter.scene.refusal("swift_officer", counter.approval(quote_id)) == "quotes.not_payer"


@pytest.mark.parametrize("who", ["swift_dispatcher", "second", "street_desk", "tess", "clerk", "swift_repairer"])
def test_only_who_does_the_work_quotes(counter: Counter, who: str) -> None:
    case_id = counter.case()
    assert counter.scene.refusal(who, counter.command(case_id)) in ("quotes.not_executing", "identity.role_missing")


def test_what_is_approved_is_what_is_quoted(counter: Counter) -> None:
    """Whoever looked at one total says yes to no other."""
    case_id = counter.case()
    quote_id = counter.quote(case_id)
    cheaper = counter.approval(quote_id, total_cents=TOTAL - 1)
    assert counter.scene.refusal("tess", cheaper) == "quotes.other_total"
    assert counter.scene.refusal("dispatcher", counter.command(case_id)) == "quotes.already_quoted"


def test_a_quote_changed_after_approval_is_void_and_needs_another(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    first = counter.quote(case_id)
    scene.do("tess", counter.approval(first))
    dearer = (replace(TAP, unit_cents=4551), WORK)
    made = scene.do("dispatcher", counter.command(case_id, dearer, replaces=first)).the(QuoteMade)
    assert made.voided
    assert counter.row(first).state is QuoteState.REPLACED
    assert scene.refusal("tess", counter.approval(first)) == "quotes.wrong_state"
    assert scene.refusal("repairer", FinishRepair(case=case_id, proofs=PROOF)) == "repairs.held"
    assert scene.refusal("dispatcher", counter.command(case_id, replaces=first)) == "quotes.not_the_latest"
    scene.do("tess", counter.approval(made.quote))
    scene.do("repairer", FinishRepair(case=case_id, proofs=PROOF))


def test_a_refused_quote_holds_until_another_is_approved_or_it_is_withdrawn(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    quote_id = counter.quote(case_id)
    scene.do("tess", RefuseQuote(quote=quote_id, words=content("too dear")))
    assert scene.refusal("repairer", FinishRepair(case=case_id, proofs=PROOF)) == "repairs.held"
    assert scene.refusal("tess", counter.approval(quote_id)) == "quotes.wrong_state"
    scene.do("dispatcher", WithdrawQuote(quote=quote_id))
    scene.do("repairer", FinishRepair(case=case_id, proofs=PROOF))
    assert scene.refusal("desk", bill(case_id, (WORK,))) == "quotes.nothing_approved"


def test_a_quote_expires_by_itself(counter: Counter) -> None:
    case_id = counter.case()
    quote_id = counter.quote(case_id, valid_until=counter.scene.town.time + 2 * HOUR)
    (event,) = [e for e in counter.scene.town.advance(hours=3) if isinstance(e, QuoteExpired)]
    assert event.quote == quote_id
    assert counter.scene.refusal("tess", counter.approval(quote_id)) == "quotes.wrong_state"
    counter.scene.do("tess", counter.approval(counter.quote(case_id, replaces=quote_id)))
    assert not [e for e in counter.scene.town.advance(days=30) if isinstance(e, QuoteExpired)], "approved for good"


@pytest.mark.parametrize("ms", [-DAY, 0, HOUR - 1, 91 * DAY])
def test_a_quote_is_valid_for_some_time_ahead(counter: Counter, ms: int) -> None:
    until = counter.scene.town.time + ms
    late = counter.command(counter.case(), valid_until=until)
    assert counter.scene.refusal("dispatcher", late) == "quotes.valid_out_of_range"


def test_a_total_is_the_sum_of_its_lines(counter: Counter) -> None:
    case_id = counter.case()
    assert counter.scene.refusal("dispatcher", counter.command(case_id, total_cents=TOTAL + 1)) == "quotes.wrong_total"
    nameless = counter.command(case_id, (replace(TAP, label=""),))
    assert counter.scene.refusal("dispatcher", nameless) == "quotes.no_label"


@given(st.integers(1, 10_000_000), st.integers(0, 100_000_000))
def test_a_line_costs_whole_cents_and_the_rest_is_nobodys(quantity_milli: int, unit_cents: int) -> None:
    line = Line(kind=LineKind.OTHER, label="x", unit=Unit.VISIT, quantity_milli=quantity_milli, unit_cents=unit_cents)
    exact = quantity_milli * unit_cents
    assert amount_cents(line) * 1000 <= exact < amount_cents(line) * 1000 + 1000


# --- what costs a resident nothing ---


@pytest.mark.parametrize("payer", [Payer.FEE, Payer.GUARANTEE])
def test_what_is_covered_is_not_quoted(counter: Counter, payer: Payer) -> None:
    assert counter.scene.refusal("dispatcher", counter.command(counter.case(payer=payer))) == "quotes.covered"


def test_before_triage_nothing_is_quoted(counter: Counter) -> None:
    case_id = counter.case(State.REPORTED)
    assert counter.scene.refusal("dispatcher", counter.command(case_id)) == "quotes.not_executing"


def test_a_repeat_within_the_guarantee_costs_the_resident_nothing(counter: Counter) -> None:
    scene, first = counter.scene, counter.case(State.DONE, category=Category.WATER_LEAK)
    scene.do("tess", ConfirmRepair(case=first))
    scene.town.advance(days=20)
    again = counter.case(category=Category.WATER_LEAK, party=Party.OWNER, payer=Payer.OCCUPIER)
    with pytest.raises(Refused) as no:
        scene.do("dispatcher", counter.command(again))
    assert (no.value.code, no.value.facts) == ("quotes.under_guarantee", {}), "the earlier case may be another's"


def test_a_reopened_repair_costs_the_resident_nothing_more(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    scene.do("tess", counter.approval(counter.quote(case_id)))
    scene.take(case_id, "finish")
    scene.do("desk", bill(case_id, (WORK,)))
    scene.do("tess", ConfirmRepair(case=case_id))
    scene.do("tess", ReopenRepair(case=case_id))
    scene.take(case_id, "triage", "assign", "accept", "arrive_on_site", "diagnose")
    assert scene.refusal("dispatcher", counter.command(case_id)) == "quotes.under_guarantee"


@pytest.mark.parametrize(
    ("category", "handover", "covered"),
    [
        (Category.ROOF_LEAK, 20210102, True),
        (Category.ROOF_LEAK, 20210101, False),
        (Category.WATER_LEAK, 20240105, True),
        (Category.WATER_LEAK, 20231231, False),
        (Category.HEATING_COLD, 20240601, True),
        (Category.HEATING_COLD, 20230601, False),
        (Category.PESTS, 20251201, False),
        (Category.WATER_LEAK, 0, False),
    ],
)
def test_the_builders_warranty_by_the_day_of_handover(
    counter: Counter, category: Category, handover: int, covered: bool
) -> None:
    """The scene begins on 1 January 2026. Residents are not asked to pay; the builder may be."""
    home = counter.home(handover=handover) if handover else counter.home()
    case_id = counter.case(State.TRIAGED, "desk", place=home, category=category, payer=Payer.OWNER, party=Party.OWNER)
    if covered:
        assert counter.scene.refusal("dispatcher", counter.command(case_id)) == "quotes.under_warranty"
    else:
        counter.quote(case_id)
    builder = counter.case(State.TRIAGED, "desk", place=home, category=category, payer=Payer.DEVELOPER)
    counter.quote(builder, office=counter.scene.organisation("swift"))


@pytest.mark.parametrize(
    ("kind", "handover", "until"),
    [
        ("water", 20200630, 20250630),
        ("pipes", 20240229, 20260229),
        ("heating", 20230601, 20250316),
        ("heating", 20231115, 20250316),
        ("heating", 20231116, 20260316),
        ("heating", 20240101, 20260316),
        ("water", 19991231, 0),
        ("water", 0, 0),
        ("", 20240101, 0),
    ],
)
def test_how_long_a_builder_answers(kind: str, handover: int, until: int) -> None:
    assert warranty_until(kind, handover) == until


# --- whose home ---


def test_the_neighbours_home_pays_for_what_came_from_there(counter: Counter) -> None:
    case_id = counter.case(part=Part.NEIGHBOUR, payer=Payer.OCCUPIER)
    assert counter.scene.refusal("dispatcher", counter.command(case_id)) == "quotes.whose_home"
    at_own = counter.command(case_id, pays_at=counter.scene.flat)
    assert counter.scene.refusal("dispatcher", at_own) == "quotes.whose_home"
    quote_id = counter.quote(case_id, pays_at=counter.next_door)
    assert counter.scene.refusal("tess", counter.approval(quote_id)) == "quotes.not_payer"
    counter.scene.do("nell", counter.approval(quote_id))


def test_nobody_else_pays_for_what_is_broken_at_home(counter: Counter) -> None:
    elsewhere = counter.command(counter.case(), pays_at=counter.next_door)
    assert counter.scene.refusal("dispatcher", elsewhere) == "quotes.whose_home"
    stair = counter.case(place=counter.scene.stair, payer=Payer.OWNER)
    assert counter.scene.refusal("dispatcher", counter.command(stair)) == "quotes.whose_home"
    counter.quote(stair, pays_at=counter.scene.flat)


def test_whom_triage_relieved_approves_nothing(counter: Counter) -> None:
    case_id = counter.case()
    quote_id = counter.quote(case_id)
    counter.scene.do("desk", TriageRepair(case=case_id, payer=Payer.OWNER))
    assert counter.scene.refusal("tess", counter.approval(quote_id)) == "quotes.payer_changed"
    counter.scene.take(case_id, "assign", "accept", "arrive_on_site", "diagnose")
    counter.scene.do("olga", counter.approval(counter.quote(case_id, replaces=quote_id)))


# --- parts and bills ---


def finished(counter: Counter, *lines: Line) -> bytes:
    """A case, quoted with LINES, in which these parts were used."""
    case_id = counter.case()
    counter.scene.do("tess", counter.approval(counter.quote(case_id)))
    for line in lines:
        counter.scene.do("repairer", use(case_id, line))
    counter.scene.take(case_id, "finish")
    return case_id


def test_a_bill_is_not_a_cent_above_what_was_approved(counter: Counter) -> None:
    case_id = finished(counter, TAP)
    over = replace(WORK, quantity_milli=1000, unit_cents=12_001)
    with pytest.raises(Refused) as no:
        counter.scene.do("desk", bill(case_id, (TAP, over)))
    assert (no.value.code, no.value.facts["over_cents"]) == ("quotes.bill_exceeds_quote", 1)
    assert counter.scene.refusal("dispatcher", counter.command(case_id)) == "quotes.case_over"
    counter.scene.do("desk", bill(case_id))
    assert counter.scene.refusal("desk", bill(case_id)) == "quotes.bill_not_lower"
    lower = counter.scene.do("desk", bill(case_id, (TAP,))).the(BillMade)
    assert lower.corrected
    assert counter.scene.refusal("dispatcher", WithdrawQuote(quote=lower.quote)) == "quotes.billed"


def test_a_bill_names_no_part_that_was_not_recorded(counter: Counter) -> None:
    case_id = finished(counter, replace(TAP, quantity_milli=1999))
    assert counter.scene.refusal("desk", bill(case_id)) == "quotes.part_not_used"
    half = replace(TAP, quantity_milli=1000)
    assert counter.scene.refusal("desk", bill(case_id, (half, half))) == "quotes.part_not_used"
    counter.scene.do("desk", bill(case_id, (half, WORK)))


def test_there_is_no_bill_before_the_end_nor_without_approval(counter: Counter) -> None:
    case_id = counter.case()
    assert counter.scene.refusal("desk", bill(case_id)) == "quotes.not_finished"
    counter.scene.take(case_id, "finish")
    assert counter.scene.refusal("desk", bill(case_id)) == "quotes.nothing_approved"


def test_parts_beyond_the_quote_are_flagged_and_recorded_by_the_repairer_alone(counter: Counter) -> None:
    case_id = counter.case()
    counter.scene.do("tess", counter.approval(counter.quote(case_id)))
    assert counter.scene.refusal("second", use(case_id)) == "repairs.not_yours"
    assert not counter.scene.do("repairer", use(case_id)).the(PartUsed).beyond
    more = counter.scene.do("repairer", use(case_id, replace(TAP, quantity_milli=1))).the(PartUsed)
    assert (more.beyond, more.used_milli) == (True, 2001)
    other = replace(TAP, label="hose")
    assert counter.scene.do("repairer", use(case_id, other)).the(PartUsed).beyond
    covered = counter.case(payer=Payer.FEE, category=Category.PESTS)
    assert not counter.scene.do("repairer", use(covered)).the(PartUsed).beyond
    assert counter.scene.refusal("repairer", use(counter.case(State.ACCEPTED))) == "quotes.not_at_work"


def test_danger_is_never_held_back(counter: Counter) -> None:
    case_id = counter.case(State.TRIAGED, category=Category.POWER_SPARKS)
    assert counter.scene.case(case_id).urgency is Urgency.LIFE_SAFETY
    counter.quote(case_id)
    counter.scene.take(case_id, "assign", "accept", "arrive_on_site")
    counter.scene.do("repairer", MakeSafe(case=case_id))


# --- prices ---


def items(*pairs: tuple[str, int], unit: Unit = Unit.PIECE) -> tuple[PriceItem, ...]:
    return tuple(PriceItem(label=label, unit=unit, unit_cents=cents) for label, cents in pairs)


def test_a_line_above_the_list_is_flagged(counter: Counter) -> None:
    scene = counter.scene
    scene.do("harmony_officer", PublishPrices(items=items(("tap.15mm", 4549), ("hose", 100))))
    scene.do("harmony_officer", PublishPrices(items=items(("plumber", 9000), unit=Unit.VISIT)))
    made = scene.do("dispatcher", counter.command(counter.case())).the(QuoteMade)
    assert (made.above, made.unlisted) == (("tap.15mm",), ("plumber",)), "by the hour it is not listed"


def test_a_list_is_dated_and_rises_in_front_of_no_door(counter: Counter) -> None:
    scene, listed = counter.scene, items(("tap.15mm", 4549))
    scene.do("harmony_officer", PublishPrices(items=listed))
    dearer, soon = items(("tap.15mm", 5000)), counter.scene.town.time + DAY
    assert scene.refusal("harmony_officer", PublishPrices(items=dearer)) == "quotes.price_too_soon"
    assert scene.refusal("harmony_officer", PublishPrices(items=dearer, since=soon)) == "quotes.price_too_soon"
    scene.do("harmony_officer", PublishPrices(items=dearer, since=soon + HOUR))
    assert scene.do("dispatcher", counter.command(counter.case())).the(QuoteMade).above == ("tap.15mm",)
    scene.town.advance(days=2)
    later = counter.case(category=Category.PESTS)
    assert scene.do("dispatcher", counter.command(later)).the(QuoteMade).above == ()
    assert scene.refusal("harmony_officer", PublishPrices(items=listed * 2)) == "quotes.label_twice"
    assert scene.refusal("street_officer", PublishPrices(items=listed)) == "identity.wrong_kind_of_organisation"
    assert scene.refusal("desk", PublishPrices(items=listed)) == "identity.role_missing"
