"""Salts that a receipt does not give away.

A salt follows from the nonce of its transaction, which a receipt shows, and from the ledger's *entropy*, which no file
ever shows. So whoever holds a receipt cannot compute the salts of what it withholds, nor guess and compare.

Rules
- The entropy of block 0 is a hash of genesis's nonce; each block leaves the next one, a hash of the last and of the
  nonces of all its items. To know it is to know the whole ledger, or a row that only keepers of the ledger have.
- It is a row like any other, so every keeper computes the same salts, in execution as in replay, and a snapshot
  carries it. It is never proved and never read out: `check_shown` stands at the doors.

    entropy = first_entropy(genesis.nonce)                 # block 0
    salt(entropy, nonce, 1)                                # the first salt of an item of block 0
    entropy = next_entropy(entropy, nonces)                # what block 0 leaves to block 1
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from linlian.kernel import codec
from linlian.kernel.codec import Hash, Row
from linlian.kernel.contract import SALT_BYTES, Reader, Table
from linlian.kernel.crypto import ENTROPY, SALT
from linlian.kernel.errors import LinlianError

NO_NONCE: Final = bytes(16)
"""The nonce of the rows that belong to a block and to none of its items."""
RELEASE_SALT: Final = 1
ENTROPY_SALT: Final = 2


class Entropy(Row):
    """What the salts of the next block are made of."""

    value: Hash


ENTROPIES = Table("kernel.entropy", Entropy)
ENTROPY_KEY: Final = ENTROPIES.key(b"entropy")


def first_entropy(genesis_nonce: bytes) -> bytes:
    """H(0x19 ‖ genesis nonce), 32 bytes: the entropy of block 0."""
    return sha256(ENTROPY + genesis_nonce).digest()


def next_entropy(entropy: bytes, nonces: Sequence[bytes]) -> bytes:
    """H(0x19 ‖ entropy ‖ nonce ‖ nonce …), 32 bytes: what a block of items with these nonces leaves to the next."""
    return sha256(ENTROPY + entropy + b"".join(nonces)).digest()


def current_entropy(reader: Reader) -> bytes:
    """The entropy of the block after the reader's last. Raises LookupError before block 0, which writes the row."""
    value = reader.read(ENTROPY_KEY)
    if value is None:
        raise LookupError(ENTROPIES.name)
    return ENTROPIES.decode(value).value


def entropy_row(entropy: bytes, nonces: Sequence[bytes]) -> bytes:
    """The row, with its salt, that a block with this entropy writes."""
    return salt(entropy, NO_NONCE, ENTROPY_SALT) + codec.encode(Entropy(next_entropy(entropy, nonces)))


def salt(entropy: bytes, nonce: bytes, number: int) -> bytes:
    """H(0x13 ‖ entropy ‖ nonce ‖ u32 number), its first 16 bytes."""
    return next_salt(salt_start(entropy, nonce), number)


def salt_start(entropy: bytes, nonce: bytes) -> bytes:
    """What all salts of an item have in common."""
    return SALT + entropy + nonce


def next_salt(start: bytes, number: int) -> bytes:
    """The salt of this number from what all have in common."""
    return sha256(start + number.to_bytes(4, "big")).digest()[:SALT_BYTES]


def check_shown(key: bytes) -> None:
    """Raise LinlianError (`kernel.not_shown`) for the one row that nobody outside the ledger may see."""
    if key == ENTROPY_KEY:
        raise LinlianError("kernel.not_shown")
