"""Rules that change: voted for a height, in force exactly from there, and not without the build that has them."""

from __future__ import annotations

import pytest

from linlian.kernel import codec
from linlian.kernel.block import Block
from linlian.kernel.codec import Count, Row
from linlian.kernel.contract import Command, Context, Contract, Event
from linlian.kernel.errors import NodeMustStop, Refused
from linlian.kernel.release import KEY, RELEASES, Release, current_release
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transition import apply_block, found
from tests.kernel.garden import DRY_MS, PLOT, Garden, TakePlot, VoteRelease, WaterPlot, everything, plot_id

NEXT = b"\x02" * 32
contract = Contract("lamp")


class Lamp(Row):
    hours: Count


lamps = contract.table("lamp", Lamp)


class LightLamp(Command):
    hours: Count


@contract.event
class LampLit(Event):
    hours: Count
    release: Count


@contract.command
def light_lamp(ctx: Context, cmd: LightLamp) -> None:
    """From release 2 on a lamp burns twice as long."""
    hours = cmd.hours * 2 if ctx.release >= 2 else cmd.hours
    lamps.put(ctx, b"", Lamp(hours))
    ctx.emit(LampLit(hours=hours, release=ctx.release))


def street(*numbers: int) -> Garden:
    """A town whose build carries these releases; release 1 is in force."""
    town = Garden([contract])
    town.rulebook.numbers = numbers or (1, 2)
    return town


def vote(town: Garden, at_height: int, number: int = 2, source_hash: bytes = NEXT) -> VoteRelease:
    return VoteRelease(number=number, source_hash=source_hash, at_height=at_height)


def light(town: Garden) -> Block:
    return town.do(town.anna, LightLamp(hours=3)).block


def said(block: Block) -> tuple[int, int, int]:
    """(hours, release the handler saw, release in the header)."""
    fields = codec.decode_plain(block.receipts[-1].entries[0])[3]
    return fields["hours"], fields["release"], block.header.release


def test_a_release_is_in_force_from_its_height_on_and_not_before() -> None:
    town = street()
    town.do(town.warden, vote(town, at_height=4))
    assert [said(light(town)) for _ in range(4)] == [(3, 1, 1), (3, 1, 1), (6, 2, 2), (6, 2, 2)]
    assert [block.header.release_hash for block in town.blocks] == [bytes(32)] * 4 + [NEXT] * 2


def test_the_row_says_what_is_scheduled_and_then_what_is_in_force() -> None:
    town = street()
    town.do(town.warden, vote(town, at_height=3))
    assert current_release(town.state) == Release(1, bytes(32), 2, NEXT, 3)
    light(town)
    assert town.state.release == Release(2, NEXT)
    light(town)
    assert current_release(town.state) == Release(2, NEXT)


def test_a_release_may_begin_with_the_very_next_block() -> None:
    town = street()
    town.do(town.warden, vote(town, at_height=2))
    assert said(light(town)) == (6, 2, 2)


def test_the_first_block_of_a_release_may_be_one_of_timers_alone() -> None:
    town = street()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.do(town.warden, vote(town, at_height=3))
    applied = apply_block(town.state, town.rulebook, town.time + DRY_MS, [])
    assert applied is not None
    assert (applied.block.header.release, applied.block.runs) == (2, 1)
    assert RELEASES.key(KEY) in dict(applied.block.writes)


def test_a_node_without_the_release_stops_before_its_first_block() -> None:
    town = street(1)
    town.do(town.warden, vote(town, at_height=3))
    light(town)
    before = everything(town.state)
    with pytest.raises(NodeMustStop) as stop:
        light(town)
    assert stop.value.code == "kernel.release_missing"
    assert stop.value.facts == {"release": 2, "height": 3}
    assert everything(town.state) == before


def test_a_node_of_the_next_release_alone_cannot_make_blocks_of_this_one() -> None:
    town = street(2)
    with pytest.raises(NodeMustStop):
        light(town)


def test_a_later_vote_replaces_an_earlier_one() -> None:
    town = street(1, 2, 3)
    town.do(town.warden, vote(town, at_height=4, number=3))
    town.do(town.warden, vote(town, at_height=5))
    assert [said(light(town))[2] for _ in range(3)] == [1, 1, 2]


@pytest.mark.parametrize(
    ("number", "at_height", "code"),
    [
        (2, 1, "kernel.release_in_the_past"),
        (2, 0, "kernel.release_in_the_past"),
        (0, 9, "kernel.release_not_newer"),
    ],
)
def test_a_release_is_newer_and_lies_ahead(number: int, at_height: int, code: str) -> None:
    town = street()
    assert town.refusal(town.warden, vote(town, at_height, number)) == code


def test_numbers_never_fall() -> None:
    town = street()
    town.do(town.warden, vote(town, at_height=2))
    light(town)
    assert town.refusal(town.warden, vote(town, at_height=9, number=1)) == "kernel.release_not_newer"


def test_the_same_number_with_another_source_is_a_repair() -> None:
    town = street()
    town.do(town.warden, vote(town, at_height=2, number=1, source_hash=b"\x07" * 32))
    assert light(town).header.release_hash == b"\x07" * 32


def test_taking_the_first_block_of_a_release_back_takes_the_release_back() -> None:
    town = street()
    town.do(town.warden, vote(town, at_height=3))
    light(town)
    before = everything(town.state)
    light(town)
    town.state.rollback()
    assert everything(town.state) == before
    assert said(light(town)) == (6, 2, 2)


def test_two_nodes_go_over_to_a_release_alike() -> None:
    town = street()
    town.do(town.warden, vote(town, at_height=4))
    for number in range(4):
        town.do(town.anna, TakePlot(plot=plot_id(number)))
        town.do(town.anna, WaterPlot(plot=plot_id(number), litres=1))
    other, _ = found(Rulebook(town.rulebook.contracts[1:], (1, 2)), town.genesis_document)
    for block in town.blocks[1:]:
        other.replay(block)
        assert other.root == block.header.state_root
    assert everything(other) == everything(town.state)


def test_only_the_warden_votes() -> None:
    town = street()
    with pytest.raises(Refused) as refused:
        town.do(town.ben, vote(town, at_height=9))
    assert refused.value.code == "garden.role_missing"
