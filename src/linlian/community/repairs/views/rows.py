"""The rows: each request as it stands now, and every step that it took, with both times.

What was imported stands among the rest, marked by `source`; whoever counts says whether it is to be counted.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.identity import views as identity
from linlian.community.places import views as places
from linlian.community.repairs.rules import contract
from linlian.community.repairs.rules_answering import RepairReopened
from linlian.community.repairs.rules_history import Timeliness
from linlian.community.repairs.rules_reporting import RepairReported
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Clock, Part, Party, Payer
from linlian.community.repairs.rules_triage import RepairTriaged
from linlian.readmodel.view import Fact, View

views = View(contract, needs=(places.views, identity.views))


NOT_MERGED = "LENGTH(r.merged_into) = 0"
"""For `repairs_request AS r`. Not as an equality: nearly all rows are alike in that, and SQLite, which does not know
it, would go by that index."""


class RequestRow(NamedTuple):
    """A repair as it stands now. Times are committed ones, in imported records their source's; 0 is not (yet).

    reported_as     the standing in which it was reported, and `reported_on` the basis
    fixed           party and payer are contested or were decided: triage does not change them
    listed          it is on the list of `executing`, the organisation that does the work, for a repairer to take
    repeats         the same was broken there before; `guaranteed`: the guarantee of that repair covers it
    opened_at       where its clocks begin: reporting, reopening, or the triage of an imported record
    respond_by …    when each promise ends; 0 is no such promise
    arrive_late …   the time of the promise has passed
    paused_at       the clocks stand still since then, until `paused_until`; before, for `paused_ms` since the opening
    stretched_ms    by how much pauses have moved `finish_by` since that promise was made
    holds           how many neighbours hold it back
    took_ms         from the opening until it was done, pauses and all
    timeliness      on_time once done in time, overdue once its deadline has passed, else not_stated; of an imported
                    record what the source says
    closing         on what basis it was closed (`imported`: we do not know), `closing_as` the closer's standing
    source          the other system's name, `external` the record's hash; empty for what was reported here
    """

    case_id: bytes
    state: str
    category: str
    urgency: str
    place: bytes
    reported_at: int
    reporter: bytes = b""
    reported_as: str = ""
    reported_on: str = ""
    responsible: bytes = b""
    executing: bytes = b""
    executor: bytes = b""
    team: bytes = b""
    listed: bool = False
    part: str = Part.UNDECIDED
    party: str = Party.UNDECIDED
    payer: str = Payer.UNDECIDED
    fixed: bool = False
    cause: str = ""
    repeats: bool = False
    guaranteed: bool = False
    merged_into: bytes = b""
    opened_at: int = 0
    respond_by: int = 0
    arrive_by: int = 0
    safe_by: int = 0
    finish_by: int = 0
    reply_by: int = 0
    assumed: bool = False
    deferred_until: int = 0
    review: bool = False
    review_by: int = 0
    paused_at: int = 0
    paused_until: int = 0
    paused_ms: int = 0
    stretched_ms: int = 0
    responded_at: int = 0
    arrived_at: int = 0
    safe_at: int = 0
    done_at: int = 0
    took_ms: int = 0
    replied_at: int = 0
    notified_at: int = 0
    checked_at: int = 0
    checked_by: bytes = b""
    guaranteed_until: int = 0
    closed_at: int = 0
    ended: bool = False
    closing: str = ""
    closing_as: str = ""
    respond_late: bool = False
    arrive_late: bool = False
    safe_late: bool = False
    reply_late: bool = False
    review_late: bool = False
    timeliness: str = Timeliness.NOT_STATED
    instant: bool = False
    disputes: int = 0
    reopened: int = 0
    holds: int = 0
    source: str = ""
    external: bytes = b""


class StepRow(NamedTuple):
    """A step of a request: the event, the state it led to, and who took it as what and on what basis.

    `time` is when it was committed, `occurred_at` when it is said to have happened. `detail` is the cause, the reason
    or the deadline that the event speaks of.
    """

    case_id: bytes
    height: int
    receipt: int
    event: int
    type: str
    state: str
    time: int
    occurred_at: int
    actor: bytes
    standing: str
    basis: str
    detail: str
    offline: bool


class HelperRow(NamedTuple):
    """An organisation that was called to help with a request."""

    organisation: bytes
    case_id: bytes
    called_at: int
    noted_at: int = 0


class HolderRow(NamedTuple):
    """Somebody who had a request in hand, since when and until when (0: they have it)."""

    case_id: bytes
    number: int
    account: bytes
    since: int
    until: int = 0


class PauseRow(NamedTuple):
    """A pause of a request's clocks: why, who approved it as what, and how long it lasted (0: it goes on)."""

    case_id: bytes
    began_at: int
    reason: str
    until: int
    approved_by: bytes
    standing: str
    lasted_ms: int = 0


