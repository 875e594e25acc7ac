"""The bank's statement, line by line, beside what the fund says of itself.

Rules
- A line is known by its mark, a keyed hash of what stands in it; the same file twice changes nothing.
- A line is matched with one gift, first hop or refund of the same sum and direction, and each of them with one line.
  What nobody matches stays on the list of both sides.
- That a bank booked a payment is a basis of its own and confirms nothing.
"""

from __future__ import annotations

from linlian.community import funds
from linlian.community.funds import DAY_MS, Currency, FundId, GiftId, GiftState, Minor, RefundState
from linlian.community.identity import AccountId, Basis
from linlian.community.transfers.rules import NOTHING, HopId, contract, hops, require_hop
from linlian.community.transfers.rules_table import STEPS, HopState, moved
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Event,
    Hash,
    Id,
    Millis,
    Refused,
    Row,
    compose,
    replace,
)

YEARS_MS = 10 * 366 * DAY_MS


class Line(Row):
    """Keyed by fund and mark."""

    amount_minor: Minor
    incoming: bool
    booked_at: Millis
    recorded_by: Id
    matched: Id = NOTHING


class Match(Row):
    """Which line a gift, hop or refund is. Keyed by that."""

    mark: Hash


lines = contract.table("line", Line, refused="transfers.unknown_line")
matches = contract.table("match", Match)


class RecordLine(Command):
    """`line`: all that stands in it, sealed."""

    fund: FundId
    mark: Hash
    amount_minor: Minor
    currency: Currency
    booked_at: Millis
    line: Content
    incoming: bool = False


class MatchLine(Command):
    """With a gift, a hop out of the fund, or a refund."""

    fund: FundId
    mark: Hash
    gift: GiftId | None = None
    hop: HopId | None = None
    refund: Id | None = None


@contract.event
class LineRecorded(Event):
    fund: FundId
    mark: Hash
    amount_minor: Minor
    booked_at: Millis
    recorded_by: AccountId
    line: Content
    incoming: bool = False


@contract.event
class LineMatched(Event):
    """`basis` where it stands for a receipt that nobody has confirmed yet."""

    fund: FundId
    mark: Hash
    amount_minor: Minor
    gift: GiftId | None = None
    hop: HopId | None = None
    refund: Id | None = None
    basis: Basis | None = None


@contract.command
def record_line(ctx: Context, cmd: RecordLine) -> None:
    """Put a line of the fund's bank statement on record."""
    fund = funds.require_fund(ctx, cmd.fund)
    funds.as_manager(ctx, cmd.fund, fund)
    funds.check_currency(cmd.fund, fund, cmd.currency)
    if not fund.opened_at - YEARS_MS <= cmd.booked_at <= ctx.time + DAY_MS:
        raise Refused("transfers.not_a_time", until=cmd.booked_at)
    key = compose(cmd.fund, cmd.mark)
    if lines.has(ctx, key):
        raise Refused("transfers.line_twice", about=(cmd.fund,))
    lines.create(ctx, key, Line(cmd.amount_minor, cmd.incoming, cmd.booked_at, ctx.signer))
    ctx.emit(
        LineRecorded(
            fund=cmd.fund,
            mark=cmd.mark,
            amount_minor=cmd.amount_minor,
            booked_at=cmd.booked_at,
            recorded_by=ctx.signer,
            line=cmd.line,
            incoming=cmd.incoming,
        )
    )


@contract.command
def match_line(ctx: Context, cmd: MatchLine) -> None:
    """Say which gift, payment or refund a line of the statement is."""
    funds.as_manager(ctx, cmd.fund, funds.require_fund(ctx, cmd.fund))
    key = compose(cmd.fund, cmd.mark)
    line = lines.require(ctx, key)
    if line.matched != NOTHING:
        raise Refused("transfers.matched_already", about=(cmd.fund,))
    named = tuple(each for each in (cmd.gift, cmd.hop, cmd.refund) if each is not None)
    if len(named) != 1:
        raise Refused("transfers.name_one", about=(cmd.fund,))
    basis = None
    if cmd.gift is not None:
        found = _match_gift(ctx, cmd, cmd.gift)
    elif cmd.refund is not None:
        found = _match_refund(ctx, cmd, cmd.refund)
    else:
        found, basis = _match_hop(ctx, cmd, named[0])
    if found != (line.amount_minor, line.incoming):
        raise Refused("transfers.does_not_match", about=(cmd.fund,), amount_minor=line.amount_minor)
    lines.put(ctx, key, replace(line, matched=named[0]))
    ctx.emit(
        LineMatched(
            fund=cmd.fund,
            mark=cmd.mark,
            amount_minor=line.amount_minor,
            gift=cmd.gift,
            hop=cmd.hop,
            refund=cmd.refund,
            basis=basis,
        )
    )


def _match_gift(ctx: Context, cmd: MatchLine, gift_id: bytes) -> tuple[int, bool]:
    gift = funds.require_gift(ctx, gift_id)
    _check_free(ctx, cmd, gift.fund, gift_id, gift.state is GiftState.RECEIVED)
    return gift.amount_minor, True


def _match_refund(ctx: Context, cmd: MatchLine, refund_id: bytes) -> tuple[int, bool]:
    refund = funds.require_refund(ctx, refund_id)
    _check_free(ctx, cmd, refund.fund, refund_id, refund.state is RefundState.PAID)
    return refund.amount_minor, False


def _match_hop(ctx: Context, cmd: MatchLine, hop_id: bytes) -> tuple[tuple[int, bool], Basis | None]:
    """A first hop. To a recipient who has said nothing, the bank's line is what the record has."""
    hop = require_hop(ctx, hop_id)
    _check_free(ctx, cmd, hop.fund, hop_id, hop.state is not HopState.FAILED and hop.continues == NOTHING)
    banked = hop.recipient != NOTHING and hop.state in STEPS["bank_hop"].cells
    if banked:
        state = moved("bank_hop", hop.state, (hop_id,))
        hops.put(ctx, hop_id, replace(hop, state=state, basis=Basis.BANK_LINE.value))
    return (hop.amount_minor, False), Basis.BANK_LINE if banked else None


def _check_free(ctx: Context, cmd: MatchLine, fund_id: bytes, record: bytes, happened: bool) -> None:
    """It is of this fund, money moved, and no other line is it."""
    if fund_id != cmd.fund:
        raise Refused("transfers.other_fund", about=(cmd.fund,))
    if not happened or matches.has(ctx, record):
        raise Refused("transfers.matched_already", about=(cmd.fund,))
    matches.put(ctx, record, Match(cmd.mark))
