"""Files as they come: zipped, in other encodings, malformed, broken off."""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path

import pytest

from linlian.imports.problems import ImportFailed
from linlian.imports.reading import FileFormat, Row, likely_encoding, read_rows

TABLE = 'id,opened,street\n1,2024-05-01,"Main St, 5"\n2,2024-05-02,Oak St\n'
ROWS = [
    {"id": "1", "opened": "2024-05-01", "street": "Main St, 5"},
    {"id": "2", "opened": "2024-05-02", "street": "Oak St"},
]


def file(folder: Path, data: bytes | str, name: str = "cases.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def rows(path: Path, **told: str) -> list[Row]:
    return list(read_rows(path, FileFormat(**told)))  # type: ignore[arg-type]


def codes(found: list[Row]) -> list[tuple[int, str]]:
    return [(row.line, row.problem.code) for row in found if row.problem is not None]


def failure(path: Path, **told: str) -> ImportFailed:
    with pytest.raises(ImportFailed) as caught:
        rows(path, **told)
    return caught.value


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cases.csv", TABLE.encode()),
        ("cases.csv.gz", gzip.compress(TABLE.encode(), mtime=0)),
        ("cases.csv", gzip.compress(TABLE.encode(), mtime=0)),
        ("cases.csv", codecs.BOM_UTF8 + TABLE.encode()),
        ("cases.csv", TABLE.encode("utf-16")),
        ("cases.csv", TABLE.replace("\n", "\r\n").encode()),
        ("cases.csv", TABLE.replace("\n", "\r").encode()),
        ("cases", TABLE.encode()),
        ("cases.jsonl", "\n\n".join(json.dumps(row) for row in ROWS).encode()),
        ("cases", "\n".join(json.dumps(row) for row in ROWS).encode()),
        ("cases.json.gz", gzip.compress(json.dumps(ROWS).encode(), mtime=0)),
        ("cases", codecs.BOM_UTF8 + json.dumps(ROWS).encode()),
    ],
)
def test_the_same_rows_come_out_of_every_form(tmp_path: Path, name: str, data: bytes) -> None:
    assert [row.values for row in rows(file(tmp_path, data, name))] == ROWS


def test_a_row_is_told_by_the_line_where_it_begins(tmp_path: Path) -> None:
    path = file(tmp_path, 'id,words\n1,"two\nlines"\n\n2,"three\n\nlines"\n3,one\n')
    assert [(row.line, row.values["id"]) for row in rows(path)] == [(2, "1"), (5, "2"), (8, "3")]


def test_malformed_rows_are_said_and_the_others_come(tmp_path: Path) -> None:
    path = file(tmp_path, 'id,street\n1,Main\n2\n3,Oak,more\n4,"Elm"x\n5,Ash\n')
    found = rows(path)
    assert codes(found) == [(3, "import.fields_count"), (4, "import.fields_count"), (5, "import.row_malformed")]
    assert [row.values["id"] for row in found if row.problem is None] == ["1", "5"]


def test_a_quote_that_never_ends_says_which_lines_it_swallowed(tmp_path: Path) -> None:
    found = rows(file(tmp_path, 'id,street\n1,Main\n2,"Oak\n3,Elm\n4,Ash\n'))
    assert codes(found) == [(3, "import.row_malformed")]
    assert found[-1].problem is not None
    assert found[-1].problem.facts["until_line"] == 5


def test_json_lines_that_are_none_are_said(tmp_path: Path) -> None:
    lines = ['{"id": 1}', "{", "[1]", '{"id": NaN}', '{"id": "\\ud800"}', "[" * 100_000, '{"id": 2}']
    found = rows(file(tmp_path, "\n".join(lines), "cases.jsonl"))
    assert codes(found) == [
        (2, "import.row_malformed"),
        (3, "import.not_an_object"),
        (4, "import.row_malformed"),
        (5, "import.row_malformed"),
        (6, "import.row_malformed"),
    ]
    assert [row.text("id") for row in found if row.problem is None] == ["1", "2"]


