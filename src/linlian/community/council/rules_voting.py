"""Proposing, voting, and carrying out what was decided."""

from __future__ import annotations

from linlian.community import identity
from linlian.community.council.rules import (
    PROPOSAL_MS,
    AdmissionProposed,
    LapseProposal,
    Matter,
    OperatorKeyProposed,
    Proposal,
    ProposalClosed,
    ProposalStatus,
    ProposeAdmission,
    ProposeOperatorKey,
    ProposeRelease,
    ProposeRemoval,
    ReleaseProposed,
    ReleaseScheduled,
    RemovalProposed,
    TrustRootSet,
    ValidatorChanged,
    Vote,
    VoteCast,
    contract,
    proposals,
    proposed_roots,
)
from linlian.community.identity import Role, active_organisations, require_role
from linlian.kernel.contract import Context, Refused, Rows, replace
from linlian.kernel.release import schedule_release
from linlian.kernel.trustroots import set_trust_root
from linlian.kernel.validators import change_validator, current_validators


@contract.command
def propose_admission(ctx: Context, cmd: ProposeAdmission) -> None:
    """Propose an organisation. Its first officer is invited, but cannot accept before the vote."""
    proposer = require_role(ctx, Role.OFFICER).organisation
    row = new_proposal(ctx, Matter.ADMISSION)
    organisation = identity.propose_organisation(ctx, cmd.kind, cmd.code, cmd.name)
    until = row.until + identity.INVITATION_MS
    officer = identity.invite_into(ctx, cmd, organisation, (Role.OFFICER,), until)
    row = replace(row, organisation=organisation, officer=officer)
    proposal = ctx.new_id()
    ctx.emit(
        AdmissionProposed(
            proposal=proposal,
            proposer=proposer,
            until=row.until,
            organisation=organisation,
            officer=officer,
        )
    )
    open_proposal(ctx, proposal, row, proposer)


@contract.command
def propose_removal(ctx: Context, cmd: ProposeRemoval) -> None:
    """Propose that an organisation leave. It has a vote like the others."""
    proposer = require_role(ctx, Role.OFFICER).organisation
    identity.check_removable(ctx, cmd.organisation)
    row = replace(new_proposal(ctx, Matter.REMOVAL), organisation=cmd.organisation)
    proposal = ctx.new_id()
    ctx.emit(RemovalProposed(proposal=proposal, proposer=proposer, until=row.until, organisation=cmd.organisation))
    open_proposal(ctx, proposal, row, proposer)


@contract.command
def propose_release(ctx: Context, cmd: ProposeRelease) -> None:
    """Propose rules from a height on. Nodes without them stop before that height."""
    proposer = require_role(ctx, Role.OFFICER).organisation
    if cmd.at_height <= ctx.height:
        raise Refused("council.release_too_soon", at_height=cmd.at_height, height=ctx.height)
    row = replace(new_proposal(ctx, Matter.RELEASE), number=cmd.number, digest=cmd.source_hash, at_height=cmd.at_height)
    proposal = ctx.new_id()
    ctx.emit(
        ReleaseProposed(
            proposal=proposal,
            proposer=proposer,
            until=row.until,
            number=cmd.number,
            source_hash=cmd.source_hash,
            at_height=cmd.at_height,
        )
    )
    open_proposal(ctx, proposal, row, proposer)


@contract.command
def propose_operator_key(ctx: Context, cmd: ProposeOperatorKey) -> None:
    """Propose the key that will sign the ledger's checkpoints."""
    proposer = require_role(ctx, Role.OFFICER).organisation
    identity.check_operator_key(cmd.operator_key)
    row = replace(new_proposal(ctx, Matter.OPERATOR_KEY), digest=cmd.operator_key)
    proposal = ctx.new_id()
    ctx.emit(OperatorKeyProposed(proposal=proposal, proposer=proposer, until=row.until, operator_key=cmd.operator_key))
    open_proposal(ctx, proposal, row, proposer)


@contract.command
def vote(ctx: Context, cmd: Vote) -> None:
    """Cast the organisation's vote."""
    voter = require_role(ctx, Role.OFFICER).organisation
    found = proposals.require(ctx, cmd.proposal)
    if found.status is not ProposalStatus.OPEN or ctx.time >= found.until:
        raise Refused("council.proposal_closed", about=(cmd.proposal,))
    _cast(ctx, cmd.proposal, found, voter, cmd.in_favour)


