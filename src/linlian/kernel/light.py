"""Light blocks: the header of a CometBFT block, who voted for it, and who was entitled to vote (CometBFT v0.39).

Rules (CometBFT's spec, core/data_structures; protobuf.py writes the messages)
- The header's hash is the RFC 6962 root over its 14 fields, each as protobuf encodes it alone; an empty one is an
  empty leaf.
- The validators' hash is the RFC 6962 root over (public key, voting power) of each, in CometBFT's order.
- A vote is an Ed25519 signature over CanonicalVote: precommit, height, round, block id, the voter's own time, chain id.
- A commit has a place for each validator, in the same order. A place without a signature stands for one who did not
  vote, or not for this block; such votes say nothing here and are not carried.
- The *app hash* in the header of height n is that of the ledger after block n − 1 of the engine.

    >>> header_hash(block.header) == block.commit.block_id.hash
    True
    >>> verify("ed25519", key, vote_sign_bytes(block, place), block.commit.signatures[place].signature)
    True
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

from linlian.kernel import merkle
from linlian.kernel.codec import Count, Hash, Label, Meta, Row
from linlian.kernel.crypto import sha256
from linlian.kernel.protobuf import delimited, integer, message, octets, sfixed64

VALIDATORS_MAX: Final = 100
PRECOMMIT: Final = 2
"""SIGNED_MSG_TYPE_PRECOMMIT: the vote that commits a block."""

EngineHash = Annotated[bytes, Meta(max_length=32)]
"""A hash of the engine's; empty where there is nothing to hash, as in the first block."""


class BlockID(Row):
    """A block by the hash of its header, and the parts in which it went from node to node."""

    hash: EngineHash
    parts: Count
    parts_hash: EngineHash


class EngineHeader(Row):
    """CometBFT's header: its 14 fields, time as protobuf's seconds and nanoseconds since 1970."""

    block_version: Count
    app_version: Count
    chain_id: Label
    height: Count
    seconds: Count
    nanos: Count
    last_block_id: BlockID
    last_commit_hash: EngineHash
    data_hash: EngineHash
    validators_hash: Hash
    next_validators_hash: Hash
    consensus_hash: EngineHash
    app_hash: EngineHash
    last_results_hash: EngineHash
    evidence_hash: EngineHash
    proposer_address: Annotated[bytes, Meta(max_length=20)]

    @property
    def time(self) -> int:
        """In milliseconds, as everywhere else."""
        return self.seconds * 1000 + self.nanos // 1_000_000


class CommitSig(Row):
    """A validator's vote for the block with the time that it gave; all empty if it did not vote for it."""

    seconds: Count
    nanos: Count
    signature: Annotated[bytes, Meta(max_length=64)]


class Commit(Row):
    """The votes that made a block final, one place for each validator."""

    height: Count
    round: Count
    block_id: BlockID
    signatures: Annotated[tuple[CommitSig, ...], Meta(max_length=VALIDATORS_MAX)]


class Validator(Row):
    """An Ed25519 public key and its share of the votes."""

    public_key: Hash
    power: Annotated[int, Meta(ge=1, le=2**53 - 1)]

    @property
    def address(self) -> bytes:
        """The first 20 bytes of SHA-256(public key)."""
        return sha256(self.public_key)[:20]


class LightBlock(Row):
    """What a light client needs of a block."""

    header: EngineHeader
    commit: Commit
    validators: Annotated[tuple[Validator, ...], Meta(max_length=VALIDATORS_MAX)]


NOT_VOTED: Final = CommitSig(0, 0, b"")


def header_hash(header: EngineHeader) -> bytes:
    """The root over the 14 fields, 32 bytes; it stands in the block id that validators sign."""
    return _root(
        integer(1, header.block_version) + integer(2, header.app_version),
        octets(1, header.chain_id.encode()),
        integer(1, header.height),
        _timestamp(header.seconds, header.nanos),
        _block_id(header.last_block_id),
        octets(1, header.last_commit_hash),
        octets(1, header.data_hash),
        octets(1, header.validators_hash),
        octets(1, header.next_validators_hash),
        octets(1, header.consensus_hash),
        octets(1, header.app_hash),
        octets(1, header.last_results_hash),
        octets(1, header.evidence_hash),
        octets(1, header.proposer_address),
    )


def validators_hash(validators: Sequence[Validator]) -> bytes:
    """The root over SimpleValidator of each, 32 bytes."""
    return _root(*(message(1, octets(1, one.public_key)) + integer(2, one.power) for one in validators))


def in_order(validators: Iterable[Validator]) -> tuple[Validator, ...]:
    """In the order in which CometBFT keeps them: the greater power first, among equals the lower address."""
    return tuple(sorted(validators, key=lambda one: (-one.power, one.address)))


def vote_sign_bytes(block: LightBlock, place: int) -> bytes:
    """What the validator at this place of the commit signed: CanonicalVote behind its length."""
    commit, vote = block.commit, block.commit.signatures[place]
    return delimited(
        integer(1, PRECOMMIT)
        + sfixed64(2, commit.height)
        + sfixed64(3, commit.round)
        + message(4, _block_id(commit.block_id))
        + message(5, _timestamp(vote.seconds, vote.nanos))
        + octets(6, block.header.chain_id.encode())
    )


def _block_id(block_id: BlockID) -> bytes:
    """BlockID and CanonicalBlockID, which have the same bytes."""
    return octets(1, block_id.hash) + message(2, integer(1, block_id.parts) + octets(2, block_id.parts_hash))


def _timestamp(seconds: int, nanos: int) -> bytes:
    return integer(1, seconds) + integer(2, nanos)


def _root(*leaves: bytes) -> bytes:
    return merkle.tree_root([merkle.leaf_hash(leaf) for leaf in leaves])
