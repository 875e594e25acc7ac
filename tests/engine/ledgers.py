"""A small business and a ledger on it, for tests of the engine: notes that can be written, refused, and forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Protocol

from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.watermark import Watermark
from linlian.kernel import codec
from linlian.kernel.contract import (
    Command,
    Context,
    Contract,
    Count,
    Event,
    Hash,
    Id,
    Label,
    Meta,
    Millis,
    Refused,
    Row,
    Subject,
)
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.genesis import Genesis, Seed
from linlian.kernel.keys import end_key, register_key
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.operator import appoint_operator
from linlian.kernel.release import schedule_release
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import Body, sign
from linlian.kernel.transition import found
from linlian.kernel.validators import Validator, change_validator, set_validators
from linlian.store.protocol import Store

contract = Contract("notes")
NoteId = Annotated[Id, Subject("note")]
START = 1_767_225_600_000
WRITER = SoftwareKey("ed25519", sha256(b"writer").digest())
OPERATOR = SoftwareKey("ed25519", sha256(b"operator").digest())
ACCOUNT = bytes(15) + b"\x01"


class Note(Row):
    label: Label
    written_at: Millis


notes = contract.table("note", Note)


class Found(Command):
    writer: Annotated[bytes, Meta(max_length=64)]
    operator: Annotated[bytes, Meta(max_length=64)]
    validators: Annotated[tuple[Hash, ...], Meta(max_length=64)] = ()


class ChangeValidator(Command):
    public_key: Annotated[bytes, Meta(max_length=64)]
    power: Count


class WriteNote(Command):
    label: Label
    forget_at: Millis = 0


class EndKey(Command):
    key: Annotated[bytes, Meta(max_length=32)]


class VoteRules(Command):
    """Let other source take the place of the rules of release 1."""

    source_hash: Annotated[bytes, Meta(min_length=32, max_length=32)]
    at_height: Millis


class ForgetNote(Command):
    note: NoteId


@contract.event
class NoteWritten(Event):
    note: NoteId
    label: Label


@contract.event
class NoteForgotten(Event):
    note: NoteId


@contract.genesis
def found_notes(ctx: Context, cmd: Found) -> None:
    register_key(ctx, "ed25519", cmd.writer, ACCOUNT)
    appoint_operator(ctx, cmd.operator)
    if cmd.validators:
        set_validators(ctx, [Validator(key, 10, ACCOUNT) for key in cmd.validators])


@contract.command
def let_in_or_out(ctx: Context, cmd: ChangeValidator) -> None:
    change_validator(ctx, cmd.public_key, cmd.power, ACCOUNT)


@contract.command
def write_note(ctx: Context, cmd: WriteNote) -> None:
    """Refused for the label "no"; broken for the label "bug"."""
    if cmd.label == "no":
        raise Refused("notes.no", about=(ctx.signer,))
    if cmd.label == "bug":
        raise KeyError(cmd.label)
    note = ctx.new_id()
    notes.create(ctx, note, Note(cmd.label, ctx.time))
    ctx.emit(NoteWritten(note=note, label=cmd.label))
    if cmd.forget_at:
        ctx.schedule("notes.forget", note, cmd.forget_at, ForgetNote(note=note))


@contract.command
def end_a_key(ctx: Context, cmd: EndKey) -> None:
    end_key(ctx, cmd.key)


@contract.command
def vote_rules(ctx: Context, cmd: VoteRules) -> None:
    schedule_release(ctx, 1, cmd.source_hash, cmd.at_height)


@contract.timer
def forget_note(ctx: Context, cmd: ForgetNote) -> None:
    notes.delete(ctx, cmd.note)
    ctx.emit(NoteForgotten(note=cmd.note))


RULEBOOK = Rulebook((contract,))


@dataclass
class Clock:
    """Milliseconds that only the test moves."""

    now: int = START

    def __call__(self) -> int:
        return self.now


class Ticking(Protocol):
    """Whatever tells the time in milliseconds."""

    @property
    def now(self) -> int: ...


@dataclass
class Desk:
    """Makes signed transactions that are valid at the clock's time."""

    chain: str
    clock: Ticking
    made: int = 0
    key: SoftwareKey = field(default_factory=lambda: WRITER)

    def sign(self, command: Command, /, **changes: object) -> bytes:
        self.made += 1
        fields: dict[str, object] = {
            "chain": self.chain,
            "command": RULEBOOK.command_names[type(command)],
            "fields": codec.as_plain(command),
            "signer": ACCOUNT,
            "nonce": self.made.to_bytes(16, "big"),
            "valid_until": self.clock.now + 60_000,
        }
        return sign(Body(**(fields | changes)), self.key)  # type: ignore[arg-type]

    def note(self, label: str = "hello", forget_at: int = 0) -> bytes:
        return self.sign(WriteNote(label=label, forget_at=forget_at))


def write_genesis(validators: tuple[bytes, ...] = (), time: int = START) -> bytes:
    """A genesis document; `validators` are those of a chain that several keep."""
    seed = Found(writer=WRITER.public_key, operator=OPERATOR.public_key, validators=validators)
    genesis = Genesis(
        name="notes",
        nonce=sha256(b"notes").digest(),
        time=time,
        release=1,
        release_hash=RULEBOOK.source_hash,
        work=ORDINARY_WORK,
        seeds=(Seed(command="notes.found", fields=codec.as_plain(seed)),),
    )
    return codec.encode(genesis)


def create(store: Store) -> None:
    """Found a ledger on an empty store."""
    document = write_genesis()
    _, applied = found(RULEBOOK, document)
    store.create(document, applied.block)


def open_ledger(store: Store, folder: Path, clock: Clock) -> tuple[EmbeddedLedger, Desk]:
    """A running ledger, and somebody who can sign for it."""
    ledger = EmbeddedLedger(store, RULEBOOK, OPERATOR, Watermark(folder / "watermark"), clock)
    return ledger, Desk(ledger.chain, clock)
