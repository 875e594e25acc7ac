"""Lists that can be shown to be complete: one row of the state says how many items there are and has one hash of them.

    payments_of = contract.table("roll", Roll)
    enroll(ctx, payments_of, programme, [compose(payment, amount_minor)])

    check_roll(payments_of.key(programme), value_of_a_state_proof, items)

Rules
- Items are only ever added, each at the end; what becomes of one stands elsewhere.
- The proof is the state proof of the row, whose size does not depend on how many there are. Whoever has the list counts
  and hashes it: nothing can be left out, added, moved or changed without another head.
- How many there are is for everybody; an item should hold something that nobody guesses, such as an identifier.

A subject's history is complete as well (`block.subject_link`), with everything that happened, and as long as that. A
roll is for the one list of which somebody asks whether it is all.
"""

from __future__ import annotations

from collections.abc import Iterable

from linlian.kernel import codec
from linlian.kernel.codec import Count, Hash, Row
from linlian.kernel.contract import Context, Table
from linlian.kernel.crypto import ROLL_HEAD, ROLL_LINK, digest
from linlian.kernel.errors import ProofInvalid

ITEM_BYTES_MAX = 128


class Roll(Row):
    """How many items, and the head of their chain."""

    count: Count
    head: Hash


def enroll(ctx: Context, rolls: Table[Roll], key: bytes, items: Iterable[bytes]) -> int:
    """Add items at the end of a roll; how many there are then. A new roll begins with its first item."""
    full = rolls.key(key)
    roll = extended(full, rolls.get(ctx, key) or Roll(0, roll_start(full)), items)
    rolls.put(ctx, key, roll)
    return roll.count


def roll_of(full_key: bytes, items: Iterable[bytes]) -> Roll:
    """The row of a roll that has exactly these items, in this order. `full_key` is the row's (`Table.key`)."""
    return extended(full_key, Roll(0, roll_start(full_key)), items)


def extended(full_key: bytes, roll: Roll, items: Iterable[bytes]) -> Roll:
    """A roll with these items after those it has."""
    count, head = roll.count, roll.head
    for item in items:
        assert 0 < len(item) <= ITEM_BYTES_MAX, f"an item of {full_key!r} has {len(item)} bytes"
        count += 1
        head = digest(ROLL_LINK, head, count.to_bytes(8, "big"), item)
    return Roll(count, head)


def roll_start(full_key: bytes) -> bytes:
    """head₀ = H(0x1a ‖ u16 len(key) ‖ key)."""
    return digest(ROLL_HEAD, len(full_key).to_bytes(2, "big"), full_key)


def check_roll(full_key: bytes, value: bytes | None, items: Iterable[bytes]) -> Roll:
    """Check that a list is the whole roll that a state proof shows: `value` is the row without salt, None its absence.

    Raises ProofInvalid (`kernel.roll_incomplete`), or EncodingInvalid for a row that is no roll.
    """
    shown = Roll(0, roll_start(full_key)) if value is None else codec.decode(Roll, value)
    found = roll_of(full_key, items)
    if found != shown:
        raise ProofInvalid("kernel.roll_incomplete", count=found.count, expected=shown.count)
    return shown
