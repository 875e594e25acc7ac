"""Commands that wait for a time: in order, at most 256 a block, never in the block that set them, and then gone."""

from __future__ import annotations

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel import codec
from linlian.kernel.block import Block, Run
from linlian.kernel.codec import INT_MAX, Blob, Count, Id, Int, Label, Millis, Row, Subject
from linlian.kernel.contract import SYSTEM, Command, Context, Contract, Event, Refused, compose
from linlian.kernel.limits import BLOCK_TIMERS_MAX
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.timers import TIMERS, TimerIndex
from linlian.kernel.transition import Applied, apply_block
from tests.kernel.garden import DRY_MS, PLOT, Garden, LeavePlot, TakePlot, WaterPlot, everything, plot_id, plots

contract = Contract("clock")
BellId = Annotated[Id, Subject("bell")]


class Heard(Row):
    """What a bell's handler saw of its context."""

    signer: Id
    time: Millis
    occurred_at: Millis
    height: Count


heard = contract.table("heard", Heard)


class Wind(Command):
    """Set a bell `count` times over, each under a name of its own from `bell` on."""

    bell: BellId
    due: Int
    count: Count = 0
    name: Label = ""
    then: Label = ""
    padding: Blob = b""


class Ring(Command):
    bell: BellId
    then: Label = ""
    padding: Blob = b""


@contract.event
class Rang(Event):
    bell: BellId


def bell(number: int) -> bytes:
    return number.to_bytes(16, "big")


@contract.command
def wind(ctx: Context, cmd: Wind) -> None:
    first = int.from_bytes(cmd.bell, "big")
    for number in range(first, first + cmd.count + 1):
        ring_command = Ring(bell=bell(number), then=cmd.then, padding=cmd.padding)
        ctx.schedule(cmd.name or "clock.ring", bell(number), cmd.due, ring_command)


@contract.timer
def ring(ctx: Context, cmd: Ring) -> None:
    if cmd.then == "refuse":
        raise Refused("clock.silent", about=(cmd.bell,))
    if cmd.then == "break":
        raise ZeroDivisionError
    if cmd.then == "again":
        ctx.schedule("clock.ring", cmd.bell, ctx.time, Ring(bell=cmd.bell))
    if cmd.then == "silence-the-next":
        ctx.unschedule("clock.ring", _next(cmd.bell))
    if cmd.then == "wind-the-next":
        ctx.schedule("clock.ring", _next(cmd.bell), ctx.time, Ring(bell=_next(cmd.bell)))
    heard.put(ctx, cmd.bell, Heard(ctx.signer, ctx.time, ctx.occurred_at, ctx.height))
    ctx.emit(Rang(bell=cmd.bell))


def _next(bell_id: bytes) -> bytes:
    return bell(int.from_bytes(bell_id, "big") + 1)


def clock() -> Garden:
    return Garden([contract])


def wait(town: Garden, ms: int) -> Applied | None:
    """The block that an engine makes after this time, if something is due."""
    town.time += ms
    return apply_block(town.state, town.rulebook, town.time, [])


def ran(block: Block) -> list[Run]:
    return [codec.typed(Run, codec.decode_plain(item)) for item in block.items[: block.runs]]


def test_a_timer_runs_in_the_first_block_at_its_time_and_not_before() -> None:
    town = clock()
    town.do(town.anna, Wind(bell=bell(1), due=town.time + 1_001))
    assert wait(town, 999) is None
    applied = wait(town, 1)
    assert applied is not None
    assert ran(applied.block)[0] == Run(
        "timer", "clock.ring", {"bell": bell(1)}, "clock.ring", bell(1), ran(applied.block)[0].nonce
    )
    assert town.get(heard, bell(1)) == Heard(SYSTEM, town.time, town.time, 2)
    assert wait(town, DRY_MS) is None


def test_a_timer_that_is_overdue_when_it_is_set_waits_for_the_next_block() -> None:
    town = clock()
    block = town.block(town.transaction(town.anna, Wind(bell=bell(1), due=0)))
    assert block.runs == 0
    assert town.state.timers.next_due() == 0
    applied = wait(town, 0)
    assert applied is not None
    assert [run.record for run in ran(applied.block)] == [bell(1)]


