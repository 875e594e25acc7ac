"""What the rows say, and to whom: everybody sees sums and hands, nobody outside sees who receives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from linlian.community.funds import views as funds_views
from linlian.community.funds.rules import Access
from linlian.community.funds.rules_founding import GrantAccess
from linlian.community.identity.tests.village import content, organisation_id
from linlian.community.identity.views import views as identity_views
from linlian.community.programmes import views as plans
from linlian.community.transfers import views as ask
from linlian.community.transfers.rules import roll_item, rolls
from linlian.community.transfers.rules_paying import CancelPayment
from linlian.community.transfers.rules_receipts import AttestReceipt, ConfirmReceipt
from linlian.community.transfers.tests.counter import Counter
from linlian.kernel.rolls import roll_of
from linlian.node import source
from linlian.readmodel.audience import OUTSIDER, Reader
from linlian.readmodel.view import Reads
from linlian.testing.rows import reading

NAMES = ("anna", "bo", "cai", "grandmother", "uncle", "aunt")
READERS = {
    "max": Reader(organisation=organisation_id("charity"), roles=frozenset({"clerk"})),
    "ada": Reader(organisation=organisation_id("owners"), roles=frozenset({"committee_member"})),
    "rita": Reader(organisation=organisation_id("street"), roles=frozenset({"supervisor"})),
    "desk": Reader(organisation=organisation_id("street"), roles=frozenset({"desk"})),
    "teller": Reader(organisation=organisation_id("bank"), roles=frozenset({"clerk"})),
    "anna": Reader(),
    "nobody": OUTSIDER,
}


@pytest.fixture(scope="module")
def paid() -> tuple[Counter, bytes]:
    """Six people in one round, two in another; the first two have it, the money went through the bank."""
    counter = Counter()
    cycle, lines = counter.payable(*NAMES, amount_minor=20_000)
    counter.payable("bo", "cai")
    found = counter.approved(cycle, *lines)
    first = counter.through(cycle, 120_000)
    for name, payment in zip(NAMES[:2], found, strict=False):
        hop = counter.pay(cycle, payment, "teller", first)
        counter.do(name, ConfirmReceipt(hop=hop, amount_minor=20_000))
    counter.promise(7_000)
    counter.receive(3_000, donor=counter.id("dan"))
    counter.receive(4_000, donor=counter.id("dan"), public=True)
    counter.do("ada", GrantAccess(fund=counter.fund, organisation=organisation_id("bank"), access=Access.AUDIT))
    return counter, cycle


@contextmanager
def rows(counter: Counter) -> Iterator[Reads]:
    with reading(counter.town.blocks, identity_views, funds_views.views, plans.views, ask.views) as db:
        yield db


def test_the_flow_says_who_has_it(paid: tuple[Counter, bytes]) -> None:
    counter, _ = paid
    with rows(counter) as db:
        told = [(row.receiver, row.sent_minor, row.arrived_minor) for row in ask.flows_of(db, counter.programme)]
        assert sorted(told) == sorted([(organisation_id("bank"), 120_000, 120_000), (b"", 40_000, 40_000)])
        now = ask.sum_of(db, counter.programme)
        assert now is not None
        assert (now.out_minor, now.held_minor, now.delivered_minor, now.receipts) == (120_000, 80_000, 40_000, 2)
        (basis,) = ask.receipts_by_basis(db, counter.programme)
        assert (basis.basis, basis.receipts) == ("own_key", 2)


def test_a_fund_has_all_that_its_programmes_have(paid: tuple[Counter, bytes]) -> None:
    counter, _ = paid
    with rows(counter) as db:
        (one,), total = ask.sums_of_fund(db, counter.fund), ask.total_of(db, counter.fund)
        assert total is not None
        assert (one.out_minor, one.held_minor, one.delivered_minor) == (120_000, 80_000, 40_000)
        assert total._asdict().items() <= one._asdict().items()


def test_a_line_is_to_be_paid_until_a_payment_stands_for_it_and_the_roll_counts_all() -> None:
    counter = Counter()
    cycle, lines = counter.payable("anna", "bo", "cai", amount_minor=20_000)
    first, _ = counter.enter(cycle, *lines[:2])
    counter.do("max", CancelPayment(payment=first))
    with rows(counter) as db:
        assert [row.entitlement for row in ask.lines_to_pay(db, cycle)] == [lines[0], lines[2]]
        assert [(row.number, row.state) for row in ask.roll_of_programme(db, counter.programme)] == [
            (1, "cancelled"),
            (2, "entered"),
        ]
    counter.enter(cycle, *lines[::2])
    with rows(counter) as db:
        assert ask.lines_to_pay(db, cycle) == []
        listed = ask.roll_of_programme(db, counter.programme)
        assert [row.entitlement for row in listed] == [*lines[:2], *lines[::2]]
        (roll,) = (row for _, row in counter.town.rows(rolls))
        items = [roll_item(row.payment, row.amount_minor) for row in listed]
        assert roll == roll_of(rolls.key(counter.programme), items)


def test_a_small_round_is_not_given_away_by_its_sums(paid: tuple[Counter, bytes]) -> None:
    counter, _ = paid
    with rows(counter) as db:
        small, large = plans.published_cycles(db, counter.programme)
        assert (small.few, small.entitlements, small.entitled_minor) == (True, 0, 0)
        assert (large.few, large.entitlements, large.entitled_minor) == (False, 6, 120_000)


def test_donors_are_named_where_they_want_to_be(paid: tuple[Counter, bytes]) -> None:
    counter, _ = paid
    with rows(counter) as db:
        named = {row.amount_minor: row.donor for row in funds_views.published_gifts(db, counter.fund)}
        assert (named[3_000], named[4_000]) == (b"", counter.id("dan"))
        assert 7_000 not in named, "a promise is no money"
        assert len(funds_views.gifts_of_donor(db, counter.id("dan"))) == 3


def test_each_step_of_a_programme_names_its_transaction(paid: tuple[Counter, bytes]) -> None:
    counter, _ = paid
    with rows(counter) as db:
        told = ask.course_of(db, counter.programme)
        assert [row.name for row in told][-4:] == ["round", "approved", "one_yes", "drafted"]
        assert all(len(row.item_id) == 32 for row in told)
        assert {row.number for row in told if row.name == "round_approved"} == {1, 2}


def test_managers_come_from_whoever_holds_the_fund(paid: tuple[Counter, bytes]) -> None:
    counter, _ = paid
    with rows(counter) as db:
        known = {row.account for row in funds_views.managers_of(db, counter.fund)}
        found = funds_views.candidates(db, counter.fund)
        assert known == {counter.id("max"), counter.id("mia")}
        assert {row.organisation for row in found} == {organisation_id("charity"), organisation_id("owners")}
        assert known < {row.account for row in found}


def test_a_sheet_with_one_witness_is_known_by_what_was_sealed() -> None:
    counter = Counter()
    cycle, lines = counter.payable("anna", amount_minor=20_000)
    (payment,) = counter.approved(cycle, *lines)
    hop = counter.pay(cycle, payment)
    counter.do("desk", AttestReceipt(hop=hop, paper=content("sheet")))
    with rows(counter) as db:
        row = ask.hop(db, hop)
        assert row is not None
        assert (row.sheet, row.sheet_hash) == (content("sheet").commitment, content("sheet").ciphertext_hash)
        assert (row.state, row.said_in) == ("sent", b"")
    counter.do("clerk", AttestReceipt(hop=hop, paper=content("sheet")))
    with rows(counter) as db:
        row = ask.hop(db, hop)
        assert row is not None
        assert (row.state, row.basis, len(row.said_in)) == ("confirmed", "witnessed_paper", 32)


MAY_SEE = {
    "programmes.list_of_cycle": ("max", "ada", "rita"),
    "transfers.payments_of_cycle": ("max", "ada", "rita"),
    "transfers.hops_of_cycle": ("max", "ada", "rita"),
    "transfers.lines_to_pay": ("max", "ada", "rita"),
    "transfers.roll_of_programme": ("max", "ada", "rita"),
    "programmes.register": ("max", "ada", "rita"),
    "funds.gifts_of_fund": ("max", "ada", "rita"),
    "transfers.statement": ("max", "ada", "rita", "teller"),
    "funds.refunds_of_fund": ("max", "ada", "rita", "teller"),
    "programmes.entitlements_of": ("anna",),
    "transfers.hops_to": ("anna",),
    "programmes.posted_lines": tuple(name for name in READERS if name != "nobody"),
    "transfers.flows_of": tuple(READERS),
    "transfers.movements": tuple(READERS),
    "transfers.movements_between": tuple(READERS),
    "transfers.paid_by_day": tuple(READERS),
    "funds.published_gifts": tuple(READERS),
    "funds.accesses_of": tuple(READERS),
    "funds.managers_of": ("max", "ada", "rita", "teller"),
    "funds.candidates": ("max", "ada", "rita", "teller"),
    "transfers.course_of": tuple(READERS),
    "transfers.hops_for": ("anna",),
    "programmes.entitlements_for": ("anna",),
}


@pytest.mark.parametrize("name", MAY_SEE)
def test_who_may_see_it(paid: tuple[Counter, bytes], name: str) -> None:
    counter, cycle = paid
    query = source.queries()[name]
    given = {"fund": counter.fund, "cycle": cycle, "programme": counter.programme, "account": counter.id("anna")}
    given["delegate"] = given["account"]
    asked = {part: given.get(part) for part in query.parameters}
    with rows(counter) as db:
        readers = {
            who: reader if who == "nobody" else reader_of(counter, who, reader) for who, reader in READERS.items()
        }
        assert tuple(who for who, reader in readers.items() if query.seen_by.sees(db, reader, asked)) == MAY_SEE[name]


def reader_of(counter: Counter, name: str, reader: Reader) -> Reader:
    return Reader(account=counter.id(name), organisation=reader.organisation, roles=reader.roles)


def test_nothing_public_names_a_recipient(paid: tuple[Counter, bytes]) -> None:
    """Neither the name that the fund has for them, nor their account, mark or particulars."""
    counter, cycle = paid
    secret = {row.recipient for row in all_recipients(counter)} | {row.account for row in all_recipients(counter)}
    secret |= {row.particulars for row in all_recipients(counter)}
    secret.discard(b"")
    public = [query for query in source.queries().values() if query.seen_by.names == ("everybody",)]
    ours = [query for query in public if query.name.split(".")[0] in ("funds", "programmes", "transfers")]
    assert len(ours) >= 12
    with rows(counter) as db:
        for query in ours:
            asked = {"fund": counter.fund, "programme": counter.programme, "cycle": cycle}
            given = {name: value for name, value in asked.items() if name in query.parameters}
            for row in query.ask(db, given):
                assert not secret & {cell for cell in row if isinstance(cell, bytes)}, query.name


def all_recipients(counter: Counter) -> list[plans.RecipientRow]:
    with rows(counter) as db:
        return plans.register(db, counter.fund)
