"""Recovery: a new key for somebody who lost theirs, by officers of several organisations.

Rules
- Somebody at a desk opens it with the new key. Then k officers of k different organisations approve: 2 of any, or
  as many as the account asked for, of those it named while it had a key. One at least is of the government or of the
  owners' committee, while these have anybody who can: companies alone give nobody a new key.
- Each step is told to the account (all its other keys), its household, its delegates and its organisation.
- Approved is not done: it waits 72 hours, in which any key of the account can veto it, and so can an officer of an
  organisation that approved, or of the account's own. Only then does the new key replace all old ones. What nobody
  approved lapses in 14 days.
- Done is not trusted: for 72 hours more the account may report and see, and nothing else (`identity.Power`).
- A suspended account's keys cannot veto: who fears a stolen key suspends the account, then has it recovered.
- An approval names the key that the officer saw. If the recovery was stopped and another opened meanwhile, with another
  key, it counts for nothing.
- Nobody opens or approves the recovery of their own account, or of one for which they act or with which they live,
  and the opening is no approval. Whoever did either gains nothing by it (`identity.check_no_part`).
- If those named have left and the rest are no longer enough, any officers may approve: a choice made long ago must
  not lock anybody out.
- Where an officer lost the key and not even two organisations have somebody who can approve (there are two, with one
  officer each), one is enough, and it waits 14 days instead of 3: nothing could ever be decided again otherwise.

    open_recovery → approve_recovery (×k) → 72 h without veto → complete_recovery
"""

from __future__ import annotations

from typing import Annotated

from linlian.community import identity
from linlian.community.council.rules import DAY_MS, contract
from linlian.community.council.rules_trusted import APPROVALS_MIN, INDEPENDENT, Approvers, wanted_by
from linlian.community.identity import (
    AccountId,
    AccountKind,
    AccountStatus,
    KeyFields,
    OrganisationId,
    Power,
    Role,
    Told,
    acting,
    require_account,
    require_office,
    require_role,
)
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Event,
    Hash,
    Id,
    Label,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    replace,
)
from linlian.kernel.keys import Origin

RECOVERY_OPEN_MS = 14 * DAY_MS
RECOVERY_WAIT_MS = 3 * DAY_MS
RECOVERY_WAIT_ALONE_MS = 14 * DAY_MS
"""How long it waits if only one organisation could approve."""


class Recovery(Row):
    """One that is under way, keyed by the account. `due` is 0 until enough have approved. `key` is the new key's id.

    `opened_for` is the organisation whose desk opened it; `organisations` are those that approved.
    """

    suite: Label
    public_key: Annotated[bytes, Meta(max_length=128)]
    rp_id: Origin
    origin: Origin
    key: Hash
    opened_by: Id
    opened_for: Id
    officers: Approvers = ()
    organisations: Approvers = ()
    due: Millis = 0


recoveries = contract.table("recovery", Recovery, refused="council.no_recovery")


class OpenRecovery(KeyFields):
    """The key is the new one. `evidence` is what the person showed at the desk, sealed."""

    key_for = "account"

    account: AccountId
    evidence: Content | None = None


class ApproveRecovery(Command):
    """`key` is the id of the new key: whoever approves one has not approved another that was put in its place."""

    approves_key = APPROVALS_MIN

    account: AccountId
    key: Hash


class VetoRecovery(Command):
    account: AccountId


class CompleteRecovery(Command):
    account: AccountId


class LapseRecovery(Command):
    account: AccountId


@contract.event
class RecoveryOpened(Event):
    """`told` are household and delegates, `employer` is where the account works: it stands in their histories too."""

    account: AccountId
    key: Hash
    opened_by: AccountId
    until: Millis
    told: Told = ()
    employer: OrganisationId | None = None
    evidence: Content | None = None


@contract.event
class RecoveryApproved(Event):
    """One officer's approval. `due` is when the key will be replaced; 0 while others must approve."""

    account: AccountId
    key: Hash
    officer: AccountId
    due: Millis = 0
    told: Told = ()
    employer: OrganisationId | None = None


@contract.event
class RecoveryVetoed(Event):
    account: AccountId
    vetoed_by: AccountId


@contract.event
class RecoveryLapsed(Event):
    account: AccountId


@contract.event
class RecoveryCompleted(Event):
    """Until `until` the account may report and see, and nothing else."""

    account: AccountId
    until: Millis
    told: Told = ()
    employer: OrganisationId | None = None


@contract.command
def open_recovery(ctx: Context, cmd: OpenRecovery) -> None:
    """At a desk: this person lost their keys (or never had one) and wants this one."""
    desk = require_office(ctx, identity.HOSTS, *identity.FRONT_OFFICE)
    _check_recoverable(ctx, cmd.account)
    _check_impartial(ctx, cmd.account)
    if recoveries.has(ctx, cmd.account):
        raise Refused("council.recovery_open", about=(cmd.account,))
    key = identity.check_new_key(ctx, cmd)
    row = Recovery(cmd.suite, cmd.public_key, cmd.rp_id, cmd.origin, key, ctx.signer, desk.organisation)
    recoveries.put(ctx, cmd.account, row)
    until = ctx.time + RECOVERY_OPEN_MS
    ctx.schedule("council.recovery", cmd.account, until, LapseRecovery(account=cmd.account))
    ctx.emit(
        RecoveryOpened(
            account=cmd.account,
            key=key,
            opened_by=ctx.signer,
            until=until,
            told=identity.told(ctx, cmd.account, ctx.time),
            employer=_employer(ctx, cmd.account),
            evidence=cmd.evidence,
        )
    )


