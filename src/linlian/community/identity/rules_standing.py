"""Who stands for whom: delegates, households, and those who took part in somebody's recovery.

Rules
- A delegate acts for another within listed scopes, for a time, on a basis of their own. An account has at most 8.
- A household is who invited whom to live with them; `places` adds whom it knows to share a home. Household and
  delegates are told when somebody's keys are to be replaced, for that somebody may not be able to hear it.
- Whoever took part in a recovery, opening or approving, gains nothing by it: for 72 hours after it neither they nor
  anybody of their organisation act or confirm for the account, and they themselves do no work for it.

    told(reader, account, time)                     -> household and delegates
    check_no_part(ctx, ctx.signer, case.reporter)   # Refused: identity.took_part_in_recovery
"""

from __future__ import annotations

from typing import Annotated

from linlian.community.identity.rules import (
    NOBODY,
    RECOVERED_MS,
    AccountId,
    AccountStatus,
    Basis,
    Power,
    Scope,
    Scopes,
    accounts,
    check_settled,
    contract,
    is_just_recovered,
    members,
    require_account,
)
from linlian.kernel.contract import Context, Event, Id, Meta, Millis, Reader, Refused, Row, compose, replace

DELEGATES_MAX = 8
HOUSEHOLD_MAX = 12
PARTAKERS_MAX = 9
POWER_OF: dict[str, Power] = {
    Scope.REPORT: Power.REPORT,
    Scope.SEE: Power.REPORT,
    Scope.CONFIRM: Power.BIND,
    Scope.DECIDE: Power.BIND,
}
"""What it takes to act in a scope; a table, so that no scope is forgotten."""

Partakers = Annotated[tuple[Id, ...], Meta(max_length=PARTAKERS_MAX)]
Told = Annotated[tuple[AccountId, ...], Meta(max_length=DELEGATES_MAX + HOUSEHOLD_MAX)]


class Delegation(Row):
    """Keyed by principal and delegate. `witness` is NOBODY if the principal granted it with their own key.

    One that a desk opened for a principal without a key counts once its witness has signed (`witnessed_at` > 0).
    """

    scopes: Scopes
    basis: Basis
    starts: Millis
    until: Millis
    granted_by: Id
    witness: Id = NOBODY
    witnessed_at: Millis = 0


class Circle(Row):
    """Those around an account, keyed by it. A full household forgets whom it has known the longest."""

    household: Annotated[tuple[Id, ...], Meta(max_length=HOUSEHOLD_MAX)] = ()
    delegates: Annotated[tuple[Id, ...], Meta(max_length=DELEGATES_MAX)] = ()


class Partaking(Row):
    """Who opened and approved the last recovery of an account, and for which organisations. Keyed by the account."""

    people: Partakers
    organisations: Partakers


delegations = contract.table("delegation", Delegation)
circles = contract.table("circle", Circle)
partakings = contract.table("partaking", Partaking)


@contract.event
class HouseholdJoined(Event):
    account: AccountId
    other: AccountId


@contract.event
class HouseholdParted(Event):
    account: AccountId
    other: AccountId


def stands_for(ctx: Context, principal: bytes, scope: str, power: Power | None = None) -> Basis:
    """On what basis the signer acts for `principal`: their own key, or a delegation in force that covers `scope`.

    A scope says what power it takes; give `power` where an act takes less: to dispute is within `Scope.CONFIRM`, and
    takes no more than to report.
    """
    if (power or POWER_OF.get(scope, Power.BIND)) is Power.BIND:
        check_settled(ctx, ctx.signer, require_account(ctx, ctx.signer))
    if ctx.signer == principal:
        return Basis.OWN_KEY
    found = delegation(ctx, principal, ctx.signer)
    if found is None or not is_in_force(found, ctx.time) or not any(scope == covered for covered in found.scopes):
        raise Refused("identity.not_delegate", about=(principal,), scope=scope)
    represented = accounts.get(ctx, principal)
    if represented is None or represented.status is not AccountStatus.ACTIVE:
        raise Refused("identity.principal_not_active", about=(principal,))
    check_no_part(ctx, ctx.signer, principal)
    return found.basis


def delegation(reader: Reader, principal: bytes, delegate: bytes) -> Delegation | None:
    """The row, in force or not."""
    return delegations.get(reader, compose(principal, delegate))


