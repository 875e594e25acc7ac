"""Watching over the money: each step of funds as soon as it is final, what is late or silent, what was asked.

Whoever watches over funds sees all of theirs; everybody else the funds that there are, each as far as it is for them:
in full, as an audit needs it, or as it is public. Nothing here decides that; it is what the queries give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from linlian.community.funds import AnswerQuestion, AskQuestion
from linlian.community.funds import views as fund_views
from linlian.community.funds.views import AlertRow, FundRow, QuestionRow
from linlian.community.programmes import views as plan_views
from linlian.community.programmes.views import ProgrammeRow
from linlian.community.transfers import views
from linlian.community.transfers.pages.fund import where_in
from linlian.community.transfers.pages.kit import DAY_MS, SOMETHING, Where, codes, pages
from linlian.community.transfers.views import AuditedStep, BasisRow, PublishedStep, StepKind, StepRow
from linlian.kernel.codec import Count, Id
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask, Listed
from linlian.web.forms import Form
from linlian.web.pages import Page, Place

SHOWN = 50
FUNDS_SHOWN = 30
PROGRAMMES_MAX = 100
OPEN_SHOWN = 50
ANSWER_DAYS = 7
MONEY_MOVES = ("funds.", "programmes.", "transfers.")


class Level(StrEnum):
    """How much of a fund is for the reader."""

    FULL = "full"
    AUDIT = "audit"
    PUBLIC = "public"


@dataclass(frozen=True)
class Watched:
    """A fund: what it has, where the rest is, what is late or silent now, and how much of it is for the reader."""

    row: FundRow
    where: Where
    here_minor: int
    level: Level
    alerts: list[AlertRow]
    silent: list[BasisRow]


@dataclass(frozen=True)
class Step:
    """A step as far as it is for the reader: what they may not know is empty. `codes` of fund and programme."""

    place: str
    time: int
    name: str
    kind: str
    fund: bytes
    fund_code: str
    currency: str
    programme: bytes
    programme_code: str
    amount_minor: int
    late: bool
    detail: str
    cycle: bytes = b""
    sender: bytes = b""
    receiver: bytes = b""
    acted: bytes = b""
    who: bytes = b""
    record: bytes = b""
    item_id: bytes = b""


@dataclass(frozen=True)
class Asked:
    """A question that is not answered, of which fund, and what the reader may do about it."""

    row: QuestionRow
    fund: FundRow
    answers: list[Form]


@dataclass(frozen=True)
class WatchPage(Page):
    """The funds, the latest steps, what was asked and is not answered. `level` is that of the steps that stand here;
    `more`: of some fund there is more for the reader; `mine`: their organisation watches over these funds."""

    funds: list[Watched]
    mine: bool
    level: Level
    more: bool
    steps: list[Step]
    next: str
    asked: list[Asked]
    programmes: list[ProgrammeRow]
    kinds: list[str]
    asking: Form | None
    organisations: dict[bytes, str]


@pages.page("/watch")
def watch(
    ask: Ask,
    fund: Id | None = None,
    programme: Id | None = None,
    kind: StepKind | None = None,
    late: bool = False,
    over: Count = 0,
    about: Id | None = None,
) -> WatchPage:
    """`over`: sums of so many whole units at least. `about` is a record that a question is to be about."""
    mine = _watched(ask)
    rows = mine or ask.rows(fund_views.all_funds, limit=FUNDS_SHOWN)
    if fund is not None and all(row.fund != fund for row in rows):
        rows = [ask.one(fund_views.fund, fund=fund), *rows]
    found = [_fund(ask, row) for row in rows]
    filters = {"programme": programme, "kind": kind, "late": late, "over_minor": over * 100}
    level, listed = _steps(ask, fund, bool(mine), filters)
    shown = [each.row for each in found if fund in (None, each.row.fund)]
    return WatchPage(
        funds=found,
        mine=bool(mine),
        level=level,
        more=any(each.level is not Level.PUBLIC for each in found),
        steps=_told(ask, listed.rows, rows),
        next=listed.next,
        asked=[asked for row in shown for asked in _asked(ask, row)],
        programmes=[] if fund is None else ask.rows(plan_views.programmes_of, fund=fund, limit=PROGRAMMES_MAX),
        kinds=[each.value for each in StepKind],
        asking=_asking(ask, shown, fund, programme, about),
        organisations=codes(ask),
        live_types=MONEY_MOVES,
    )


def _watched(ask: Ask) -> list[FundRow]:
    """The funds that the reader's organisation watches over, if the reader is one of those who do."""
    own = ask.reader.organisation
    if not own or not ask.sees(views.watched_steps, regulator=own):
        return []
    return ask.rows(fund_views.funds_watched, organisation=own, limit=FUNDS_SHOWN)


