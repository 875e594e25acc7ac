"""What can be said of one block by itself: the part of an audit that runs in worker processes.

`check_block` is given, beside the block, the few rows of the state before it that it needs: those of the keys that
signed, and of the subjects whose histories it continues. It raises LedgerDamaged with `height`, `part` and, where
there is one, the `receipt`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NoReturn

from linlian.kernel import codec, merkle
from linlian.kernel.block import (
    REFUSED,
    SUBJECT_PREFIX,
    Block,
    Header,
    Receipt,
    Run,
    entry_digests,
    receipt_leaf,
    run_id,
    subject_link,
    subject_start,
)
from linlian.kernel.contract import SALT_BYTES
from linlian.kernel.crypto import SUITES, SignatureCheck, verify_many
from linlian.kernel.entropy import ENTROPY_KEY, entropy_row
from linlian.kernel.errors import EncodingInvalid, Fact, LedgerDamaged, Rejected
from linlian.kernel.keys import KEYS, KeyRow
from linlian.kernel.limits import BLOCK_BYTES_MAX, BLOCK_TIMERS_MAX, BLOCK_TRANSACTIONS_MAX
from linlian.kernel.merkle import HASH_BYTES
from linlian.kernel.replay import check_window
from linlian.kernel.transaction import Transaction, open_transaction
from linlian.store.blocks import BODY_BYTES_MAX, StoredBlock, decompress

BROKEN: Final = "kernel.broken"


@dataclass(frozen=True, slots=True)
class BlockCheck:
    """A stored block with its entropy, and the rows before it of its keys (by key id) and subjects (by full key)."""

    stored: StoredBlock
    entropy: bytes
    keys: Mapping[bytes, bytes]
    subjects: Mapping[bytes, bytes]
    verify_signatures: bool


def check_blocks(checks: Sequence[BlockCheck]) -> int:
    """Check blocks in order; returns the number of their entries. Raises LedgerDamaged for the first that is wrong."""
    return sum(check_block(check) for check in checks)


def check_block(check: BlockCheck) -> int:
    """Check everything that a block says about itself; returns the number of its entries. Raises LedgerDamaged."""
    stored = check.stored
    try:
        header = codec.decode(Header, stored.header)
        body = decompress(stored.body, BODY_BYTES_MAX)
        block = Block.decode(header, body)
    except EncodingInvalid as error:
        damaged(stored.height, "block", error.code)
    if block.encode_body() != body:
        damaged(header.height, "block", "kernel.not_canonical")
    _check_counts(stored, block)
    items = [*_check_runs(block), *_check_transactions(block, check)]
    ids = [identifier for identifier, _ in items]
    for receipt, body_of in enumerate(block.receipts):
        _check_receipt(header.height, receipt, body_of)
    digests = [entry_digests(header.height, at, receipt.entries) for at, receipt in enumerate(block.receipts)]
    leaves = [
        receipt_leaf(item_id, item, receipt.outcome, digest)
        for item_id, item, receipt, digest in zip(ids, block.items, block.receipts, digests, strict=True)
    ]
    if merkle.tree_root(leaves) != header.receipts_root:
        damaged(header.height, "receipts", "store.receipts_root_differs")
    _check_histories(block, digests, check.subjects)
    if dict(block.writes).get(ENTROPY_KEY) != entropy_row(check.entropy, [nonce for _, nonce in items]):
        damaged(header.height, "writes", "store.entropy_differs")
    return sum(len(receipt.entries) for receipt in block.receipts)


def damaged(height: int | None, part: str, code: str, **facts: Fact) -> NoReturn:
    """Say what is wrong, in which part, and of which block if it is of one."""
    if height is not None:
        facts = {"height": height, **facts}
    raise LedgerDamaged(code, part=part, **facts)


def _check_counts(stored: StoredBlock, block: Block) -> None:
    height, items = block.header.height, len(block.items)
    transactions = items - block.runs
    if not items == len(block.receipts) == block.header.count:
        damaged(height, "block", "store.count_differs", items=items, receipts=len(block.receipts))
    if not 0 <= block.runs <= items or stored.runs != block.runs:
        damaged(height, "block", "store.runs_differ", runs=block.runs)
    if len(stored.ids) != HASH_BYTES * transactions:
        damaged(height, "ids", "store.ids_differ")
    size_bytes = sum(map(len, block.items[block.runs :]))
    too_many = transactions > BLOCK_TRANSACTIONS_MAX or (height > 0 and block.runs > BLOCK_TIMERS_MAX)
    if too_many or size_bytes > BLOCK_BYTES_MAX:
        damaged(height, "block", "store.block_too_large", transactions=transactions, size_bytes=size_bytes)


def _check_runs(block: Block) -> list[tuple[bytes, bytes]]:
    """(id, nonce) of a block's runs. That they were due is for the state before it to say."""
    header = block.header
    runs: list[tuple[bytes, bytes]] = []
    for index, item in enumerate(block.items[: block.runs]):
        try:
            run = codec.decode(Run, item)
        except EncodingInvalid as error:
            damaged(header.height, "run", error.code, receipt=index)
        runs.append((run_id(header.chain, header.height, index, item), run.nonce))
    return runs


