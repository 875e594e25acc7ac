"""How the engines decide on a block: proposals in rounds, some late, some lost, some made by liars.

Rules (CometBFT v0.39)
- A block's time is the weighted median of the precommits of the block before it: of those that the proposer has seen,
  more than two thirds of the power. After a long silence it is therefore old. The first block has the genesis' time.
- A round may fail after any number of nodes have processed its proposal; the next one has another proposer, or brings
  the same proposal again.
- A block is decided if it was found good by nodes that hold more than two thirds of the power at that height. One that
  an honest node finds wrong is found wrong by all.
"""

from __future__ import annotations

from collections.abc import Sequence

from linlian.engine.cometbft.envelope import open_envelope
from linlian.engine.cometbft.messages import ACCEPT, message
from tests.engine.ledgers import START
from tests.simulation.node import Node
from tests.simulation.oracle import MILLION, EngineBlock, must
from tests.simulation.world import Vote, World

ROUNDS_MAX = 3


def decide(world: World) -> EngineBlock | None:
    """Decide on the next block, if enough nodes are there to do so."""
    height = world.oracle.height + 1
    total = sum(world.oracle.sets[height].values())
    proposed: list[EngineBlock] = []
    for number in range(ROUNDS_MAX):
        there = world.at_tip()
        if 3 * world.power(there, height) <= 2 * total:
            return None
        if proposed and world.likely(0.3):
            block = world.chance.choice(proposed)
            honest = False
        else:
            proposal = _propose(world, world.chance.choice(there), height)
            if proposal is None:
                continue
            block, honest = proposal
            proposed.append(block)
        good = _process(world, there, block, honest)
        if good is None or 3 * world.power(good, height) <= 2 * total:
            continue
        if world.likely(0.15):
            world.trace.say(f"round {number} of {height} fails")
            continue
        voting = world.oracle.sets[height]
        world.votes = [
            Vote(world.vote_time(node, block.time), voting[key], key)
            for node in good
            if (key := node.key.public_key) in voting
        ]
        release = world.oracle.state.release.number
        expected = world.oracle.decide(block)
        made = "a block" if expected.made else "none"
        world.trace.say(f"decided {height}: {len(block.txs)} envelopes, {made} of {len(expected.ids)} at {block.time}")
        world.trace.say(f"root {expected.app_hash.hex()}")
        if expected.changes:
            world.trace.say(f"validators of {height + 2}: {sorted(world.oracle.sets[height + 2].values())}")
        if world.oracle.state.release.number != release:
            world.trace.say("the next block is of another release")
        return block
    return None


def _propose(world: World, proposer: Node, height: int) -> tuple[EngineBlock, bool] | None:
    """A proposal, and whether its maker is honest."""
    seen = _votes_seen(world)
    time, signed = (median(seen), tuple(vote.key for vote in seen)) if seen else (START * MILLION, ())
    misbehaviour = _evidence(world, height) if world.likely(0.05) else ()
    if world.likely(0.25):
        decided = [tx for block in world.oracle.blocks[-6:] for tx in block.txs]
        txs = world.people.packed(world.oracle.state, time // MILLION, decided)
        return EngineBlock.make(height, time, txs, misbehaviour, signed), False
    room = 1_000_000 if world.calm else world.chance.choice((600, 2_000, 1_000_000, 1_000_000))
    prepared: list[bytes] = []

    def prepare() -> None:
        waiting = list(proposer.mempool)
        prepared.extend(proposer.ask("prepare_proposal", max_tx_bytes=room, txs=waiting, height=height, time=time).txs)
        rest = iter(waiting)
        must(all(tx in rest for tx in prepared), "a proposal has something that was not waiting, or in another order")
        must(sum(len(tx) + 6 for tx in prepared) <= room, "a proposal is larger than it may be")
        must(all(open_envelope(tx) for tx in prepared), "a proposal has a knock in it")
        world.chatter(proposer)
        world.at(proposer, "after preparing")

    if not world.guard(proposer, prepare):
        return None
    return EngineBlock.make(height, time, prepared, misbehaviour, signed), True


def _process(world: World, there: Sequence[Node], block: EngineBlock, honest: bool) -> list[Node] | None:
    """Who found it good; None if it is bad. Some never see it."""
    right = world.oracle.verdict(block.txs)
    must(right or not honest, "an honest node's proposal is malformed")
    good = []
    for node in world.chance.sample(there, len(there)):
        if world.likely(0.08):
            continue

        def process(node: Node = node) -> None:
            world.chatter(node)
            status = node.ask(
                "process_proposal", height=block.height, time=block.time, txs=list(block.txs), hash=block.hash
            ).status
            must((status == ACCEPT) is right, f"node {node.number} answers {status} to a proposal that is {right}")
            if right:
                node.shown = block.hash
            if world.chance.random() < 0.6:
                world.rest(node)
            world.chatter(node)
            world.at(node, "after processing")

        if world.guard(node, process):
            good.append(node)
    return good if right else None


def _votes_seen(world: World) -> list[Vote]:
    """Precommits of the last block: those that this proposer happens to have, more than two thirds of the power."""
    votes = world.chance.sample(world.votes, len(world.votes))
    total, power = sum(vote.power for vote in votes), 0
    for count, vote in enumerate(votes, 1):
        power += vote.power
        if 3 * power > 2 * total and (world.calm or world.chance.random() < 0.5):
            return votes[:count]
    return votes


def median(votes: Sequence[Vote]) -> int:
    """Their time, weighted as CometBFT does it (types/time.WeightedMedian)."""
    left = sum(vote.power for vote in votes) // 2
    for vote in sorted(votes):
        if left <= vote.power:
            return vote.time
        left -= vote.power
    raise AssertionError("half the power is among the votes")


def _evidence(world: World, height: int) -> tuple[bytes, ...]:
    """Somebody signed twice: the engine tells, the node writes it down."""
    told = message("Misbehavior")(type=world.chance.choice((1, 2)), height=max(1, height - 1), total_voting_power=40)
    told.validator.address = world.chance.randbytes(20)
    told.validator.power = 10
    told.time.seconds = world.now // 1000
    return (told.SerializeToString(),)
