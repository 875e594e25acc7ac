"""Working time: tables around the Spring Festival, and any calendar against a count minute by minute."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.community.calendars import Due, check_published, due, is_working, local_date, working_ms
from linlian.community.calendars.rules import DAY_MS, OFFICE_WEEK, Day, Week
from linlian.community.calendars.rules_hours import HORIZON_DAYS
from linlian.community.calendars.tests import judge
from linlian.community.calendars.tests.shelf import OFFICE, Shelf, announced_shelf, china
from linlian.kernel.contract import Refused

HOUR = 60
MINUTE_MS = 60_000

PROMISES = [
    # reported              working hours   runs out               why
    ("2026-02-12 16:00", 2, "2026-02-12 18:00"),  # Thursday: closes as the office does
    ("2026-02-12 17:00", 2, "2026-02-13 10:00"),  # the rest on Friday morning
    ("2026-02-13 17:00", 2, "2026-02-14 10:00"),  # Saturday 14 February makes up for the festival
    ("2026-02-14 17:00", 2, "2026-02-24 10:00"),  # nine days off, Sunday 15th to Monday 23rd
    ("2026-02-17 08:00", 1, "2026-02-24 10:00"),  # New Year's Day itself
    ("2026-02-13 09:00", 24, "2026-02-24 18:00"),  # Friday, Saturday, Tuesday after
    ("2026-02-27 17:30", 8, "2026-02-28 17:30"),  # Saturday 28th is worked
    ("2026-02-28 17:30", 8, "2026-03-02 17:30"),  # Sunday 1 March is not
    ("2026-01-03 12:00", 3, "2026-01-04 12:00"),  # Sunday 4 January is worked for the 2nd
    ("2025-12-31 17:00", 2, "2026-01-04 10:00"),  # over the year's end
    ("2026-02-12 12:00", 1, "2026-02-12 14:00"),  # at noon nobody is there
    ("2026-02-12 11:30", 1, "2026-02-12 13:30"),
    ("2025-01-24 17:00", 2, "2025-01-26 10:00"),  # Sunday 26 January 2025 is worked
    ("2025-09-30 17:00", 2, "2025-10-09 10:00"),  # National Day and Mid-Autumn together
]


@pytest.mark.parametrize(("start", "hours", "end"), PROMISES)
def test_a_promise_runs_out_around_the_festivals_as_the_office_works(start: str, hours: int, end: str) -> None:
    shelf = announced_shelf()
    assert due(shelf, "standard", china(start), hours * HOUR) == Due(china(end), assumed=False)
    assert working_ms(shelf, "standard", china(start), china(end)) == (hours * HOUR * MINUTE_MS, False)


@pytest.mark.parametrize(
    ("at", "working"),
    [
        ("2026-02-13 08:59", False),
        ("2026-02-13 09:00", True),
        ("2026-02-13 12:00", False),
        ("2026-02-13 17:59", True),
        ("2026-02-13 18:00", False),
        ("2026-02-14 10:00", True),
        ("2026-02-15 10:00", False),
        ("2026-02-16 10:00", False),
        ("2026-02-23 10:00", False),
        ("2026-02-24 10:00", True),
        ("2026-02-28 10:00", True),
        ("2026-03-01 10:00", False),
    ],
)
def test_an_instant_is_working_time_or_not(at: str, working: bool) -> None:
    assert is_working(announced_shelf(), "standard", china(at)) is working


def test_the_festival_of_2026_has_no_working_time_and_its_make_up_saturdays_have_eight_hours() -> None:
    shelf = announced_shelf()
    assert working_ms(shelf, "standard", china("2026-02-15"), china("2026-02-24")) == (0, False)
    for saturday in ("2026-02-14", "2026-02-28"):
        worked = working_ms(shelf, "standard", china(saturday), china(saturday) + DAY_MS)
        assert worked == (8 * HOUR * MINUTE_MS, False)


def test_a_year_that_nobody_published_is_assumed_and_said_to_be() -> None:
    shelf = announced_shelf()
    start = china("2026-12-31 17:00")
    assert due(shelf, "standard", start, HOUR) == Due(china("2026-12-31 18:00"), assumed=False)
    assert due(shelf, "standard", start, 2 * HOUR) == Due(china("2027-01-01 10:00"), assumed=True)
    assert working_ms(shelf, "standard", start, china("2027-01-01 08:00")) == (HOUR * MINUTE_MS, True)
    assert is_working(shelf, "standard", china("2027-01-01 10:00"))
    with pytest.raises(Refused, match=r"calendars\.year_missing"):
        check_published(shelf, "standard", china("2027-01-01 10:00"))
    check_published(shelf, "standard", china("2026-12-31 23:59"))


def test_a_calendar_that_nobody_set_has_office_hours_and_says_that_they_are_assumed() -> None:
    shelf = announced_shelf()
    assert OFFICE == OFFICE_WEEK
    assert due(shelf, "counter", china("2026-02-14 17:00"), 2 * HOUR) == Due(china("2026-02-24 10:00"), assumed=True)
    assert due(Shelf(), "standard", china("2026-02-14 17:00"), HOUR).assumed
    with pytest.raises(Refused, match=r"calendars\.unknown"):
        check_published(shelf, "counter", china("2026-02-14 17:00"))


def test_a_promise_of_nothing_runs_out_at_once_and_an_endless_one_at_the_horizon() -> None:
    shelf, start = announced_shelf(), china("2026-02-17 03:00")
    assert due(shelf, "standard", start, 0) == Due(start, assumed=False)
    assert due(shelf, "standard", start, 10_000_000) == Due(start + HORIZON_DAYS * DAY_MS, assumed=True)
    assert working_ms(shelf, "standard", start, start) == (0, False)
    assert working_ms(shelf, "standard", start, start - DAY_MS) == (0, False)
    assert working_ms(shelf, "standard", start, start + 2 * HORIZON_DAYS * DAY_MS).assumed


def test_however_long_a_span_each_row_is_read_once() -> None:
    shelf = announced_shelf()
    working_ms(shelf, "standard", china("2025-01-01"), china("2026-12-31"))
    assert shelf.reads == 5  # calendar, its week, two years, the clock


def test_a_duty_desk_works_on_days_off() -> None:
    shelf = announced_shelf()
    shelf.put_weeks("duty", (20260101, Week(*((480, 1200),) * 7, (600, 960), (480, 1200))))
    assert due(shelf, "duty", china("2026-02-17 15:00"), 2 * HOUR) == Due(china("2026-02-18 11:00"), assumed=False)


def test_the_date_is_that_of_the_communitys_clock() -> None:
    shelf = announced_shelf()
    assert local_date(shelf, china("2026-02-17 00:00")) == 20260217
    assert local_date(shelf, china("2026-02-17 00:00") - 1) == 20260216
    shelf.put_clock((0, 480), (china("2026-02-17 12:00"), 600))
    assert local_date(shelf, china("2026-02-17 21:59")) == 20260217
    assert local_date(shelf, china("2026-02-17 22:00")) == 20260218


FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 89)


@st.composite
def hours(draw: st.DrawFn) -> tuple[int, ...]:
    """No, one or two spans, to the minute; some touch midnight."""
    marks = st.one_of(st.integers(0, 1440), st.sampled_from((0, 540, 720, 1080, 1440)))
    found = sorted(draw(st.sets(marks, max_size=4)))
    return tuple(found[: len(found) // 2 * 2])


def _week(days: list[tuple[int, ...]]) -> Week:
    return Week(*days)


week = st.lists(hours(), min_size=9, max_size=9).map(_week)


@st.composite
def walls(draw: st.DrawFn) -> tuple[Shelf, judge.Wall]:
    """The same calendar twice: as rows, and on the wall."""
    begins = sorted({date(2025, 1, 1), *(FIRST + timedelta(day) for day in draw(st.sets(DAYS, max_size=2)))})
    versions = [(begin, draw(week)) for begin in begins]
    off, makeup = draw(st.sets(DAYS, max_size=12)), draw(st.sets(DAYS, max_size=6))
    days_off = {FIRST + timedelta(day) for day in off}
    worked = {FIRST + timedelta(day) for day in makeup - off}
    steps = [(0, draw(st.sampled_from((480, 0, -210, 345))))]
    if draw(st.booleans()):
        change = china("2026-01-01") + draw(st.integers(0, 90 * 1440)) * MINUTE_MS
        steps.append((change, draw(st.sampled_from((480, 540, 60, -720, 840)))))
    shelf = Shelf()
    shelf.put_weeks("office", *((_written(begin), hours_then) for begin, hours_then in versions))
    for year in (2025, 2026):
        shelf.put_year(year, *(_dates(days, year) for days in (days_off, worked)))
    shelf.put_clock(*steps)
    pages = [(begin, {str(day): getattr(hours_then, day) for day in Day}) for begin, hours_then in versions]
    return shelf, judge.Wall(pages, days_off, worked, steps)


def _written(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _dates(days: set[date], year: int) -> list[int]:
    return [_written(day) for day in days if day.year == year]


@settings(max_examples=150, deadline=None)
@given(walls(), st.integers(-1440, 80 * 1440), st.integers(0, 12 * 1440))
def test_any_calendar_gives_what_a_count_minute_by_minute_gives(
    pair: tuple[Shelf, judge.Wall], start: int, length: int
) -> None:
    shelf, wall = pair
    start_ms = china("2026-01-02") + start * MINUTE_MS
    end_ms = start_ms + length * MINUTE_MS
    counted = judge.count(wall, start_ms, end_ms)
    assert working_ms(shelf, "office", start_ms, end_ms) == (counted, False)
    assert is_working(shelf, "office", start_ms) is judge.is_open(wall, start_ms)
    minutes = counted // MINUTE_MS
    assert due(shelf, "office", start_ms, minutes) == Due(judge.runs_out(wall, start_ms, minutes), assumed=False)


@settings(max_examples=100, deadline=None)
@given(walls(), st.integers(0, 40 * DAY_MS), st.integers(0, 40 * DAY_MS), st.integers(0, 40 * DAY_MS))
def test_working_time_adds_up_to_the_millisecond(
    pair: tuple[Shelf, judge.Wall], start: int, first: int, second: int
) -> None:
    shelf, _ = pair
    times = [china("2026-01-02") + part for part in (start, start + first, start + first + second)]
    whole = working_ms(shelf, "office", times[0], times[2])
    parts = [working_ms(shelf, "office", *span) for span in (times[:2], times[1:])]
    assert whole.ms == sum(part.ms for part in parts)
    ends = due(shelf, "office", times[0], whole.ms // MINUTE_MS)
    assert ends.at_ms <= times[2]
