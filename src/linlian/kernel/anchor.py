"""The anchor of a proof file: the ledger's last header, and who signed for it.

Whoever vouches for the checkpoint vouches for everything that leads to it. The operator's key is named by the very
state that it signs for, so a stranger's invented ledger is consistent too; only a reader's own list tells it from the
real one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from linlian.kernel import merkle
from linlian.kernel.block import Header
from linlian.kernel.checkpoint import Signer, known_signers, parse_checkpoint, parse_note, verify_note
from linlian.kernel.codec import Blob, Fields, Meta
from linlian.kernel.contract import SALT_BYTES
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.operator import KEY as OPERATOR_KEY
from linlian.kernel.operator import OPERATORS, is_operator_name, operator_name
from linlian.kernel.shown import Path, StateProofRecord, check_state_row

Trust = Mapping[str, Sequence[bytes]]
"""Name on a checkpoint → the public keys that this reader trusts under it."""


class Anchor(Fields):
    """The last header of a ledger, its path in the log, and the signed checkpoint of that size.

    `operator_row` proves from the header's own state which key signs for the operator (absent where validators do).
    """

    header: Header
    note: Annotated[bytes, Meta(max_length=65536)]
    path: Path = ()
    operator_row: Blob = b""
    operator_proof: StateProofRecord | None = None


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who stands behind an anchor: the signers this reader trusts, and the names that signed but are not trusted.

    `operator` is the key that the ledger's own state names; its signature has been checked, its owner has not.
    """

    chain: str
    height: int
    time: int
    operator: bytes | None
    trusted: tuple[Signer, ...]
    untrusted: tuple[str, ...]


def check_anchor(chain: str, anchor: Anchor, trust: Trust) -> Vouched:
    """Check that the checkpoint covers the header and is signed by whom the reader trusts, if it is."""
    checkpoint = parse_checkpoint(parse_note(anchor.note).text)
    header = anchor.header
    if (checkpoint.chain, header.chain) != (chain, chain):
        raise ProofInvalid("kernel.wrong_chain", chain=checkpoint.chain, expected=chain)
    if header.height != checkpoint.size - 1:
        raise ProofInvalid("kernel.anchor_mismatch", height=header.height, size=checkpoint.size)
    merkle.check_inclusion(header.leaf(), header.height, checkpoint.size, list(anchor.path), checkpoint.root)
    operator = _operator(chain, anchor)
    if operator is not None:
        signers = verify_note(anchor.note, {operator_name(chain): [operator]})
        if all(signer.time is not None for signer in signers):
            raise ProofInvalid("kernel.operator_did_not_sign")
    names = [line.name for line in parse_note(anchor.note).signatures]
    trusted = _vouchers(chain, anchor, operator, trust)
    known = [signer.name for signer in trusted]
    others = tuple(name for name in names if name not in known)
    return Vouched(chain, header.height, header.time, operator, trusted, others)


def _vouchers(chain: str, anchor: Anchor, operator: bytes | None, trust: Trust) -> tuple[Signer, ...]:
    """Who of the trusted signed, each key once, as a witness where it cosigned.

    The operator of another chain says nothing of this one, and this one's own cosignature makes it no witness.
    """
    name = operator_name(chain)
    believed = {who: keys for who, keys in trust.items() if who == name or not is_operator_name(who)}
    by_key: dict[bytes, Signer] = {}
    for signer in known_signers(anchor.note, believed):
        witness = signer.time is not None
        if witness and (signer.name == name or signer.public_key == operator):
            continue
        if witness or signer.public_key not in by_key:
            by_key[signer.public_key] = signer
    return tuple(by_key.values())


def _operator(chain: str, anchor: Anchor) -> bytes | None:
    """The operator's public key as the header's own state names it."""
    if anchor.operator_proof is None:
        if anchor.operator_row:
            raise ProofInvalid("kernel.operator_not_proven")
        return None
    key = OPERATORS.key(OPERATOR_KEY)
    check_state_row(chain, key, anchor.operator_row, anchor.operator_proof, anchor.header.state_root)
    return OPERATORS.decode(anchor.operator_row[SALT_BYTES:]).public_key if anchor.operator_row else None
