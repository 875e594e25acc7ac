"""Ratings: how content those were for whom a repair was done. Apart from whether it is repaired, and never asked of it.

Rules
- A closed case is rated, by its reporter or an occupant, or by a delegate who may confirm for the reporter; nothing
  waits for it and nothing follows from it.
- One to five stars, none of them chosen beforehand, and reasons from a list. Words are sealed.
- Once for each case and person. Within seven days it can be changed; after a reopening and another closing, again.
- Nobody of an organisation in the case rates it, nor of any that lives by such work.

    rate_repair(case, stars=4, reasons=("quick", "polite"))
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from linlian.community import identity, repairs
from linlian.community.identity import AccountId, Basis, Scope
from linlian.community.repairs import (
    WORKING_KINDS,
    ActedEvent,
    Case,
    CaseCommand,
    Standing,
    State,
    organisations_of,
)
from linlian.kernel.contract import (
    Content,
    Context,
    Contract,
    Id,
    Label,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    Rows,
    compose,
)

DAY_MS = 24 * 3600 * 1000
RATE_DAYS_MAX = 30
"""After the closing."""
CHANGE_DAYS_MAX = 7
"""After the rating."""
REASONS_MAX = 5


class RatingReason(StrEnum):
    QUICK = "quick"
    SLOW = "slow"
    HIGH_QUALITY = "high_quality"
    LOW_QUALITY = "low_quality"
    POLITE = "polite"
    RUDE = "rude"
    CLEAN = "clean"
    DIRTY = "dirty"
    PUNCTUAL = "punctual"
    WELL_EXPLAINED = "well_explained"


OPPOSITES = (
    (RatingReason.QUICK, RatingReason.SLOW),
    (RatingReason.HIGH_QUALITY, RatingReason.LOW_QUALITY),
    (RatingReason.POLITE, RatingReason.RUDE),
    (RatingReason.CLEAN, RatingReason.DIRTY),
)

Stars = Annotated[int, Meta(ge=1, le=5)]
Reasons = Annotated[tuple[RatingReason, ...], Meta(max_length=REASONS_MAX)]

contract = Contract("ratings", needs=(identity.contract, repairs.contract))


class Rating(Row):
    """Keyed by case and person. `closed_at`: of the closing that was rated."""

    stars: Stars
    reasons: Reasons
    rated_at: Millis
    closed_at: Millis


ratings = contract.table("rating", Rating)


class RateRepair(CaseCommand):
    stars: Stars
    reasons: Reasons = ()
    words: Content | None = None


@contract.event
class RepairRated(ActedEvent):
    """`rated_by` is whose rating it is. `executing`: who did the work. `settled_at`: from then on it stays."""

    rated_by: AccountId
    stars: Stars
    reasons: Reasons
    executing: Id
    category: Label
    changed: bool
    settled_at: Millis
    words: Content | None = None


@contract.command
def rate_repair(ctx: Context, cmd: RateRepair) -> None:
    """Say how content one is with a repair that is closed; nobody has to."""
    identity.acting(ctx)
    case = repairs.require_case(ctx, cmd.case)
    standing, basis, person = _rater(ctx, cmd.case, case)
    if case.state is not State.CLOSED or case.imported:
        raise Refused("ratings.not_closed", about=(cmd.case,), state=case.state.value)
    if ctx.time > case.closed_at + RATE_DAYS_MAX * DAY_MS:
        raise Refused("ratings.too_late", about=(cmd.case,), days_max=RATE_DAYS_MAX)
    _check_reasons(cmd)
    key = compose(cmd.case, person)
    earlier = ratings.get(ctx, key)
    rated_at = ctx.time
    if earlier is not None and earlier.closed_at == case.closed_at:
        rated_at = earlier.rated_at
        if ctx.time > rated_at + CHANGE_DAYS_MAX * DAY_MS:
            raise Refused("ratings.settled", about=(cmd.case,), days_max=CHANGE_DAYS_MAX)
    ratings.put(ctx, key, Rating(cmd.stars, cmd.reasons, rated_at, case.closed_at))
    ctx.emit(
        RepairRated(
            case=cmd.case,
            standing=standing,
            basis=basis,
            rated_by=person,
            stars=cmd.stars,
            reasons=cmd.reasons,
            executing=case.executing,
            category=case.category,
            changed=earlier is not None,
            settled_at=rated_at + CHANGE_DAYS_MAX * DAY_MS,
            words=cmd.words,
        )
    )


def rating_of(reader: Reader, case_id: bytes, person: bytes) -> Rating | None:
    """How somebody rated a case, or None."""
    return ratings.get(reader, compose(case_id, person))


def _rater(ctx: Context, case_id: bytes, case: Case) -> tuple[Standing, Basis, bytes]:
    """As what the signer rates, on what basis, and whose rating it is."""
    standing, basis = repairs.standing_in(ctx, case_id, Standing.REPORTER, Standing.OCCUPANT)
    person = ctx.signer
    if standing is Standing.REPORTER:
        basis, person = identity.stands_for(ctx, case.reporter, Scope.CONFIRM), case.reporter
    for account in (ctx.signer, person):
        member = identity.member(ctx, account)
        employer = None if member is None else identity.organisation(ctx, member.organisation)
        works = employer is not None and employer.kind in WORKING_KINDS
        if works or (member is not None and member.organisation in organisations_of(case)):
            raise Refused("ratings.own_work", about=(case_id,))
    return standing, basis, person


def _check_reasons(cmd: RateRepair) -> None:
    if len(dict.fromkeys(cmd.reasons)) != len(cmd.reasons):
        raise Refused("ratings.reason_twice", about=(cmd.case,))
    for one, other in OPPOSITES:
        if one in cmd.reasons and other in cmd.reasons:
            raise Refused("ratings.reasons_contradict", about=(cmd.case,), one=one.value, other=other.value)


@contract.invariant
def what_is_rated_was_closed(rows: Rows) -> None:
    for key, rating in rows(ratings):
        assert 0 < rating.closed_at <= rating.rated_at, key.hex()
        assert 1 <= rating.stars <= 5, key.hex()
