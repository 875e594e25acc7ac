"""Repairs: from somebody's report to somebody's yes.

Rules
- Who may do what in which state is one table (`rules_steps`); every step of a case goes through it (`rules_acting`).
- Nothing counts as confirmed unless somebody outside every organisation in the case has said so: at home whoever has
  the right to confirm there, in common parts a witness who looked. Silence closes seven days after a notice was
  served, is shown apart, and never speaks where life was at risk, after a dispute or after a reopening.
- Five promises run apart, in committed time. They pause only for a listed reason that another has approved; deferring
  postpones the work, not the promise (`rules_clock`).
- What endangers life is made safe before anything else.
- What was imported is marked for ever, was witnessed by nobody here, and makes nobody late (`rules_history`).
- No text. What people say, write and photograph is sealed elsewhere; here stand commitments to it (`Content`).
- An event names the place when a story begins or ends there, and an account when the act is its own or is done in
  its name; what lies between stands in the case's history, to which the others lead.

    report_repair                                                               rules_reporting
    → triage_repair → assign_repair | take_repair                               rules_triage
    → accept_repair → arrive_on_site → diagnose_repair → finish_repair          rules_working
    → confirm_repair | check_repair, or dispute_repair → arrive_on_site …       rules_answering

What other businesses may do with a case stands in `rules_doors`. This module holds the row of a case, and what all
its commands and events share.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from linlian.community import calendars, identity, places, staff
from linlian.community.identity import NOBODY, Basis
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import Clock, Part, Party, Payer, Urgency
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Count,
    Event,
    Fields,
    Id,
    Label,
    Meta,
    Millis,
    Row,
    Subject,
    compose,
    replace,
)

CaseId: TypeAlias = Annotated[Id, Subject("case")]
Photos = Annotated[tuple[Content, ...], Meta(max_length=8)]
Proofs = Annotated[tuple[Content, ...], Meta(min_length=1, max_length=8)]
"""Commitments to photographs of the finished work, or of what a witness saw."""

NO_CASE = bytes(16)
IMPORTED = "imported"
DISPUTE = "dispute"
UNATTENDED = "unattended"
HELPERS_MAX = 4
HOLDS_MAX = 8

contract = Contract("repairs", needs=(identity.contract, staff.contract, calendars.contract, places.contract))

Clocks = Annotated[tuple[Clock, ...], Meta(max_length=len(Clock))]
Helpers = Annotated[tuple[Id, ...], Meta(max_length=HELPERS_MAX)]


class Hold(Fields):
    """What another business holds back, under a name of its own (`quotes.approval`)."""

    name: Label
    steps: Annotated[tuple[Label, ...], Meta(max_length=HOLDS_MAX)]


class Case(Row):
    """One repair. Times are milliseconds and committed, in imported records their source's; 0 is not yet.

    back            where a deferral or merging returns to; otherwise the same as `state`
    category        a `Category`, or in imported records the source's own (`boston311.graffiti`)
    reporter        NOBODY in imported records; `reported_as` DESK: it was taken down by staff
    responsible     the organisation that answers for it; NOBODY before triage
    settled         somebody outside decided that it does, and triage hands it to no other
    executing       the organisation that does the work, mostly the same; `helpers` were called to help
    executor        the repairer it is assigned to, or NOBODY
    opened_at       where its clocks begin: reporting or reopening; for imported records their triage here
    respond_by …    when each promise ends; `kept`, `late`: those that were kept, or missed, since the opening
    assumed         some promise rests on days of which nobody has published whether they are worked
    endangered      life was at risk at some time; silence never speaks for it
    paused_at       the clocks stand still since then, at the longest until `paused_until`
    paused_ms       how long they stood still before, since the opening
    review          put off for long: it does not wake at `deferred_until` but is to be looked at
    checked_by      the witness who found it sound
    notified_at     when those for whom it was done were told that it is done
    guaranteed_until   the same again before then costs nothing
    guarantee_of    the earlier case whose guarantee covers this one
    fixed           party and payer are contested or were decided by an arbiter: triage does not change them
    instant         once done in less time than such work takes
    closing         how it was closed: a `Basis`, or IMPORTED; empty otherwise
    merged_into     the case, or a neighbour's known fault, that is followed in its place
    """

    state: State
    back: State
    category: Label
    urgency: Urgency
    place: Id
    reporter: Id
    reported_as: Standing
    reported_at: Millis
    opened_at: Millis
    respond_by: Millis
    finish_by: Millis
    arrive_by: Millis = 0
    safe_by: Millis = 0
    reply_by: Millis = 0
    kept: Clocks = ()
    late: Clocks = ()
    repeat_of: Id = NO_CASE
    guarantee_of: Id = NO_CASE
    part: Part = Part.UNDECIDED
    party: Party = Party.UNDECIDED
    payer: Payer = Payer.UNDECIDED
    responsible: Id = NOBODY
    settled: bool = False
    executing: Id = NOBODY
    executor: Id = NOBODY
    team: Id = NOBODY
    helpers: Helpers = ()
    holds: Annotated[tuple[Hold, ...], Meta(max_length=HOLDS_MAX)] = ()
    endangered: bool = False
    safe_at: Millis = 0
    paused_at: Millis = 0
    paused_until: Millis = 0
    paused_ms: Millis = 0
    deferred_until: Millis = 0
    review: bool = False
    asked: bool = False
    done_at: Millis = 0
    checked_at: Millis = 0
    checked_by: Id = NOBODY
    notified_at: Millis = 0
    guaranteed_until: Millis = 0
    closed_at: Millis = 0
    closing: Label = ""
    merged_into: Id = NO_CASE
    assumed: bool = False
    instant: bool = False
    fixed: bool = False
    imported: bool = False
    disputes: Count = 0
    reopened: Count = 0


cases = contract.table("case", Case, refused="repairs.unknown_case")


class CaseCommand(Command):
    """A step in a case."""

    case: CaseId


class Escalate(CaseCommand):
    """Handed on to whoever looks after this above repairs: a promise was missed, a repair disputed (`DISPUTE`), or
    taken out of the hands of somebody who keeps shifts into nobody's (`UNATTENDED`)."""

    about: Label


