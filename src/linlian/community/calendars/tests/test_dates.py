"""Our own arithmetic of dates against Python's."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from linlian.community.calendars.rules_dates import date_of, day_of, first_day, weekday, year_of

EPOCH = date(1970, 1, 1)


def test_every_day_of_a_thousand_years_is_the_day_that_python_says() -> None:
    day, today = (date(2000, 1, 1) - EPOCH).days, date(2000, 1, 1)
    while today.year < 3000:
        written = today.year * 10_000 + today.month * 100 + today.day
        assert (date_of(day), day_of(written), weekday(day)) == (written, day, today.weekday())
        today += timedelta(1)
        day += 1


@pytest.mark.parametrize("year", [1970, 2000, 2023, 2024, 2026, 2100, 2400])
def test_a_year_begins_on_its_first_of_january(year: int) -> None:
    assert first_day(year) == (date(year, 1, 1) - EPOCH).days
    assert (year_of(first_day(year)), year_of(first_day(year) - 1)) == (year, year - 1)


@pytest.mark.parametrize("written", [20260229, 20260230, 20260431, 20260001, 20261301, 20260100, 20260132, 21000229])
def test_what_is_no_date_is_none(written: int) -> None:
    assert day_of(written) is None
