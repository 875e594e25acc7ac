"""The rows of delegations: who may act for whom, at the times at which the rules let them."""

from __future__ import annotations

from linlian.community import delegations
from linlian.community.delegations import views as ask
from linlian.community.delegations.rules import EndDelegation, GrantDelegation, ProposeDelegation, WitnessDelegation
from linlian.community.delegations.views import DelegationState
from linlian.community.identity import OrganisationKind, Role, Scope
from linlian.community.identity.tests.village import DAY_MS, Village, content, found_village, organisation_id
from linlian.community.identity.views import views as identity_views
from linlian.testing.rows import reading

SCOPES = (Scope.REPORT, Scope.CONFIRM)


def settled() -> Village:
    village = found_village(
        delegations.contract, street=OrganisationKind.GOVERNMENT, harmony=OrganisationKind.PROPERTY_COMPANY
    )
    village.hire("harmony", "desk", Role.DESK)
    for name in ("anna", "son"):
        village.settle(name, invited_by="desk")
    village.settle_without_key("grandmother", registered_by="desk")
    return village


def test_a_delegation_is_in_force_from_its_beginning_to_its_end() -> None:
    village = settled()
    begins, ends = village.town.time + DAY_MS, village.town.time + 3 * DAY_MS
    grant = GrantDelegation(delegate=village.id("son"), scopes=SCOPES, starts=begins, until=ends, household=True)
    village.do("anna", grant)
    village.town.advance(days=2)
    village.do("son", GrantDelegation(delegate=village.id("anna"), scopes=SCOPES, until=ends))
    village.do("anna", EndDelegation(principal=village.id("son"), delegate=village.id("anna")))
    with reading(village.town.blocks, identity_views, ask.views) as db:
        (row,) = ask.delegates_of(db, village.id("anna"))
        assert (row.state, row.scopes, row.basis) == ("granted", "report,confirm", "household")
        assert (row.starts, row.until, row.witness) == (begins, ends, b"")
        for now, in_force in ((begins - 1, False), (begins, True), (0, True), (ends - 1, True), (ends, False)):
            found = ask.principals_of(db, village.id("son"), now=now)
            assert ([other.principal for other in found] == [village.id("anna")]) == in_force
        assert ask.principals_of(db, village.id("anna")) == []
        assert [other.state for other in ask.delegates_of(db, village.id("son"))] == ["ended"]


def test_what_a_desk_proposed_counts_once_it_is_witnessed() -> None:
    village = settled()
    grandmother, son = village.id("grandmother"), village.id("son")
    propose = ProposeDelegation(
        principal=grandmother,
        delegate=son,
        scopes=SCOPES,
        until=village.town.time + 9 * DAY_MS,
        witness=village.id("street"),
        paper=content("her signature"),
    )
    village.do("desk", propose)
    before = len(village.town.blocks)
    signature = WitnessDelegation(principal=grandmother, delegate=son, scopes=SCOPES, until=propose.until)
    village.do("street", signature)
    with reading(village.town.blocks[:before], identity_views, ask.views) as db:
        (waiting,) = ask.delegates_of(db, grandmother)
        assert (waiting.state, waiting.scopes, waiting.basis) == ("proposed", "report,confirm", "helper")
        assert waiting.until == propose.until
        assert ask.to_be_witnessed(db, village.id("street")) == [waiting]
        assert ask.delegates_of(db, grandmother, state=DelegationState.GRANTED) == []
        assert ask.principals_of(db, son) == []
    with reading(village.town.blocks, identity_views, ask.views) as db:
        (row,) = ask.principals_of(db, son)
        assert ask.to_be_witnessed(db, village.id("street")) == []
    assert (row.state, row.basis, row.witness) == ("granted", "helper", village.id("street"))
    assert row.organisation == organisation_id("harmony")
