"""Programmes: what a fund's money is spent for. Programme → cycle → entitlement, each approved by somebody else.

Rules
- What may be spent is set from the top: cycles within the programme's budget, entitlements within the cycle's ceiling.
- An entitlement is approved as its cycle is, and not otherwise: what is approved is the closed list.
- Where the programme says so the list hangs out, with names masked, between the decision and the first payment;
  anybody may object, and is answered.
- Who receives is known by a name that means nothing outside the fund, and who that is stays sealed.
- Long programmes and emergencies report on the way; each is accounted for at its end (Charity Law 2023, 72 and 79).

    draft_programme, approve_programme → draft_cycle, enter_entitlement …, submit_cycle, approve_cycle
    → object_to_cycle, answer_objection → (payable: see `transfers`) → end_programme, account_for

This module holds the rows and what the parts share.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from linlian.community import funds, identity
from linlian.community.funds import Approvals, Minor
from linlian.community.identity import NOBODY
from linlian.community.programmes.rules_table import CycleState, EntitlementState, ObjectionState, ProgrammeState
from linlian.kernel.contract import (
    Context,
    Contract,
    Count,
    Hash,
    Id,
    Label,
    Millis,
    Refused,
    Row,
    Subject,
    replace,
)

CycleId: TypeAlias = Annotated[Id, Subject("cycle")]
RecipientId: TypeAlias = Annotated[Id, Subject("recipient")]

contract = Contract("programmes", needs=(identity.contract, funds.contract))


class Form(StrEnum):
    """What somebody receives. Goods and services have a value, and a last hop that is their delivery."""

    MONEY = "money"
    GOODS = "goods"
    SERVICE = "service"


class Programme(Row):
    """`planned_minor` is in cycles.

    notice_days     how long a cycle's list hangs out before it is paid; 0: it does not
    emergency       one person approves, nothing is posted; it is looked at afterwards
    """

    fund: Id
    state: ProgrammeState
    purse: Label
    budget_minor: Minor
    starts: Millis
    until: Millis
    notice_days: Count
    emergency: bool
    entered_by: Id
    approved_by: Approvals = ()
    planned_minor: Count = 0
    cycles: Count = 0
    reports: Count = 0


class Cycle(Row):
    """`entitled_minor` is what its list adds up to, `approved_minor` what approved payments add up to, `sent_minor`
    what left the fund for it and did not come back. `posted_until` is 0 while its list does not hang out."""

    programme: Id
    fund: Id
    state: CycleState
    ceiling_minor: Minor
    starts: Millis
    until: Millis
    entered_by: Id
    approved_by: Approvals = ()
    entitlements: Count = 0
    numbered: Count = 0
    entitled_minor: Count = 0
    approved_minor: Count = 0
    sent_minor: Count = 0
    posted_until: Millis = 0
    objections: Count = 0
    submitted_by: Id = NOBODY
    reviewed_by: Id = NOBODY


class Recipient(Row):
    """Somebody who may receive, under a name that means nothing outside the fund: an account, an organisation, or
    neither. `mark` is a keyed hash of their number: the same person under another spelling has the same."""

    fund: Id
    account: Id
    organisation: Id
    mark: Hash


class Entitlement(Row):
    """`ordered_minor`: what payments that stand add up to. `quantity` of `unit` where it is goods or a service.
    `starts`: nothing is paid of it before; 0: as soon as its cycle is payable."""

    cycle: Id
    recipient: Id
    form: Form
    amount_minor: Minor
    quantity: Count
    unit: Label
    until: Millis
    state: EntitlementState
    entered_by: Id
    number: Count
    ordered_minor: Count = 0
    starts: Millis = 0


class Listed(Row):
    """That a recipient is on a cycle's list. Keyed by cycle and recipient."""

    entitlement: Id


class Objection(Row):
    """`entitlement` is NOTHING where it is the whole list that is not right."""

    cycle: Id
    entitlement: Id
    by: Id
    state: ObjectionState


class Objected(Row):
    """That somebody objected; nobody does so twice to the same. Keyed by cycle, account and entitlement."""

    objection: Id


programmes = contract.table("programme", Programme, refused="programmes.unknown_programme")
cycles = contract.table("cycle", Cycle, refused="programmes.unknown_cycle")
recipients = contract.table("recipient", Recipient)
entitlements = contract.table("entitlement", Entitlement, refused="programmes.unknown_entitlement")
listed = contract.table("listed", Listed)
objections = contract.table("objection", Objection, refused="programmes.unknown_objection")
objected = contract.table("objected", Objected)


require_programme = programmes.require
require_cycle = cycles.require
require_entitlement = entitlements.require


# --- what payments do to a list; the business that pays calls these ---


def order(ctx: Context, entitlement_id: bytes, amount_minor: int) -> Entitlement:
    """A payment is entered (or, negative, taken back): so much of the entitlement is spoken for.

    Refused: `programmes.not_payable`, `programmes.not_entitled`, `programmes.not_yet`, `programmes.over_entitlement`.
    """
    row = require_entitlement(ctx, entitlement_id)
    if amount_minor > 0:
        _check_payable(ctx, row, amount_minor)
    row = replace(row, ordered_minor=row.ordered_minor + amount_minor)
    entitlements.put(ctx, entitlement_id, row)
    return row


def count_approved(ctx: Context, cycle_id: bytes, amount_minor: int) -> None:
    """So much more (or less) of a cycle is approved to be paid. Refused: `programmes.already_sent`."""
    row = require_cycle(ctx, cycle_id)
    row = replace(row, approved_minor=row.approved_minor + amount_minor)
    if row.approved_minor < row.sent_minor:
        raise Refused("programmes.already_sent", about=(cycle_id,))
    cycles.put(ctx, cycle_id, row)


def count_sent(ctx: Context, cycle_id: bytes, amount_minor: int) -> None:
    """So much more (or less) left the fund for a cycle: never more than is approved. Refused:
    `programmes.not_approved`."""
    row = require_cycle(ctx, cycle_id)
    if row.sent_minor + amount_minor > row.approved_minor:
        left = row.approved_minor - row.sent_minor
        raise Refused("programmes.not_approved", about=(cycle_id,), left_minor=left)
    cycles.put(ctx, cycle_id, replace(row, sent_minor=row.sent_minor + amount_minor))


def _check_payable(ctx: Context, row: Entitlement, amount_minor: int) -> None:
    cycle = require_cycle(ctx, row.cycle)
    if cycle.state is not CycleState.PAYABLE:
        raise Refused("programmes.not_payable", about=(row.cycle,), state=cycle.state.value)
    about = (row.cycle, row.recipient)
    if row.state is not EntitlementState.ENTERED or row.until <= ctx.time:
        raise Refused("programmes.not_entitled", about=about, state=row.state.value)
    if row.starts > ctx.time:
        raise Refused("programmes.not_yet", about=about, starts=row.starts)
    left = row.amount_minor - row.ordered_minor
    if amount_minor > left:
        raise Refused("programmes.over_entitlement", about=about, left_minor=left)
