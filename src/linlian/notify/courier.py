"""The attempts: which messages are due, handing them over, and writing down what came of it.

    courier = Courier(...)
    next_at = courier.round()              # begins everything that is due now, to all subscriptions side by side
    await courier.settle()                 # wait for what is under way
    await courier.close()

Rules
- News comes from rows that follow committed blocks; nothing is ever told before it is committed.
- One message at a time to each subscription, in the order of the ledger; subscriptions do not wait for one another.
- Nothing is queued in memory: what is to be told is read from the rows, a page at a time, from where each one is.
- An attempt has 15 seconds. Of the answer only the status and `Retry-After` are read.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx

from linlian.notify import policy
from linlian.notify.addresses import NotifyError, Target, check_url, judge
from linlian.notify.policy import Answer
from linlian.notify.signing import read_secret, sign
from linlian.notify.subscriptions import Status, Subscription, Subscriptions
from linlian.notify.telling import News, Sight
from linlian.readmodel.database import Position
from linlian.readmodel.entries import BEGINNING, FollowedEntry, Place, end_of, entries_about, entries_after
from linlian.readmodel.view import Reads

ATTEMPT_S = 15.0
AT_ONCE = 16
"""How many attempts are under way at a time, at most."""
MESSAGES_A_TURN = 50
"""How many messages one subscription is told before the others are looked at again."""
UNTOLD_BLOCKS = 1_000
"""How far a subscription that nothing concerns may fall behind in its file."""
AGENT = "linlian-webhooks/1"


class Rows(Protocol):
    """What is asked of a read model; `readmodel.database.Database` is one."""

    def position(self) -> Position: ...
    def reading(self) -> AbstractContextManager[Reads]: ...


class Notices(Protocol):
    """Told how things stand, what came of each attempt, and what an operator should know."""

    def looked(self, kept: Sequence[Subscription], height: int, now: int) -> None: ...
    def attempted(self, answer: Answer) -> None: ...
    def disabled(self, one: Subscription) -> None: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the courier is given: rows, words, rights, the time in milliseconds, and hosts that may be anywhere."""

    rows: Rows
    news: News
    sight: Sight
    notices: Notices
    clock: Callable[[], int]
    allowed: Sequence[str] = ()
    chance: Callable[[], float] = random.random


