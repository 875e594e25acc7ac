"""Staff: who is sent, what they are licensed to do, in which team, and who is on duty.

Rules
- A member of an organisation has at most one card, issued by an officer or clerk of the employer: trades in clear, the
  name and the photograph sealed. It counts as long as its holder works there: not suspended, the employer active.
- A licence is of one kind, for one person with a card, or for the organisation itself: `rules_licences`. Which work
  demands which licence is not decided here; `repairs` asks.
- A team belongs to one organisation (`rules_teams`); a shift is one member of it, from when until when (`rules_duty`).

    issue_card(account, trades, name) → record_licence(account, LIFT_REPAIR, …) → has_licence(…, ctx.time)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from linlian.community import identity
from linlian.community.identity import AccountId, AccountKind, AccountStatus, OrganisationId, Role
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Event,
    Hash,
    Id,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
)

DAY_MS = 24 * 3600 * 1000
OFFICE = (Role.OFFICER, Role.CLERK)
"""Who keeps an employer's cards and licences."""

contract = Contract("staff", needs=(identity.contract,))


class Trade(StrEnum):
    PLUMBING = "plumbing"
    ELECTRICITY = "electricity"
    LOW_VOLTAGE = "low_voltage"
    LIFTS = "lifts"
    GAS = "gas"
    HEATING = "heating"
    VENTILATION = "ventilation"
    FIRE_EQUIPMENT = "fire_equipment"
    CARPENTRY = "carpentry"
    MASONRY = "masonry"
    WATERPROOFING = "waterproofing"
    PAINTING = "painting"
    WELDING = "welding"
    LOCKS = "locks"
    CLEANING = "cleaning"
    GREENERY = "greenery"
    PEST_CONTROL = "pest_control"
    SECURITY = "security"


Trades = Annotated[tuple[Trade, ...], Meta(max_length=len(Trade))]


class Card(Row):
    """Keyed by the account. `name` and `photo` are the commitments of what is sealed; zeros are no photograph."""

    organisation: Id
    trades: Trades
    name: Hash
    photo: Hash
    issued_by: Id
    since: Millis


cards = contract.table("card", Card)


class IssueCard(Command):
    """For a member of the signer's organisation; replaces the card that they had."""

    account: AccountId
    trades: Trades
    name: Content
    photo: Content | None = None


class WithdrawCard(Command):
    account: AccountId


@contract.event
class CardIssued(Event):
    account: AccountId
    organisation: OrganisationId
    trades: Trades
    name: Content
    photo: Content | None = None


@contract.event
class CardWithdrawn(Event):
    account: AccountId
    organisation: OrganisationId


@contract.command
def issue_card(ctx: Context, cmd: IssueCard) -> None:
    """Give a member of the signer's organisation a card, or another one."""
    office = identity.require_role(ctx, *OFFICE)
    require_colleague(ctx, cmd.account, office.organisation)
    check_trades(cmd.trades)
    if not cmd.trades:
        raise Refused("staff.no_trade", about=(cmd.account,))
    photo = cmd.photo.commitment if cmd.photo is not None else bytes(32)
    row = Card(office.organisation, cmd.trades, cmd.name.commitment, photo, ctx.signer, ctx.time)
    cards.put(ctx, cmd.account, row)
    ctx.emit(
        CardIssued(
            account=cmd.account,
            organisation=office.organisation,
            trades=cmd.trades,
            name=cmd.name,
            photo=cmd.photo,
        )
    )


@contract.command
def withdraw_card(ctx: Context, cmd: WithdrawCard) -> None:
    """End a card: from now on its holder is nobody whom the employer sends."""
    office = identity.require_role(ctx, *OFFICE)
    found = cards.get(ctx, cmd.account)
    if found is None or found.organisation != office.organisation:
        raise Refused("staff.no_card")
    cards.delete(ctx, cmd.account)
    ctx.emit(CardWithdrawn(account=cmd.account, organisation=office.organisation))


# --- the front door ---


def card(reader: Reader, account: bytes) -> Card | None:
    """The card that somebody may show now: they work for the employer who issued it."""
    found = cards.get(reader, account)
    return found if found is not None and employer(reader, account) == found.organisation else None


def trades_of(reader: Reader, account: bytes) -> tuple[Trade, ...]:
    """What somebody is sent for; nothing without a card."""
    found = card(reader, account)
    return () if found is None else found.trades


# --- what the parts of this business share ---


def employer(reader: Reader, account: bytes) -> bytes | None:
    """For whom somebody works now: their account is not suspended, and the organisation is active."""
    found, job = identity.account(reader, account), identity.member(reader, account)
    if found is None or job is None or found.status is not AccountStatus.ACTIVE:
        return None
    return job.organisation if identity.is_active(reader, job.organisation) else None


def require_colleague(ctx: Context, account: bytes, organisation: bytes) -> None:
    """Refuse whoever is not a person who works for the organisation."""
    found = identity.require_account(ctx, account)
    job = identity.member(ctx, account)
    if job is None or job.organisation != organisation:
        raise Refused("staff.not_your_member")
    if found.kind is not AccountKind.PERSON:
        raise Refused("staff.not_a_person", about=(account,))


def check_trades(trades: tuple[Trade, ...]) -> None:
    """Refuse a trade that is named twice."""
    for number, trade in enumerate(trades):
        if trade in trades[:number]:
            raise Refused("staff.trade_twice", trade=trade)
