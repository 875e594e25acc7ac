"""What happens on one day: time passes, things are handed in and decided, nodes stop and come back.

Rules
- A node that starts has an engine that knows how far it is. One that has never been here takes a snapshot, if somebody
  has one and it can keep it, or all blocks one by one.
- A node may lose its ledger alone, and be given the blocks again by its engine; or everything.
- Whoever has the old build is given the new one when its rules are in force, or before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.simulation.consensus import decide
from tests.simulation.following import begin, follow
from tests.simulation.joining import join
from tests.simulation.node import Node
from tests.simulation.world import World

LATE: Final = 8
"""The block before which the last node does not come."""


def step(world: World) -> None:
    """One thing after another, by chance."""
    chance = world.chance
    world.pass_time()
    draw = chance.random()
    running = world.running()
    if draw < 0.4:
        sorts, tx = world.people.envelope(world.oracle.state, world.now)
        if chance.random() < 0.3:
            sorts, tx = "knock", world.people.knock(world.oracle.state)
        for node in chance.sample(running, chance.randrange(len(running) + 1)):
            let(world, node, lambda world, node: world.check(node, sorts, tx))
    elif draw < 0.8:
        if decide(world) is not None:
            for node in chance.sample(running, len(running)):
                if node.up and node.state_height == world.oracle.height - 1 and chance.random() < 0.9:
                    let(world, node, follow)
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
    let(world, node, begin)


def let(world: World, node: Node, act: Callable[[World, Node], object]) -> None:
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
            let(world, node, follow)


def _stop_or_spoil(world: World) -> None:
    node = world.chance.choice(world.nodes)
    what = world.chance.choices(("engine", "machine", "ledger lost", "all lost"), (4, 4, 1, 1))[0]
    if what == "ledger lost" and node.base:
        what = "all lost"
    world.trace.say(f"{node.number}: {what}")
    if what == "engine":
        world.lose_engine(node)
        return
    node.stop()
    if what != "machine":
        world.acknowledged.pop(node.number, None)
        if what == "ledger lost":
            node.disk.wipe()
        else:
            node.wipe()
