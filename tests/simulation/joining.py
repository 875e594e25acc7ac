"""How somebody who comes late takes the state from others, of whom some lie.

Rules (CometBFT v0.39, statesync)
- The light client has verified the header after the snapshot's height; its app hash is what OfferSnapshot is given.
- Chunks come in order, each from whoever has it. A wrong one is asked for again if the application says so; a snapshot
  that is rejected is not tried again.
- A liar can make a whole snapshot that names the right height; nothing of it may be begun with.
- Afterwards Info has to name the height and the app hash.
- A node that stops while it joins tries again, or takes the blocks one by one. If it stops between its last chunk and
  the engine's own note of it, it takes the same snapshot once more; if nobody has that any longer, its keeper has to
  begin anew with an empty disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from random import Random
from typing import Any, Final, Literal

from linlian.engine.cometbft.messages import ACCEPT, REJECT_FORMAT, REJECT_OFFER, REJECT_SNAPSHOT, RETRY_CHUNK
from linlian.kernel import codec
from linlian.kernel.codec import replace
from linlian.kernel.merkle import Log
from linlian.store.blocks import BODY_BYTES_MAX, compress, decompress
from linlian.store.snapshot import open_manifest
from tests.simulation.disk import Crash, FileDisk
from tests.simulation.node import Node
from tests.simulation.oracle import must
from tests.simulation.world import EngineGone, World

LIE_CHANCE: Final = 0.3


def join(world: World, node: Node) -> bool:
    """Whether the node has begun with a snapshot. It needs a file to keep it in, and somebody to have one."""
    if not isinstance(node.disk, FileDisk) or node.app is not None:
        return False
    offers = [
        (peer, offer)
        for peer in world.running()
        if peer is not node
        for offer in peer.ask("list_snapshots").snapshots
        if offer.height < world.oracle.height
    ]
    if not offers:
        return False
    if not world.guard(node, node.start) or node.application.begun:
        return False
    peer, offer = world.chance.choice(offers)
    world.guard(node, lambda: _take(world, node, peer, offer))
    if not node.up and node.holds_something():
        # It has the state, and its engine does not know.
        world.guard(node, lambda: _take_again(world, node, peer, offer))
    if not node.up and node.holds_something():
        node.wipe()
        world.acknowledged.pop(node.number, None)
    return node.up


def _take(world: World, node: Node, peer: Node, offer: Any) -> None:
    world.plan_fault(node)
    must(node.ask("info").last_block_height == 0, "nobody is here yet")
    trusted = world.oracle.expected[offer.height].app_hash
    if world.likely(0.1):
        other = type(offer)()
        other.CopyFrom(offer)
        other.format += 1
        must(node.ask("offer_snapshot", snapshot=other, app_hash=trusted).result == REJECT_FORMAT, "a foreign format")
    chunks = [
        peer.ask("load_snapshot_chunk", height=offer.height, format=offer.format, chunk=number).chunk
        for number in range(offer.chunks)
    ]
    must(all(chunks), f"node {peer.number} has offered a snapshot and has not all of it")
    if world.likely(0.4):
        _refuse_forgery(world, node, offer, forge(world.chance, chunks, peer.application.state.log), trusted)
    must(node.ask("offer_snapshot", snapshot=offer, app_hash=trusted).result == ACCEPT, "a good snapshot is taken")
    spoilt = False
    for number, chunk in enumerate(chunks):
        world.at(node, "joining")
        taken = world.likely(LIE_CHANCE / offer.chunks) and _offer_lie(world, node, number, chunk)
        if taken is None:
            return
        if taken is False:
            result = node.ask("apply_snapshot_chunk", index=number, chunk=chunk, sender=str(peer.number)).result
            if result == REJECT_SNAPSHOT and spoilt:
                world.trace.say(f"{node.number}: the snapshot is rejected at chunk {number}")
                return
            must(result == ACCEPT, f"a good chunk {number} is answered {result}")
        else:
            spoilt = spoilt or not same_content(taken, chunk)
    must(not spoilt, "a snapshot with a false chunk is taken")
    if world.likely(0.2):
        world.trace.say(f"{node.number}: stops before its engine knows what it has")
        raise world.chance.choice((Crash, EngineGone))
    _stand(world, node, offer, trusted)
    world.trace.say(f"{node.number}: joined at {offer.height} by a snapshot of {offer.chunks} chunks")


def _take_again(world: World, node: Node, peer: Node, offer: Any) -> None:
    """What it stands at already, and nothing else."""
    node.start()
    trusted = world.oracle.expected[offer.height].app_hash
    other = type(offer)()
    other.CopyFrom(offer)
    other.height += 1
    must(node.ask("offer_snapshot", snapshot=other, app_hash=trusted).result == REJECT_OFFER, "another height is taken")
    must(
        node.ask("offer_snapshot", snapshot=offer, app_hash=bytes(32)).result == REJECT_OFFER, "another state is taken"
    )
    stray = node.ask("apply_snapshot_chunk", index=0, chunk=b"", sender="a liar").result
    must(stray == REJECT_SNAPSHOT, "a chunk of nothing is taken")
    must(node.ask("offer_snapshot", snapshot=offer, app_hash=trusted).result == ACCEPT, "what it has is refused")
    for number in range(offer.chunks):
        chunk = peer.ask("load_snapshot_chunk", height=offer.height, format=offer.format, chunk=number).chunk
        must(node.ask("apply_snapshot_chunk", index=number, chunk=chunk).result == ACCEPT, "what it has is refused")
    _stand(world, node, offer, trusted)
    world.trace.say(f"{node.number}: joined at {offer.height} by what it had taken before")


def _stand(world: World, node: Node, offer: Any, trusted: bytes) -> None:
    """It has joined, and its engine knows."""
    info = node.ask("info")
    must((info.last_block_height, info.last_block_app_hash) == (offer.height, trusted), "it stands elsewhere")
    guarded = world.oracle.expected[offer.height].guarded
    must(node.application.state.guard._ids == guarded, f"node {node.number} has joined without all of the replay guard")
    world.at(node, "joined")
    node.blocks = node.state_height = node.base = offer.height
    world.acknowledged[node.number] = offer.height
    node.disk.faults.clear()
    node.up = True


def _offer_lie(world: World, node: Node, number: int, chunk: bytes) -> bytes | Literal[False] | None:
    """A chunk with one bit changed: the bytes if they are taken, False if others are wanted, None if all is over.

    A block whose header is false agrees with itself, so it may be taken for now; some bits of a file mean nothing.
    """
    lie = bytearray(chunk)
    lie[world.chance.randrange(len(lie))] ^= 1 << world.chance.randrange(8)
    answer = node.ask("apply_snapshot_chunk", index=number, chunk=bytes(lie), sender="a liar")
    world.trace.say(f"{node.number}: a false chunk {number}: {answer.result}")
    if answer.result == REJECT_SNAPSHOT:
        return None
    if answer.result == RETRY_CHUNK:
        must(list(answer.reject_senders) == ["a liar"], "who sent a false chunk is named")
        return False
    must(answer.result == ACCEPT, f"a false chunk is answered {answer.result}")
    return bytes(lie)


def _refuse_forgery(world: World, node: Node, offer: Any, forged: list[bytes], trusted: bytes) -> None:
    """A snapshot that a liar has made from a good one: refused before anything begins with it."""
    false = type(offer)()
    false.CopyFrom(offer)
    false.hash, false.chunks = sha256(forged[0]).digest(), len(forged)
    must(node.ask("offer_snapshot", snapshot=false, app_hash=trusted).result == ACCEPT, "nobody can know yet")
    results = []
    for number, chunk in enumerate(forged):
        results.append(node.ask("apply_snapshot_chunk", index=number, chunk=chunk, sender="a liar").result)
        if results[-1] != ACCEPT:
            break
    world.trace.say(f"{node.number}: a forged snapshot of {len(forged)} chunks: {results}")
    must(results[-1] in (REJECT_SNAPSHOT, RETRY_CHUNK), "a forged snapshot is taken")
    must(node.ask("info").last_block_height == 0, "a forged snapshot leaves something behind")


def forge(chance: Random, chunks: Sequence[bytes], log: Log) -> list[bytes]:
    """Leave out blocks that the guard needs, or all of them; count more than there are; another time in the header."""
    manifest, header = open_manifest(chunks[0])
    blocks = list(chunks[1 : header.height + 2 - manifest.blocks_from])
    pieces = list(chunks[1 + len(blocks) :])
    lies = ["none", "many", "time"] + ["fewer"] * (len(blocks) > 1)
    lie = chance.choice(lies)
    if lie == "many":
        header = replace(header, height=header.height + 10**12)
        return [compress(codec.encode(replace(manifest, header=codec.encode(header)))), *blocks, *pieces]
    if lie == "time":
        header = replace(header, time=header.time + 1)
        return [compress(codec.encode(replace(manifest, header=codec.encode(header)))), *blocks, *pieces]
    cut = len(blocks) if lie == "none" else chance.randrange(1, len(blocks))
    first = manifest.blocks_from + cut
    manifest = replace(manifest, blocks_from=first, frontier=tuple(log.frontier(first)))
    return [compress(codec.encode(manifest)), *blocks[cut:], *pieces]


def same_content(one: bytes, other: bytes) -> bool:
    """Whether two compressed files say the same."""
    return decompress(one, BODY_BYTES_MAX) == decompress(other, BODY_BYTES_MAX)
