"""What only the state before a block can say of it, and moving the state over the block.

Everything here raises LedgerDamaged with the height and the part.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import pairwise

from linlian.kernel import codec
from linlian.kernel.block import Block, Header, Run
from linlian.kernel.contract import SALT_BYTES, compose
from linlian.kernel.crypto import TIMER_RUN
from linlian.kernel.entropy import current_entropy, first_entropy
from linlian.kernel.errors import EncodingInvalid, Refused, Rejected
from linlian.kernel.genesis import Genesis
from linlian.kernel.release import KEY as RELEASE_KEY
from linlian.kernel.release import RELEASES, Release
from linlian.kernel.replay import offline
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State, Writes
from linlian.kernel.timers import TIMERS
from linlian.kernel.transaction import open_transaction
from linlian.kernel.transition import apply_block, check_transaction, found
from linlian.store.audit_block import damaged


def check_header(state: State, genesis: Genesis, header: Header) -> None:
    """The header follows the one before it, and commits to all of them."""
    height = header.height
    if header.chain != state.chain:
        damaged(height, "header", "store.other_chain", chain=header.chain)
    if height == 0 and header.time != genesis.time:
        damaged(0, "header", "store.genesis_differs", time=header.time)
    if header.time < state.time:
        damaged(height, "header", "store.time_falls", time=header.time, before=state.time)
    if header.log_root != state.log.root():
        # Either of the two may be the changed one; what stands is that they do not belong together.
        damaged(max(height - 1, 0), "header", "store.header_not_committed", next=height)
    with _readable(height, "state"):
        release = Release(genesis.release, genesis.release_hash) if height == 0 else RELEASES.get(state, RELEASE_KEY)
    in_force = None if release is None else release.at(height)
    if in_force is None or (header.release, header.release_hash) != (in_force.number, in_force.source_hash):
        damaged(height, "header", "store.release_differs", release=header.release)


def check_not_repeated(state: State, block: Block, ids: list[bytes]) -> None:
    """None of a block's transactions was in a block before."""
    seen: dict[bytes, int] = {}
    for receipt, identifier in enumerate(ids, block.runs):
        first = seen.setdefault(identifier, receipt)
        if first != receipt or identifier in state.guard or offline.has(state, identifier):
            damaged(block.header.height, "transaction", "kernel.repeated", receipt=receipt)


def check_runs(state: State, genesis: Genesis, block: Block) -> None:
    """Runs are signed by nobody: they must be the founding commands, or the due timers, each exactly as set."""
    height = block.header.height
    with _readable(height, "run"):
        runs = [codec.decode_trusted(Run, item) for item in block.items[: block.runs]]
        expected = list(_founding(genesis) if height == 0 else _due(state, block))
        if runs != expected:
            pairs = zip(runs, expected, strict=False)
            receipt = next((at for at, (run, other) in enumerate(pairs) if run != other), min(len(runs), len(expected)))
            damaged(height, "run", "store.run_differs", receipt=receipt)


def entropy_before(state: State, genesis: Genesis) -> bytes:
    """What the salts of the next block are made of."""
    if state.height < 0:
        return first_entropy(genesis.nonce)
    with _readable(state.height, "state"):
        return current_entropy(state)


def _founding(genesis: Genesis) -> Iterator[Run]:
    for number, seed in enumerate(genesis.seeds):
        nonce = sha256(TIMER_RUN + genesis.nonce + number.to_bytes(4, "big")).digest()[:16]
        yield Run("genesis", seed.command, seed.fields, "", b"", nonce)


def _due(state: State, block: Block) -> Iterator[Run]:
    """The due timers that ran. One that did not must have been removed or replaced by an item before it."""
    written = dict(block.writes)
    ran = {_timer_key(codec.decode_trusted(Run, item)) for item in block.items[: block.runs]}
    for key in state.timers.due(block.header.time):
        if key not in written:
            damaged(block.header.height, "run", "store.timer_not_run", timer=key)
        if key in ran:
            row = state.rows[key]
            timer = TIMERS.decode(row[SALT_BYTES:])
            nonce = sha256(TIMER_RUN + row[:SALT_BYTES] + block.header.height.to_bytes(8, "big")).digest()[:16]
            fields = codec.decode_plain_trusted(timer.fields)
            yield Run("timer", timer.command, fields, timer.name, timer.record, nonce)


def _timer_key(run: Run) -> bytes:
    return TIMERS.key(compose(run.name, run.record))


def move(state: State, block: Block, ids: list[bytes]) -> Writes:
    """Apply a block by its write-set; returns the rows that stood there before (empty: none)."""
    height, writes = block.header.height, block.writes
    if any(before[0] >= after[0] for before, after in pairwise(writes)):
        damaged(height, "writes", "store.writes_disordered")
    with _readable(height, "writes"):
        replaced, _ = state.stage(writes)
    if state.root != block.header.state_root:
        damaged(height, "state", "store.state_root_differs")
    state.header = block.header
    state.log.append(block.header.leaf())
    state.guard.add(block.header.time, ids)
    return list(replaced)


def replay_block(state: State, rulebook: Rulebook, block: Block) -> Writes:
    """Execute a block after block 0 again; returns the rows that stood there before."""
    height = block.header.height
    replaced = [(key, state.rows.get(key, b"")) for key, _ in block.writes]
    transactions = []
    with _readable(height, "replay"):
        for receipt, item in enumerate(block.items[block.runs :], block.runs):
            try:
                transaction = open_transaction(item, state.chain)
                check_transaction(state, rulebook, transaction, block.header.time)
            except Rejected as error:
                damaged(height, "transaction", error.code, receipt=receipt)
            transactions.append(transaction)
        applied = apply_block(state, rulebook, block.header.time, transactions)
    if applied is None:
        damaged(height, "replay", "store.replay_differs", what="items")
    _check_same(block, applied.block)
    return replaced


def replay_genesis(rulebook: Rulebook, document: bytes, block: Block) -> State:
    """Found the community again; returns its state."""
    try:
        state, applied = found(rulebook, document)
    except (EncodingInvalid, Refused) as error:
        damaged(0, "replay", error.code)
    _check_same(block, applied.block)
    return state


def _check_same(stored: Block, executed: Block) -> None:
    """Raises LedgerDamaged that names the first part that came out otherwise."""
    height = stored.header.height
    for what, there, here in (
        ("items", stored.items, executed.items),
        ("receipts", stored.receipts, executed.receipts),
        ("writes", stored.writes, executed.writes),
    ):
        if there != here:
            pairs = zip(there, here, strict=False)
            at = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(there), len(here)))
            damaged(height, "replay", "store.replay_differs", what=what, at=at)
    if stored.header != executed.header:
        damaged(height, "replay", "store.replay_differs", what="header")


@contextmanager
def _readable(height: int, part: str) -> Iterator[None]:
    """Rows that hold something else than their table's records are found here, before any rule meets them."""
    try:
        yield
    except EncodingInvalid as error:
        damaged(height, part, error.code)
    except (TypeError, LookupError, ValueError) as error:
        damaged(height, part, "store.row_malformed", reason=str(error)[:200])
