"""Quotes as rows, and who may see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from linlian.community.delegations.views import views as delegations_views
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.quotes import audience
from linlian.community.quotes import views as ask
from linlian.community.quotes.rules import PriceItem, Unit
from linlian.community.quotes.rules_billing import RecordPart
from linlian.community.quotes.rules_prices import PublishPrices
from linlian.community.quotes.rules_table import ContestState, QuoteState
from linlian.community.quotes.tests.counter import TAP, Counter, contest, decide
from linlian.community.quotes.tests.test_rules import bill
from linlian.community.repairs import Part, Payer
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import DAY, content
from linlian.community.repairs.views import views as repairs_views
from linlian.readmodel.audience import Reader
from linlian.readmodel.view import Reads
from linlian.testing.rows import reading

NEEDED = (identity_views, delegations_views, places_views, repairs_views, ask.views)


@contextmanager
def asked(counter: Counter) -> Iterator[Reads]:
    with reading(counter.scene.town.blocks, *NEEDED) as db:
        yield db


def test_a_repair_tells_its_quotes_lines_parts_and_bill(counter: Counter) -> None:
    scene, case_id = counter.scene, counter.case()
    first = counter.quote(case_id)
    scene.do("tess", counter.approval(first))
    second = counter.quote(case_id, (TAP,), replaces=first)
    scene.do("tess", counter.approval(second))
    scene.do(
        "repairer",
        RecordPart(case=case_id, label=TAP.label, unit=TAP.unit, quantity_milli=2000, serial=content("serial")),
    )
    scene.take(case_id, "finish")
    scene.do("desk", bill(case_id, (TAP,)))
    with asked(counter) as db:
        latest, before = ask.quotes_of_case(db, case_id)
        assert (before.state, before.voided, before.answered_as) == (QuoteState.REPLACED, True, "own_key")
        assert (latest.state, latest.billed_cents, latest.replaces) == (QuoteState.APPROVED, 9100, first)
        assert latest.pays_at == scene.flat
        assert [line.amount_cents for line in ask.lines_of_quote(db, case_id, first)] == [9100, 12_000]
        assert [line.billed for line in ask.lines_of_quote(db, case_id, second)] == [False, True]
        assert ask.lines_of_quote(db, bytes(16), first) == [], "lines are of a repair that one may see"
        (part,) = ask.parts_of_case(db, case_id)
        assert (part.label, part.sealed, part.beyond) == ("tap.15mm", True, False)


def test_a_list_shows_what_holds_at_a_time(counter: Counter) -> None:
    scene = counter.scene
    harmony, now = scene.organisation("harmony"), scene.town.time
    tap = PriceItem(label="tap.15mm", unit=Unit.PIECE, unit_cents=4000)
    hose = PriceItem(label="hose", unit=Unit.METRE, unit_cents=300)
    scene.do("harmony_officer", PublishPrices(items=(tap, hose)))
    dearer = PriceItem(label="tap.15mm", unit=Unit.PIECE, unit_cents=4200)
    scene.do("harmony_officer", PublishPrices(items=(dearer,), since=now + 3 * DAY))
    with asked(counter) as db:
        today = ask.price_list(db, harmony)
        assert [(row.label, row.unit_cents) for row in today] == [("hose", 300), ("tap.15mm", 4000)]
        later = ask.price_list(db, harmony, now=now + 4 * DAY)
        assert [row.unit_cents for row in later] == [300, 4200]
        assert ask.price_list(db, scene.organisation("swift")) == []


def test_arbiters_find_what_waits_for_them_and_offices_what_they_are_to_pay(counter: Counter) -> None:
    scene = counter.scene
    one, other = counter.case(), counter.case(category=Category.PESTS)
    for case_id in (one, other):
        scene.do("tess", contest(case_id))
    scene.do("supervisor", decide(one))
    swift = scene.organisation("swift")
    quote_id = counter.quote(one, office=swift)
    with asked(counter) as db:
        assert [row.case_id for row in ask.contests_to_decide(db)] == [other]
        (done,) = ask.contests_of_case(db, one)
        assert (done.state, done.payer, done.was_payer) == (ContestState.DECIDED, Payer.DEVELOPER, Payer.OCCUPIER)
        assert [row.quote for row in ask.quotes_for_office(db, swift)] == [quote_id]
        assert [row.quote for row in ask.quotes_by_organisation(db, scene.organisation("harmony"))] == [quote_id]


def test_who_is_asked_to_pay_sees_the_quote_and_strangers_do_not(counter: Counter) -> None:
    """The neighbour sees what they are to pay for; whoever lives elsewhere does not."""
    scene = counter.scene
    case_id = counter.case(part=Part.NEIGHBOUR, payer=Payer.OCCUPIER)
    counter.quote(case_id, pays_at=counter.next_door)
    with asked(counter) as db:
        sees = {
            name: audience.CASE.sees(db, Reader(account=scene.account(name)), {"case_id": case_id})
            for name in ("tess", "nell", "cai")
        }
        assert sees == {"tess": True, "nell": True, "cai": False}
        assert not audience.CASE.sees(db, Reader(), {"case_id": case_id})
        arbiter = Reader(account=b"x" * 16, organisation=b"y" * 16, kind="government", roles=frozenset({"supervisor"}))
        assert audience.LISTS.sees(db, arbiter, {})
        grid = Reader(account=b"x" * 16, organisation=b"y" * 16, kind="government", roles=frozenset({"grid_worker"}))
        assert not audience.LISTS.sees(db, grid, {})
