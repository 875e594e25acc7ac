"""Recipients and what they may receive: who is put on a cycle's list.

Rules
- A recipient has a name that means nothing outside the fund. Who it is is sealed; the same person under another
  spelling has the same mark (a keyed hash of their number, made where the fund's key is), and is refused.
- Whoever manages the fund, works for it or for its approving body, or has a declared interest, is no recipient (Charity
  Law 2023, article 59).
- A list is changed while it is drafted, and not afterwards.
"""

from __future__ import annotations

from linlian.community import funds, identity
from linlian.community.funds import Currency, FundId, Minor, ProgrammeId
from linlian.community.identity import NOBODY, AccountId, OrganisationId
from linlian.community.programmes.rules import (
    Cycle,
    CycleId,
    Entitlement,
    Form,
    Listed,
    Programme,
    Recipient,
    RecipientId,
    contract,
    cycles,
    entitlements,
    listed,
    recipients,
    require_cycle,
    require_entitlement,
    require_programme,
)
from linlian.community.programmes.rules_table import STEPS, CycleState, EntitlementState, moved
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Count,
    Event,
    Hash,
    Id,
    Label,
    Millis,
    Refused,
    compose,
    replace,
)

ENTITLEMENTS_MAX = 100_000


class RegisterRecipient(Command):
    """`particulars`: who it is and where the money goes, sealed."""

    fund: FundId
    mark: Hash
    particulars: Content
    account: AccountId | None = None
    organisation: OrganisationId | None = None


class EnterEntitlement(Command):
    """`quantity` of `unit` where it is goods or a service, worth `amount_minor`; paid from `starts` until
    `until`, when it expires."""

    cycle: CycleId
    recipient: RecipientId
    form: Form
    amount_minor: Minor
    currency: Currency
    until: Millis
    quantity: Count = 0
    unit: Label = ""
    starts: Millis = 0


class WithdrawEntitlement(Command):
    entitlement: Id


class ExpireEntitlement(Command):
    entitlement: Id


@contract.event
class RecipientRegistered(Event):
    recipient: RecipientId
    fund: FundId
    mark: Hash
    particulars: Content
    account: AccountId | None = None
    organisation: OrganisationId | None = None


@contract.event
class EntitlementEntered(Event):
    entitlement: Id
    cycle: CycleId
    programme: ProgrammeId
    recipient: RecipientId
    number: Count
    form: Form
    amount_minor: Minor
    until: Millis
    entered_by: AccountId
    quantity: Count = 0
    unit: Label = ""
    starts: Millis = 0


@contract.event
class EntitlementWithdrawn(Event):
    entitlement: Id
    cycle: CycleId
    recipient: RecipientId


@contract.event
class EntitlementExpired(Event):
    """`left_minor`: what nobody was paid of it."""

    entitlement: Id
    cycle: CycleId
    recipient: RecipientId
    left_minor: Count


@contract.command
def register_recipient(ctx: Context, cmd: RegisterRecipient) -> None:
    """Give somebody who may receive a name in this fund; who it is stays sealed."""
    fund = funds.require_fund(ctx, cmd.fund)
    funds.as_manager(ctx, cmd.fund, fund)
    if cmd.account is not None and cmd.organisation is not None:
        raise Refused("programmes.name_one", about=(cmd.fund,))
    if cmd.account is not None:
        identity.require_account(ctx, cmd.account)
    if cmd.organisation is not None:
        identity.require_active(ctx, cmd.organisation)
    member = None if cmd.account is None else identity.member(ctx, cmd.account)
    named = tuple(each for each in (cmd.mark, cmd.account, cmd.organisation) if each is not None)
    recipient_id = ctx.new_id()
    if member is not None and member.organisation in (fund.organisation, fund.approver):
        raise Refused("programmes.works_for_the_fund", about=(cmd.fund,))
    for each in named:
        funds.note_recipient(ctx, cmd.fund, fund, each, recipient_id)
    row = Recipient(cmd.fund, cmd.account or NOBODY, cmd.organisation or NOBODY, cmd.mark)
    recipients.create(ctx, recipient_id, row)
    ctx.emit(
        RecipientRegistered(
            recipient=recipient_id,
            fund=cmd.fund,
            mark=cmd.mark,
            particulars=cmd.particulars,
            account=cmd.account,
            organisation=cmd.organisation,
        )
    )


