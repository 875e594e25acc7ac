"""The parts of the simulation that could be wrong without anybody noticing: its disks, its clock, its oracle."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from linlian.kernel.transition import found
from linlian.store.memory import MemoryStore
from linlian.store.protocol import StoreError
from tests.simulation.community import Notes
from tests.simulation.consensus import median
from tests.simulation.disk import Crash, Disk, Fault, FileDisk, MemoryDisk, torn, torn_pages
from tests.simulation.oracle import EngineBlock, Mismatch, Oracle
from tests.simulation.people import People
from tests.simulation.world import Vote

NOTES = Notes.of(4)
_, FOUNDING = found(NOTES.builds[0], NOTES.document)


@pytest.fixture(params=["memory", "file"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return MemoryDisk(MemoryStore, Random(1)) if request.param == "memory" else FileDisk(tmp_path, Random(1))


@pytest.mark.parametrize(
    ("fault", "raises", "there"),
    [
        (Fault.BEFORE, Crash, {False}),
        (Fault.AFTER, Crash, {True}),
        (Fault.TORN, Crash, {True, False}),
        (Fault.FULL, StoreError, {False}),
        (Fault.DOUBTFUL, StoreError, {True}),
    ],
)
def test_a_disk_fails_as_it_is_told_to(disk: Disk, fault: Fault, raises: type[BaseException], there: set[bool]) -> None:
    seen = set()
    with closing(disk):
        for _ in range(30 if fault is Fault.TORN else 1):
            store = disk.open()
            disk.faults.plan(0, fault)
            with pytest.raises(raises):
                store.create(NOTES.document, FOUNDING.block)
            seen.add(disk.open().genesis() is not None)
            disk.wipe()
        assert seen == there


def test_what_was_written_before_survives_a_torn_write(tmp_path: Path) -> None:
    """As often as one likes, whether log or database is torn."""
    kept = set()
    with closing(FileDisk(tmp_path, Random(2))) as disk:
        disk.open().create(NOTES.document, FOUNDING.block)
        for number in range(60):
            store = disk.open()
            assert store.genesis() == NOTES.document
            assert store.noted("before") == (str(number - 1).encode() if number else None)
            store.note({"before": str(number).encode()})
            disk.faults.plan(0, Fault.TORN)
            with pytest.raises(Crash):
                store.note({"torn": str(number).encode() * 5000})
            kept.add(disk.open().noted("torn") == str(number).encode() * 5000)
    assert kept == {True, False}


def test_a_torn_file_begins_with_what_is_new_and_has_no_more_of_it() -> None:
    before, after = b"a" * 50, b"a" * 40 + b"b" * 60
    seen = {torn(before, after, Random(seed)) for seed in range(200)}
    assert len(seen) > 40
    assert all(each[:40] == before[:40] for each in seen)
    pages = torn_pages(b"a" * 8192, b"a" * 4096 + b"b" * 8192, Random(1))
    assert pages[:4096] == b"a" * 4096
    assert len(pages) == 3 * 4096


@pytest.mark.parametrize(
    ("votes", "time"),
    [
        ([(5, 10)], 5),
        ([(3, 10), (1, 10), (2, 10)], 2),
        ([(1, 10), (2, 10), (3, 10), (4, 10)], 2),
        ([(1, 1), (2, 1), (9, 30)], 9),
        ([(1, 15), (9, 15)], 1),
    ],
)
def test_the_median_is_weighted_as_the_engine_does_it(votes: list[tuple[int, int]], time: int) -> None:
    """As in CometBFT's types/time: half the power, rounded down, decides, and a tie goes to the earlier."""
    assert median([Vote(at, power, b"") for at, power in votes]) == time


def test_the_oracle_notices_what_comes_twice_and_what_is_left_out() -> None:
    oracle, people = Oracle(NOTES), People(Random(3), NOTES)
    now = oracle.state.time + 1
    envelope = people.sealed(people.sign(oracle.state, now))
    oracle.decide(EngineBlock.make(1, now * 1_000_000, [envelope]))
    (identifier,) = oracle.expected[-1].ids
    oracle.decide(EngineBlock.make(2, now * 1_000_000, [envelope]))
    assert oracle.expected[-1].ids == ()
    oracle.state.guard._ids.discard(identifier)
    with pytest.raises(Mismatch, match="executed again"):
        oracle.decide(EngineBlock.make(3, now * 1_000_000, [envelope]))
    oracle.pending[b"a timer that the index does not know"] = now
    with pytest.raises(Mismatch, match="timers were due"):
        oracle.decide(EngineBlock.make(3, now * 1_000_000, []))