def _check_transactions(block: Block, check: BlockCheck) -> list[tuple[bytes, bytes]]:
    """(id, nonce) of a block's transactions: strictly opened, in their window, signed by a key then in force."""
    header, ids = block.header, check.stored.transaction_ids()
    nonces: list[bytes] = []
    signatures: list[SignatureCheck] = []
    for index, item in enumerate(block.items[block.runs :], block.runs):
        try:
            transaction = open_transaction(item, header.chain)
            check_window(transaction.body, header.time)
            signatures.append(_signature_check(transaction, check.keys, header.height))
        except Rejected as error:
            damaged(header.height, "transaction", error.code, receipt=index)
        if transaction.id != ids[index - block.runs]:
            damaged(header.height, "ids", "store.ids_differ", receipt=index)
        nonces.append(transaction.body.nonce)
    if check.verify_signatures:
        good = verify_many(signatures)
        if not all(good):
            receipt = block.runs + good.index(False)
            damaged(header.height, "transaction", "kernel.wrong_signature", receipt=receipt)
    return list(zip(ids, nonces, strict=True))


def _signature_check(transaction: Transaction, keys: Mapping[bytes, bytes], height: int) -> SignatureCheck:
    """Raises Rejected if the key was not in force, or not the signer's."""
    stored = keys.get(transaction.key_id)
    row = None if stored is None else _key_row(stored)
    if row is None or not row.in_force(height) or row.suite not in SUITES:
        raise Rejected("kernel.key_not_in_force", key=transaction.key_id)
    if row.account != transaction.body.signer:
        raise Rejected("kernel.not_signers_key", key=transaction.key_id)
    return (row.suite, row.public_key, transaction.signing_bytes, transaction.signature, row.binding)


@lru_cache(maxsize=65_536)
def _key_row(row: bytes) -> KeyRow | None:
    try:
        return codec.decode(KEYS.kind, row[SALT_BYTES:])
    except EncodingInvalid:
        return None


def _check_receipt(height: int, index: int, receipt: Receipt) -> None:
    """Entries are `[salt, type, occurred_at, fields]`, and their types agree with the outcome."""
    if len(receipt.entries) != len(receipt.subjects):
        damaged(height, "receipts", "store.subjects_differ", receipt=index)
    types = [_entry_type(height, index, entry) for entry in receipt.entries]
    expected = {"accepted": None, "refused": [REFUSED], "broken": [BROKEN]}[receipt.outcome]
    if types != expected if expected else REFUSED in types or BROKEN in types:
        damaged(height, "receipts", "store.outcome_differs", receipt=index, outcome=receipt.outcome)


def _entry_type(height: int, receipt: int, entry: bytes) -> str:
    try:
        plain = codec.decode_plain_trusted(entry)
        canonical = codec.encode_plain(plain) == entry
    except EncodingInvalid as error:
        damaged(height, "receipts", error.code, receipt=receipt)
    match plain:
        case [bytes() as salt, str() as kind, int(), dict()] if canonical and len(salt) == SALT_BYTES:
            return kind
    damaged(height, "receipts", "store.entry_malformed", receipt=receipt)


def _check_histories(block: Block, digests: Sequence[Sequence[bytes]], before: Mapping[bytes, bytes]) -> None:
    """Every subject that an entry names has the entry in its chain, and no chain grew without an entry."""
    header = block.header
    chains: dict[bytes, tuple[int, bytes]] = {}
    for receipt, digests_of in zip(block.receipts, digests, strict=True):
        for subjects, digest in zip(receipt.subjects, digests_of, strict=True):
            for subject in subjects:
                key = SUBJECT_PREFIX + subject
                position, head = chains.get(key) or _chain(header.chain, subject, before.get(key, b""))
                chains[key] = (position + 1, subject_link(head, position + 1, digest))
    written = {key: row for key, row in block.writes if key.startswith(SUBJECT_PREFIX)}
    for key in sorted({*chains, *written}):
        # Block 0 of a successor knows the subjects of the chain before it, by empty histories.
        empty = subject_start(header.chain, key[len(SUBJECT_PREFIX) :]) if header.height == 0 else b""
        position, head = chains.get(key, (0, empty))
        if written.get(key, b"")[SALT_BYTES:] != position.to_bytes(8, "big") + head:
            damaged(header.height, "histories", "store.history_differs", subject=key[len(SUBJECT_PREFIX) :])


def _chain(chain: str, subject: bytes, row: bytes) -> tuple[int, bytes]:
    """The number and head of a history, from its row."""
    if not row:
        return 0, subject_start(chain, subject)
    return int.from_bytes(row[SALT_BYTES : SALT_BYTES + 8], "big"), row[SALT_BYTES + 8 :]


def signing_keys(block: Block, row_of: Callable[[bytes], bytes | None]) -> dict[bytes, bytes]:
    """The rows of the keys that a block's transactions name. What cannot be opened is left to `check_block`."""
    keys: dict[bytes, bytes] = {}
    for item in block.items[block.runs :]:
        try:
            envelope: Any = codec.decode_plain_trusted(item)
        except EncodingInvalid:
            continue
        identifier = envelope[1] if isinstance(envelope, list) and len(envelope) == 3 else None
        if isinstance(identifier, bytes) and identifier not in keys:
            row = row_of(KEYS.prefix + identifier)
            if row is not None:
                keys[identifier] = row
    return keys
