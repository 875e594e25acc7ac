"""Proof files from a state and its store. The checkers stand in `kernel.proof`; nothing here decides anything.

What a file takes from the state is taken under the engine's lock. Blocks never change, so they are read outside it:
a history of thousands of blocks holds up nobody.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from linlian.engine.grounding import Grounding, leaves_of
from linlian.engine.watermark import Watermark
from linlian.kernel import codec, merkle
from linlian.kernel.block import SUBJECT_PREFIX, Block, entry_digest, entry_place
from linlian.kernel.checkpoint import checkpoint_text, sign_checkpoint
from linlian.kernel.contract import SALT_BYTES
from linlian.kernel.crypto import SoftwareKey, sha256
from linlian.kernel.errors import LinlianError
from linlian.kernel.keys import KEYS
from linlian.kernel.operator import KEY as OPERATOR_KEY
from linlian.kernel.operator import OPERATORS, current_operator, operator_name
from linlian.kernel.proof import Anchor, HistoryFile, ReceiptFile, StateFile
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.shown import StateProofRecord
from linlian.kernel.state import State
from linlian.kernel.transaction import open_transaction
from linlian.store.protocol import Store


class Voucher(Protocol):
    """Who stands behind a proof file: the operator's signature, or those of the validators."""

    def ready(self, height: int) -> None:
        """See that this height can be vouched for, before the state is held still. Raises LinlianError."""

    def anchor(self, state: State) -> Anchor:
        """The anchor of the last height that can be; the state stands still, and is at most 64 blocks further."""


class OperatorVoucher:
    """One operator signs checkpoints of the head; the watermark is on disk before the signature exists."""

    def __init__(self, operator: SoftwareKey, watermark: Watermark):
        self._operator = operator
        self._watermark = watermark
        self._note = b""
        self._noted = -1

    def ready(self, height: int) -> None:
        """Whatever is committed can be signed at once."""

    def anchor(self, state: State) -> Anchor:
        header = state.header
        assert header is not None, "a ledger has block 0"
        size = header.height + 1
        if self._noted != header.height:
            named = current_operator(state)
            if named is None or named.public_key != self._operator.public_key:
                raise LinlianError("engine.not_the_operator")
            self._watermark.raise_to(header.height, sha256(codec.encode(header)))
            text = checkpoint_text(state.chain, size, state.log.root())
            self._note = text + b"\n" + sign_checkpoint(text, operator_name(state.chain), self._operator)
            self._noted = header.height
        row, proof = prove_row(state, OPERATORS.key(OPERATOR_KEY), header.height)
        path = tuple(state.log.inclusion_proof(header.height, size))
        return Anchor(header=header, path=path, note=self._note, operator_row=row, operator_proof=proof)


class Prover:
    """Makes proof files at the last height that is vouched for. Under `standing` the state stands still."""

    def __init__(
        self,
        state: State,
        store: Store,
        voucher: Voucher,
        standing: AbstractContextManager[object] | None = None,
        rules: Rulebook | None = None,
    ):
        self._standing = standing or nullcontext()
        self._state = state
        self._store = store
        self._voucher = voucher
        self._grounding = None if rules is None else Grounding(state, store, rules)

    def receipt(self, item_id: bytes, withhold: tuple[int, ...] = (), *, strict: bool = False) -> ReceiptFile:
        """The receipt of an item; the entries numbered in `withhold` are replaced by their digests.

        A strict one says on what the key rests. Raises ProofInvalid (`kernel.key_unjustified`) if nothing leads to it.
        """
        found = self._store.find(item_id)
        block = self._store.block(found[0]) if found else None
        if found is None or block is None:
            raise LookupError(item_id.hex())
        height, index = found
        item, receipt, is_run = block.items[index], block.receipts[index], index < block.runs
        receipt_path = tuple(merkle.inclusion_proof(leaves_of(block), index))
        key_id = None if is_run else open_transaction(item, self._state.chain).key_id
        grounding = self._grounding if strict and key_id is not None else None
        places = grounding.find(key_id) if grounding is not None and key_id is not None else None
        self._voucher.ready(height)
        with self._standing:
            anchor = self._voucher.anchor(self._state)
            at = anchor.header.height
            header_path = tuple(self._state.log.inclusion_proof(height, at + 1))
            key_row, key_proof = (b"", None) if key_id is None else prove_row(self._state, KEYS.key(key_id), at)
            grounds = grounding.prove(places, anchor.header.height + 1) if grounding and places else None
        return ReceiptFile(
            format="linlian/receipt/1",
            chain=self._state.chain,
            item=item,
            index=index,
            outcome=receipt.outcome,
            header=block.header,
            anchor=anchor,
            run=is_run,
            entries=tuple(b"" if number in withhold else entry for number, entry in enumerate(receipt.entries)),
            withheld=tuple(
                entry_digest(height, index, number, entry)
                for number, entry in enumerate(receipt.entries)
                if number in withhold
            ),
            receipt_path=receipt_path,
            header_path=header_path,
            key_row=key_row,
            key_proof=key_proof,
            grounds=grounds,
        )

    def history(self, subject: bytes) -> HistoryFile:
        """Every entry of a subject, read from the blocks, with the state's own count and head."""
        self._voucher.ready(self._state.height)
        with self._standing:
            anchor = self._voucher.anchor(self._state)
            row, proof = prove_row(self._state, SUBJECT_PREFIX + subject, anchor.header.height)
        entries: list[bytes] = []
        places: list[bytes] = []
        block: Block | None = None
        for _, height, receipt, event in self._store.positions(subject):
            if height > anchor.header.height:
                break
            if block is None or block.header.height != height:
                block = self._store.block(height)
            assert block is not None, "the index points into committed blocks"
            entries.append(block.receipts[receipt].entries[event])
            places.append(entry_place(height, receipt, event))
        if row and len(entries) != int.from_bytes(row[SALT_BYTES : SALT_BYTES + 8], "big"):
            raise LinlianError("engine.not_kept_here", height=anchor.header.height)
        return HistoryFile(
            format="linlian/history/1",
            chain=self._state.chain,
            subject=subject,
            proof=proof,
            anchor=anchor,
            entries=tuple(entries),
            places=b"".join(places),
            row=row,
        )

    def state(self, key: bytes) -> StateFile:
        """A row under its full key, or its absence."""
        self._voucher.ready(self._state.height)
        with self._standing:
            anchor = self._voucher.anchor(self._state)
            row, proof = prove_row(self._state, key, anchor.header.height)
        return StateFile(
            format="linlian/state/1", chain=self._state.chain, key=key, proof=proof, anchor=anchor, row=row
        )


def prove_row(state: State, key: bytes, height: int) -> tuple[bytes, StateProofRecord]:
    """A row (empty if there is none) and its proof against the state root of a height, one of the last 64."""
    row, proof = state.prove(key, height)
    return row or b"", StateProofRecord(siblings=proof.siblings, bucket=proof.bucket)
