"""A small ledger's headers, log and signed checkpoints, in a form that other tools of transparency logs can read."""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple, TypeAlias

from linlian.kernel import codec, merkle
from linlian.kernel.block import Header
from linlian.kernel.checkpoint import (
    COSIGNATURE_V1,
    ED25519,
    checkpoint_text,
    cosign_checkpoint,
    sign_checkpoint,
    verifier_key,
)
from linlian.kernel.crypto import GENESIS, SoftwareKey, digest

CHAIN = "town-" + digest(GENESIS, b"independent").hex()[:32]
OPERATOR_NAME, WITNESS_NAMES = f"linlian/{CHAIN}/operator", ("witness.example/w1", "证人.example/w2")
OPERATOR = SoftwareKey("ed25519", b"operator".ljust(32))
WITNESSES = tuple(SoftwareKey("ed25519", name.encode().ljust(32)[:32]) for name in WITNESS_NAMES)

Json: TypeAlias = str | int | list[str]


class Record(NamedTuple):
    """A signed checkpoint and the proofs that a header is in its tree and that an older tree is its beginning."""

    note: bytes
    header: bytes
    height: int
    inclusion: list[bytes]
    older_size: int
    older_root: bytes
    consistency: list[bytes]

    def as_json(self) -> dict[str, Json]:
        """For the Go program: bytes as base64, keys as verifier keys."""
        return {
            "origin": f"linlian/{CHAIN}",
            "operator": verifier_key(OPERATOR_NAME, ED25519, OPERATOR.public_key),
            "witnesses": [
                verifier_key(name, COSIGNATURE_V1, key.public_key)
                for name, key in zip(WITNESS_NAMES, WITNESSES, strict=True)
            ],
            "note": self.note.decode(),
            "header": _base64(self.header),
            "index": self.height,
            "inclusion": [_base64(sibling) for sibling in self.inclusion],
            "older_size": self.older_size,
            "older_root": _base64(self.older_root),
            "consistency": [_base64(node) for node in self.consistency],
        }


class Ledger:
    """Headers that chain as a real ledger's do: each holds the root of the log before it."""

    def __init__(self, size: int) -> None:
        self.log = merkle.Log()
        self.headers: list[bytes] = []
        for height in range(size):
            header = Header(
                chain=CHAIN,
                height=height,
                time=1_800_000_000_000 + height * 1000,
                log_root=self.log.root(),
                receipts_root=merkle.tree_root([merkle.leaf_hash(b"receipt %d" % height)]),
                state_root=digest(GENESIS, b"state %d" % height),
                release=1,
                release_hash=bytes(32),
                count=1,
            )
            self.headers.append(codec.encode(header))
            self.log.append(header.leaf())

    def note(self, size: int, root: bytes) -> bytes:
        """A checkpoint over these, signed by the operator and both witnesses."""
        text = checkpoint_text(CHAIN, size, root)
        lines = [sign_checkpoint(text, OPERATOR_NAME, OPERATOR)]
        for name, key in zip(WITNESS_NAMES, WITNESSES, strict=True):
            lines.append(cosign_checkpoint(text, name, key, 1_800_000_000 + size))
        return text + b"\n" + b"".join(lines)

    def record(self, size: int, height: int, older_size: int) -> Record:
        return Record(
            note=self.note(size, self.log.root(size)),
            header=self.headers[height],
            height=height,
            inclusion=self.log.inclusion_proof(height, size),
            older_size=older_size,
            older_root=self.log.root(older_size),
            consistency=self.log.consistency_proof(older_size, size),
        )

    def true_records(self) -> list[Record]:
        """Every header in every tree, each with an older tree that differs from case to case."""
        return [
            self.record(size, height, 1 + (height * 7 + size) % size)
            for size in range(1, len(self.headers) + 1)
            for height in range(size)
        ]

    def false_records(self) -> dict[str, Record]:
        """The same kind of record with one lie in each."""
        good = self.record(size=13, height=6, older_size=5)
        longer = self.record(size=14, height=6, older_size=5)
        return {
            "another header": good._replace(header=self.headers[7]),
            "an altered header": good._replace(header=good.header[:-1] + b"\x02"),
            "another height": good._replace(height=7),
            "a height beyond the tree": good._replace(height=13),
            "a sibling altered": good._replace(inclusion=[_flipped(good.inclusion[0]), *good.inclusion[1:]]),
            "a sibling missing": good._replace(inclusion=good.inclusion[:-1]),
            "a sibling too many": good._replace(inclusion=[*good.inclusion, bytes(32)]),
            "siblings swapped": good._replace(inclusion=good.inclusion[::-1]),
            "another tree's path": good._replace(inclusion=longer.inclusion),
            "an older size": good._replace(older_size=4),
            "an older root altered": good._replace(older_root=_flipped(good.older_root)),
            "a consistency node altered": good._replace(consistency=[*good.consistency[:-1], bytes(32)]),
            "a consistency node missing": good._replace(consistency=good.consistency[:-1]),
            "another tree's consistency": good._replace(consistency=longer.consistency),
            "a root altered and signed": good._replace(note=self.note(13, _flipped(self.log.root(13)))),
            # A path binds its own shape, not the size: for header 6, trees of 13 and 14 look alike, and 20 does not.
            "a size altered and signed": good._replace(note=self.note(20, self.log.root(13))),
            "a size altered": good._replace(note=good.note.replace(b"\n13\n", b"\n12\n", 1)),
            "a time altered": good._replace(note=_altered_time(good.note)),
            "a witness missing": good._replace(note=b"\n".join(good.note.split(b"\n")[:-2]) + b"\n"),
            "the operator missing": good._replace(note=_without_operator(good.note)),
        }


def _flipped(hashed: bytes) -> bytes:
    return bytes([hashed[0] ^ 1]) + hashed[1:]


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _altered_time(note: bytes) -> bytes:
    """One base64 character in the time of the first witness changed."""
    lines = note.split(b"\n")
    name, encoded = lines[5].rsplit(b" ", 1)
    changed = b"B" if encoded[13:14] != b"B" else b"C"
    lines[5] = name + b" " + encoded[:13] + changed + encoded[14:]
    return b"\n".join(lines)


def _without_operator(note: bytes) -> bytes:
    lines = note.split(b"\n")
    return b"\n".join(lines[:4] + lines[5:])
