"""The ledger of a node among several: CometBFT orders, this process executes, stores and answers.

    submit → sender → the engine's mempool → consensus → application → store → answers

Rules
- As `engine.ledger` says, but for one thing: a refusal leaves no trace only where it is found before the transaction
  is sent. A single one is tried out when nothing of this node is on its way; what the block then refuses is on record.
- The node goes on without its engine for as long as that is away: it is started again, what is waiting is kept, and
  readers see the last committed block.
- Whatever must not go on (another release, a state that differs) stops the engine with it.
"""

from __future__ import annotations

import threading
import time as system_time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final, NamedTuple

from linlian.engine.batch import Submission
from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.attendance import Attendance
from linlian.engine.cometbft.calls import Calls
from linlian.engine.cometbft.process import EngineProcess
from linlian.engine.cometbft.records import MISBEHAVIOUR, Committed, Misbehaviour
from linlian.engine.cometbft.rpc import Rpc
from linlian.engine.cometbft.sender import Sender
from linlian.engine.cometbft.server import AbciServer
from linlian.engine.cometbft.snapshots import INTERVAL, Snapshots
from linlian.engine.cometbft.vouching import CommitVoucher
from linlian.engine.embedded import wall_clock
from linlian.engine.feed import BlockFeed
from linlian.engine.ledger import Fault, NetworkStanding
from linlian.engine.ledger import Final as FinalAnswer
from linlian.engine.prover import Prover
from linlian.kernel import codec, crypto
from linlian.kernel.block import Block, Header
from linlian.kernel.entropy import check_shown
from linlian.kernel.errors import LinlianError, Refused, Rejected
from linlian.kernel.limits import BLOCK_TRANSACTIONS_MAX
from linlian.kernel.proof import HistoryFile, ReceiptFile, StateFile
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import Writes
from linlian.kernel.transaction import check_size, open_transaction
from linlian.kernel.transition import OpenBlock, check_transaction
from linlian.kernel.validators import current_validators
from linlian.store.protocol import Store

BEGIN_S: Final = 60.0
"""So long a start waits for the chain's first block or a snapshot."""
EXECUTION_S: Final = 0.5
"""A block may take so long to execute; more, and rounds time out."""
PACE_FIRST: Final = 2_000.0
BLOCK_COUNT_MIN: Final = 100
SHOWN_MAX: Final = 20


class Places(NamedTuple):
    """Where the parts of a node's engine are."""

    home: Path
    socket: Path
    snapshots: Path
    ledger: Path | None
    rpc: str


def address_of(public_key: bytes) -> bytes:
    """How the engine names a validator: the first 20 bytes of SHA-256 of its key."""
    return crypto.sha256(public_key)[:20]