class CaseEvent(Event):
    """Something that happened in a case."""

    case: CaseId


class ActedEvent(CaseEvent):
    """Something that can be done in several standings."""

    standing: Standing
    basis: Basis


class PromisedEvent(ActedEvent, kw_only=True):
    """Something that sets the promises anew. `safe_by` 0: there is nothing to make safe.

    assumed     for some of the days in question nobody has published whether they are worked
    """

    respond_by: Millis
    arrive_by: Millis
    finish_by: Millis
    reply_by: Millis
    safe_by: Millis = 0
    assumed: bool = False


require_case = cases.require


def named(identifier: bytes) -> bytes | None:
    """A row's case or account for an event to name: None for NO_CASE and NOBODY."""
    return None if identifier == NOBODY else identifier


def organisations_of(case: Case) -> tuple[bytes, ...]:
    """Every organisation in a case: whoever answers for it, does it, or helps. None of them says it is repaired."""
    found = (case.responsible, case.executing, *case.helpers)
    return tuple(organisation for organisation in found if organisation != NOBODY)


def escalate(ctx: Context, case_id: bytes, about: str) -> None:
    """Hand on what went wrong, to run in the next block; nothing if no business above looks after it."""
    ctx.hand_on(compose(case_id, about), Escalate(case=case_id, about=about))


def keep_promise(case: Case, clock: Clock) -> Case:
    """Note that a promise was kept, in time or not."""
    return case if clock in case.kept else replace(case, kept=(*case.kept, clock))


def break_promise(case: Case, clock: Clock) -> Case:
    """Note that the time of a promise has passed."""
    return case if clock in case.late else replace(case, late=(*case.late, clock))
