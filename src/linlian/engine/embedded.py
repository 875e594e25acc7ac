"""One process, one ledger: batches what is waiting, and answers when the block is durable.

    submit → queue → [signatures of the next batch, in a helper process ∥ execute · seal · commit this one] → answers

Rules
- One thread writes. It takes up to 500 transactions at a time; a lone one is a block of its own, at once.
- While it executes a block, the helper process checks the signatures of the next batch; a few are checked in place.
- A refusal found while executing leaves the transaction out of the block, unless its sender wants it recorded.
- A timer that falls due makes a block even when nobody submits anything.
- Header time is ⌊clock⌋ in milliseconds and never falls. A node whose clock is behind its last block does not start.
- A block that cannot be stored is taken back and its senders are told why; nothing of it remains. If the disk is full
  or locked the node goes on when there is room again; after any other failure of the store it stops.
- Readers see committed blocks alone: what is executed is a draft, and sealing and storing hold the lock.
"""

from __future__ import annotations

import threading
import time as system_time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future

from linlian.engine.batch import Batch, Opened, Submission, tell_waiting
from linlian.engine.feed import BlockFeed
from linlian.engine.ledger import Final
from linlian.engine.prover import OperatorVoucher, Prover
from linlian.engine.verifier import Verifier
from linlian.engine.watermark import Watermark
from linlian.kernel import codec, crypto
from linlian.kernel.block import Block, Header
from linlian.kernel.crypto import SoftwareKey, sha256
from linlian.kernel.entropy import check_shown
from linlian.kernel.errors import Busy, LinlianError, NodeMustStop, Refused, Rejected
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.proof import HistoryFile, ReceiptFile, StateFile
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State
from linlian.kernel.transaction import check_size, open_transaction
from linlian.kernel.transition import OpenBlock, check_transaction
from linlian.store.protocol import Progress, Store, StoreError

BATCH_TRANSACTIONS = 500
BATCH_BYTES = 2 * 1024 * 1024
QUEUE_TRANSACTIONS = 5_000
INLINE_CHECKS = 16
BUSY_MS_MIN = 20
PASSING = ("store.full", "store.locked")
"""What may be over in a moment; until then timers that are due wait `REST_S` between two attempts."""
REST_S = 1.0


def wall_clock() -> int:
    """Milliseconds since the epoch."""
    return system_time.time_ns() // 1_000_000


