"""How money moves between a fund's sub-accounts, its programmes' own pots, and the world. Nothing else does.

put_in(ctx, fund, purse, programme, 500_00)      # it arrives
own = take_out(ctx, programme, 300_00)           # it leaves; `own` of it was given for the programme alone
take_back(ctx, programme, 300_00, own)           # it came back
deliver(ctx, programme, 300_00)                  # it is with a recipient
"""

from __future__ import annotations

from linlian.community.funds.rules import (
    NOTHING,
    TOTAL_MAX,
    Pot,
    books,
    books_of,
    pots,
    purse_of,
    purses,
    require_pot,
)
from linlian.kernel.contract import Context, Refused, compose, replace


def open_pot(ctx: Context, programme_id: bytes, fund_id: bytes, purse: str) -> None:
    """A programme runs from now on: money may be given for it, and may leave for it."""
    pots.create(ctx, programme_id, Pot(fund_id, purse, True))
    account = books_of(ctx, fund_id)
    books.put(ctx, fund_id, replace(account, programmes=account.programmes + 1))


def close_pot(ctx: Context, programme_id: bytes) -> None:
    """Nothing more is given for a programme."""
    pots.put(ctx, programme_id, replace(require_pot(ctx, programme_id), open=False))


def count_accounted(ctx: Context, fund_id: bytes) -> None:
    """One programme fewer that has not been accounted for."""
    account = books_of(ctx, fund_id)
    books.put(ctx, fund_id, replace(account, programmes=account.programmes - 1))


def put_in(ctx: Context, fund_id: bytes, purse: str, programme_id: bytes, amount_minor: int) -> None:
    """Money arrives, for a programme alone or for whatever the sub-account is for. Refused: `funds.too_much`."""
    account = books_of(ctx, fund_id)
    if account.in_minor + amount_minor > TOTAL_MAX:
        raise Refused("funds.too_much", about=(fund_id,), most_minor=TOTAL_MAX)
    books.put(ctx, fund_id, replace(account, in_minor=account.in_minor + amount_minor))
    fill(ctx, fund_id, purse, programme_id, amount_minor)


def pay_back(ctx: Context, fund_id: bytes, purse: str, programme_id: bytes, amount_minor: int) -> None:
    """Money goes back to whoever gave it."""
    account = books_of(ctx, fund_id)
    books.put(ctx, fund_id, replace(account, refunded_minor=account.refunded_minor + amount_minor))
    fill(ctx, fund_id, purse, programme_id, -amount_minor)


def fill(ctx: Context, fund_id: bytes, purse: str, programme_id: bytes, amount_minor: int) -> None:
    """Put money into a programme's pot or (NOTHING) into the sub-account; a negative amount takes it out."""
    if programme_id == NOTHING:
        held = purse_of(ctx, fund_id, purse)
        purses.put(ctx, compose(fund_id, purse), replace(held, balance_minor=held.balance_minor + amount_minor))
    else:
        pot = require_pot(ctx, programme_id)
        pots.put(ctx, programme_id, replace(pot, own_minor=pot.own_minor + amount_minor))


def take_out(ctx: Context, programme_id: bytes, amount_minor: int) -> int:
    """Money leaves for a programme: first what was given for it alone, then what is in its sub-account. How much of the
    first. Refused: `funds.not_there`."""
    pot = require_pot(ctx, programme_id)
    own = min(pot.own_minor, amount_minor)
    most = pot.own_minor + purse_of(ctx, pot.fund, pot.purse).balance_minor
    if amount_minor > most:
        raise Refused("funds.not_there", about=(programme_id,), most_minor=most)
    _move_out(ctx, programme_id, amount_minor, own)
    return own


def take_back(ctx: Context, programme_id: bytes, amount_minor: int, own: int) -> None:
    """Money that left comes back to where it came from; `own` of it to the programme's pot."""
    _move_out(ctx, programme_id, -amount_minor, -own)


def deliver(ctx: Context, programme_id: bytes, amount_minor: int) -> None:
    """What is with recipients for good; negative where it goes back."""
    pot = require_pot(ctx, programme_id)
    pots.put(ctx, programme_id, replace(pot, delivered_minor=pot.delivered_minor + amount_minor))
    account = books_of(ctx, pot.fund)
    books.put(ctx, pot.fund, replace(account, delivered_minor=account.delivered_minor + amount_minor))


def _move_out(ctx: Context, programme_id: bytes, amount_minor: int, own: int) -> None:
    pot = require_pot(ctx, programme_id)
    pots.put(ctx, programme_id, replace(pot, out_minor=pot.out_minor + amount_minor, own_minor=pot.own_minor - own))
    fill(ctx, pot.fund, pot.purse, NOTHING, own - amount_minor)
    account = books_of(ctx, pot.fund)
    books.put(ctx, pot.fund, replace(account, out_minor=account.out_minor + amount_minor))
