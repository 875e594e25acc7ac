"""`make thousandfold`: every page with everything a thousand times over, and what each takes, as a table.

make thousandfold ARGS="--times 3000"
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import machine
from tests.large.bounds import beyond
from tests.large.pages import Taken, crowd, walked


def main() -> int:
    """Print the table; 1 if a page takes more than it may."""
    parser = argparse.ArgumentParser(prog="make thousandfold", description=__doc__)
    parser.add_argument("--times", type=int, default=1_000)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder, crowd(Path(folder), times) as many:
        print(f"machine: {machine.describe()}\n{times:,} times, {many.rows:,} rows")
        found = list(walked(many))
    _show(found)
    wrong = beyond(found)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


def _show(found: list[Taken]) -> None:
    table = Table("reader", "page", *("asked", "SQL steps", "rows", "lines", "bytes", "ms"), title="every page")
    for taken in sorted(found, key=lambda each: -each.steps):
        figures = (taken.asked, taken.steps, taken.rows, taken.lines, taken.size_bytes, round(taken.took_ms))
        table.add_row(taken.place.reader or "outsider", taken.place.path[:48], *(f"{figure:,}" for figure in figures))
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main())
