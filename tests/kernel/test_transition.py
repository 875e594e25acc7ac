"""From one block to the next: the same on every node, taken back exactly, proved at each height."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.kernel import codec, merkle
from linlian.kernel.block import Block, entry_digests, receipt_leaf
from linlian.kernel.contract import SALT_BYTES, Command, Refused
from linlian.kernel.crypto import verify_many
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.genesis import Genesis, Predecessor, Seed, chain_id, open_genesis
from linlian.kernel.limits import ORDINARY_WORK, UNDO_BLOCKS
from linlian.kernel.state import State
from linlian.kernel.stateproof import check_absence, check_membership, value_hash
from linlian.kernel.transaction import open_transaction
from linlian.kernel.transition import admit, apply_block, found
from linlian.testing.town import Person
from tests.kernel.garden import (
    DRY_MS,
    PLOT,
    DigUpTreasure,
    Garden,
    LeavePlot,
    SharePlot,
    TakePlot,
    WaterPlot,
    everything,
    plot_id,
    plots,
)

PLOTS = 5
steps = st.tuples(st.integers(0, 2), st.integers(0, 6), st.integers(0, PLOTS - 1))
batches = st.tuples(st.lists(steps, min_size=1, max_size=4), st.sampled_from([0, 1, 1_000, DRY_MS // 2, DRY_MS]))
lives = st.lists(batches, min_size=1, max_size=8)


def wish(town: Garden, step: tuple[int, int, int]) -> bytes:
    """A transaction by one of the three about one of the plots: accepted, refused or broken as it comes."""
    who, what, number = step
    plot = plot_id(number)
    person: Person = (town.anna, town.ben, town.warden)[who]
    commands: list[Command] = [
        TakePlot(plot=plot),
        WaterPlot(plot=plot, litres=number),
        LeavePlot(plot=plot),
        SharePlot(plot=plot, neighbours=(town.anna.account, town.ben.account)),
        DigUpTreasure(plot=plot),
        TakePlot(plot=plot),
        WaterPlot(plot=plot, litres=2**53 - 1),
    ]
    offline = what == 5
    return town.transaction(
        person, commands[what], offline=offline, valid_until=town.time + (DRY_MS if offline else 60_000)
    )


def live(town: Garden, life: list[tuple[list[tuple[int, int, int]], int]]) -> None:
    """Blocks of these steps, each so many milliseconds after the one before; timers run as they fall due."""
    for batch, after_ms in life:
        town.time += after_ms
        town.offer(*(wish(town, step) for step in batch))


def fresh(town: Garden) -> State:
    state, _ = found(town.rulebook, town.genesis_document)
    return state


def executed_again(state: State, town: Garden, block: Block) -> Block:
    raws = block.items[block.runs :]
    admitted, rejected = admit(state, town.rulebook, raws, block.header.time, verify_many)
    assert rejected == []
    applied = apply_block(state, town.rulebook, block.header.time, admitted)
    assert applied is not None
    return applied.block


@settings(max_examples=40)
@given(lives)
def test_the_same_blocks_give_the_same_roots(life: list[tuple[list[tuple[int, int, int]], int]]) -> None:
    """Executed by a second node, and applied by their write-sets on a third."""
    town = Garden()
    live(town, life)
    second, third = fresh(town), fresh(town)
    for block in town.blocks[1:]:
        assert executed_again(second, town, block) == block
        third.replay(Block.decode(block.header, block.encode_body()))
        assert third.root == block.header.state_root
    assert everything(second) == everything(town.state) == everything(third)


@settings(max_examples=40)
@given(lives)
def test_a_block_taken_back_leaves_nothing(life: list[tuple[list[tuple[int, int, int]], int]]) -> None:
    town = Garden()
    seen = []
    for batch in life:
        before = everything(town.state)
        height = town.state.height
        live(town, [batch])
        seen.extend([before] * (town.state.height - height))
    after = everything(town.state)
    for before in reversed(seen):
        town.state.rollback()
        assert everything(town.state) == before
    for block in town.blocks[1:]:
        executed_again(town.state, town, block)
    assert everything(town.state) == after


@settings(max_examples=25)
@given(lives, st.integers(0, PLOTS))
def test_what_stood_at_a_height_is_proved_against_its_header(
    life: list[tuple[list[tuple[int, int, int]], int]], number: int
) -> None:
    town = Garden()
    rows: list[bytes | None] = []
    key = plots.key(plot_id(number))
    for batch in [([(0, 0, 0)], 1), *life]:
        live(town, [batch])
        rows.extend([town.state.row(key)] * (len(town.blocks) - len(rows)))
    before = everything(town.state)
    for block, row in list(zip(town.blocks, rows, strict=True))[1:]:
        shown, proof = town.state.prove(key, block.header.height)
        assert shown == row
        path = town.state.path(key)
        if row is None:
            check_absence(block.header.state_root, path, proof)
        else:
            check_membership(block.header.state_root, path, value_hash(row), proof)
    assert everything(town.state) == before


def test_64_blocks_can_be_taken_back_and_proved_and_not_one_more() -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    states = []
    for _ in range(UNDO_BLOCKS + 1):
        states.append(everything(town.state))
        town.do(town.anna, WaterPlot(plot=PLOT, litres=1))
    key, path = plots.key(PLOT), town.state.path(plots.key(PLOT))
    for height in range(town.state.height - UNDO_BLOCKS, town.state.height + 1):
        row, proof = town.state.prove(key, height)
        assert row is not None
        assert plots.decode(row[SALT_BYTES:]).litres == height - 1
        check_membership(town.blocks[height].header.state_root, path, value_hash(row), proof)
    for height in (town.state.height - UNDO_BLOCKS - 1, -1, town.state.height + 1):
        with pytest.raises(LookupError):
            town.state.prove(key, height)
    for before in reversed(states[1:]):
        town.state.rollback()
        assert everything(town.state) == before
    with pytest.raises(IndexError):
        town.state.rollback()


def test_a_header_commits_to_all_before_it() -> None:
    town = Garden()
    live(town, [([(0, 0, 0), (1, 0, 0), (0, 4, 1)], 1), ([(0, 1, 0)], DRY_MS)])
    log = merkle.Log()
    for height, block in enumerate(town.blocks):
        header = block.header
        assert (header.chain, header.height) == (town.state.chain, height)
        assert header.log_root == log.root()
        assert header.count == len(block.items) == len(block.receipts)
        ids = [block.item_id(index) for index in range(header.count)]
        leaves = [
            receipt_leaf(ids[index], item, receipt.outcome, entry_digests(height, index, receipt.entries))
            for index, (item, receipt) in enumerate(zip(block.items, block.receipts, strict=True))
        ]
        assert header.receipts_root == merkle.tree_root(leaves)
        assert len(set(ids)) == len(ids)
        log.append(header.leaf())
    assert town.blocks[1].header.count == 3
    assert [receipt.outcome for receipt in town.blocks[1].receipts] == ["accepted", "refused", "broken"]
    assert town.blocks[2].runs == 1


def test_nothing_to_run_makes_no_block() -> None:
    town = Garden()
    before = everything(town.state)
    assert apply_block(town.state, town.rulebook, town.time + 1_000, []) is None
    assert everything(town.state) == before


def test_header_time_never_falls() -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    raw = town.transaction(town.ben, TakePlot(plot=plot_id(1)))
    applied = apply_block(town.state, town.rulebook, town.time - 5_000, [open_transaction(raw, town.state.chain)])
    assert applied is not None
    assert applied.block.header.time == town.time


def test_no_salt_is_used_twice() -> None:
    town = Garden()
    live(town, [([(0, 0, n) for n in range(4)], 1), ([(0, 1, n) for n in range(4)], 1)])
    salts = [row[:SALT_BYTES] for row in town.state.rows.values()]
    salts += [codec.decode_plain(entry)[0] for block in town.blocks for r in block.receipts for entry in r.entries]
    assert len(set(salts)) == len(salts)


def test_an_unknown_chain_names_its_own_genesis() -> None:
    town = Garden()
    document = town.genesis_document
    assert town.state.chain == "town-" + sha256(b"\x17" + document).hexdigest()[:32]
    other = codec.encode(codec.replace(open_genesis(document), time=1))
    assert chain_id(other) != chain_id(document)
    with pytest.raises(EncodingInvalid):
        chain_id(document + b"\x00")


def genesis(**changes: object) -> Genesis:
    plain = Genesis(name="town", nonce=bytes(32), time=1, release=1, release_hash=bytes(32), work=ORDINARY_WORK)
    return codec.replace(plain, **changes)


@pytest.mark.parametrize("name", ["", "a" * 17, "Town", "to wn", "town\n", "镇", "a.b", "a_b"])
def test_a_chain_name_is_short_and_plain(name: str) -> None:
    with pytest.raises(EncodingInvalid):
        chain_id(codec.encode_plain(codec.as_plain(genesis()) | {"name": name}))


def test_a_genesis_may_name_its_predecessor() -> None:
    before = Predecessor(chain="old-" + "0" * 32, height=7, header_hash=bytes(32), state_root=bytes(32))
    document = codec.encode(genesis(predecessor=before))
    assert open_genesis(document).predecessor == before


@pytest.mark.parametrize(
    ("seed", "cause"),
    [
        (Seed(command="garden.dry_plot", fields={"plot": PLOT}), "garden.no_plot"),
        (Seed(command="garden.nothing", fields={}), "broken"),
        (Seed(command="garden.dry_plot", fields={}), "broken"),
    ],
)
def test_a_community_is_founded_whole_or_not_at_all(seed: Seed, cause: str) -> None:
    town = Garden()
    document = codec.encode(codec.replace(open_genesis(town.genesis_document), seeds=(seed,)))
    with pytest.raises(Refused) as refused:
        found(town.rulebook, document)
    assert refused.value.code == "kernel.not_founded"
    assert refused.value.facts["cause"] == cause
