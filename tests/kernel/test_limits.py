"""Every bound of the ledger: at it, things work; one over, there is a clear answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
import pytest

from linlian.kernel import codec, limits
from linlian.kernel.codec import Blob, Count, Id, Meta, Row, Subject
from linlian.kernel.contract import Command, Context, Contract, Event
from linlian.kernel.crypto import verify_many
from linlian.kernel.errors import EncodingInvalid, Refused, Rejected
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.limits import ORDINARY_WORK, Work
from linlian.kernel.transaction import open_transaction, sign
from linlian.kernel.transition import admit, apply_block
from tests.kernel.garden import Garden, TakePlot, business_rows, plot_id

contract = Contract("labour")

LotId = Annotated[Id, Subject("lot")]
FINE = "accepted"


class Pile(Row):
    load: Annotated[bytes, Meta(max_length=1_000_000)]


piles = contract.table("pile", Pile)


class Dig(Command):
    """So much work of each kind."""

    reads: Count = 0
    writes: Count = 0
    deletions: Count = 0
    events: Count = 0
    timers: Count = 0
    load_bytes: Count = 0
    told_bytes: Count = 0
    key_bytes: Count = 0
    lots: Count = 0
    padding: Annotated[tuple[Blob, ...], Meta(max_length=16)] = ()


class Rest(Command):
    pass


@contract.event
class Dug(Event):
    tale: Annotated[bytes, Meta(max_length=1_000_000)] = b""
    lots: Annotated[tuple[LotId, ...], Meta(max_length=1_000)] = ()


@contract.command
def dig(ctx: Context, cmd: Dig) -> None:
    for number in range(cmd.reads):
        piles.has(ctx, plot_id(number))
    for number in range(cmd.writes):
        piles.put(ctx, plot_id(number), Pile(b""))
    for number in range(cmd.deletions):
        piles.delete(ctx, plot_id(number))
    for _ in range(cmd.events):
        ctx.emit(Dug())
    for number in range(cmd.timers):
        ctx.schedule("labour.rest", plot_id(number), ctx.time, Rest())
    if cmd.load_bytes:
        piles.put(ctx, b"", Pile(bytes(cmd.load_bytes)))
    if cmd.told_bytes:
        ctx.emit(Dug(tale=bytes(cmd.told_bytes)))
    if cmd.key_bytes:
        piles.put(ctx, bytes(cmd.key_bytes), Pile(b""))
    if cmd.lots:
        ctx.emit(Dug(lots=tuple(plot_id(number) for number in range(cmd.lots))))


@contract.timer
def rest(ctx: Context, cmd: Rest) -> None:
    ctx.emit(Dug())


def yard() -> Garden:
    return Garden([contract])


def outcome(town: Garden, raw: bytes) -> str:
    """`accepted`, or the code with which it is rejected or refused."""
    try:
        town.submit(raw)
    except (Rejected, Refused) as no:
        return no.code
    return FINE


def labour_of(work: dict[str, int]) -> Dig:
    return codec.typed(Dig, work)


def labour(**work: int) -> str:
    town = yard()
    return outcome(town, town.transaction(town.anna, labour_of(work)))


def transaction_of(town: Garden, size_bytes: int) -> bytes:
    """A good transaction of exactly this size."""

    def padded(size: int) -> bytes:
        blobs = tuple(bytes(4096) for _ in range(size // 4096))
        return town.transaction(town.anna, Dig(padding=(*blobs, bytes(size % 4096))))

    padding = size_bytes - len(padded(0))
    while (over := len(padded(padding)) - size_bytes) != 0:
        padding -= over
    return padded(padding)


def a_transaction(over: int) -> str:
    town = yard()
    return outcome(town, transaction_of(town, limits.TRANSACTION_BYTES_MAX + over))


def a_signature(over: int) -> str:
    town = yard()
    body, key_id, _ = codec.decode_plain(town.transaction(town.anna, Dig()))
    return outcome(town, codec.encode_plain([body, key_id, bytes(limits.SIGNATURE_BYTES_MAX + over)]))


def a_chain_name(over: int) -> str:
    genesis = open_genesis(Garden().genesis_document)
    try:
        chain_id(codec.encode(codec.replace(genesis, name="a" * (limits.CHAIN_NAME_CHARS_MAX + over))))
    except EncodingInvalid as error:
        return error.code
    return FINE


def validity(span_ms: int, offline: bool) -> str:
    town = yard()
    valid_until = town.time + 1 + span_ms
    return outcome(town, town.transaction(town.anna, Dig(), valid_until=valid_until, offline=offline))


def a_claim(over: int) -> str:
    town = yard()
    return outcome(town, town.transaction(town.anna, Dig(), town.time + 1 + limits.CLAIM_AHEAD_MS_MAX + over))


def left_out(town: Garden, raws: list[bytes]) -> str:
    """Why the filter keeps some of these out; every one that it takes has been checked to be well signed."""
    admitted, rejected = admit(town.state, town.rulebook, raws, town.time, verify_many)
    assert [transaction.raw for transaction in admitted] == raws[: len(admitted)]
    assert [index for index, _ in rejected] == list(range(len(admitted), len(raws)))
    return rejected[0][1].code if rejected else FINE


def transactions(over: int) -> str:
    town = yard()
    raws = [town.transaction(town.anna, Dig()) for _ in range(limits.BLOCK_TRANSACTIONS_MAX + over)]
    return left_out(town, raws)


def block_bytes(over: int) -> str:
    town = yard()
    largest = limits.TRANSACTION_BYTES_MAX
    sizes = [largest] * (limits.BLOCK_BYTES_MAX // largest - 1)
    rest_bytes = limits.BLOCK_BYTES_MAX - sum(sizes)
    sizes += [rest_bytes // 2, rest_bytes - rest_bytes // 2 + over]
    return left_out(town, [transaction_of(town, size) for size in sizes])


def timers_of_a_block(over: int) -> str:
    town = yard()
    for number in range(limits.BLOCK_TIMERS_MAX + over):
        town.do(town.anna, TakePlot(plot=plot_id(number)))
    town.time = 2 * town.time
    applied = apply_block(town.state, town.rulebook, town.time, [])
    assert applied is not None
    assert applied.block.runs == limits.BLOCK_TIMERS_MAX
    return FINE if town.state.timers.next_due() is None else "the next block"


def blocks_taken_back(over: int) -> str:
    town = yard()
    for number in range(limits.UNDO_BLOCKS + over):
        town.do(town.anna, TakePlot(plot=plot_id(number)))
    try:
        for _ in range(limits.UNDO_BLOCKS + over):
            town.state.rollback()
    except IndexError:
        return "gone"
    return FINE


def row_bytes(over: int) -> str:
    overhead = len(piles.key(b"")) + len(codec.encode(Pile(bytes(100_000)))) - 100_000
    return labour(load_bytes=ORDINARY_WORK.bytes_max - overhead + over)


def entry_bytes(over: int) -> str:
    event = {"tale": bytes(100_000)}
    overhead = len(codec.encode_plain([bytes(16), "labour.dug", limits.BLOCK_BYTES_MAX << 20, event])) - 100_000
    return labour(told_bytes=ORDINARY_WORK.bytes_max - overhead + over)


CASES: list[tuple[str, Callable[[int], str], str, str]] = [
    ("TRANSACTION_BYTES_MAX", a_transaction, FINE, "kernel.transaction_too_large"),
    ("SIGNATURE_BYTES_MAX", a_signature, "kernel.wrong_signature", "kernel.malformed"),
    ("CHAIN_NAME_CHARS_MAX", a_chain_name, FINE, "kernel.chain_name_invalid"),
    ("TABLE_KEY_BYTES_MAX", lambda over: labour(key_bytes=256 + over), FINE, "kernel.key_too_long"),
    ("VALIDITY_MS_MAX", lambda over: validity(120_000 + over, False), FINE, "kernel.early"),
    ("OFFLINE_VALIDITY_MS_MAX", lambda over: validity(72 * 3_600_000 + over, True), FINE, "kernel.early"),
    ("CLAIM_AHEAD_MS_MAX", a_claim, FINE, "kernel.claim_ahead"),
    ("BLOCK_TRANSACTIONS_MAX", transactions, FINE, "kernel.block_full"),
    ("BLOCK_BYTES_MAX", block_bytes, FINE, "kernel.block_full"),
    ("BLOCK_TIMERS_MAX", timers_of_a_block, FINE, "the next block"),
    ("UNDO_BLOCKS", blocks_taken_back, FINE, "gone"),
    ("reads_max", lambda over: labour(reads=ORDINARY_WORK.reads_max + over), FINE, "kernel.too_much"),
    ("writes_max", lambda over: labour(writes=ORDINARY_WORK.writes_max + over), FINE, "kernel.too_much"),
    ("writes_max", lambda over: labour(deletions=ORDINARY_WORK.writes_max + over), FINE, "kernel.too_much"),
    ("writes_max", lambda over: labour(lots=ORDINARY_WORK.writes_max + over), FINE, "kernel.too_much"),
    ("writes_max", lambda over: labour(lots=250, writes=6 + over), FINE, "kernel.too_much"),
    ("events_max", lambda over: labour(events=ORDINARY_WORK.events_max + over), FINE, "kernel.too_much"),
    ("bytes_max", row_bytes, FINE, "kernel.too_much"),
    ("bytes_max", entry_bytes, FINE, "kernel.too_much"),
    ("timers_max", lambda over: labour(timers=ORDINARY_WORK.timers_max + over), FINE, "kernel.too_much"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("at_limit", "expected", "one_over"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_at_the_limit_it_works_and_one_over_it_does_not(
    at_limit: Callable[[int], str], expected: str, one_over: str
) -> None:
    assert at_limit(0) == expected
    assert at_limit(1) == one_over


def test_every_named_limit_is_tried() -> None:
    named = {name for name in vars(limits) if name.isupper()} - {"ORDINARY_WORK", "INT_MAX"}
    assert {case[0] for case in CASES} == named | set(msgspec.structs.asdict(ORDINARY_WORK))


def test_work_beyond_the_bounds_leaves_no_trace_but_the_refusal() -> None:
    town = yard()
    before = business_rows(town.state)
    raw = town.transaction(town.anna, Dig(writes=ORDINARY_WORK.writes_max + 1, events=3))
    with pytest.raises(Refused) as refused:
        town.submit(raw)
    assert refused.value.facts == {"what": "writes", "most": ORDINARY_WORK.writes_max}
    assert business_rows(town.state) == before


LEAST = Work(reads_max=0, writes_max=16, events_max=1, bytes_max=4096, timers_max=0)


def test_a_chain_keeps_the_bounds_of_its_genesis() -> None:
    town = yard()
    document = codec.encode(codec.replace(open_genesis(town.genesis_document), work=LEAST, seeds=()))
    assert open_genesis(document).work == LEAST
    town.state.work = LEAST
    for work in ({"reads": 1}, {"writes": 17}, {"events": 2}, {"load_bytes": 4096}, {"timers": 1}):
        assert outcome(town, town.transaction(town.anna, labour_of(work))) == "kernel.too_much"
    assert outcome(town, town.transaction(town.anna, Dig(writes=16))) == FINE


@pytest.mark.parametrize("less", [{"writes_max": 15}, {"events_max": 0}, {"bytes_max": 4095}, {"timers_max": -1}])
def test_bounds_leave_room_for_a_refusal(less: dict[str, int]) -> None:
    plain = codec.as_plain(open_genesis(Garden().genesis_document))
    plain["work"] |= less
    with pytest.raises(EncodingInvalid):
        open_genesis(codec.encode_plain(plain))


def test_one_filter_over_its_own_result_takes_all_of_it() -> None:
    """What stands in a block passes again whoever looks: a large one left out does not keep out a small one."""
    town = yard()
    large = [transaction_of(town, limits.TRANSACTION_BYTES_MAX) for _ in range(130)]
    small = town.transaction(town.ben, TakePlot(plot=plot_id(1)))
    raws = [*large[:127], transaction_of(town, limits.TRANSACTION_BYTES_MAX - 1_000), *large[127:], small]
    admitted, _ = admit(town.state, town.rulebook, raws, town.time, verify_many)
    assert [t.raw for t in admitted] == [*raws[:128], small]
    again, rejected = admit(town.state, town.rulebook, [t.raw for t in admitted], town.time, verify_many)
    assert (again, rejected) == (admitted, [])


def test_an_opened_transaction_is_taken_as_it_is() -> None:
    town = yard()
    raw = town.transaction(town.anna, Dig())
    opened = open_transaction(raw, town.state.chain)
    assert admit(town.state, town.rulebook, [opened], town.time, verify_many) == ([opened], [])
    forged = open_transaction(sign(opened.body, town.ben.key), town.state.chain)
    assert admit(town.state, town.rulebook, [forged], town.time, verify_many)[0] == []