class CometLedger:
    """Implements `engine.ledger.Ledger` over a store that may still be empty."""

    def __init__(
        self,
        store: Store,
        rulebook: Rulebook,
        places: Places,
        binary: Path | None,
        *,
        document: bytes | None = None,
        carried: Callable[[bytes], Writes | None] = lambda _: None,
        clock: Callable[[], int] = wall_clock,
        snapshot_interval: int = INTERVAL,
        begin_s: float = BEGIN_S,
    ) -> None:
        """Start all of it. With no `binary` the engine is somebody else's to run, and expected at the socket.

        Raises StoreError, or LinlianError with an `engine.…` code; whatever has been started has ended then, and the
        store is closed.
        """
        crypto.self_test()
        self._store = store
        self._clock = clock
        self.alarms: deque[str] = deque(maxlen=100)
        try:
            self._app = Application(store, rulebook, clock, document, carried)
        except BaseException:
            store.close()
            raise
        self._feed: BlockFeed | None = None
        self._begun = threading.Event()
        self._failure: LinlianError | None = None
        self._pace = PACE_FIRST
        self._asked = Rpc(places.rpc)
        self._sender = Sender(self._app, Rpc(places.rpc))
        self._snapshots = Snapshots(self._app, places.snapshots, places.ledger, snapshot_interval)
        self._attendance = Attendance()
        calls = Calls(
            self._app,
            self._snapshots,
            block_count_max=self._block_count_max,
            sender=self._sender,
            committed=self._committed,
            attendance=self._attendance,
        )
        self._server = AbciServer(places.socket, calls.handle, self._idle, self._fail, self._app.abandon)
        self._process: EngineProcess | None = None
        try:
            if self._app.begun:
                self._begin()
            if binary is not None:
                self._process = EngineProcess(binary, places.home, places.socket, self.alarms.append, self._fail)
            self._wait_until_begun(begin_s)
            self._voucher = CommitVoucher(self._app, self._asked)
            self._prover = Prover(self._app.state, store, self._voucher, self._app.standing, rulebook)
        except BaseException:
            self.close()
            raise

    # What the outside calls.

    @property
    def chain(self) -> str:
        return self._app.state.chain

    @property
    def head(self) -> Header:
        assert self._feed is not None, "the chain has begun here"
        return self._feed.head

    @property
    def waiting(self) -> int:
        """How many transactions wait for a block, here and in the mempool."""
        return self._sender.waiting

    @property
    def application(self) -> Application:
        return self._app

    @property
    def engine(self) -> Rpc:
        """For whoever shows the network: what the engine itself says."""
        return self._asked

    def standing(self) -> NetworkStanding:
        """What this node has seen of the engine and of the others."""
        app = self._app
        told = [codec.decode(Misbehaviour, value) for _, value in self._store.notes(MISBEHAVIOUR)[-SHOWN_MAX:]]
        known = {address_of(validator.public_key): validator for validator in current_validators(self)}
        faults = tuple(
            Fault(fault.kind, known[fault.address].public_key if fault.address in known else fault.address, fault.time)
            for fault in told
        )
        signed = {
            known[address].public_key: height for address, height in self._attendance.last.items() if address in known
        }
        return NetworkStanding(app.position.height, app.position.app_hash, signed, faults)

    def clock(self) -> int:
        return max(self._clock(), self._app.state.time)

    def read(self, key: bytes) -> bytes | None:
        check_shown(key)
        with self._app.standing:
            return self._app.state.read(key)

    def submit(self, raw: bytes, *, record_refusal: bool = False) -> Future[FinalAnswer]:
        submission = Submission(raw, record_refusal)
        try:
            check_size(raw)
            if not record_refusal and self._sender.idle:
                transaction = open_transaction(raw, self.chain)
                no = None if transaction.body.offline else self.try_out(raw)
                if no is not None:
                    raise no
        except (Rejected, Refused) as no:
            submission.answer.set_exception(no)
            return submission.answer
        self._sender.submit([submission])
        return submission.answer

    def submit_many(self, raws: Sequence[bytes], *, record_refusal: bool = False) -> list[Future[FinalAnswer]]:
        submissions = [Submission(raw, record_refusal) for raw in raws]
        for submission in submissions:
            try:
                check_size(submission.raw)
            except Rejected as rejection:
                submission.answer.set_exception(rejection)
        self._sender.submit([submission for submission in submissions if not submission.answer.done()])
        return [submission.answer for submission in submissions]

    def try_out(self, raw: bytes) -> Refused | None:
        transaction = open_transaction(raw, self.chain)
        app = self._app
        with app.standing:
            block = OpenBlock.sketch(app.state, app.rulebook, app.now())
            check_transaction(app.state, app.rulebook, transaction, block.draft.time)
            return block.try_transaction(transaction)

    def find(self, item_id: bytes) -> FinalAnswer | None:
        assert self._feed is not None, "the chain has begun here"
        return self._feed.find(item_id)

    def follow(self, start: int) -> Iterator[Block]:
        assert self._feed is not None, "the chain has begun here"
        return self._feed.follow(start)

    def prove_receipt(self, item_id: bytes, *, strict: bool = False) -> ReceiptFile:
        return self._prover.receipt(item_id, strict=strict)

    def prove_history(self, subject: bytes) -> HistoryFile:
        return self._prover.history(subject)

    def prove_state(self, key: bytes) -> StateFile:
        return self._prover.state(key)

    def close(self) -> None:
        """Stop the engine first, so that nothing is decided that is not executed here."""
        if self._process is not None:
            self._process.close()
        self._server.close()
        self._sender.close()
        self._asked.close()
        self._snapshots.close()
        if self._feed is not None:
            self._feed.close()
        self._app.abandon()
        self._store.close()

    # What the application's thread calls.

    def _idle(self) -> None:
        started, executed = system_time.monotonic(), self._app.ahead()
        if executed:
            seconds = max(system_time.monotonic() - started, 1e-4)
            self._pace = 0.8 * self._pace + 0.2 * executed / seconds
        if self._feed is None and self._app.begun:
            self._begin()
        while self._app.alarms:
            self.alarms.append(self._app.alarms.pop(0))

    def _block_count_max(self) -> int:
        return max(BLOCK_COUNT_MIN, min(BLOCK_TRANSACTIONS_MAX, int(self._pace * EXECUTION_S)))

    def _begin(self) -> None:
        self._feed = BlockFeed(self._store, self._app.head)
        self._begun.set()

    def _committed(self, committed: Committed) -> None:
        if committed.block is not None:
            assert self._feed is not None, "a block follows block 0"
            self._feed.publish(committed.block)
        self._sender.committed(committed)

    def _fail(self, error: LinlianError) -> None:
        """Stop for good: what has failed would fail again, or differ from the others."""
        self._failure = error
        self.alarms.append(str(error))
        self._sender.fail(error)
        if self._feed is not None:
            self._feed.close()
        self._begun.set()

    def _wait_until_begun(self, seconds: float) -> None:
        if not self._begun.wait(seconds):
            raise LinlianError("engine.not_begun")
        if self._failure is not None:
            raise self._failure
