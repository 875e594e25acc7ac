"""One seed, from the founding to the end at which everybody has come to the same.

    run(seed)        the trace's hash; raises Mismatch, with the seed and the step, where an invariant does not hold

In one of four seeds a block holds no more than a few transactions and timers.

A seed makes its community (one in eight lives on the real businesses), its three to five nodes (one in sixteen seeds
has files, snapshots and somebody who joins late), and then some dozens of steps: time passes, somebody hands something
in, a block is decided and taken over by those who are there, a node stops, starts, loses its disk, gets a new build.
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
from linlian.engine.cometbft.records import CHANGED, MISBEHAVIOUR
from linlian.kernel import timers, transition
from linlian.kernel.crypto import SignatureCheck, verify_many
from linlian.store.audit import audit_file
from tests.simulation import node as nodes
from tests.simulation import oracle as oracles
from tests.simulation.community import KEYS, Community, Notes, Repairs
from tests.simulation.consensus import decide
from tests.simulation.disk import Disk, FileDisk, MemoryDisk
from tests.simulation.following import begin, follow
from tests.simulation.joining import join
from tests.simulation.node import Node
from tests.simulation.oracle import MILLION, Mismatch, Oracle, must
from tests.simulation.people import MINUTE, People
from tests.simulation.world import Trace, World

STEPS: Final = 60
LATE: Final = 8
"""The block before which the last node does not come."""
NARROW_TRANSACTIONS: Final = 6
NARROW_TIMERS: Final = 2
SETTLING: Final = 40
"""So many blocks at most, at the end, until every due timer has run and the last transaction is in."""
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
                _step(world)
            _settle(world)
            _check_whole(world)
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
            _let(world, node, begin)
    return world


def _step(world: World) -> None:
    chance = world.chance
    world.pass_time()
    draw = chance.random()
    running = world.running()
    if draw < 0.4:
        sorts, tx = world.people.envelope(world.oracle.state, world.now)
        if chance.random() < 0.3:
            sorts, tx = "knock", world.people.knock(world.oracle.state)
        for node in chance.sample(running, chance.randrange(len(running) + 1)):
            _let(world, node, lambda world, node: world.check(node, sorts, tx))
    elif draw < 0.8:
        if decide(world) is not None:
            for node in chance.sample(running, len(running)):
                if node.up and node.state_height == world.oracle.height - 1 and chance.random() < 0.9:
                    _let(world, node, follow)
        else:
            _catch_up(world)
    elif draw < 0.9:
        _catch_up(world)
    elif draw < 0.95:
        _stop_or_spoil(world)
    else:
        down = [node for node in world.nodes if not node.up]
        if down:
            start(world, chance.choice(down))


def start(world: World, node: Node) -> None:
    """Start a node that is down; one that has never been here joins, from a snapshot if there is one."""
    if node.build == 0 and (world.oracle.state.release.number > 1 or world.likely(0.1)):
        node.stop()
        node.build = 1
    if node.blocks == 0 and world.oracle.height and join(world, node):
        return
    _let(world, node, begin)


def _let(world: World, node: Node, act: Callable[[World, Node], object]) -> None:
    """Let a node do something; it may stop over it."""

    def acting() -> None:
        act(world, node)

    world.guard(node, acting)


def _catch_up(world: World) -> None:
    """Those who are behind take some blocks; those who are down may come back."""
    for node in world.chance.sample(world.nodes, len(world.nodes)):
        late = node.number == len(world.nodes) - 1
        if late and node.blocks == 0 and world.oracle.height < LATE:
            continue
        if not node.up and world.chance.random() < (0.4 if late else 0.7):
            start(world, node)
        while node.up and node.state_height < world.oracle.height and world.chance.random() < 0.9:
            _let(world, node, follow)


def _stop_or_spoil(world: World) -> None:
    node = world.chance.choice(world.nodes)
    what = world.chance.choices(("engine", "machine", "ledger lost", "all lost"), (4, 4, 1, 1))[0]
    if what == "ledger lost" and node.base:
        what = "all lost"
    world.trace.say(f"{node.number}: {what}")
    if what == "engine":
        node.stop_engine()
        return
    node.stop()
    if what != "machine":
        world.acknowledged.pop(node.number, None)
        if what == "ledger lost":
            node.disk.wipe()
        else:
            node.wipe()


def _settle(world: World) -> None:
    """Nothing fails any more: everybody comes back, catches up, and what is handed in now is in a block soon."""
    world.calm = True
    world.trace.say("calm")
    for node in world.nodes:
        node.skew = 0
        node.disk.faults.clear()
        if node.build == 0:
            node.stop()
            node.build = 1
        if not node.up:
            start(world, node)
    world.now = max(world.now, world.oracle.state.time, *(vote.time // MILLION for vote in world.votes))
    world.now += world.chance.choice((5_000, 400_000))
    _follow_all(world)
    last = world.people.sign(world.oracle.state, world.now, valid_until=world.now + MINUTE)
    envelope = world.people.sealed(last)
    for node in world.nodes:
        must(world.check(node, "the last", envelope), f"node {node.number} does not take a good transaction")
    for number in range(SETTLING):
        must(decide(world) is not None, "a calm network decides")
        world.now += 1_000
        _follow_all(world)
        settled = world.people.identifier(last) in world.oracle.executed and not world.oracle.due(world.now)
        if settled:
            world.trace.say(f"settled after {number + 1} blocks")
            return
    raise Mismatch(f"not settled after {SETTLING} blocks: {len(world.oracle.due(world.now))} timers are due")


def _follow_all(world: World) -> None:
    for node in world.nodes:
        must(node.up, f"node {node.number} does not come back")
        while node.state_height < world.oracle.height:
            follow(world, node)


def _check_whole(world: World) -> None:
    """All are at the same; every transaction is where it was; and what is on disk is found good by the audit."""
    oracle = world.oracle
    for node in world.nodes:
        app = node.application
        oracle.check_at_tip(app.state, f"node {node.number} at the end")
        if node.base:
            continue
        for identifier, height in oracle.executed.items():
            found = app.store.find(identifier)
            must(found is not None and found[0] == height, f"node {node.number} has lost {identifier.hex()}")
        changed = [f"{CHANGED}{at:016x}" for at, each in enumerate(oracle.expected) if each.changes]
        must([name for name, _ in app.store.notes(CHANGED)] == changed, f"node {node.number} noted other changes")
        told = sum(len(block.misbehaviour) for block in oracle.blocks)
        must(len(app.store.notes(MISBEHAVIOUR)) == told, f"node {node.number} has noted other misbehaviour")
        if world.folder is not None and node.number < 2:
            path = world.folder / f"audited-{node.number}.sqlite"
            app.store.backup(path)
            report = audit_file(path, processes=1, replay=world.community.builds[1])
            must(report.finding is None, f"the audit of node {node.number} finds {report.finding}")
    world.trace.say(f"end {oracle.height} {oracle.state.height} {oracle.root().hex()}")
