"""What a business can rely on: tables and their older rows, refusals that undo everything, bugs that hurt nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from linlian.kernel import codec
from linlian.kernel.block import Block
from linlian.kernel.codec import Count, Hash, Id, Label, Meta, Millis, Row, Subject, replace
from linlian.kernel.contract import SALT_BYTES, SYSTEM, Command, Context, Contract, Event, Refused, compose, snake
from linlian.kernel.crypto import verify_many
from linlian.kernel.entropy import ENTROPY_KEY
from linlian.kernel.errors import EncodingInvalid, NodeMustStop
from linlian.kernel.keys import register_key
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.timers import TIMERS
from linlian.kernel.transition import admit, apply_block, found
from tests.kernel.garden import DRY_MS, PLOT, DigUpTreasure, Garden, TakePlot, business_rows, everything, plot_id

contract = Contract("tool")
ToolId = Annotated[Id, Subject("tool")]


class Tool1(Row, tag=1):
    """The first form of a tool."""

    name: Label


class Tool2(Row, tag=2):
    """The second gained an owner."""

    name: Label
    owner: Id


class Tool(Row, tag=3):
    """The third counts how often it was lent."""

    name: Label
    owner: Id
    lent: Count


tools = contract.table(
    "tool",
    Tool,
    {1: (Tool1, lambda old: Tool(old.name, SYSTEM, 0)), 2: (Tool2, lambda old: Tool(old.name, old.owner, 0))},
)
drawers = contract.table("drawer", Tool, refused="tool.no_drawer")
OLDER: list[tuple[Row, Tool]] = [
    (Tool1("saw"), Tool("saw", SYSTEM, 0)),
    (Tool2("saw", PLOT), Tool("saw", PLOT, 0)),
    (Tool("saw", PLOT, 5), Tool("saw", PLOT, 5)),
]


class LendTool(Command):
    tool: ToolId
    then: Label = ""


class KeepRow(Command):
    """Write a row of an older schema, as an older release did."""

    tool: ToolId
    value: Annotated[bytes, Meta(max_length=200)]


@contract.event
class ToolLent(Event):
    tool: ToolId
    lent: Count
    id: Id
    again: Id
    key: Hash
    at: Millis


class Undeclared(Event):
    tool: ToolId


def _refuse(code: str, about: tuple[bytes, ...] = (), **facts: Any) -> Callable[[Context], None]:
    def no(ctx: Context) -> None:
        raise Refused(code, about, **facts)

    return no


def _fail(error: BaseException) -> Callable[[Context], None]:
    def fail(ctx: Context) -> None:
        raise error

    return fail


def _emit(**changes: Any) -> Callable[[Context], None]:
    fields: dict[str, Any] = {"tool": PLOT, "lent": 0, "id": PLOT, "again": PLOT, "key": bytes(32), "at": 0}
    return lambda ctx: ctx.emit(ToolLent(**(fields | changes)))


def _register_for_system(ctx: Context) -> None:
    register_key(ctx, "ed25519", bytes(31) + b"\x01", SYSTEM)


BUGS: dict[str, Callable[[Context], object]] = {
    "an error": _fail(ZeroDivisionError()),
    "a failed assertion": _fail(AssertionError()),
    "a missing key": _fail(KeyError("gone")),
    "a stop of iteration": _fail(StopIteration()),
    "an event nobody declared": lambda ctx: ctx.emit(Undeclared(tool=PLOT)),
    "an event with a negative count": _emit(lent=-1),
    "an event with a count too large": _emit(lent=2**53),
    "an event with a float": _emit(lent=0.5),
    "an event about a short id": _emit(tool=b"short"),
    "an event at a negative time": lambda ctx: ctx.emit(_lent(ctx), occurred_at=-1),
    "a row with a count too large": lambda ctx: tools.put(ctx, PLOT, Tool("saw", PLOT, 2**53)),
    "a row with a name too long": lambda ctx: tools.put(ctx, PLOT, Tool("s" * 65, PLOT, 0)),
    "a row that is none": lambda ctx: tools.put(ctx, PLOT, None),  # type: ignore[arg-type]
    "a missing row of a table without a code": lambda ctx: tools.require(ctx, plot_id(99)),
    "a timer named after another": lambda ctx: ctx.schedule("garden.dry", PLOT, 1, LendTool(tool=PLOT)),
    "a timer for a command nobody declared": lambda ctx: ctx.schedule("tool.x", PLOT, 1, Command()),
    "a refusal with a float": _refuse("tool.no", weight=0.5),
    "a refusal with nothing": _refuse("tool.no", weight=None),
    "a refusal with a number too large": _refuse("tool.no", weight=2**64),
    "a refusal with a list of anything": _refuse("tool.no", weight=[object()]),
    "a refusal in many words": _refuse("you may not do this"),
    "a refusal of half a megabyte": _refuse("tool.no", weight=bytes(500_000)),
    "a refusal about too many": _refuse("tool.no", tuple(plot_id(number) for number in range(17))),
    "a refusal about something long": _refuse("tool.no", (bytes(65),)),
    "a key for the rules themselves": _register_for_system,
}


def _lent(ctx: Context) -> ToolLent:
    return ToolLent(tool=PLOT, lent=1, id=ctx.new_id(), again=ctx.new_id(), key=ctx.key_id, at=ctx.occurred_at)


@contract.command
def lend_tool(ctx: Context, cmd: LendTool) -> None:
    tool = tools.get(ctx, cmd.tool) or Tool("saw", ctx.signer, 0)
    tools.put(ctx, cmd.tool, replace(tool, lent=tool.lent + 1))
    ctx.schedule("tool.back", cmd.tool, ctx.time + DRY_MS, LendTool(tool=cmd.tool))
    ctx.emit(_lent(ctx))
    if cmd.then == "refuse":
        raise Refused("tool.no", (cmd.tool,), lent=tool.lent)
    if cmd.then == "stop":
        raise MemoryError
    if cmd.then:
        list(BUGS.values())[int(cmd.then)](ctx)


@contract.command
def keep_row(ctx: Context, cmd: KeepRow) -> None:
    ctx.write(tools.key(cmd.tool), cmd.value)


@pytest.mark.parametrize(("value", "code"), [(codec.encode(Tool("saw", PLOT, 5)), ""), (None, "tool.no_drawer")])
def test_a_row_that_must_be_there_is_given_or_refused_with_the_tables_code(value: bytes | None, code: str) -> None:
    class One:
        def read(self, key: bytes) -> bytes | None:
            assert key == drawers.key(PLOT)
            return value

    if not code:
        assert drawers.require(One(), PLOT) == Tool("saw", PLOT, 5)
        return
    with pytest.raises(Refused) as no:
        drawers.require(One(), PLOT)
    assert (no.value.code, no.value.about, no.value.facts) == (code, (), {})


def shed() -> Garden:
    return Garden([contract])


def numbered(bug: str) -> str:
    return str(list(BUGS).index(bug))


@pytest.mark.parametrize(("kept", "read"), OLDER)
def test_a_row_of_an_older_schema_is_upgraded_when_it_is_read(kept: Row, read: Tool) -> None:
    town = shed()
    town.do(town.anna, KeepRow(tool=PLOT, value=codec.encode(kept)))
    assert town.get(tools, PLOT) == read
    assert list(town.rows(tools)) == [(PLOT, read)]
    town.do(town.anna, LendTool(tool=PLOT))
    assert town.get(tools, PLOT) == replace(read, lent=read.lent + 1)
    assert codec.decode_plain(town.state.rows[tools.key(PLOT)][SALT_BYTES:])[0] == 3


@pytest.mark.parametrize("value", [b"\x80", b"\x00", b"\xa0", b"\xff", b"", b"\x81\x04", b"\x84\x04\x60\x60\x00"])
def test_a_row_of_no_known_schema_is_not_guessed_at(value: bytes) -> None:
    town = shed()
    town.do(town.anna, KeepRow(tool=PLOT, value=value))
    with pytest.raises(EncodingInvalid):
        town.get(tools, PLOT)
    block = town.block(town.transaction(town.anna, LendTool(tool=PLOT)))
    assert [receipt.outcome for receipt in block.receipts] == ["broken"]


def outside_histories(block: Block) -> list[bytes]:
    """What a block wrote beside histories and its own entropy."""
    return [key for key, _ in block.writes if b"kernel.subject" not in key and key != ENTROPY_KEY]


def test_a_refusal_undoes_everything_and_stands_in_the_histories_it_names() -> None:
    town = shed()
    town.do(town.anna, LendTool(tool=PLOT))
    with pytest.raises(Refused) as refused:
        town.do(town.anna, LendTool(tool=PLOT, then="refuse"))
    assert (refused.value.code, refused.value.about, refused.value.facts) == ("tool.no", (PLOT,), {"lent": 1})
    block = town.blocks[-1]
    assert outside_histories(block) == []
    assert [key[-16:] for key, _ in block.writes if key != ENTROPY_KEY] == [PLOT]


def test_a_created_row_is_not_created_again_and_a_deleted_one_is_gone() -> None:
    town = shed()
    town.do(town.anna, TakePlot(plot=PLOT))
    assert town.refusal(town.anna, TakePlot(plot=PLOT)) == "garden.plot_taken"


def test_identifiers_are_new_each_time_even_if_the_nonce_is_not() -> None:
    town = shed()
    nonce, seen = bytes(16), []
    for number in range(3):
        outcome = town.do(town.anna, LendTool(tool=plot_id(number)), nonce=nonce)
        event = outcome.the(ToolLent)
        seen += [event.id, event.again]
    seen.append(town.do(town.ben, LendTool(tool=PLOT), nonce=nonce).the(ToolLent).id)
    assert len(set(seen)) == 7


def test_a_handler_sees_who_signed_and_what_is_claimed() -> None:
    town = shed()
    event = town.do(town.ben, LendTool(tool=PLOT), occurred_at=1_234).the(ToolLent)
    assert (event.key, event.at) == (town.ben.key.key_id, 1_234)
    town.time += 1
    assert town.do(town.ben, LendTool(tool=PLOT)).the(ToolLent).at == town.time


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_leaves_a_constant_receipt_and_nothing_else_on_two_nodes_alike(bug: str) -> None:
    town = shed()
    town.do(town.anna, LendTool(tool=plot_id(5)))
    other, _ = found(Rulebook(town.rulebook.contracts[1:]), town.genesis_document)
    other.replay(town.blocks[1])
    before = business_rows(town.state)
    raw = town.transaction(town.anna, LendTool(tool=PLOT, then=numbered(bug)))
    block = town.block(raw)
    assert block.receipts[0].outcome == "broken"
    assert [codec.decode_plain(entry)[1:] for entry in block.receipts[0].entries] == [
        ["kernel.broken", town.time, {"command": "tool.lend_tool"}]
    ]
    assert [key for key, _ in block.writes] == [ENTROPY_KEY]
    assert business_rows(town.state) == before
    admitted, _ = admit(other, town.rulebook, [raw], town.time, verify_many)
    applied = apply_block(other, town.rulebook, town.time, admitted)
    assert applied is not None
    assert len(applied.alarms) == 1
    assert applied.block == block
    assert everything(other) == everything(town.state)


def test_a_bug_harms_neither_what_came_before_nor_what_comes_after_it() -> None:
    town = shed()
    block = town.block(
        town.transaction(town.anna, TakePlot(plot=PLOT)),
        town.transaction(town.anna, DigUpTreasure(plot=PLOT)),
        town.transaction(town.anna, LendTool(tool=PLOT, then=numbered("an error"))),
        town.transaction(town.ben, TakePlot(plot=PLOT)),
        town.transaction(town.ben, TakePlot(plot=plot_id(1))),
    )
    assert [receipt.outcome for receipt in block.receipts] == ["accepted", "broken", "broken", "refused", "accepted"]


def test_a_failing_machine_stops_the_node_before_anything_is_changed() -> None:
    town = shed()
    before = everything(town.state)
    with pytest.raises(NodeMustStop) as stop:
        town.block(town.transaction(town.anna, LendTool(tool=PLOT, then="stop")))
    assert stop.value.code == "kernel.machine_failed"
    assert everything(town.state) == before


def test_a_timer_goes_with_the_command_that_set_it() -> None:
    town = shed()
    key = compose("tool.back", PLOT)
    town.refusal(town.anna, LendTool(tool=PLOT, then="refuse"))
    assert TIMERS.get(town.state, key) is None
    town.do(town.anna, LendTool(tool=PLOT))
    assert TIMERS.get(town.state, key) is not None


def test_keys_of_several_parts_cannot_run_into_each_other() -> None:
    parts: list[tuple[bytes | str | int, ...]] = [
        ("ab", "c"),
        ("a", "bc"),
        ("abc",),
        ("", "abc"),
        (b"abc", ""),
        (1, "abc"),
    ]
    assert len({compose(*each) for each in parts}) == len(parts)
    assert compose("ab", 1, b"") == b"\x02ab\x08" + bytes(7) + b"\x01\x00"
    with pytest.raises(OverflowError):
        compose(bytes(256))


def test_names_on_the_wire_come_from_classes() -> None:
    assert (snake("LendTool"), snake("Rest"), snake("MarkDone2")) == ("lend_tool", "rest", "mark_done2")
    rulebook = shed().rulebook
    assert rulebook.commands["tool.lend_tool"].kind is LendTool
    assert rulebook.events["tool.tool_lent"] is ToolLent
    assert rulebook.tables["tool.tool"] is tools


def test_a_business_comes_after_those_it_needs() -> None:
    first = Contract("first")
    second = Contract("second", needs=(first,))
    Rulebook((first, second))
    for order in ((second,), (second, first)):
        with pytest.raises(TypeError, match="second needs first"):
            Rulebook(order)


def test_nothing_is_declared_twice_under_one_name() -> None:
    """Two modules of a business with a class of one name: the second would silently take the first one's place."""
    one = Contract("one")
    one.table("tool", Tool)
    one.event(ToolLent)
    one.command(lend_tool)
    for again in (lambda: one.table("tool", Tool), lambda: one.event(ToolLent), lambda: one.timer(lend_tool)):
        with pytest.raises(TypeError, match="declared twice"):
            again()
    for pair in ((Contract("one"), Contract("one")), (Contract("kernel"),)):
        with pytest.raises(TypeError, match="two businesses are named"):
            Rulebook(pair)
