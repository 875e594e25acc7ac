"""What the application keeps, and what it tells: records of the engine's, no part of header or state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from linlian.kernel import codec
from linlian.kernel.block import Block
from linlian.kernel.codec import Count, Fields, Hash, Label, Millis
from linlian.kernel.transition import Applied, OpenBlock

POSITION: Final = "cometbft/position"
MISBEHAVIOUR: Final = "cometbft/misbehaviour/"
CHANGED: Final = "cometbft/changed/"
"""Followed by the engine's height, 16 hex digits, of a block that changed the validators."""


class Position(Fields):
    """How far the engine's chain has been taken over: its last height, and the one that made the ledger's head."""

    height: Count
    made_at: Count
    app_hash: Hash


class Misbehaviour(Fields):
    """What a validator is proved to have done; the proof stands in the engine's block at `told_at`."""

    kind: Label
    address: codec.Blob
    height: Count
    time: Millis
    told_at: Count


class Finalized(NamedTuple):
    """What `finalize` answers. `validators` are the changes: power by public key, 0 for one that leaves."""

    app_hash: bytes
    validators: dict[bytes, int]


@dataclass(slots=True)
class Draft:
    """A block in the making, and how many envelopes' transactions it took in."""

    block: OpenBlock
    height: int
    time: int


@dataclass(slots=True)
class Pending:
    """Between `finalize` and `commit`. `applied` is None where there was nothing to run."""

    applied: Applied | None
    notes: dict[str, bytes]
    position: Position
    txs: Sequence[bytes]


class Committed(NamedTuple):
    """What `commit` made durable: the engine's height, the block if there is one, the envelopes that it came from."""

    height: int
    block: Block | None
    ids: list[bytes]
    txs: Sequence[bytes]


class Roots(NamedTuple):
    """What the engine's app hash after `height` commits to, and the ledger's height at which it was made."""

    height: int
    ledger_height: int
    log: bytes
    state: bytes
