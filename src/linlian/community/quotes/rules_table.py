"""Who may do what with a quote and with a contest, who pays by whom, and what a warranty covers: the tables.

    QUOTE_STEPS["approve_quote"].cells[QuoteState.WAITING]   ->  Cell(by=(As.PAYER,), to=QuoteState.APPROVED)
    PAYERS[Payer.FUND].kinds                                 ->  who has an office that may approve for the fund
    warranty_until("water", 20240630)                        ->  20290630

What is not in a table is refused with `quotes.wrong_state`, or with whatever says who may. The README shows the first
two; a test compares them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from linlian.community.identity import OrganisationKind, Role
from linlian.community.repairs import Payer
from linlian.kernel.steps import Line, Steps


class QuoteState(StrEnum):
    """waiting → approved, refused or expired; withdrawn, replaced and void are final."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    VOID = "void"


class ContestState(StrEnum):
    """Open, and once the time of an arbiter has passed undecided; decided is final."""

    OPEN = "open"
    UNDECIDED = "undecided"
    DECIDED = "decided"
    DROPPED = "dropped"


class As(StrEnum):
    """As what somebody acts.

    MAKER       of the organisation that does the work: its officer, desk or dispatcher, or the repairer who has it
    PAYER       whoever may pay where the cost was put: see `PAYERS`
    NAMED       officer, desk or dispatcher of the organisation that triage made responsible
    CONTESTANT  whoever contested it
    ARBITER     see `ARBITERS`
    CLOCK       a timer
    """

    MAKER = "maker"
    PAYER = "payer"
    NAMED = "named"
    CONTESTANT = "contestant"
    ARBITER = "arbiter"
    CLOCK = "clock"


_Q, _C = QuoteState, ContestState
_LIVE = (_Q.WAITING, _Q.APPROVED, _Q.REFUSED, _Q.EXPIRED)
TABLE: tuple[Line[StrEnum, As], ...] = (
    # step                  from            by                    to
    ("approve_quote", (_Q.WAITING,), (As.PAYER,), _Q.APPROVED),
    ("refuse_quote", (_Q.WAITING,), (As.PAYER,), _Q.REFUSED),
    ("withdraw_quote", _LIVE, (As.MAKER,), _Q.WITHDRAWN),
    ("replace_quote", _LIVE, (As.MAKER,), _Q.REPLACED),
    ("make_bill", (_Q.APPROVED,), (As.MAKER,), _Q.APPROVED),
    ("expire_quote", (_Q.WAITING,), (As.CLOCK,), _Q.EXPIRED),
    ("void_quote", _LIVE, (As.ARBITER, As.CLOCK), _Q.VOID),
    ("contest_attribution", (_C.DROPPED,), (As.PAYER, As.NAMED), _C.OPEN),
    ("drop_contest", (_C.OPEN, _C.UNDECIDED), (As.CONTESTANT,), _C.DROPPED),
    ("decide_attribution", (_C.OPEN, _C.UNDECIDED), (As.ARBITER,), _C.DECIDED),
    ("escalate_contest", (_C.OPEN, _C.UNDECIDED), (As.CLOCK,), _C.UNDECIDED),
)
STEPS = Steps(TABLE, refused="quotes.wrong_state")
moved = STEPS.moved
LIVE = _LIVE
"""The states in which a quote stands for its case until another replaces it."""


class Pays(NamedTuple):
    """How a payer says yes.

    kinds     by an officer of such an organisation, of none that is in the case; empty: whoever may pay at the home
    owner     at home only an owner
    office    the quote names which organisation
    burden    of the resident: 0 nothing, 1 what all owners have together, 2 their own pocket
    """

    kinds: tuple[OrganisationKind, ...] = ()
    owner: bool = False
    office: bool = False
    burden: int = 0


_OUTSIDE = (OrganisationKind.THIRD_PARTY, OrganisationKind.SERVICE_PROVIDER)
PAYERS: dict[Payer, Pays] = {
    Payer.OCCUPIER: Pays(burden=2),
    Payer.OWNER: Pays(owner=True, burden=2),
    Payer.FUND: Pays((OrganisationKind.OWNERS_COMMITTEE, OrganisationKind.GOVERNMENT), burden=1),
    Payer.INSURER: Pays((OrganisationKind.THIRD_PARTY,), office=True),
    Payer.DEVELOPER: Pays(_OUTSIDE, office=True),
    Payer.SUPPLIER: Pays(_OUTSIDE, office=True),
}
"""Who can be asked to pay for a quote. Not here: the fee, a guarantee, and what nobody has decided."""
AT_HOME = (Payer.OCCUPIER, Payer.OWNER)

ARBITERS: dict[OrganisationKind, tuple[Role, ...]] = {
    OrganisationKind.GOVERNMENT: (Role.SUPERVISOR,),
    OrganisationKind.OWNERS_COMMITTEE: (Role.OFFICER, Role.SUPERVISOR, Role.COMMITTEE_MEMBER),
}
"""Who decides a contest: of an organisation that is neither in the case nor the contestant's, and the owners' committee
not about the fund, which is theirs."""


def burden(payer: Payer) -> int:
    """How much of it falls on the resident."""
    return PAYERS[payer].burden if payer in PAYERS else 0


def lower_burden(one: Payer, other: Payer) -> Payer:
    """The payer of the two that burdens the resident less; the first if they burden alike."""
    return other if burden(other) < burden(one) else one


class Warranty(NamedTuple):
    """What a builder answers for since a date: so many years from the handover, or so many seasons of heating."""

    since: int
    years: int = 0
    seasons: int = 0


WARRANTIES: dict[str, tuple[Warranty, ...]] = {
    "water": (Warranty(2000_01_30, years=5),),
    "pipes": (Warranty(2000_01_30, years=2),),
    "heating": (Warranty(2000_01_30, seasons=2),),
}
"""Regulation on the Quality Management of Construction Projects (State Council order 279, in force since 30 January
2000), article 40: leakage 5 years; pipes, wiring and equipment 2 years; heating 2 seasons. The least by law, by the day
of handover; a later line of a kind would hold for what was handed over since."""
SEASON_BEGINS = 11_15
SEASON_ENDS = 3_15


def warranty_until(kind: str, handover: int) -> int:
    """The first day that the warranty no longer covers (20290630); 0 if there is none or no handover is known."""
    held = [line for line in WARRANTIES.get(kind, ()) if handover and line.since <= handover]
    if not held:
        return 0
    line = held[-1]
    if line.years:
        return handover + line.years * 1_00_00
    year, day = divmod(handover, 1_00_00)
    first = year if day <= SEASON_BEGINS else year + 1  # a season that had begun is not a whole one
    return (first + line.seasons) * 1_00_00 + SEASON_ENDS + 1
