"""Who publishes working time, what is refused, and what is missed in November."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community import calendars
from linlian.community.calendars.rules import OFFSETS_MAX, VERSIONS_MAX, arrangements, week_key, weeks, year_key
from linlian.community.calendars.rules_publishing import (
    HoursSet,
    PublishYear,
    SetHours,
    SetUtcOffset,
    YearMissing,
    YearPublished,
)
from linlian.community.calendars.tests.shelf import OFFICE_DAY, china
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.tests.village import DAY_MS, Village, found_village, organisation_id
from linlian.kernel.contract import Refused

DAYS_OFF = (20260101, *range(20260215, 20260224))
WORKDAYS = (20260214, 20260228)
HOUR = 60


def town() -> Village:
    village = found_village(
        calendars.contract, street=OrganisationKind.GOVERNMENT, harmony=OrganisationKind.PROPERTY_COMPANY
    )
    village.hire("street", "clerk", Role.CLERK)
    village.hire("harmony", "their clerk", Role.CLERK, Role.DISPATCHER)
    village.settle("anna", invited_by="their clerk")
    return village


def year_of_2026(**changes: Any) -> PublishYear:
    fields: dict[str, Any] = {"year": 2026, "days_off": DAYS_OFF, "workdays": WORKDAYS, "source": "GBFMD-2025-7"}
    return PublishYear(**(fields | changes))


def office(**changes: Any) -> SetHours:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "makeup")
    fields: dict[str, Any] = {"calendar": "standard", "starts": 20250101, **dict.fromkeys(days, OFFICE_DAY)}
    return SetHours(**(fields | changes))


def code(village: Village, name: str, command: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Refused) as no:
        village.do(name, command)
    return no.value.code, dict(no.value.facts)


def test_what_the_government_publishes_holds_for_whoever_asks() -> None:
    village = town()
    village.do("clerk", office())
    event = village.do("clerk", year_of_2026()).the(YearPublished)
    assert (event.revision, event.organisation) == (1, organisation_id("street"))
    ask = village.town.state
    promise = calendars.due(ask, "standard", china("2026-02-14 17:00"), 2 * HOUR)
    assert promise == calendars.Due(china("2026-02-24 10:00"), assumed=False)


@pytest.mark.parametrize("command", [office(), year_of_2026(), SetUtcOffset(offset_minutes=540, starts=1 << 50)])
def test_whoever_is_measured_by_a_calendar_does_not_set_it(command: Any) -> None:
    village = town()
    assert village.refusal("their clerk", command) in ("identity.wrong_kind_of_organisation", "identity.role_missing")
    assert village.refusal("harmony", command) == "identity.wrong_kind_of_organisation"
    assert village.refusal("anna", command) == "identity.role_missing"
    village.do("street", command)


def test_a_clerk_does_not_change_the_clock() -> None:
    assert town().refusal("clerk", SetUtcOffset(offset_minutes=540, starts=1 << 50)) == "identity.role_missing"


def test_a_correction_names_the_revision_that_it_replaces() -> None:
    village = town()
    assert code(village, "clerk", year_of_2026(replaces=1)) == (
        "calendars.other_revision",
        {"year": 2026, "revision": 0},
    )
    village.do("clerk", year_of_2026())
    assert code(village, "clerk", year_of_2026()) == ("calendars.other_revision", {"year": 2026, "revision": 1})
    corrected = village.do("clerk", year_of_2026(workdays=(20260214,), replaces=1)).the(YearPublished)
    assert corrected.revision == 2
    assert not calendars.is_working(village.town.state, "standard", china("2026-02-28 10:00"))


@pytest.mark.parametrize(
    ("changes", "no"),
    [
        ({"days_off": ()}, "calendars.no_days_off"),
        ({"days_off": (20260230,)}, "calendars.no_such_date"),
        ({"workdays": (20261301,)}, "calendars.no_such_date"),
        ({"days_off": (20251231,)}, "calendars.other_year"),
        ({"days_off": (20260101, 20260101)}, "calendars.date_twice"),
        ({"days_off": (20260214,)}, "calendars.date_twice"),
        ({"workdays": (20260216,), "days_off": (20260217,)}, "calendars.no_weekend"),
        ({"year": 2028, "days_off": (20280101,), "workdays": ()}, "calendars.too_early"),
    ],
)
def test_a_year_with_a_slip_in_it_is_refused(changes: dict[str, Any], no: str) -> None:
    village = town()
    assert village.refusal("clerk", year_of_2026(**changes)) == no
    assert village.town.get(arrangements, year_key(2026)) is None


@pytest.mark.parametrize(
    ("changes", "no"),
    [
        ({"calendar": ""}, "calendars.no_label"),
        ({"starts": 20260230}, "calendars.no_such_date"),
        ({"monday": (540,)}, "calendars.hours_invalid"),
        ({"monday": (720, 540)}, "calendars.hours_invalid"),
        ({"day_off": (540, 720, 720, 800)}, "calendars.hours_invalid"),
        (dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ()), "calendars.never_open"),
    ],
)
def test_hours_that_nobody_can_keep_are_refused(changes: dict[str, Any], no: str) -> None:
    assert town().refusal("clerk", office(**changes)) == no


def test_hours_change_from_a_day_on_that_is_not_past() -> None:
    village = town()
    village.do("clerk", office())
    for past in (20251231, 20260101):  # it is the first of January
        assert village.refusal("clerk", office(starts=past)) == "calendars.begins_in_the_past"
    shorter = village.do("clerk", office(starts=20260105, monday=(540, 600))).the(HoursSet)
    assert shorter.monday == (540, 600)
    ask = village.town.state
    assert calendars.working_ms(ask, "standard", china("2025-12-29"), china("2025-12-30")).ms == 8 * HOUR * 60_000
    assert calendars.working_ms(ask, "standard", china("2026-01-05"), china("2026-01-06")).ms == HOUR * 60_000


def test_a_change_drops_those_that_would_have_begun_later() -> None:
    village = town()
    for starts in (20250101, 20260301, 20260601):
        village.do("clerk", office(starts=starts))
    village.do("clerk", office(starts=20260201, friday=(540, 600)))
    assert village.town.get(weeks, week_key("standard", 2)) is None
    friday = calendars.working_ms(village.town.state, "standard", china("2026-06-05"), china("2026-06-06"))
    assert friday.ms == HOUR * 60_000


def test_versions_and_clock_steps_are_bounded() -> None:
    village = town()
    village.do("clerk", office(starts=20250101))
    for number in range(VERSIONS_MAX - 1):
        village.do("clerk", office(starts=20260200 + number // 28 * 100 + number % 28 + 1))
    assert village.refusal("clerk", office(starts=20261201)) == "calendars.too_many"
    for number in range(OFFSETS_MAX):
        village.do("street", SetUtcOffset(offset_minutes=480 + number, starts=village.town.time + number * DAY_MS + 10))
    late = SetUtcOffset(offset_minutes=480, starts=village.town.time + 99 * DAY_MS)
    assert village.refusal("street", late) == "calendars.too_many"


def test_the_clock_changes_from_a_time_to_come() -> None:
    village = town()
    assert village.refusal("street", SetUtcOffset(offset_minutes=540, starts=village.town.time)) == (
        "calendars.begins_in_the_past"
    )
    village.do("street", SetUtcOffset(offset_minutes=540, starts=china("2026-02-01")))
    assert calendars.local_date(village.town.state, china("2026-01-31 23:30")) == 20260131
    assert calendars.local_date(village.town.state, china("2026-02-01 23:30")) == 20260202


def test_from_mid_november_on_the_next_year_is_missed_each_week_until_it_is_published() -> None:
    village = town()
    village.do("clerk", year_of_2026())
    until_november = china("2026-11-14 23:59") - village.town.time
    assert village.town.advance(ms=until_november) == []
    assert village.town.advance(minutes=2) == [YearMissing(year=2027)]
    assert village.town.advance(days=15) == [YearMissing(year=2027)] * 2
    village.do("clerk", PublishYear(year=2027, days_off=(20270101,)))
    assert village.town.advance(days=300) == []
    assert village.town.advance(days=60) == [YearMissing(year=2028)] * 2


def test_a_year_that_began_without_its_days_is_missed_too() -> None:
    village = town()
    village.do("clerk", PublishYear(year=2025, days_off=(20250101,)))
    assert village.town.advance(days=8) == [YearMissing(year=2026)]
