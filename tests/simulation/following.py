"""How an engine takes a decided block to its application, and how it finds its place again after a stop.

Rules (CometBFT v0.39, state/execution.go and consensus/replay.go)
- For each block: store it · FinalizeBlock · keep the answer · Commit · keep the state · recheck what is left in the
  mempool. It may stop between any two of these. CheckTx, Query and Info may come between any two, but for the Commit
  itself.
- At a start it asks Info. At height 0 it calls InitChain. An application that is behind is given the blocks again,
  without a proposal; one that has committed what the engine's state does not know yet is believed, by the answer that
  was kept. An application ahead of the block store, or with another app hash, is the end.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from linlian.engine.cometbft.calls import ABSENT
from linlian.engine.cometbft.messages import message
from linlian.kernel import codec
from tests.engine.ledgers import START
from tests.simulation.node import Answer, Node
from tests.simulation.oracle import MILLION, EngineBlock, Expected, must
from tests.simulation.world import World

SIGNED = 2
"""BLOCK_ID_FLAG_COMMIT: a vote for the block."""


def follow(world: World, node: Node) -> None:
    """Take one more decided block."""
    block = world.oracle.blocks[node.state_height]
    world.at(node, "before a block")
    node.blocks = block.height
    world.at(node, "block stored")
    execute(world, node, block)


def execute(world: World, node: Node, block: EngineBlock, again: bool = False) -> None:
    """FinalizeBlock and Commit; `again` if the engine's state knows the block already."""
    expected = world.oracle.expected[block.height]
    ahead = block.hash in node.drafted
    world.plan_fault(node)
    _finalize(world, node, block, expected)
    world.at(node, "finalized")
    world.chatter(node)
    if not again:
        node.answer = Answer(block.height, expected.app_hash, expected.changes)
        world.at(node, "answer kept")
    must(node.ask("commit").retain_height == 0, "the engine must keep its blocks")
    world.acknowledged[node.number] = block.height
    _check_committed(world, node, block, expected)
    node.keep_snapshot()
    for offer in node.ask("list_snapshots").snapshots:
        same = world.offers.setdefault(offer.height, (offer.chunks, offer.hash))
        must(same == (offer.chunks, offer.hash), f"node {node.number} has another snapshot of {offer.height}")
    world.at(node, "committed")
    if again:
        return
    node.state_height = block.height
    world.at(node, "state kept")
    for tx in block.txs:
        node.mempool.pop(tx, None)
    for tx in list(node.mempool):
        world.recheck(node, tx)
    world.chatter(node)
    node.disk.faults.clear()
    world.trace.say(f"{node.number}: block {block.height}" + ", executed ahead" * ahead)


def _finalize(world: World, node: Node, block: EngineBlock, expected: Expected) -> None:
    before, drafted = node.application.executions, block.hash in node.drafted
    told = [message("Misbehavior").FromString(what) for what in block.misbehaviour]
    answer = node.ask(
        "finalize_block",
        txs=list(block.txs),
        height=block.height,
        time=block.time,
        hash=block.hash,
        misbehavior=told,
        decided_last_commit=_last_commit(world, block),
    )
    where = f"node {node.number}, block {block.height}"
    must(answer.app_hash == expected.app_hash, f"{where}: another app hash")
    must(len(answer.tx_results) == len(block.txs), f"{where}: a result for each transaction")
    must(all(not result.code and not result.data for result in answer.tx_results), f"{where}: a result that differs")
    changes = {update.pub_key.ed25519: update.power for update in answer.validator_updates}
    must(changes == expected.changes, f"{where}: other validators")
    executed = node.application.executions - before
    node.drafted.clear()
    node.shown = None
    must(executed == (0 if drafted else 1), f"{where}: executed {executed + drafted} times")


def _last_commit(world: World, block: EngineBlock) -> Any:
    """Who of the validators of the block before has signed it, and who was absent."""
    told = message("CommitInfo")()
    for key, power in sorted(world.oracle.sets.get(block.height - 1, {}).items()):
        vote = told.votes.add(block_id_flag=SIGNED if key in block.signed else ABSENT)
        vote.validator.address, vote.validator.power = sha256(key).digest()[:20], power
    return told


def _check_committed(world: World, node: Node, block: EngineBlock, expected: Expected) -> None:
    where = f"node {node.number}, block {block.height}"
    app, (committed,) = node.application, node.committed
    node.committed.clear()
    must(app.position.height == block.height, f"{where}: stands at {app.position.height}")
    must(codec.encode(app.head) == expected.header, f"{where}: another header")
    must(app.store.head() == app.head, f"{where}: the store has another head")
    must(app.state.root == app.head.state_root, f"{where}: another state root")
    must(tuple(committed.ids[-len(expected.ids) :] if expected.ids else ()) == expected.ids, f"{where}: other ids")
    must((committed.block is not None) is expected.made, f"{where}: a block where there is none")


def begin(world: World, node: Node) -> None:
    """Start application and engine: the handshake. The engine is up once it is through."""
    node.start()
    node.committed.clear()
    world.plan_fault(node)
    info = node.ask("info")
    height = int(info.last_block_height)
    world.trace.say(f"{node.number}: starts at {height}, engine at {node.state_height} of {node.blocks}")
    known = world.acknowledged.get(node.number, 0)
    must(height >= known, f"node {node.number} has lost what it committed: {height} after {known}")
    must(height <= node.blocks, f"node {node.number} is ahead of its engine: {height} after {node.blocks}")
    world.acknowledged[node.number] = height
    if height == 0:
        _init_chain(world, node)
    else:
        must(
            info.last_block_app_hash == world.oracle.expected[height].app_hash, f"node {node.number}: another app hash"
        )
    while height < node.blocks:
        height += 1
        execute(world, node, world.oracle.blocks[height - 1], again=height <= node.state_height)
    if node.state_height < node.blocks:
        kept = node.answer is not None and node.answer.height == node.blocks
        must(kept, f"node {node.number} has committed block {node.blocks}, and its engine never heard an answer")
        node.state_height = node.blocks
    if height == world.oracle.height:
        world.oracle.check_at_tip(node.application.state, f"node {node.number} after a start")
    node.disk.faults.clear()
    node.up = True


def _init_chain(world: World, node: Node) -> None:
    answer: Any = node.ask(
        "init_chain",
        time=START * MILLION,
        chain_id=world.community.chain,
        validators=world.community.validators(),
        app_state_bytes=b'{"linlian": "%s"}' % world.community.document.hex().encode(),
        initial_height=1,
    )
    must(answer.app_hash == world.oracle.expected[0].app_hash, f"node {node.number}: another first app hash")
    world.at(node, "begun")
