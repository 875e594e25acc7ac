"""A charity alters the rules of its own node to pay more than was decided: the other three refuse it and say so.

Four nodes of four organisations, each a process with an engine of its own. The charity's lacks the check that a payment
stays within what its recipient was granted, and calls itself the voted release all the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from linlian.community.funds.rules import FundKind, Source
from linlian.community.funds.rules_founding import ConfirmFund, OpenFund
from linlian.community.funds.rules_income import RecordIncome
from linlian.community.programmes.rules import Form
from linlian.community.programmes.rules_cycles import ApproveCycle, DraftCycle, SubmitCycle
from linlian.community.programmes.rules_entitling import EnterEntitlement, RegisterRecipient
from linlian.community.programmes.rules_running import ApproveProgramme, DraftProgramme
from linlian.community.transfers.rules_hops import SendMoney
from linlian.community.transfers.rules_paying import ApprovePayments, EnterPayments, PaymentLine
from linlian.engine.ledger import Final, Ledger
from linlian.engine.local import LocalLedger
from linlian.kernel.contract import Command, Content
from linlian.node import folder as place
from linlian.node import network
from linlian.node.several import MadeNode, make_network
from tests.cometbft.network import binary
from tests.trials.network import free_ports, wait_until, with_fault
from tests.trials.people import Community, Person, Signed, new_key

FOUNDERS = {
    "charity": "third_party",
    "civil-affairs": "government",
    "street-office": "government",
    "auditor": "third_party",
}
HONEST = ("civil-affairs", "street-office", "auditor")
DAY_MS = 86_400_000
GRANTED, WANTED = 30_000, 300_000
SECONDS = 30.0
WORDS = Content(commitment=bytes(31) + b"\x03", ciphertext_hash=bytes(31) + b"\x04")


class Four:
    """The network's folder, and officers who sign; each is called as their organisation."""

    def __init__(self, root: Path):
        self.root = root
        keys = {code: new_key() for code in FOUNDERS}
        founders = [(kind, code, "ed25519", keys[code].public_key) for code, kind in FOUNDERS.items()]
        made = make_network(root, "welfare", founders, free_ports())
        network.write_network_file(root, made)
        self.nodes: dict[str, MadeNode] = {node.code: node for node in made.nodes}
        self.people = Community(made.chain, {node.code: Person(node.officer, keys[node.code]) for node in made.nodes})

    @contextmanager
    def at(self, code: str) -> Iterator[LocalLedger]:
        ledger = LocalLedger(self.nodes[code].folder / place.SOCKET)
        try:
            yield ledger
        finally:
            ledger.close()

    def do(self, ledger: Ledger, name: str, command: Command) -> tuple[Final, Signed]:
        """Handed in at a node, whatever becomes of it."""
        signed = self.people.sign(name, command)
        return ledger.submit(signed.raw, record_refusal=True).result(SECONDS), signed

    def said(self, code: str) -> str:
        return (self.nodes[code].folder / network.LOG).read_text(encoding="utf-8", errors="replace")

    def keepers(self, code: str) -> Any:
        """The page about who keeps the ledger, as this node has it."""
        return httpx.get(f"http://{self.nodes[code].http}/keepers", headers={"Accept": "application/json"}).json()

    def roots(self) -> set[tuple[int, str]]:
        return {(one.height, one.state_root) for one in network.network_status(self.root) if one.code in HONEST}


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Four]:
    binary()
    made = Four(tmp_path / "four")
    try:
        network.start_network(made.root, HONEST)
        network.start_network(made.root, ("charity",), program=with_fault("payments"))
        yield made
    finally:
        network.stop_network(made.root)


