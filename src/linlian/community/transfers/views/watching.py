"""Every step of a fund as one line, whichever business it was taken in: what somebody who watches over it reads.

Rules
- Each event of funds, programmes and transfers is a step; a test holds it to that.
- A step has the least level that may see it: everybody (`public`), whoever audits (`audit`), parties (`full`).
- Auditors see what was done, by which organisations and on whose word, and neither recipient, donor nor record;
  everybody sees fund, programme, sum and time. Of a list of few people nobody but those two learn the sum.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from linlian.community.funds.views import AlertRow, QuestionRow, funds
from linlian.community.programmes.views import FEW, cycles, programmes
from linlian.community.transfers import audience
from linlian.community.transfers.views.rows import BasisRow, hops, views
from linlian.readmodel.view import Count, Fact, Id, Limit, Reads, Rows, where


class StepKind(StrEnum):
    """What a step is about, for whoever looks for one kind."""

    FUND = "fund"
    INCOME = "income"
    REFUND = "refund"
    PROGRAMME = "programme"
    ROUND = "round"
    LIST = "list"
    OBJECTION = "objection"
    PAYMENT = "payment"
    HOP = "hop"
    RECEIPT = "receipt"
    BACK = "back"
    BANK = "bank"
    REPORT = "report"
    QUESTION = "question"
    DEADLINE = "deadline"


class Least(StrEnum):
    """Who sees a step at all: everybody, whoever audits, parties alone."""

    PUBLIC = "public"
    AUDIT = "audit"
    FULL = "full"


class StepRow(NamedTuple):
    """A step as the fund's parties see it, by its place in the ledger. Sums in the fund's smallest unit, 0: none.

    name            the event's wire name; `detail` is the basis of a receipt, or what was not done in time
    published_minor the sum as everybody may know it
    acted           who signed in an office; empty for recipients, donors, and whoever objects
    who             the recipient or donor that it is about; `record` is what it is about, and `item_id` its transaction
    """

    height: int
    receipt: int
    event: int
    time: int
    fund: bytes
    regulator: bytes
    programme: bytes
    cycle: bytes
    kind: str
    name: str
    least: str
    amount_minor: int
    published_minor: int
    late: bool
    detail: str = ""
    sender: bytes = b""
    receiver: bytes = b""
    acted: bytes = b""
    who: bytes = b""
    record: bytes = b""
    item_id: bytes = b""


class AuditedStep(NamedTuple):
    """The same for whoever audits: nobody who gave or received, and no record that leads to them."""

    height: int
    receipt: int
    event: int
    time: int
    fund: bytes
    programme: bytes
    cycle: bytes
    kind: str
    name: str
    amount_minor: int
    late: bool
    detail: str
    sender: bytes
    receiver: bytes
    acted: bytes


class PublishedStep(NamedTuple):
    """The same as everybody sees it; `detail` is what was not done in time, and nothing else."""

    height: int
    receipt: int
    event: int
    time: int
    fund: bytes
    programme: bytes
    kind: str
    name: str
    amount_minor: int
    late: bool
    detail: str


steps = views.table(
    "step",
    StepRow,
    key=3,
    indexes=(
        "regulator, height, receipt, event",
        "fund, height, receipt, event",
        "programme, height, receipt, event",
        "kind, height, receipt, event",
        "late, height, receipt, event",
        "fund, late, height, receipt, event",
        "least, height, receipt, event",
    ),
)

_P, _A, _F = Least.PUBLIC, Least.AUDIT, Least.FULL
WATCHED: tuple[tuple[str, StepKind, Least], ...] = (
    ("funds.fund_opened", StepKind.FUND, _P),
    ("funds.fund_confirmed", StepKind.FUND, _P),
    ("funds.managers_changed", StepKind.FUND, _P),
    ("funds.access_granted", StepKind.FUND, _P),
    ("funds.interest_declared", StepKind.FUND, _A),
    ("funds.fund_closed", StepKind.FUND, _P),
    ("funds.gift_promised", StepKind.INCOME, _A),
    ("funds.gift_received", StepKind.INCOME, _P),
    ("funds.gift_declined", StepKind.INCOME, _A),
    ("funds.refund_entered", StepKind.REFUND, _A),
    ("funds.refund_approved", StepKind.REFUND, _P),
    ("funds.refund_declined", StepKind.REFUND, _A),
    ("programmes.programme_drafted", StepKind.PROGRAMME, _P),
    ("programmes.programme_approved", StepKind.PROGRAMME, _P),
    ("programmes.programme_cancelled", StepKind.PROGRAMME, _P),
    ("programmes.programme_ended", StepKind.PROGRAMME, _P),
    ("programmes.cycle_drafted", StepKind.ROUND, _P),
    ("programmes.cycle_submitted", StepKind.ROUND, _P),
    ("programmes.cycle_sent_back", StepKind.ROUND, _P),
    ("programmes.cycle_approved", StepKind.ROUND, _P),
    ("programmes.cycle_released", StepKind.ROUND, _P),
    ("programmes.cycle_cancelled", StepKind.ROUND, _P),
    ("programmes.cycle_ended", StepKind.ROUND, _P),
    ("programmes.cycle_reviewed", StepKind.ROUND, _P),
    ("programmes.recipient_registered", StepKind.LIST, _F),
    ("programmes.entitlement_entered", StepKind.LIST, _A),
    ("programmes.entitlement_withdrawn", StepKind.LIST, _A),
    ("programmes.entitlement_expired", StepKind.LIST, _A),
    ("programmes.objection_raised", StepKind.OBJECTION, _P),
    ("programmes.objection_answered", StepKind.OBJECTION, _P),
    ("transfers.payment_entered", StepKind.PAYMENT, _A),
    ("transfers.payment_approved", StepKind.PAYMENT, _A),
    ("transfers.payment_cancelled", StepKind.PAYMENT, _A),
    ("transfers.money_sent", StepKind.HOP, _P),
    ("transfers.money_confirmed", StepKind.HOP, _P),
    ("transfers.receipt_confirmed", StepKind.RECEIPT, _P),
    ("transfers.receipt_attested", StepKind.RECEIPT, _A),
    ("transfers.receipt_silent", StepKind.RECEIPT, _P),
    ("transfers.hop_failed", StepKind.BACK, _P),
    ("transfers.money_returned", StepKind.BACK, _P),
    ("transfers.money_taken_back", StepKind.BACK, _P),
    ("transfers.line_recorded", StepKind.BANK, _A),
    ("transfers.line_matched", StepKind.BANK, _A),
    ("programmes.report_filed", StepKind.REPORT, _P),
    ("programmes.programme_accounted", StepKind.REPORT, _P),
    ("funds.question_asked", StepKind.QUESTION, _P),
    ("funds.question_answered", StepKind.QUESTION, _P),
    ("funds.deadline_missed", StepKind.DEADLINE, _P),
    ("funds.deadline_met", StepKind.DEADLINE, _P),
)
"""Each event, what it is about, and who sees it at all."""
LATE = ("funds.deadline_missed", "transfers.receipt_silent")
SUMS = ("amount_minor", "budget_minor", "entitled_minor", "ceiling_minor", "left_minor")
RECORDS = ("hop", "payment", "gift", "refund", "question", "objection", "entitlement", "recipient", "record", "mark")
PEOPLE = ("recipient", "donor", "raised_by")


def _declare(name: str, kind: StepKind, least: Least) -> None:
    """Let an event of this business, or of one that it needs, make a step."""
    contracts = {view.name: view.contract for view in (*views.needs, views)}

    @views.on(contracts[name.partition(".")[0]].events[name])
    def stepped(db: Rows, event: Any, fact: Fact) -> None:
        db.add(steps, _row(db, event, fact, kind, least))


for _each in WATCHED:
    _declare(*_each)


def _row(db: Rows, event: Any, fact: Fact, kind: StepKind, least: Least) -> StepRow:
    fund, programme, cycle = _whose(db, event)
    amount, few = _first(event, SUMS, 0), getattr(event, "entitlements", FEW) < FEW
    if fact.type == "funds.refund_approved" and not event.complete:
        least = Least.AUDIT
    return StepRow(
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        time=fact.time,
        fund=fund,
        regulator=db.the(funds, fund).regulator,
        programme=programme,
        cycle=cycle,
        kind=kind,
        name=fact.type,
        least=least,
        amount_minor=amount,
        published_minor=0 if few or least is not Least.PUBLIC else amount,
        late=fact.type in LATE or bool(getattr(event, "late", False)),
        detail=str(_first(event, ("kind", "basis"), "")) if kind in (StepKind.DEADLINE, StepKind.RECEIPT) else "",
        sender=_first(event, ("sender",), b""),
        receiver=_first(event, ("receiver",), b""),
        acted=b"" if _is_private(event, fact.type) or fact.source == "timer" else fact.signer,
        who=_first(event, PEOPLE, b""),
        record=_first(event, RECORDS, b""),
        item_id=fact.item_id,
    )


def _whose(db: Rows, event: Any) -> tuple[bytes, bytes, bytes]:
    """Fund, programme and round of an event, as far as it has them."""
    cycle = _first(event, ("cycle",), b"")
    programme = _first(event, ("programme",), b"") or (db.the(cycles, cycle).programme if cycle else b"")
    fund = _first(event, ("fund",), b"")
    if not fund and not programme:
        hop = db.the(hops, event.hop)
        return hop.fund, hop.programme, hop.cycle
    return fund or db.the(programmes, programme).fund, programme, cycle


def _first(event: Any, names: tuple[str, ...], otherwise: int | bytes | str) -> Any:
    """The first of these fields that an event has."""
    return next((value for name in names if (value := getattr(event, name, None)) is not None), otherwise)


def _is_private(event: Any, name: str) -> bool:
    """Whether whoever signed it did so for themselves, and not in an office."""
    if name == "transfers.receipt_confirmed":
        return bool(event.standing != "outsider")
    if name == "transfers.money_returned":
        return event.recipient is not None
    return name in ("funds.gift_promised", "programmes.objection_raised")


ORDER = "ORDER BY height DESC, receipt DESC, event DESC LIMIT :limit"


@views.query(seen_by=audience.WATCHERS)
def watched_steps(
    db: Reads,
    regulator: Id | None = None,
    fund: Id | None = None,
    programme: Id | None = None,
    kind: StepKind | None = None,
    late: bool = False,
    over_minor: Count = 0,
    limit: Limit = 100,
) -> list[StepRow]:
    """Every step of the funds that an organisation watches over, or of one fund, the latest first; of neither none."""
    watched = b"" if regulator is None and fund is None else regulator
    equal = {"regulator": watched, "fund": fund, "programme": programme, "kind": kind, "late": late or None}
    sql = f"SELECT * FROM transfers_step{where(*_over(over_minor), **equal)} {ORDER}"
    return db.all(StepRow, sql, **equal, over_minor=over_minor or None, limit=limit)


@views.query(seen_by=audience.BOOKS)
def audited_steps(
    db: Reads,
    fund: Id,
    programme: Id | None = None,
    kind: StepKind | None = None,
    late: bool = False,
    over_minor: Count = 0,
    limit: Limit = 100,
) -> list[AuditedStep]:
    """The steps of a fund without who gave or received, the latest first."""
    equal = {"fund": fund, "programme": programme, "kind": kind, "late": late or None}
    matching = where("least <> 'full'", *_over(over_minor), **equal)
    sql = f"""
        SELECT height, receipt, event, time, fund, programme, cycle, kind, name, amount_minor, late, detail,
               sender, receiver, acted
        FROM transfers_step{matching} {ORDER}"""
    return db.all(AuditedStep, sql, **equal, over_minor=over_minor or None, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def published_steps(
    db: Reads,
    fund: Id | None = None,
    programme: Id | None = None,
    kind: StepKind | None = None,
    late: bool = False,
    over_minor: Count = 0,
    limit: Limit = 100,
) -> list[PublishedStep]:
    """The steps of a fund, or of all, as everybody may follow them, the latest first."""
    equal = {"fund": fund, "programme": programme, "kind": kind, "late": late or None}
    matching = where("least = 'public'", *_over(over_minor, "published_minor"), **equal)
    sql = f"""
        SELECT height, receipt, event, time, fund, programme, kind, name, published_minor AS amount_minor, late,
               CASE WHEN kind = 'deadline' THEN detail ELSE '' END AS detail
        FROM transfers_step{matching} {ORDER}"""
    return db.all(PublishedStep, sql, **equal, over_minor=over_minor or None, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def silences_of_fund(db: Reads, fund: Id, limit: Limit = 100) -> list[BasisRow]:
    """Receipts of a fund that nobody has confirmed for so long that it counts as silence, by programme."""
    sql = """
        SELECT b.programme AS programme, b.basis, b.receipts, b.amount_minor
        FROM programmes_programme AS p JOIN transfers_basis AS b ON b.programme = p.programme
        WHERE p.fund = :fund AND b.basis = 'silence' AND b.receipts > 0 ORDER BY programme LIMIT :limit"""
    return db.all(BasisRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def open_alerts(db: Reads, fund: Id, limit: Limit = 100) -> list[AlertRow]:
    """What of a fund is late now, the latest first."""
    sql = """
        SELECT * FROM funds_alert WHERE fund = :fund AND met_at = 0
        ORDER BY missed_at DESC, kind, record LIMIT :limit"""
    return db.all(AlertRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def open_questions(db: Reads, fund: Id, limit: Limit = 100) -> list[QuestionRow]:
    """What the regulator asked a fund and nobody has answered, the most urgent first."""
    sql = """
        SELECT * FROM funds_question WHERE fund = :fund AND answered_at = 0
        ORDER BY answer_by, question LIMIT :limit"""
    return db.all(QuestionRow, sql, fund=fund, limit=limit)


def _over(over_minor: int, column: str = "amount_minor") -> tuple[str, ...]:
    return (f"{column} >= :over_minor",) if over_minor else ()
