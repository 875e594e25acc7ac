"""The days off that a community is founded with, held against the words of their announcements."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from linlian.community.calendars.rules_publishing import FoundYear
from linlian.node.arrangements import announced, founding_calendars

ANNOUNCEMENTS = {
    2025: """
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。
""",
    2026: """
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
""",
}
"""The General Office of the State Council: the numbered sentences of 国办发明电〔2024〕12号 and 〔2025〕7号."""

DAY = re.compile(r"(?:(\d+)月)?(\d+)日（[^）]*周(.)）")


def read(year: int, text: str) -> tuple[list[date], list[date]]:
    """The days off and worked that an announcement names, each with the weekday it says, and the count it says."""
    off: list[date] = []
    worked: list[date] = []
    for sentence in text.split("\n"):
        month = 0
        for part in filter(None, re.split("[：。]", sentence)[1:]):
            days = []
            for in_month, in_day, weekday in DAY.findall(part):
                month = int(in_month or month)
                days.append(date(year, month, int(in_day)))
                assert "一二三四五六日"[days[-1].weekday()] == weekday
            if "上班" in part:
                worked += days
            elif days:
                span = [days[0] + timedelta(number) for number in range((days[-1] - days[0]).days + 1)]
                assert len(span) == int(re.findall(r"(?:共|放假)(\d+)天", part)[0])
                off += span
    return off, worked


def written(days: list[date]) -> list[int]:
    return sorted(int(day.strftime("%Y%m%d")) for day in days)


@pytest.mark.parametrize("year", announced(), ids=lambda year: str(year.year))
def test_a_year_is_as_it_was_announced(year: FoundYear) -> None:
    off, worked = read(year.year, ANNOUNCEMENTS[year.year])
    assert sorted(year.days_off) == written(off)
    assert sorted(year.workdays) == written(worked)


@pytest.mark.parametrize(("founded", "years"), [(2023, []), (2024, [2025]), (2025, [2025, 2026]), (2031, [2025, 2026])])
def test_a_community_is_founded_with_what_could_be_published_by_then(founded: int, years: list[int]) -> None:
    time_ms = int(datetime(founded, 12, 31, tzinfo=UTC).timestamp()) * 1000
    seed = founding_calendars(time_ms)
    assert [year.year for year in seed.years] == years
    assert seed.offset_minutes == 480


def test_no_year_is_told_twice() -> None:
    years = [year.year for year in announced()]
    assert years == sorted(set(years))