def test_values_of_json_are_told_as_text(tmp_path: Path) -> None:
    (row,) = rows(file(tmp_path, '[{"a": 1.50, "b": null, "c": true, "d": {"e": 1}, "f": " x "}]', "cases.json"))
    assert [row.text(name) for name in "abcdfg"] == ["1.5", "", "true", "", "x", ""]


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "big5", "latin-1", "cp1252", "utf-16-le"])
def test_an_encoding_that_is_said_is_used(tmp_path: Path, encoding: str) -> None:
    words = "三樓" if encoding in ("gb18030", "gbk", "big5", "utf-16-le") else "Zürich"
    (row,) = rows(file(tmp_path, f"id,street\n1,{words}\n".encode(encoding)), encoding=encoding)
    assert row.values["street"] == words


@pytest.mark.parametrize(
    ("words", "encoding", "likely"),
    [
        ("三楼漏水，电梯停运", "gb18030", "gb18030"),
        ("Grünfläche beim Café", "latin-1", "cp1252"),
        ("naïve “quotes” – and a dash", "cp1252", "cp1252"),
    ],
)
def test_what_is_not_utf_8_is_refused_with_a_guess(tmp_path: Path, words: str, encoding: str, likely: str) -> None:
    path = file(tmp_path, f"id,street\n1,Main\n2,{words}\n".encode(encoding))
    no = failure(path)
    assert (no.code, no.facts) == ("import.not_in_encoding", {"line": 3, "likely": likely})
    assert likely_encoding(path) == likely
    assert [row.values["street"] for row in rows(path, encoding=likely)] == ["Main", words]


def test_a_header_that_is_not_utf_8_is_refused_with_a_guess(tmp_path: Path) -> None:
    no = failure(file(tmp_path, "编号,地址\n1,Main\n".encode("gbk")))
    assert (no.code, no.facts["line"], no.facts["likely"]) == ("import.not_in_encoding", 1, "gb18030")


def test_with_the_encoding_said_a_row_that_is_not_in_it_is_rejected_alone(tmp_path: Path) -> None:
    path = file(tmp_path, b"id,street\n1,Main\n2,\xff\xfe\n3,Oak\n")
    assert codes(rows(path, encoding="utf-8")) == [(3, "import.undecodable")]


def test_a_file_that_breaks_off_is_damaged(tmp_path: Path) -> None:
    whole = gzip.compress("".join(["id,street\n", *(f"{number},Main\n" for number in range(50_000))]).encode())
    no = failure(file(tmp_path, whole[: len(whole) // 2], "cases.csv.gz"))
    assert no.code == "import.file_damaged"
    assert int(no.facts["after_line"]) > 1
    assert failure(file(tmp_path, whole[:-8] + bytes(8), "cases.csv.gz")).code == "import.file_damaged"
    assert failure(file(tmp_path, '[{"id": 1},', "cases.json")).code == "import.file_damaged"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        ("", "cases.csv", "import.file_empty"),
        ("\n", "cases.csv", "import.file_empty"),
        (" ", "cases.json", "import.file_empty"),
        ("id,street,id\n1,Main,2\n", "cases.csv", "import.column_repeated"),
    ],
)
def test_a_file_without_rows_or_with_unclear_columns_is_refused(
    tmp_path: Path, data: str, name: str, code: str
) -> None:
    assert failure(file(tmp_path, data, name)).code == code


def test_a_missing_file_column_or_encoding_is_named(tmp_path: Path) -> None:
    path = file(tmp_path, TABLE)
    assert failure(tmp_path / "none.csv").facts == {"path": str(tmp_path / "none.csv")}
    assert failure(path, encoding="klingon").facts == {"encoding": "klingon"}
    with pytest.raises(ImportFailed) as caught:
        list(read_rows(path, FileFormat(), ["id", "closed", "street", "due"]))
    assert caught.value.facts == {"columns": "closed, due", "there": "id, opened, street"}


def test_other_separators_are_told_by_the_mapping(tmp_path: Path) -> None:
    assert [
        row.values for row in rows(file(tmp_path, TABLE.replace(",", ";").replace("St; 5", "St, 5")), delimiter=";")
    ] == ROWS
