"""Whom an account trusts with its recovery, if it ever comes to that: chosen while it has a key.

Rules
- At least two organisations must be able to approve, one of them of the government or of the owners' committee.
- A choice that can no longer be met (somebody left) counts for nothing: what was chosen long ago must not lock anybody
  out.
"""

from __future__ import annotations

from typing import Annotated

from linlian.community import identity
from linlian.community.council.rules import contract
from linlian.community.identity import AccountId, OrganisationKind, OrganisationStatus, acting
from linlian.kernel.contract import Command, Context, Count, Event, Id, Meta, Reader, Refused, Row

APPROVALS_MIN = 2
INDEPENDENT = (OrganisationKind.GOVERNMENT, OrganisationKind.OWNERS_COMMITTEE)
"""They live by no work that a recovered key could confirm."""
NAMED_MAX = 7
Named = Annotated[tuple[AccountId, ...], Meta(max_length=NAMED_MAX)]
Approvers = Annotated[tuple[Id, ...], Meta(max_length=NAMED_MAX)]


class Trusted(Row):
    """Whom an account named for its recovery, and how many of them are needed. Keyed by the account."""

    officers: Approvers
    needed: Count


trusted = contract.table("trusted", Trusted)


class NameOfficers(Command):
    """Who shall approve if the signer ever loses their keys; none means any officers."""

    officers: Named = ()
    needed: Count = 0


@contract.event
class OfficersNamed(Event):
    account: AccountId
    officers: Approvers
    needed: Count


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


def wanted_by(reader: Reader, account: bytes) -> Trusted | None:
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
