"""Which column is what in a sheet of money: recipients, payments, the lines of a bank.

Rules
- A heading is known as it stands, or without what is in brackets; blanks, stars and colons do not count.
- The row of headings is the one of the first thirty that has most of the columns, and all that are needed.
- A row is data if it has a sum, or something in two columns that are known. Totals, titles and notes are passed over
  and counted; in doubt a row is data, and its fault is told.
- What a merged cell carried into a row is not the row's own: a sum that stands once for three people is not three sums.

    tables, passed_over = find_tables(sheets, Headings(NAMES, ("name", "amount")))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from linlian.imports.lists.cells import text_of
from linlian.imports.lists.records import Where
from linlian.imports.lists.sheets import Cell, Line, Sheet
from linlian.imports.problems import ImportFailed, RowRejected

HEADER_ROWS_MAX = 30
NOTE_CELLS_MAX = 1
ROWS_MAX = 5_000
_TOTAL = re.compile(r"\S{0,4}(合计|小计|总计|累计|共计).{0,20}|(sub-?)?total\W*|sum\W*")


class Headings(NamedTuple):
    """Our columns → the headings that they have; and which of them a sheet needs: one of each group, sums the last."""

    names: Mapping[str, tuple[str, ...]]
    needed: tuple[tuple[str, ...], ...]


class Entry(NamedTuple):
    """A row of data, its cells by our names for their columns; `heads` are the headings as they stand."""

    where: Where
    columns: Mapping[str, int]
    heads: Mapping[str, str]
    line: Line

    def cell(self, name: str) -> Cell:
        place = self.columns.get(name, -1)
        return self.line.cells[place] if 0 <= place < len(self.line.cells) else ""

    def said(self, name: str) -> str:
        return text_of(self.cell(name))

    def head(self, name: str) -> str:
        return self.heads.get(name, name)

    def check_own(self, *names: str) -> None:
        """RowRejected (`import.merged_cell`) where one of them was carried over from another row."""
        for name in names:
            place = self.columns.get(name, -1)
            if 0 <= place < len(self.line.cells) and not self.line.own[place] and self.said(name):
                raise RowRejected("import.merged_cell", column=self.head(name))


class Table(NamedTuple):
    """A sheet with its columns found."""

    sheet: str
    columns: Mapping[str, int]
    heads: Mapping[str, str]
    rows: tuple[Line, ...]


def find_tables(sheets: list[Sheet], headings: Headings) -> list[Table]:
    """Every sheet that has the columns that are needed. Raises ImportFailed."""
    found = [table for sheet in sheets if (table := _table(sheet, headings)) is not None]
    if not found:
        first = next((row for sheet in sheets for row in sheet.rows if not row.is_blank()), None)
        there = ", ".join(text_of(cell) for cell in first.cells)[:200] if first else ""
        wanted = ", ".join(" / ".join(headings.names[name][0] for name in group) for group in headings.needed)
        raise ImportFailed("import.header_missing", columns=wanted, there=there)
    if sum(len(table.rows) for table in found) > ROWS_MAX:
        raise ImportFailed("import.too_many_rows", sheet=found[0].sheet, most=ROWS_MAX)
    return found


def entries(tables: list[Table], headings: Headings) -> Iterator[Entry | None]:
    """Each row that is data; None for one that is passed over."""
    for table in tables:
        for line in table.rows:
            row = Entry(Where(table.sheet, line.line), table.columns, table.heads, line)
            if _is_data(row, headings.needed[-1]):
                yield row
            elif not line.is_blank():
                yield None


def _is_data(row: Entry, sums: tuple[str, ...]) -> bool:
    cells = zip(row.line.cells, row.line.own, strict=True)
    own = [text_of(cell) if own else "" for cell, own in cells]
    first = next(filter(None, own), "")
    if not first or _TOTAL.fullmatch(first.lower()):
        return False
    told = sum(own[place] != "" for place in row.columns.values() if place < len(own))
    return told > NOTE_CELLS_MAX or any(row.said(name) for name in sums)


def _table(sheet: Sheet, headings: Headings) -> Table | None:
    best: tuple[int, dict[str, int]] | None = None
    for row in sheet.rows[:HEADER_ROWS_MAX]:
        columns = columns_in(row, headings)
        enough = all(any(name in columns for name in group) for group in headings.needed)
        if enough and (best is None or len(columns) > len(best[1])):
            best = row.line, columns
    if best is None:
        return None
    line, columns = best
    header = next(row for row in sheet.rows if row.line == line)
    heads = {name: text_of(header.cells[place]) for name, place in columns.items()}
    rows = tuple(row for row in sheet.rows if row.line > line and not _repeats(row, columns, heads))
    return Table(sheet.name, columns, heads, rows)


def columns_in(row: Line, headings: Headings) -> dict[str, int]:
    """Our columns in a row of headings; the first of several wins, and a heading as it stands before one cut short."""
    found: dict[str, int] = {}
    for cut in (False, True):
        cells = [heading_of(text_of(cell), cut) for cell in row.cells]
        for name, theirs in headings.names.items():
            known = {heading_of(each, cut) for each in theirs}
            place = next((at for at, cell in enumerate(cells) if cell in known and at not in found.values()), -1)
            if place >= 0 and name not in found:
                found[name] = place
    return found


def heading_of(text: str, cut: bool) -> str:
    """A heading without blanks, stars and colons; cut short, without what is in brackets or behind a slash."""
    bare = re.sub(r"(?:[(（\[].*?[)）\]]|/元$)", "", text) if cut else text
    return re.sub(r"[\s*:：]", "", bare).lower()


def _repeats(row: Line, columns: Mapping[str, int], heads: Mapping[str, str]) -> bool:
    """The header again, as on each printed page."""
    told = {name: text_of(row.cells[place]) for name, place in columns.items() if place < len(row.cells)}
    return any(told.values()) and all(text == heads[name] for name, text in told.items())
