"""A page that is a file for a spreadsheet: the numbers of another page, line by line.

    @pages.page("/statistics.csv")
    def sheet(ask: Ask, months: Months = 12) -> Sheet:
        '''…'''

Rules
- CSV is UTF-8 with its mark, so that spreadsheets show Chinese; lines end as RFC 4180 has them. A name that ends in
  `.xlsx` makes an Excel file of the same lines.
- What a spreadsheet would take for a formula is written as text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from linlian.web.pages import Page

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Document(Page):
    """A file of another standard, as JSON: its name, and what stands in it."""

    name: str
    content: dict[str, Any]

    def json(self) -> bytes:
        """The file's bytes."""
        return json.dumps(self.content, ensure_ascii=False, indent=1).encode()


@dataclass(frozen=True)
class Markup(Page):
    """A file of another standard, as XML in UTF-8: its name and its bytes."""

    name: str
    xml: bytes


@dataclass(frozen=True)
class Sheet(Page):
    """A table as a file: its name, the head of each column, and the lines."""

    name: str
    head: tuple[str, ...]
    lines: Sequence[tuple[str | int | Decimal, ...]]

    @property
    def media_type(self) -> str:
        return XLSX if self.name.endswith(".xlsx") else CSV

    def file(self) -> bytes:
        """The file's bytes, as its name says."""
        return self.xlsx() if self.name.endswith(".xlsx") else self.csv()

    def csv(self) -> bytes:
        """The lines as CSV."""
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(self.head)
        table.writerows([_cell(value) for value in line] for line in self.lines)
        return text.getvalue().encode("utf-8-sig")

    def xlsx(self) -> bytes:
        """The lines as an Excel file; every text is a text, whatever it begins with."""
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append([_written(sheet, text, bold=True) for text in self.head])
        for line in self.lines:
            sheet.append([_written(sheet, value) for value in line])
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()


def _cell(value: str | int | Decimal) -> str | int | Decimal:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _written(sheet: Any, value: str | int | Decimal, *, bold: bool = False) -> Any:
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value if isinstance(value, int) else float(value))
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
