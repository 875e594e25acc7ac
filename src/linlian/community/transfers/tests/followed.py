"""A fund in the repairs' scene: the company holds what the common parts earn, the owners approve, the street watches.

lived = follow(scene)            # some months of it: paid, passed on, confirmed, failed, late, asked about
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from linlian.community.funds.rules import FundKind, Source
from linlian.community.funds.rules_asking import AskQuestion
from linlian.community.funds.rules_founding import ConfirmFund, FundOpened, OpenFund
from linlian.community.funds.rules_income import GiftPromised, Give, ReceiveGift, RecordIncome
from linlian.community.identity import Role
from linlian.community.programmes.rules import Form, entitlements, recipients
from linlian.community.programmes.rules_cycles import ApproveCycle, CycleDrafted, DraftCycle, SubmitCycle
from linlian.community.programmes.rules_entitling import (
    EnterEntitlement,
    EntitlementEntered,
    RecipientRegistered,
    RegisterRecipient,
)
from linlian.community.programmes.rules_running import ApproveProgramme, DraftProgramme, ProgrammeDrafted
from linlian.community.programmes.tests.rounds import mark
from linlian.community.repairs.tests.scene import DAY, Scene, content, hire
from linlian.community.transfers.rules_hops import ConfirmMoney, MoneySent, SendMoney
from linlian.community.transfers.rules_paying import ApprovePayments, EnterPayments, PaymentEntered, PaymentLine
from linlian.community.transfers.rules_receipts import ConfirmReceipt, RecordCall
from linlian.community.transfers.rules_returning import FailHop

MEALS = 42_000
NAMES = ("anna", "bo", "cai", "grandmother", "helper", "aunt", "uncle", "neighbour")
APPROVERS = ("owners_officer", "committee")


@dataclass(frozen=True)
class Followed:
    """The fund, its two programmes, and the rounds of the first: one under way, one that hangs out."""

    fund: bytes
    meals: bytes
    coal: bytes
    paid: bytes
    posted: bytes


def follow(scene: Scene, days: int = 16) -> Followed:
    """Open it and let it live for so many days."""
    if "committee" not in scene.people:
        hire(scene, "owners", "committee", Role.COMMITTEE_MEMBER)
    fund = _open(scene)
    common: dict[str, Any] = {"fund": fund, "currency": "CNY", "purse": "general"}
    rent: dict[str, Any] = {"source": Source.COMMON_PARTS, "particulars": content("rent")}
    scene.do("clerk", RecordIncome(**common, **rent, amount_minor=860_000))
    meals, coal = _programme(scene, fund, "meals-2026", 900_000), _programme(scene, fund, "coal-2026", 300_000, 7)
    gifts: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("anna", 20_000, {"public": True}),
        ("bo", 120_000, {"programme": meals}),
    )
    for name, amount, more in gifts:
        gift = scene.do(name, Give(**common, **more, amount_minor=amount)).the(GiftPromised).gift
        scene.do("clerk", ReceiveGift(gift=gift, amount_minor=amount))
    scene.do("cai", Give(**common, amount_minor=5_000))
    known = {name: _recipient(scene, fund, name) for name in NAMES}
    paid = _round(scene, meals, {known[name]: MEALS for name in NAMES}, Form.SERVICE)
    _pay(scene, paid)
    scene.town.advance(days=days)
    posted = _round(scene, coal, {known[name]: 30_000 for name in NAMES[:6]}, Form.MONEY)
    asking = AskQuestion(fund=fund, answer_by=scene.town.time + 5 * DAY, words=content("why so slow?"))
    scene.do("supervisor", asking)
    return Followed(fund, meals, coal, paid, posted)


def _open(scene: Scene) -> bytes:
    command = OpenFund(
        kind=FundKind.COMMON_INCOME,
        code="common-income",
        approver=scene.organisation("owners"),
        regulator=scene.organisation("street"),
        currency="CNY",
        limit_minor=100_000,
        purses=("general",),
        managers=(scene.account("clerk"), scene.account("harmony_officer")),
        bank=content("account"),
        rules=content("rules"),
    )
    fund: bytes = scene.do("harmony_officer", command).the(FundOpened).fund
    scene.do("owners_officer", ConfirmFund(fund=fund))
    return fund


def _programme(scene: Scene, fund: bytes, code: str, budget_minor: int, notice_days: int = 0) -> bytes:
    now = scene.town.time
    command = DraftProgramme(
        fund=fund,
        code=code,
        purse="general",
        budget_minor=budget_minor,
        currency="CNY",
        starts=now,
        until=now + 300 * DAY,
        purpose=content(code),
        notice_days=notice_days,
    )
    programme: bytes = scene.do("clerk", command).the(ProgrammeDrafted).programme
    for name in APPROVERS:
        scene.do(name, ApproveProgramme(programme=programme, budget_minor=budget_minor))
    return programme


def _recipient(scene: Scene, fund: bytes, name: str) -> bytes:
    account = scene.account(name) if name in scene.people else None
    command = RegisterRecipient(fund=fund, mark=mark(name), particulars=content(name), account=account)
    recipient: bytes = scene.do("clerk", command).the(RecipientRegistered).recipient
    return recipient


def _round(scene: Scene, programme: bytes, lines: dict[bytes, int], form: Form) -> bytes:
    now, total = scene.town.time, sum(lines.values())
    command = DraftCycle(programme=programme, ceiling_minor=total, starts=now, until=now + 60 * DAY)
    cycle: bytes = scene.do("clerk", command).the(CycleDrafted).cycle
    goods = form is not Form.MONEY
    for recipient, amount in lines.items():
        entry = EnterEntitlement(
            cycle=cycle,
            recipient=recipient,
            form=form,
            amount_minor=amount,
            currency="CNY",
            until=now + 55 * DAY,
            quantity=28 if goods else 0,
            unit="meal" if goods else "",
        )
        scene.do("clerk", entry).the(EntitlementEntered)
    scene.do("clerk", SubmitCycle(cycle=cycle, notice=content("list")))
    for name in APPROVERS:
        scene.do(name, ApproveCycle(cycle=cycle, entitlements=len(lines), entitled_minor=total))
    return cycle


def _pay(scene: Scene, cycle: bytes) -> None:
    """All of it through the firm that cooks: three have it, for one somebody rang, one failed, the others wait."""
    lines = [key for key, row in scene.town.rows(entitlements) if row.cycle == cycle]
    told = tuple(PaymentLine(entitlement=key, amount_minor=MEALS) for key in lines)
    events = scene.do("clerk", EnterPayments(cycle=cycle, lines=told)).events
    made = tuple(event.payment for event in events if isinstance(event, PaymentEntered))
    whose = {event.payment: event.recipient for event in events if isinstance(event, PaymentEntered)}
    total = MEALS * len(made)
    scene.do("owners_officer", ApprovePayments(cycle=cycle, payments=made, total_minor=total))
    send = SendMoney(cycle=cycle, amount_minor=total, receiver=scene.organisation("swift"))
    first = scene.do("clerk", send).the(MoneySent).hop
    scene.do("swift_officer", ConfirmMoney(hop=first, amount_minor=total))
    people = {scene.account(name): name for name in NAMES if name in scene.people}
    by_name = {people.get(row.account, ""): key for key, row in scene.town.rows(recipients)}
    order = sorted(made, key=lambda payment: whose[payment] not in {by_name.get("anna"), by_name.get("bo")})
    for number, payment in enumerate(order[:6]):
        onward = SendMoney(cycle=cycle, amount_minor=MEALS, continues=first, payment=payment)
        hop = scene.do("swift_officer", onward).the(MoneySent).hop
        if whose[payment] == by_name["bo"]:
            scene.do("bo", ConfirmReceipt(hop=hop, amount_minor=MEALS))
        elif number in (2, 3):
            scene.do("street_desk", RecordCall(hop=hop, recording=content("call")))
        elif number == 4:
            scene.do("swift_officer", FailHop(hop=hop, reason="transfers.reason.nobody_in"))
