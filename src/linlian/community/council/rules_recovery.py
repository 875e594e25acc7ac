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
from linlian.community.identity import (
    AccountId,
    AccountKind,
    AccountStatus,
    KeyFields,
    OrganisationId,
    OrganisationKind,
    OrganisationStatus,
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
    Count,
    Event,
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

APPROVALS_MIN = 2
INDEPENDENT = (OrganisationKind.GOVERNMENT, OrganisationKind.OWNERS_COMMITTEE)
"""They live by no work that a recovered key could confirm."""
NAMED_MAX = 7
RECOVERY_OPEN_MS = 14 * DAY_MS
RECOVERY_WAIT_MS = 3 * DAY_MS
RECOVERY_WAIT_ALONE_MS = 14 * DAY_MS
"""How long it waits if only one organisation could approve."""

Named = Annotated[tuple[AccountId, ...], Meta(max_length=NAMED_MAX)]
Approvers = Annotated[tuple[Id, ...], Meta(max_length=NAMED_MAX)]


class Trusted(Row):
    """Whom an account named for its recovery, and how many of them are needed. Keyed by the account."""

    officers: Approvers
    needed: Count


class Recovery(Row):
    """One that is under way, keyed by the account. `due` is 0 until enough have approved.

    `opened_for` is the organisation whose desk opened it; `organisations` are those that approved.
    """

    suite: Label
    public_key: Annotated[bytes, Meta(max_length=128)]
    rp_id: Origin
    origin: Origin
    opened_by: Id
    opened_for: Id
    officers: Approvers = ()
    organisations: Approvers = ()
    due: Millis = 0


trusted = contract.table("trusted", Trusted)
recoveries = contract.table("recovery", Recovery)


class NameOfficers(Command):
    """Who shall approve if the signer ever loses their keys; none means any officers."""

    officers: Named = ()
    needed: Count = 0


class OpenRecovery(KeyFields):
    """The key is the new one. `evidence` is what the person showed at the desk, sealed."""

    key_for = "account"

    account: AccountId
    evidence: Content | None = None


class ApproveRecovery(Command):
    approves_key = APPROVALS_MIN

    account: AccountId


class VetoRecovery(Command):
    account: AccountId


class CompleteRecovery(Command):
    account: AccountId


class LapseRecovery(Command):
    account: AccountId


@contract.event
class OfficersNamed(Event):
    account: AccountId
    officers: Approvers
    needed: Count


@contract.event
class RecoveryOpened(Event):
    """`told` are household and delegates, `employer` is where the account works: it stands in their histories too."""

    account: AccountId
    opened_by: AccountId
    until: Millis
    told: Told = ()
    employer: OrganisationId | None = None
    evidence: Content | None = None


@contract.event
class RecoveryApproved(Event):
    """One officer's approval. `due` is when the key will be replaced; 0 while others must approve."""

    account: AccountId
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
def name_officers(ctx: Context, cmd: NameOfficers) -> None:
    """Choose the officers who may recover the signer's account, and how many of them it takes."""
    acting(ctx)
    if not cmd.officers:
        trusted.delete(ctx, ctx.signer)
    else:
        _check_named(ctx, cmd)
        trusted.put(ctx, ctx.signer, Trusted(cmd.officers, cmd.needed))
    ctx.emit(OfficersNamed(account=ctx.signer, officers=cmd.officers, needed=cmd.needed))


@contract.command
def open_recovery(ctx: Context, cmd: OpenRecovery) -> None:
    """At a desk: this person lost their keys (or never had one) and wants this one."""
    desk = require_office(ctx, identity.HOSTS, *identity.FRONT_OFFICE)
    _check_recoverable(ctx, cmd.account)
    _check_impartial(ctx, cmd.account)
    if recoveries.has(ctx, cmd.account):
        raise Refused("council.recovery_open", about=(cmd.account,))
    identity.check_new_key(ctx, cmd)
    row = Recovery(cmd.suite, cmd.public_key, cmd.rp_id, cmd.origin, ctx.signer, desk.organisation)
    recoveries.put(ctx, cmd.account, row)
    until = ctx.time + RECOVERY_OPEN_MS
    ctx.schedule("council.recovery", cmd.account, until, LapseRecovery(account=cmd.account))
    ctx.emit(
        RecoveryOpened(
            account=cmd.account,
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
    found, wanted = _require_recovery(ctx, cmd.account), _wanted(ctx, cmd.account)
    _check_impartial(ctx, cmd.account)
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
    found = _require_recovery(ctx, cmd.account)
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
    found = _require_recovery(ctx, cmd.account)
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


def _require_recovery(reader: Reader, account: bytes) -> Recovery:
    found = recoveries.get(reader, account)
    if found is None:
        raise Refused("council.no_recovery")
    return found


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


def _wanted(reader: Reader, account: bytes) -> Trusted | None:
    """What the account asked for, as long as it can still be met."""
    found = trusted.get(reader, account)
    if found is None:
        return None
    employers = _employers(reader, found.officers)
    if len(employers) < found.needed or not _any_independent(reader, employers):
        return None
    return found


def _check_named(ctx: Context, cmd: NameOfficers) -> None:
    """Officers of at least `needed` organisations, each named once, not oneself."""
    for number, officer in enumerate(cmd.officers):
        if officer == ctx.signer or officer in cmd.officers[:number]:
            raise Refused("council.named_twice", about=(ctx.signer,))
        if not _employers(ctx, (officer,)):
            raise Refused("council.not_an_officer", about=(ctx.signer,))
    employers = _employers(ctx, cmd.officers)
    most = len(employers)
    if not APPROVALS_MIN <= cmd.needed <= most:
        raise Refused("council.needed_impossible", about=(ctx.signer,), least=APPROVALS_MIN, most=most)
    if not _any_independent(ctx, employers):
        raise Refused("council.needs_independent", about=(ctx.signer,))


def _any_independent(reader: Reader, organisations: list[bytes]) -> bool:
    rows = (identity.organisation(reader, each) for each in organisations)
    return any(row is not None and row.kind in INDEPENDENT for row in rows)


def _employers(reader: Reader, officers: tuple[bytes, ...]) -> list[bytes]:
    """The organisations for which at least one of these officers can act now."""
    found: list[bytes] = []
    for officer in officers:
        job = identity.member(reader, officer)
        employer = None if job is None else identity.organisation(reader, job.organisation)
        if job is None or employer is None or job.organisation in found:
            continue
        if employer.status is OrganisationStatus.ACTIVE and officer in employer.officers:
            found.append(job.organisation)
    return found
