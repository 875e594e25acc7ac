"""Supervision: what those who see to a repair may not decide for themselves, and who hears of it when they are late.

Rules
- Nobody puts off their own promise. Whoever answers for a case asks; a supervisor of an organisation outside it
  decides, or those to whom it was promised. No answer in time is a no (`rules_extending`).
- Nobody sends a case away. Whoever holds that it is not theirs says so to an arbiter outside it, and has it until the
  arbiter has decided; whom the arbiter names keeps it, and a case is returned twice at most (`rules_returning`).
- A supervisor outside may put a case under oversight, with a time for the answer, and lifts it (`rules_oversight`).
- A missed promise and a dispute go up level by level by themselves, until the promise is kept; so does what nobody on
  duty has in hand, until somebody has (`rules_attending`). That somebody took note stops nothing (`rules_ladder`).
- The promises of the case run on through all of it.

    ask_extension → decide_extension | (lapses)              return_repair → decide_return
    oversee_repair → note_progress → lift_oversight          (a missed promise) → Escalated … → take_note
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community import calendars, identity, repairs, staff
from linlian.community.calendars import STANDARD
from linlian.community.identity import NOBODY, OrganisationKind, OrganisationStatus
from linlian.community.repairs import Case, Urgency, organisations_of
from linlian.kernel.contract import Context, Contract, Reader, Refused

MINUTE_MS = 60_000
HOUR = 60
WORKDAY = 8 * HOUR

contract = Contract("supervision", needs=(identity.contract, staff.contract, calendars.contract, repairs.contract))


class Span(NamedTuple):
    """So many minutes, of working time or of any."""

    minutes: int
    working: bool = False


DECIDED_WITHIN = {
    Urgency.LIFE_SAFETY: Span(30),
    Urgency.URGENT: Span(2 * HOUR),
    Urgency.ORDINARY: Span(WORKDAY, working=True),
    Urgency.MINOR: Span(WORKDAY, working=True),
}
"""How long whoever is asked may take."""


def after(reader: Reader, start: int, span: Span) -> int:
    """When a span that began at `start` is over; working time by the community's standard calendar."""
    if span.working:
        return calendars.due(reader, STANDARD, start, span.minutes).at_ms
    return start + span.minutes * MINUTE_MS


def require_answered_for(ctx: Context, case_id: bytes) -> Case:
    """The case, for which an organisation answers. Refused: `supervision.nobody_answers_for_it`."""
    case = repairs.require_case(ctx, case_id)
    if case.responsible == NOBODY:
        raise Refused("supervision.nobody_answers_for_it", about=(case_id,))
    return case


def outside(ctx: Context, case: Case, *kinds: OrganisationKind) -> bytes:
    """The first active organisation of the first of these kinds that has no part in a case; NOBODY if there is none."""
    found = identity.active_organisations(ctx)
    for kind in kinds:
        for organisation in found:
            row = identity.organisation(ctx, organisation)
            if row is not None and row.kind is kind and organisation not in organisations_of(case):
                return organisation
    return NOBODY


def kind_of(reader: Reader, organisation: bytes) -> OrganisationKind | None:
    """The kind of an organisation that is active."""
    found = identity.organisation(reader, organisation)
    return found.kind if found is not None and found.status is OrganisationStatus.ACTIVE else None