class EmbeddedLedger:
    """Implements `engine.ledger.Ledger` over a store that holds at least block 0."""

    def __init__(
        self,
        store: Store,
        rulebook: Rulebook,
        operator: SoftwareKey,
        watermark: Watermark,
        clock: Callable[[], int] = wall_clock,
        progress: Progress | None = None,
    ) -> None:
        """Load, check and start. Raises StoreError, or LinlianError with an `engine.…` code."""
        crypto.self_test()
        document = store.genesis()
        if document is None:
            raise StoreError("store.empty")
        self._store = store
        self._rulebook = rulebook
        self._clock = clock
        self._state = State(chain_id(document), open_genesis(document).work)
        store.load(self._state, progress)
        self._check_start(watermark)
        self._lock = threading.Lock()
        self._prover = Prover(self._state, store, OperatorVoucher(operator, watermark), self._lock, rulebook)
        self._changed = threading.Condition()
        self._queue: deque[Submission] = deque()
        self._at_hand: deque[list[Submission]] = deque(maxlen=2)
        self._closing = False
        self._failure: LinlianError | None = None
        assert self._state.header is not None, "a ledger has block 0"
        self._feed = BlockFeed(store, self._state.header)
        self._rest_until = 0.0
        self._rate = 4_000.0
        self._verifier: Verifier | None = None
        self.alarms: deque[str] = deque(maxlen=100)
        self._writer = threading.Thread(target=self._write, name="linlian-ledger")
        self._writer.start()

    def _check_start(self, watermark: Watermark) -> None:
        now, state = self._clock(), self._state
        if now < state.time:
            raise LinlianError("engine.clock_behind", clock=now, last_block=state.time)
        self._check_release()
        signed = self._store.header(watermark.height) if watermark.height >= 0 else None
        watermark.check(state.height, sha256(codec.encode(signed)) if signed else None)

    def _check_release(self) -> None:
        """The next block is made by the rules that its header will name, or not at all."""
        release = self._state.release
        if release.number not in self._rulebook.numbers:
            raise NodeMustStop("kernel.release_missing", release=release.number, height=self._state.height + 1)
        if not self._rulebook.carries(release.number, release.source_hash):
            raise LinlianError("engine.other_rules", release=release.number, voted=release.source_hash.hex())

    # What the outside calls.

    @property
    def chain(self) -> str:
        return self._state.chain

    @property
    def head(self) -> Header:
        return self._feed.head

    @property
    def waiting(self) -> int:
        """How many transactions wait for a block."""
        return len(self._queue)

    def clock(self) -> int:
        return max(self._clock(), self._state.time)

    def read(self, key: bytes) -> bytes | None:
        check_shown(key)
        with self._lock:
            return self._state.read(key)

    def submit(self, raw: bytes, *, record_refusal: bool = False) -> Future[Final]:
        return self.submit_many([raw], record_refusal=record_refusal)[0]

    def submit_many(self, raws: Sequence[bytes], *, record_refusal: bool = False) -> list[Future[Final]]:
        submissions = [Submission(raw, record_refusal) for raw in raws]
        for submission in submissions:
            try:
                check_size(submission.raw)
            except Rejected as rejection:
                submission.answer.set_exception(rejection)
        with self._changed:
            if self._closing:
                raise self._failure or LinlianError("engine.closed")
            if len(self._queue) + len(raws) > QUEUE_TRANSACTIONS:
                raise Busy(max(BUSY_MS_MIN, int(1000 * len(self._queue) / self._rate)))
            self._queue.extend(submission for submission in submissions if not submission.answer.done())
            self._changed.notify_all()
        return [submission.answer for submission in submissions]

    def try_out(self, raw: bytes) -> Refused | None:
        transaction = open_transaction(raw, self.chain)
        with self._lock:
            block = OpenBlock.sketch(self._state, self._rulebook, self._clock())
            check_transaction(self._state, self._rulebook, transaction, block.draft.time)
            return block.try_transaction(transaction)

    def find(self, item_id: bytes) -> Final | None:
        return self._feed.find(item_id)

    def follow(self, start: int) -> Iterator[Block]:
        return self._feed.follow(start)

    def prove_receipt(self, item_id: bytes, *, strict: bool = False) -> ReceiptFile:
        return self._prover.receipt(item_id, strict=strict)

    def prove_history(self, subject: bytes) -> HistoryFile:
        return self._prover.history(subject)

    def prove_state(self, key: bytes) -> StateFile:
        return self._prover.state(key)

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._writer.join()
        self._feed.close()
        if self._verifier is not None:
            self._verifier.close()
            self._verifier = None
        self._store.close()

    # What the writing thread does.

    def _write(self) -> None:
        """However this thread ends, nobody is left waiting."""
        failure: LinlianError | None = LinlianError("engine.failed", reason="a bug; see the node's own output")
        try:
            batch = self._take(wait=True)
            while batch is not None:
                batch.collect()
                following = self._take(wait=False)
                self._commit(batch)
                batch = following or self._take(wait=True)
            failure = None
        except LinlianError as error:
            failure = error
        finally:
            if failure is not None:
                self._fail(failure)

    def _take(self, wait: bool) -> Batch | None:
        """The next batch, its signatures checked or being checked; empty if only timers are due; None if none is."""
        with self._changed:
            if wait:
                while not (self._queue or self._closing) and (seconds := self._until_next_timer()) != 0:
                    self._changed.wait(seconds)
            if not self._queue and not (wait and not self._closing):
                return None
            taken: list[Submission] = []
            self._at_hand.append(taken)
            size_bytes = 0
            while self._queue and len(taken) < BATCH_TRANSACTIONS and size_bytes < BATCH_BYTES:
                taken.append(self._queue.popleft())
                size_bytes += len(taken[-1].raw)
        batch = Batch(taken, self.chain)
        if len(taken) > INLINE_CHECKS:
            if self._verifier is None:
                self._verifier = Verifier()
            batch.ask(self._state, self._verifier)
        return batch

    def _commit(self, batch: Batch) -> None:
        """Make, seal and store one block, then answer everybody in it."""
        started = system_time.monotonic()
        self._check_release()
        block = OpenBlock.after(self._state, self._rulebook, self._clock())
        admitted = batch.admit(self._state, self._rulebook, block.draft.time)
        answers = [(item, self._execute(block, item)) for item in admitted]
        self.alarms.extend(block.alarms)
        try:
            stored = self._seal_and_store(block) if block.items else None
        except StoreError as error:
            if error.code not in PASSING:
                raise
            self.alarms.append(str(error))
            self._rest_until = system_time.monotonic() + REST_S
            tell_waiting(batch.submissions, error)
            return
        for item, answer in answers:
            if isinstance(answer, int):
                assert stored is not None, "an accepted transaction makes a block"
                header, receipt = stored.header, stored.receipts[answer]
                final = Final(item.transaction.id, header.height, answer, header.time, receipt)
                item.submission.answer.set_result(final)
            else:
                item.submission.answer.set_exception(answer)
        if len(answers) > INLINE_CHECKS:
            self._rate = 0.8 * self._rate + 0.2 * len(answers) / max(system_time.monotonic() - started, 1e-4)

    def _execute(self, block: OpenBlock, item: Opened) -> Refused | int:
        """The receipt's index, or the refusal that kept the transaction out of the block.

        An offline transaction is used up even if it is refused: its bytes would stay good for three days, and
        whoever has them could hand them in again when the state has moved on.
        """
        if item.submission.record_refusal or item.transaction.body.offline:
            block.apply_transaction(item.transaction)
            return len(block.items) - 1
        no = block.try_transaction(item.transaction)
        return len(block.items) - 1 if no is None else no

    def _seal_and_store(self, block: OpenBlock) -> Block:
        """The block, once it is durable and everybody can see it. Raises StoreError when it has been taken back."""
        with self._lock:
            sealed = block.seal(self._state).block
            stored = False
            try:
                self._store.commit(sealed)
                stored = True
            except StoreError:
                # A store may fail after its last word; only its head tells whether the block is there.
                stored = self._store.head() == sealed.header
                if not stored:
                    raise
            finally:
                if not stored:
                    self._state.rollback()
        self._feed.publish(sealed)
        return sealed

    def _until_next_timer(self) -> float | None:
        """Seconds until a timer is due, 0 if one is, None if there is none."""
        due = self._state.timers.next_due()
        if due is None:
            return None
        resting = self._rest_until - system_time.monotonic()
        return min(max((due - self.clock()) / 1000, resting, 0), 3600.0)

    def _fail(self, error: LinlianError) -> None:
        """Stop: say why to everybody who waits and to everybody who comes."""
        with self._changed:
            self._failure = error
            self._closing = True
            waiting = [submission for taken in (*self._at_hand, self._queue) for submission in taken]
            self._queue.clear()
            self._changed.notify_all()
        self._feed.close()
        tell_waiting(waiting, error)
