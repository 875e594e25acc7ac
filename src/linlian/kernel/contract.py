"""The words a business is written in: Contract, Table, Command, Event, Context, Refused.

Rules
- A handler is a plain function `(ctx, command) -> None`. It reads and writes tables, emits events, sets timers, or
  raises `Refused`; then nothing it did remains, and the refusal itself goes on the record.
- What happens inside a transaction stands in its handler. There are no subscriptions; neighbours are called.
- Everything a handler may use is in this module. There is no clock but `ctx.time`, no chance but `ctx.new_id()`.

    contract = Contract("parking")
    bays = contract.table("bay", Bay)

    @contract.event
    class BayLent(Event):
        bay: BayId

    @contract.command
    def lend_bay(ctx: Context, cmd: LendBay) -> None:
        bay = bays.get(ctx, cmd.bay)
        if bay is None or bay.owner != ctx.signer:
            raise Refused("parking.not_owner", about=(cmd.bay,))
        bays.put(ctx, cmd.bay, replace(bay, lent=True))
        ctx.emit(BayLent(bay=cmd.bay))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar, get_type_hints

from linlian.kernel import codec
from linlian.kernel.codec import (
    Blob,
    Content,
    Count,
    Fields,
    Hash,
    Id,
    Int,
    Label,
    Meta,
    Millis,
    Nonce,
    Row,
    Subject,
    replace,
)
from linlian.kernel.errors import EncodingInvalid, Refused
from linlian.kernel.limits import TABLE_KEY_BYTES_MAX

SYSTEM = bytes(16)
"""The account in whose name timers and genesis run; it has no key and nobody can sign for it."""

SALT_BYTES = 16


class Command(Fields):
    """Something a person, a device or a timer asks for; named in the imperative.

    One that names a key (fields `suite`, `public_key`, `rp_id`, `origin`) says by `key_for` whose it becomes: the
    signer's, that of a `new` account which the command creates, or that of its field `account`, which others must
    approve. `approves_key` is set in the command of those others, to how many of them it takes; its field `key` is the
    id of the key that it approves. See `kernel.grounds`.
    """

    key_for: ClassVar[Literal["", "signer", "new", "account"]] = ""
    approves_key: ClassVar[int] = 0


class Event(Fields):
    """Something that happened; named in the past tense."""


class Reader(Protocol):
    """Anything rows can be read from: a context, the head of the ledger, a draft."""

    def read(self, key: bytes) -> bytes | None:
        """The row's value without its salt, or None."""


class Context(Reader, Protocol):
    """What a handler is given. Times are milliseconds since the epoch; ids are 16 bytes, hashes 32."""

    @property
    def chain(self) -> str: ...
    @property
    def height(self) -> int: ...
    @property
    def time(self) -> int:
        """The block's time: the only time that deadlines and rights are measured by."""

    @property
    def occurred_at(self) -> int:
        """When the signer says it happened; equal to `time` if nothing was claimed. Shown, rarely ruled by."""

    @property
    def release(self) -> int:
        """The number of the active release; guards rules that change after launch."""

    @property
    def signer(self) -> bytes:
        """The account that signed, or SYSTEM for timers and genesis."""

    @property
    def key_id(self) -> bytes: ...
    @property
    def transaction_id(self) -> bytes: ...
    def write(self, key: bytes, value: bytes | None) -> None:
        """Set or (with None) delete a row."""

    def emit(self, event: Event, occurred_at: int | None = None) -> None:
        """Record what happened; every subject that the event's fields name gets it in its history."""

    def new_id(self) -> bytes:
        """A fresh 16-byte identifier, derived from the signer's nonce: unguessable, and the same on every node."""

    def schedule(self, name: str, record: bytes, due: int, command: Command) -> None:
        """Run `command` in the first block at or after `due`, at the earliest in the next.

        `name` begins with the business (`repairs.overdue`); a timer of the same name and record is replaced.
        """

    def unschedule(self, name: str, record: bytes) -> None:
        """Forget a timer; no error if there is none."""

    def hand_on(self, record: bytes, command: Command) -> None:
        """Let the business that declared a timer for this kind of command run it in the next block; maybe none did.

        For a command that this business defines and a neighbour above it handles. The same of the same record is as
        once.
        """


