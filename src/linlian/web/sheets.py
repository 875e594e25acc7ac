"""A page that is a file for a spreadsheet: the numbers of another page, line by line.

    @pages.page("/statistics.csv")
    def sheet(ask: Ask, months: Months = 12) -> Sheet:
        '''…'''

Rules
- UTF-8 with its mark, so that spreadsheets show Chinese; lines end as RFC 4180 has them.
- What a spreadsheet would take for a formula is written as text.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from linlian.web.pages import Page

CSV = "text/csv; charset=utf-8"
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
    lines: list[tuple[str | int, ...]]

    def csv(self) -> bytes:
        """The file's bytes."""
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(self.head)
        table.writerows([_cell(value) for value in line] for line in self.lines)
        return text.getvalue().encode("utf-8-sig")


def _cell(value: str | int) -> str | int:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