def _fund(ask: Ask, row: FundRow) -> Watched:
    where = where_in(ask, row.fund)
    alerts = ask.rows(views.open_alerts, fund=row.fund, limit=OPEN_SHOWN) if row.late else []
    here = row.in_minor - row.refunded_minor - where.out_minor
    silent = ask.rows(views.silences_of_fund, fund=row.fund, limit=PROGRAMMES_MAX)
    return Watched(row, where, here, _level(ask, row.fund), alerts, silent)


def _level(ask: Ask, fund: bytes) -> Level:
    if ask.sees(views.watched_steps, fund=fund):
        return Level.FULL
    return Level.AUDIT if ask.sees(views.audited_steps, fund=fund) else Level.PUBLIC


def _steps(ask: Ask, fund: bytes | None, mine: bool, filters: dict[str, Any]) -> tuple[Level, Listed[Any]]:
    """The steps of one fund or of all, as fully as they are for the reader."""
    asked = {**filters, "limit": SHOWN}
    if fund is None and mine:
        return Level.FULL, ask.page(views.watched_steps, ask.after, regulator=ask.reader.organisation, **asked)
    level = Level.PUBLIC if fund is None else _level(ask, fund)
    if level is Level.FULL:
        return level, ask.page(views.watched_steps, ask.after, fund=fund, **asked)
    if level is Level.AUDIT:
        return level, ask.page(views.audited_steps, ask.after, fund=fund, **asked)
    return level, ask.page(views.published_steps, ask.after, fund=fund, **asked)


def _told(ask: Ask, rows: Sequence[StepRow | AuditedStep | PublishedStep], known: Sequence[FundRow]) -> list[Step]:
    """With the codes of their funds and programmes."""
    funds, plans = {row.fund: row for row in known}, {b"": ""}
    told = []
    for row in rows:
        if row.fund not in funds:
            funds[row.fund] = ask.one(fund_views.fund, fund=row.fund)
        if row.programme not in plans:
            plans[row.programme] = ask.one(plan_views.programme, programme=row.programme).code
        names = row._asdict()
        given = {name: names[name] for name in Step.__dataclass_fields__ if name in names}
        told.append(
            Step(
                **given,
                place=f"{row.height}.{row.receipt}.{row.event}",
                fund_code=funds[row.fund].code,
                currency=funds[row.fund].currency,
                programme_code=plans[row.programme],
            )
        )
    return told


def _asked(ask: Ask, row: FundRow) -> list[Asked]:
    questions = ask.rows(views.open_questions, fund=row.fund, limit=OPEN_SHOWN)
    return [Asked(each, row, _answering(ask, each)) for each in questions]


def _answering(ask: Ask, row: QuestionRow) -> list[Form]:
    form = ask.offer(AnswerQuestion(question=row.question, words=SOMETHING), "question")
    return [] if form is None else [form]


def _asking(
    ask: Ask, shown: Sequence[FundRow], fund: bytes | None, programme: bytes | None, about: bytes | None
) -> Form | None:
    """A question to the fund that is chosen, or to one of those that are watched."""
    until = ask.now + ANSWER_DAYS * DAY_MS
    samples = [AskQuestion(fund=row.fund, answer_by=until, words=SOMETHING, programme=programme) for row in shown]
    able = [sample.fund for sample in samples if ask.may(sample)]
    if not able:
        return None
    fixed = {"fund": fund, "programme": programme, "record": about}
    offered: list[tuple[bytes | str, str]] = [(row.fund, row.code) for row in shown if row.fund in able]
    form = ask.form(
        AskQuestion, {"fund": offered}, **{name: value for name, value in fixed.items() if value is not None}
    )
    form = form.only(
        "fund", "answer_by", "words", *(("programme",) if programme else ()), *(("record",) if about else ())
    )
    return replace(form, label=ask.tongue.text("watch.ask_about")) if about else form


def _works(reader: Reader) -> bool:
    return reader.organisation != b""


pages.way("/watch", "watch", Place.RAIL, _works, rank=29)
