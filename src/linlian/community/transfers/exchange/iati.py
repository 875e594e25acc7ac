"""IATI 2.03: a fund, its programmes and the hands that its money goes through, as activities that lead to one another.

    activities(Told(fund, …), now)      # the bytes of a file, valid by the official schema

Rules
- The fund is an activity; so is each programme that was approved, and of a programme each organisation that its money
  goes to. Money goes from activity to activity: whoever sends names the receiver's (`receiver-activity-id`), whoever
  receives the sender's (`provider-activity-id`), and each of them stands in the same file.
- A movement between organisations is a transaction of its own, whose `ref` says where it stands in the ledger
  (height-receipt-event, as in the file of movements). What goes to recipients is added up by day and hand.
- Nobody who gave or receives is named. What failed or came back is a transaction of less than nothing, as IATI has
  corrections, on the day when that was known.
- So of each activity what came less what went is what is still there, in hundredths that add up exactly.

Codes: TransactionType 1 incoming funds, 2 outgoing commitment, 3 disbursement, 4 expenditure; ActivityStatus
2 implementation, 3 finalisation, 4 closed; ActivityDateType 1 planned start, 2 actual start, 3 planned end, 4 actual
end; OrganisationRole 2 accountable, 3 extending, 4 implementing; RelatedActivityType 1 parent, 2 child;
OrganisationType 90 other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from linlian.community.funds.views import FundRow
from linlian.community.programmes.views import ProgrammeRow
from linlian.community.transfers.exchange.giving import day_of
from linlian.community.transfers.views import DayRow, HandRow, MoveRow

VERSION = "2.03"
INCOMING, COMMITMENT, DISBURSEMENT, EXPENDITURE = "1", "2", "3", "4"
ACCOUNTABLE, EXTENDING, IMPLEMENTING = "2", "3", "4"
PARENT, CHILD = "1", "2"
PLANNED_START, ACTUAL_START, PLANNED_END, ACTUAL_END = "1", "2", "3", "4"
STATUS = {"running": "2", "ended": "3", "accounted": "4"}
"""Of programmes; others were never approved."""
FUND_STATUS = {"open": "2", "closed": "4"}
OTHER = "90"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
SIGNS = {"income": 1, "refund": -1, "sent": 1, "passed": 1, "arrived": 1, "failed": -1, "back": -1}


class Told(NamedTuple):
    """What everybody may see of a fund. `income` are its movements of that kind and refunds.

    names       what organisations are called
    about       a sentence on what the file tells, in `language`
    """

    fund: FundRow
    programmes: Sequence[ProgrammeRow]
    income: Sequence[MoveRow]
    hands: Sequence[HandRow]
    days: Sequence[DayRow]
    names: dict[bytes, str]
    about: str
    language: str


class _Paid(NamedTuple):
    """A transaction: at which activity, what kind, when, how much, from and to which activity."""

    at: str
    kind: str
    day: str
    amount_minor: int
    ref: str = ""
    provider: str = ""
    receiver: str = ""


def activities(told: Told, now: int) -> bytes:
    """The whole file, as UTF-8; `now` is in milliseconds."""
    root = Element("iati-activities", {"version": VERSION, "generated-datetime": f"{day_of(now)}T00:00:00Z"})
    book = _Book(told)
    for activity in book.activities():
        root.append(activity)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


class _Book:
    """The activities of a fund by their identifiers, and the transactions of each."""

    def __init__(self, told: Told):
        self._told = told
        self._holder = told.fund.organisation
        self._fund = f"{org_ref(self._holder)}-{told.fund.fund.hex()}"
        self._plans = [each for each in told.programmes if each.state in STATUS]
        self._codes = {each.programme: each.code for each in self._plans}
        self._paid: dict[str, list[_Paid]] = {}
        for paid in self._all():
            if paid.amount_minor:
                self._paid.setdefault(paid.at, []).append(paid)

    def activities(self) -> Iterator[Element]:
        """The fund, its programmes, and the hands of each, every one of them with what it paid and received."""
        fund, told = self._told.fund, self._told
        children = [self._plan(each.programme) for each in self._plans]
        dates = [(ACTUAL_START, fund.confirmed_at or fund.opened_at)]
        begun = self._begin(self._fund, told.fund.code, FUND_STATUS.get(fund.state, "1"), dates)
        yield self._finish(begun, self._fund, [(CHILD, each) for each in children])
        for plan in self._plans:
            identifier = self._plan(plan.programme)
            hands = self._hands_of(plan.programme)
            dates = [(PLANNED_START, plan.starts), (ACTUAL_START, plan.approved_at), (PLANNED_END, plan.until)]
            dates += [(ACTUAL_END, plan.ended_at)] if plan.ended_at else []
            begun = self._begin(identifier, plan.code, STATUS[plan.state], dates)
            related = [(PARENT, self._fund), *((CHILD, self._hand(plan.programme, each)) for each in hands)]
            yield self._finish(begun, identifier, related)
            for hand in hands:
                own = self._hand(plan.programme, hand)
                title = f"{plan.code}: {told.names.get(hand, hand.hex())}"
                begun = self._begin(own, title, STATUS[plan.state], dates, hand)
                yield self._finish(begun, own, [(PARENT, identifier)])

    def _all(self) -> Iterator[_Paid]:
        for move in self._told.income:
            yield _Paid(self._fund, INCOMING, day_of(move.time), SIGNS[move.kind] * move.amount_minor, _ref(move))
        for plan in self._plans:
            yield _Paid(self._plan(plan.programme), COMMITMENT, day_of(plan.approved_at), plan.budget_minor)
        for hop in self._told.hands:
            yield from self._between(hop)
        for row in self._told.days:
            day, at = day_of(row.day * 86_400_000), self._hand(row.programme, row.sender)
            if not row.sender:
                yield from self._into(row.programme, day, row.amount_minor)
            yield _Paid(at, EXPENDITURE, day, row.amount_minor)

    def _between(self, hop: HandRow) -> Iterator[_Paid]:
        """A movement between two organisations: of the sender, of the receiver, or of both where it comes back."""
        amount, day, ref = SIGNS[hop.kind] * hop.amount_minor, day_of(hop.time), _ref(hop)
        sender, receiver = self._hand(hop.programme, hop.sender), self._hand(hop.programme, hop.receiver)
        if hop.kind != "arrived":
            if not hop.sender:
                yield from self._into(hop.programme, day, amount, ref)
            yield _Paid(sender, DISBURSEMENT, day, amount, ref, receiver=receiver)
        if hop.kind in ("arrived", "back"):
            yield _Paid(receiver, INCOMING, day, amount, ref, provider=sender)

    def _into(self, programme: bytes, day: str, amount_minor: int, ref: str = "") -> Iterator[_Paid]:
        """What leaves the fund for a programme goes through the programme's activity."""
        plan = self._plan(programme)
        yield _Paid(self._fund, DISBURSEMENT, day, amount_minor, ref, receiver=plan)
        yield _Paid(plan, INCOMING, day, amount_minor, ref, provider=self._fund)

    def _plan(self, programme: bytes) -> str:
        return f"{org_ref(self._holder)}-{programme.hex()}"

    def _hand(self, programme: bytes, organisation: bytes) -> str:
        """The activity of an organisation within a programme; the fund's own is the programme itself."""
        plan = self._plan(programme)
        return f"{plan}-{organisation.hex()}" if organisation else plan

    def _hands_of(self, programme: bytes) -> list[bytes]:
        own = [hop for hop in self._told.hands if hop.programme == programme]
        return sorted({each for hop in own for each in (hop.sender, hop.receiver) if each})

    def _begin(
        self, identifier: str, title: str, status: str, dates: Sequence[tuple[str, int]], hand: bytes = b""
    ) -> Element:
        """An activity with all that IATI asks of each."""
        told = self._told
        activity = Element("iati-activity", {"default-currency": told.fund.currency, LANGUAGE: told.language})
        SubElement(activity, "iati-identifier").text = identifier
        reporting = {"ref": org_ref(self._holder), "type": OTHER}
        if hand:
            reporting["secondary-reporter"] = "1"
        _narrate(SubElement(activity, "reporting-org", reporting), self._name(self._holder))
        _narrate(SubElement(activity, "title"), title)
        _narrate(SubElement(activity, "description"), told.about)
        parts = [(ACCOUNTABLE, told.fund.approver), (EXTENDING, self._holder), (IMPLEMENTING, hand or self._holder)]
        for role, organisation in parts:
            of = {"ref": org_ref(organisation), "type": OTHER, "role": role}
            _narrate(SubElement(activity, "participating-org", of), self._name(organisation))
        SubElement(activity, "activity-status", {"code": status})
        for kind, time in dates:
            SubElement(activity, "activity-date", {"type": kind, "iso-date": day_of(time)})
        return activity

    def _finish(self, activity: Element, identifier: str, related: Sequence[tuple[str, str]]) -> Element:
        for paid in sorted(self._paid.get(identifier, ()), key=lambda each: (each.day, each.ref, each.kind)):
            _transaction(activity, paid)
        for kind, other in related:
            SubElement(activity, "related-activity", {"ref": other, "type": kind})
        return activity

    def _name(self, organisation: bytes) -> str:
        return self._told.names.get(organisation, organisation.hex())


def org_ref(organisation: bytes) -> str:
    """What an organisation is called in identifiers, here and in 360Giving."""
    return f"linlian-{organisation.hex()}"


def _transaction(activity: Element, paid: _Paid) -> None:
    whole = SubElement(activity, "transaction", {"ref": paid.ref} if paid.ref else {})
    SubElement(whole, "transaction-type", {"code": paid.kind})
    SubElement(whole, "transaction-date", {"iso-date": paid.day})
    sign, (units, hundredths) = "-" if paid.amount_minor < 0 else "", divmod(abs(paid.amount_minor), 100)
    SubElement(whole, "value", {"value-date": paid.day}).text = f"{sign}{units}.{hundredths:02}"
    if paid.provider:
        SubElement(whole, "provider-org", {"provider-activity-id": paid.provider})
    if paid.receiver:
        SubElement(whole, "receiver-org", {"receiver-activity-id": paid.receiver})


def _ref(move: MoveRow | HandRow) -> str:
    return f"{move.height}-{move.receipt}-{move.event}"


def _narrate(element: Element, text: str) -> None:
    SubElement(element, "narrative").text = text