helpers = views.table("helper", HelperRow, key=2)
pauses = views.table("pause", PauseRow, key=2)
holders = views.table("holder", HolderRow, key=2, indexes=("account, since",))
requests = views.table(
    "request",
    RequestRow,
    indexes=(
        "ended, finish_by",
        "state, ended, finish_by",
        "responsible, ended, finish_by",
        "executing, listed, finish_by",
        "merged_into",
        "ended, respond_by",
        "instant, reported_at",
        # Everything that is counted by stands in the index itself, so that counting does not read the rows.
        "reported_at, source, state, category, urgency, timeliness, closing, cause, closing_as, closed_at",
        "place, reported_at",
        "reporter, reported_at",
        "executor, ended, finish_by",
    ),
)
steps = views.table("step", StepRow, key=4, indexes=("time, height, receipt, event",))


def undecided(before: RequestRow) -> str:
    """What is late stays late; what was in time has to be done once more."""
    return Timeliness.OVERDUE if before.timeliness == Timeliness.OVERDUE else Timeliness.NOT_STATED


def with_promises(row: RequestRow, event: RepairReported | RepairTriaged | RepairReopened) -> RequestRow:
    return row._replace(
        respond_by=event.respond_by,
        arrive_by=event.arrive_by,
        safe_by=event.safe_by,
        finish_by=event.finish_by,
        reply_by=event.reply_by,
        assumed=event.assumed,
    )


def with_due(row: RequestRow, clock: Clock, due_at: int) -> RequestRow:
    match clock:
        case Clock.RESPOND:
            return row._replace(respond_by=due_at)
        case Clock.ARRIVE:
            return row._replace(arrive_by=due_at)
        case Clock.SAFE:
            return row._replace(safe_by=due_at)
        case Clock.REPLY:
            return row._replace(reply_by=due_at)
        case Clock.REVIEW:
            return row._replace(review_by=due_at)
    return row._replace(finish_by=due_at)


def now_missed(row: RequestRow, clock: Clock) -> RequestRow:
    match clock:
        case Clock.RESPOND:
            return row._replace(respond_late=True)
        case Clock.ARRIVE:
            return row._replace(arrive_late=True)
        case Clock.SAFE:
            return row._replace(safe_late=True)
        case Clock.REPLY:
            return row._replace(reply_late=True)
        case Clock.REVIEW:
            return row._replace(review_late=True)
    return row._replace(timeliness=Timeliness.OVERDUE)


def now_accepted(row: RequestRow, fact: Fact, late: bool) -> RequestRow:
    return row._replace(
        state=State.ACCEPTED,
        responded_at=row.responded_at or fact.time,
        respond_late=row.respond_late or late,
    )


def now_replied(row: RequestRow, fact: Fact) -> RequestRow:
    late = row.reply_late or (row.replied_at == 0 and fact.time > row.reply_by > 0)
    return row._replace(replied_at=row.replied_at or fact.time, reply_late=late)


def undeferred(row: RequestRow) -> RequestRow:
    return row._replace(deferred_until=0, review=False, review_by=0, review_late=False)


def now_closed(row: RequestRow, fact: Fact, basis: str, standing: str) -> RequestRow:
    return row._replace(state=State.CLOSED, ended=True, closed_at=fact.time, closing=basis, closing_as=standing)
