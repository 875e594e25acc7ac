"""The treasury with a programme in it, and shortcuts through the life of a cycle."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from linlian.community import programmes
from linlian.community.funds.tests.treasury import Treasury
from linlian.community.identity.tests.village import content
from linlian.community.programmes.rules import Cycle, Entitlement, Form, Programme, cycles, entitlements
from linlian.community.programmes.rules import programmes as rows
from linlian.community.programmes.rules_cycles import ApproveCycle, CycleDrafted, DraftCycle, SubmitCycle
from linlian.community.programmes.rules_entitling import (
    EnterEntitlement,
    EntitlementEntered,
    RecipientRegistered,
    RegisterRecipient,
)
from linlian.community.programmes.rules_objecting import ObjectionRaised, ObjectToCycle
from linlian.community.programmes.rules_running import ApproveProgramme, DraftProgramme, ProgrammeDrafted
from linlian.kernel.codec import replace
from linlian.kernel.contract import Contract


def mark(name: str) -> bytes:
    """As whoever holds the fund's key would make it of somebody's number."""
    return sha256(b"the fund's own key:" + name.encode()).digest()


class Rounds(Treasury):
    """A treasury that spends. `programme` runs for a hundred days with a budget of ten thousand yuan."""

    def __init__(self, *more: Contract) -> None:
        super().__init__(programmes.contract, *more)
        self.programme = self.start()
        self.known: dict[str, bytes] = {}

    def plan(self, **more: Any) -> DraftProgramme:
        usual = DraftProgramme(
            fund=self.fund,
            code="winter",
            purse="general",
            budget_minor=1_000_000,
            currency="CNY",
            starts=self.town.time,
            until=self.later(100),
            purpose=content("coal and coats"),
        )
        return replace(usual, **more)

    def draft(self, **more: Any) -> bytes:
        programme: bytes = self.do("max", self.plan(**more)).the(ProgrammeDrafted).programme
        return programme

    def start(self, **more: Any) -> bytes:
        programme = self.draft(**more)
        for name in ("ada", "ben")[: 1 + (self.of(programme).budget_minor > self.row().limit_minor)]:
            self.do(name, ApproveProgramme(programme=programme, budget_minor=self.of(programme).budget_minor))
        return programme

    def cycle(self, programme: bytes = b"", ceiling_minor: int = 500_000, days: int = 50) -> bytes:
        command = DraftCycle(
            programme=programme or self.programme,
            ceiling_minor=ceiling_minor,
            starts=self.town.time,
            until=self.later(days),
        )
        cycle: bytes = self.do("max", command).the(CycleDrafted).cycle
        return cycle

    def recipient(self, name: str, **more: Any) -> bytes:
        """Somebody in the fund's register, each once."""
        if name not in self.known:
            account = self.village.people[name].account if name in self.village.people else None
            usual = RegisterRecipient(fund=self.fund, mark=mark(name), particulars=content(name), account=account)
            done = self.do("max", replace(usual, **more))
            self.known[name] = done.the(RecipientRegistered).recipient
        return self.known[name]

    def entry(self, cycle: bytes, name: str = "anna", amount_minor: int = 30_000, **more: Any) -> EnterEntitlement:
        usual = EnterEntitlement(
            cycle=cycle,
            recipient=self.recipient(name),
            form=Form.MONEY,
            amount_minor=amount_minor,
            currency="CNY",
            until=self.later(40),
        )
        return replace(usual, **more)

    def entitle(self, cycle: bytes, name: str = "anna", amount_minor: int = 30_000, **more: Any) -> bytes:
        done = self.do("max", self.entry(cycle, name, amount_minor, **more))
        entitlement: bytes = done.the(EntitlementEntered).entitlement
        return entitlement

    def submit(self, cycle: bytes) -> None:
        self.do("max", SubmitCycle(cycle=cycle, notice=content("the list")))

    def approval(self, cycle: bytes) -> ApproveCycle:
        row = self.round(cycle)
        return ApproveCycle(cycle=cycle, entitlements=row.entitlements, entitled_minor=row.entitled_minor)

    def approve(self, cycle: bytes) -> None:
        """By as many as it takes."""
        self.submit(cycle)
        many = 1 + (self.round(cycle).entitled_minor > self.row().limit_minor)
        many = 1 if self.of(self.round(cycle).programme).emergency else many
        for name in ("ada", "ben")[:many]:
            self.do(name, self.approval(cycle))

    def payable(self, *names: str, amount_minor: int = 30_000, **more: Any) -> tuple[bytes, list[bytes]]:
        """A cycle that may be paid, and its entitlements."""
        cycle = self.cycle(**more)
        lines = [self.entitle(cycle, name, amount_minor) for name in names or ("anna",)]
        self.approve(cycle)
        return cycle, lines

    def object(self, cycle: bytes, entitlement: bytes | None = None, name: str = "dan") -> bytes:
        command = ObjectToCycle(cycle=cycle, entitlement=entitlement, words=content("not they"))
        objection: bytes = self.do(name, command).the(ObjectionRaised).objection
        return objection

    def of(self, programme: bytes) -> Programme:
        found = self.town.get(rows, programme)
        assert isinstance(found, Programme)
        return found

    def round(self, cycle: bytes) -> Cycle:
        found = self.town.get(cycles, cycle)
        assert isinstance(found, Cycle)
        return found

    def line(self, entitlement: bytes) -> Entitlement:
        found = self.town.get(entitlements, entitlement)
        assert isinstance(found, Entitlement)
        return found