def test_timers_run_before_the_transactions_of_their_block() -> None:
    town = clock()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.time += DRY_MS
    block = town.block(town.transaction(town.anna, WaterPlot(plot=PLOT, litres=1)))
    assert [receipt.outcome for receipt in block.receipts] == ["accepted", "accepted"]
    assert block.runs == 1
    plot = town.get(plots, PLOT)
    assert plot is not None
    assert not plot.dry


def test_setting_a_timer_again_replaces_it() -> None:
    town = clock()
    due = town.time + DRY_MS
    town.do(town.anna, Wind(bell=bell(1), due=due))
    town.do(town.anna, Wind(bell=bell(1), due=due + 5_000, then="refuse"))
    assert wait(town, DRY_MS) is None
    applied = wait(town, 5_000)
    assert applied is not None
    assert [receipt.outcome for receipt in applied.block.receipts] == ["refused"]


def test_a_timer_that_is_unset_never_runs() -> None:
    town = clock()
    town.do(town.anna, TakePlot(plot=PLOT))
    assert town.state.timers.next_due() is not None
    town.do(town.anna, LeavePlot(plot=PLOT))
    assert town.state.timers.next_due() is None
    assert wait(town, DRY_MS) is None


@pytest.mark.parametrize(("then", "outcome"), [("", "accepted"), ("refuse", "refused"), ("break", "broken")])
def test_a_timer_has_a_receipt_and_is_gone_whatever_became_of_it(then: str, outcome: str) -> None:
    town = clock()
    town.do(town.anna, Wind(bell=bell(1), due=town.time, then=then))
    applied = wait(town, 1)
    assert applied is not None
    assert [receipt.outcome for receipt in applied.block.receipts] == [outcome]
    assert TIMERS.get(town.state, compose("clock.ring", bell(1))) is None
    assert wait(town, DRY_MS) is None


def test_a_timer_may_set_itself_again_for_the_next_block() -> None:
    town = clock()
    town.do(town.anna, Wind(bell=bell(1), due=town.time, then="again"))
    first, second, third = wait(town, 1), wait(town, 0), wait(town, 0)
    assert first is not None
    assert second is not None
    assert (len(first.block.items), len(second.block.items), third) == (1, 1, None)


def test_a_timer_silenced_by_an_earlier_one_of_its_block_does_not_run() -> None:
    town = clock()
    town.do(town.anna, Wind(bell=bell(1), due=town.time, count=1, then="silence-the-next"))
    applied = wait(town, 1)
    assert applied is not None
    assert [run.record for run in ran(applied.block)] == [bell(1)]
    assert wait(town, 1) is None


def test_a_timer_replaced_by_an_earlier_one_of_its_block_waits_for_the_next() -> None:
    town = clock()
    town.do(town.anna, Wind(bell=bell(1), due=town.time, count=1, then="wind-the-next"))
    first, second = wait(town, 1), wait(town, 0)
    assert first is not None
    assert second is not None
    assert [run.record for run in ran(first.block)] == [bell(1)]
    assert [run.record for run in ran(second.block)] == [bell(2)]


def test_due_timers_run_in_order_of_time_and_then_of_key_256_a_block() -> None:
    town = clock()
    now = town.time + 10_000
    numbers = range(100, 100 + BLOCK_TIMERS_MAX + 40, 4)
    for number in reversed(numbers):
        town.do(town.anna, Wind(bell=bell(number), due=now + number % 3, count=3))
    expected = sorted(
        (now + number % 3, compose("clock.ring", bell(number + more))) for number in numbers for more in range(4)
    )
    town.time = now + 2
    seen: list[bytes] = []
    while (applied := wait(town, 0)) is not None:
        records = [compose(run.name, run.record) for run in ran(applied.block)]
        assert len(records) == min(BLOCK_TIMERS_MAX, len(expected) - len(seen))
        seen += records
    assert seen == [key for _, key in expected]


@pytest.mark.parametrize(
    "command",
    [
        Wind(bell=bell(1), due=-1),
        Wind(bell=bell(1), due=INT_MAX, name="garden.dry"),
        Wind(bell=bell(1), due=INT_MAX, padding=bytes(4096)),
    ],
)
def test_a_timer_that_could_not_be_read_again_is_a_bug_of_its_command(command: Wind) -> None:
    """A negative time, another business's name, fields longer than a row holds: the node goes on, nothing is set."""
    town = clock()
    block = town.block(town.transaction(town.anna, command))
    assert [receipt.outcome for receipt in block.receipts] == ["broken"]
    assert town.state.timers.next_due() is None