def granted(four: Four, ledger: Ledger) -> tuple[bytes, bytes]:
    """A fund of the charity, a programme, and a round in which one person is granted 300 yuan; round and line."""
    people, now = four.people, time.time_ns() // 1_000_000
    until = now + 60 * DAY_MS

    def made(name: str, command: Command) -> bytes:
        final, signed = four.do(ledger, name, command)
        assert final.outcome == "accepted", final.entries()
        return signed.record

    opening = OpenFund(
        kind=FundKind.WELFARE,
        code="winter",
        approver=four.nodes["street-office"].organisation,
        regulator=four.nodes["civil-affairs"].organisation,
        currency="CNY",
        limit_minor=1_000_000,
        purses=("general",),
        managers=(people.people["charity"].account,),
        bank=WORDS,
        rules=WORDS,
    )
    fund = made("charity", opening)
    made("street-office", ConfirmFund(fund=fund))
    money: dict[str, Any] = {"fund": fund, "currency": "CNY", "purse": "general"}
    made("charity", RecordIncome(**money, source=Source.GRANT, amount_minor=500_000, particulars=WORDS))
    plan = DraftProgramme(**money, code="coal", budget_minor=400_000, starts=now, until=until, purpose=WORDS)
    programme = made("charity", plan)
    made("street-office", ApproveProgramme(programme=programme, budget_minor=400_000))
    cycle = made("charity", DraftCycle(programme=programme, ceiling_minor=400_000, starts=now, until=until - DAY_MS))
    recipient = made("charity", RegisterRecipient(fund=fund, mark=bytes(31) + b"\x05", particulars=WORDS))
    entry = EnterEntitlement(
        cycle=cycle,
        recipient=recipient,
        form=Form.MONEY,
        amount_minor=GRANTED,
        currency="CNY",
        until=until - 2 * DAY_MS,
    )
    line = made("charity", entry)
    made("charity", SubmitCycle(cycle=cycle))
    made("street-office", ApproveCycle(cycle=cycle, entitlements=1, entitled_minor=GRANTED))
    return cycle, line


@pytest.mark.timeout(180)
def test_no_node_alone_pays_what_the_rules_forbid(four: Four) -> None:
    with four.at("street-office") as street, four.at("civil-affairs") as regulator, four.at("auditor") as auditor:
        cycle, line = granted(four, street)
        wait_until(lambda: len(four.roots()) == 1, SECONDS, "all stand at one height with one root")
        too_much = EnterPayments(cycle=cycle, lines=(PaymentLine(entitlement=line, amount_minor=WANTED),))
        forbidden = four.people.sign("charity", too_much)
        refusal = street.try_out(forbidden.raw)
        assert refusal is not None
        assert refusal.code == "programmes.over_entitlement"
        with four.at("charity") as charity:
            assert charity.try_out(forbidden.raw) is None, "its own node has no such rule"
            charity.submit(forbidden.raw)
        for honest in (street, regulator, auditor):
            wait_until(lambda node=honest: node.find(forbidden.id) is not None, SECONDS, "it is ordered like any other")  # type: ignore[misc]
            final = honest.find(forbidden.id)
            assert final is not None
            assert final.outcome == "refused"
            assert final.entries()[0][2]["code"] == "programmes.over_entitlement"
        paid_by_the_others(four, street, cycle, line)
        wait_until(lambda: "engine.state_differs" in four.said("charity"), SECONDS, "the charity's node finds out")
        wait_until(lambda: not is_running(four, "charity"), SECONDS, "and goes no further")
        for _ in range(4):
            others_go_on(four, street)
        wait_until(lambda: len(four.roots()) == 1, SECONDS, "the three stand at one height with one root")
        for code in HONEST:
            wait_until(lambda at=code: away(four.keepers(at)) == {"charity"}, SECONDS, "each page says who is away")  # type: ignore[misc]
            page = four.keepers(code)
            assert page["enough"]
            assert (page["state_root"],) in {(root,) for _, root in four.roots()}
    assert all("engine.state_differs" not in four.said(code) for code in HONEST)


def paid_by_the_others(four: Four, street: Ledger, cycle: bytes, line: bytes) -> None:
    """What was granted is paid all the same, by the charity's officer at another's node: and no cent more."""
    told = PaymentLine(entitlement=line, amount_minor=GRANTED)
    entered, signed = four.do(street, "charity", EnterPayments(cycle=cycle, lines=(told,)))
    assert entered.outcome == "accepted", entered.entries()
    payment = signed.record
    approval = ApprovePayments(cycle=cycle, payments=(payment,), total_minor=GRANTED)
    for name, command in (
        ("street-office", approval),
        ("charity", SendMoney(cycle=cycle, amount_minor=GRANTED, payment=payment)),
    ):
        final, _ = four.do(street, name, command)
        assert final.outcome == "accepted", final.entries()
    again, _ = four.do(street, "charity", EnterPayments(cycle=cycle, lines=(told,)))
    assert again.outcome == "refused"


def others_go_on(four: Four, ledger: Ledger) -> None:
    """A block more: whatever they do."""
    nothing = EnterPayments(cycle=bytes(16), lines=(PaymentLine(entitlement=bytes(16), amount_minor=1),))
    final, _ = four.do(ledger, "charity", nothing)
    assert final.outcome == "refused"


def away(page: Any) -> set[str]:
    return {keeper["code"] for keeper in page["keepers"] if keeper["here"] is False}


def is_running(four: Four, code: str) -> bool:
    return any(status.process for status in network.network_status(four.root) if status.code == code)
