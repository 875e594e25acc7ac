"""Funds: money that anyone can follow. Who holds it, approves, watches and manages; what comes in and goes back.

Rules
- A fund names who holds it, who approves (`approver`), who watches (`regulator`) and who manages: people. No manager
  approves, nobody approves what they entered, and above the fund's limit two different people do.
- Whoever manages, or has an interest that was declared, neither receives nor approves (Charity Law 2023, 14 and 59).
- Money that was given for one programme lies apart (its pot) and is spent on no other.
- Silence is an event: whatever is not done in time is told to who holds the fund and to the regulator.

    open_fund, confirm_fund → give, receive_gift | record_income → enter_refund, approve_refund

`programmes` says what it is spent for, `transfers` pays. Money is in the smallest unit of the fund's one currency, in
whole numbers. All of it is moved here (`put_in`, `take_out`, `take_back`, `deliver`); `rules_invariants` adds it up.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from linlian.community import identity
from linlian.community.funds.rules_table import FundState, GiftState, RefundState
from linlian.kernel.contract import (
    Contract,
    Count,
    Hash,
    Id,
    Label,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    Subject,
    compose,
)

FundId: TypeAlias = Annotated[Id, Subject("fund")]
ProgrammeId: TypeAlias = Annotated[Id, Subject("programme")]
GiftId: TypeAlias = Annotated[Id, Subject("gift")]

NOTHING = bytes(16)
"""Stands where a row names no programme, hop or other record."""
MANAGERS_MAX = 8
PURSES_MAX = 8
APPROVALS_MAX = 2
MINOR_MAX = 1_000_000_000_000
"""Of one sum: ten thousand million yuan."""
TOTAL_MAX = 1_000 * MINOR_MAX
"""Of all that a fund ever received."""

Minor = Annotated[int, Meta(ge=1, le=MINOR_MAX)]
"""A sum in the smallest unit: fen, pence."""
Currency = Annotated[str, Meta(min_length=3, max_length=3, pattern=r"\A[A-Z]{3}\Z")]
"""By ISO 4217."""
Managers = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MANAGERS_MAX)]
Purses = Annotated[tuple[Label, ...], Meta(min_length=1, max_length=PURSES_MAX)]
Approvals = Annotated[tuple[Id, ...], Meta(max_length=APPROVALS_MAX)]

contract = Contract("funds", needs=(identity.contract,))


class FundKind(StrEnum):
    """Welfare, what the common parts earn, the maintenance fund, or other money that the public follows."""

    WELFARE = "welfare"
    COMMON_INCOME = "common_income"
    MAINTENANCE = "maintenance"
    OTHER = "other"


class Source(StrEnum):
    """Where income comes from."""

    DONATION = "donation"
    COMMON_PARTS = "common_parts"
    LEVY = "levy"
    GRANT = "grant"
    INTEREST = "interest"
    OTHER = "other_source"


class Access(StrEnum):
    """What a third party may see: all but who somebody is (`full`), or all but who receives what (`audit`)."""

    FULL = "full"
    AUDIT = "audit"
    NONE = "none"


class Fund(Row):
    """`bank`: commitment to the account's number. Above `limit_minor` two people approve."""

    kind: FundKind
    state: FundState
    organisation: Id
    approver: Id
    regulator: Id
    currency: Currency
    limit_minor: Count
    purses: Purses
    managers: Managers
    bank: Hash
    opened_by: Id
    opened_at: Millis


class Books(Row):
    """What a fund has received, given back, paid out (net of what came back), and what of that is with recipients."""

    in_minor: Count = 0
    refunded_minor: Count = 0
    out_minor: Count = 0
    delivered_minor: Count = 0
    programmes: Count = 0


class Purse(Row):
    """What is in a sub-account and for no programme in particular. Keyed by fund and label."""

    balance_minor: Count = 0


class Pot(Row):
    """What a programme has of its own, and what was paid for it. Keyed by the programme.

    open            it runs: money may be given for it
    own_minor       given for it alone and still there
    out_minor       left for it and did not come back, of which `delivered_minor` is with recipients
    """

    fund: Id
    purse: Label
    open: bool
    own_minor: Count = 0
    out_minor: Count = 0
    delivered_minor: Count = 0


class Interest(Row):
    """A declared interest. Keyed by the fund and an account, an organisation or a recipient's mark."""

    declared_by: Id
    declared_at: Millis


class Receives(Row):
    """That an account, an organisation or a mark is a recipient of the fund. Keyed by fund and that."""

    recipient: Id


class AccessRow(Row):
    """Keyed by fund and organisation."""

    access: Access


class Gift(Row):
    """Income of the fund. `programme` is NOTHING where it is free; `donor` NOBODY where no account gave it.

    public      the donor may be named; otherwise nobody but the fund, the regulator and the donor learns who it was
    """

    fund: Id
    source: Source
    programme: Id
    purse: Label
    donor: Id
    amount_minor: Minor
    public: bool
    state: GiftState
    recorded_by: Id
    refunded_minor: Count = 0


class Refund(Row):
    gift: Id
    fund: Id
    amount_minor: Minor
    state: RefundState
    entered_by: Id
    approved_by: Approvals = ()


funds = contract.table("fund", Fund, refused="funds.unknown_fund")
books = contract.table("books", Books)
purses = contract.table("purse", Purse)
pots = contract.table("pot", Pot, refused="funds.unknown_programme")
interests = contract.table("interest", Interest)
receives = contract.table("receives", Receives)
accesses = contract.table("access", AccessRow)
gifts = contract.table("gift", Gift, refused="funds.unknown_gift")
refunds = contract.table("refund", Refund, refused="funds.unknown_refund")


def require_fund(reader: Reader, fund_id: bytes) -> Fund:
    """An open fund. Refused: `funds.unknown_fund`, `funds.fund_not_open`."""
    found = funds.require(reader, fund_id)
    if found.state is not FundState.OPEN:
        raise Refused("funds.fund_not_open", about=(fund_id,), state=found.state.value)
    return found


require_pot = pots.require


def books_of(reader: Reader, fund_id: bytes) -> Books:
    """What a fund has received and paid."""
    return books.get(reader, fund_id) or Books()


def purse_of(reader: Reader, fund_id: bytes, label: str) -> Purse:
    """A sub-account of a fund."""
    return purses.get(reader, compose(fund_id, label)) or Purse()


def check_currency(fund_id: bytes, fund: Fund, currency: str) -> None:
    """A fund has one currency. Refused: `funds.other_currency`."""
    if currency != fund.currency:
        raise Refused("funds.other_currency", about=(fund_id,), currency=fund.currency, named=currency)


def check_purse(fund_id: bytes, fund: Fund, label: str) -> None:
    """Refused: `funds.unknown_purse`."""
    if not any(label == known for known in fund.purses):
        raise Refused("funds.unknown_purse", about=(fund_id,), purse=label)
