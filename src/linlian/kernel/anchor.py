"""The anchor of a proof file: the ledger's last header, and who signed for it.

Whoever vouches for the log's root vouches for everything that leads to it. The operator's key is named by the very
state that it signs for, and a network's validators by the very blocks that they sign: so a stranger's invented ledger
is consistent too; only a reader's own list tells it from the real one.

Rules
- The path leads from the header, the last of its log, to the log's root.
- Where one operator keeps the ledger, a checkpoint of that root bears its signature, and perhaps witnesses'.
- Where several organisations do, light blocks end in a header of their engine whose app hash is that of this root and
  of the header's state root; the checkpoint may then be left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from linlian.kernel import merkle
from linlian.kernel.apphash import app_hash
from linlian.kernel.block import Header
from linlian.kernel.checkpoint import Signer, known_signers, parse_checkpoint, parse_note, verify_note
from linlian.kernel.codec import Blob, Fields, Meta
from linlian.kernel.contract import SALT_BYTES
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.light import LightBlock
from linlian.kernel.lightclient import Committed, Judging, check_light_blocks
from linlian.kernel.operator import KEY as OPERATOR_KEY
from linlian.kernel.operator import OPERATORS, is_operator_name, operator_name
from linlian.kernel.shown import Path, StateProofRecord, check_state_row

Trust = Mapping[str, Sequence[bytes]]
"""Name on a checkpoint → the public keys that this reader trusts under it."""


class Anchor(Fields):
    """The last header of a ledger, its path in the log, and the signed checkpoint of that size or light blocks.

    `operator_row` proves from the header's own state which key signs for the operator (absent where validators do).
    """

    header: Header
    note: Annotated[bytes, Meta(max_length=65536)]
    path: Path = ()
    operator_row: Blob = b""
    operator_proof: StateProofRecord | None = None
    light_blocks: Annotated[tuple[LightBlock, ...], Meta(max_length=64)] = ()


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who stands behind an anchor: the signers this reader trusts, and the names that signed but are not trusted.

    `operator` is the key that the ledger's own state names; its signature has been checked, its owner has not.
    `committed` tells of the validators, where there are any.
    """

    chain: str
    height: int
    time: int
    operator: bytes | None
    trusted: tuple[Signer, ...]
    untrusted: tuple[str, ...]
    committed: Committed | None = None

    @property
    def by_somebody_trusted(self) -> bool:
        """Whether anybody whom the reader trusts stands behind it."""
        return bool(self.trusted) or (self.committed is not None and self.committed.root is not None)


def check_anchor(chain: str, anchor: Anchor, trust: Trust, judging: Judging | None = None) -> Vouched:
    """Check that the header is signed for, by whom the reader trusts if it is.

    `trust` names operators and witnesses; `judging` brings the time and the validators that the reader trusts.
    """
    header = anchor.header
    if header.chain != chain:
        raise ProofInvalid("kernel.wrong_chain", chain=header.chain, expected=chain)
    committed = _check_committed(anchor, judging) if anchor.light_blocks else None
    operator = _operator(chain, anchor)
    if committed is not None and not anchor.note:
        if operator is not None:
            raise ProofInvalid("kernel.operator_did_not_sign")
        return Vouched(chain, header.height, header.time, None, (), (), committed)
    _check_note(anchor, operator)
    names = [line.name for line in parse_note(anchor.note).signatures]
    trusted = _vouchers(chain, anchor, operator, trust)
    known = [signer.name for signer in trusted]
    others = tuple(name for name in names if name not in known)
    return Vouched(chain, header.height, header.time, operator, trusted, others, committed)


def log_root(anchor: Anchor) -> bytes:
    """The root of the log that ends with the anchor's header, and that whoever signed the anchor signed for."""
    height = anchor.header.height
    return merkle.root_of_inclusion(anchor.header.leaf(), height, height + 1, anchor.path)


def _check_committed(anchor: Anchor, judging: Judging | None) -> Committed:
    """Check that validators made the log's root and the state root final, and that those lead from ones trusted."""
    header, last = anchor.header, anchor.light_blocks[-1].header
    committed = check_light_blocks(header.chain, anchor.light_blocks, judging)
    if last.app_hash != app_hash(log_root(anchor), header.state_root):
        raise ProofInvalid("kernel.app_hash_differs", height=header.height, engine_height=last.height)
    return committed


def _check_note(anchor: Anchor, operator: bytes | None) -> None:
    """Check that the checkpoint is that of the anchor's header, and that the operator, if there is one, signed it."""
    header, checkpoint = anchor.header, parse_checkpoint(parse_note(anchor.note).text)
    if checkpoint.chain != header.chain:
        raise ProofInvalid("kernel.wrong_chain", chain=checkpoint.chain, expected=header.chain)
    if header.height != checkpoint.size - 1:
        raise ProofInvalid("kernel.anchor_mismatch", height=header.height, size=checkpoint.size)
    merkle.check_root(log_root(anchor), checkpoint.root)
    if operator is not None:
        signers = verify_note(anchor.note, {operator_name(header.chain): [operator]})
        if all(signer.time is not None for signer in signers):
            raise ProofInvalid("kernel.operator_did_not_sign")


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
