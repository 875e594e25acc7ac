"""How it goes, month by month: for those who work here all figures, for everybody what is published anyway.

Charts, tables and the file for spreadsheets tell the same rows; nothing is counted here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from markupsafe import Markup

from linlian.community.repairs.pages.kit import pages, works_here
from linlian.community.repairs.rules_history import Timeliness
from linlian.community.repairs.views.tally import (
    FigureRow,
    MedianRow,
    month_of,
    monthly,
    monthly_medians,
    published_monthly,
)
from linlian.kernel.codec import Meta
from linlian.web.ask import Ask
from linlian.web.chart import Series, bars_svg
from linlian.web.pages import Page, Place
from linlian.web.sheets import Sheet

Months = Annotated[int, Meta(ge=1, le=36)]
KINDS_SHOWN = 12
"""So many categories and causes a table shows; the file has them all."""


@dataclass(frozen=True)
class MonthLine:
    """One month. Shares are per mille of what was done; -1 where nothing was, or where it is not published."""

    month: int
    reported: int
    done: int
    on_time: int
    on_time_per_mille: int
    unpaused_per_mille: int
    answered: int
    median_hours: int
    disputed: int
    repeated: int


@dataclass(frozen=True)
class KindLine:
    """A category, cause or basis: `as_` is the standing of whoever closed it; so many in each month, and in all."""

    value: str
    as_: str
    months: tuple[int, ...]
    total: int


@dataclass(frozen=True)
class StatisticsPage(Page):
    """The figures of some months. `full`: all of them; else what is published."""

    full: bool
    months: tuple[int, ...]
    lines: list[MonthLine]
    closings: list[KindLine]
    categories: list[KindLine]
    causes: list[KindLine]
    reported_chart: Markup
    done_chart: Markup
    closed_chart: Markup
    imported: bool


@pages.page("/statistics")
def statistics(ask: Ask, months: Months = 12, imported: bool = False) -> StatisticsPage:
    shown = _months(ask, months)
    figures, medians = _figures(ask, shown, imported)
    lines = [_line(month, figures, medians, works_here(ask.reader)) for month in shown]
    closings = _kinds(figures, "closed", shown)
    text = ask.tongue.text
    labels = [month_name(month) for month in shown]
    reported = Series(text("repairs.statistics.reported"), "waiting", [line.reported for line in lines])
    on_time = Series(text("repairs.statistics.on_time"), "well", [line.on_time for line in lines])
    late = Series(text("repairs.statistics.overdue"), "late", [line.done - line.on_time for line in lines])
    shades = ("well", "moving", "waiting", "late", "other")
    closed = [
        Series(closing_name(ask, line), shades[min(number, 4)], line.months) for number, line in enumerate(closings)
    ]
    return StatisticsPage(
        full=works_here(ask.reader),
        months=tuple(shown),
        lines=lines,
        closings=closings,
        categories=_kinds(figures, "reported", shown)[:KINDS_SHOWN],
        causes=_kinds(figures, "caused", shown)[:KINDS_SHOWN],
        reported_chart=Markup(bars_svg(reported.name, labels, [reported])),
        done_chart=Markup(bars_svg(text("repairs.statistics.in_time"), labels, [on_time, late])),
        closed_chart=Markup(bars_svg(text("repairs.statistics.closed"), labels, closed)),
        imported=imported,
    )


@pages.page("/statistics.csv")
def statistics_sheet(ask: Ask, months: Months = 12, imported: bool = False) -> Sheet:
    shown = _months(ask, months)
    figures, medians = _figures(ask, shown, imported)
    lines: list[tuple[str | int, ...]] = [
        (month_name(row.month), row.measure, row.value, value_name(ask, row), row.amount) for row in figures
    ]
    lines += [(month_name(row.month), "median_hours", "", "", row.median_hours) for row in medians]
    head = ("month", "measure", "value", "label", "amount")
    return Sheet(f"repairs-{month_name(shown[0])}-{month_name(shown[-1])}.csv", head, sorted(lines, key=str))


def month_name(month: int) -> str:
    """202611 → 2026-11."""
    return f"{month // 100}-{month % 100:02d}"


def closing_name(ask: Ask, line: KindLine) -> str:
    """On which basis, and by whom."""
    basis = ask.tongue.value("identity", line.value)
    basis = ask.tongue.value("repairs", line.value) if basis == line.value else basis
    return f"{basis} · {ask.tongue.value('repairs', line.as_)}" if line.as_ else basis


def value_name(ask: Ask, row: FigureRow) -> str:
    """The label of what was counted."""
    if row.measure == "closed":
        basis, _, standing = row.value.partition("/")
        return closing_name(ask, KindLine(basis, standing, (), 0))
    return ask.tongue.value("repairs", row.value)


def _months(ask: Ask, count: int) -> list[int]:
    """The last so many months, this one included."""
    last = month_of(ask.now)
    number = last // 100 * 12 + last % 100 - 1
    return [one // 12 * 100 + one % 12 + 1 for one in range(number - count + 1, number + 1)]


def _figures(ask: Ask, months: Sequence[int], imported: bool) -> tuple[list[FigureRow], list[MedianRow]]:
    """All rows of these months, and the medians; by pages, of which a month has one at most."""
    query: Callable[..., list[FigureRow]] = monthly if works_here(ask.reader) else published_monthly
    rows: list[FigureRow] = []
    after = ""
    while True:
        found = ask.page(query, after, since=months[0], until=months[-1], imported=imported, limit=1000)
        rows += found.rows
        after = found.next
        if not after:
            break
    medians = [] if imported else ask.rows(monthly_medians, since=months[0], until=months[-1])
    return rows, medians


def _line(month: int, figures: Sequence[FigureRow], medians: Sequence[MedianRow], full: bool) -> MonthLine:
    own = [row for row in figures if row.month == month]
    median = next((row for row in medians if row.month == month), MedianRow(month, -1, 0))

    def total(measure: str, value: str = "") -> int:
        return sum(row.amount for row in own if row.measure == measure and value in ("", row.value))

    done, on_time = total("done"), total("done", Timeliness.ON_TIME)
    unpaused = total("unpaused")
    return MonthLine(
        month=month,
        reported=total("reported"),
        done=done,
        on_time=on_time,
        on_time_per_mille=1000 * on_time // done if done else -1,
        unpaused_per_mille=1000 * total("unpaused", Timeliness.ON_TIME) // unpaused if unpaused else -1,
        answered=median.answered,
        median_hours=median.median_hours,
        disputed=total("disputed") if full else -1,
        repeated=total("repeated") if full else -1,
    )


def _kinds(figures: Sequence[FigureRow], measure: str, months: Sequence[int]) -> list[KindLine]:
    """Every value of a measure, the most frequent first."""
    own = [row for row in figures if row.measure == measure]
    lines = []
    for value in sorted({row.value for row in own}):
        by_month = {row.month: row.amount for row in own if row.value == value}
        name, _, as_ = value.partition("/") if measure == "closed" else (value, "", "")
        counts = tuple(by_month.get(month, 0) for month in months)
        lines.append(KindLine(name, as_, counts, sum(counts)))
    return sorted(lines, key=lambda line: -line.total)


pages.constants.update(month_name=month_name, closing_name=closing_name)
pages.way("/statistics", "statistics", Place.TOP, lambda _reader: True, rank=30)
