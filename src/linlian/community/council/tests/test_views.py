"""The rows of the council are its state: proposals, the votes that count, and recoveries."""

from __future__ import annotations

import pytest

from linlian.community.council import views as ask
from linlian.community.council.rules import (
    PROPOSAL_MS,
    ProposalStatus,
    ProposeOperatorKey,
    ProposeRemoval,
    Vote,
    proposals,
)
from linlian.community.council.rules_recovery import (
    RECOVERY_OPEN_MS,
    RECOVERY_WAIT_MS,
    OpenRecovery,
    VetoRecovery,
    recoveries,
)
from linlian.community.council.tests.approving import approval
from linlian.community.council.tests.test_rules import (
    proposal_of,
    propose_newcomer,
    release,
    village_of,
)
from linlian.community.council.views import RecoveryState
from linlian.community.identity import NOBODY
from linlian.community.identity.tests.village import Village, organisation_id, software_key
from linlian.community.identity.views import keys_of
from linlian.community.identity.views import views as identity_views
from linlian.testing.rows import reading, table_rows


def check_rows(village: Village) -> None:
    """Every proposal is what the state says, and so is every vote that counts."""
    with reading(village.town.blocks, identity_views, ask.views) as db:
        found = {row.proposal: row for row in table_rows(db, ask.proposals)}
        kept = dict(village.town.rows(proposals))
        assert found.keys() == kept.keys()
        for key, proposal in kept.items():
            row = found[key]
            assert (row.matter, row.status, row.until) == (proposal.matter, proposal.status, proposal.until)
            assert (row.organisation or NOBODY, row.officer or NOBODY) == (proposal.organisation, proposal.officer)
            assert (row.digest or bytes(32), row.number) == (proposal.digest, proposal.number)
            assert (row.at_height, row.closed_at > 0) == (proposal.at_height, proposal.status != "open")
            if proposal.status is ProposalStatus.OPEN:
                votes = {vote.organisation: vote.in_favour for vote in ask.votes_on(db, key)}
                counted = {**dict.fromkeys(proposal.in_favour, True), **dict.fromkeys(proposal.against, False)}
                assert votes == counted


def test_proposals_and_votes_are_those_of_the_state() -> None:
    village = village_of(5)
    newcomer = propose_newcomer(village)
    rules = proposal_of(village.do("a", release(village)))
    key = proposal_of(village.do("b", ProposeOperatorKey(operator_key=software_key("next").public_key)))
    removal = proposal_of(village.do("c", ProposeRemoval(organisation=organisation_id("e"))))
    for voter, proposal, in_favour in (
        *(("b", newcomer, True), ("c", newcomer, True)),
        *(("b", rules, True), ("b", rules, False), ("c", rules, True)),
        *(("c", key, False), ("d", key, False), ("e", key, False)),
    ):
        village.do(voter, Vote(proposal=proposal, in_favour=in_favour))
    check_rows(village)
    with reading(village.town.blocks, identity_views, ask.views) as db:
        still_open = ask.proposals_by_status(db, status=ProposalStatus.OPEN)
        assert [row.proposal for row in still_open] == [removal, rules]
        assert [(vote.organisation, vote.in_favour) for vote in ask.votes_on(db, rules)] == [
            (organisation_id(name), vote) for name, vote in (("a", True), ("b", False), ("c", True))
        ]
        passed = ask.proposal(db, newcomer)
    assert passed is not None
    assert (passed.status, passed.proposer) == ("passed", organisation_id("a"))
    village.town.advance(ms=PROPOSAL_MS)
    check_rows(village)


@pytest.mark.parametrize("state", RecoveryState)
def test_a_recovery_is_shown_as_it_stands(state: RecoveryState) -> None:
    village = village_of(4)
    village.settle("anna", invited_by="b")
    account = village.id("anna")
    village.do("b", OpenRecovery(account=account, **village.key_of("anna's new key")))
    if state in (RecoveryState.APPROVED, RecoveryState.COMPLETED):
        for officer in ("a", "c", "d"):
            if village.town.get(recoveries, account).due == 0:  # type: ignore[union-attr]
                village.do(officer, approval(village.town, account))
    kept = village.town.get(recoveries, account)
    if state is RecoveryState.VETOED:
        village.do("anna", VetoRecovery(account=account))
    if state is RecoveryState.COMPLETED:
        village.town.advance(ms=RECOVERY_WAIT_MS)
    if state is RecoveryState.LAPSED:
        village.town.advance(ms=RECOVERY_OPEN_MS)
    assert kept is not None
    with reading(village.town.blocks, identity_views, ask.views) as db:
        (row,) = ask.recoveries_by_state(db)
        assert ask.recoveries_by_state(db, state=state) == [row]
        assert (row.account, row.opened_by, row.due) == (account, village.id("b"), kept.due)
        assert row.approvals == len(kept.officers)
        assert (row.vetoed_by == account) == (state is RecoveryState.VETOED)
        signing = [key for key in keys_of(db, account) if not key.until_height]
        completed = state is RecoveryState.COMPLETED
        assert [key.key_id for key in signing] == [software_key("anna's new key" if completed else "anna").key_id]
