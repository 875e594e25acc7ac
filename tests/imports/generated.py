"""A made-up source, always the same: many records at few addresses, so that most of them are repeats."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from linlian.imports import parse

MAPPING = parse("""
source = "made_up"
title = "A made-up source"
[columns]
id = ["id"]
reported_at = "opened"
closed_at = "closed"
[times]
zone = "UTC"
[category]
column = "kind"
[place]
address = ["street"]
area = "quarter"
""")


class Case(NamedTuple):
    id: str
    opened: str
    closed: str
    kind: str
    street: str
    quarter: str


def made_up(rows: int, seed: int) -> list[Case]:
    """In no order of time; a tenth without an address, a fifth still open."""
    chance = random.Random(seed)
    start = datetime(2023, 1, 1)  # noqa: DTZ001 - a source writes local times
    made = []
    for number in range(rows):
        opened = start + timedelta(minutes=chance.randrange(500_000))
        closed = opened + timedelta(minutes=chance.choice((3, 300, 30_000, 90_000)))
        street = chance.randrange(rows // 10)
        made.append(
            Case(
                id=f"M-{number}",
                opened=f"{opened}",
                closed=f"{closed}" if chance.random() < 0.8 else "",
                kind=chance.choice(("Lift", "Light", "Water")),
                street=f"{street} Long Street" if chance.random() < 0.9 else "",
                quarter=f"Quarter {street % 7}",
            )
        )
    return made


def write(path: Path, cases: list[Case]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(Case._fields)
        table.writerows(cases)
    return path