@contract.command
def enter_entitlement(ctx: Context, cmd: EnterEntitlement) -> None:
    """Put somebody on a cycle's list."""
    cycle = require_cycle(ctx, cmd.cycle)
    fund, programme = funds.require_fund(ctx, cycle.fund), require_programme(ctx, cycle.programme)
    funds.as_manager(ctx, cycle.fund, fund)
    _check_entry(ctx, cmd, cycle, programme)
    funds.check_currency(cycle.fund, fund, cmd.currency)
    entitlement_id, number = ctx.new_id(), cycle.numbered + 1
    row = Entitlement(
        cycle=cmd.cycle,
        recipient=cmd.recipient,
        form=cmd.form,
        amount_minor=cmd.amount_minor,
        quantity=cmd.quantity,
        unit=cmd.unit,
        until=cmd.until,
        state=EntitlementState.ENTERED,
        entered_by=ctx.signer,
        number=number,
        starts=cmd.starts,
    )
    entitlements.create(ctx, entitlement_id, row)
    listed.put(ctx, compose(cmd.cycle, cmd.recipient), Listed(entitlement_id))
    cycle = replace(
        cycle,
        numbered=number,
        entitlements=cycle.entitlements + 1,
        entitled_minor=cycle.entitled_minor + cmd.amount_minor,
    )
    cycles.put(ctx, cmd.cycle, cycle)
    ctx.schedule("programmes.expire", entitlement_id, cmd.until, ExpireEntitlement(entitlement=entitlement_id))
    ctx.emit(
        EntitlementEntered(
            entitlement=entitlement_id,
            cycle=cmd.cycle,
            programme=cycle.programme,
            recipient=cmd.recipient,
            number=number,
            form=cmd.form,
            amount_minor=cmd.amount_minor,
            until=cmd.until,
            entered_by=ctx.signer,
            quantity=cmd.quantity,
            unit=cmd.unit,
            starts=cmd.starts,
        )
    )


@contract.command
def withdraw_entitlement(ctx: Context, cmd: WithdrawEntitlement) -> None:
    """Take somebody off a list that is still open."""
    row = require_entitlement(ctx, cmd.entitlement)
    cycle = require_cycle(ctx, row.cycle)
    funds.as_manager(ctx, cycle.fund, funds.require_fund(ctx, cycle.fund))
    if cycle.state is not CycleState.DRAFTED:
        raise Refused("programmes.list_closed", about=(row.cycle,), state=cycle.state.value)
    leave(ctx, cmd.entitlement, row, cycle, "withdraw_entitlement")
    ctx.emit(EntitlementWithdrawn(entitlement=cmd.entitlement, cycle=row.cycle, recipient=row.recipient))


@contract.timer
def expire_entitlement(ctx: Context, cmd: ExpireEntitlement) -> None:
    """Its time is over: what nobody has been paid of it by now is paid no more."""
    row = require_entitlement(ctx, cmd.entitlement)
    left = row.amount_minor - row.ordered_minor
    if left == 0 or row.state not in STEPS["expire_entitlement"].cells:
        return
    entitlements.put(ctx, cmd.entitlement, replace(row, state=moved("expire_entitlement", row.state, ())))
    ctx.emit(EntitlementExpired(entitlement=cmd.entitlement, cycle=row.cycle, recipient=row.recipient, left_minor=left))


def _check_entry(ctx: Context, cmd: EnterEntitlement, cycle: Cycle, programme: Programme) -> None:
    """The list is open, the recipient is the fund's and not on it yet, the sum fits, the time can be meant."""
    if cycle.state is not CycleState.DRAFTED:
        raise Refused("programmes.list_closed", about=(cmd.cycle,), state=cycle.state.value)
    recipient = recipients.get(ctx, cmd.recipient)
    if recipient is None or recipient.fund != cycle.fund:
        raise Refused("programmes.unknown_recipient")
    if listed.has(ctx, compose(cmd.cycle, cmd.recipient)):
        raise Refused("programmes.listed_twice", about=(cmd.cycle, cmd.recipient))
    if cycle.entitled_minor + cmd.amount_minor > cycle.ceiling_minor:
        left = cycle.ceiling_minor - cycle.entitled_minor
        raise Refused("programmes.over_ceiling", about=(cmd.cycle,), left_minor=left)
    if not ctx.time < cmd.until <= programme.until or cmd.starts >= cmd.until:
        raise Refused("programmes.not_a_time", until=cmd.until)
    if cycle.numbered >= ENTITLEMENTS_MAX:
        raise Refused("programmes.list_full", about=(cmd.cycle,), most=ENTITLEMENTS_MAX)
    if (cmd.form is Form.MONEY) != (cmd.quantity == 0 and cmd.unit == ""):
        raise Refused("programmes.quantity_missing", about=(cmd.cycle,))


def leave(ctx: Context, entitlement_id: bytes, row: Entitlement, cycle: Cycle, step: str) -> None:
    """A line leaves the list, and its sum with it."""
    entitlements.put(ctx, entitlement_id, replace(row, state=moved(step, row.state, (row.cycle,))))
    listed.delete(ctx, compose(row.cycle, row.recipient))
    ctx.unschedule("programmes.expire", entitlement_id)
    cycle = replace(cycle, entitlements=cycle.entitlements - 1, entitled_minor=cycle.entitled_minor - row.amount_minor)
    cycles.put(ctx, row.cycle, cycle)
