"""What the organisations decide, as rows: proposals, the vote that counts of each organisation, and recoveries."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from linlian.community.council import audience
from linlian.community.council.rules import (
    AdmissionProposed,
    Matter,
    OperatorKeyProposed,
    ProposalClosed,
    ProposalStatus,
    ReleaseProposed,
    ReleaseScheduled,
    RemovalProposed,
    TrustRootProposed,
    TrustRootSet,
    ValidatorChanged,
    ValidatorProposed,
    VoteCast,
    contract,
)
from linlian.community.council.rules_recovery import (
    RecoveryApproved,
    RecoveryCompleted,
    RecoveryLapsed,
    RecoveryOpened,
    RecoveryVetoed,
)
from linlian.community.council.rules_trusted import OfficersNamed
from linlian.readmodel.view import Fact, Id, Limit, Reads, Rows, View, where

views = View(contract)


class RecoveryState(StrEnum):
    """opened → approved by enough → completed; vetoed or lapsed before that."""

    OPENED = "opened"
    APPROVED = "approved"
    COMPLETED = "completed"
    VETOED = "vetoed"
    LAPSED = "lapsed"


class ProposalRow(NamedTuple):
    """`organisation` is whom to admit or remove, `officer` a proposed organisation's first officer; `digest`, `number`
    and `at_height` belong to a release, `digest` alone to an operator's key; a validator has its organisation, its key
    for `digest` and its power for `number`. What a matter has no use for is empty.
    """

    proposal: bytes
    matter: str
    status: str
    proposer: bytes
    organisation: bytes
    officer: bytes
    digest: bytes
    number: int
    at_height: int
    opened_at: int
    until: int
    closed_at: int


class ValidatorRow(NamedTuple):
    """A node that decides on blocks, since when with this power; 0 is one that no longer does."""

    validator_key: bytes
    organisation: bytes
    power: int
    since: int


class TrustRootRow(NamedTuple):
    """From whom receipts of another chain are taken: its operator's key, or so many validators of a height."""

    chain: str
    operator_key: bytes
    at_height: int
    validators: int
    since: int


class VoteRow(NamedTuple):
    """The vote that counts; an earlier one of the same organisation stands in the proposal's history."""

    proposal: bytes
    organisation: bytes
    officer: bytes
    in_favour: bool
    time: int


class RecoveryRow(NamedTuple):
    """The last recovery of an account; `key` is the id of the new one. `until` is when it lapses, `due` when it is
    completed unless vetoed; once it is completed the account may only report and see up to `settled_at`.
    """

    account: bytes
    key: bytes
    state: str
    opened_by: bytes
    opened_at: int
    until: int
    approvals: int
    due: int
    settled_at: int
    vetoed_by: bytes
    changed_at: int


proposals = views.table("proposal", ProposalRow, indexes=("status, until",))
votes = views.table("vote", VoteRow, key=2)
validators = views.table("validator", ValidatorRow)
trust_roots = views.table("trust_root", TrustRootRow)
recoveries = views.table("recovery", RecoveryRow, indexes=("state, due",))
views.leave_out(OfficersNamed, ReleaseScheduled)


@views.on(AdmissionProposed)
def admission(db: Rows, event: AdmissionProposed, fact: Fact) -> None:
    row = _proposal(event, fact, Matter.ADMISSION)
    db.put(proposals, row._replace(organisation=event.organisation, officer=event.officer))


@views.on(RemovalProposed)
def removal(db: Rows, event: RemovalProposed, fact: Fact) -> None:
    db.put(proposals, _proposal(event, fact, Matter.REMOVAL)._replace(organisation=event.organisation))


@views.on(ReleaseProposed)
def release(db: Rows, event: ReleaseProposed, fact: Fact) -> None:
    row = _proposal(event, fact, Matter.RELEASE)
    db.put(proposals, row._replace(digest=event.source_hash, number=event.number, at_height=event.at_height))


@views.on(OperatorKeyProposed)
def operator_key(db: Rows, event: OperatorKeyProposed, fact: Fact) -> None:
    db.put(proposals, _proposal(event, fact, Matter.OPERATOR_KEY)._replace(digest=event.operator_key))


@views.on(ValidatorProposed)
def validator(db: Rows, event: ValidatorProposed, fact: Fact) -> None:
    row = _proposal(event, fact, Matter.VALIDATOR)
    db.put(proposals, row._replace(organisation=event.organisation, digest=event.validator_key, number=event.power))


@views.on(TrustRootProposed)
def trust_root(db: Rows, event: TrustRootProposed, fact: Fact) -> None:
    row = _proposal(event, fact, Matter.TRUST_ROOT)
    db.put(proposals, row._replace(digest=event.operator_key, at_height=event.at_height, number=event.validators))


@views.on(TrustRootSet)
def trust_root_set(db: Rows, event: TrustRootSet, fact: Fact) -> None:
    row = TrustRootRow(event.chain, event.operator_key, event.at_height, event.validators, fact.time)
    db.put(trust_roots, row)


@views.on(ValidatorChanged)
def validator_changed(db: Rows, event: ValidatorChanged, fact: Fact) -> None:
    db.put(validators, ValidatorRow(event.validator_key, event.organisation, event.power, fact.time))


@views.on(VoteCast)
def vote_cast(db: Rows, event: VoteCast, fact: Fact) -> None:
    db.put(votes, VoteRow(event.proposal, event.organisation, event.officer, event.in_favour, fact.time))


