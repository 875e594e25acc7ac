"""Every step as one line, and to whom: nothing is left out, and each sees as much as the rules say."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community.funds.rules import Access
from linlian.community.funds.rules_asking import AskQuestion
from linlian.community.funds.rules_founding import GrantAccess
from linlian.community.identity.tests.village import DAY_MS, content, organisation_id
from linlian.community.programmes.tests.rounds import mark
from linlian.community.transfers import contract
from linlian.community.transfers import views as ask
from linlian.community.transfers.rules_receipts import ConfirmReceipt
from linlian.community.transfers.tests.counter import Counter
from linlian.community.transfers.tests.test_views import READERS, reader_of, rows
from linlian.community.transfers.views.watching import WATCHED, StepKind
from linlian.kernel.codec import decode_plain
from linlian.node import source
from linlian.readmodel.audience import OUTSIDER, Reader

PEOPLE = ("anna", "bo", "cai", "grandmother", "uncle")


@pytest.fixture(scope="module")
def watched() -> Counter:
    """Five people in one round, paid through the bank and late; two in another; a gift of somebody who objects."""
    counter = Counter()
    cycle, lines = counter.payable(*PEOPLE, amount_minor=20_000)
    counter.payable("bo", "cai", amount_minor=7_700)
    counter.receive(3_300, donor=counter.id("dan"))
    found = counter.approved(cycle, *lines)
    first = counter.through(cycle, 100_000)
    for name, payment in zip(PEOPLE[:2], found, strict=False):
        hop = counter.pay(cycle, payment, "teller", first)
        if name == "anna":
            counter.do(name, ConfirmReceipt(hop=hop, amount_minor=20_000))
    asking = AskQuestion(fund=counter.fund, answer_by=counter.later(2), words=content("why?"), record=first)
    counter.do("rita", asking)
    counter.do("ada", GrantAccess(fund=counter.fund, organisation=organisation_id("bank"), access=Access.AUDIT))
    counter.do("ada", GrantAccess(fund=counter.fund, organisation=organisation_id("harmony"), access=Access.FULL))
    counter.town.advance(ms=50 * DAY_MS)
    return counter


def test_every_event_is_a_step() -> None:
    told = [name for name, _, _ in WATCHED]
    there = [name for each in (*contract.needs, contract) if each.name != "identity" for name in each.events]
    assert sorted(told) == sorted(there), "name it in views/watching.py and give it a label in web/words_watch.toml"


def test_parties_see_every_event_of_the_fund_once(watched: Counter) -> None:
    with rows(watched) as db:
        told = {(row.height, row.receipt, row.event) for row in ask.watched_steps(db, fund=watched.fund, limit=1000)}
    there = {
        (block.header.height, number, place)
        for block in watched.town.blocks
        for number, receipt in enumerate(block.receipts)
        for place, entry in enumerate(receipt.entries)
        if decode_plain(entry)[1].startswith(("funds.", "programmes.", "transfers."))
    }
    assert told == there
    assert len(told) > 50


def test_what_was_moved_is_the_same_for_everybody(watched: Counter) -> None:
    """The published steps come to the movements that anybody may download."""
    kinds = {
        "sent": "money_sent",
        "arrived": "money_confirmed",
        "delivered": "receipt_confirmed",
        "income": "gift_received",
    }
    with rows(watched) as db:
        moved = ask.movements(db, watched.fund, limit=1000)
        steps = ask.published_steps(db, fund=watched.fund, limit=1000)
    for kind, name in kinds.items():
        kept = sum(row.amount_minor for row in moved if row.kind in (kind, "passed" if kind == "sent" else kind))
        assert kept == sum(row.amount_minor for row in steps if row.name.endswith(f".{name}")) > 0


def test_nobody_outside_learns_who_or_how_much_of_a_few(watched: Counter) -> None:
    secret = {watched.known[name] for name in PEOPLE} | {watched.id(name) for name in ("anna", "bo", "cai", "dan")}
    secret |= {mark(name) for name in PEOPLE}
    with rows(watched) as db:
        published = ask.published_steps(db, limit=1000)
        audited = ask.audited_steps(db, fund=watched.fund, limit=1000)
        full = ask.watched_steps(db, regulator=organisation_id("street"), limit=1000)
    for row in (*published, *audited):
        assert not secret & {cell for cell in row if isinstance(cell, bytes)}, row
    assert not {7_700, 15_400} & {row.amount_minor for row in published}
    assert {7_700, 15_400} <= {row.amount_minor for row in audited}
    assert secret & {row.who for row in full} == {watched.known[name] for name in PEOPLE} | {watched.id("dan")}
    assert {row.kind for row in published} < {row.kind for row in audited} <= {row.kind for row in full}
    assert len(published) < len(audited) < len(full)


def test_whoever_signs_for_themselves_is_not_told_as_an_office(watched: Counter) -> None:
    with rows(watched) as db:
        (received,) = ask.watched_steps(db, fund=watched.fund, kind=StepKind.RECEIPT, limit=1000)[-1:]
        asked = ask.watched_steps(db, fund=watched.fund, kind=StepKind.QUESTION)[-1]
    assert (received.name, received.acted, received.detail) == ("transfers.receipt_confirmed", b"", "own_key")
    assert asked.acted == watched.id("rita")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"late": True, "kind": StepKind.RECEIPT}, {"transfers.receipt_silent"}),
        ({"late": True, "kind": StepKind.DEADLINE}, {"funds.deadline_missed"}),
        ({"kind": StepKind.QUESTION}, {"funds.question_asked"}),
        ({"over_minor": 500_000, "kind": StepKind.INCOME}, {"funds.gift_received"}),
        ({"over_minor": 500_001, "kind": StepKind.INCOME}, set()),
        ({"programme": bytes(16)}, set()),
    ],
)
def test_steps_are_found_by_kind_sum_and_lateness(watched: Counter, filters: dict[str, Any], names: set[str]) -> None:
    with rows(watched) as db:
        assert {row.name for row in ask.watched_steps(db, fund=watched.fund, **filters)} == names


def test_what_is_late_says_what_it_is(watched: Counter) -> None:
    with rows(watched) as db:
        late = ask.published_steps(db, fund=watched.fund, late=True, limit=1000)
    assert {row.detail for row in late} == {"question_due", "hop_stands_still", "receipt_unconfirmed", ""}
    assert [row.name for row in late if not row.detail] == ["transfers.receipt_silent"]
    with rows(watched) as db:
        (silent,) = ask.silences_of_fund(db, watched.fund)
    assert (silent.programme, silent.receipts, silent.amount_minor) == (watched.programme, 1, 20_000)


SEES = {
    "max": "full",
    "ada": "full",
    "rita": "full",
    "clerk": "full",
    "teller": "audit",
    "desk": "public",
    "anna": "public",
    "nobody": "public",
}
READERS_TOO = {**READERS, "clerk": Reader(organisation=organisation_id("harmony"), roles=frozenset({"clerk"}))}


@pytest.mark.parametrize("name", SEES)
def test_each_sees_as_much_as_the_fund_says(watched: Counter, name: str) -> None:
    reader = OUTSIDER if name == "nobody" else reader_of(watched, name, READERS_TOO[name])
    found = []
    with rows(watched) as db:
        for level, query in (("full", "watched_steps"), ("audit", "audited_steps"), ("public", "published_steps")):
            declared = source.queries()[f"transfers.{query}"]
            asked: dict[str, Any] = dict.fromkeys(declared.parameters) | {"fund": watched.fund}
            if declared.seen_by.sees(db, reader, asked):
                found.append(level)
    assert found[0] == SEES[name]


@pytest.mark.parametrize(
    ("reader", "sees"),
    [
        (Reader(bytes(16), organisation_id("street"), "", frozenset({"supervisor"})), True),
        (Reader(b"", organisation_id("street"), "", frozenset({"desk"})), True),
        (Reader(bytes(16), organisation_id("street"), "", frozenset({"desk"})), False),
        (Reader(bytes(16), organisation_id("bank"), "", frozenset({"supervisor"})), False),
        (Reader(bytes(16), b"", "", frozenset()), False),
        (OUTSIDER, False),
    ],
)
def test_all_funds_of_a_regulator_are_for_those_who_watch_and_their_systems(
    watched: Counter, reader: Reader, sees: bool
) -> None:
    declared = source.queries()["transfers.watched_steps"]
    for regulator, expected in ((organisation_id("street"), sees), (None, False), (b"", False)):
        asked: dict[str, Any] = dict.fromkeys(declared.parameters) | {"regulator": regulator}
        with rows(watched) as db:
            assert declared.seen_by.sees(db, reader, asked) is expected
