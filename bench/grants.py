"""Grants of 360Giving in and out: how many a second, from opening the file to the last receipt, and back to a file."""

from __future__ import annotations

import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.report import Row
from linlian.imports import GrantWork, Unnamed, give_grants
from linlian.imports.requests import quietly
from tests.imports.community import HARMONY, open_community

TOWNS = ("Leeds", "Bristol", "Glasgow", "Cardiff", "Belfast")


def grants(number: int) -> list[Row]:
    """A package of so many made-up grants: judged, brought in, brought in again, given away."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grants.json"
        path.write_text(json.dumps({"grants": [_grant(each) for each in range(number)]}), encoding="utf-8")
        size_mb = path.stat().st_size / 1e6
        home = Path(folder) / "town"
        home.mkdir()
        with open_community(home) as town:
            work = GrantWork(path, town.target)
            rows.append(_timed(f"{number:,} grants ({size_mb:.0f} MB) read and judged", number, work.rehearse)[1])
            report, row = _timed("brought in: sealed, signed, on the disk", number, lambda: work.bring_in(HARMONY))
            assert report.imported == number
            again, second = _timed("the same file again", number, lambda: work.bring_in(HARMONY))
            assert again.already_there == number
            unnamed = Unnamed("a grant to an individual", "not named")
            given, third = _timed(
                "given away: looked into, opened, written",
                number,
                lambda: give_grants([report.publication], town.target, HARMONY, unnamed, quietly),
            )
            assert given.grants == number
            rows += [row, second, third]
    return rows


def _timed(name: str, number: int, work: Any) -> tuple[Any, Row]:
    started = time.perf_counter()
    found = work()
    return found, Row(name, number / (time.perf_counter() - started), "grants/s")


def _grant(number: int) -> dict[str, Any]:
    """As large as published ones are; one in ten to an individual."""
    chance = random.Random(number)
    told: dict[str, Any] = {
        "id": f"360G-bench-{number}",
        "title": f"Grant {number}",
        "description": "Meals, and somebody to talk to, for people who live alone. " * chance.randrange(1, 5),
        "currency": "GBP",
        "amountAwarded": chance.randrange(1, 5_000_000) / 100,
        "awardDate": f"20{chance.randrange(10, 25)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
        "fundingOrganization": [{"id": "GB-CHC-1", "name": "A trust"}],
        "grantProgramme": [{"title": "Everyday"}],
        "beneficiaryLocation": [{"name": chance.choice(TOWNS), "countryCode": "GB"}],
        "plannedDates": [{"duration": 12}],
    }
    if number % 10:
        organisation = {"id": f"GB-CHC-{number}", "name": f"Charity {number}", "postalCode": "LS1 1AA"}
        return {**told, "recipientOrganization": [organisation]}
    return {**told, "recipientIndividual": {"id": f"person-{number}", "name": "Individual"}}