R = TypeVar("R", bound=Row)
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=type[Event])
Handler = Callable[[Context, Any], None]


def compose(*parts: bytes | str | int) -> bytes:
    """One unambiguous key from several parts: each is preceded by its length; integers are 8 bytes, big-endian."""
    key = bytearray()
    for part in parts:
        data = part.to_bytes(8, "big") if isinstance(part, int) else part.encode() if isinstance(part, str) else part
        key += len(data).to_bytes(1, "big") + data
    return bytes(key)


ROWS_DECODED_MAX = 2_048
"""Of each table, kept decoded; no part of the format."""


class Table(Generic[R]):
    """Rows of one record type under byte keys, part of the authenticated state.

    `upgrades` maps an older schema number to (its record type, a function to the current one): rows are
    upgraded when they are read. `refused` is the code for whoever names a row that there is not.
    """

    def __init__(
        self,
        name: str,
        kind: type[R],
        upgrades: dict[int, tuple[type[Row], Callable[[Any], R]]] | None = None,
        *,
        refused: str = "",
    ):
        codec.check_schema(kind)
        self.name = name
        self.kind = kind
        self.refused = refused
        self.prefix = len(name).to_bytes(1, "big") + name.encode()
        self._schema = kind.__struct_config__.tag
        self._upgrades = upgrades or {}
        self._decoded: dict[bytes, R] = {}

    def key(self, key: bytes) -> bytes:
        """The full key of a row: u8 len(table) ‖ table ‖ key."""
        return self.prefix + key

    def get(self, reader: Reader, key: bytes) -> R | None:
        """The row, or None."""
        value = reader.read(self.prefix + key)
        if value is None:
            return None
        row = self._decoded.get(value)
        return self.decode(value) if row is None else row

    def require(self, reader: Reader, key: bytes) -> R:
        """The row. Refused with the table's code if there is none; that stands in no history, for it names nothing."""
        found = self.get(reader, key)
        if found is None:
            assert self.refused, f"{self.name} says with no code that a row is missing: declare it with refused=…"
            raise Refused(self.refused)
        return found

    def has(self, reader: Reader, key: bytes) -> bool:
        """Whether there is a row."""
        return reader.read(self.prefix + key) is not None

    def put(self, ctx: Context, key: bytes, row: R) -> None:
        """Insert or replace. A row outside its own bounds is a bug: EncodingInvalid, so the receipt says `broken`."""
        if len(key) > TABLE_KEY_BYTES_MAX:
            raise Refused("kernel.key_too_long", table=self.name, size_bytes=len(key))
        ctx.write(self.prefix + key, codec.encode_checked(self.kind, row))

    def create(self, ctx: Context, key: bytes, row: R) -> None:
        """Insert; refused with `kernel.exists` if the key is taken."""
        if ctx.read(self.prefix + key) is not None:
            raise Refused("kernel.exists", table=self.name)
        self.put(ctx, key, row)

    def delete(self, ctx: Context, key: bytes) -> None:
        """Delete; no error if there is none."""
        ctx.write(self.prefix + key, None)

    def decode(self, value: bytes) -> R:
        """A stored value (without salt) as the current record type. Raises EncodingInvalid.

        Members, places and calendars are read again and again, so equal bytes are decoded once: rows cannot be changed.
        """
        row = self._decoded.get(value)
        if row is None:
            if len(self._decoded) >= ROWS_DECODED_MAX:
                self._decoded.clear()
            row = self._decoded[value] = self._decode(value)
        return row

    def _decode(self, value: bytes) -> R:
        plain = codec.decode_plain_trusted(value)
        if not isinstance(plain, list) or not plain:
            raise EncodingInvalid("kernel.wrong_fields", expected=self.kind.__name__, reason="not an array")
        schema = plain[0]
        older = self._upgrades.get(schema) if isinstance(schema, int) and schema != self._schema else None
        if older is None:
            return codec.typed(self.kind, plain)
        kind, upgrade = older
        return upgrade(codec.typed(kind, plain))


