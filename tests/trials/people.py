"""A small community on a live chain: who lives and works there, and the commands they sign.

street      the government: officer, desk          property    the property company: officer, desk, dispatcher,
owners      the owners' committee: officer                     repairers, clerk
auditor     a third party: officer                 anna        has a right to report and confirm in every dwelling
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linlian.community.identity import Role
from linlian.community.identity.rules_invitations import AcceptInvitation, InviteMember, InviteResident
from linlian.community.places import Capacity, PlaceKind, Right
from linlian.community.places.rules import RegisterPlace
from linlian.community.places.rules_occupancy import GrantOccupancy
from linlian.community.places.rules_signing import AcceptOccupancy, CountersignOccupancy
from linlian.community.repairs.rules_answering import ConfirmRepair
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category, Cause, Urgency, terms_of
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from linlian.community.repairs.rules_working import AcceptRepair, ArriveOnSite, DiagnoseRepair, FinishRepair
from linlian.engine.ledger import Final, Ledger
from linlian.kernel import codec
from linlian.kernel.contract import Command, Content
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.transaction import Body, new_identifier, open_transaction, sign
from linlian.node import source

VALID_MS = 15_000
ANSWER_S = 60.0
DWELLINGS = 12
REPAIRERS = 16
STAFF = {
    "desk": ("property", Role.DESK),
    "dispatcher": ("property", Role.DISPATCHER),
    **{f"repairer{number}": ("property", Role.REPAIRER) for number in range(REPAIRERS)},
    "clerk": ("property", Role.CLERK),
    "street_desk": ("street", Role.DESK),
}
AT_HOME = ("water", "door", "power", "wall")
PROOF = (Content(commitment=bytes(31) + b"\x01", ciphertext_hash=bytes(31) + b"\x02"),)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a key of an account."""

    account: bytes
    key: SoftwareKey


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction with its id, and the id of the first record that it makes."""

    raw: bytes
    id: bytes
    record: bytes


class Community:
    """Whoever signs, by name; officers are called as their organisations."""

    def __init__(self, chain: str, officers: dict[str, Person]) -> None:
        self.chain = chain
        self.people = dict(officers)
        self.dwellings: list[bytes] = []
        self._names = source.rulebook().command_names
        self._lock = threading.Lock()
        self._reports = 0
        self._categories = [
            each
            for each in Category
            if each.value.startswith(AT_HOME) and terms_of(each).urgency is not Urgency.LIFE_SAFETY
        ]

    def sign(self, name: str, command: Command, valid_ms: int = VALID_MS, chain: str = "") -> Signed:
        """A command in somebody's name, valid from now on for so long."""
        return self._sign(self.people[name], command, valid_ms, chain or self.chain)

    def sign_as(self, thief: Person, name: str, command: Command) -> Signed:
        """A command in one's name with another's key."""
        return self._sign(Person(self.people[name].account, thief.key), command, VALID_MS, self.chain)

    def _sign(self, person: Person, command: Command, valid_ms: int, chain: str) -> Signed:
        nonce = secrets.token_bytes(16)
        body = Body(
            chain=chain,
            command=self._names[type(command)],
            fields=codec.as_plain(command),
            signer=person.account,
            nonce=nonce,
            valid_until=time.time_ns() // 1_000_000 + valid_ms,
        )
        raw = sign(body, person.key)
        identifier = open_transaction(raw, chain).id
        return Signed(raw, identifier, new_identifier(identifier, nonce, 1))

    def do(self, ledger: Ledger, *steps: tuple[str, Command]) -> list[Final]:
        """Commands that do not wait for one another, at one node; all must be accepted."""
        return accepted(ledger, [self.sign(name, command) for name, command in steps])

    def settle(self, ledger: Ledger) -> None:
        """Everybody comes, house by house."""
        self._invite(ledger, {name: (employer, (role,)) for name, (employer, role) in STAFF.items()})
        self._invite(ledger, {"anna": ("desk", ())})
        estate = self.sign("clerk", RegisterPlace(kind=PlaceKind.COMMUNITY, parent=None))
        house = self.sign("clerk", RegisterPlace(kind=PlaceKind.BUILDING, parent=estate.record))
        accepted(ledger, [estate])
        accepted(ledger, [house])
        dwelling = RegisterPlace(kind=PlaceKind.DWELLING, parent=house.record)
        homes = [self.sign("clerk", dwelling) for _ in range(DWELLINGS)]
        accepted(ledger, homes)
        self.dwellings = [home.record for home in homes]
        anna, rights = self.people["anna"].account, (Right.REPORT, Right.CONFIRM)
        grants = [
            GrantOccupancy(place=home, account=anna, capacity=Capacity.CO_OWNER, rights=rights)
            for home in self.dwellings
        ]
        self.do(ledger, *(("clerk", grant) for grant in grants))
        self.do(ledger, *(("anna", AcceptOccupancy(place=home)) for home in self.dwellings))
        self.do(ledger, *(("street_desk", CountersignOccupancy(place=home, account=anna)) for home in self.dwellings))

    def _invite(self, ledger: Ledger, newcomers: dict[str, tuple[str, tuple[Role, ...]]]) -> None:
        once = {name: new_key() for name in newcomers}
        invitations = [
            self.sign(host, InviteMember(suite="ed25519", public_key=once[name].public_key, roles=roles))
            if roles
            else self.sign(host, InviteResident(suite="ed25519", public_key=once[name].public_key))
            for name, (host, roles) in newcomers.items()
        ]
        accounts = [final.entries()[0][2]["account"] for final in accepted(ledger, invitations)]
        self.accept(ledger, dict(zip(newcomers, zip(accounts, once.values(), strict=True), strict=True)))

    def accept(self, ledger: Ledger, invited: dict[str, tuple[bytes, SoftwareKey]]) -> None:
        """Those who were invited come, each with a key of their own in the place of the one-time key."""
        keys = {name: new_key() for name in invited}
        signed = [
            self._sign(
                Person(account, once),
                AcceptInvitation(suite="ed25519", public_key=keys[name].public_key),
                VALID_MS,
                self.chain,
            )
            for name, (account, once) in invited.items()
        ]
        accepted(ledger, signed)
        self.people |= {name: Person(account, keys[name]) for name, (account, _) in invited.items()}

    def report_on(self, chain: str) -> Signed:
        """A report as if for another chain."""
        return self.report(chain=chain)

    def report(self, valid_ms: int = VALID_MS, chain: str = "") -> Signed:
        """Anna reports that something is broken in one of the dwellings."""
        with self._lock:
            self._reports += 1
            number = self._reports
        category = self._categories[(number // DWELLINGS) % len(self._categories)]
        report = ReportRepair(place=self.dwellings[number % DWELLINGS], category=category)
        return self.sign("anna", report, valid_ms, chain)

    def life_of(self, case: bytes) -> Iterator[tuple[str, Command]]:
        """What follows a report, step by step, until anna says that it is repaired."""
        repairer = f"repairer{case[0] % REPAIRERS}"
        yield "desk", TriageRepair(case=case)
        yield "dispatcher", AssignRepair(case=case, executor=self.people[repairer].account)
        yield repairer, AcceptRepair(case=case)
        yield repairer, ArriveOnSite(case=case)
        yield repairer, DiagnoseRepair(case=case, cause=Cause.WORN)
        yield repairer, FinishRepair(case=case, proofs=PROOF)
        yield "anna", ConfirmRepair(case=case)


def accepted(ledger: Ledger, signed: Sequence[Signed]) -> list[Final]:
    """Hand in and wait; all must be accepted."""
    finals = [answer.result(ANSWER_S) for answer in ledger.submit_many([each.raw for each in signed])]
    for final in finals:
        assert final.outcome == "accepted", final.entries()
    return finals


def new_key() -> SoftwareKey:
    """A key that nobody has had before."""
    return SoftwareKey("ed25519", secrets.token_bytes(32))
