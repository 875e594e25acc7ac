"""A small ledger to store: neighbours who lend each other tools.

Three tables, five commands, a timer, refusals and a bug, so that a block holds every kind of item and receipt.

    >>> town = Town(members=3)
    >>> applied = town.block([town.add_tool(0, tool)])
    >>> store.create(town.document, town.founding); store.commit(applied.block)
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated

from linlian.kernel import codec
from linlian.kernel.block import Block
from linlian.kernel.codec import Count, Hash, Id, Meta, Millis, Subject
from linlian.kernel.contract import Command, Context, Contract, Event, Refused, Row, replace
from linlian.kernel.crypto import SoftwareKey, verify_many
from linlian.kernel.genesis import Genesis, Seed
from linlian.kernel.keys import end_key, register_key
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import Body, sign
from linlian.kernel.transition import Applied, admit, apply_block, found

contract = Contract("lending")

MemberId = Annotated[Id, Subject("member")]
ToolId = Annotated[Id, Subject("tool")]
LoanId = Annotated[Id, Subject("loan")]


class Member(Row):
    loans: Count


class Tool(Row):
    owner: Id
    loan: Annotated[bytes, Meta(max_length=16)]
    times: Count


class Loan(Row):
    tool: Id
    member: Id
    due: Millis
    returned: Millis


members = contract.table("member", Member)
tools = contract.table("tool", Tool)
loans = contract.table("loan", Loan)


class Found(Command):
    keys: Annotated[tuple[Hash, ...], Meta(max_length=4096)]


class AddTool(Command):
    tool: ToolId


class LendTool(Command):
    tool: ToolId
    lasts_ms: Millis


class ReturnTool(Command):
    loan: LoanId


class ChangeKey(Command):
    key: Hash


class BreakTool(Command):
    tool: ToolId


class MarkOverdue(Command):
    loan: LoanId


@contract.event
class ToolAdded(Event):
    tool: ToolId
    owner: MemberId


@contract.event
class ToolLent(Event):
    loan: LoanId
    tool: ToolId
    member: MemberId


@contract.event
class ToolReturned(Event):
    loan: LoanId
    tool: ToolId


@contract.event
class LoanOverdue(Event):
    loan: LoanId


@contract.genesis
def found_lending(ctx: Context, cmd: Found) -> None:
    for public_key in cmd.keys:
        account = account_of(public_key)
        register_key(ctx, "ed25519", public_key, account)
        members.create(ctx, account, Member(0))


@contract.command
def add_tool(ctx: Context, cmd: AddTool) -> None:
    tools.create(ctx, cmd.tool, Tool(ctx.signer, b"", 0))
    ctx.emit(ToolAdded(tool=cmd.tool, owner=ctx.signer))


@contract.command
def lend_tool(ctx: Context, cmd: LendTool) -> None:
    tool = tools.get(ctx, cmd.tool)
    member = members.get(ctx, ctx.signer)
    if tool is None or member is None:
        raise Refused("lending.unknown_tool")
    if tool.loan:
        raise Refused("lending.already_lent", about=(cmd.tool, ctx.signer))
    loan = ctx.new_id()
    loans.create(ctx, loan, Loan(cmd.tool, ctx.signer, ctx.time + cmd.lasts_ms, 0))
    tools.put(ctx, cmd.tool, replace(tool, loan=loan, times=tool.times + 1))
    members.put(ctx, ctx.signer, replace(member, loans=member.loans + 1))
    ctx.schedule("lending.overdue", loan, ctx.time + cmd.lasts_ms, MarkOverdue(loan=loan))
    ctx.emit(ToolLent(loan=loan, tool=cmd.tool, member=ctx.signer))


@contract.command
def return_tool(ctx: Context, cmd: ReturnTool) -> None:
    loan = loans.get(ctx, cmd.loan)
    if loan is None or loan.returned:
        raise Refused("lending.no_loan")
    tool = tools.get(ctx, loan.tool)
    assert tool is not None
    loans.delete(ctx, cmd.loan)
    tools.put(ctx, loan.tool, replace(tool, loan=b""))
    ctx.unschedule("lending.overdue", cmd.loan)
    ctx.emit(ToolReturned(loan=cmd.loan, tool=loan.tool))


@contract.command
def change_key(ctx: Context, cmd: ChangeKey) -> None:
    register_key(ctx, "ed25519", cmd.key, ctx.signer)
    end_key(ctx, ctx.key_id)


@contract.command
def break_tool(ctx: Context, cmd: BreakTool) -> None:
    raise ZeroDivisionError("a bug of this release")


@contract.timer
def mark_overdue(ctx: Context, cmd: MarkOverdue) -> None:
    ctx.emit(LoanOverdue(loan=cmd.loan))


RULEBOOK = Rulebook((contract,))


def account_of(public_key: bytes) -> bytes:
    return sha256(public_key).digest()[:16]


def random_id(*parts: object) -> bytes:
    """16 bytes that look random and are the same in each run."""
    return sha256(repr(parts).encode()).digest()[:16]


class Town:
    """The lending ledger on the real kernel, with its members' keys and a clock that only `block` moves."""

    def __init__(self, members: int = 3, name: str = "lending", start_ms: int = 1_700_000_000_000):
        seeds = [sha256(f"{name}/{number}".encode()).digest() for number in range(members)]
        self.keys = [SoftwareKey("ed25519", seed) for seed in seeds]
        self.accounts = [account_of(key.public_key) for key in self.keys]
        found_fields = codec.as_plain(Found(keys=tuple(key.public_key for key in self.keys)))
        genesis = Genesis(
            name=name,
            nonce=sha256(name.encode()).digest(),
            time=start_ms,
            release=1,
            release_hash=bytes(32),
            work=ORDINARY_WORK,
            seeds=(Seed(command="lending.found", fields=found_fields),),
        )
        self.document = codec.encode(genesis)
        self.state, applied = found(RULEBOOK, self.document)
        self.founding = applied.block
        self.blocks = [self.founding]
        self.time = start_ms
        self._signed = 0
        self._next_keys: dict[int, SoftwareKey] = {}

    def sign(
        self,
        member: int,
        command: Command,
        key: SoftwareKey | None = None,
        offline: bool = False,
        lasts_ms: int = 60_000,
    ) -> bytes:
        self._signed += 1
        body = Body(
            chain=self.state.chain,
            command=RULEBOOK.command_names[type(command)],
            fields=codec.as_plain(command),
            signer=self.accounts[member],
            nonce=random_id("nonce", self._signed),
            valid_until=self.time + lasts_ms,
            offline=offline,
        )
        return sign(body, key or self.keys[member])

    def block(self, transactions: Sequence[bytes], after_ms: int = 1_000) -> Applied:
        """Move the clock and make the next block of what is admitted; everything must be."""
        self.time += after_ms
        admitted, rejected = admit(self.state, RULEBOOK, transactions, self.time, verify_many)
        assert not rejected, rejected
        applied = apply_block(self.state, RULEBOOK, self.time, admitted)
        assert applied is not None, "nothing to put in a block"
        self.blocks.append(applied.block)
        for member, key in self._next_keys.items():
            self.keys[member] = key
        self._next_keys.clear()
        return applied

    def live(self, blocks: int, transactions: int = 4) -> list[Block]:
        """Some days of lending: tools added, lent, refused, returned, overdue, a key changed, a bug met."""
        made = []
        for _ in range(blocks):
            height = self.state.height + 1
            batch = [self._any_transaction(height, number) for number in range(transactions)]
            made.append(self.block(batch, after_ms=500 + height % 7 * 400).block)
        return made

    def _any_transaction(self, height: int, number: int) -> bytes:
        member = (height * 7 + number) % len(self.accounts)
        tool = random_id("tool", (height + number) % 40)
        choice = (height * 5 + number * 3) % 11
        if choice < 3:
            return self.sign(member, AddTool(tool=tool), offline=choice == 1)
        if choice < 7:
            return self.sign(member, LendTool(tool=tool, lasts_ms=3_000 + choice * 1_000))
        row = tools.get(self.state, tool)
        if choice < 9 and row is not None and row.loan:
            return self.sign(member, ReturnTool(loan=row.loan))
        if choice == 9 and number == 0:
            old = self.keys[member]
            new = SoftwareKey("ed25519", sha256(old.public_key).digest())
            self._next_keys[member] = new
            return self.sign(member, ChangeKey(key=new.public_key))
        return self.sign(member, BreakTool(tool=tool))
