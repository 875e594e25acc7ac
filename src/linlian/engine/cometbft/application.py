"""The state machine behind CometBFT, call by call. No socket, no thread, no clock but the one it is given.

    init_chain → ( check* · prepare? · process* · ahead? · finalize · commit )*          restart: info, then replays

Rules
- `process`, `finalize` and `commit` follow from the last block and what they are given; `check` and `prepare` also from
  this node's clock, and decide nothing that counts.
- The filter is `finalize`'s: whatever was proposed, a transaction that may not stand in a block leaves no trace.
- A block is executed once: after `process` has been answered, while the votes travel, or in `finalize`.
- `finalize` moves the state; `commit` makes it durable, block and the engine's height in one write. If the engine goes
  away in between, `abandon` takes the state back, so that readers need not wait for it to return. It then replays the
  block, or comes to another proposal; either takes the state back first where nobody has noticed that it was away.
- `info`, `check` and queries come between any two calls, also between `finalize` and `commit`: none of them changes
  anything, or waits.
- A signature is checked once: those that were good are remembered. Authority is read from the state each time.

Source: spec/abci of CometBFT v0.39.4, "Requirements for the Application".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from linlian.engine.cometbft.records import (
    CHANGED,
    MISBEHAVIOUR,
    POSITION,
    Committed,
    Draft,
    Finalized,
    Misbehaviour,
    Pending,
    Position,
    Roots,
)
from linlian.engine.cometbft.remembering import Remembered
from linlian.engine.cometbft.standing import Standing
from linlian.kernel import codec
from linlian.kernel.apphash import app_hash
from linlian.kernel.block import Block, Header
from linlian.kernel.errors import LinlianError, NodeMustStop, Rejected
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.limits import BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, OFFLINE_VALIDITY_MS_MAX, VALIDITY_MS_MAX
from linlian.kernel.replay import check_not_seen
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State, Writes
from linlian.kernel.transaction import Transaction
from linlian.kernel.transition import Applied, OpenBlock, admit, check_transaction, found
from linlian.kernel.validators import KEY, VALIDATORS, current_validators, powers
from linlian.store.protocol import Store, StoreError

CANDIDATES: Final = 4
"""Executed proposals of one height that are kept; rounds that fail make more than one."""


class Application:
    """Over a store that is empty or holds a ledger. One thread calls it; `standing` lets others read the state."""

    def __init__(
        self,
        store: Store,
        rulebook: Rulebook,
        clock: Callable[[], int],
        document: bytes | None = None,
        carried: Callable[[bytes], Writes | None] = lambda _: None,
    ) -> None:
        """`document` is the genesis that this node was given, if it was; `carried` finds a predecessor's rows.

        Raises StoreError, or LinlianError with an `engine.…` code.
        """
        self.store = store
        self.rulebook = rulebook
        self.clock = clock
        self.document = document
        self._carried = carried
        self.standing = Standing()
        self.seen = Remembered()
        self.alarms: list[str] = []
        self.position = Position(height=0, made_at=0, app_hash=bytes(32))
        self._roots: tuple[Roots, ...] = ()
        self._drafts: dict[bytes, Draft] = {}
        self._ahead: tuple[bytes, int, int, Sequence[bytes]] | None = None
        self._pending: Pending | None = None
        self._state: State | None = None
        held = store.genesis()
        if held is not None:
            state = State(chain_id(held), open_genesis(held).work)
            store.load(state)
            self._begin(held, state)

    @property
    def state(self) -> State:
        """The state; LinlianError (`engine.not_begun`) before the chain has begun here."""
        if self._state is None:
            raise LinlianError("engine.not_begun")
        return self._state

    @property
    def begun(self) -> bool:
        return self._state is not None

    @property
    def head(self) -> Header:
        header = self.state.header
        assert header is not None, "a ledger has block 0"
        return header

    def begin_at(self, document: bytes, state: State, position: Position) -> None:
        """Begin with a state that was taken over from others, and keep it. Raises StoreError if it is not there."""
        try:
            self.store.begin(document, state, {POSITION: codec.encode(position)})
        except StoreError:
            if self.store.genesis() != document or self.store.head() != state.header:
                raise
        self._begin(document, state)

    def _begin(self, document: bytes, state: State) -> None:
        if self.document is not None and self.document != document:
            raise LinlianError("engine.genesis_differs", chain=chain_id(document), expected=chain_id(self.document))
        self.document, self._state = document, state
        kept = self.store.noted(POSITION)
        root = app_hash(state.log.root(), state.root)
        self.position = codec.decode(Position, kept) if kept else Position(height=0, made_at=0, app_hash=root)
        if self.position.app_hash != root:
            raise LinlianError("engine.position_differs", height=self.position.height)
        self._roots = (Roots(self.position.made_at, state.height, state.log.root(), state.root),)
        self._check_release()

    # What the engine asks on its query connection.

    def info(self) -> Position:
        """Where this node stands. Asked at a start, and by anybody at any time: it changes nothing."""
        return self.position

    # What it asks while it decides.

    def init_chain(self, chain: str, document: bytes, validators: dict[bytes, int]) -> bytes:
        """Write block 0 and return the first app hash; asked again after a crash, the answer is the same.

        Raises LinlianError: `engine.genesis_differs`, `engine.validators_differ`, `engine.chain_differs`.
        """
        self._take_back()
        if self.document is not None and self.document != document:
            raise LinlianError("engine.genesis_differs", chain=chain, expected=chain_id(self.document))
        if chain_id(document) != chain:
            raise LinlianError("engine.chain_differs", chain=chain, expected=chain_id(document))
        if self._state is None:
            state, applied = found(self.rulebook, document, self._carried(document))
            self._check_validators(state, validators)
            root = app_hash(state.log.root(), state.root)
            if self.store.genesis() is None:
                self.store.create(document, applied.block)
            self.store.note({POSITION: codec.encode(Position(height=0, made_at=0, app_hash=root))})
            self._begin(document, state)
        self._check_validators(self.state, validators)
        return self.position.app_hash

    def _check_validators(self, state: State, validators: dict[bytes, int]) -> None:
        if powers(current_validators(state)) != validators:
            raise LinlianError("engine.validators_differ", chain=state.chain)

    def prepare(self, txs: Sequence[bytes], size_bytes_max: int, time: int, count_max: int) -> list[bytes]:
        """Which of the waiting envelopes to propose: in order, without knocks and what a block of this time drops."""
        self._take_back()
        state, chosen, count, size_bytes = self.state, [], 0, 0
        time = max(time, state.time)
        for tx in txs:
            opened = self.open(tx)
            if not opened or not any(_fits(state, transaction, time) for transaction in opened):
                continue
            if any(transaction.body.valid_until > time + _SPAN[transaction.body.offline] for transaction in opened):
                continue
            # The engine counts each with its field number and length.
            cost = len(tx) + 8
            if size_bytes + cost > size_bytes_max or count + len(opened) > count_max:
                break
            chosen.append(tx)
            size_bytes += cost
            count += len(opened)
        return chosen

    def process(self, txs: Sequence[bytes], height: int, time: int, block_hash: bytes) -> bool:
        """Whether to vote for a proposal: for all but malformed envelopes and excess."""
        self._take_back()
        count = size_bytes = 0
        for tx in txs:
            try:
                opened = self.seen.open(tx, self.state.chain)
            except Rejected:
                return False
            count += len(opened.transactions) + opened.malformed
            size_bytes += len(tx)
        if count > BLOCK_TRANSACTIONS_MAX or size_bytes > BLOCK_BYTES_MAX:
            return False
        self._ahead = (block_hash, height, time, txs)
        return True

    def ahead(self) -> int:
        """Execute the last proposal that was voted for, while the votes travel. Leave it out and nothing changes.

        Returns how many transactions there were.
        """
        if self._ahead is None:
            return 0
        block_hash, height, time, txs = self._ahead
        self._ahead = None
        if self._pending is None and height == self.position.height + 1 and block_hash not in self._drafts:
            while len(self._drafts) >= CANDIDATES:
                self._drafts.pop(next(iter(self._drafts)))
            draft = self._drafts[block_hash] = self._execute(txs, height, time)
            return len(draft.block.items)
        return 0

    def finalize(
        self, txs: Sequence[bytes], height: int, time: int, block_hash: bytes, misbehaviour: Sequence[Misbehaviour] = ()
    ) -> Finalized:
        """Run the decided block and move the state to it. Raises NodeMustStop rather than differ from the others."""
        self._take_back()
        if height != self.position.height + 1:
            raise NodeMustStop("engine.height_differs", height=height, expected=self.position.height + 1)
        draft = self._drafts.get(block_hash)
        if draft is None or (draft.height, draft.time) != (height, time):
            draft = self._execute(txs, height, time)
        self._drafts.clear()
        self._ahead = None
        state, before = self.state, powers(current_validators(self.state))
        notes = {f"{MISBEHAVIOUR}{height:016x}/{n}": codec.encode(what) for n, what in enumerate(misbehaviour)}
        applied: Applied | None = None
        position = Position(height=height, made_at=self.position.made_at, app_hash=self.position.app_hash)
        if draft.block.items:
            self.standing.move()
            applied = draft.block.seal(state)
            root = app_hash(state.log.root(), state.root)
            position = Position(height=height, made_at=height, app_hash=root)
        self.alarms.extend(draft.block.alarms)
        changes = self._changes(before, applied)
        if changes:
            notes[f"{CHANGED}{height:016x}"] = b"1"
        notes[POSITION] = codec.encode(position)
        self._pending = Pending(applied, notes, position, txs)
        return Finalized(position.app_hash, changes)

    def _changes(self, before: dict[bytes, int], applied: Applied | None) -> dict[bytes, int]:
        if applied is None or all(key != VALIDATORS.key(KEY) for key, _ in applied.block.writes):
            return {}
        after = powers(current_validators(self.state))
        changed = {key: power for key, power in after.items() if before.get(key) != power}
        return dict(sorted((changed | {key: 0 for key in before if key not in after}).items()))

    def commit(self) -> Committed:
        """Make the finalized block durable. Raises StoreError: the engine must not go on then."""
        pending = self._pending
        if pending is None:
            raise NodeMustStop("engine.nothing_to_commit", height=self.position.height)
        if pending.applied is None:
            self.store.note(pending.notes)
        else:
            self._store_block(pending.applied.block, pending.notes)
            state = self.state
            roots = Roots(pending.position.height, state.height, state.log.root(), state.root)
            self._roots = (*self._roots[-1:], roots)
        self.position, self._pending = pending.position, None
        self.standing.stand()
        self.seen.forget(pending.txs)
        applied = pending.applied
        block, ids = (None, []) if applied is None else (applied.block, applied.ids)
        return Committed(pending.position.height, block, ids, pending.txs)

    def _store_block(self, block: Block, notes: dict[str, bytes]) -> None:
        """Raises StoreError if it is not there; a store may fail after its last word, and only its head tells."""
        try:
            self.store.commit(block, notes)
        except StoreError:
            if self.store.head() != block.header:
                raise

    def abandon(self) -> None:
        """Take back a block that was finalized and not committed: the engine went away in between."""
        pending, self._pending = self._pending, None
        self._drafts.clear()
        self._ahead = None
        if pending is not None and pending.applied is not None:
            self.state.rollback()
            self.standing.stand()

    def _take_back(self) -> None:
        """The engine is past a commit that it never asked for, so it has begun anew. Else drafts stay good."""
        if self._pending is not None:
            self.abandon()

    def _execute(self, txs: Sequence[bytes], height: int, time: int) -> Draft:
        self._check_release()
        state = self.state
        received: list[Transaction] = []
        for tx in txs:
            received += self.open(tx)
        at = max(time, state.time)
        admitted, _ = admit(state, self.rulebook, received, at, self.seen.verify)
        block = OpenBlock.after(state, self.rulebook, time)
        for transaction in admitted:
            block.apply_transaction(transaction)
        return Draft(block, height, time)

    def _check_release(self) -> None:
        release = self.state.release
        if release.number not in self.rulebook.numbers:
            raise NodeMustStop("kernel.release_missing", release=release.number, height=self.state.height + 1)
        if not self.rulebook.carries(release.number, release.source_hash):
            raise NodeMustStop("engine.other_rules", release=release.number, voted=release.source_hash.hex())

    # What it asks of its mempool.

    def check(self, tx: bytes) -> None:
        """Let an envelope into the mempool, or raise Rejected: one wrong transaction in it spoils the whole."""
        state, now = self.state, self.now()
        opened = self.seen.open(tx, state.chain)
        if opened.malformed:
            raise Rejected("engine.envelope_malformed", cause="kernel.malformed")
        if not opened.transactions:
            self._check_knock(now)
            return
        good: Rejected | None = Rejected("engine.envelope_empty")
        checks = []
        for transaction in opened.transactions:
            try:
                checks.append(check_transaction(state, self.rulebook, transaction, now))
                good = None
            except Rejected as rejection:
                if rejection.code not in _PASSING:
                    raise
                good = rejection if good is not None else None
        if not all(self.seen.verify(checks)):
            raise Rejected("kernel.wrong_signature")
        if good is not None:
            raise good

    def recheck(self, tx: bytes) -> None:
        """Whether an envelope in the mempool is still worth a place there. Raises Rejected."""
        opened, now = self.open(tx), self.now()
        if not opened:
            self._check_knock(now)
        elif not any(_fits(self.state, transaction, now) for transaction in opened):
            raise Rejected("kernel.expired", valid_until=max(each.body.valid_until for each in opened), time=now)

    def _check_knock(self, now: int) -> None:
        due = self.state.timers.next_due()
        if due is None or due > now:
            raise Rejected("engine.nothing_due")

    def signed_roots(self, height: int = 0) -> Roots | None:
        """The last roots that a header of the engine holds already; None if there are none, or not of this height.

        Any thread may ask, the application's own too, so it takes no lock: roots come before the position that has them
        signed.
        """
        held, at = self._roots, self.position.height
        signed = [roots for roots in held if roots.height < at]
        return signed[-1] if signed and height in (0, signed[-1].height) else None

    def now(self) -> int:
        """This node's clock, never behind its last block."""
        return max(self.clock(), self.state.time)

    def open(self, tx: bytes) -> list[Transaction]:
        """The well-formed transactions of an envelope; none of a malformed one."""
        try:
            return self.seen.open(tx, self.state.chain).transactions
        except Rejected:
            return []


_PASSING = ("kernel.repeated", "kernel.expired", "kernel.early", "kernel.key_not_in_force", "kernel.not_signers_key")
"""What an honest node's envelope may come to on its way: its sender saw another block than we."""
_SPAN = {False: VALIDITY_MS_MAX, True: OFFLINE_VALIDITY_MS_MAX}


def _fits(state: State, transaction: Transaction, time: int) -> bool:
    """Whether a transaction is neither expired nor repeated at this time; being early passes."""
    if transaction.body.valid_until <= time:
        return False
    try:
        check_not_seen(state, state.guard, transaction)
    except Rejected:
        return False
    return True
