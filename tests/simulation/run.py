"""One seed, from the founding to the end at which everybody has come to the same.

    run(seed)   the trace's hash, and what was in it; raises Failed where an invariant does not hold

A seed has its community (one in eight lives on the real businesses), its three to five nodes and one more that comes
late (one seed in sixteen with files and snapshots), and its limits (in one of four a block holds no more than a few
transactions and timers). Then it lives some dozens of steps, and ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final
from unittest import mock

from linlian.engine.cometbft import application, remembering
from linlian.kernel import timers, transition
from linlian.kernel.crypto import SignatureCheck, verify_many
from tests.simulation import node as nodes
from tests.simulation import oracle as oracles
from tests.simulation.community import KEYS, Community, Notes, Repairs
from tests.simulation.disk import Disk, FileDisk, MemoryDisk
from tests.simulation.ending import check_whole, settle
from tests.simulation.following import begin
from tests.simulation.living import let, step
from tests.simulation.node import Node
from tests.simulation.oracle import Mismatch, Oracle
from tests.simulation.people import People
from tests.simulation.world import Trace, World

STEPS: Final = 60
NARROW_TRANSACTIONS: Final = 6
NARROW_TIMERS: Final = 2
SHM: Final = Path("/dev/shm")


class Failed(Mismatch):
    """A seed that fails, and where."""

    def __init__(self, seed: int, step: int, why: str) -> None:
        super().__init__(f"seed {seed}, step {step}: {why}")
        self.seed = seed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. `digest` is the hash of its trace, roots included."""

    seed: int
    digest: str
    heights: int
    ledger_height: int
    transactions: int
    timers: int
    stops: int


def run(
    seed: int, tell: Callable[[str], None] | None = None, ended: Callable[[World], None] = lambda _: None
) -> Outcome:
    """Raises Failed. `ended` may look at the world before it is gone."""
    trace = Trace(tell)
    with ExitStack() as closing:
        closing.enter_context(mock.patch.object(remembering, "verify_many", _Verified().verify))
        if seed % 4 == 2:
            _narrow(closing)
        try:
            world = _found(seed, trace, closing)
            for _ in range(STEPS):
                step(world)
            settle(world)
            check_whole(world)
            ended(world)
        except Exception as error:
            why = str(error) if isinstance(error, Mismatch) else f"{type(error).__name__}: {error}"
            raise Failed(seed, trace.steps, why) from error
    oracle = world.oracle
    return Outcome(
        seed, trace.digest(), oracle.height, oracle.state.height, len(oracle.executed), oracle.runs, world.stops
    )


def _narrow(closing: ExitStack) -> None:
    """Blocks that are full, and timers that have to wait their turn, without making thousands of either."""
    for module in (transition, application, oracles):
        closing.enter_context(mock.patch.object(module, "BLOCK_TRANSACTIONS_MAX", NARROW_TRANSACTIONS))
    closing.enter_context(mock.patch.object(nodes, "BLOCK_COUNT_MAX", NARROW_TRANSACTIONS))
    for module in (timers, oracles):
        closing.enter_context(mock.patch.object(module, "BLOCK_TIMERS_MAX", NARROW_TIMERS))


class _Verified:
    """A signature is good or not for everybody, so all nodes together check it once."""

    def __init__(self) -> None:
        self._known: dict[SignatureCheck, bool] = {}

    def verify(self, checks: Sequence[SignatureCheck]) -> list[bool]:
        for check in checks:
            if check not in self._known:
                (self._known[check],) = verify_many([check])
        return [self._known[check] for check in checks]


def _found(seed: int, trace: Trace, closing: ExitStack) -> World:
    chance = Random(seed)
    real, files = seed % 8 == 7, seed % 16 == 1 or seed % 64 == 39
    count = 4 if real else chance.choice((3, 4, 4, 5))
    community: Community = Repairs.of() if real else Notes.of(count)
    folder = None
    if files:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None)))
    world = World(chance, trace, community, Oracle(community), People(chance, community), [], folder)
    trace.say(f"seed {seed}: {count} nodes, {'repairs' if real else 'notes'}, {'files' if files else 'memory'}")
    for number in range(count + 1):
        disk: Disk
        if folder is not None and (number == 0 or (number == count and not real)):
            disk = FileDisk(folder / f"disk-{number}", chance, community.file(folder))
        else:
            disk = MemoryDisk(community.disk, chance)
        closing.callback(disk.close)
        snapshots = folder / f"snapshots-{number}" if folder is not None else None
        node = Node(number, KEYS[number], disk, community.document, community.builds, snapshots, lambda: world.now)
        world.nodes.append(node)
        if number < count:
            let(world, node, begin)
    return world
