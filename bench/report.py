"""A figure and the table it stands in."""

from __future__ import annotations

from typing import NamedTuple

from rich.console import Console
from rich.table import Table


class Row(NamedTuple):
    """What was measured, how much, in which unit, and what it should be."""

    name: str
    value: float
    unit: str
    goal: str = ""


def show(title: str, rows: list[Row]) -> None:
    """Print a table for people."""
    table = Table(title=title, title_justify="left")
    table.add_column("measured")
    table.add_column("value", justify="right")
    table.add_column("unit")
    table.add_column("goal")
    for row in rows:
        table.add_row(row.name, f"{row.value:,.0f}" if row.value >= 100 else f"{row.value:.2f}", row.unit, row.goal)
    Console().print(table)
