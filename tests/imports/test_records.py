"""Rows as records: what is taken, what is rejected, what is the same."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest

from linlian.imports.mapping import parse
from linlian.imports.problems import RowRejected
from linlian.imports.reading import Row
from linlian.imports.records import Record, Registrar, slug
from linlian.kernel.contract import compose

MAPPING = parse("""
source = "town"
title = "A town"
[columns]
id = ["id"]
reported_at = "opened"
closed_at = "closed"
target_at = "due"
[times]
zone = "Europe/Zurich"
[state]
column = "status"
closed = ["Closed", "Done"]
open = ["Open"]
[timeliness]
column = "kept"
on_time = ["yes"]
overdue = ["no"]
[category]
column = "kind"
[category.names]
"Lift out" = "lift.stopped"
[place]
address = ["street", "town"]
area = "quarter"
[sealed]
leave_out = ["name"]
""")
NOW = 1_767_225_600_000
ROW = {
    "id": "7",
    "opened": "2024-05-01 10:00:00",
    "closed": "2024-05-02 10:00:00",
    "due": "2024-05-03 10:00:00",
    "status": "Closed",
    "kept": "yes",
    "kind": "Street light",
    "street": "Main  St 5 ",
    "town": "Bern",
    "quarter": "Old Town",
    "name": "Anna",
}


def records(*changes: dict[str, Any], mapping: Any = MAPPING) -> list[Record]:
    registrar = Registrar(mapping, NOW)
    return [registrar.record(Row(line, ROW | change)) for line, change in enumerate(changes, 2)]


def code(*changes: dict[str, Any], before: Sequence[dict[str, Any]] = (), mapping: Any = MAPPING) -> RowRejected:
    registrar = Registrar(mapping, NOW)
    for line, change in enumerate(before, 2):
        registrar.record(Row(line, ROW | change))
    with pytest.raises(RowRejected) as caught:
        registrar.record(Row(2 + len(before), ROW | changes[0]))
    return caught.value


def test_a_row_becomes_a_record() -> None:
    (record,) = records({})
    assert record.external == sha256(compose("town", "7")).digest()
    assert (record.reported_at, record.closed_at, record.target_at) == (1714550400000, 1714636800000, 1714723200000)
    assert (record.state, record.timeliness, record.category) == ("closed", "on_time", "town.street_light")
    assert (record.address, record.area) == ("Main St 5, Bern", "Old Town")


def test_the_whole_row_is_sealed_but_for_what_is_left_out() -> None:
    (record,) = records({"rejected_line": "9", "rejected_because": "import.time_missing"})
    assert b'"status":"Closed"' in record.original
    assert b"Anna" not in record.original
    assert b"rejected" not in record.original


def test_an_open_record_has_no_closing_whatever_the_column_says() -> None:
    (record,) = records({"status": "Open"})
    assert (record.state, record.closed_at) == ("open", 0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"id": " "}, "import.id_missing"),
        ({"id": "x" * 256}, "import.id_too_long"),
        ({"opened": ""}, "import.time_missing"),
        ({"opened": "soon"}, "import.time_unreadable"),
        ({"opened": "2024-03-31 02:30:00"}, "import.time_skipped"),
        ({"opened": "2026-02-01", "status": "Open"}, "import.time_in_future"),
        ({"closed": "2027-01-01"}, "import.time_in_future"),
        ({"closed": "2024-04-30"}, "import.closed_before_reported"),
        ({"closed": ""}, "import.closed_without_time"),
        ({"due": "31.4.2024"}, "import.time_unreadable"),
        ({"status": "closed"}, "import.state_unknown"),
        ({"kept": "perhaps"}, "import.timeliness_unknown"),
        ({"kind": ""}, "import.category_missing"),
    ],
)
def test_a_row_that_makes_no_sense_is_rejected(change: dict[str, str], expected: str) -> None:
    assert code(change).code == expected


def test_the_same_id_again_is_rejected_with_the_first_line() -> None:
    no = code({"kind": "Other"}, before=[{}, {"id": "8"}])
    assert (no.code, no.facts) == ("import.repeated_in_file", {"first_line": 2})


def test_a_rejected_row_does_not_take_its_id_with_it() -> None:
    registrar = Registrar(MAPPING, NOW)
    with pytest.raises(RowRejected):
        registrar.record(Row(2, ROW | {"opened": "soon"}))
    assert registrar.record(Row(3, ROW)).line == 3


def test_without_an_id_a_record_is_all_that_it_says_and_how_often() -> None:
    anonymous = parse(
        'source = "town"\ntitle = "t"\n[columns]\nreported_at = "opened"\n'
        '[times]\nzone = "UTC"\n[category]\ncolumn = "kind"'
    )
    first = [record.external for record in records({}, {}, {"kind": "Tree"}, mapping=anonymous)]
    assert len({*first}) == 3
    assert [record.external for record in records({"kind": "Tree"}, {}, {}, mapping=anonymous)] == [
        first[2],
        *first[:2],
    ]


def test_of_two_readings_of_a_closing_time_the_one_after_the_report_is_taken() -> None:
    (record,) = records({"opened": "2024-10-27T02:50:00+02:00", "closed": "2024-10-27 02:10:00"})
    assert record.closed_at - record.reported_at == 20 * 60_000
    assert (
        code({"opened": "2024-10-27T02:50:00+01:00", "closed": "2024-10-27 02:10:00"}).code
        == "import.closed_before_reported"
    )


def test_the_same_address_in_other_case_and_blanks_is_the_same_place() -> None:
    one, same, wide, other = records(
        {},
        {"id": "8", "street": "MAIN ST 5"},
        {"id": "9", "street": "Ｍain St ５"},
        {"id": "10", "street": "Main St 6"},
    )
    assert one.place == same.place == wide.place != other.place


def test_without_an_address_each_record_is_at_a_place_of_its_own() -> None:
    one, other = records({"street": " ", "town": ""}, {"id": "8", "street": "", "town": " "})
    assert one.place != other.place
    assert one.address == ""


def test_categories_keep_their_own_words_and_are_never_merged() -> None:
    one, ours = records({"kind": "Heat - Excessive  Insufficient"}, {"id": "8", "kind": "Lift out"})
    assert one.category == "town.heat_excessive_insufficient"
    assert ours.category == "lift.stopped"
    no = code({"id": "8", "kind": "Heat/Excessive (Insufficient)"}, before=[{"kind": "Heat - Excessive  Insufficient"}])
    assert no.code == "import.category_collides"
    assert no.facts["other"] == "Heat - Excessive  Insufficient"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Schedule a Bulk Item Pickup", "schedule_a_bulk_item_pickup"),
        ("Grünflächen/Spielplätze", "grunflachen_spielplatze"),
        ("VBZ/ÖV", "vbz_ov"),
        ("Heat - Excessive  Insufficient", "heat_excessive_insufficient"),
        ("电梯停运", sha256("电梯停运".encode()).hexdigest()[:8]),
        ("3号楼 lift", f"3_lift_{sha256('3号楼 lift'.encode()).hexdigest()[:8]}"),
        ("!!!", sha256(b"!!!").hexdigest()[:8]),
        ("x" * 50, f"{'x' * 31}_{sha256(b'x' * 50).hexdigest()[:8]}"),
    ],
)
def test_words_become_a_label(text: str, expected: str) -> None:
    assert slug(text, 40) == expected
    assert len(slug(text, 40)) <= 40
