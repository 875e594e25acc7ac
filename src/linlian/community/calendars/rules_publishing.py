"""Publishing: hours from a date on, the days off of a year, the clock; and the timer that misses a year.

set_hours("standard", starts=20260105, …)      publish_year(2026, …, replaces=0)      set_utc_offset(480, …)
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any

from linlian.community import identity
from linlian.community.calendars.rules import (
    CALENDARS_MAX,
    DAY_MS,
    MINUTE_MS,
    OFFSETS_MAX,
    ONE,
    PUBLISHERS,
    VERSIONS_MAX,
    Arrangement,
    Calendar,
    Clock,
    Day,
    Days,
    Hours,
    Offset,
    Register,
    Week,
    arrangements,
    calendars,
    clocks,
    contract,
    local_day,
    offset_at,
    registers,
    week_key,
    weeks,
    year_key,
)
from linlian.community.calendars.rules_dates import Date, Year, date_of, day_of, weekday, year_of
from linlian.community.identity import OrganisationId, Role
from linlian.kernel.contract import (
    Command,
    Context,
    Count,
    Event,
    Fields,
    Label,
    Meta,
    Millis,
    Refused,
    replace,
)

YEARS_MAX = 4
"""That a community is founded with."""

WARNED_FROM = 1115
"""Month and day from which next year's arrangement is missed. Those of 2025 and 2026 came on 12 and 4 November."""
WARNED_EACH_DAYS = 7


class FoundYear(Fields):
    """An arrangement that the founders know of."""

    year: Year
    days_off: Days
    workdays: Days = ()
    source: Label = ""


class FoundCalendars(Command):
    """The community's clock, and the arrangements that are known when it is founded."""

    offset_minutes: Offset
    years: Annotated[tuple[FoundYear, ...], Meta(max_length=YEARS_MAX)] = ()


class SetUtcOffset(Command):
    """From `starts` on."""

    offset_minutes: Offset
    starts: Millis


class SetHours(Command):
    """A new calendar, or other hours of one from a date on; versions that would begin later are dropped."""

    calendar: Label
    starts: Date
    monday: Hours = ()
    tuesday: Hours = ()
    wednesday: Hours = ()
    thursday: Hours = ()
    friday: Hours = ()
    saturday: Hours = ()
    sunday: Hours = ()
    day_off: Hours = ()
    makeup: Hours = ()


class PublishYear(Command):
    """`replaces` is the revision that it corrects, 0 for the first; `source` the number of the announcement."""

    year: Year
    days_off: Days
    workdays: Days = ()
    source: Label = ""
    replaces: Count = 0


class WarnOfMissingYear(Command):
    pass


@contract.event
class UtcOffsetSet(Event):
    offset_minutes: Offset
    starts: Millis
    organisation: OrganisationId | None = None


@contract.event
class HoursSet(Event):
    calendar: Label
    starts: Date
    organisation: OrganisationId
    monday: Hours = ()
    tuesday: Hours = ()
    wednesday: Hours = ()
    thursday: Hours = ()
    friday: Hours = ()
    saturday: Hours = ()
    sunday: Hours = ()
    day_off: Hours = ()
    makeup: Hours = ()


@contract.event
class YearPublished(Event):
    """Revision 1 is the first; without an organisation it is the founders'."""

    year: Year
    revision: Count
    days_off: Days
    workdays: Days = ()
    source: Label = ""
    organisation: OrganisationId | None = None


@contract.event
class YearMissing(Event):
    """Nobody has published this year's days off; until somebody does, its weeks are assumed to be ordinary."""

    year: Year


@contract.genesis
def found_calendars(ctx: Context, cmd: FoundCalendars) -> None:
    """Block 0: the clock that the community goes by, and the years that are known."""
    clocks.create(ctx, ONE, Clock((0,), (cmd.offset_minutes,)))
    ctx.emit(UtcOffsetSet(offset_minutes=cmd.offset_minutes, starts=0))
    for year in cmd.years:
        _publish(ctx, PublishYear(year=year.year, days_off=year.days_off, workdays=year.workdays, source=year.source))
    _warn_later(ctx)


@contract.command
def set_utc_offset(ctx: Context, cmd: SetUtcOffset) -> None:
    """The government's officer changes the community's clock from a time on."""
    member = identity.require_office(ctx, PUBLISHERS, Role.OFFICER)
    if cmd.starts <= ctx.time:
        raise Refused("calendars.begins_in_the_past", about=(member.organisation,))
    clock = clocks.get(ctx, ONE) or Clock((), ())
    kept = [(start, offset) for start, offset in zip(clock.starts, clock.offsets, strict=True) if start < cmd.starts]
    if len(kept) >= OFFSETS_MAX:
        raise Refused("calendars.too_many", about=(member.organisation,), most=OFFSETS_MAX)
    kept.append((cmd.starts, cmd.offset_minutes))
    clocks.put(ctx, ONE, Clock(tuple(start for start, _ in kept), tuple(offset for _, offset in kept)))
    ctx.emit(UtcOffsetSet(offset_minutes=cmd.offset_minutes, starts=cmd.starts, organisation=member.organisation))


