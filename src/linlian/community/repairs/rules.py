"""Repairs: from somebody's report to somebody's yes.

Rules
- Who may do what in which state is one table (`rules_steps`); every step of a case goes through it (`rules_acting`).
- Nothing counts as confirmed unless somebody outside the organisation that did the work has said so. Silence closes
  after seven days, is shown apart, and never speaks where life is at risk, after a dispute or after a reopening.
- Deadlines run in committed time and do not pause: deferring postpones the work, not the promise (`rules_clock`).
- What was imported is marked for ever, was witnessed by nobody here, and makes nobody late (`rules_history`).
- No text. What people say, write and photograph is sealed elsewhere; here stand commitments to it (`Content`).
- An event names the place when a story begins or ends there, and an account when the act is its own or is done in
  its name; what lies between stands in the case's history, to which the others lead.

    report_repair → triage_repair → assign_repair                               rules_reporting
    → accept_repair → arrive_on_site → diagnose_repair → finish_repair          rules_working
    → confirm_repair, or dispute_repair → arrive_on_site …                      rules_answering

This module holds the row of a case, and what all its commands and events share.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from linlian.community import identity, places
from linlian.community.identity import NOBODY, Basis
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import Urgency
from linlian.kernel.contract import (
    Command,
    Content,
    Contract,
    Count,
    Event,
    Id,
    Label,
    Meta,
    Millis,
    Row,
    Subject,
)

CaseId: TypeAlias = Annotated[Id, Subject("case")]
Photos = Annotated[tuple[Content, ...], Meta(max_length=8)]

NO_CASE = bytes(16)
IMPORTED = "imported"

contract = Contract("repairs", needs=(identity.contract, places.contract))


class Case(Row):
    """One repair. Times are milliseconds and committed, in imported records their source's; 0 is not yet.

    back            where a deferral returns to; otherwise the same as `state`
    category        a `Category`, or in imported records the source's own (`boston311.graffiti`)
    reporter        NOBODY in imported records
    responsible     the organisation that answers for it; NOBODY before triage
    executor        the repairer it is assigned to, or NOBODY
    opened_at       where its clocks begin: reporting or reopening; for imported records their triage here
    responded       somebody has accepted it since then; `respond_late`, `finish_late`: a deadline has passed
    instant         once done in less time than such work takes
    closing         how it was closed: a `Basis`, or IMPORTED; empty otherwise
    """

    state: State
    back: State
    category: Label
    urgency: Urgency
    place: Id
    reporter: Id
    reported_at: Millis
    opened_at: Millis
    respond_by: Millis
    finish_by: Millis
    repeat_of: Id = NO_CASE
    responsible: Id = NOBODY
    executor: Id = NOBODY
    deferred_until: Millis = 0
    done_at: Millis = 0
    closed_at: Millis = 0
    closing: Label = ""
    responded: bool = False
    respond_late: bool = False
    finish_late: bool = False
    instant: bool = False
    imported: bool = False
    disputes: Count = 0
    reopened: Count = 0


cases = contract.table("case", Case)


class CaseCommand(Command):
    """A step in a case."""

    case: CaseId


class CaseEvent(Event):
    """Something that happened in a case."""

    case: CaseId


class ActedEvent(CaseEvent):
    """Something that can be done in several standings."""

    standing: Standing
    basis: Basis


def named(identifier: bytes) -> bytes | None:
    """A row's case or account for an event to name: None for NO_CASE and NOBODY."""
    return None if identifier == NOBODY else identifier
