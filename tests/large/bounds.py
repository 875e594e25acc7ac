"""What a page may take, however long the lists are that it shows the beginning of."""

from __future__ import annotations

from collections.abc import Sequence

from tests.large.pages import Taken

STEPS_MAX = 250_000
"""Of SQLite's virtual machine, which does some five million in 100 ms."""
ROWS_MAX = 1_500
ASKED_MAX = 600
LINES_MAX = 500
BYTES_MAX = 300_000
GROWTH = 1.1
OF_FUNDS = {
    "/programmes/": {"asked": 25, "rows": 350, "steps": 12_000},
    "/funds": {"asked": 40, "rows": 600, "steps": 25_000},
    "/rounds/": {"asked": 90, "rows": 800, "steps": 22_000, "lines": 600},
    "/me/money": {"asked": 400, "rows": 800, "steps": 30_000},
}
"""What pages of money may take, however many payments there are: with 100,000 of one programme it is as much
(`make bench ARGS="--only funds"`)."""


def beyond(found: Sequence[Taken]) -> list[str]:
    """The pages that take more than a page may."""
    return [
        f"{taken.place.reader} {taken.place.path}: {name} {getattr(taken, name):,} > {most:,}"
        for taken in found
        for name, most in _limits(taken.place.path).items()
        if getattr(taken, name) > most
    ]


def _limits(path: str) -> dict[str, int]:
    most = {"steps": STEPS_MAX, "rows": ROWS_MAX, "asked": ASKED_MAX, "lines": LINES_MAX, "size_bytes": BYTES_MAX}
    return most | next((own for start, own in OF_FUNDS.items() if path.startswith(start)), {})


def grown(few: Sequence[Taken], more: Sequence[Taken]) -> list[str]:
    """The pages that load or draw more rows where there are more; a little is the other names in them."""
    return [
        f"{after.place.reader} {after.place.path}: {name} {getattr(before, name):,} → {getattr(after, name):,}"
        for before, after in zip(few, more, strict=True)
        for name in ("rows", "lines", "asked")
        if getattr(after, name) > GROWTH * getattr(before, name) + 10
    ]
