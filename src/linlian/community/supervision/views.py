"""What was asked for, returned, overseen and told further up, as rows."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from linlian.community.repairs.views import views as repairs
from linlian.community.staff.views import attends
from linlian.community.staff.views import views as staff
from linlian.community.supervision import audience
from linlian.community.supervision.rules import contract
from linlian.community.supervision.rules_extending import ExtensionAsked, ExtensionDecided, ExtensionLapsed
from linlian.community.supervision.rules_ladder import Escalated, EscalationEnded, NoteTaken
from linlian.community.supervision.rules_oversight import (
    OversightLifted,
    OversightOrdered,
    OversightUnanswered,
    ProgressNoted,
)
from linlian.community.supervision.rules_returning import RepairReturned, ReturnDecided, ReturnUndecided
from linlian.readmodel.view import Fact, Id, Limit, Reads, Rows, View, where

views = View(contract, needs=(staff, repairs))


class About(StrEnum):
    """What can be told further up: a promise of repairs that is not kept, a dispute, and that nobody on duty has it."""

    RESPOND = "respond"
    ARRIVE = "arrive"
    SAFE = "safe"
    FINISH = "finish"
    REPLY = "reply"
    REVIEW = "review"
    DISPUTE = "dispute"
    UNATTENDED = "unattended"


class Asked(StrEnum):
    """What became of more time that was asked for, or of a return. KEPT: it stays where it was."""

    OPEN = "open"
    GRANTED = "granted"
    DENIED = "denied"
    LAPSED = "lapsed"
    MOVED = "moved"
    KEPT = "kept"


class ExtensionRow(NamedTuple):
    """More time that was asked for. `until` instead of the promise's end; decided by somebody in this standing."""

    case_id: bytes
    height: int
    receipt: int
    event: int
    clock: str
    until: int
    reason: str
    organisation: bytes
    asked_at: int
    decide_by: int
    outcome: str = Asked.OPEN
    decided_by: bytes = b""
    standing: str = ""
    basis: str = ""
    decided_at: int = 0


class ReturnRow(NamedTuple):
    """A case that somebody held not to be theirs. `late`: the arbiter's time passed before the decision."""

    case_id: bytes
    height: int
    receipt: int
    event: int
    organisation: bytes
    reason: str
    proposed: bytes
    arbiter: bytes
    returned_at: int
    decide_by: int
    outcome: str = Asked.OPEN
    late: bool = False
    responsible: bytes = b""
    decided_by: bytes = b""
    decided_at: int = 0


class OversightRow(NamedTuple):
    """A case that is or was overseen. `lifted_at` 0: it still is."""

    case_id: bytes
    organisation: bytes
    responsible: bytes
    ordered_by: bytes
    since: int
    reply_by: int
    replied_at: int = 0
    late: bool = False
    lifted_at: int = 0


class ProgressRow(NamedTuple):
    """How far an overseen case was, in sealed words. `answers`: it was the answer that was wanted."""

    case_id: bytes
    height: int
    receipt: int
    event: int
    organisation: bytes
    actor: bytes
    words: bytes
    answers: bool
    late: bool
    time: int


class EscalationRow(NamedTuple):
    """A level that was told of a missed promise, a dispute or what nobody on duty has, and who took note when."""

    case_id: bytes
    about: str
    level: str
    organisation: bytes
    role: str
    since: int
    told_at: int
    noted_by: bytes = b""
    noted_at: int = 0
    ended_at: int = 0


extensions = views.table("extension", ExtensionRow, key=4, indexes=("outcome, decide_by, case_id",))
returns = views.table("return", ReturnRow, key=4, indexes=("outcome, decide_by, case_id",))
oversights = views.table("oversight", OversightRow, indexes=("organisation, reply_by, case_id",))
notes = views.table("progress", ProgressRow, key=4)
escalations = views.table("escalation", EscalationRow, key=3, indexes=("organisation, told_at, case_id, about",))


@views.on(ExtensionAsked)
def extension_asked(db: Rows, event: ExtensionAsked, fact: Fact) -> None:
    row = ExtensionRow(
        case_id=event.case,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        clock=event.clock,
        until=event.until,
        reason=event.reason,
        organisation=event.organisation,
        asked_at=fact.time,
        decide_by=event.decide_by,
    )
    db.add(extensions, row)


