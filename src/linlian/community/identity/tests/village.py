"""A village for tests: two organisations or more, founded on the real kernel, and people by name.

village = found_village(street=OrganisationKind.GOVERNMENT, harmony=OrganisationKind.PROPERTY_COMPANY)
village.hire("harmony", "clerk", Role.CLERK)        # invited by harmony's officer, accepted with an own key
village.settle("anna", invited_by="clerk")          # a resident
village.do("anna", AddKey(**village.key_of("anna's tablet")))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from linlian.community.identity import OrganisationKind, Role, contract
from linlian.community.identity.rules import Account, Organisation, accounts, organisations
from linlian.community.identity.rules_accounts import RegisterResident, ResidentRegistered
from linlian.community.identity.rules_invitations import AcceptInvitation, InviteMember, InviteResident
from linlian.community.identity.rules_organisations import FoundCommunity, Founder
from linlian.kernel.contract import Command, Content, Contract
from linlian.kernel.crypto import SoftwareKey
from linlian.testing import Outcome, Person, Town

DAY_MS = 24 * 3600 * 1000


def software_key(label: str) -> SoftwareKey:
    """A key derived from a label."""
    return SoftwareKey("ed25519", sha256(b"key:" + label.encode()).digest())


def content(label: str) -> Content:
    """A commitment, as if to something sealed."""
    digest = sha256(label.encode()).digest()
    return Content(commitment=digest, ciphertext_hash=digest)


def organisation_id(name: str) -> bytes:
    return sha256(b"organisation:" + name.encode()).digest()[:16]


@dataclass
class Village:
    """A town and its people. An organisation's first officer goes by the organisation's name."""

    town: Town
    people: dict[str, Person]

    def do(self, name: str, command: Command) -> Outcome:
        return self.town.do(self.people[name], command)

    def refusal(self, name: str, command: Command) -> str:
        return self.town.refusal(self.people[name], command)

    def id(self, name: str) -> bytes:
        """The account of a person."""
        return self.people[name].account

    def account(self, name: str) -> Account:
        found = self.town.get(accounts, self.id(name))
        assert found is not None
        return found

    def organisation(self, name: str) -> Organisation:
        found = self.town.get(organisations, organisation_id(name))
        assert found is not None
        return found

    def key_of(self, label: str) -> dict[str, Any]:
        """The fields with which a command names the key of this label."""
        key = software_key(label)
        return {"suite": key.suite, "public_key": key.public_key}

    def with_key(self, name: str, label: str) -> str:
        """A second entry for a person who signs with another of their keys; its name."""
        self.people[label] = replace(self.people[name], key=software_key(label))
        return label

    def hire(self, employer: str, name: str, *roles: Role) -> None:
        self._invited(name, self.do(employer, InviteMember(roles=roles, **self.key_of(f"once {name}"))))
        self.accept(name)

    def settle(self, name: str, invited_by: str) -> None:
        self._invited(name, self.do(invited_by, InviteResident(**self.key_of(f"once {name}"))))
        self.accept(name)

    def settle_without_key(self, name: str, registered_by: str) -> None:
        account = self.do(registered_by, RegisterResident()).the(ResidentRegistered).account
        self.people[name] = Person(name, account, software_key(name))

    def invite(self, inviter: str, name: str, command: Command) -> None:
        """Leave an invitation open; `name` then signs with the one-time key."""
        self._invited(name, self.do(inviter, command))

    def accept(self, name: str) -> Outcome:
        outcome = self.do(name, AcceptInvitation(**self.key_of(name)))
        self.people[name] = replace(self.people[name], key=software_key(name))
        return outcome

    def _invited(self, name: str, outcome: Outcome) -> None:
        account = next(event.account for event in outcome.events if hasattr(event, "account"))
        self.people[name] = Person(name, account, software_key(f"once {name}"))


def found_village(*more: Contract, **kinds: OrganisationKind) -> Village:
    """A village of these organisations, each with its officer, on `identity` and the contracts given."""
    return village_with(more, kinds)


def village_with(
    more: Sequence[Contract], kinds: Mapping[str, OrganisationKind], seeds: Sequence[Command] = ()
) -> Village:
    """The same, and founding commands of those contracts."""
    contracts: Sequence[Contract] = (contract, *more)
    people = {name: Person(name, sha256(name.encode()).digest()[:16], software_key(name)) for name in kinds}
    founders = tuple(
        Founder(
            organisation=organisation_id(name),
            kind=kind,
            code=name,
            officer=people[name].account,
            suite="ed25519",
            public_key=people[name].key.public_key,
        )
        for name, kind in kinds.items()
    )
    operator = software_key("operator").public_key
    first = FoundCommunity(founders=founders, operator_key=operator)
    return Village(Town(contracts, [first, *seeds]), people)
