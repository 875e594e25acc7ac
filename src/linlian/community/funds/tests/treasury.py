"""A village with money: a charity that holds a fund, who approves, who watches, whom it goes through, who gives.

charity    holds the fund: max and mia manage it, officer `charity`
owners     the approving body: officer `owners`, ada and ben of the committee
street     the regulator: officer `street`, rita supervises
harmony    the property company, which money may go through: officer `harmony`, its clerk
bank       a third party, which money may go through: officer `bank`, its clerk `teller`
Anna, Bo and Cai live here; Dan gives.
"""

from __future__ import annotations

from typing import Any

from linlian.community import funds
from linlian.community.funds.rules import Fund, FundKind, Pot, Source, books, pots, purses
from linlian.community.funds.rules import funds as rows
from linlian.community.funds.rules_founding import ConfirmFund, FundOpened, OpenFund
from linlian.community.funds.rules_income import (
    EnterRefund,
    GiftPromised,
    GiftReceived,
    Give,
    RecordIncome,
    RefundEntered,
)
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.tests.village import DAY_MS, Village, content, found_village, organisation_id
from linlian.kernel.codec import replace
from linlian.kernel.contract import Contract, compose

KINDS = {
    "charity": OrganisationKind.THIRD_PARTY,
    "owners": OrganisationKind.OWNERS_COMMITTEE,
    "street": OrganisationKind.GOVERNMENT,
    "harmony": OrganisationKind.PROPERTY_COMPANY,
    "bank": OrganisationKind.THIRD_PARTY,
}
STAFF = {
    "max": ("charity", Role.CLERK),
    "mia": ("charity", Role.CLERK),
    "ada": ("owners", Role.COMMITTEE_MEMBER),
    "ben": ("owners", Role.COMMITTEE_MEMBER),
    "rita": ("street", Role.SUPERVISOR),
    "desk": ("street", Role.DESK),
    "clerk": ("harmony", Role.CLERK),
    "teller": ("bank", Role.CLERK),
}
LIMIT = 100_000
"""A thousand yuan: above it two people approve."""


class Treasury:
    """The village and its fund, with shortcuts."""

    def __init__(self, *more: Contract) -> None:
        self.village: Village = found_village(funds.contract, *more, **KINDS)
        for name, (employer, role) in STAFF.items():
            self.village.hire(employer, name, role)
        for name in ("anna", "bo", "cai", "dan"):
            self.village.settle(name, invited_by="desk")
        self.fund = self.open()

    @property
    def town(self) -> Any:
        return self.village.town

    def do(self, name: str, command: Any) -> Any:
        return self.village.do(name, command)

    def refusal(self, name: str, command: Any) -> str:
        return self.village.refusal(name, command)

    def id(self, name: str) -> bytes:
        return self.village.id(name)

    def later(self, days: int = 1) -> int:
        return int(self.town.time) + days * DAY_MS

    def opening(self, **more: Any) -> OpenFund:
        usual = OpenFund(
            kind=FundKind.WELFARE,
            code="warm-winter",
            approver=organisation_id("owners"),
            regulator=organisation_id("street"),
            currency="CNY",
            limit_minor=LIMIT,
            purses=("general", "meals"),
            managers=(self.id("max"), self.id("mia")),
            bank=content("account 1"),
            rules=content("rules"),
        )
        return replace(usual, **more)

    def open(self, confirm: bool = True, **more: Any) -> bytes:
        fund: bytes = self.do("charity", self.opening(**more)).the(FundOpened).fund
        if confirm:
            self.do("ada", ConfirmFund(fund=fund))
        return fund

    def income(self, amount_minor: int = 50_000, **more: Any) -> RecordIncome:
        usual = RecordIncome(
            fund=self.fund,
            source=Source.COMMON_PARTS,
            amount_minor=amount_minor,
            currency="CNY",
            purse="general",
            particulars=content("rent of the roof"),
        )
        return replace(usual, **more)

    def receive(self, amount_minor: int = 50_000, **more: Any) -> bytes:
        """Money is in; the gift's id."""
        gift: bytes = self.do("max", self.income(amount_minor, **more)).the(GiftReceived).gift
        return gift

    def promise(self, amount_minor: int = 50_000, name: str = "dan", **more: Any) -> bytes:
        usual = Give(fund=self.fund, amount_minor=amount_minor, currency="CNY", purse="general")
        gift: bytes = self.do(name, replace(usual, **more)).the(GiftPromised).gift
        return gift

    def refund(self, gift: bytes, amount_minor: int) -> bytes:
        refund: bytes = self.do("max", EnterRefund(gift=gift, amount_minor=amount_minor)).the(RefundEntered).refund
        return refund

    def row(self, fund: bytes = b"") -> Fund:
        found = self.town.get(rows, fund or self.fund)
        assert isinstance(found, Fund)
        return found

    def pot(self, programme: bytes) -> Pot:
        found = self.town.get(pots, programme)
        assert isinstance(found, Pot)
        return found

    def books(self) -> tuple[int, int, int, int]:
        """In, refunded, out, delivered."""
        found = self.town.get(books, self.fund)
        return found.in_minor, found.refunded_minor, found.out_minor, found.delivered_minor

    def balance(self, purse: str = "general") -> int:
        found = self.town.get(purses, compose(self.fund, purse))
        return 0 if found is None else int(found.balance_minor)
