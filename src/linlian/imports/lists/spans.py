"""Which cells of an OpenDocument spreadsheet are merged: its reader does not say, and what is covered is empty there.

Read from `content.xml` (OpenDocument 1.2, part 1, section 9.1): `table-cell` with more than one row or column spanned,
rows and columns that are written once and repeated.

    spans_of(path, path.read_bytes())["房屋"]  ->  [((1, 0), (3, 0))]
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from linlian.imports.problems import ImportFailed

Place: TypeAlias = tuple[int, int]
Span: TypeAlias = tuple[Place, Place]
"""First and last cell, (row, column) from 0."""
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def spans_of(path: Path, content: bytes) -> dict[str, list[Span]]:
    """The merged cells of each sheet; `path` is what it is called. Raises ImportFailed (`import.file_damaged`)."""
    try:
        with ZipFile(io.BytesIO(content)) as file, file.open("content.xml") as table:
            return dict(_sheets(ElementTree.iterparse(table)))
    except (BadZipFile, KeyError, ElementTree.ParseError, ValueError) as error:
        raise ImportFailed("import.file_damaged", path=str(path), after_line=0, reason=str(error)[:200]) from error


def _sheets(parts: Iterator[tuple[str, ElementTree.Element]]) -> Iterator[tuple[str, list[Span]]]:
    row, found = 0, []
    for _, part in parts:
        if part.tag == f"{_TABLE}table-row":
            found += list(_spans(part, row))
            row += _number(part, "number-rows-repeated")
            part.clear()
        elif part.tag == f"{_TABLE}table":
            yield part.get(f"{_TABLE}name", ""), found
            row, found = 0, []
            part.clear()


def _spans(row: ElementTree.Element, at: int) -> Iterator[Span]:
    column = 0
    for cell in row:
        rows, columns = _number(cell, "number-rows-spanned"), _number(cell, "number-columns-spanned")
        if rows > 1 or columns > 1:
            yield (at, column), (at + rows - 1, column + columns - 1)
        column += _number(cell, "number-columns-repeated")


def _number(part: ElementTree.Element, name: str) -> int:
    return int(part.get(f"{_TABLE}{name}", "1"))
