"""The same list in each format that offices keep it in: cells that are merged, numbers that are numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
import xlwt  # type: ignore[import-untyped]

from linlian.imports.lists.sheets import read_sheets
from linlian.imports.problems import ImportFailed

NAME = "房屋"
HEAD = ("幢", "单元", "房号", "面积")
MERGED = ("1幢", "１单元")
DOORS = (("101", 88.5), ("102", 90), ("201", 70.25))
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
</manifest:manifest>"""


def write_xls(path: Path) -> None:
    """Excel 97 to 2003, as older offices have it."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(NAME)
    for column, text in enumerate(HEAD):
        sheet.write(0, column, text)
    for column, text in enumerate(MERGED):
        sheet.write_merge(1, len(DOORS), column, column, text)
    for row, (door, area) in enumerate(DOORS, 1):
        sheet.write(row, 2, door)
        sheet.write(row, 3, area)
    book.save(str(path))


def write_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = NAME
    sheet.append(HEAD)
    for number, (door, area) in enumerate(DOORS):
        sheet.append((*(MERGED if number == 0 else (None, None)), door, area))
    for column in "AB":
        sheet.merge_cells(f"{column}2:{column}{1 + len(DOORS)}")
    book.save(path)


def write_ods(path: Path) -> None:
    """OpenDocument 1.2, written from its specification (part 1, section 9.1)."""
    rows = [_row(*(_cell(text) for text in HEAD))]
    for number, (door, area) in enumerate(DOORS):
        merged = [_cell(text, len(DOORS)) if number == 0 else "<table:covered-table-cell/>" for text in MERGED]
        rows.append(_row(*merged, _cell(door), _cell(area)))
    spaces = " ".join(f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text"))
    text = f"""<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2">
        <office:body><office:spreadsheet><table:table table:name="{NAME}">{"".join(rows)}</table:table>
        </office:spreadsheet></office:body></office:document-content>"""
    with ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", _MANIFEST)
        file.writestr("content.xml", text)


def _row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _cell(value: str | float, rows: int = 1) -> str:
    kind = "string" if isinstance(value, str) else "float"
    number = "" if isinstance(value, str) else f' office:value="{value}"'
    span = "" if rows == 1 else f' table:number-columns-spanned="1" table:number-rows-spanned="{rows}"'
    return f'<table:table-cell office:value-type="{kind}"{number}{span}><text:p>{value}</text:p></table:table-cell>'


WRITERS = {"xls": write_xls, "xlsx": write_xlsx, "ods": write_ods}


@pytest.mark.parametrize("form", WRITERS)
def test_a_list_is_read_alike_in_every_format(form: str, tmp_path: Path) -> None:
    write: Callable[[Path], None] = WRITERS[form]
    path = tmp_path / f"houses.{form}"
    write(path)
    [sheet] = read_sheets(path)
    assert sheet.name == NAME
    assert [line.cells for line in sheet.rows] == [HEAD, *((*MERGED, door, area) for door, area in DOORS)]
    assert [line.own[0] for line in sheet.rows] == [True, True, False, False], "what is merged is told from what stands"


@pytest.mark.parametrize("form", WRITERS)
def test_a_file_that_is_cut_off_is_said_to_be_damaged(form: str, tmp_path: Path) -> None:
    write: Callable[[Path], None] = WRITERS[form]
    path = tmp_path / f"houses.{form}"
    write(path)
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(ImportFailed, match=r"import\.file_damaged"):
        read_sheets(path)
