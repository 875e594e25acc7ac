"""Whatever people try, in whatever order: the invariants hold, so no organisation and nobody is ever locked out.

A sequence is drawn as numbers: what is tried, by whom, about whom. Most of it is refused, as in life.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.community import council, delegations
from linlian.community.council.rules import (
    OperatorKeyProposed,
    ProposalStatus,
    ProposeAdmission,
    ProposeOperatorKey,
    ProposeRemoval,
    Vote,
    proposals,
)
from linlian.community.council.rules_recovery import (
    OpenRecovery,
    VetoRecovery,
    recoveries,
)
from linlian.community.council.rules_trusted import NameOfficers
from linlian.community.council.tests.approving import approval
from linlian.community.delegations.rules import (
    EndDelegation,
    GrantDelegation,
    PartHousehold,
    ProposeDelegation,
    WitnessDelegation,
)
from linlian.community.identity import OrganisationKind, Role, Scope
from linlian.community.identity.rules import OrganisationStatus, accounts, organisations
from linlian.community.identity.rules_accounts import (
    ChangeRoles,
    CloseAccount,
    RegisterDevice,
    RegisterResident,
    ResumeAccount,
    SuspendAccount,
    SuspensionReason,
)
from linlian.community.identity.rules_invitations import AcceptInvitation, InviteMember, InviteResident
from linlian.community.identity.rules_keys import AddKey, RevokeKey, RotateKey
from linlian.community.identity.rules_standing import delegations as delegation_rows
from linlian.community.identity.tests.village import DAY_MS, found_village, software_key
from linlian.kernel.contract import Command, Refused, compose
from linlian.kernel.errors import Rejected
from linlian.testing import Person

ROLES = [(Role.OFFICER,), (Role.CLERK, Role.DESK), (Role.OFFICER, Role.SUPERVISOR), (Role.AUDITOR,)]


class Crowd:
    """A village in which one thing after another is tried."""

    def __init__(self) -> None:
        kinds = list(OrganisationKind)[:3]
        self.village = found_village(
            council.contract, delegations.contract, **{f"office-{n}": kind for n, kind in enumerate(kinds)}
        )
        self.village.hire("office-0", "desk", Role.DESK)
        self.village.settle("anna", invited_by="desk")
        self.village.settle_without_key("grandmother", registered_by="desk")
        self.people = list(self.village.people.values())
        self.labels = count()

    def key(self) -> dict[str, Any]:
        """A key never used before; whoever is invited with it is known by it."""
        self.label = f"key {next(self.labels)}"
        return self.village.key_of(self.label)

    def able(self, who: str) -> list[Person]:
        """Those whose key is in force and who are invited, active, or officers now."""
        town = self.village.town
        active = [row for _, row in town.rows(organisations) if row.status is OrganisationStatus.ACTIVE]
        officers = [officer for row in active for officer in row.officers]
        known = dict(town.rows(accounts))
        found = [person for person in self.people if person.key.key_id in known[person.account].keys]
        if who == "officer":
            return [person for person in found if person.account in officers]
        return [person for person in found if known[person.account].status == who]

    def attempt(self, person: Person, command: Command) -> None:
        try:
            outcome = self.village.town.do(person, command)
        except (Refused, Rejected):
            return
        if isinstance(command, InviteMember | InviteResident | RegisterDevice | ProposeAdmission | RegisterResident):
            account = next(event.account for event in outcome.events if hasattr(event, "account"))
            self.people.append(Person(self.label, account, software_key(self.label)))
        elif isinstance(command, AcceptInvitation | AddKey | RotateKey):
            self.people.append(Person(self.label, person.account, software_key(self.label)))
        elif isinstance(command, OpenRecovery):
            self.people.append(Person(self.label, command.account, software_key(self.label)))


Make = Callable[[Crowd, Person, Person, int], Command]
"""What is tried: the crowd, who tries it, whom it is about, a number."""


def _organisation(crowd: Crowd, number: int) -> bytes:
    found = [key for key, row in crowd.village.town.rows(organisations) if row.status is OrganisationStatus.ACTIVE]
    return found[number % len(found)]


def _vote(crowd: Crowd, _me: Person, _: Person, number: int) -> Command:
    found = [key for key, row in crowd.village.town.rows(proposals) if row.status is ProposalStatus.OPEN]
    return Vote(proposal=found[number % len(found)] if found else bytes(16), in_favour=number % 4 > 0)


def _recovering(crowd: Crowd, other: Person, number: int) -> bytes:
    found = [key for key, _ in crowd.village.town.rows(recoveries)] or [other.account]
    return found[number % len(found)]


def _approve(crowd: Crowd, _me: Person, other: Person, number: int) -> Command:
    return approval(crowd.village.town, _recovering(crowd, other, number))


def _veto(crowd: Crowd, _me: Person, other: Person, number: int) -> Command:
    return VetoRecovery(account=_recovering(crowd, other, number))


def _delegation(crowd: Crowd, other: Person) -> dict[str, Any]:
    until = crowd.village.town.time + 9 * DAY_MS
    return {"delegate": other.account, "scopes": (Scope.REPORT,), "until": until}


def _propose_delegation(crowd: Crowd, _me: Person, other: Person, number: int) -> Command:
    without = [key for key, row in crowd.village.town.rows(accounts) if not row.keys]
    witness = crowd.people[number % len(crowd.people)].account
    return ProposeDelegation(
        principal=without[-1] if without else other.account, witness=witness, **_delegation(crowd, other)
    )


def _pair(crowd: Crowd, me: Person, other: Person, number: int) -> tuple[bytes, bytes]:
    found = [(key[1:17], key[18:34]) for key, _ in crowd.village.town.rows(delegation_rows)]
    return found[number % len(found)] if found else (me.account, other.account)


def _witness(crowd: Crowd, me: Person, other: Person, number: int) -> Command:
    principal, delegate = _pair(crowd, me, other, number)
    row = crowd.village.town.get(delegation_rows, compose(principal, delegate))
    until = row.until if row is not None and number % 3 else 1
    return WitnessDelegation(principal=principal, delegate=delegate, scopes=(Scope.REPORT,), until=until)


def _end(crowd: Crowd, me: Person, other: Person, number: int) -> Command:
    principal, delegate = _pair(crowd, me, other, number)
    return EndDelegation(principal=principal, delegate=delegate)


def _named(_c: Crowd, _me: Person, other: Person, number: int) -> Command:
    first = [person.account for person in _c.able("officer")[: 2 + number % 3]]
    return NameOfficers(officers=tuple(dict.fromkeys(first)), needed=2)


def _register_resident(crowd: Crowd, _me: Person, _other: Person, _: int) -> Command:
    crowd.key()
    return RegisterResident()


def _suspend(_c: Crowd, _me: Person, other: Person, number: int) -> Command:
    return SuspendAccount(account=other.account, reason=list(SuspensionReason)[number % 4])


TRIES: list[tuple[str, Make]] = [
    ("officer", lambda c, _m, _o, n: InviteMember(roles=ROLES[n % 4], **c.key())),
    ("officer", lambda c, _m, _o, n: InviteMember(roles=ROLES[n % 4], **c.key())),
    ("active", lambda c, _m, _o, _n: InviteResident(**c.key())),
    *[("invited", lambda c, _m, _o, _n: AcceptInvitation(**c.key()))] * 4,
    ("officer", _register_resident),
    ("officer", lambda c, _m, _o, _n: RegisterDevice(code="pump", **c.key())),
    ("officer", lambda _c, _m, o, n: ChangeRoles(account=o.account, roles=ROLES[n % 4])),
    ("officer", _suspend),
    ("officer", _suspend),
    ("active", lambda c, m, _, n: _suspend(c, m, m, n)),
    ("officer", lambda _c, _m, o, _n: ResumeAccount(account=o.account)),
    ("officer", lambda _c, _m, o, _n: ResumeAccount(account=o.account)),
    ("officer", lambda _c, _m, o, _n: CloseAccount(account=o.account)),
    ("active", lambda _c, m, _o, _n: CloseAccount(account=m.account)),
    ("active", lambda c, _m, _o, _n: AddKey(**c.key())),
    ("active", lambda _c, m, _o, _n: RevokeKey(key=m.key.key_id)),
    ("active", lambda c, m, _o, _n: RotateKey(replaces=m.key.key_id, **c.key())),
    ("officer", lambda c, _m, _o, n: ProposeAdmission(kind=list(OrganisationKind)[n % 5], code="new", **c.key())),
    ("officer", lambda c, _m, _o, n: ProposeRemoval(organisation=_organisation(c, n))),
    *[("officer", _vote)] * 4,
    ("active", _named),
    ("officer", lambda c, _m, o, _n: OpenRecovery(account=o.account, **c.key())),
    *[("officer", _approve)] * 3,
    ("officer", _veto),
    ("active", lambda c, _m, o, _n: GrantDelegation(**_delegation(c, o))),
    ("officer", _propose_delegation),
    *[("active", _witness)] * 2,
    ("active", _end),
    ("active", lambda _c, _m, o, _n: PartHousehold(account=o.account)),
]

STEP = st.tuples(st.integers(0, len(TRIES)), st.integers(0, 60), st.integers(0, 60), st.integers(0, 11))


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, min_size=40, max_size=80))
def test_whatever_is_tried_nobody_is_locked_out(steps: list[tuple[int, int, int, int]]) -> None:
    crowd = Crowd()
    for what, who, whom, number in steps:
        if what == len(TRIES):
            crowd.village.town.advance(days=number)
        else:
            able, make = TRIES[what]
            people = crowd.able(able) if who % 8 else crowd.people
            if people:
                person, other = people[who % len(people)], crowd.people[whom % len(crowd.people)]
                crowd.attempt(person, make(crowd, person, other, number))
        crowd.village.town.check_invariants()
    check_that_all_can_act(crowd)


def check_that_all_can_act(crowd: Crowd) -> None:
    """Once nobody is just recovered any more, each organisation has somebody who proposes and votes for it."""
    crowd.village.town.advance(days=30)
    able = crowd.able("officer")
    active = [(key, row) for key, row in crowd.village.town.rows(organisations) if row.status == "active"]
    for number, (key, row) in enumerate(active):
        someone = next(person for person in able if person.account in row.officers)
        proposal = ProposeOperatorKey(operator_key=software_key(f"operator {number}").public_key)
        assert crowd.village.town.do(someone, proposal).the(OperatorKeyProposed).proposer == key
