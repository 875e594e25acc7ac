"""Delegations: for whom somebody may act, and that the company cannot appoint itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from linlian.community import delegations
from linlian.community.delegations.rules import (
    DELEGATION_MS_MAX,
    DelegationGranted,
    EndDelegation,
    GrantDelegation,
    ProposeDelegation,
    WitnessDelegation,
)
from linlian.community.identity import Basis, OrganisationKind, Role, Scope, acting, stands_for
from linlian.community.identity.rules import AccountId
from linlian.community.identity.rules_accounts import CloseAccount
from linlian.community.identity.tests.village import DAY_MS, Village, content, found_village
from linlian.kernel.contract import Command, Context, Contract, Event, Refused
from linlian.testing.town import START

SCOPES = (Scope.REPORT, Scope.CONFIRM)
END = START + 30 * DAY_MS

probe = Contract("probe", needs=(delegations.contract,))


class ActFor(Command):
    """What any business does when somebody acts for another."""

    principal: AccountId
    scope: Scope


@probe.event
class Acted(Event):
    basis: Basis


@probe.command
def act_for(ctx: Context, cmd: ActFor) -> None:
    acting(ctx)
    ctx.emit(Acted(basis=stands_for(ctx, cmd.principal, cmd.scope)))


@pytest.fixture
def village() -> Village:
    """The company's desk, the street office, and Anna, Bo, Cai and Grandmother, who has no key."""
    found = found_village(
        delegations.contract,
        probe,
        street=OrganisationKind.GOVERNMENT,
        harmony=OrganisationKind.PROPERTY_COMPANY,
        swift=OrganisationKind.SERVICE_PROVIDER,
        chair=OrganisationKind.OWNERS_COMMITTEE,
    )
    found.hire("harmony", "desk", Role.DESK)
    found.hire("harmony", "repairer", Role.REPAIRER)
    found.hire("street", "grid_worker", Role.GRID_WORKER)
    for name in ("anna", "bo", "cai"):
        found.settle(name, invited_by="desk")
    found.settle_without_key("grandmother", registered_by="desk")
    return found


def grant(village: Village, delegate: str = "bo", *scopes: Scope, **more: Any) -> GrantDelegation:
    terms: dict[str, Any] = {"until": village.town.time + 30 * DAY_MS, "scopes": scopes or (Scope.REPORT,)} | more
    return GrantDelegation(delegate=village.id(delegate), **terms)


def propose(village: Village, delegate: str = "bo", witness: str = "grid_worker", **more: Any) -> ProposeDelegation:
    terms: dict[str, Any] = {"until": END, "scopes": SCOPES} | more
    principal = terms.pop("principal", village.id("grandmother"))
    return ProposeDelegation(
        delegate=village.id(delegate),
        principal=principal,
        witness=village.id(witness),
        paper=content("signed by hand"),
        **terms,
    )


def witness(village: Village, delegate: str = "bo", **more: Any) -> WitnessDelegation:
    terms: dict[str, Any] = {"until": END, "scopes": SCOPES} | more
    return WitnessDelegation(principal=village.id("grandmother"), delegate=village.id(delegate), **terms)


def end(village: Village, principal: str, delegate: str = "bo") -> EndDelegation:
    return EndDelegation(principal=village.id(principal), delegate=village.id(delegate))


def act(village: Village, principal: str, scope: Scope = Scope.REPORT) -> ActFor:
    return ActFor(principal=village.id(principal), scope=scope)


@pytest.mark.parametrize("household", [True, False])
def test_a_delegate_acts_on_a_basis_of_their_own(village: Village, household: bool) -> None:
    village.do("anna", grant(village, "bo", household=household))
    expected = Basis.HOUSEHOLD if household else Basis.HELPER
    assert village.do("bo", act(village, "anna")).the(Acted).basis is expected
    assert village.do("anna", act(village, "anna")).the(Acted).basis is Basis.OWN_KEY
    assert village.refusal("bo", act(village, "anna", Scope.CONFIRM)) == "identity.not_delegate"
    assert village.refusal("anna", act(village, "bo")) == "identity.not_delegate"


def test_it_begins_and_ends_to_the_millisecond(village: Village) -> None:
    now = village.town.time
    village.do("anna", grant(village, starts=now + 1000, until=now + 2000))
    answers = []
    for at in (999, 1000, 1999, 2000):
        village.town.time = now + at - 1
        try:
            answers.append(bool(village.do("bo", act(village, "anna"))))
        except Refused:
            answers.append(False)
    assert answers == [False, True, True, False]