@contract.command
def set_hours(ctx: Context, cmd: SetHours) -> None:
    """The hours of a calendar from a date on. Its first may begin in the past, later ones tomorrow at the earliest."""
    member = identity.require_office(ctx, PUBLISHERS, Role.OFFICER, Role.CLERK)
    if not cmd.calendar:
        raise Refused("calendars.no_label", about=(member.organisation,))
    _check_date(cmd.starts)
    week = _week(cmd)
    calendar = calendars.get(ctx, cmd.calendar.encode())
    if calendar is None:
        _count_calendar(ctx)
        calendar = Calendar(())
    elif cmd.starts <= date_of(local_day(ctx, ctx.time)):
        raise Refused("calendars.begins_in_the_past", about=(member.organisation,))
    kept = tuple(start for start in calendar.starts if start < cmd.starts)
    if len(kept) >= VERSIONS_MAX:
        raise Refused("calendars.too_many", about=(member.organisation,), most=VERSIONS_MAX)
    for version in range(len(kept), len(calendar.starts)):
        weeks.delete(ctx, week_key(cmd.calendar, version))
    weeks.put(ctx, week_key(cmd.calendar, len(kept)), week)
    calendars.put(ctx, cmd.calendar.encode(), Calendar((*kept, cmd.starts)))
    ctx.emit(HoursSet(organisation=member.organisation, **_fields(cmd)))


@contract.command
def publish_year(ctx: Context, cmd: PublishYear) -> None:
    """The days off and make-up workdays of a year, or a correction of them."""
    member = identity.require_office(ctx, PUBLISHERS, Role.OFFICER, Role.CLERK)
    _publish(ctx, cmd, member.organisation)
    _warn_later(ctx)


@contract.timer
def warn_of_missing_year(ctx: Context, _: WarnOfMissingYear) -> None:
    """Say which year is missing, and look again in a week."""
    year = _year_in_question(ctx)
    if not arrangements.has(ctx, year_key(year)):
        ctx.emit(YearMissing(year=year))
    _warn_later(ctx)


def _publish(ctx: Context, cmd: PublishYear, organisation: bytes | None = None) -> None:
    about = (organisation,) if organisation is not None else ()
    before = arrangements.get(ctx, year_key(cmd.year))
    revision = before.revision if before is not None else 0
    if cmd.replaces != revision:
        raise Refused("calendars.other_revision", about=about, year=cmd.year, revision=revision)
    if cmd.year > year_of(local_day(ctx, ctx.time)) + 1:
        raise Refused("calendars.too_early", about=about, year=cmd.year)
    if not cmd.days_off:
        raise Refused("calendars.no_days_off", about=about, year=cmd.year)
    days = [*cmd.days_off, *cmd.workdays]
    for date in days:
        day = _check_date(date)
        if year_of(day) != cmd.year:
            raise Refused("calendars.other_year", about=about, date=date, year=cmd.year)
        if date in cmd.workdays and weekday(day) < 5:
            raise Refused("calendars.no_weekend", about=about, date=date)
        if days.count(date) > 1:
            raise Refused("calendars.date_twice", about=about, date=date)
    found = Arrangement(revision + 1, tuple(sorted(cmd.days_off)), tuple(sorted(cmd.workdays)))
    arrangements.put(ctx, year_key(cmd.year), found)
    ctx.emit(
        YearPublished(
            year=cmd.year,
            revision=found.revision,
            days_off=found.days_off,
            workdays=found.workdays,
            source=cmd.source,
            organisation=organisation,
        )
    )


def _check_date(date: int) -> int:
    """The day of a date. Refused: `calendars.no_such_date`."""
    day = day_of(date)
    if day is None:
        raise Refused("calendars.no_such_date", date=date)
    return day


def _fields(cmd: SetHours) -> dict[str, Any]:
    return {name: getattr(cmd, name) for name in cmd.__struct_fields__}


def _week(cmd: SetHours) -> Week:
    """Its week. Refused: `calendars.hours_invalid`, `calendars.never_open`."""
    week = Week(*(getattr(cmd, day) for day in Day))
    for day in Day:
        hours = getattr(week, day)
        rising = all(earlier < later for earlier, later in pairwise(hours))
        if len(hours) % 2 or not rising:
            raise Refused("calendars.hours_invalid", day=day.value)
    if not any((week.monday, week.tuesday, week.wednesday, week.thursday, week.friday)):
        raise Refused("calendars.never_open", calendar=cmd.calendar)
    return week


def _count_calendar(ctx: Context) -> None:
    register = registers.get(ctx, ONE) or Register(0)
    if register.calendars >= CALENDARS_MAX:
        raise Refused("calendars.too_many", most=CALENDARS_MAX)
    registers.put(ctx, ONE, replace(register, calendars=register.calendars + 1))


def _year_in_question(ctx: Context) -> int:
    """This year, or from 15 November on the next."""
    date = date_of(local_day(ctx, ctx.time))
    return date // 10_000 + (date % 10_000 >= WARNED_FROM)


def _warn_later(ctx: Context) -> None:
    """In a week if the year in question is missing; else on the next 15 November."""
    today, year = local_day(ctx, ctx.time), _year_in_question(ctx)
    if arrangements.has(ctx, year_key(year)):
        autumn = day_of(year * 10_000 + WARNED_FROM)
        assert autumn is not None, "15 November is a date in each year"
        day = autumn
    else:
        day = today + WARNED_EACH_DAYS
    midnight = day * DAY_MS
    due = midnight - offset_at(ctx, midnight)[0] * MINUTE_MS
    ctx.schedule("calendars.missing", ONE, due, WarnOfMissingYear())
