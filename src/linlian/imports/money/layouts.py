"""How a bank lays out its lines: data files of headings, one a bank, and what a clerk says of their own.

name = { zh = "中国工商银行", en = "ICBC" }
source = "where these headings are known from, and how surely"

[columns]                                    # ours = the bank's, as many as it has had
date = ["交易日期", "交易时间"]
in = ["记账金额(收入)", "贷方发生额"]
out = ["记账金额(支出)", "借方发生额"]

Rules
- Needed are a day and sums: one column with a sign or with a direction beside it, or one for each direction.
- Which layout a file has is found by its headings: the one of which it has most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from linlian.imports.lists.sheets import Sheet
from linlian.imports.money.tables import HEADER_ROWS_MAX, Headings, columns_in
from linlian.imports.problems import ImportFailed

COLUMNS: tuple[str, ...] = (
    *("date", "time", "amount", "direction", "in", "out", "currency", "balance", "serial"),
    *("party", "party_account", "summary", "remark", "account"),
)
NEEDED = (("date",), ("amount", "in", "out"))
GENERIC = "generic"
HEADING_CHARS_MAX = 40


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: dict[str, str]
    source: str
    columns: dict[str, list[str]]


class Layout(NamedTuple):
    """`code` is the data file's, "" for a clerk's own."""

    code: str
    name: Mapping[str, str]
    source: str
    headings: Headings


@cache
def layouts() -> dict[str, Layout]:
    """All that come with Linlian, by their codes."""
    found = {}
    for path in sorted(files("linlian.imports.money.banks").iterdir(), key=lambda each: each.name):
        if path.name.endswith(".toml"):
            code = path.name.removesuffix(".toml")
            told = msgspec.toml.decode(path.read_bytes(), type=_File)
            found[code] = Layout(code, told.name, told.source, _headings(told.columns))
    return found


def own_layout(columns: Mapping[str, str]) -> Layout:
    """What a clerk says of their own bank: our column → its heading. Raises ImportFailed (`import.mapping_wrong`)."""
    told = {ours: [theirs.strip()] for ours, theirs in columns.items() if theirs.strip()}
    strange = [ours for ours in told if ours not in COLUMNS]
    if strange or any(len(theirs[0]) > HEADING_CHARS_MAX for theirs in told.values()):
        raise ImportFailed("import.mapping_wrong", reason=", ".join(strange)[:200] or "too long")
    headings = _headings(told)
    if not all(any(name in told for name in group) for group in NEEDED):
        raise ImportFailed("import.mapping_wrong", reason="date; amount / in / out")
    return Layout("", {}, "", headings)


def layout_of(code: str, sheets: Sequence[Sheet]) -> Layout:
    """The layout that is named, or that the headings are of. Raises ImportFailed (`import.no_such_layout`)."""
    if code:
        found = layouts().get(code)
        if found is None:
            raise ImportFailed("import.no_such_layout", name=code[:60], known=", ".join(layouts()))
        return found
    return max(layouts().values(), key=lambda layout: (_fit(layout, sheets), layout.code == GENERIC))


def _fit(layout: Layout, sheets: Sequence[Sheet]) -> int:
    """How many columns the best row of headings has, if it has those that are needed."""
    best = 0
    for sheet in sheets:
        for row in sheet.rows[:HEADER_ROWS_MAX]:
            columns = columns_in(row, layout.headings)
            if all(any(name in columns for name in group) for group in NEEDED):
                best = max(best, len(columns))
    return best


def _headings(columns: Mapping[str, Sequence[str]]) -> Headings:
    return Headings({ours: tuple(theirs) for ours, theirs in columns.items()}, NEEDED)


__all__ = ["COLUMNS", "GENERIC", "Layout", "layout_of", "layouts", "own_layout"]
