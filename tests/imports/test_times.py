"""Local times and the instants they stand for, in spring and autumn too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linlian.imports.problems import ImportFailed, RowRejected
from linlian.imports.times import Offset, Times

NEW_YORK = Times(zone="America/New_York")
DATED = Times(
    offsets=(
        Offset(since=datetime(2024, 3, 10, 7, tzinfo=UTC), minutes=-240),
        Offset(since=datetime(2020, 11, 1, 6, tzinfo=UTC), minutes=-300),
        Offset(since=datetime(2024, 11, 3, 6, tzinfo=UTC), minutes=-300),
    )
)


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000  # type: ignore[misc, arg-type]


def code(times: Times, text: str) -> str:
    with pytest.raises(RowRejected) as caught:
        times.open().instants(text)
    return caught.value.code


@pytest.mark.parametrize("times", [NEW_YORK, DATED])
@pytest.mark.parametrize(
    ("text", "instants"),
    [
        ("2024-01-01 09:47:56", [utc(2024, 1, 1, 14, 47, 56)]),
        ("2024-03-10 01:59:59", [utc(2024, 3, 10, 6, 59, 59)]),
        ("2024-03-10 03:00:00", [utc(2024, 3, 10, 7)]),
        ("2024-07-01T00:00:00.250", [utc(2024, 7, 1, 4) + 250]),
        ("2024-11-03 00:59:59", [utc(2024, 11, 3, 4, 59, 59)]),
        ("2024-11-03 01:30:00", [utc(2024, 11, 3, 5, 30), utc(2024, 11, 3, 6, 30)]),
        ("2024-11-03 02:00:00", [utc(2024, 11, 3, 7)]),
        ("2024-06-01", [utc(2024, 6, 1, 4)]),
        ("2024-03-10T02:30:00-05:00", [utc(2024, 3, 10, 7, 30)]),
        ("2024-03-10T07:30:00Z", [utc(2024, 3, 10, 7, 30)]),
    ],
)
def test_a_local_time_is_an_instant(times: Times, text: str, instants: list[int]) -> None:
    assert list(times.open().instants(text)) == instants


@pytest.mark.parametrize("times", [NEW_YORK, DATED])
def test_a_time_that_the_clocks_skipped_is_refused(times: Times) -> None:
    assert code(times, "2024-03-10 02:30:00") == "import.time_skipped"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yesterday", "import.time_unreadable"),
        ("2024-13-01", "import.time_unreadable"),
        ("03/01/2024", "import.time_unreadable"),
        ("1969-12-31 12:00:00", "import.time_out_of_range"),
        ("0001-01-01", "import.time_out_of_range"),
    ],
)
def test_what_is_no_time_is_refused(text: str, expected: str) -> None:
    assert code(NEW_YORK, text) == expected


def test_a_time_without_offset_needs_a_zone() -> None:
    assert code(Times(), "2024-01-01 09:00:00") == "import.time_without_zone"
    assert list(Times().open().instants("2024-01-01 09:00:00+08:00")) == [utc(2024, 1, 1, 1)]


def test_a_time_before_the_first_known_offset_is_refused() -> None:
    assert code(DATED, "2019-01-01 00:00:00") == "import.time_skipped"


def test_patterns_are_tried_in_order() -> None:
    clock = Times(zone="UTC", formats=("%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y")).open()
    assert list(clock.instants("03/01/2024 01:05:00 PM")) == [utc(2024, 3, 1, 13, 5)]
    assert list(clock.instants("03.01.2024")) == [utc(2024, 1, 3)]
    assert code(Times(zone="UTC", formats=("%d.%m.%Y",)), "2024-01-03") == "import.time_unreadable"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "x\x00y"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ImportFailed) as caught:
        Times(zone=zone).open()
    assert caught.value.code == "import.zone_unknown"


def test_zone_and_offsets_do_not_go_together() -> None:
    for times in (
        Times(zone="UTC", offsets=(Offset(since=datetime(2020, 1, 1, tzinfo=UTC), minutes=0),)),
        Times(offsets=(Offset(since=datetime(2020, 1, 1), minutes=0),)),  # noqa: DTZ001 - what is refused
    ):
        with pytest.raises(ImportFailed) as caught:
            times.open()
        assert caught.value.code == "import.mapping_wrong"
