"""The beginnings of the published sets: all there, counted alike, and provable (`trial` says how).

`make import-trial` takes the sets whole.
"""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from pathlib import Path

import pytest

from linlian.imports import Source, load, rehearse_requests
from tests.imports.community import open_community
from tests.imports.counted import BOSTON, NEW_YORK, Published
from tests.imports.data import shared
from tests.imports.trial import run

RECORDS = 6_000


@pytest.mark.parametrize("told", [BOSTON, NEW_YORK], ids=["boston", "new-york"])
def test_a_published_set_is_imported_and_can_be_proved(tmp_path: Path, told: Published) -> None:
    file = beginning(shared(told.path), tmp_path / "beginning.csv.gz")
    run(tmp_path, told, file, lambda name, text: print(f"{name}: {text}"))


def beginning(file: Path, into: Path) -> Path:
    """The header and the first records of a set, as they stand there."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as whole, gzip.open(into, "wt", newline="") as part:
        csv.writer(part).writerows(islice(csv.reader(whole), 1 + RECORDS))
    return into


@pytest.mark.parametrize(
    ("mapping", "path", "rows", "states", "categories"),
    [
        ("losangeles-311", "losangeles-2022/la_2022-09.csv.gz", 20_000, {"closed": 12_683, "open": 7_317}, 12),
        ("zurich-zueriwieneu", "zurich-zueriwieneu/reports.csv.gz", 62_245, {"open": 62_245}, 10),
        ("open311", "open311-fixtures/service_requests.json", 2, {"open": 2}, 2),
    ],
)
def test_the_other_mappings_read_their_sets_without_a_rejected_row(
    tmp_path: Path, mapping: str, path: str, rows: int, states: dict[str, int], categories: int
) -> None:
    with open_community(tmp_path) as community:
        report = rehearse_requests(Source(shared(f"service-requests/{path}"), load(mapping)), community.target)
    assert (report.rows, report.records, report.rejected) == (rows, rows, [])
    assert report.states == states
    assert len(report.categories) == categories
