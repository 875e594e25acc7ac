"""Sheets out of a file: xlsx, xls, ods, or CSV in UTF-8 or GB 18030, with merged cells filled.

Rules
- A cell is what the file has: text, number, date; nothing is understood yet (`cells`).
- A merged cell's value stands in each of the cells that it covers. Where it was carried to is known, so that a title
  across the whole sheet is not taken for a row of data.
- A CSV without a byte order mark is UTF-16 if it has zero bytes, else UTF-8 if it can be, else GB 18030 if it can be:
  the two do not pass for each other in a file with a few Chinese characters. What is none of them is refused.

    for sheet in read_sheets(Path("houses.xlsx")):
        sheet.name, sheet.rows[0].line, sheet.rows[0].cells, sheet.rows[0].own
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple, TypeAlias

import python_calamine

from linlian.imports.lists.spans import spans_of
from linlian.imports.problems import ImportFailed

Cell: TypeAlias = str | int | float | bool | date | datetime | time | timedelta
UNPACKED_BYTES_MAX = 256 * 1024 * 1024
SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
ROWS_MAX = 100_000
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Line(NamedTuple):
    """A row of a sheet: its number as the program that shows it counts, its cells, and which are not carried over."""

    line: int
    cells: tuple[Cell, ...]
    own: tuple[bool, ...]

    def is_blank(self) -> bool:
        return not any(own and str(cell).strip() for cell, own in zip(self.cells, self.own, strict=True))


class Sheet(NamedTuple):
    """`name` is empty for a CSV."""

    name: str
    rows: tuple[Line, ...]


def read_sheets(path: Path, encoding: str = "", data: bytes | None = None) -> list[Sheet]:
    """All sheets of a file, in their order; its content is read, unless it is handed in. Raises ImportFailed."""
    if data is None and not path.is_file():
        raise ImportFailed("import.file_missing", path=str(path))
    try:
        content = path.read_bytes() if data is None else data
        if path.suffix.lower() in SPREADSHEETS:
            _check_unpacked(path, content)
            return list(_spreadsheet(path, content))
        return [Sheet("", tuple(_csv(content, encoding)))]
    except python_calamine.PasswordError as error:
        raise ImportFailed("import.file_locked", path=str(path)) from error
    except (OSError, python_calamine.CalamineError, csv.Error) as error:
        raise ImportFailed("import.file_damaged", path=str(path), after_line=0, reason=str(error)[:200]) from error


def _check_unpacked(path: Path, content: bytes) -> None:
    """Refuse what would be far larger than its file once it is unpacked. Raises ImportFailed."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return  # an .xls, or what the reader will refuse
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except zipfile.BadZipFile as error:
        raise ImportFailed("import.file_damaged", path=str(path), after_line=0, reason=str(error)[:200]) from error
    if size > UNPACKED_BYTES_MAX:
        raise ImportFailed("import.file_too_large", path=str(path), size=size, most=UNPACKED_BYTES_MAX)


def _spreadsheet(path: Path, content: bytes) -> Iterator[Sheet]:
    merged = spans_of(path, content) if path.suffix.lower() == ".ods" else {}
    with python_calamine.load_workbook(io.BytesIO(content)) as book:
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height > ROWS_MAX:
                raise ImportFailed("import.too_many_rows", sheet=name, most=ROWS_MAX)
            grid = [list(row) for row in sheet.to_python(skip_empty_area=False)]
            own = [[True] * len(row) for row in grid]
            for first, last in sheet.merged_cell_ranges or merged.get(name) or []:
                _fill(grid, own, first, last)
            rows = (Line(at, tuple(cells), tuple(own[at - 1])) for at, cells in enumerate(grid, 1))
            yield Sheet(name, tuple(rows))


def _fill(grid: list[list[Cell]], own: list[list[bool]], first: tuple[int, int], last: tuple[int, int]) -> None:
    """Let a merged cell's value stand in all that it covers."""
    (top, left), (bottom, right) = first, last
    for row in range(top, min(bottom + 1, len(grid))):
        for column in range(left, min(right + 1, len(grid[row]))):
            if (row, column) != first:
                grid[row][column], own[row][column] = grid[top][left], False


def _csv(data: bytes, encoding: str) -> Iterator[Line]:
    text = _decoded(data, encoding)
    head = text[:4096]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    for cells in reader:
        yield Line(line, tuple(cells), (True,) * len(cells))
        line = reader.line_num + 1


def _decoded(data: bytes, encoding: str) -> str:
    """The text. Raises ImportFailed: `import.encoding_unknown`, `import.not_in_encoding`."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), "") or _unmarked(data)
    tried = "utf-8"
    for tried in (encoding,) if encoding else (marked,) if marked else ("utf-8", "gb18030"):
        try:
            return data.decode(tried)
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            raise ImportFailed("import.encoding_unknown", encoding=tried) from error
    raise ImportFailed("import.not_readable_as_text", encoding=tried)


def _unmarked(data: bytes) -> str:
    """UTF-16 without its mark: every other byte of what is not Chinese is 0, and the other encodings have none."""
    head = data[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    return "" if not even + odd else "utf-16-le" if odd > even else "utf-16-be"
