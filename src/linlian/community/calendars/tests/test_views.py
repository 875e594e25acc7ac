"""Working time as rows: every revision stays readable, and what is missing is told."""

from __future__ import annotations

from linlian.community.calendars import views as ask
from linlian.community.calendars.rules import Day
from linlian.community.calendars.rules_publishing import PublishYear, SetUtcOffset
from linlian.community.calendars.tests.shelf import OFFICE_DAY, china
from linlian.community.calendars.tests.test_rules import office, town, year_of_2026
from linlian.community.identity.tests.village import organisation_id
from linlian.community.identity.views import views as identity_views
from linlian.testing.rows import reading


def test_every_revision_of_a_year_stays_readable() -> None:
    village = town()
    village.do("clerk", year_of_2026())
    village.do("clerk", year_of_2026(workdays=(20260214,), replaces=1))
    with reading(village.town.blocks, identity_views, ask.views) as db:
        days = ask.calendar_days(db, 2026)
        assert [day.date for day in days if day.kind == Day.MAKEUP] == [20260214]
        assert len([day for day in days if day.kind == Day.DAY_OFF]) == 10
        before = ask.calendar_days(db, 2026, revision=1)
        assert [day.date for day in before if day.kind == Day.MAKEUP] == [20260214, 20260228]
        told = [(row.year, row.revision, row.is_latest, row.days_off) for row in ask.published_years(db)]
        assert told == [(2026, 2, True, 10), (2026, 1, False, 10)]
        assert ask.published_years(db)[0].organisation == organisation_id("street")


def test_a_missing_year_is_told_until_it_is_published() -> None:
    village = town()
    village.do("clerk", year_of_2026())
    village.town.advance(ms=china("2026-11-30") - village.town.time)
    missed = len(village.town.blocks)
    village.do("clerk", PublishYear(year=2027, days_off=(20270101,)))
    with reading(village.town.blocks[:missed], identity_views, ask.views) as db:
        (row,) = ask.missing_years(db)
        assert (row.year, row.published_at) == (2027, china("2026-11-15"))
        assert [row.year for row in ask.published_years(db)] == [2026]
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert ask.missing_years(db) == []
        assert [row.year for row in ask.published_years(db)] == [2027, 2026]


def test_hours_are_told_by_version_and_kind_of_day() -> None:
    village = town()
    village.do("clerk", office())
    village.do("clerk", office(starts=20260301))
    village.do("clerk", office(starts=20260201, friday=(540, 600)))
    with reading(village.town.blocks, identity_views, ask.views) as db:
        rows = ask.calendar_hours(db, kind=Day.FRIDAY)
        told = [(row.starts, row.from_minute, row.until_minute) for row in rows]
        assert told == [(20250101, *OFFICE_DAY[:2]), (20250101, *OFFICE_DAY[2:]), (20260201, 540, 600)]
        assert ask.calendar_hours(db, calendar="counter") == []


def test_the_clock_is_told() -> None:
    village = town()
    village.do("street", SetUtcOffset(offset_minutes=540, starts=china("2026-02-01")))
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert [tuple(row) for row in ask.utc_offsets(db)] == [(china("2026-02-01"), 540)]
