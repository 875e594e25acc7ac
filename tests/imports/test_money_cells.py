"""Sums, days, names and headings of sheets of money, one by one."""

from __future__ import annotations

import string
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.imports.lists.sheets import read_sheets
from linlian.imports.money.amounts import amount_of, day_at, day_between, moment_of, signed_of, start_of
from linlian.imports.money.layouts import COLUMNS, GENERIC, NEEDED, layout_of, layouts, own_layout
from linlian.imports.money.same import KEY_FILE, key_of, mark_of, same_name, same_number
from linlian.imports.money.tables import entries, find_tables
from linlian.imports.problems import ImportFailed, RowRejected

SUMS = [
    ("￥1,234.50元", 123_450),
    ("１００．５０", 10_050),
    ("人民币 12.00元", 1_200),
    ("12.", 1_200),
    ("0.01", 1),
    (0.1 + 0.2, 30),
    (7, 700),
    (1e9, 100_000_000_000),
    ("10,000,000,000.00", 1_000_000_000_000),
]


@pytest.mark.parametrize(("cell", "minor"), SUMS)
def test_a_sum_however_it_is_written(cell: Any, minor: int) -> None:
    assert amount_of(cell, "金额", "CNY") == minor


NO_SUMS = [
    ("", "amount_missing"),
    ("—", "amount_missing"),
    ("0.00", "amount_zero"),
    ("-5", "amount_negative"),
    ("－5", "amount_negative"),
    ("(5)", "amount_negative"),
    (-5.0, "amount_negative"),
    ("0.005", "amount_fraction"),
    (100.005, "amount_fraction"),
    ("10,000,000,000.01", "amount_too_large"),
    (1e17, "amount_too_large"),
    (float("inf"), "amount_too_large"),
    ("1,23", "amount_unreadable"),
    ("1.000.000", "amount_unreadable"),
    ("1E+5", "amount_unreadable"),
    ("一百", "amount_unreadable"),
    ("5-6", "amount_unreadable"),
    (True, "amount_unreadable"),
    (datetime.fromisoformat("2026-01-05"), "amount_unreadable"),
    ("$5", "other_currency"),
    ("5 USD", "other_currency"),
    ("5港币", "other_currency"),
    ("=SUM(A1:A3)", "formula"),
    ("@A1", "formula"),
    ("#REF!", "formula_error"),
    ("#N/A", "formula_error"),
    ("#DIV/0!", "formula_error"),
]


@pytest.mark.parametrize(("cell", "code"), NO_SUMS)
def test_what_is_no_sum_says_why(cell: Any, code: str) -> None:
    with pytest.raises(RowRejected) as no:
        amount_of(cell, "金额", "CNY")
    assert no.value.code == f"import.{code}"


@given(st.integers(1, 1_000_000_000_000))
def test_every_sum_is_read_as_it_was_written(minor: int) -> None:
    assert amount_of(f"{minor // 100:,}.{minor % 100:02d}", "", "CNY") == minor
    assert signed_of(f"-{minor // 100}.{minor % 100:02d}", "", "CNY") == -minor


@given(st.integers(1, 10_000_000_00))
def test_a_float_of_a_spreadsheet_is_its_sum(minor: int) -> None:
    assert amount_of(minor / 100, "", "CNY") == minor