@contract.timer
def lapse_proposal(ctx: Context, cmd: LapseProposal) -> None:
    """Its time is over: whoever did not vote for it was not for it."""
    found = proposals.get(ctx, cmd.proposal)
    assert found is not None, "proposals are never deleted"
    _close(ctx, cmd.proposal, found, ProposalStatus.LAPSED)


def new_proposal(ctx: Context, matter: Matter) -> Proposal:
    """A proposal that is open from now on for 14 days, about nothing yet."""
    return Proposal(matter, ProposalStatus.OPEN, ctx.time + PROPOSAL_MS)


def open_proposal(ctx: Context, identifier: bytes, row: Proposal, proposer: bytes) -> None:
    """Put it to the vote; whoever proposes votes for it."""
    ctx.schedule("council.proposal", identifier, row.until, LapseProposal(proposal=identifier))
    _cast(ctx, identifier, row, proposer, in_favour=True)


def _cast(ctx: Context, identifier: bytes, found: Proposal, voter: bytes, in_favour: bool) -> None:
    """Replace the voter's vote, then decide if more than half are for it, or no longer can be."""
    active = active_organisations(ctx)
    others = tuple(other for other in active if other != voter)
    yes = tuple(other for other in others if other in found.in_favour)
    no = tuple(other for other in others if other in found.against)
    yes, no = ((*yes, voter), no) if in_favour else (yes, (*no, voter))
    found = replace(found, in_favour=yes, against=no)
    ctx.emit(VoteCast(proposal=identifier, organisation=voter, officer=ctx.signer, in_favour=in_favour))
    if 2 * len(yes) > len(active):
        _carry_out(ctx, identifier, found)
        _close(ctx, identifier, found, ProposalStatus.PASSED)
    elif 2 * len(no) >= len(active):
        _close(ctx, identifier, found, ProposalStatus.REJECTED)
    else:
        proposals.put(ctx, identifier, found)


def _carry_out(ctx: Context, identifier: bytes, found: Proposal) -> None:
    if found.matter is Matter.ADMISSION:
        identity.admit_organisation(ctx, found.organisation)
    elif found.matter is Matter.REMOVAL:
        identity.remove_organisation(ctx, found.organisation)
        for validator in current_validators(ctx):
            if validator.organisation == found.organisation:
                _change_validator(ctx, found.organisation, validator.public_key, 0)
    elif found.matter is Matter.VALIDATOR:
        _change_validator(ctx, found.organisation, found.digest, found.number)
    elif found.matter is Matter.TRUST_ROOT:
        _trust(ctx, identifier)
    elif found.matter is Matter.OPERATOR_KEY:
        identity.set_operator_key(ctx, found.digest)
    else:
        schedule_release(ctx, found.number, found.digest, found.at_height)
        ctx.emit(ReleaseScheduled(number=found.number, source_hash=found.digest, at_height=found.at_height))


def _change_validator(ctx: Context, organisation: bytes, key: bytes, power: int) -> None:
    change_validator(ctx, key, power, organisation)
    ctx.emit(ValidatorChanged(organisation=organisation, validator_key=key, power=power))


def _trust(ctx: Context, identifier: bytes) -> None:
    proposed = proposed_roots.get(ctx, identifier)
    assert proposed is not None, "it was proposed with its root"
    chain, root = proposed.chain, proposed.root
    set_trust_root(ctx, chain, root)
    count = len(root.validators)
    ctx.emit(TrustRootSet(chain=chain, operator_key=root.operator_key, at_height=root.height, validators=count))


def _close(ctx: Context, identifier: bytes, found: Proposal, status: ProposalStatus) -> None:
    """Record the result. An organisation that was not voted in loses its pending invitation too."""
    proposals.put(ctx, identifier, replace(found, status=status))
    ctx.unschedule("council.proposal", identifier)
    if found.matter is Matter.TRUST_ROOT:
        proposed_roots.delete(ctx, identifier)
    ctx.emit(ProposalClosed(proposal=identifier, matter=found.matter, status=status))
    if found.matter is Matter.ADMISSION and status is not ProposalStatus.PASSED:
        identity.end_invitation(ctx, found.officer)


@contract.invariant
def votes_are_counted(rows: Rows) -> None:
    """One vote for an organisation, and a proposal that more than half voted for is not left open."""
    for _, row in rows(proposals):
        assert len({*row.in_favour, *row.against}) == len(row.in_favour) + len(row.against), "one vote each"
        if row.status is ProposalStatus.PASSED:
            assert len(row.in_favour) > len(row.against), "a majority passed it"
