"""What people write in cells and headings, one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from linlian.imports.lists.cells import area_of, day_of, identity_of, name_of, number_of, phone_of, share_of
from linlian.imports.lists.doors import Door
from linlian.imports.lists.layout import NOTHING_SAID, Layout, find_tables, load_layout
from linlian.imports.lists.records import survey_houses
from linlian.imports.lists.sheets import Line, Sheet, read_sheets
from linlian.imports.problems import ImportFailed, RowRejected

DOORS = [
    ("3幢2单元501室", (3, 2, 5, "501")),
    ("3栋2单元501", (3, 2, 5, "501")),
    ("３号楼２单元５０１", (3, 2, 5, "501")),
    ("3#2-501", (3, 2, 5, "501")),
    ("3-2-501", (3, 2, 5, "501")),
    ("3—2—501", (3, 2, 5, "501")),
    ("3 - 2 - 501", (3, 2, 5, "501")),
    ("3-2-5-501", (3, 2, 5, "501")),
    ("三座二单元501户", (3, 2, 5, "501")),
    ("十二号楼1门1203号", (12, 1, 12, "1203")),
    ("3幢5层501室", (3, 0, 5, "501")),
    ("3-501", (3, 0, 5, "501")),
    ("3-2501", (3, 0, 25, "2501")),
    ("3栋501A", (3, 0, 5, "501A")),
    ("3幢2单元1室", (3, 2, 0, "1")),
]


@pytest.mark.parametrize(("written", "meant"), DOORS)
def test_a_door_however_it_is_written(written: str, meant: tuple[int, int, int, str]) -> None:
    assert Door.read(written) == Door("dwelling", *meant)


OTHERS = [
    ("商铺12", Door("shop", 0, 0, 0, "12")),
    ("2幢商铺3", Door("shop", 2, 0, 0, "3")),
    ("底商 08号", Door("shop", 0, 0, 0, "08")),
    ("地下车位B1-023", Door("parking_bay", 0, 0, 0, "B1-023")),
    ("023号车位", Door("parking_bay", 0, 0, 0, "023")),
]


@pytest.mark.parametrize(("written", "meant"), OTHERS)
def test_shops_and_bays(written: str, meant: Door) -> None:
    assert Door.read(written) == meant


KINDS = st.sampled_from(("dwelling", "shop", "parking_bay"))
NUMBERS = st.from_regex(r"[1-9][0-9]{0,3}[A-Z]?", fullmatch=True)


@given(KINDS, st.integers(1, 999), st.integers(0, 99), NUMBERS)
def test_what_is_sealed_is_read_again_as_the_same_door(kind: str, building: int, section: int, door: str) -> None:
    written = Door(kind, building, section, 0, door)
    assert Door.read(written.name).key == written.key


@pytest.mark.parametrize("written", ["", "东边那户", "3幢", "1-2-3-4-5", "501", "???"])
def test_what_is_no_door(written: str) -> None:
    with pytest.raises(RowRejected):
        Door.read(written)


def test_a_building_with_a_letter_has_the_number_of_the_layout() -> None:
    with pytest.raises(RowRejected) as no:
        Door.read("A座1单元501")
    assert no.value.code == "import.building_unknown"
    assert Door.read("A座1单元501", {"A": 21}).building == 21
    assert Door.of({"door": "501", "building": "A座"}, {"A座": 22}).building == 22


READ: list[tuple[Callable[[Any], Any], Any, Any]] = [
    (lambda cell: day_of(cell, "x"), "２０１５年６月３０日", 2015_06_30),
    (lambda cell: day_of(cell, "x"), "2015/6/3", 2015_06_03),
    (lambda cell: day_of(cell, "x"), "2015.06.30", 2015_06_30),
    (lambda cell: day_of(cell, "x"), "20150630", 2015_06_30),
    (lambda cell: day_of(cell, "x"), "2015-06-30 08:00:00", 2015_06_30),
    (lambda cell: day_of(cell, "x"), 42185.0, 2015_06_30),
    (lambda cell: day_of(cell, "x"), "42185", 2015_06_30),
    (lambda cell: day_of(cell, "x"), date(2015, 6, 30), 2015_06_30),
    (lambda cell: day_of(cell, "x"), datetime(2015, 6, 30, 9), 2015_06_30),  # noqa: DTZ001 - as a spreadsheet has it
    (lambda cell: day_of(cell, "x"), "至今", 0),
    (phone_of, 13800138000.0, "13800138000"),
    (phone_of, "１３８-００１３-８０００", "13800138000"),
    (phone_of, "+86 138 0013 8000", "13800138000"),
    (phone_of, "无", ""),
    (share_of, "1/3", (1, 3)),
    (share_of, "１／３", (1, 3)),
    (share_of, "三分之一", (1, 3)),
    (share_of, "33.33%", (3333, 10_000)),
    (share_of, 0.5, (1, 2)),
    (share_of, "100%", (1, 1)),
    (share_of, 1, (1, 1)),
    (share_of, "共同共有", (0, 0)),
    (area_of, "８９．３７㎡", 8937),
    (area_of, 89.37000000001, 8937),
    (area_of, "1,089.5平方米", 108950),
    (area_of, "", 0),
    (name_of, "张　 三", "张三"),
    (name_of, "John  Smith", "John Smith"),
    (name_of, "阿依古丽 · 买买提", "阿依古丽·买买提"),
    (identity_of, "11010519491231002x", "11010519491231002X"),
    (identity_of, "110105491231002", "110105491231002"),
    (number_of, "二十三", 23),
    (number_of, "十", 10),
]


@pytest.mark.parametrize(("read", "cell", "meant"), READ)
def test_what_a_cell_means(read: Callable[[Any], Any], cell: Any, meant: Any) -> None:
    assert read(cell) == meant


REFUSED: list[tuple[Callable[[Any], Any], Any, str]] = [
    (phone_of, "1.38001E+10", "import.digits_lost"),
    (phone_of, 1.1e17, "import.digits_lost"),
    (phone_of, "12345", "import.phone_unreadable"),
    (identity_of, 1.10105194912310e17, "import.digits_lost"),
    (identity_of, "1.10105E+17", "import.digits_lost"),
    (identity_of, "110105194912310021", "import.id_number_wrong"),
    (lambda cell: day_of(cell, "x"), "2015-02-29", "import.day_unreadable"),
    (lambda cell: day_of(cell, "x"), "2015年6月", "import.day_unreadable"),
    (lambda cell: day_of(cell, "x"), 3.0, "import.day_unreadable"),
    (share_of, "4/3", "import.share_unreadable"),
    (share_of, "50", "import.share_unreadable"),
    (share_of, "1/0", "import.share_unreadable"),
    (share_of, "NaN", "import.share_unreadable"),
    (area_of, "89.375", "import.area_unreadable"),
    (area_of, "-3", "import.area_unreadable"),
    (area_of, "inf", "import.area_unreadable"),
]


@pytest.mark.parametrize(("read", "cell", "code"), REFUSED)
def test_what_a_cell_cannot_mean(read: Callable[[Any], Any], cell: Any, code: str) -> None:
    with pytest.raises(RowRejected) as no:
        read(cell)
    assert no.value.code == code


def sheet(*rows: list[Any], name: str = "") -> Sheet:
    return Sheet(name, tuple(Line(at, tuple(row), (True,) * len(row)) for at, row in enumerate(rows, 1)))


def test_headings_may_be_english_be_anywhere_or_be_named_by_a_layout(tmp_path: Path) -> None:
    (table,) = find_tables(
        [sheet(["List"], ["No.", "Building", "Room", "Area (m2)"], [1, 3, 501, 80])], "places", NOTHING_SAID
    )
    assert (table.columns, len(table.rows)) == ({"building": 1, "door": 2, "area": 3}, 1)
    strange = [sheet(["哪家", "平米数"], ["3-1-501", 80])]
    with pytest.raises(ImportFailed) as no:
        find_tables(strange, "places", NOTHING_SAID)
    assert no.value.code == "import.header_missing"
    assert "哪家" in str(no.value.facts["there"])
    file = tmp_path / "layout.toml"
    file.write_text('floors = false\n[columns]\ndoor = "哪家"\narea = "平米数"\n', encoding="utf-8")
    layout = load_layout(file)
    (table,) = find_tables(strange, "places", layout)
    (house,) = survey_houses([table], layout).records
    assert (house.door, house.area) == (Door("dwelling", 3, 1, 0, "501"), 8000)


@pytest.mark.parametrize("text", ['[columns]\nroom = "x"', "floors = 3", "nonsense = 1", "["])
def test_a_layout_with_something_unknown_in_it_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "layout.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ImportFailed) as no:
        load_layout(file)
    assert no.value.code == "import.mapping_wrong"


def test_a_sheet_for_each_building_names_it() -> None:
    layout = Layout()
    sheets = [sheet(["房号", "面积"], ["1单元501", 80], name="3号楼"), sheet(["说明"], name="备注")]
    (house,) = survey_houses(find_tables(sheets, "places", layout), layout).records
    assert house.door == Door("dwelling", 3, 1, 5, "501")


def test_files_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 and nothing more")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"\xff\xff\xff\x80\x81,1\n")
    expected = {broken: "import.file_damaged", latin: "import.not_readable_as_text"}
    expected[tmp_path / "none.xlsx"] = "import.file_missing"
    for path, code in expected.items():
        with pytest.raises(ImportFailed) as no:
            read_sheets(path)
        assert no.value.code == code


def test_a_merged_cell_stands_in_each_row_and_is_known_not_to_be_the_rows_own(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page["A2"] = "3幢"
    page["B2"], page["B3"] = 501, 502
    page.merge_cells("A2:A3")
    book.save(tmp_path / "merged.xlsx")
    (found,) = read_sheets(tmp_path / "merged.xlsx")
    assert [row.cells[0] for row in found.rows] == ["", "3幢", "3幢"]
    assert [row.own[0] for row in found.rows] == [True, True, False]
