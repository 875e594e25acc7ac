"""The example ledger of the test vectors: eight blocks in which everything happens once.

A community of two who keep notes. Everything about it is fixed, so the same bytes come out each time.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Annotated

from linlian.kernel import codec, crypto
from linlian.kernel.block import Block
from linlian.kernel.codec import Blob, Count, Hash, Id, Label, Meta, Row, Subject
from linlian.kernel.contract import Command, Context, Contract, Event, Refused
from linlian.kernel.crypto import Binding, SoftwareKey, pack_assertion
from linlian.kernel.genesis import Genesis, Seed
from linlian.kernel.keys import end_key, register_key
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.operator import appoint_operator
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import Body, SigningKey, sign
from linlian.kernel.transition import admit, apply_block, found

START = 1_767_225_600_000
"""2026-01-01T00:00:00Z in milliseconds."""
DAY_MS = 86_400_000

contract = Contract("notes")
NoteId = Annotated[Id, Subject("note")]
WriterId = Annotated[Id, Subject("writer")]


class Note(Row):
    writer: Id
    title: Label
    read: Count


notes = contract.table("note", Note)


class Found(Command):
    operator: Hash
    suites: Annotated[tuple[Label, ...], Meta(max_length=8)]
    keys: Annotated[tuple[Blob, ...], Meta(max_length=8)]
    writers: Annotated[tuple[Id, ...], Meta(max_length=8)]
    rp_id: Label
    origin: Label


class TakeNote(Command):
    """Keep a note for a day; `copies` of it under fresh identifiers."""

    note: NoteId
    title: Label = ""
    copies: Count = 0


class ReadNote(Command):
    note: NoteId


class DropNote(Command):
    note: NoteId


class TearNote(Command):
    """A bug: reads beyond the end."""

    note: NoteId


class ChangeKey(Command):
    key: Hash


@contract.event
class NoteTaken(Event):
    note: NoteId
    writer: WriterId
    title: Label = ""


@contract.event
class NoteRead(Event):
    note: NoteId
    reader: WriterId
    read: Count


@contract.event
class NoteDropped(Event):
    note: NoteId


@contract.genesis
def found_notes(ctx: Context, cmd: Found) -> None:
    appoint_operator(ctx, cmd.operator)
    for suite, key, writer in zip(cmd.suites, cmd.keys, cmd.writers, strict=True):
        bound = suite == "webauthn-p256"
        register_key(ctx, suite, key, writer, cmd.rp_id if bound else "", cmd.origin if bound else "")


@contract.command
def take_note(ctx: Context, cmd: TakeNote) -> None:
    notes.create(ctx, cmd.note, Note(ctx.signer, cmd.title, 0))
    for _ in range(cmd.copies):
        notes.create(ctx, ctx.new_id(), Note(ctx.signer, cmd.title, 0))
    ctx.schedule("notes.drop", cmd.note, ctx.time + DAY_MS, DropNote(note=cmd.note))
    ctx.emit(NoteTaken(note=cmd.note, writer=ctx.signer, title=cmd.title))


@contract.command
def read_note(ctx: Context, cmd: ReadNote) -> None:
    note = notes.get(ctx, cmd.note)
    if note is None:
        raise Refused("notes.unknown", about=(cmd.note, ctx.signer), note=cmd.note, known=0)
    notes.put(ctx, cmd.note, codec.replace(note, read=note.read + 1))
    ctx.emit(NoteRead(note=cmd.note, reader=ctx.signer, read=note.read + 1))


@contract.timer
def drop_note(ctx: Context, cmd: DropNote) -> None:
    notes.delete(ctx, cmd.note)
    ctx.emit(NoteDropped(note=cmd.note))


@contract.command
def tear_note(ctx: Context, cmd: TearNote) -> None:
    notes.delete(ctx, cmd.note)
    _ = cmd.note[16]


@contract.command
def change_key(ctx: Context, cmd: ChangeKey) -> None:
    register_key(ctx, "ed25519", cmd.key, ctx.signer)
    end_key(ctx, ctx.key_id)


def fixed(name: str, size_bytes: int = 32) -> bytes:
    """Bytes that look random and are the same in each run."""
    return sha256(b"vectors: " + name.encode()).digest()[:size_bytes]


OPERATOR, WITNESS = SoftwareKey("ed25519", fixed("operator")), SoftwareKey("ed25519", fixed("witness"))
ANNA, BEN = fixed("anna", 16), fixed("ben", 16)
ANNAS_KEY, BENS_KEY = SoftwareKey("ed25519", fixed("anna's key")), SoftwareKey("p256", fixed("ben's key"))
NEXT_KEY = SoftwareKey("ed25519", fixed("anna's next key"))
BINDING = Binding("town.example", "https://town.example")


class Passkey:
    """Ben's telephone: a WebAuthn authenticator and a browser in a few lines (level 3, sections 5.8.1.1 and 6.1)."""

    suite = "webauthn-p256"

    def __init__(self) -> None:
        self._key = SoftwareKey("p256", fixed("ben's telephone"))
        self.public_key = self._key.public_key
        self.key_id = crypto.key_id(self.suite, self.public_key, BINDING)

    def sign(self, message: bytes) -> bytes:
        challenge = urlsafe_b64encode(sha256(message).digest()).rstrip(b"=")
        origin = BINDING.origin.encode()
        client_data = b'{"type":"webauthn.get","challenge":"%b","origin":"%b","crossOrigin":false}' % (
            challenge,
            origin,
        )
        authenticator_data = sha256(BINDING.rp_id.encode()).digest() + b"\x05" + bytes(4)
        signature = self._key.sign(authenticator_data + sha256(client_data).digest())
        return pack_assertion(authenticator_data, client_data, signature)