class Courier:
    """Delivers. To be used within one event loop."""

    def __init__(self, kept: Subscriptions, around: Surroundings):
        self._kept = kept
        self._around = around
        self._client = httpx.AsyncClient(timeout=ATTEMPT_S, follow_redirects=False, trust_env=False)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._turns: dict[str, asyncio.Task[None]] = {}
        self._looked: dict[str, tuple[int, Place]] = {}
        self.woken = asyncio.Event()
        """Set when a turn is over; whoever has news sets it too, and then begins another round."""

    def round(self) -> int:
        """Begin whatever is due; the time at which something is due next, or 0 if nothing waits for a time."""
        self.woken.clear()
        now, at = self._around.clock(), self._around.rows.position()
        kept = self._kept.all()
        self._around.notices.looked(kept, at.height, now)
        active = [one for one in kept if one.status is Status.ACTIVE and one.id not in self._turns]
        for one in active:
            news = one.chain != at.chain or self._looked_from(one) < end_of(at.height)
            if one.next_try_at <= now and news:
                task = asyncio.get_running_loop().create_task(self._turn(one))
                task.add_done_callback(lambda _: self.woken.set())
                self._turns[one.id] = task
        return min((one.next_try_at for one in active if one.next_try_at > now), default=0)

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._turns)

    async def settle(self) -> None:
        """Wait until nothing is under way. Raises what went wrong in a turn."""
        while self._turns:
            await asyncio.wait(list(self._turns.values()))
            self.reap()

    def reap(self) -> bool:
        """Forget the turns that are over; whether there were any. Raises what went wrong in one."""
        over = [name for name, task in self._turns.items() if task.done()]
        for task in [self._turns.pop(name) for name in over]:
            task.result()
        return bool(over)

    async def close(self) -> None:
        """Break off what is under way: it has not been answered, so it will be sent again."""
        for task in self._turns.values():
            task.cancel()
        await asyncio.gather(*self._turns.values(), return_exceptions=True)
        self._turns.clear()
        await self._client.aclose()

    async def _turn(self, one: Subscription) -> None:
        """Some messages to one subscription, until there is none, one fails, or others should have their turn."""
        current: Subscription | None = self._on_this_chain(one)
        ahead: deque[FollowedEntry] = deque()
        for _ in range(MESSAGES_A_TURN):
            if current is None or current.status is not Status.ACTIVE or current.next_try_at > self._around.clock():
                return
            entry = self._next(current, ahead)
            if entry is None:
                return
            async with self._slots:
                answer = await self._attempt(current, entry)
            self._around.notices.attempted(answer)
            step = policy.after(current, entry.place, answer, self._around.clock(), self._around.chance())
            current = self._kept.save(step.subscription, step.aside)
            if current is not None and current.status is Status.DISABLED:
                self._around.notices.disabled(current)

    def _on_this_chain(self, one: Subscription) -> Subscription | None:
        """From the beginning of the chain if the place is on another: a new one goes on where a restored one ended."""
        chain = self._around.rows.position().chain
        if one.chain == chain or not chain:
            return one
        return self._kept.save(replace(one.told_up_to(BEGINNING), chain=chain))

    def _looked_from(self, one: Subscription) -> Place:
        """Up to where it is known that nothing is to be told; what was saved since then counts alone."""
        version, place = self._looked.get(one.id, (-1, BEGINNING))
        return max(place, one.place) if version == one.version else one.place

    def _next(self, one: Subscription, ahead: deque[FollowedEntry]) -> FollowedEntry | None:
        """The first entry after its place that it asked for and may see; None if it has been told everything.

        `ahead` holds what was read beyond it, for the next call of the same turn.
        """
        place = self._looked_from(one)
        head = self._around.rows.position().height  # before the picture of the rows, which then shows at least that
        with self._around.rows.reading() as db:
            while True:
                if not ahead:
                    ahead.extend(self._page(db, one, place))
                if not ahead:
                    break
                entry = ahead.popleft()
                if self._around.sight.sees(db, one.owner, entry):
                    return entry
                place = entry.place
        place = max(place, end_of(head))
        self._looked[one.id] = (one.version, place)
        if head - one.place.height > UNTOLD_BLOCKS:
            self._kept.save(one.told_up_to(place))
        return None

    @staticmethod
    def _page(db: Reads, one: Subscription, place: Place) -> list[FollowedEntry]:
        if one.subject:
            return entries_about(db, one.subject, place, one.types)
        return entries_after(db, place, one.types)

    async def _attempt(self, one: Subscription, entry: FollowedEntry) -> Answer:
        """Hand one message over."""
        body = self._around.news.body(entry)
        headers = sign(read_secret(one.secret), self._around.news.message_id(entry), self._around.clock() // 1000, body)
        try:
            async with asyncio.timeout(ATTEMPT_S):
                target = check_url(one.url, self._around.allowed)
                address = judge(target, await _look_up(target))
                return await self._post(target, address, headers, body)
        except NotifyError as error:
            return Answer(0, error.code)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(0, "notify.no_answer_in_time")
        except (httpx.HTTPError, OSError):
            return Answer(0, "notify.not_reached")

    async def _post(self, target: Target, address: str, headers: dict[str, str], body: bytes) -> Answer:
        """To the very address that was judged, under the name that was asked for.

        A connection is used once: another name at the same address must not be given one that was made for this name.
        """
        url = httpx.URL(target.url)
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={
                **headers,
                "host": url.netloc.decode(),
                "content-type": "application/json",
                "user-agent": AGENT,
                "connection": "close",
            },
            extensions={"sni_hostname": target.host},
        )
        response = await self._client.send(request, stream=True)
        await response.aclose()
        wish = _retry_after(response.headers.get("retry-after", ""), self._around.clock())
        return Answer(response.status_code, retry_after_ms=wish)


async def _look_up(target: Target) -> list[str]:
    """The addresses of a name."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


def _retry_after(text: str, now: int) -> int:
    """The header in milliseconds, whether it is a number of seconds or a date; 0 for anything else."""
    if text.isascii() and text.isdigit() and len(text) <= 7:
        return int(text) * 1000
    try:
        return max(0, int(parsedate_to_datetime(text).timestamp() * 1000) - now) if text else 0
    except (ValueError, OverflowError):
        return 0