def set_delegation(ctx: Context, principal: bytes, delegate: bytes, row: Delegation | None) -> None:
    """Write a delegation or (None) forget it; those that are over are forgotten with it.

    The business `delegations` decides how one comes about. Refused: `identity.too_many_delegates`.
    """
    circle, key = _circle(ctx, principal), compose(principal, delegate)
    others = tuple(other for other in delegates_of(ctx, principal, ctx.time) if other != delegate)
    for over in circle.delegates:
        if over not in (*others, delegate):
            delegations.delete(ctx, compose(principal, over))
    if row is None:
        delegations.delete(ctx, key)
    elif is_witnessed(row) and len(others) >= DELEGATES_MAX:
        raise Refused("identity.too_many_delegates", about=(principal,), most=DELEGATES_MAX)
    else:
        delegations.put(ctx, key, row)
    now = (*others, delegate) if row is not None and is_witnessed(row) else others
    if now != circle.delegates:
        circles.put(ctx, principal, replace(circle, delegates=now))


def is_witnessed(row: Delegation) -> bool:
    """Whether whoever had to sign a delegation has signed it."""
    return row.witness == NOBODY or row.witnessed_at > 0


def is_in_force(row: Delegation, time: int) -> bool:
    """Whether a delegation counts at a time: witnessed where it must be, begun, not over."""
    return is_witnessed(row) and row.starts <= time < row.until


def delegates_of(reader: Reader, principal: bytes, time: int) -> tuple[bytes, ...]:
    """Who may act for an account, now or from a time that is still to come."""
    known = ((other, delegation(reader, principal, other)) for other in _circle(reader, principal).delegates)
    return tuple(other for other, row in known if row is not None and is_witnessed(row) and time < row.until)


def household_of(reader: Reader, account: bytes) -> tuple[bytes, ...]:
    """Whom an account is known to live with."""
    return _circle(reader, account).household


def told(reader: Reader, account: bytes, time: int) -> tuple[bytes, ...]:
    """Who hears of it when an account's keys are to be replaced: its household and its delegates, each once."""
    return tuple(dict.fromkeys((*household_of(reader, account), *delegates_of(reader, account, time))))


def join_household(ctx: Context, account: bytes, other: bytes) -> None:
    """Two accounts live together from now on. Nothing happens if they are known to."""
    if other in _circle(ctx, account).household:
        return
    for one, two in ((account, other), (other, account)):
        household = _circle(ctx, one).household
        if len(household) >= HOUSEHOLD_MAX:
            leave_household(ctx, one, household[0])
        circle = _circle(ctx, one)
        circles.put(ctx, one, replace(circle, household=(*circle.household, two)))
    ctx.emit(HouseholdJoined(account=account, other=other))


def leave_household(ctx: Context, account: bytes, other: bytes) -> None:
    """Two accounts live together no more. Nothing happens if they did not."""
    if other not in _circle(ctx, account).household:
        return
    for one, two in ((account, other), (other, account)):
        circle = _circle(ctx, one)
        left = tuple(known for known in circle.household if known != two)
        circles.put(ctx, one, replace(circle, household=left))
    ctx.emit(HouseholdParted(account=account, other=other))


def took_part(reader: Reader, who: bytes, account: bytes, time: int, colleagues: bool = False) -> bool:
    """Whether `who` took part in a recovery of `account` that was done less than 72 hours before.

    With `colleagues` also whether anybody of their organisation did: for acts in the account's name, not for work.
    """
    found = accounts.get(reader, account)
    if found is None or not is_just_recovered(found, time):
        return False
    row, job = partakings.get(reader, account), members.get(reader, who)
    if row is None:
        return False
    return who in row.people or (colleagues and job is not None and job.organisation in row.organisations)


def check_no_part(ctx: Context, who: bytes, account: bytes) -> None:
    """Refuse whoever took part in the account's recovery, or whose colleague did, in the 72 hours after it."""
    if took_part(ctx, who, account, ctx.time, colleagues=True):
        until = require_account(ctx, account).recovered_at + RECOVERED_MS
        raise Refused("identity.took_part_in_recovery", about=(account, who), until=until)


def _circle(reader: Reader, account: bytes) -> Circle:
    return circles.get(reader, account) or Circle()