@views.on(ExtensionDecided)
def extension_decided(db: Rows, event: ExtensionDecided, fact: Fact) -> None:
    last = db.under(extensions, event.case)[-1]
    row = last._replace(
        outcome=Asked.GRANTED if event.granted else Asked.DENIED,
        decided_by=event.decided_by,
        standing=event.standing,
        basis=event.basis,
        decided_at=fact.time,
    )
    db.put(extensions, row)


@views.on(ExtensionLapsed)
def extension_lapsed(db: Rows, event: ExtensionLapsed, fact: Fact) -> None:
    db.put(extensions, db.under(extensions, event.case)[-1]._replace(outcome=Asked.LAPSED, decided_at=fact.time))


@views.on(RepairReturned)
def returned(db: Rows, event: RepairReturned, fact: Fact) -> None:
    row = ReturnRow(
        case_id=event.case,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        organisation=event.organisation,
        reason=event.reason,
        proposed=event.proposed or b"",
        arbiter=event.arbiter or b"",
        returned_at=fact.time,
        decide_by=event.decide_by,
    )
    db.add(returns, row)


@views.on(ReturnDecided)
def return_decided(db: Rows, event: ReturnDecided, fact: Fact) -> None:
    row = db.under(returns, event.case)[-1]._replace(
        arbiter=event.arbiter,
        outcome=Asked.MOVED if event.moved else Asked.KEPT,
        responsible=event.responsible,
        decided_by=event.decided_by,
        decided_at=fact.time,
    )
    db.put(returns, row)


@views.on(ReturnUndecided)
def return_undecided(db: Rows, event: ReturnUndecided, fact: Fact) -> None:
    db.put(returns, db.under(returns, event.case)[-1]._replace(late=True))


@views.on(OversightOrdered)
def oversight_ordered(db: Rows, event: OversightOrdered, fact: Fact) -> None:
    before = db.get(oversights, event.case)
    since = fact.time if before is None or before.lifted_at else before.since
    row = OversightRow(event.case, event.organisation, event.responsible, event.ordered_by, since, event.reply_by)
    db.put(oversights, row)


@views.on(ProgressNoted)
def progress_noted(db: Rows, event: ProgressNoted, fact: Fact) -> None:
    row = ProgressRow(
        case_id=event.case,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        organisation=event.organisation,
        actor=fact.signer,
        words=event.words.commitment,
        answers=event.answers,
        late=event.late,
        time=fact.time,
    )
    db.add(notes, row)
    if event.answers:
        db.change(oversights, event.case, replied_at=fact.time)


@views.on(OversightUnanswered)
def oversight_unanswered(db: Rows, event: OversightUnanswered, fact: Fact) -> None:
    db.change(oversights, event.case, late=True)


@views.on(OversightLifted)
def oversight_lifted(db: Rows, event: OversightLifted, fact: Fact) -> None:
    db.change(oversights, event.case, lifted_at=fact.time)


@views.on(Escalated)
def escalated(db: Rows, event: Escalated, fact: Fact) -> None:
    row = EscalationRow(
        case_id=event.case,
        about=event.about,
        level=event.level,
        organisation=event.organisation or b"",
        role=event.role,
        since=event.since,
        told_at=fact.time,
    )
    db.put(escalations, row)


@views.on(EscalationEnded)
def escalation_ended(db: Rows, event: EscalationEnded, fact: Fact) -> None:
    for row in db.under(escalations, event.case, event.about):
        db.put(escalations, row._replace(ended_at=row.ended_at or fact.time))


@views.on(NoteTaken)
def note_taken(db: Rows, event: NoteTaken, fact: Fact) -> None:
    db.change(escalations, event.case, event.about, event.level, noted_by=event.noted_by, noted_at=fact.time)


@views.query(seen_by=audience.OF_CASE)
def extensions_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[ExtensionRow]:
    """More time that was asked for in a case, in order, and what became of it."""
    sql = "SELECT * FROM supervision_extension WHERE case_id = :case_id ORDER BY height, receipt, event LIMIT :limit"
    return db.all(ExtensionRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.LISTS)
