"""The ledger as everything above it sees it, whichever engine runs it.

    answer = ledger.submit(raw).result()       # Final, once it is durable; or raises Refused, Rejected, Busy
    ledger.prove_receipt(answer.item_id)       # a file that anybody checks offline
    for block in ledger.follow(start): ...     # committed blocks, then the next ones as they come

Rules
- An answer is given when the block is durable, never before. It cannot be cancelled: what is handed in is decided.
- An answer with a `store.…` or `engine.…` code leaves open what became of the transaction; `find` tells.
- A refusal found before the block was made leaves no trace and costs nothing; `record_refusal=True` asks for it to
  stand in the ledger all the same (a denied reading of somebody's data must).
- There is no unbounded queue: `Busy` says in how many milliseconds to come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from linlian.kernel import codec
from linlian.kernel.block import Block, Header, Outcome, Receipt
from linlian.kernel.contract import Reader
from linlian.kernel.errors import Refused
from linlian.kernel.proof import HistoryFile, ReceiptFile, StateFile


@dataclass(frozen=True, slots=True)
class Final:
    """A transaction that is durable: where it stands, when it was committed (ms), and what it led to."""

    item_id: bytes
    height: int
    index: int
    time: int
    receipt: Receipt

    @property
    def outcome(self) -> Outcome:
        return self.receipt.outcome

    def entries(self) -> list[tuple[str, int, dict[str, Any]]]:
        """The events (or the refusal) as (type, occurred_at ms, fields)."""
        return [tuple(codec.decode_plain(entry)[1:]) for entry in self.receipt.entries]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a validator is proved to have done; `validator` is its key, or its address if it has left since."""

    kind: str
    validator: bytes
    time: int


@dataclass(frozen=True, slots=True)
class NetworkStanding:
    """What a node among several has seen: the engine's last height, the hash of our state that it signs next, the last
    height that each validator (by its key) has signed since this node started, and what they are proved to have done.
    """

    engine_height: int
    app_hash: bytes
    signed_at: Mapping[bytes, int]
    faults: tuple[Fault, ...]


def unanswered() -> Future[Final]:
    """An answer still to come, which whoever waits for it cannot take out of the ledger's hands."""
    answer: Future[Final] = Future()
    answer.set_running_or_notify_cancel()
    return answer


class Ledger(Reader, Protocol):
    """Raises LinlianError with codes `kernel.…`, `engine.…` and `store.…`."""

    @property
    def chain(self) -> str: ...

    @property
    def head(self) -> Header: ...

    def clock(self) -> int:
        """The time that validity is measured by, in milliseconds."""

    def submit(self, raw: bytes, *, record_refusal: bool = False) -> Future[Final]:
        """Hand in a signed transaction. Raises Rejected or Busy at once where that is known at once."""

    def submit_many(self, raws: Sequence[bytes], *, record_refusal: bool = False) -> list[Future[Final]]:
        """Hand in several; each has an answer of its own. Raises Busy if not all of them fit."""

    def try_out(self, raw: bytes) -> Refused | None:
        """What the rules would say to a transaction now, its signature aside; nothing of it remains.

        None is that they would accept it, as things stand. Raises Rejected as `submit`.
        """

    def find(self, item_id: bytes) -> Final | None:
        """What became of a transaction, if it is in the ledger."""

    def follow(self, start: int) -> Iterator[Block]:
        """Committed blocks from a height on, then new ones as they come; ends when the ledger closes."""

    def prove_receipt(self, item_id: bytes, *, strict: bool = False) -> ReceiptFile:
        """The receipt of a transaction or run. Raises LookupError if it is not in the ledger.

        A strict one carries the grounds of the key that signed: the signed commands by which it came to its account.
        """

    def prove_history(self, subject: bytes) -> HistoryFile:
        """The complete history of a subject, with a proof that nothing is left out (an empty one included)."""

    def prove_state(self, key: bytes) -> StateFile:
        """A row of the state under its full key, or its absence."""

    def close(self) -> None:
        """Answer what is waiting, stop, and release everything."""
