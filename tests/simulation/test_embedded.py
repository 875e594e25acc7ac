"""The engine of one machine makes of the simulated chain's transactions the very blocks that several nodes made."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import pytest

from linlian.community.repairs.tests.scene import _nobody_yet
from linlian.engine.batch import Batch
from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.watermark import Watermark
from linlian.kernel import codec
from linlian.kernel.block import Block
from linlian.kernel.transition import found
from tests.engine.ledgers import OPERATOR, Clock
from tests.simulation.community import Notes
from tests.simulation.run import run
from tests.simulation.world import World

SECONDS = 30.0


def lived(seed: int) -> tuple[World, list[Block]]:
    """A simulated world, and the ledger of the first of its nodes that has all of it."""
    kept: list[tuple[World, list[Block]]] = []

    def keep(world: World) -> None:
        node = next(node for node in world.nodes if not node.base)
        kept.append((world, list(node.application.store.blocks())))

    run(seed, ended=keep)
    return kept[0]


@pytest.mark.parametrize("seed", [0, 3, 4, 7, 15])
def test_one_machine_and_several_come_to_the_same_blocks(seed: int, tmp_path: Path) -> None:
    """Seeds whose blocks have the format's own limits."""
    world, blocks = lived(seed)
    community, clock, store = world.community, Clock(), world.community.disk()
    if store.genesis() is None:
        _, founding = found(community.builds[0], community.document)
        store.create(community.document, founding.block)
    head = store.head()
    assert head is not None
    clock.now = head.time
    operator = OPERATOR if isinstance(community, Notes) else _nobody_yet("operator").key
    watermark = Watermark(tmp_path / "watermark")
    assert blocks[-1].header.height > head.height + 3
    with closing(EmbeddedLedger(store, community.builds[1], operator, watermark, clock)) as ledger:
        for block in blocks[head.height + 1 :]:
            make(ledger, clock, block)
            assert codec.encode(ledger.head) == codec.encode(block.header)
            again = store.block(block.header.height)
            assert again is not None
            assert again.encode_body() == block.encode_body()


def make(ledger: EmbeddedLedger, clock: Clock, block: Block) -> None:
    """Hand in a block's transactions at its time; or, if it has none, let its timers fall due.

    One machine runs a due timer at once, several with their next block: so it rests until it is told.
    """
    with ledger._changed:
        clock.now, ledger._rest_until = block.header.time, math.inf
        answers = ledger.submit_many(block.items[block.runs :], record_refusal=True)
    for answer in answers:
        assert answer.result(SECONDS).height == block.header.height
    if not answers:
        ledger._commit(Batch([], ledger.chain))
