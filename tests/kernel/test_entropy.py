"""Salts: whoever holds receipts cannot compute them, every keeper can, and the row they come from is never shown."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import pytest

from linlian.kernel import codec
from linlian.kernel.block import Run, entry_digest
from linlian.kernel.contract import SALT_BYTES
from linlian.kernel.entropy import ENTROPY_KEY, current_entropy, entropy_row, first_entropy, next_entropy, salt
from linlian.kernel.errors import LinlianError
from linlian.kernel.genesis import open_genesis
from linlian.kernel.proof import ReceiptFile, check_receipt
from linlian.kernel.state import State
from linlian.kernel.timers import TIMERS
from linlian.kernel.transaction import open_transaction
from linlian.testing.town import Town
from tests.kernel.garden import DRY_MS, PLOT, Garden, TakePlot, WaterPlot, plot_id, prover


def entropy_before(town: Town, height: int) -> bytes:
    """The entropy of a block, written out once more from genesis and all nonces before it."""
    entropy = sha256(b"\x19" + open_genesis(town.genesis_document).nonce).digest()
    for block in town.blocks[:height]:
        runs = [codec.decode(Run, item).nonce for item in block.items[: block.runs]]
        signed = [open_transaction(item, town.state.chain).body.nonce for item in block.items[block.runs :]]
        entropy = sha256(b"\x19" + entropy + b"".join(runs + signed)).digest()
    return entropy


def guessed(file: ReceiptFile, entropies: Iterable[bytes]) -> int | None:
    """How many litres the one withheld entry of a watering speaks of, if a guesser with these entropies finds it."""
    nonce = open_transaction(file.item, file.chain).body.nonce
    for entropy in entropies:
        for number in range(1, 8):
            for litres in range(1, 10):
                fields = {"plot": PLOT, "litres": litres}
                made = [salt(entropy, nonce, number), "garden.plot_watered", file.header.time, fields]
                if entry_digest(file.header.height, file.index, 0, codec.encode_plain(made)) == file.withheld[0]:
                    return litres
    return None


def test_what_a_receipt_withholds_is_not_guessed_from_all_receipts_there_are(tmp_path: Path) -> None:
    """The guesser knows the entry but for a number below ten, and has a receipt of everything since the founding."""
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.do(town.ben, TakePlot(plot=plot_id(1)))
    town.do(town.anna, WaterPlot(plot=PLOT, litres=7))
    made, height = prover(town, tmp_path), town.state.height
    file = made.receipt(town.blocks[height].item_id(0), withhold=(0,))
    assert check_receipt(file, {}).withheld == 1
    nonces = [codec.decode(Run, town.blocks[0].items[0]).nonce]
    nonces += [open_transaction(block.items[0], town.state.chain).body.nonce for block in town.blocks[1:]]
    known = [b"", bytes(32), town.state.chain.encode(), sha256(b"\x19").digest()]
    for nonce in nonces:
        known += [next_entropy(entropy, [nonce]) for entropy in known]
    assert guessed(file, known) is None
    assert guessed(file, [entropy_before(town, height)]) == 7


def test_the_nonce_of_a_run_does_not_follow_from_the_receipt_that_set_its_timer(tmp_path: Path) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    nonce = open_transaction(town.blocks[1].items[0], town.state.chain).body.nonce
    timer = town.state.row(TIMERS.key(b"\x0agarden.dry\x10" + PLOT))
    assert timer is not None
    assert timer[:SALT_BYTES] in [salt(entropy_before(town, 1), nonce, number) for number in range(1, 6)]
    town.advance(ms=DRY_MS)
    assert (
        codec.decode(Run, town.blocks[2].items[0]).nonce
        == sha256(b"\x18" + timer[:SALT_BYTES] + (2).to_bytes(8, "big")).digest()[:16]
    )
    old_way = {sha256(b"\x13" + nonce + number.to_bytes(4, "big")).digest()[:SALT_BYTES] for number in range(1, 6)}
    assert timer[:SALT_BYTES] not in old_way


def test_every_block_leaves_the_entropy_of_the_next(tmp_path: Path) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.advance(ms=DRY_MS)
    seen = {entropy_before(town, height) for height in range(4)}
    assert len(seen) == 4
    assert current_entropy(town.state) == entropy_before(town, 3)
    for height, block in enumerate(town.blocks):
        assert dict(block.writes)[ENTROPY_KEY][SALT_BYTES + 4 :] == entropy_before(town, height + 1)
    assert first_entropy(open_genesis(town.genesis_document).nonce) == entropy_before(town, 0)


def test_whoever_applies_write_sets_goes_on_with_the_same_entropy() -> None:
    town, raws = Garden(), []
    for number in range(3):
        raws.append(town.transaction(town.anna, TakePlot(plot=plot_id(number))))
        town.block(raws[-1])
    follower = State(town.state.chain, town.state.work)
    for block in town.blocks:
        follower.replay(block)
    assert current_entropy(follower) == current_entropy(town.state)


def test_taking_a_block_back_takes_its_entropy_back() -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    before = current_entropy(town.state)
    raw = town.transaction(town.anna, WaterPlot(plot=PLOT, litres=1))
    first = town.block(raw)
    town.state.rollback()
    assert current_entropy(town.state) == before
    town.time -= 1
    assert town.block(raw).receipts == first.receipts


def test_one_nonce_in_two_blocks_gives_other_salts() -> None:
    town = Garden()
    nonce = bytes(range(16))
    for number in range(2):
        town.do(town.anna, TakePlot(plot=plot_id(number)), nonce=nonce)
    first, second = (codec.decode_plain(block.receipts[0].entries[0])[0] for block in town.blocks[1:])
    assert first != second


def test_the_entropy_is_never_proved(tmp_path: Path) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    made = prover(town, tmp_path)
    for height in (None, 0):
        with pytest.raises(LinlianError, match=r"kernel\.not_shown"):
            town.state.prove(ENTROPY_KEY, height)
    with pytest.raises(LinlianError, match=r"kernel\.not_shown"):
        made.state(ENTROPY_KEY)


def test_no_file_holds_an_entropy(tmp_path: Path) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.advance(ms=DRY_MS)
    made = prover(town, tmp_path)
    files = [made.receipt(block.item_id(index)) for block in town.blocks for index in range(len(block.items))]
    shown = b"".join(codec.encode(file) for file in (*files, made.history(PLOT), made.history(b"nobody")))
    shown += b"".join(codec.encode(made.state(key)) for key in town.state.rows if key != ENTROPY_KEY)
    entropies = [entropy_before(town, height) for height in range(4)]
    assert not [entropy for entropy in entropies if entropy in shown]
    # Of the row itself at most the hash stands in a bucket, and that hides 32 unknown bytes.
    assert entropy_row(entropies[-2], []) not in shown
    assert town.state.rows[ENTROPY_KEY] not in shown