PASSKEY = Passkey()
RULEBOOK = Rulebook((contract,), numbers=(1,), source_hash=fixed("release 1"))


def genesis() -> Genesis:
    """A genesis document's fields."""
    seed = Found(
        operator=OPERATOR.public_key,
        suites=(ANNAS_KEY.suite, BENS_KEY.suite, PASSKEY.suite),
        keys=(ANNAS_KEY.public_key, BENS_KEY.public_key, PASSKEY.public_key),
        writers=(ANNA, BEN, BEN),
        rp_id=BINDING.rp_id,
        origin=BINDING.origin,
    )
    return Genesis(
        name="vectors",
        nonce=fixed("genesis"),
        time=START,
        release=1,
        release_hash=RULEBOOK.source_hash,
        work=ORDINARY_WORK,
        seeds=(Seed(command="notes.found", fields=codec.as_plain(seed)),),
    )


class Ledger:
    """The whole example: its genesis document, blocks, and final state."""

    def __init__(self) -> None:
        self.document = codec.encode(genesis())
        self.state, applied = found(RULEBOOK, self.document)
        self.blocks: list[Block] = [applied.block]
        first, second, gone = fixed("note 1", 16), fixed("note 2", 16), fixed("note 3", 16)
        self.add(1_000, self.say(ANNA, ANNAS_KEY, TakeNote(note=first, title="first")))
        self.add(1_000, self.say(BEN, BENS_KEY, ReadNote(note=gone)))
        self.add(
            0,
            self.say(BEN, BENS_KEY, ReadNote(note=first)),
            self.say(ANNA, ANNAS_KEY, TearNote(note=first)),
            self.say(BEN, BENS_KEY, TakeNote(note=second, copies=24)),
        )
        self.add(60_000, self.say(BEN, PASSKEY, ReadNote(note=second), occurred_at=START + 1_500, offline=True))
        self.add(DAY_MS)
        self.add(1_000, self.say(ANNA, ANNAS_KEY, ChangeKey(key=NEXT_KEY.public_key)))
        self.add(1_000, self.say(ANNA, NEXT_KEY, TakeNote(note=first, title="again")))

    def say(
        self, signer: bytes, key: SigningKey, command: Command, occurred_at: int = 0, offline: bool = False
    ) -> bytes:
        """A signed transaction, valid for a minute and a half from the last block."""
        body = Body(
            chain=self.state.chain,
            command=RULEBOOK.command_names[type(command)],
            fields=codec.as_plain(command),
            signer=signer,
            nonce=fixed(f"nonce {self.state.height} {type(command).__name__}", 16),
            valid_until=self.state.time + 90_000,
            occurred_at=occurred_at,
            offline=offline,
        )
        return sign(body, key)

    def add(self, after_ms: int, *raws: bytes) -> None:
        """The next block: due timers and these transactions."""
        time = self.state.time + after_ms
        admitted, rejected = admit(self.state, RULEBOOK, raws, time, crypto.verify_many)
        assert not rejected, rejected
        applied = apply_block(self.state, RULEBOOK, time, admitted)
        assert applied is not None
        self.blocks.append(applied.block)