class Rows(Protocol):
    """All rows of a table, in key order; for invariants, which run in tests and audits, never in a handler."""

    def __call__(self, table: Table[R]) -> Iterator[tuple[bytes, R]]: ...


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command as the kernel and the edges know it. An internal one has no route, form or verb."""

    name: str
    kind: type[Command]
    handler: Handler
    internal: bool


class Contract:
    """One business: its tables, commands, events, genesis and invariants."""

    def __init__(self, name: str, needs: tuple[Contract, ...] = ()):
        self.name = name
        self.needs = needs
        self.tables: dict[str, Table[Any]] = {}
        self.commands: dict[str, CommandSpec] = {}
        self.events: dict[str, type[Event]] = {}
        self.invariants: list[Callable[[Rows], None]] = []
        self.founding: CommandSpec | None = None

    def table(
        self,
        name: str,
        kind: type[R],
        upgrades: dict[int, tuple[type[Row], Callable[[Any], R]]] | None = None,
        *,
        refused: str = "",
    ) -> Table[R]:
        """Declare a table `<business>.<name>`. `refused`: the code of its `require`."""
        table = Table(f"{self.name}.{name}", kind, upgrades, refused=refused)
        _declare(self.tables, table.name, table)
        return table

    def event(self, kind: E) -> E:
        """Declare an event; its wire name comes from the class: BayLent → parking.bay_lent."""
        codec.check_schema(kind)
        codec.check_subjects(kind)
        _declare(self.events, f"{self.name}.{snake(kind.__name__)}", kind)
        return kind

    def command(self, handler: Callable[[Context, C], None]) -> Callable[[Context, C], None]:
        """Declare a command by its handler; the record type is the annotation of its second parameter."""
        self._spec(handler, internal=False)
        return handler

    def timer(self, handler: Callable[[Context, C], None]) -> Callable[[Context, C], None]:
        """Declare an internal command that only `ctx.schedule` can start."""
        self._spec(handler, internal=True)
        return handler

    def genesis(self, handler: Callable[[Context, C], None]) -> Callable[[Context, C], None]:
        """Declare the command that founds this business in block 0."""
        self.founding = self._spec(handler, internal=True)
        return handler

    def invariant(self, check: Callable[[Rows], None]) -> Callable[[Rows], None]:
        """Declare what must hold over all rows; raises AssertionError when it does not."""
        self.invariants.append(check)
        return check

    def _spec(self, handler: Callable[[Context, C], None], internal: bool) -> CommandSpec:
        kind = next(hint for hint in get_type_hints(handler).values() if _is_command(hint))
        codec.check_schema(kind)
        spec = CommandSpec(f"{self.name}.{snake(kind.__name__)}", kind, handler, internal)
        _declare(self.commands, spec.name, spec)
        return spec


def _declare(names: dict[str, Any], name: str, meaning: Any) -> None:
    if name in names:
        raise TypeError(f"{name} is declared twice")
    names[name] = meaning


def _is_command(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Command)


def snake(name: str) -> str:
    """BayLent → bay_lent; ASCII class names only."""
    upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    lower = "abcdefghijklmnopqrstuvwxyz"
    parts = [f"_{lower[upper.index(letter)]}" if letter in upper else letter for letter in name]
    return "".join(parts).lstrip("_")


__all__ = [
    "SYSTEM",
    "Blob",
    "Command",
    "CommandSpec",
    "Content",
    "Context",
    "Contract",
    "Count",
    "Event",
    "Fields",
    "Hash",
    "Id",
    "Int",
    "Label",
    "Meta",
    "Millis",
    "Nonce",
    "Reader",
    "Refused",
    "Row",
    "Rows",
    "Subject",
    "Table",
    "compose",
    "replace",
]