@views.on(ProposalClosed)
def closed(db: Rows, event: ProposalClosed, fact: Fact) -> None:
    db.change(proposals, event.proposal, status=event.status, closed_at=fact.time)


@views.on(RecoveryOpened)
def recovery_opened(db: Rows, event: RecoveryOpened, fact: Fact) -> None:
    row = RecoveryRow(
        account=event.account,
        key=event.key,
        state=RecoveryState.OPENED,
        opened_by=event.opened_by,
        opened_at=fact.time,
        until=event.until,
        approvals=0,
        due=0,
        settled_at=0,
        vetoed_by=b"",
        changed_at=fact.time,
    )
    db.put(recoveries, row)


@views.on(RecoveryApproved)
def recovery_approved(db: Rows, event: RecoveryApproved, fact: Fact) -> None:
    before = db.the(recoveries, event.account)
    row = before._replace(approvals=before.approvals + 1, due=event.due, changed_at=fact.time)
    db.put(recoveries, row._replace(state=RecoveryState.APPROVED) if event.due else row)


@views.on(RecoveryVetoed)
def recovery_vetoed(db: Rows, event: RecoveryVetoed, fact: Fact) -> None:
    _end(db, event.account, RecoveryState.VETOED, fact, vetoed_by=event.vetoed_by)


@views.on(RecoveryLapsed)
def recovery_lapsed(db: Rows, event: RecoveryLapsed, fact: Fact) -> None:
    _end(db, event.account, RecoveryState.LAPSED, fact)


@views.on(RecoveryCompleted)
def recovery_completed(db: Rows, event: RecoveryCompleted, fact: Fact) -> None:
    _end(db, event.account, RecoveryState.COMPLETED, fact)
    db.change(recoveries, event.account, settled_at=event.until)


def _proposal(
    event: AdmissionProposed
    | RemovalProposed
    | ReleaseProposed
    | OperatorKeyProposed
    | ValidatorProposed
    | TrustRootProposed,
    fact: Fact,
    matter: Matter,
) -> ProposalRow:
    return ProposalRow(
        proposal=event.proposal,
        matter=matter,
        status=ProposalStatus.OPEN,
        proposer=event.proposer,
        organisation=b"",
        officer=b"",
        digest=b"",
        number=0,
        at_height=0,
        opened_at=fact.time,
        until=event.until,
        closed_at=0,
    )


def _end(db: Rows, account: bytes, state: RecoveryState, fact: Fact, vetoed_by: bytes = b"") -> None:
    db.change(recoveries, account, state=state, vetoed_by=vetoed_by, changed_at=fact.time)


@views.query(seen_by=audience.DECISIONS)
def proposals_by_status(
    db: Reads,
    status: ProposalStatus | None = None,
    matter: Matter | None = None,
    closed: bool | None = None,
    limit: Limit = 100,
) -> list[ProposalRow]:
    """Proposals, or those of them that are closed or not; the latest first."""
    over = [] if closed is None else ["closed_at > 0" if closed else "closed_at = 0"]
    matching = where(*over, status=status, matter=matter)
    sql = f"SELECT * FROM council_proposal{matching} ORDER BY opened_at DESC, proposal LIMIT :limit"
    return db.all(ProposalRow, sql, status=status, matter=matter, limit=limit)


@views.query(seen_by=audience.DECISIONS)
def proposal(db: Reads, proposal: Id) -> ProposalRow | None:
    """One proposal."""
    return db.one(ProposalRow, "SELECT * FROM council_proposal WHERE proposal = :proposal", proposal=proposal)


@views.query(seen_by=audience.DECISIONS)
def votes_on(db: Reads, proposal: Id, limit: Limit = 100) -> list[VoteRow]:
    """The vote of each organisation on a proposal, in the order in which they were cast."""
    sql = "SELECT * FROM council_vote WHERE proposal = :proposal ORDER BY time, organisation LIMIT :limit"
    return db.all(VoteRow, sql, proposal=proposal, limit=limit)


@views.query(seen_by=audience.DECISIONS)
def validators_in_force(db: Reads, limit: Limit = 100) -> list[ValidatorRow]:
    """The nodes that decide on blocks, the longest there first; none where one operator keeps the ledger."""
    sql = "SELECT * FROM council_validator WHERE power > 0 ORDER BY since, validator_key LIMIT :limit"
    return db.all(ValidatorRow, sql, limit=limit)


@views.query(seen_by=audience.DECISIONS)
def trusted_chains(db: Reads, limit: Limit = 100) -> list[TrustRootRow]:
    """The other communities whose receipts are taken here, by their chains."""
    return db.all(TrustRootRow, "SELECT * FROM council_trust_root ORDER BY chain LIMIT :limit", limit=limit)


@views.query(seen_by=audience.RECOVERIES)
def recoveries_by_state(db: Reads, state: RecoveryState | None = None, limit: Limit = 100) -> list[RecoveryRow]:
    """Recoveries of accounts, the latest first."""
    sql = f"SELECT * FROM council_recovery{where(state=state)} ORDER BY opened_at DESC, account LIMIT :limit"
    return db.all(RecoveryRow, sql, state=state, limit=limit)


@views.query(seen_by=audience.RECOVERY)
def recovery_of(db: Reads, account: Id) -> RecoveryRow | None:
    """The last recovery of an account."""
    return db.one(RecoveryRow, "SELECT * FROM council_recovery WHERE account = :account", account=account)
