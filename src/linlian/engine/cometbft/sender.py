"""What was handed in at this node, until it is final: nothing is lost, and nothing is answered too early.

    waiting → envelope → mempool → a block has it: Final    |    its time is over: Rejected

Rules
- What was handed in together goes into one envelope where it fits: envelopes may overtake one another on their way,
  transactions of one do not.
- A submission is checked once more before it goes into an envelope: one wrong transaction would spoil the others.
- What no block has held for a while goes into another envelope, sooner and then later. Equal bytes would be a
  repetition to the engine, and not be passed on: but a node that lagged behind a block, by which a key came into force,
  has refused them and forgotten. Of a transaction that comes twice in two envelopes the filter takes one.
- What an envelope carried and its block did not take (too early, say) goes into another.
- What has once been sent may come into a block that this node has not seen yet. No later check here can deny that: it
  is final, or a block's time is past its own, or nobody knows yet.
- How much may be on its way, here and at the other nodes, is bounded by time: `Busy` says when to come back. All nodes
  see the same mempool, so all of them keep the same bound.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from linlian.engine.batch import Submission, tell_waiting
from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.envelope import NONCE_BYTES, TRANSACTIONS_MAX, seal_envelope, take
from linlian.engine.cometbft.records import Committed
from linlian.engine.cometbft.remembering import Opened
from linlian.engine.cometbft.rpc import EngineAway, MempoolFull, Rpc, RpcError
from linlian.engine.ledger import Final as FinalAnswer
from linlian.kernel.block import Block
from linlian.kernel.errors import Busy, LinlianError, Rejected
from linlian.kernel.transaction import Transaction, open_transaction
from linlian.kernel.transition import check_transaction

BACKLOG_S: Final = 1.5
"""So many seconds of what the chain can do may be waiting: two to three full blocks."""
COME_BACK: Final = 1 / 8
"""After this share of what waits, `Busy` says, there is room: later, and the next proposer finds nothing to propose."""
BACKLOG_MIN: Final = 400
RATE_FIRST: Final = 1_000.0
BUSY_MS_MIN: Final = 50
AGAIN_S: Final = 3.0
AGAIN_DOUBLINGS: Final = 6
LOOK_S: Final = 0.25
"""So seldom all that is on its way is looked through."""
FULL_S: Final = 0.05
AWAY_S: Final = 0.2
UNDECIDED_MS: Final = 5_000
"""So long after its time a transaction may still come into a block, whose time is that of the votes before it."""


@dataclass(slots=True)
class Waiting:
    """A submission with its transaction, once that has been opened, and how often it was sent: others may have it."""

    submission: Submission
    transaction: Transaction
    sent: int = 0


@dataclass(slots=True)
class Sent:
    """An envelope that no block holds yet, and when it was last handed in."""

    carries: list[Waiting]
    at: float

    @property
    def patience_s(self) -> float:
        """How long to wait for a block before it is sent in another: longer each time."""
        return float(AGAIN_S * 2 ** (min(max(each.sent for each in self.carries), AGAIN_DOUBLINGS) - 1))


class Sender:
    """One thread hands in; `checked` and `committed` are called by the thread of the application."""

    def __init__(self, app: Application, rpc: Rpc) -> None:
        self._app = app
        self._rpc = rpc
        self._changed = threading.Condition()
        self._queue: deque[list[Submission]] = deque()
        self._queued = 0
        self._again: deque[Waiting] = deque()
        self._sent: dict[bytes, Sent] = {}
        self._on_the_way: dict[bytes, list[Waiting]] = {}
        self._mempool: dict[bytes, int] = {}
        self._backlog = 0
        self._rate = RATE_FIRST
        self._last_commit = time.monotonic()
        self._was_full = False
        self._failure: LinlianError | None = None
        self._looked_at = 0.0
        self._thread = threading.Thread(target=self._run, name="linlian-sender", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many transactions are on their way, here and in the mempool."""
        return self._queued + len(self._again) + self._backlog

    @property
    def idle(self) -> bool:
        """Whether nothing of this node is on its way."""
        return not (self._queue or self._again or self._on_the_way)

    def submit(self, submissions: Sequence[Submission]) -> None:
        """Take all of them, or raise Busy, or what has stopped the node."""
        with self._changed:
            if self._failure is not None:
                raise self._failure
            most = max(BACKLOG_MIN, BACKLOG_S * self._rate)
            if submissions and self.waiting and self.waiting + len(submissions) > most:
                raise Busy(max(BUSY_MS_MIN, int(1000 * self.waiting / self._rate * COME_BACK)))
            if submissions:
                self._queue.append(list(submissions))
                self._queued += len(submissions)
                self._changed.notify_all()

    def checked(self, tx: bytes) -> None:
        """An envelope, of whichever node, has entered the mempool."""
        with self._changed:
            if tx not in self._mempool:
                self._mempool[tx] = len(self._app.open(tx))
                self._backlog += self._mempool[tx]

    def dropped(self, tx: bytes) -> None:
        """An envelope has left the mempool without a block."""
        with self._changed:
            self._backlog -= self._mempool.pop(tx, 0)

    def committed(self, committed: Committed) -> None:
        """Answer what the block holds, and send again what it should have held."""
        with self._changed:
            self._measure(len(committed.ids))
            for tx in committed.txs:
                self._backlog -= self._mempool.pop(tx, 0)
            answers = [] if committed.block is None else self._taken(committed.block, committed.ids)
            for tx in committed.txs:
                sent = self._sent.pop(tx, None)
                for each in sent.carries if sent else ():
                    if not each.submission.answer.done() and each.transaction.id in self._on_the_way:
                        self._forget(each)
                        self._again.append(each)
            self._changed.notify_all()
        for each, final in answers:
            each.submission.answer.set_result(final)

    def _measure(self, count: int) -> None:
        """The chain's rate, from blocks that left something waiting and came after such a one."""
        now, full = time.monotonic(), self._backlog > count
        if full and self._was_full:
            self._rate = 0.7 * self._rate + 0.3 * count / max(now - self._last_commit, 1e-3)
        self._last_commit, self._was_full = now, full

    def _taken(self, block: Block, ids: Sequence[bytes]) -> list[tuple[Waiting, FinalAnswer]]:
        answers = []
        for index, identifier in enumerate(ids):
            for each in self._on_the_way.pop(identifier, ()):
                header = block.header
                final = FinalAnswer(identifier, header.height, index, header.time, block.receipts[index])
                answers.append((each, final))
        return answers

    def knock(self) -> None:
        """If a timer is due, say so to the engine, which makes no block of itself."""
        app = self._app
        with app.standing:
            due = app.state.timers.next_due()
            if due is None or due > app.now():
                return
            mark = app.state.root[:NONCE_BYTES]
        knock = seal_envelope(mark, [])
        with suppress(LinlianError):
            self._rpc.broadcast(knock)

    def fail(self, error: LinlianError) -> None:
        """Stop: say why to everybody who waits and to everybody who comes."""
        with self._changed:
            if self._failure is not None:
                return
            self._failure = error
            left = [submission for group in self._queue for submission in group]
            left += [each.submission for each in self._again]
            left += [each.submission for several in self._on_the_way.values() for each in several]
            self._queue.clear()
            self._queued = 0
            self._again.clear()
            self._on_the_way.clear()
            self._changed.notify_all()
        tell_waiting(left, error)

    def close(self) -> None:
        """End the thread; the caller has failed or answered everything."""
        self.fail(LinlianError("engine.closed"))
        self._thread.join()
        self._rpc.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._queue and not self._again and self._failure is None:
                    self._changed.wait(self._pause())
                if self._failure is not None:
                    return
                waiting = list(self._again)
                self._again.clear()
                taken = self._take_groups()
            waiting += self._opened(taken)
            waiting = self._checked_again(waiting)
            while waiting:
                count = max(1, take([each.transaction.raw for each in waiting]))
                self._send(waiting[:count])
                waiting = waiting[count:]
            self._look_after()

    def _take_groups(self) -> list[Submission]:
        """As many whole groups as go into one envelope by their number; a larger one alone."""
        taken: list[Submission] = []
        while self._queue and (not taken or len(taken) + len(self._queue[0]) <= TRANSACTIONS_MAX):
            taken += self._queue.popleft()
        self._queued -= len(taken)
        return taken

    def _pause(self) -> float:
        """Seconds until something is to be done that nobody calls for."""
        until = AGAIN_S if self._on_the_way else 60.0
        if self._app.begun:
            due = self._app.state.timers.next_due()
            if due is not None:
                until = min(until, max((due - self._app.now()) / 1000, 0.25))
        return until

    def _opened(self, submissions: Sequence[Submission]) -> list[Waiting]:
        found = []
        for submission in submissions:
            try:
                found.append(Waiting(submission, open_transaction(submission.raw, self._app.state.chain)))
            except Rejected as rejection:
                submission.answer.set_exception(rejection)
        return found

    def _checked_again(self, waiting: Sequence[Waiting]) -> list[Waiting]:
        """Those that the others will let in; the rest are answered."""
        app, good, checks = self._app, [], []
        with app.standing:
            now = app.now()
            for each in waiting:
                try:
                    checks.append(check_transaction(app.state, app.rulebook, each.transaction, now))
                    good.append(each)
                except Rejected as rejection:
                    if each.sent:
                        self._leave_to_the_blocks(each)
                    else:
                        each.submission.answer.set_exception(rejection)
        fine = []
        for each, verdict in zip(good, app.seen.verify(checks), strict=True):
            if verdict:
                fine.append(each)
            else:
                each.submission.answer.set_exception(Rejected("kernel.wrong_signature"))
        return fine

    def _leave_to_the_blocks(self, each: Waiting) -> None:
        """It is not sent again; the block that holds it answers it, or its time does."""
        final = self._final(each.transaction.id)
        if final is not None:
            each.submission.answer.set_result(final)
            return
        with self._changed:
            self._on_the_way.setdefault(each.transaction.id, []).append(each)

    def _final(self, identifier: bytes) -> FinalAnswer | None:
        """Where it stands, if a block took it while it was between two envelopes."""
        store = self._app.store
        found = store.find(identifier)
        block = store.block(found[0]) if found else None
        if found is None or block is None:
            return None
        return FinalAnswer(identifier, found[0], found[1], block.header.time, block.receipts[found[1]])

    def _send(self, carries: list[Waiting]) -> None:
        tx = seal_envelope(secrets.token_bytes(NONCE_BYTES), [each.transaction.raw for each in carries])
        self._app.seen.know(tx, Opened([each.transaction for each in carries], 0))
        with self._changed:
            self._sent[tx] = Sent(carries, time.monotonic())
            for each in carries:
                each.sent += 1
                self._on_the_way.setdefault(each.transaction.id, []).append(each)
        self._hand_in(tx)

    def _hand_in(self, tx: bytes) -> None:
        """Give an envelope to the engine; a full mempool or an engine that is away is waited for."""
        while self._failure is None and tx in self._sent:
            try:
                self._rpc.broadcast(tx)
            except (MempoolFull, EngineAway, RpcError) as error:
                time.sleep(FULL_S if isinstance(error, MempoolFull) else AWAY_S)
                self._end_expired()
                continue
            except Rejected:
                self._take_apart(tx)
            else:
                with self._changed:
                    if tx in self._sent:
                        self._sent[tx].at = time.monotonic()
            return

    def _take_apart(self, tx: bytes) -> None:
        """The engine does not take this envelope: what is still good in it goes into another."""
        with self._changed:
            self._put_back(tx)
        time.sleep(FULL_S)

    def _put_back(self, tx: bytes) -> None:
        """Under the lock: what it carries and no block has held waits for another envelope."""
        sent = self._sent.pop(tx, None)
        left = [each for each in sent.carries if each.transaction.id in self._on_the_way] if sent else []
        for each in left:
            self._forget(each)
        self._again.extend(left)

    def _look_after(self) -> None:
        """Knock for timers; now and then end what is too late, and hand in again what has waited long."""
        if self._app.begun:
            self.knock()
        now = time.monotonic()
        if now - self._looked_at < LOOK_S:
            return
        self._looked_at = now
        self._end_expired()
        with self._changed:
            late = [tx for tx, sent in self._sent.items() if now - sent.at > sent.patience_s]
            for tx in late:
                self._put_back(tx)

    def _end_expired(self) -> None:
        """Whoever is not in a block when their time is over will not be in one; without a quorum nobody knows yet."""
        now, clock = self._app.state.time, self._app.now()
        with self._changed:
            ended = [
                each
                for several in self._on_the_way.values()
                for each in several
                if each.transaction.body.valid_until <= max(now, clock - UNDECIDED_MS)
            ]
            for each in ended:
                self._forget(each)
            for tx, sent in list(self._sent.items()):
                if all(each.transaction.id not in self._on_the_way for each in sent.carries):
                    del self._sent[tx]
        for each in ended:
            final, until = self._final(each.transaction.id), each.transaction.body.valid_until
            if final is not None:
                each.submission.answer.set_result(final)
                continue
            late = Rejected("kernel.expired", valid_until=until, time=now)
            each.submission.answer.set_exception(late if until <= now else LinlianError("engine.undecided"))

    def _forget(self, each: Waiting) -> None:
        several = self._on_the_way.get(each.transaction.id, [])
        if each in several:
            several.remove(each)
        if not several:
            self._on_the_way.pop(each.transaction.id, None)
