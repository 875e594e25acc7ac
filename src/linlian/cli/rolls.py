"""The list that belongs to a roll's proof, as a spreadsheet file: `linlian verify roll.state --list payments.csv`.

    number,payment,amount_minor
    1,5f0c…,30000

Rules
- The first column counts from 1. The others are the item, in order: 32 or 64 hex digits are an identifier or hash,
  anything else is a whole number. An item is `compose` of them (`kernel.contract`).
- Nothing else may stand in the file, for nothing else is proved.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from linlian.cli.verb import Usage
from linlian.kernel.codec import INT_MAX
from linlian.kernel.contract import compose

_HEX = (32, 64)
_DIGITS_MAX = len(str(INT_MAX))


def items_of(path: str) -> list[bytes]:
    """The items of a list. Raises Usage (`cli.file_unreadable`, `cli.list_wrong`)."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Usage("cli.file_unreadable", path=path, reason=error.strerror or "") from error
    except UnicodeDecodeError as error:
        raise Usage("cli.list_wrong", path=path, line=1) from error
    return list(_items(path, text))


def _items(path: str, text: str) -> Iterator[bytes]:
    lines = csv.reader(text.splitlines())
    head = next(lines, [])
    for number, cells in enumerate(lines, 1):
        if len(cells) != len(head) or len(cells) < 2 or cells[0] != str(number):
            raise Usage("cli.list_wrong", path=path, line=number + 1)
        try:
            yield compose(*(_part(cell) for cell in cells[1:]))
        except ValueError as error:
            raise Usage("cli.list_wrong", path=path, line=number + 1) from error


def _part(cell: str) -> bytes | int:
    if len(cell) in _HEX:
        return bytes.fromhex(cell)
    if not cell.isascii() or not cell.isdigit() or len(cell) > _DIGITS_MAX:
        raise ValueError(cell)
    return int(cell)
