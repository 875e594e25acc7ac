"""Finds on what a key rests (`kernel.grounds`): the signed commands behind its row, in the blocks themselves.

A key's row says in which block it was registered. There stands the command that named it; or, if others had to approve
it and a timer carried it out, the commands stand in its account's history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from linlian.kernel import merkle
from linlian.kernel.block import Block, entry_digests, receipt_leaf
from linlian.kernel.errors import EncodingInvalid, LinlianError, ProofInvalid
from linlian.kernel.grounds import FoundingKey, Grounds, Step, named_key, open_key_command
from linlian.kernel.keys import KEYS
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.shown import StateProofRecord
from linlian.kernel.state import State
from linlian.kernel.stateproof import path_of, value_hash
from linlian.kernel.statetree import StateTree
from linlian.kernel.transaction import Transaction, open_transaction
from linlian.store.protocol import Store

Place = tuple[int, int]
"""Height and index of a transaction."""


@dataclass(frozen=True, slots=True)
class Places:
    """The founding keys and the transactions that lead to a key, in the order of the ledger."""

    founding: tuple[bytes, ...]
    steps: tuple[tuple[Place, bytes], ...]


class Grounding:
    """Over a state and its blocks. `find` reads blocks, which never change; `prove` reads the state."""

    def __init__(self, state: State, store: Store, rules: Rulebook) -> None:
        self._state = state
        self._store = store
        self._rules = rules

    def find(self, key_id: bytes) -> Places:
        """Raises ProofInvalid (`kernel.key_unjustified`) for the first key that no command led to."""
        founding: set[bytes] = set()
        steps: dict[Place, bytes] = {}
        waiting, seen = [key_id], {key_id}
        while waiting:
            key = waiting.pop()
            if KEYS.key(key) in self._first_rows:
                founding.add(key)
                continue
            for place, signed_by in self._named_by(key):
                steps[place] = signed_by
                if signed_by not in seen:
                    seen.add(signed_by)
                    waiting.append(signed_by)
        return Places(tuple(sorted(founding)), tuple(sorted(steps.items())))

    def prove(self, places: Places, size: int) -> Grounds:
        """The file's part, for an anchor over `size` headers, the last of them at most 64 blocks back."""
        first = self._block(0)
        return Grounds(
            first=first.header,
            first_path=tuple(self._state.log.inclusion_proof(0, size)),
            founding=tuple(self._founding(key) for key in places.founding),
            steps=tuple(self._step(place, signed_by, size) for place, signed_by in places.steps),
        )

    def _named_by(self, key: bytes) -> list[tuple[Place, bytes]]:
        """(place, key that signed) of the transactions that gave a key to its account."""
        row = KEYS.get(self._state, key)
        assert row is not None, "key rows are never deleted"
        for place, transaction in self._transactions(row.from_height - 1):
            command = self._key_command(transaction)
            if command is not None and named_key(command) == key and command.key_for != "account":
                return [(place, transaction.key_id)]
        found: list[tuple[Place, bytes]] = []
        for place, transaction in self._history(row.account, row.from_height):
            command = self._key_command(transaction)
            if command is None or getattr(command, "account", b"") != row.account:
                continue
            if command.key_for == "account":
                found = [(place, transaction.key_id)] if named_key(command) == key else []
            elif found and command.approves_key and command.key == key:
                found.append((place, transaction.key_id))
        if not found:
            raise ProofInvalid("kernel.key_unjustified", key=key, account=row.account, height=row.from_height)
        return found

    def _key_command(self, transaction: Transaction) -> Any:
        try:
            return open_key_command(self._rules, transaction.body)
        except EncodingInvalid:
            return None

    def _transactions(self, height: int) -> Iterator[tuple[Place, Transaction]]:
        """The accepted transactions of a block."""
        block = self._block(height)
        for index in range(block.runs, len(block.items)):
            if block.receipts[index].outcome == "accepted":
                yield (height, index), open_transaction(block.items[index], self._state.chain)

    def _history(self, account: bytes, before: int) -> Iterator[tuple[Place, Transaction]]:
        """The accepted transactions in an account's history, below a height."""
        last: Place = (-1, -1)
        for _, height, index, _ in self._store.positions(account):
            if height >= before:
                return
            if (height, index) != last:
                last = (height, index)
                block = self._block(height)
                if index >= block.runs and block.receipts[index].outcome == "accepted":
                    yield last, open_transaction(block.items[index], self._state.chain)

    def _step(self, place: Place, signed_by: bytes, size: int) -> Step:
        height, index = place
        block = self._block(height)
        row, proof = self._state.prove(KEYS.key(signed_by), size - 1)
        assert row is not None, "key rows are never deleted"
        return Step(
            item=block.items[index],
            index=index,
            header=block.header,
            key_row=row,
            key_proof=StateProofRecord(siblings=proof.siblings, bucket=proof.bucket),
            digests=tuple(entry_digests(height, index, block.receipts[index].entries)),
            receipt_path=tuple(merkle.inclusion_proof(leaves_of(block), index)),
            header_path=tuple(self._state.log.inclusion_proof(height, size)),
        )

    def _founding(self, key: bytes) -> FoundingKey:
        full = KEYS.key(key)
        proof = self._first_tree.prove(path_of(self._state.chain, full))
        record = StateProofRecord(siblings=proof.siblings, bucket=proof.bucket)
        return FoundingKey(row=self._first_rows[full], proof=record)

    @cached_property
    def _first_rows(self) -> dict[bytes, bytes]:
        """The keys in the state of block 0."""
        return {key: row for key, row in self._block(0).writes if key.startswith(KEYS.prefix)}

    @cached_property
    def _first_tree(self) -> StateTree:
        """The state of block 0, which follows from its write-set alone."""
        tree, chain = StateTree(), self._state.chain
        tree.build(sorted((path_of(chain, key), value_hash(row)) for key, row in self._block(0).writes))
        return tree

    def _block(self, height: int) -> Block:
        block = self._store.block(height)
        if block is None:
            raise LinlianError("engine.not_kept_here", height=height)
        return block


def leaves_of(block: Block) -> list[bytes]:
    """The leaf hashes of a block's receipts tree."""
    height = block.header.height
    return [
        receipt_leaf(block.item_id(index), item, receipt.outcome, entry_digests(height, index, receipt.entries))
        for index, (item, receipt) in enumerate(zip(block.items, block.receipts, strict=True))
    ]
