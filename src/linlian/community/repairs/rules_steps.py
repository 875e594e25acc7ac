"""Who may do what in which state: one table. The handlers ask it; they do not decide.

    STEPS["accept_repair"].cells[State.ASSIGNED]  ->  Cell(by=(EXECUTOR,), to=State.ACCEPTED)

A step that is not in the table is refused with `repairs.wrong_state`, one that is for somebody else with
`repairs.not_yours`, one that a neighbour holds back with `repairs.held`. The README shows this very table; a test
compares them.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.kernel.steps import STAYS, Line, Steps


class State(StrEnum):
    REPORTED = "reported"
    TRIAGED = "triaged"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    DIAGNOSED = "diagnosed"
    DONE = "done"
    CHECKED = "checked"
    DISPUTED = "disputed"
    DEFERRED = "deferred"
    MERGED = "merged"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Standing(StrEnum):
    """As what somebody acts in a case. One person may have several; each act is recorded with the one it used.

    REPORTER    whoever reported it, or stands for them
    OCCUPANT    whoever now has the right to confirm at the place
    WITNESS     in common parts: a grid worker, building head or committee member of no organisation in the case
    EXECUTOR    the repairer it is assigned to
    REPAIRER    any repairer of the organisation that does the work, and of the team it is assigned to
    ASSISTANT   dispatcher or repairer of an organisation that was called to help
    DESK        desk or dispatcher of the organisation that answers for it (before triage: of any)
    DISPATCHER  a dispatcher of that organisation or of the one that does the work
    SUPERVISOR  a supervisor of an organisation that is not in the case
    CLOCK       a timer

    These are found by neighbours, who take the step for them by the front door:

    JOINED      somebody whose report was joined to this one
    OUTSIDER    somebody of no organisation in the case, to whom the resident said it: by telephone, or on paper
    GATEWAY     a machine of such an organisation, which brings the resident's answer or an outside system's
    """

    REPORTER = "reporter"
    OCCUPANT = "occupant"
    WITNESS = "witness"
    EXECUTOR = "executor"
    REPAIRER = "repairer"
    ASSISTANT = "assistant"
    DESK = "desk"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    CLOCK = "clock"
    JOINED = "joined"
    OUTSIDER = "outsider"
    GATEWAY = "gateway"


NEIGHBOURS_FIND = (Standing.JOINED, Standing.OUTSIDER, Standing.GATEWAY)
"""Of these nothing is known here; whoever finds them takes the step by the front door."""


WAITING = (State.REPORTED, State.TRIAGED, State.ASSIGNED)
AT_WORK = (State.ACCEPTED, State.ON_SITE, State.DIAGNOSED)
UNDONE = (*WAITING, *AT_WORK, State.DISPUTED, State.DEFERRED)
"""The states in which the finish deadline runs."""
IN_HAND = (State.ASSIGNED, *AT_WORK, State.DISPUTED, State.DEFERRED)
"""The states in which somebody may have it in hand."""
ANSWERABLE = (State.DONE, State.CHECKED)
ENDED = (State.CLOSED, State.CANCELLED)

_PLANNED = (State.TRIAGED, State.ASSIGNED, *AT_WORK)
_UNDER_WAY = (*WAITING, *AT_WORK, State.DISPUTED)
_NEAR = (Standing.REPORTER, Standing.OCCUPANT)
_TOLD = (Standing.OUTSIDER, Standing.GATEWAY)
_LEADING = (Standing.EXECUTOR, Standing.DISPATCHER)
_BACK = None
"""To what it was before the deferral or the merging."""

TABLE: tuple[Line[State, Standing], ...] = (
    # step               from                          by                                        to
    ("triage_repair", _UNDER_WAY, (Standing.DESK,), State.TRIAGED),
    ("give_back", (*_PLANNED, State.DISPUTED), (Standing.DESK, Standing.SUPERVISOR), State.REPORTED),
    ("assign_repair", (*_PLANNED, State.DISPUTED), (Standing.DISPATCHER,), State.ASSIGNED),
    ("take_repair", (State.TRIAGED, State.ASSIGNED), (Standing.REPAIRER,), State.ACCEPTED),
    ("hand_over", IN_HAND, (Standing.REPAIRER,), STAYS),
    ("call_help", (*_PLANNED, State.DISPUTED), (Standing.DISPATCHER,), STAYS),
    ("note_help", (*_PLANNED, State.DISPUTED, State.DONE), (Standing.ASSISTANT,), STAYS),
    ("accept_repair", (State.ASSIGNED,), (Standing.EXECUTOR,), State.ACCEPTED),
    ("arrive_on_site", (State.ACCEPTED, State.DISPUTED), (Standing.EXECUTOR,), State.ON_SITE),
    ("make_safe", (State.ON_SITE, State.DIAGNOSED), (Standing.EXECUTOR,), STAYS),
    ("diagnose_repair", (State.ON_SITE, State.DIAGNOSED), (Standing.EXECUTOR,), State.DIAGNOSED),
    ("finish_repair", (State.DIAGNOSED,), (Standing.EXECUTOR,), State.DONE),
    ("serve_notice", (State.DONE,), (Standing.DESK, Standing.DISPATCHER, *_TOLD), STAYS),
    ("tell_all", (State.DONE,), (Standing.DESK, Standing.DISPATCHER, Standing.EXECUTOR), STAYS),
    ("check_repair", (State.DONE,), (Standing.WITNESS,), State.CHECKED),
    ("confirm_repair", (State.DONE,), (*_NEAR, *_TOLD), State.CLOSED),
    ("dispute_repair", ANSWERABLE, (*_NEAR, Standing.WITNESS, Standing.JOINED, *_TOLD), State.DISPUTED),
    ("defer_repair", _PLANNED, _LEADING, State.DEFERRED),
    ("review_repair", (State.DEFERRED,), (Standing.DISPATCHER,), STAYS),
    ("resume_repair", (State.DEFERRED,), _LEADING, _BACK),
    (
        "pause_clocks",
        (State.ASSIGNED, *AT_WORK, State.DEFERRED),
        (*_NEAR, Standing.DISPATCHER, Standing.SUPERVISOR),
        STAYS,
    ),
    ("resume_clocks", (State.ASSIGNED, *AT_WORK, State.DEFERRED), (*_LEADING, *_NEAR, Standing.SUPERVISOR), STAYS),
    ("merge_repair", _UNDER_WAY, (Standing.DESK, Standing.REPORTER), State.MERGED),
    ("split_repair", (State.MERGED,), (Standing.DESK, Standing.REPORTER), _BACK),
    ("cancel_repair", UNDONE, (Standing.REPORTER,), State.CANCELLED),
    ("cancel_repair", (*_PLANNED, State.DEFERRED), (Standing.DESK,), State.CANCELLED),
    ("reopen_repair", ENDED, (*_NEAR, Standing.WITNESS, Standing.JOINED, *_TOLD, Standing.DESK), State.REPORTED),
    ("wake_repair", (State.DEFERRED,), (Standing.CLOCK,), _BACK),
    ("close_checked", (State.CHECKED,), (Standing.CLOCK,), State.CLOSED),
    ("close_unanswered", (State.DONE,), (Standing.CLOCK,), State.CLOSED),
)
STEPS = Steps(TABLE, refused="repairs.wrong_state")
