"""Rounds that are paid, and shortcuts through the life of a payment."""

from __future__ import annotations

from typing import Any

from linlian.community import transfers
from linlian.community.identity.tests.village import content, organisation_id
from linlian.community.programmes.tests.rounds import Rounds, mark
from linlian.community.transfers.rules import Hop, Payment, hops, payments
from linlian.community.transfers.rules_banking import RecordLine
from linlian.community.transfers.rules_hops import ConfirmMoney, MoneySent, SendMoney
from linlian.community.transfers.rules_paying import ApprovePayments, EnterPayments, PaymentEntered, PaymentLine
from linlian.community.transfers.rules_receipts import ConfirmReceipt
from linlian.kernel.codec import replace


class Counter(Rounds):
    """With five thousand yuan in the general sub-account."""

    def __init__(self) -> None:
        super().__init__(transfers.contract)
        self.receive(500_000)

    def enter(self, cycle: bytes, *lines: bytes, amount_minor: int = 0) -> list[bytes]:
        told = tuple(
            PaymentLine(entitlement=line, amount_minor=amount_minor or self.line(line).amount_minor) for line in lines
        )
        events = self.do("max", EnterPayments(cycle=cycle, lines=told)).events
        return [event.payment for event in events if isinstance(event, PaymentEntered)]

    def approving(self, cycle: bytes, *found: bytes) -> ApprovePayments:
        total = sum(self.payment(each).amount_minor for each in found)
        return ApprovePayments(cycle=cycle, payments=found, total_minor=total)

    def approved(self, cycle: bytes, *lines: bytes, amount_minor: int = 0) -> list[bytes]:
        """Payments, approved by as many as it takes."""
        found = self.enter(cycle, *lines, amount_minor=amount_minor)
        many = 1 + max(self.payment(each).amount_minor > self.row().limit_minor for each in found)
        for name in ("ada", "ben")[:many]:
            self.do(name, self.approving(cycle, *found))
        return found

    def send(self, name: str, cycle: bytes, amount_minor: int, **more: Any) -> bytes:
        done = self.do(name, SendMoney(cycle=cycle, amount_minor=amount_minor, **more))
        hop: bytes = done.the(MoneySent).hop
        return hop

    def through(self, cycle: bytes, amount_minor: int, receiver: str = "bank", confirm: bool = True) -> bytes:
        """A first hop to an organisation."""
        hop = self.send("max", cycle, amount_minor, receiver=organisation_id(receiver))
        if confirm:
            self.do(receiver, ConfirmMoney(hop=hop, amount_minor=amount_minor))
        return hop

    def pay(self, cycle: bytes, payment: bytes, name: str = "max", continues: bytes | None = None) -> bytes:
        """The last hop of a payment."""
        return self.send(name, cycle, self.payment(payment).amount_minor, payment=payment, continues=continues)

    def paid(self, name: str = "anna", amount_minor: int = 30_000, confirm: bool = True) -> tuple[bytes, bytes]:
        """A payment from the fund to somebody, and its hop."""
        cycle, lines = self.payable(name, amount_minor=amount_minor)
        (payment,) = self.approved(cycle, *lines)
        hop = self.pay(cycle, payment)
        if confirm:
            self.do(name, ConfirmReceipt(hop=hop, amount_minor=amount_minor))
        return payment, hop

    def booking(self, number: int = 1, amount_minor: int = 30_000, **more: Any) -> RecordLine:
        usual = RecordLine(
            fund=self.fund,
            mark=mark(f"line {number}"),
            amount_minor=amount_minor,
            currency="CNY",
            booked_at=self.town.time,
            line=content(f"line {number}"),
        )
        return replace(usual, **more)

    def payment(self, payment: bytes) -> Payment:
        found = self.town.get(payments, payment)
        assert isinstance(found, Payment)
        return found

    def hop(self, hop: bytes) -> Hop:
        found = self.town.get(hops, hop)
        assert isinstance(found, Hop)
        return found
