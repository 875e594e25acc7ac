"""An import that is killed in the middle, and begun again: everything once, and linked as if nothing had happened."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from linlian.community.grants.rules import grants, publications
from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_history import imports
from linlian.imports import GrantWork, Source, import_requests
from linlian.imports.requests import SIDE_TABLE
from linlian.kernel.contract import compose
from linlian.kernel.crypto import sha256
from tests.imports.community import HARMONY, Community, open_community
from tests.imports.generated import MAPPING, Case, made_up, write
from tests.imports.packages_360 import grant
from tests.imports.packages_360 import write as write_grants

ROWS = 4_000
ROOT = Path(__file__).resolve().parents[2]


def killed_import(folder: Path, file: Path, rounds: int, after_s: float) -> None:
    """Begin an import in another process and kill it so long after so many rounds."""
    command = [sys.executable, "-m", "tests.imports.child", str(folder), str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(1 + rounds):
            assert child.stdout.readline(), "it ended before it was killed"
        time.sleep(after_s)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL


def links(community: Community, made: list[Case]) -> tuple[dict[str, str], set[frozenset[str]]]:
    """What the ledger holds, in the source's ids: record → the record it repeats, and which share a place."""
    name = {sha256(compose("made_up", case.id)): case.id for case in made}
    found = {row.case: name[external] for external, row in community.ledger._state.table_rows(imports)}
    assert len(found) == len({*found.values()})
    repeats: dict[str, str] = {}
    together = defaultdict(set)
    for case_id, row in community.ledger._state.table_rows(cases):
        together[row.place].add(found[case_id])
        if row.repeat_of != bytes(16):
            repeats[found[case_id]] = found[row.repeat_of]
    return repeats, {frozenset(ids) for ids in together.values()}


@pytest.mark.parametrize("side_table_is_lost", [False, True])
def test_a_killed_import_begun_again_imports_each_record_once(tmp_path: Path, side_table_is_lost: bool) -> None:
    made = made_up(ROWS, seed=7)
    file = write(tmp_path / "made_up.csv", made)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    with open_community(whole) as community:
        import_requests(Source(file, MAPPING), community.target, HARMONY)
        expected = links(community, made)
    with open_community(killed):
        pass
    chance = random.Random(side_table_is_lost)
    for _ in range(3):
        killed_import(killed, file, chance.randrange(2, 7), chance.uniform(0, 0.05))
        if side_table_is_lost:
            (killed / SIDE_TABLE).unlink(missing_ok=True)
    with open_community(killed) as community:
        report = import_requests(Source(file, MAPPING), community.target, HARMONY)
        assert 0 < report.already_there < ROWS
        assert report.imported + report.already_there == ROWS
        assert links(community, made) == expected
        assert len(expected[0]) > ROWS // 4


def test_killed_grants_are_there_once_and_add_up(tmp_path: Path) -> None:
    file = write_grants(tmp_path, *(grant(number, amountAwarded=number + 0.01) for number in range(2_000)))
    killed = tmp_path / "killed"
    killed.mkdir()
    with open_community(killed):
        pass
    chance = random.Random(3)
    for _ in range(3):
        killed_import(killed, file, chance.randrange(1, 5), chance.uniform(0, 0.05))
    with open_community(killed) as community:
        report = GrantWork(file, community.target).bring_in(HARMONY)
        assert 0 < report.already_there < 2_000
        assert report.imported + report.already_there == 2_000
        ((_, row),) = community.ledger._state.table_rows(publications)
        assert row.recorded == row.grants == 2_000
        there = community.ledger._state.table_rows(grants)
        assert sum(each.amount_minor for _, each in there) == sum(100 * number + 1 for number in range(2_000))
