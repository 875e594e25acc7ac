"""The courier at work beside a node: a thread of its own, woken by what is committed.

    thread = CourierThread(path, surroundings)
    follower.when_moved(lambda _height: thread.wake())
    thread.close()

Rules
- It looks at the file once a second too: the command line may have added or enabled a subscription.
- What a disk or a database refuses for a moment is tried again; a bug ends the thread, and `failure` says so.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge

from linlian.kernel.errors import LinlianError
from linlian.notify.courier import Courier, Surroundings
from linlian.notify.policy import Answer
from linlian.notify.subscriptions import Status, Subscription, Subscriptions

LOOK_S = 1.0
TROUBLE_S = 5.0


class Measures:
    """Figures for Prometheus, and words for the operator. No address, owner or identifier becomes a label."""

    def __init__(self, registry: CollectorRegistry, tell: Callable[[str, Subscription], None]):
        """`tell` hears of a subscription that was disabled, with the code of the reason."""
        self._tell = tell
        self._attempts = Counter(
            "linlian_webhook_attempts_total",
            "Attempts to hand over a message, by what came of them",
            ["answer"],
            registry=registry,
        )
        self._subscriptions = Gauge(
            "linlian_webhook_subscriptions", "Subscriptions, by status", ["status"], registry=registry
        )
        self._behind = Gauge(
            "linlian_webhook_blocks_behind",
            "Blocks behind which a receiver stands that does not answer, the most of all",
            registry=registry,
        )
        self._waiting = Gauge(
            "linlian_webhook_waiting_seconds",
            "For how long the oldest message has been tried",
            registry=registry,
        )

    def looked(self, kept: Sequence[Subscription], height: int, now: int) -> None:
        for status in Status:
            self._subscriptions.labels(status.value).set(sum(one.status is status for one in kept))
        failing = [one for one in kept if one.tries and one.status is Status.ACTIVE]
        self._behind.set(max((height - one.place.height for one in failing), default=0))
        self._waiting.set(max((now - one.first_try_at for one in failing), default=0) / 1000)

    def attempted(self, answer: Answer) -> None:
        kind = "accepted" if answer.accepted else "refused" if answer.refused else "away"
        self._attempts.labels(kind).inc()

    def disabled(self, one: Subscription) -> None:
        self._tell(one.why, one)


class CourierThread:
    """Runs a courier until it is closed."""

    def __init__(self, path: Path, around: Surroundings):
        self._around = around
        self._kept = Subscriptions(path)
        self._loop = asyncio.new_event_loop()
        self._courier: Courier | None = None
        self._stopping = False
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="linlian-webhooks", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be something to tell. From any thread."""
        self._call(self._wake)

    def close(self) -> None:
        """Stop. What was not answered is sent again next time."""
        self._call(self._stop)
        self._thread.join()
        self._kept.close()

    def _call(self, what: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody is there who could be told
            self._loop.call_soon_threadsafe(what)

    def _wake(self) -> None:
        if self._courier is not None:
            self._courier.woken.set()

    def _stop(self) -> None:
        self._stopping = True
        self._wake()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._work())
        except BaseException as error:
            self.failure = error
            raise

    async def _work(self) -> None:
        courier = self._courier = Courier(self._kept, self._around)
        try:
            while not self._stopping:
                pause = LOOK_S
                try:
                    courier.reap()
                    next_at = courier.round()
                    if next_at:
                        pause = min(pause, max(0.0, (next_at - self._around.clock()) / 1000))
                except LinlianError:
                    pause = TROUBLE_S
                await _either(courier.woken, pause)
        finally:
            await courier.close()


async def _either(woken: asyncio.Event, seconds: float) -> None:
    """Until it is set, or the time is over."""
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return