@contract.command
def approve_recovery(ctx: Context, cmd: ApproveRecovery) -> None:
    """An officer has made sure who this is. The last approval needed starts the 72 hours."""
    organisation = require_role(ctx, Role.OFFICER).organisation
    found, wanted = recoveries.require(ctx, cmd.account), wanted_by(ctx, cmd.account)
    _check_impartial(ctx, cmd.account)
    if cmd.key != found.key:
        raise Refused("council.other_key", about=(cmd.account,))
    if found.due:
        raise Refused("council.already_approved", about=(cmd.account,))
    if wanted is not None and ctx.signer not in wanted.officers:
        raise Refused("council.not_named", about=(cmd.account,))
    if organisation in found.organisations:
        raise Refused("council.same_organisation", about=(cmd.account,))
    officers, organisations = (*found.officers, ctx.signer), (*found.organisations, organisation)
    alone = _is_left_to_one(ctx, cmd.account)
    needed = 1 if alone else APPROVALS_MIN if wanted is None else wanted.needed
    if len(officers) >= needed and not alone:
        _check_independent(ctx, cmd.account, organisations)
    wait_ms = RECOVERY_WAIT_ALONE_MS if alone else RECOVERY_WAIT_MS
    due = ctx.time + wait_ms if len(officers) >= needed else 0
    row = replace(found, officers=officers, organisations=organisations, due=due)
    recoveries.put(ctx, cmd.account, row)
    if due:
        ctx.schedule("council.recovery", cmd.account, due, CompleteRecovery(account=cmd.account))
    ctx.emit(
        RecoveryApproved(
            account=cmd.account,
            key=cmd.key,
            officer=ctx.signer,
            due=due,
            told=identity.told(ctx, cmd.account, ctx.time),
            employer=_employer(ctx, cmd.account),
        )
    )


@contract.command
def veto_recovery(ctx: Context, cmd: VetoRecovery) -> None:
    """Stop a recovery: with any key of the account, or as an officer of its organisation or of one that approved."""
    acting(ctx, Power.REPORT)
    found = recoveries.require(ctx, cmd.account)
    if ctx.signer != cmd.account:
        officer = require_role(ctx, Role.OFFICER, power=Power.REPORT)
        if officer.organisation not in (*found.organisations, _employer(ctx, cmd.account)):
            raise Refused("council.no_veto", about=(cmd.account,))
    recoveries.delete(ctx, cmd.account)
    ctx.unschedule("council.recovery", cmd.account)
    ctx.emit(RecoveryVetoed(account=cmd.account, vetoed_by=ctx.signer))


@contract.timer
def complete_recovery(ctx: Context, cmd: CompleteRecovery) -> None:
    """Nobody objected: the new key replaces all others. It lapses if the account closed or the key was taken."""
    found = recoveries.require(ctx, cmd.account)
    recoveries.delete(ctx, cmd.account)
    key = KeyFields(suite=found.suite, public_key=found.public_key, rp_id=found.rp_id, origin=found.origin)
    try:
        _check_recoverable(ctx, cmd.account)
        identity.check_new_key(ctx, key)
    except Refused:
        ctx.emit(RecoveryLapsed(account=cmd.account))
        return
    organisations = (found.opened_for, *found.organisations)
    identity.replace_keys(ctx, cmd.account, key, (found.opened_by, *found.officers), organisations)
    ctx.emit(
        RecoveryCompleted(
            account=cmd.account,
            until=ctx.time + identity.RECOVERED_MS,
            told=identity.told(ctx, cmd.account, ctx.time),
            employer=_employer(ctx, cmd.account),
        )
    )


@contract.timer
def lapse_recovery(ctx: Context, cmd: LapseRecovery) -> None:
    """Too few approved in time."""
    recoveries.delete(ctx, cmd.account)
    ctx.emit(RecoveryLapsed(account=cmd.account))


def _check_recoverable(reader: Reader, account: bytes) -> None:
    found = require_account(reader, account)
    if found.kind is not AccountKind.PERSON or found.status not in (
        AccountStatus.ACTIVE,
        AccountStatus.SUSPENDED,
    ):
        raise Refused("council.not_recoverable")


def _check_impartial(ctx: Context, account: bytes) -> None:
    """Refuse whoever would gain by a recovery: the account itself, its delegates, its household."""
    if ctx.signer == account:
        raise Refused("council.own_recovery", about=(account,))
    if ctx.signer in identity.told(ctx, account, ctx.time):
        raise Refused("council.not_impartial", about=(account,))


def _employer(reader: Reader, account: bytes) -> bytes | None:
    job = identity.member(reader, account)
    return None if job is None else job.organisation


def _is_left_to_one(reader: Reader, account: bytes) -> bool:
    """Whether it is an officer's account that fewer organisations than are needed have anybody to approve."""
    rows = [identity.organisation(reader, active) for active in identity.active_organisations(reader)]
    officers = [row.officers for row in rows if row is not None]
    if not any(account in listed for listed in officers):
        return False
    return sum(any(officer != account for officer in listed) for listed in officers) < APPROVALS_MIN


def _check_independent(reader: Reader, account: bytes, organisations: tuple[bytes, ...]) -> None:
    """Refuse the last approval of companies among themselves, while somebody independent can approve."""
    rows = [(each, identity.organisation(reader, each)) for each in identity.active_organisations(reader)]
    able = [
        each
        for each, row in rows
        if row is not None and row.kind in INDEPENDENT and any(officer != account for officer in row.officers)
    ]
    if able and not any(each in able for each in organisations):
        raise Refused("council.needs_independent", about=(account,))
