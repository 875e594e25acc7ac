"""Some hundreds of seeds of the simulation; and it can be believed: it repeats itself, and finds what is planted."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.simulation.__main__ import replay_command
from tests.simulation.planted import BUGS
from tests.simulation.run import Failed, run
from tests.simulation.seeds import ROOT, SHARED, campaign, share

SEEDS = 192
AT_ONCE = 16


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_all_nodes_come_to_the_same(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        outcome = run(seed)
        assert outcome.heights > 3
        assert outcome.transactions > 0


def test_the_same_seed_is_the_same_run_in_every_process() -> None:
    """Among them a community with files and one on the real businesses."""
    seeds = (1, 3, 7)
    here = [run(seed).digest for seed in seeds]
    assert here == [run(seed).digest for seed in seeds]
    assert len(set(here)) == len(seeds)
    for hash_seed in ("1", "2026"):
        assert [_elsewhere(["--seed", str(seed)], hash_seed) for seed in seeds] == here


def _elsewhere(arguments: Sequence[str], hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=ROOT,
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"digest='([0-9a-f]{64})'", done.stdout)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("name", [name for name, bug in BUGS.items() if not bug.apart])
def test_a_planted_bug_is_found(name: str) -> None:
    bug = BUGS[name]
    with bug.patch():
        failed = next((seed for seed in bug.seeds if fails(seed)), None)
        assert failed is not None
        assert fails(failed)
    assert not fails(failed)


def fails(seed: int) -> bool:
    try:
        run(seed)
    except Failed:
        return True
    return False


@pytest.mark.parametrize("name", [name for name, bug in BUGS.items() if bug.apart])
def test_a_bug_that_differs_between_processes_is_found(name: str) -> None:
    found = campaign(range(1), 2, name)
    assert found.failures == {0: "seed 0: another trace in another process"}
    assert replay_command(found.failures[0], name).count("--seed 0 --trace --plant order_by_hash") == 2


def test_a_failing_seed_says_how_to_see_it_again() -> None:
    found = campaign(range(1, 2), 1, "info_takes_back")
    (failure,) = found.failures.values()
    command = replay_command(failure, "info_takes_back")
    arguments = command.split("tests.simulation ")[1].split()
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == failure
    assert len(done.stdout.splitlines()) > 10


def test_every_seed_is_run_and_some_by_all() -> None:
    shares = [set(share(range(100), place, 3)) for place in range(3)]
    assert set.union(*shares) == set(range(100))
    assert set.intersection(*shares) >= set(range(0, 100, SHARED))
    assert sum(map(len, shares)) < 120