def open_extensions(db: Reads, limit: Limit = 100) -> list[ExtensionRow]:
    """More time that is asked for and not yet decided, what lapses first on top."""
    sql = """
        SELECT * FROM supervision_extension WHERE outcome = 'open'
        ORDER BY decide_by, case_id, height, receipt, event LIMIT :limit"""
    return db.all(ExtensionRow, sql, limit=limit)


@views.query(seen_by=audience.OF_CASE)
def returns_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[ReturnRow]:
    """How often a case was returned as not theirs, and what arbiters decided."""
    sql = "SELECT * FROM supervision_return WHERE case_id = :case_id ORDER BY height, receipt, event LIMIT :limit"
    return db.all(ReturnRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.LISTS)
def open_returns(db: Reads, limit: Limit = 100) -> list[ReturnRow]:
    """Returns that wait for an arbiter, the one to be decided first on top."""
    sql = """
        SELECT * FROM supervision_return WHERE outcome = 'open'
        ORDER BY decide_by, case_id, height, receipt, event LIMIT :limit"""
    return db.all(ReturnRow, sql, limit=limit)


@views.query(seen_by=audience.OF_CASE)
def oversight(db: Reads, case_id: Id) -> OversightRow | None:
    """Who oversees a case, or did."""
    return db.one(OversightRow, "SELECT * FROM supervision_oversight WHERE case_id = :case_id", case_id=case_id)


@views.query(seen_by=audience.OF_ORGANISATION)
def oversights_of(db: Reads, organisation: Id, late: bool | None = None, limit: Limit = 100) -> list[OversightRow]:
    """What an organisation oversees, the answer that is due first on top."""
    matching = where("lifted_at = 0", organisation=organisation, late=late)
    sql = f"SELECT * FROM supervision_oversight{matching} ORDER BY reply_by, case_id LIMIT :limit"
    return db.all(OversightRow, sql, organisation=organisation, late=late, limit=limit)


@views.query(seen_by=audience.OF_CASE)
def progress_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[ProgressRow]:
    """What was noted of an overseen case, in order."""
    sql = "SELECT * FROM supervision_progress WHERE case_id = :case_id ORDER BY height, receipt, event LIMIT :limit"
    return db.all(ProgressRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.OF_CASE)
def escalations_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[EscalationRow]:
    """Who was told of what was late in a case, and who took note."""
    sql = """
        SELECT * FROM supervision_escalation WHERE case_id = :case_id ORDER BY told_at, about, level LIMIT :limit"""
    return db.all(EscalationRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.OF_ORGANISATION)
def escalations_to(
    db: Reads, organisation: Id, noted: bool | None = None, about: About | None = None, limit: Limit = 100
) -> list[EscalationRow]:
    """What an organisation was told of and what is still not made good, or that of one kind, the longest on top."""
    seen = [] if noted is None else ["e.noted_at > 0" if noted else "e.noted_at = 0"]
    matching = where(
        "e.organisation = :organisation", "e.since >= r.opened_at", "r.ended = FALSE", _STANDS, *seen, about=about
    )
    sql = f"""
        SELECT e.* FROM supervision_escalation AS e JOIN repairs_request AS r ON r.case_id = e.case_id
        {matching} ORDER BY e.told_at, e.case_id, e.about, e.level LIMIT :limit"""
    return db.all(EscalationRow, sql, organisation=organisation, about=about, limit=limit)


_STANDS = f"""(
    (e.about = 'respond' AND r.responded_at = 0) OR (e.about = 'arrive' AND r.arrived_at = 0)
    OR (e.about = 'safe' AND r.safe_at = 0) OR (e.about = 'finish' AND r.done_at = 0)
    OR (e.about = 'reply' AND r.replied_at = 0) OR (e.about = 'review' AND r.review_by > 0)
    OR (e.about = 'dispute' AND r.state = 'disputed')
    OR (e.about = 'unattended' AND r.state NOT IN ('done', 'checked', 'merged', 'deferred')
        AND NOT {attends("r.executor")}))"""
"""What was missed is still not made good."""