def test_a_timer_whose_command_the_next_release_lacks_leaves_a_broken_receipt() -> None:
    town = clock()
    town.do(town.anna, Wind(bell=bell(1), due=town.time))
    without = Rulebook(tuple(c for c in town.rulebook.contracts[1:] if c is not contract))
    applied = apply_block(town.state, without, town.time, [])
    assert applied is not None
    assert [receipt.outcome for receipt in applied.block.receipts] == ["broken"]
    assert applied.alarms
    assert town.state.timers.next_due() is None


def test_taking_a_block_back_sets_its_timers_again() -> None:
    town = clock()
    town.do(town.anna, Wind(bell=bell(1), due=town.time, count=3))
    before = everything(town.state)
    assert wait(town, 1) is not None
    town.state.rollback()
    assert everything(town.state) == before
    applied = wait(town, 0)
    assert applied is not None
    assert applied.block.runs == 4


changes = st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 20)), max_size=60)


@given(changes, st.integers(0, 20))
def test_the_index_agrees_with_a_sorted_list(made: list[tuple[int, int | None]], time: int) -> None:
    index, kept = TimerIndex(), dict[bytes, int]()
    for number, due in made:
        key = plot_id(number)
        index.set(key, due)
        if due is None:
            kept.pop(key, None)
        else:
            kept[key] = due
    waiting = sorted((due, key) for key, due in kept.items())
    assert index.next_due() == (waiting[0][0] if waiting else None)
    for _ in range(2):
        assert index.due(time) == [key for due, key in waiting if due <= time]


def test_the_fields_of_a_timer_may_be_as_long_as_a_row_holds() -> None:
    town = clock()
    room = 4096 - len(codec.encode(Ring(bell=bell(1), padding=bytes(1024)))) + 1024
    town.do(town.anna, Wind(bell=bell(1), due=town.time, padding=bytes(room)))
    row = TIMERS.get(town.state, compose("clock.ring", bell(1)))
    assert row is not None
    assert len(row.fields) == 4096
    block = town.block(town.transaction(town.anna, Wind(bell=bell(2), due=town.time, padding=bytes(room + 1))))
    assert [receipt.outcome for receipt in block.receipts] == ["accepted", "broken"]


def test_a_timer_that_is_moved_again_and_again_takes_no_more_room() -> None:
    index = TimerIndex()
    index.set(b"other", 7)
    for due in range(50_000, 0, -1):
        index.set(b"one", due + 10)
    assert len(index._heap) < 2_000
    assert index.due(2**53) == [b"other", b"one"]
    index.set(b"other", None)
    assert index.next_due() == 11


above = Contract("tower", needs=(contract,))


class Pass(Command):
    """Defined here, and handled by a business of which this one knows nothing."""

    bell: BellId


class HandOn(Command):
    """Hand on this bell so many times in one transaction."""

    bell: BellId
    times: Count


@above.event
class Passed(Event):
    bell: BellId


@contract.command
def hand_on(ctx: Context, cmd: HandOn) -> None:
    for _ in range(cmd.times):
        ctx.hand_on(cmd.bell, Pass(bell=cmd.bell))


@above.timer
def pass_on(ctx: Context, cmd: Pass) -> None:
    ctx.emit(Passed(bell=cmd.bell))


def test_what_is_handed_on_runs_in_the_next_block_once_with_a_receipt_of_its_own() -> None:
    town = Garden([contract, above])
    block = town.block(town.transaction(town.anna, HandOn(bell=bell(1), times=3)))
    assert (block.runs, [receipt.outcome for receipt in block.receipts]) == (0, ["accepted"])
    applied = wait(town, 0)
    assert applied is not None
    assert [(run.command, run.record) for run in ran(applied.block)] == [("tower.pass", bell(1))]
    assert town.events(applied.block, 0) == [Passed(bell=bell(1))]
    assert wait(town, DRY_MS) is None


def test_what_nobody_looks_after_is_handed_to_nobody() -> None:
    town = clock()
    block = town.block(town.transaction(town.anna, HandOn(bell=bell(1), times=1)))
    assert [receipt.outcome for receipt in block.receipts] == ["accepted"]
    assert town.state.timers.next_due() is None


def test_two_businesses_cannot_look_after_the_same() -> None:
    beside = Contract("spire", needs=(contract,))
    beside.timer(pass_on)
    with pytest.raises(TypeError, match="same kind of command"):
        Rulebook((contract, above, beside))
