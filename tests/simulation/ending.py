"""How a seed ends: nothing fails any more, and everybody has to come to the same."""

from __future__ import annotations

from typing import Final

from linlian.engine.cometbft.records import CHANGED, MISBEHAVIOUR
from linlian.store.audit import audit_file
from tests.simulation.consensus import decide
from tests.simulation.following import follow
from tests.simulation.living import start
from tests.simulation.node import Node
from tests.simulation.oracle import MILLION, Mismatch, must
from tests.simulation.people import MINUTE
from tests.simulation.world import World

SETTLING: Final = 40
"""So many blocks at most, until every due timer has run and the last transaction is in."""


def settle(world: World) -> None:
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


def check_whole(world: World) -> None:
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
        _check_notes(world, node)
        if world.folder is not None and node.number < 2:
            path = world.folder / f"audited-{node.number}.sqlite"
            app.store.backup(path)
            report = audit_file(path, processes=1, replay=world.community.builds[1])
            must(report.finding is None, f"the audit of node {node.number} finds {report.finding}")
    world.trace.say(f"end {oracle.height} {oracle.state.height} {oracle.root().hex()}")


def _check_notes(world: World, node: Node) -> None:
    """What an engine keeps beside the ledger: where validators changed, and who signed twice."""
    oracle, store = world.oracle, node.application.store
    changed = [f"{CHANGED}{at:016x}" for at, each in enumerate(oracle.expected) if each.changes]
    must([name for name, _ in store.notes(CHANGED)] == changed, f"node {node.number} has noted other changes")
    told = sum(len(block.misbehaviour) for block in oracle.blocks)
    must(len(store.notes(MISBEHAVIOUR)) == told, f"node {node.number} has noted other misbehaviour")
