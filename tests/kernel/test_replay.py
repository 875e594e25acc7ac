"""Each transaction at most once: within its window, over a block taken back, offline for three days."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel.crypto import verify_many
from linlian.kernel.limits import OFFLINE_VALIDITY_MS_MAX, VALIDITY_MS_MAX
from linlian.kernel.replay import ReplayGuard, offline
from linlian.kernel.state import State
from linlian.kernel.transaction import open_transaction, sign
from linlian.kernel.transition import admit, apply_block, found
from tests.kernel.garden import DRY_MS, PLOT, Garden, TakePlot, WaterPlot, everything, plot_id

MINUTE_MS = 60_000


def offered(town: Garden, raw: bytes, time: int) -> str:
    """Why a transaction may not stand in a block of this time; empty if it may."""
    _, rejected = admit(town.state, town.rulebook, [raw], time, verify_many)
    return rejected[0][1].code if rejected else ""


def test_a_transaction_is_taken_only_before_its_end_and_two_minutes_ahead() -> None:
    town = Garden()
    end = town.time + 10 * MINUTE_MS
    raw = town.transaction(town.anna, TakePlot(plot=PLOT), valid_until=end)
    assert offered(town, raw, end - VALIDITY_MS_MAX - 1) == "kernel.early"
    assert offered(town, raw, end - VALIDITY_MS_MAX) == ""
    assert offered(town, raw, end - 1) == ""
    assert offered(town, raw, end) == "kernel.expired"


@pytest.mark.parametrize("after_ms", [1, MINUTE_MS, VALIDITY_MS_MAX - 1])
def test_what_was_in_a_block_does_not_come_again_while_it_is_valid(after_ms: int) -> None:
    town = Garden()
    raw = town.transaction(town.anna, TakePlot(plot=PLOT), valid_until=town.time + 1 + VALIDITY_MS_MAX)
    town.block(raw)
    town.time += after_ms - 1
    town.block(town.transaction(town.ben, TakePlot(plot=plot_id(1))))
    assert offered(town, raw, town.time) == "kernel.repeated"


def test_twice_in_one_block_is_once() -> None:
    town = Garden()
    raw = town.transaction(town.anna, TakePlot(plot=PLOT))
    block, rejected = town.offer(raw, raw)
    assert block is not None
    assert block.items == [raw]
    assert [(index, no.code) for index, no in rejected] == [(1, "kernel.repeated")]


def test_the_same_words_under_another_key_of_the_signer_are_the_same_transaction() -> None:
    """The id is that of the body, so a second signature of it, by whatever key, is a repetition."""
    town = Garden()
    raw = town.transaction(town.ben, TakePlot(plot=PLOT))
    town.block(raw)
    again = sign(open_transaction(raw, town.state.chain).body, town.ben.key)
    assert offered(town, again, town.time) == "kernel.repeated"


def test_a_transaction_of_a_block_taken_back_may_come_again() -> None:
    town = Garden()
    raw = town.transaction(town.anna, TakePlot(plot=PLOT))
    town.block(raw)
    town.state.rollback()
    assert offered(town, raw, town.time) == ""


def test_what_a_block_taken_back_made_forget_is_remembered_again() -> None:
    """The block that did not come to be was of a later time; the one that comes instead may be of an earlier."""
    town = Garden()
    raw = town.transaction(town.anna, TakePlot(plot=PLOT), valid_until=town.time + 1 + VALIDITY_MS_MAX)
    town.block(raw)
    first = town.time
    town.time += 2 * VALIDITY_MS_MAX
    town.block(town.transaction(town.ben, TakePlot(plot=plot_id(1))))
    assert town.state.time > first + VALIDITY_MS_MAX
    town.state.rollback()
    assert offered(town, raw, first + MINUTE_MS) == "kernel.repeated"


times = st.lists(st.integers(0, VALIDITY_MS_MAX), min_size=1, max_size=30)


@given(times, st.integers(0, 30))
def test_the_guard_is_what_two_minutes_of_blocks_hold_however_it_came_to_be(gaps: list[int], back: int) -> None:
    """Added block by block, taken back and added again, or rebuilt at start from the blocks themselves."""
    blocks, time = [], 0
    for number, gap in enumerate(gaps):
        time += gap
        blocks.append((time, [number.to_bytes(32, "big"), (number + 1000).to_bytes(32, "big")]))
    guard, rebuilt = ReplayGuard(), ReplayGuard()
    forgotten = [guard.add(*block) for block in blocks]
    for undo in list(reversed(forgotten))[:back]:
        guard.remove_last(undo)
    for block in blocks[max(len(blocks) - back, 0) :]:
        guard.add(*block)
    for block in blocks:
        if block[0] + VALIDITY_MS_MAX >= time:
            rebuilt.add(*block)
    for at, ids in blocks:
        for one in ids:
            assert (one in guard) == (one in rebuilt) == (at + VALIDITY_MS_MAX >= time)


def offline_transaction(town: Garden, plot: bytes = PLOT) -> bytes:
    valid_until = town.time + 1 + OFFLINE_VALIDITY_MS_MAX
    return town.transaction(town.anna, TakePlot(plot=plot), valid_until=valid_until, offline=True)


def test_an_offline_transaction_is_remembered_for_as_long_as_it_is_valid_and_then_forgotten() -> None:
    town = Garden()
    raw = offline_transaction(town)
    one = open_transaction(raw, town.state.chain)
    town.block(raw)
    row = town.get(offline, one.id)
    assert row is not None
    assert row.valid_until == one.body.valid_until
    for _ in range(71):
        town.advance(hours=1)
        town.do(town.ben, TakePlot(plot=plot_id(town.time)))
        assert offered(town, raw, town.time) == "kernel.repeated"
    town.advance(hours=1)
    assert town.time >= one.body.valid_until
    assert town.get(offline, one.id) is None
    assert offered(town, raw, town.time) == "kernel.expired"
    assert one.id not in town.state.guard


def test_a_refused_or_broken_offline_transaction_does_not_come_again_either() -> None:
    town = Garden()
    town.do(town.ben, TakePlot(plot=PLOT))
    raw = offline_transaction(town)
    block = town.block(raw)
    assert block.receipts[0].outcome == "refused"
    town.time += 2 * VALIDITY_MS_MAX
    town.block(town.transaction(town.ben, TakePlot(plot=plot_id(1))))
    assert offered(town, raw, town.time) == "kernel.repeated"


def test_a_late_arrival_keeps_the_time_that_its_signer_claims() -> None:
    town = Garden()
    claimed = town.time
    raw = town.transaction(
        town.anna, TakePlot(plot=PLOT), claimed, offline=True, valid_until=town.time + OFFLINE_VALIDITY_MS_MAX
    )
    town.time += 60 * 3_600_000
    outcome = town.submit(raw)
    entry = outcome.block.receipts[outcome.index].entries[0]
    assert claimed.to_bytes(8, "big") in entry
    assert outcome.block.header.time == claimed + 60 * 3_600_000 + 1


def test_a_node_that_starts_again_from_blocks_refuses_the_same_repetitions() -> None:
    town = Garden()
    raws = [town.transaction(town.anna, TakePlot(plot=plot_id(number))) for number in range(3)]
    raws.append(offline_transaction(town, plot_id(9)))
    for raw in raws:
        town.block(raw)
    town.do(town.anna, WaterPlot(plot=plot_id(0), litres=1))
    again, _ = found(town.rulebook, town.genesis_document)
    for block in town.blocks[1:]:
        again.replay(block)
    assert everything(again) == everything(town.state)
    for state in (again, town.state):
        assert repeated(state, town, raws) == ["kernel.repeated"] * 4


def repeated(state: State, town: Garden, raws: list[bytes]) -> list[str]:
    admitted, rejected = admit(state, town.rulebook, raws, town.time, verify_many)
    assert admitted == []
    return [no.code for _, no in rejected]


def test_timers_and_founding_leave_nothing_in_the_guard() -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    applied = apply_block(town.state, town.rulebook, town.time + DRY_MS, [])
    assert applied is not None
    assert applied.ids[0] not in town.state.guard