def test_without_a_witness_it_does_not_count(village: Village) -> None:
    village.do("desk", propose(village))
    assert village.refusal("bo", act(village, "grandmother")) == "identity.not_delegate"
    outcome = village.do("grid_worker", witness(village))
    assert outcome.the(DelegationGranted).witness == village.id("grid_worker")
    assert village.do("bo", act(village, "grandmother", Scope.CONFIRM)).the(Acted).basis is Basis.HELPER
    village.town.check_invariants()


@pytest.mark.parametrize("who", ["anna", "bo"])
def test_either_side_ends_it(village: Village, who: str) -> None:
    village.do("anna", grant(village))
    village.do(who, end(village, "anna"))
    assert village.refusal("bo", act(village, "anna")) == "identity.not_delegate"


def test_a_desk_ends_it_for_somebody_without_a_key(village: Village) -> None:
    village.do("desk", propose(village))
    village.do("grid_worker", witness(village))
    village.do("street", end(village, "grandmother"))
    assert village.refusal("bo", act(village, "grandmother")) == "identity.not_delegate"


def test_nobody_acts_for_a_closed_account(village: Village) -> None:
    village.do("anna", grant(village))
    village.do("anna", CloseAccount(account=village.id("anna")))
    assert village.refusal("bo", act(village, "anna")) == "identity.principal_not_active"


Make = Callable[[Village], Command]
REFUSED: list[tuple[str, str, Make, str]] = [
    ("to oneself", "anna", lambda v: grant(v, "anna"), "delegations.own_delegate"),
    ("no scope", "anna", lambda v: grant(v, scopes=()), "delegations.scopes_invalid"),
    ("a scope twice", "anna", lambda v: grant(v, "bo", Scope.SEE, Scope.SEE), "delegations.scopes_invalid"),
    ("over before now", "anna", lambda v: grant(v, until=v.town.time), "delegations.delegation_over"),
    (
        *("over before it starts", "anna"),
        *(lambda v: grant(v, starts=v.town.time + 30 * DAY_MS), "delegations.delegation_over"),
    ),
    (
        *("for ever", "anna"),
        *(lambda v: grant(v, until=v.town.time + DELEGATION_MS_MAX + 2), "delegations.delegation_too_long"),
    ),
    ("for somebody with a key", "desk", lambda v: propose(v, principal=v.id("anna")), "delegations.principal_has_key"),
    ("by a neighbour", "anna", propose, "identity.role_missing"),
    ("by a repair firm", "swift", propose, "identity.wrong_kind_of_organisation"),
    ("the company's repairer", "desk", lambda v: propose(v, "repairer"), "delegations.delegate_not_independent"),
    ("witnessed at home", "desk", lambda v: propose(v, witness="repairer"), "delegations.witness_not_independent"),
    ("witnessed by the desk", "desk", lambda v: propose(v, witness="desk"), "delegations.witness_not_independent"),
    ("its own witness", "desk", lambda v: propose(v, "bo", "bo"), "delegations.witness_not_independent"),
    ("witnessed by a neighbour", "desk", lambda v: propose(v, witness="cai"), "delegations.witness_not_independent"),
    ("witnessed by a firm", "desk", lambda v: propose(v, witness="swift"), "delegations.witness_not_independent"),
    ("the firm confirms", "street", lambda v: propose(v, "swift", "chair"), "delegations.serves_households"),
    ("the desk decides", "anna", lambda v: grant(v, "desk", Scope.DECIDE), "delegations.serves_households"),
    (
        *("more than was proposed", "grid_worker"),
        *(lambda v: witness(v, scopes=(*SCOPES, Scope.DECIDE)), "delegations.not_what_was_proposed"),
    ),
    (
        *("longer than was proposed", "grid_worker"),
        *(lambda v: witness(v, until=END + 1), "delegations.not_what_was_proposed"),
    ),
    ("the wrong witness", "anna", witness, "delegations.nothing_to_witness"),
    ("nothing to end", "anna", lambda v: end(v, "anna", "cai"), "delegations.no_delegation"),
    ("a stranger ends it", "cai", lambda v: end(v, "grandmother"), "identity.role_missing"),
    ("the desk ends another's", "desk", lambda v: end(v, "cai", "anna"), "delegations.principal_has_key"),
]


@pytest.mark.parametrize(("case", "who", "make", "code"), REFUSED, ids=[case for case, *_ in REFUSED])
def test_it_is_refused(village: Village, case: str, who: str, make: Make, code: str) -> None:
    village.do("desk", propose(village))
    village.do("cai", grant(village, "anna"))
    assert village.refusal(who, make(village)) == code, case
    village.town.check_invariants()


def test_a_desk_does_not_replace_what_a_witness_has_signed(village: Village) -> None:
    village.do("desk", propose(village))
    village.do("grid_worker", witness(village))
    assert village.refusal("desk", propose(village)) == "delegations.delegation_in_force"
    assert village.refusal("grid_worker", witness(village)) == "delegations.nothing_to_witness"
