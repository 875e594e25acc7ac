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
)
from linlian.kernel.contract import (
    Command,
    Content,
    Contract,
    Count,
    Event,
    Hash,
    Id,
    Label,
    Meta,
    Millis,
    Row,
    Subject,
)
from linlian.kernel.trustroots import ForeignRoot

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
    TRUST_ROOT = "trust_root"


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


class ProposedRoot(Row):
    """The trust root that a proposal is about."""

    chain: Label
    root: ForeignRoot


proposals = contract.table("proposal", Proposal, refused="council.unknown_proposal")
proposed_roots = contract.table("proposed_root", ProposedRoot)


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


@contract.event
class TrustRootProposed(Event):
    """From whom to take another community's receipts: its operator (zeros: none), or validators of a height."""

    proposal: ProposalId
    proposer: OrganisationId
    until: Millis
    chain: Label
    operator_key: Hash
    at_height: Count
    validators: Count


@contract.event
class TrustRootSet(Event):
    """Receipts of that chain are taken from these from now on."""

    chain: Label
    operator_key: Hash
    at_height: Count
    validators: Count
