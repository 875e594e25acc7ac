"""What every proof file is made of: a row with its proof, and a signed transaction in its block."""

from __future__ import annotations

from typing import Annotated

from linlian.kernel import stateproof
from linlian.kernel.block import Header
from linlian.kernel.codec import Fields, Hash, Meta
from linlian.kernel.contract import SALT_BYTES
from linlian.kernel.crypto import check_key, verify
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.keys import KEYS
from linlian.kernel.replay import check_window
from linlian.kernel.transaction import Transaction, open_transaction

Path = Annotated[tuple[Hash, ...], Meta(max_length=64)]
RECEIPTS_MAX = 2**32
"""What an entry's digest has room for."""


class StateProofRecord(Fields):
    """A state proof: the three siblings of each level from the root, and the bucket's (path, value hash) pairs."""

    siblings: Annotated[tuple[tuple[Hash, Hash, Hash], ...], Meta(max_length=128)] = ()
    bucket: Annotated[tuple[tuple[Hash, Hash], ...], Meta(max_length=16)] = ()


def check_state_row(chain: str, key: bytes, row: bytes, proof: StateProofRecord, root: bytes) -> None:
    """Check that `row` (empty: no row) stands under `key` in the state with this root. Raises ProofInvalid."""
    path = stateproof.path_of(chain, key)
    shown = stateproof.StateProof(proof.siblings, proof.bucket)
    if row:
        stateproof.check_membership(root, path, stateproof.value_hash(row), shown)
    else:
        stateproof.check_absence(root, path, shown)


def check_signed(
    chain: str, item: bytes, header: Header, key_row: bytes, key_proof: StateProofRecord | None, state_root: bytes
) -> Transaction:
    """Check that a transaction fits the block of this header and is signed by a key then in force.

    The key's row is proven under a later state root: key rows are never deleted. Raises LinlianError.
    """
    transaction = open_transaction(item, chain)
    check_window(transaction.body, header.time)
    if key_proof is None or not key_row:
        raise ProofInvalid("kernel.key_not_shown")
    check_state_row(chain, KEYS.key(transaction.key_id), key_row, key_proof, state_root)
    row = KEYS.decode(key_row[SALT_BYTES:])
    if not row.in_force(header.height) or row.account != transaction.body.signer:
        raise ProofInvalid("kernel.key_not_in_force", key=transaction.key_id, height=header.height)
    check_key(row.suite, row.public_key, row.binding)
    if not verify(row.suite, row.public_key, transaction.signing_bytes, transaction.signature, row.binding):
        raise ProofInvalid("kernel.wrong_signature")
    return transaction