SAME = [
    ("张三", "張　三"),
    ("张三", " 张 三 "),
    ("ZHANG San", "ｚｈａｎｇ　ｓａｎ"),
    ("买买提·吐尔逊", "買買提・吐爾遜"),
    ("陈国强", "陳國強"),
    ("赵龙", "趙龍"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_name_under_another_spelling(one: str, other: str) -> None:
    assert same_name(one) == same_name(other) != ""


def test_other_names_are_others() -> None:
    assert same_name("张三") != same_name("张山")
    assert same_number(" 110101-1990 0101 123x") == "11010119900101123X"


@given(st.text(string.printable + "张張趙赵· 　", max_size=12))
def test_a_name_compared_is_compared_once(name: str) -> None:
    assert same_name(same_name(name)) == same_name(name)


def test_marks_need_the_key_and_tell_funds_apart(tmp_path: Path) -> None:
    key = key_of(tmp_path)
    assert key == key_of(tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    made = {mark_of(k, f, w, "1") for k in (key, bytes(32)) for f in (bytes(16), bytes([1] * 16)) for w in "ab"}
    assert len(made) == 8
    (tmp_path / KEY_FILE).write_text("abc", encoding="ascii")
    with pytest.raises(ImportFailed) as no:
        key_of(tmp_path)
    assert no.value.code == "import.key_damaged"


MOMENTS = [
    ("20260105", "101112", (20260105, "101112")),
    ("2026-01-05 10:11:12", "", (20260105, "101112")),
    ("2026/01/05 10:11:12", "", (20260105, "101112")),
    ("20260105101112", "", (20260105, "101112")),
    (datetime.fromisoformat("2026-01-05 01:02:03"), "", (20260105, "010203")),
    ("2026-01-05", "9:05", (20260105, "090500")),
    ("2026年1月5日", "", (20260105, "")),
    ("2023-05-02     \t", "", (20230502, "")),
]


@pytest.mark.parametrize(("cell", "clock", "moment"), MOMENTS)
def test_when_a_bank_booked_a_line(cell: Any, clock: Any, moment: tuple[int, str]) -> None:
    assert moment_of(cell, clock, "交易日期") == moment


@pytest.mark.parametrize("cell", ["1900-01-01", "2900-12-31", datetime.fromisoformat("1900-01-01")])
def test_a_day_that_cannot_be_meant(cell: Any) -> None:
    with pytest.raises(RowRejected) as no:
        day_between(cell, "有效期止", start_of(20260101), start_of(20261231))
    assert no.value.code == "import.day_out_of_range"
    assert no.value.facts["first"] == 20260101


@given(st.integers(0, 4_102_444_800_000))
def test_a_day_begins_where_it_is_the_day(millis: int) -> None:
    day = day_at(millis)
    assert start_of(day) <= millis < start_of(day) + 86_400_000


DOWNLOADS = {
    "icbc": (
        "明细查询文件下载\n交易日期,摘要,交易详情,记账金额(收入),记账金额(支出),记账币种,余额,对方户名,对方账户\n"
        '2026-01-05     \t,"工资 \t",,"1,234.56 \t"," \t",人民币,"2,000.00",某某,6222\n人民币合计,,,"1,234.56"\n'
    ),
    "ccb": (
        "账号,账户名称,交易时间,借方发生额（支取）,贷方发生额（收入）,余额,币种,对方户名,对方账号,记账日期,摘要,备注,"
        "账户明细编号-交易流水号,企业流水号\n3200,本会,20260105 10:20:30,0.00,1234.56,2000.00,人民币元,某某,6222,"
        "20260105,转账,捐,123-456,\n"
    ),
    "abc": (
        "交易日期,交易时间,交易摘要,交易金额,本次余额,对手信息,日 志 号,交易渠道,交易附言\n"
        "20260105,102030,转存,+1234.56,2000.00,某某,369396693,超级网银,捐\n"
    ),
    "boc": (
        "中国银行交易流水明细单\n记账日期,记账时间,币别,金额,余额,交易名称,渠道,网点名称,附言,对方账户名,"
        '对方卡号/账号,对方开户行\n2026-01-05,10:20:30,人民币,"1,234.56","2,000.00",来账,柜台,-,捐,某某,6222,某行\n'
    ),
    "cmb": (
        "记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要\n"
        '2026-01-05,CNY,"1,234.56","2,000.00",汇入,某某 6222,捐\n'
    ),
    "psbc": (
        "交易日期,交易时间,收入金额,支出金额,账户余额,对方户名,对方账户,交易流水号,交易摘要\n"
        "2026-01-05,10:20:30,1234.56,,2000.00,某某,6222,8899,汇入\n"
    ),
}


@pytest.mark.parametrize("bank", sorted(DOWNLOADS))
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_a_banks_download_is_known_by_its_headings(bank: str, encoding: str) -> None:
    sheets = read_sheets(Path("statement.csv"), data=DOWNLOADS[bank].encode(encoding))
    layout = layout_of("", sheets)
    assert layout.code == (GENERIC if bank == "psbc" else bank), "what has only usual headings is called so"
    layout = layouts()[bank]
    (row,) = [row for row in entries(find_tables(sheets, layout.headings), layout.headings) if row is not None]
    assert moment_of(row.cell("date"), row.cell("time"), "")[0] == 20260105
    name = "amount" if "amount" in row.columns else "in"
    assert signed_of(row.cell(name), name, "CNY") == 123_456
    assert row.said("party").startswith("某某")
    assert row.said("balance").replace(",", "") == "2000.00"


def test_every_layout_is_whole_and_says_where_it_is_from() -> None:
    for code, layout in layouts().items():
        assert {*layout.headings.names} <= {*COLUMNS}, code
        assert all(any(name in layout.headings.names for name in group) for group in NEEDED), code
        assert len(layout.source) > 20
        assert {*layout.name} == {"zh", "en"}
    assert GENERIC in layouts()


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"date": "Wann"}, "import.mapping_wrong"),
        ({"amount": "Was"}, "import.mapping_wrong"),
        ({"date": "Wann", "amount": "Was", "colour": "Farbe"}, "import.mapping_wrong"),
        ({"date": "x" * 41, "amount": "Was"}, "import.mapping_wrong"),
    ],
)
def test_a_layout_of_ones_own_has_what_is_needed(columns: dict[str, str], code: str) -> None:
    with pytest.raises(ImportFailed) as no:
        own_layout(columns)
    assert no.value.code == code


def test_an_unknown_layout_names_those_there_are() -> None:
    with pytest.raises(ImportFailed) as no:
        layout_of("abcd", [])
    assert no.value.code == "import.no_such_layout"
    assert "icbc" in str(no.value.facts["known"])


def test_utf_16_without_its_mark_is_read() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        (sheet,) = read_sheets(Path("list.csv"), data="姓名,金额\n张三,5\n".encode(encoding))
        assert sheet.rows[1].cells == ("张三", "5")
