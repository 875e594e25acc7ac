"""The app hash: what CometBFT's validators sign of the ledger, in a shape whose proofs their own light client checks.

Rules (CometBFT v0.39, crypto/merkle: ValueOp, type `simple:v`)
- A *simple map* is the RFC 6962 tree over its pairs in the order of their keys; the leaf of a pair is
  H(00 ‖ uvarint |key| ‖ key ‖ 20 ‖ SHA-256(value)).
- The ledger is a simple map of two: `log`, the root of the log over headers 0…h, and `state`, the state root at h,
  32 bytes each. A map with the one pair `linlian` → the ledger's root is what an application with several stores
  shows, and its root is the app hash after height h: the stock `cometbft light` proxy then verifies a query at the
  path `/store/linlian/key`.
- CometBFT writes the app hash of a block into the header of the next.

    >>> inner, outer = app_hash_proof_ops("log", log_root, state_root)
    >>> outer.leaf_hash == app_hash(log_root, state_root)
    True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linlian.kernel import merkle
from linlian.kernel.crypto import sha256
from linlian.kernel.protobuf import delimited

STORE: Final = b"linlian"
LOG: Final = "log"
STATE: Final = "state"


@dataclass(frozen=True, slots=True)
class ValueOp:
    """One step of a proof, as CometBFT's ProofOp `simple:v` carries it: the leaf of `key`, its place, its siblings."""

    key: bytes
    total: int
    index: int
    leaf_hash: bytes
    aunts: tuple[bytes, ...]


def app_hash(log_root: bytes, state_root: bytes) -> bytes:
    """The app hash, 32 bytes, of a ledger with these roots."""
    return _leaf(STORE, merkle.tree_root(_ledger(log_root, state_root)))


def app_hash_proof_ops(key: str, log_root: bytes, state_root: bytes) -> tuple[ValueOp, ValueOp]:
    """The two steps from the value of `key`, "log" or "state", to the app hash. Raises ValueError for any other key."""
    leaves = _ledger(log_root, state_root)
    index = (LOG, STATE).index(key)
    inner = ValueOp(key.encode(), len(leaves), index, leaves[index], tuple(merkle.inclusion_proof(leaves, index)))
    return inner, ValueOp(STORE, 1, 0, _leaf(STORE, merkle.tree_root(leaves)), ())


def _ledger(log_root: bytes, state_root: bytes) -> Sequence[bytes]:
    """The leaves of the ledger's map, in the order of its keys."""
    return _leaf(LOG.encode(), log_root), _leaf(STATE.encode(), state_root)


def _leaf(key: bytes, value: bytes) -> bytes:
    return merkle.leaf_hash(delimited(key) + delimited(sha256(value)))
