"""A community in memory on the real kernel: real keys, real blocks, a clock that only tests move.

    town = Town(contracts, seeds=[...])
    anna = town.someone("anna")                      # a key and an account id; not yet known to the community
    outcome = town.do(clerk, RegisterPlace(...))     # one block; raises Refused as the handler did
    town.refusal(anna, RegisterPlace(...))           # the code of the refusal that is on the record
    town.advance(hours=30)                           # due timers run, block by block
    town.get(places, place_id), list(town.rows(places))

Every person's key is derived from their name, so a failing test fails the same way again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from linlian.kernel import codec, crypto
from linlian.kernel.block import Block
from linlian.kernel.contract import Command, Contract, Event, Refused, Row, Table
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import Rejected
from linlian.kernel.genesis import Genesis, Seed
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import Body, open_transaction, sign
from linlian.kernel.transition import admit, apply_block, found

R = TypeVar("R", bound=Row)
START = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a key; `account` is known to the community once a command or the genesis has made it so."""

    name: str
    account: bytes
    key: SoftwareKey


@dataclass(slots=True)
class Outcome:
    """An accepted command: its block, its receipt's index, and the events it emitted."""

    block: Block
    index: int
    events: list[Event] = field(default_factory=list)

    def the(self, kind: type[Any]) -> Any:
        """The one event of this type."""
        (found_event,) = [event for event in self.events if isinstance(event, kind)]
        return found_event


class Town:
    """State, clock and people. `seeds` are (founding command, …) in the order of the contracts."""

    def __init__(self, contracts: Sequence[Contract], seeds: Sequence[Command] = (), start: int = START):
        self.rulebook = Rulebook(tuple(contracts))
        self.time = start
        self._nonces = 0
        self.blocks: list[Block] = []
        names = self.rulebook.command_names
        genesis = Genesis(
            name="town",
            nonce=sha256(b"town").digest(),
            time=start,
            release=1,
            release_hash=self.rulebook.source_hash,
            work=ORDINARY_WORK,
            seeds=tuple(Seed(command=names[type(seed)], fields=codec.as_plain(seed)) for seed in seeds),
        )
        self.genesis_document = codec.encode(genesis)
        self.state, applied = found(self.rulebook, self.genesis_document)
        self._keep(applied.block, applied.alarms)

    def someone(self, name: str, suite: str = "ed25519") -> Person:
        """A person with a key of their own; the account id is derived from the name."""
        seed = sha256(b"person:" + name.encode()).digest()
        return Person(name, sha256(b"account:" + name.encode()).digest()[:16], SoftwareKey(suite, seed))

    def transaction(self, person: Person, command: Command, occurred_at: int = 0, **changes: Any) -> bytes:
        """A signed transaction that is valid now; `changes` replace fields of its body."""
        self._nonces += 1
        fields: dict[str, Any] = {
            "chain": self.state.chain,
            "command": self.rulebook.command_names[type(command)],
            "fields": codec.as_plain(command),
            "signer": person.account,
            "nonce": sha256(b"nonce" + self._nonces.to_bytes(8, "big")).digest()[:16],
            "valid_until": self.time + 60_000,
            "occurred_at": occurred_at,
        }
        return sign(Body(**(fields | changes)), person.key)

    def do(self, person: Person, command: Command, occurred_at: int = 0, **changes: Any) -> Outcome:
        """One command in a block of its own, a millisecond later. Raises Refused or Rejected."""
        return self.submit(self.transaction(person, command, occurred_at, **changes))

    def submit(self, raw: bytes) -> Outcome:
        """A transaction's bytes, admitted and applied in a block of its own."""
        self.time += 1
        transaction = open_transaction(raw, self.state.chain)
        admitted, rejected = admit(self.state, self.rulebook, [transaction], self.time, crypto.verify_many)
        if rejected:
            raise rejected[0][1]
        applied = apply_block(self.state, self.rulebook, self.time, admitted)
        assert applied is not None, "a transaction makes a block"
        self._keep(applied.block, applied.alarms)
        return self._outcome(applied.block, len(applied.block.items) - 1)

    def refusal(self, person: Person, command: Command, occurred_at: int = 0, **changes: Any) -> str:
        """The code with which a command is refused or rejected. Fails if it is accepted."""
        try:
            self.do(person, command, occurred_at, **changes)
        except (Refused, Rejected) as no:
            return no.code
        raise AssertionError(f"{type(command).__name__} by {person.name} was accepted")

    def advance(self, *, days: int = 0, hours: int = 0, minutes: int = 0, ms: int = 0) -> list[Event]:
        """Move the clock on; every timer that falls due on the way runs at its time. Returns what happened."""
        until = self.time + ((days * 24 + hours) * 60 + minutes) * 60_000 + ms
        events: list[Event] = []
        while (due := self.state.timers.next_due()) is not None and due <= until:
            self.time = max(self.time, due)
            applied = apply_block(self.state, self.rulebook, self.time, [])
            assert applied is not None, "a due timer makes a block"
            self._keep(applied.block, applied.alarms)
            for index in range(len(applied.block.items)):
                events.extend(self.events(applied.block, index))
        self.time = until
        return events

    def get(self, table: Table[R], key: bytes) -> R | None:
        """A row of the committed state."""
        return table.get(self.state, key)

    def rows(self, table: Table[R]) -> Iterator[tuple[bytes, R]]:
        """All rows of a table in key order."""
        return self.state.table_rows(table)

    def check_invariants(self) -> None:
        """Run every invariant of every business. Raises AssertionError."""
        for contract in self.rulebook.contracts:
            for check in contract.invariants:
                check(self.state.table_rows)

    def events(self, block: Block, index: int) -> list[Event]:
        """The typed events of one receipt (none if it was refused)."""
        if block.receipts[index].outcome != "accepted":
            return []
        plain = [codec.decode_plain(entry) for entry in block.receipts[index].entries]
        return [codec.typed(self.rulebook.events[name], fields) for _, name, _, fields in plain]

    def _outcome(self, block: Block, index: int) -> Outcome:
        receipt = block.receipts[index]
        if receipt.outcome == "refused":
            fields = codec.decode_plain(receipt.entries[0])[3]
            raise Refused(fields["code"], tuple(fields.get("about", ())), **fields["facts"])
        return Outcome(block, index, self.events(block, index))

    def _keep(self, block: Block, alarms: list[str]) -> None:
        self.blocks.append(block)
        if alarms:
            raise AssertionError(f"a handler is broken: {alarms[0]}")
