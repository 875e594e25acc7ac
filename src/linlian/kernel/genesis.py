"""The first block: what a community begins with.

The genesis document is encoded once and never again; its hash is part of the chain's id, so the id names its trust
root. It may name a predecessor: a community that moves to several keepers, or is restored from a backup, begins a
new chain whose first state is the old one's last, re-rooted under the new chain id.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from linlian.kernel import codec
from linlian.kernel.codec import Count, Fields, Hash, Label, Meta, Millis
from linlian.kernel.crypto import GENESIS
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.limits import CHAIN_NAME_CHARS_MAX, Work

_NAME_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789-"


class Predecessor(Fields):
    """The chain whose state this one takes over: its id, the height and hash of its last header, its state root."""

    chain: Label
    height: Count
    header_hash: Hash
    state_root: Hash


class Seed(Fields):
    """A founding command of one business."""

    command: Label
    fields: dict[str, Any]


class Genesis(Fields):
    """`nonce` is 32 random bytes; `time` is block 0's; `seeds` run in order, each giving a receipt of block 0."""

    name: Label
    nonce: Hash
    time: Millis
    release: Count
    release_hash: Hash
    work: Work
    seeds: Annotated[tuple[Seed, ...], Meta(max_length=64)] = ()
    predecessor: Predecessor | None = None


def chain_id(document: bytes) -> str:
    """`name-` and the first 32 hex digits of H(0x17 ‖ genesis bytes). Raises EncodingInvalid if not canonical."""
    return open_genesis(document).name + "-" + sha256(GENESIS + document).hexdigest()[:32]


def open_genesis(document: bytes) -> Genesis:
    """Decode strictly. Raises EncodingInvalid (`kernel.chain_name_invalid` for a name that is empty or too long)."""
    plain = codec.decode_plain(document)
    genesis = codec.typed(Genesis, plain)
    codec.check_same_fields(genesis, plain)
    check_chain_name(genesis.name)
    return genesis


def check_chain_name(name: str) -> None:
    """Raise EncodingInvalid (`kernel.chain_name_invalid`) unless it is 1 to 16 of a–z, 0–9 and the dash."""
    if not 0 < len(name) <= CHAIN_NAME_CHARS_MAX or any(char not in _NAME_CHARS for char in name):
        raise EncodingInvalid("kernel.chain_name_invalid", name=name)
