"""Proof files from a state and its store. The checkers stand in `kernel.proof`; nothing here decides anything.

What a file takes from the state is taken under the engine's lock. Blocks never change, so they are read outside it:
a history of thousands of blocks holds up nobody.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from linlian.engine.grounding import Grounding, leaves_of
from linlian.engine.watermark import Watermark
from linlian.kernel import codec, merkle
from linlian.kernel.block import SUBJECT_PREFIX, Block, Header, entry_digest, entry_place
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


class Prover:
    """Makes proof files at the head. `standing` is the lock under which the state stands still."""

    def __init__(
        self,
        state: State,
        store: Store,
        operator: SoftwareKey,
        watermark: Watermark,
        standing: AbstractContextManager[object] | None = None,
        rules: Rulebook | None = None,
    ):
        self._standing = standing or nullcontext()
        self._state = state
        self._store = store
        self._operator = operator
        self._grounding = None if rules is None else Grounding(state, store, rules)
        self._watermark = watermark
        self._note = b""
        self._noted = -1

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
        with self._standing:
            anchor = self._anchor()
            header_path = tuple(self._state.log.inclusion_proof(height, anchor.header.height + 1))
            key_row, key_proof = (b"", None) if key_id is None else self._row(KEYS.key(key_id))
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
        with self._standing:
            anchor = self._anchor()
            row, proof = self._row(SUBJECT_PREFIX + subject)
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
        with self._standing:
            anchor = self._anchor()
            row, proof = self._row(key)
        return StateFile(
            format="linlian/state/1", chain=self._state.chain, key=key, proof=proof, anchor=anchor, row=row
        )

    def _anchor(self) -> Anchor:
        """The head with its signed checkpoint; the watermark is on disk before the signature exists."""
        header, size = self._head()
        if self._noted != header.height:
            named = current_operator(self._state)
            if named is None or named.public_key != self._operator.public_key:
                raise LinlianError("engine.not_the_operator")
            self._watermark.raise_to(header.height, sha256(codec.encode(header)))
            text = checkpoint_text(self._state.chain, size, self._state.log.root())
            self._note = text + b"\n" + sign_checkpoint(text, operator_name(self._state.chain), self._operator)
            self._noted = header.height
        row, proof = self._row(OPERATORS.key(OPERATOR_KEY))
        path = tuple(self._state.log.inclusion_proof(header.height, size))
        return Anchor(header=header, path=path, note=self._note, operator_row=row, operator_proof=proof)

    def _head(self) -> tuple[Header, int]:
        header = self._state.header
        assert header is not None, "a ledger has block 0"
        return header, header.height + 1

    def _row(self, key: bytes) -> tuple[bytes, StateProofRecord]:
        row, proof = self._state.prove(key)
        return row or b"", StateProofRecord(siblings=proof.siblings, bucket=proof.bucket)
