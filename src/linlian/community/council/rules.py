"""What the organisations decide together: who joins and leaves, which rules hold, whose nodes decide on blocks.

Rules
- One organisation, one vote, cast by an officer. More than half of the active organisations carry a proposal. It is
  rejected as soon as that can no longer be reached, and lapses after 14 days. Proposing is voting for.
- While a proposal is open an organisation may vote again; its later vote replaces its earlier one. The votes of
  organisations that were removed meanwhile do not count.
- The vote that decides also carries out what was decided. If that cannot be done (a removal would leave too few, a
  release would begin in the past), this vote is refused and says why; the proposal stays open.
- A validator is the node of an organisation. A change that would leave no quorum is refused (`kernel.validators`);
  an organisation that is removed takes its validators along.

    propose_admission(kind, code, one-time key of its first officer) → vote … → identity.accept_invitation
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from linlian.community import identity
from linlian.community.identity import (
    NOBODY,
    AccountId,
    KeyFields,
    OrganisationId,
    OrganisationKind,
    Role,
    active_organisations,
    require_role,
)
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Count,
    Event,
    Hash,
    Id,
    Label,
    Meta,
    Millis,
    Refused,
    Row,
    Rows,
    Subject,
    replace,
)
from linlian.kernel.release import schedule_release
from linlian.kernel.validators import change_validator, current_validators

DAY_MS = 24 * 3600 * 1000
PROPOSAL_MS = 14 * DAY_MS

ProposalId: TypeAlias = Annotated[Id, Subject("proposal")]
Voters = Annotated[tuple[Id, ...], Meta(max_length=identity.ORGANISATIONS_MAX)]

contract = Contract("council", needs=(identity.contract,))


class Matter(StrEnum):
    ADMISSION = "admission"
    REMOVAL = "removal"
    RELEASE = "release"
    OPERATOR_KEY = "operator_key"
    VALIDATOR = "validator"


class ProposalStatus(StrEnum):
    OPEN = "open"
    PASSED = "passed"
    REJECTED = "rejected"
    LAPSED = "lapsed"


class Proposal(Row):
    """What is proposed and how the votes stand; fields that a matter has no use for are empty.

    organisation  whom to admit or remove, or whose validator it is
    officer       the pending account of a proposed organisation's first officer
    digest        source hash of a release, or the operator's or validator's public key
    number        of a release, with at_height, from which it holds; or the validator's power
    """

    matter: Matter
    status: ProposalStatus
    until: Millis
    organisation: Id = NOBODY
    officer: Id = NOBODY
    digest: Hash = bytes(32)
    number: Count = 0
    at_height: Count = 0
    in_favour: Voters = ()
    against: Voters = ()


proposals = contract.table("proposal", Proposal)


class ProposeAdmission(KeyFields):
    """The key is the one-time key whose holder will be the organisation's first officer; `code` is public."""

    key_for = "new"

    kind: OrganisationKind
    code: Label
    name: Content | None = None


class ProposeRemoval(Command):
    organisation: OrganisationId


class ProposeRelease(Command):
    """Rules from a height on; `source_hash` names the exact source of all rules and the kernel."""

    number: Count
    source_hash: Hash
    at_height: Count


class ProposeOperatorKey(Command):
    """The Ed25519 public key that will sign the ledger's checkpoints."""

    operator_key: Hash


class Vote(Command):
    proposal: ProposalId
    in_favour: bool = False


class LapseProposal(Command):
    proposal: ProposalId


@contract.event
class AdmissionProposed(Event):
    """`proposer` is the organisation that proposes."""

    proposal: ProposalId
    proposer: OrganisationId
    until: Millis
    organisation: OrganisationId
    officer: AccountId


@contract.event
class RemovalProposed(Event):
    proposal: ProposalId
    proposer: OrganisationId
    until: Millis
    organisation: OrganisationId


@contract.event
class ReleaseProposed(Event):
    proposal: ProposalId
    proposer: OrganisationId
    until: Millis
    number: Count
    source_hash: Hash
    at_height: Count


@contract.event
class OperatorKeyProposed(Event):
    proposal: ProposalId
    proposer: OrganisationId
    until: Millis
    operator_key: Hash


@contract.event
class ValidatorProposed(Event):
    proposal: ProposalId
    proposer: OrganisationId
    until: Millis
    organisation: OrganisationId
    validator_key: Hash
    power: Count


@contract.event
class ValidatorChanged(Event):
    """From the block after the next on this node votes with this power, or (0) no more."""

    organisation: OrganisationId
    validator_key: Hash
    power: Count


@contract.event
class VoteCast(Event):
    proposal: ProposalId
    organisation: OrganisationId
    officer: AccountId
    in_favour: bool


@contract.event
class ProposalClosed(Event):
    proposal: ProposalId
    matter: Matter
    status: ProposalStatus


@contract.event
class ReleaseScheduled(Event):
    number: Count
    source_hash: Hash
    at_height: Count


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
    found = proposals.get(ctx, cmd.proposal)
    if found is None:
        raise Refused("council.unknown_proposal")
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
        _carry_out(ctx, found)
        _close(ctx, identifier, found, ProposalStatus.PASSED)
    elif 2 * len(no) >= len(active):
        _close(ctx, identifier, found, ProposalStatus.REJECTED)
    else:
        proposals.put(ctx, identifier, found)


def _carry_out(ctx: Context, found: Proposal) -> None:
    if found.matter is Matter.ADMISSION:
        identity.admit_organisation(ctx, found.organisation)
    elif found.matter is Matter.REMOVAL:
        identity.remove_organisation(ctx, found.organisation)
        for validator in current_validators(ctx):
            if validator.organisation == found.organisation:
                _change_validator(ctx, found.organisation, validator.public_key, 0)
    elif found.matter is Matter.VALIDATOR:
        _change_validator(ctx, found.organisation, found.digest, found.number)
    elif found.matter is Matter.OPERATOR_KEY:
        identity.set_operator_key(ctx, found.digest)
    else:
        schedule_release(ctx, found.number, found.digest, found.at_height)
        ctx.emit(ReleaseScheduled(number=found.number, source_hash=found.digest, at_height=found.at_height))


def _change_validator(ctx: Context, organisation: bytes, key: bytes, power: int) -> None:
    change_validator(ctx, key, power, organisation)
    ctx.emit(ValidatorChanged(organisation=organisation, validator_key=key, power=power))


def _close(ctx: Context, identifier: bytes, found: Proposal, status: ProposalStatus) -> None:
    """Record the result. An organisation that was not voted in loses its pending invitation too."""
    proposals.put(ctx, identifier, replace(found, status=status))
    ctx.unschedule("council.proposal", identifier)
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
