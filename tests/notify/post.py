"""A ledger of notes whose rows are followed, and a courier that tells of them; only the test moves the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from linlian.engine.embedded import EmbeddedLedger
from linlian.notify import News, Secret, Subscription, Subscriptions, make_secret
from linlian.notify.courier import Courier, Surroundings
from linlian.notify.policy import Answer
from linlian.notify.subscriptions import new_id
from linlian.readmodel.entries import BEGINNING, FollowedEntry
from linlian.readmodel.follower import Follower
from linlian.readmodel.sqlite import SqliteDatabase
from linlian.readmodel.view import Reads, View
from linlian.store.memory import MemoryStore
from tests.engine.ledgers import ACCOUNT, RULEBOOK, Clock, Desk, contract, create, open_ledger
from tests.notify.receiver import Receiver

T = TypeVar("T")
STRANGER = bytes(15) + b"\x07"


class OwnWork:
    """An account sees what it has signed itself."""

    def sees(self, db: Reads, viewer: bytes, entry: FollowedEntry) -> bool:
        assert db is not None
        return entry.signer == viewer


@dataclass
class Told:
    """What the operator was told."""

    answers: list[Answer] = field(default_factory=list)
    stopped: list[Subscription] = field(default_factory=list)

    def looked(self, kept: Sequence[Subscription], height: int, now: int) -> None:
        assert height >= 0
        assert now > 0

    def attempted(self, answer: Answer) -> None:
        self.answers.append(answer)

    def disabled(self, one: Subscription) -> None:
        self.stopped.append(one)


@dataclass
class Post:
    """All of it together."""

    clock: Clock
    ledger: EmbeddedLedger
    desk: Desk
    database: SqliteDatabase
    follower: Follower
    kept: Subscriptions
    told: Told
    folder: Path
    allowed: tuple[str, ...] = ("127.0.0.1",)

    def write(self, count: int, label: str = "hello") -> list[str]:
        """Notes, each in a block of its own; the places of their events."""
        places = []
        for _ in range(count):
            final = self.ledger.submit(self.desk.note(label)).result()
            places.append(f"{final.height}.{final.index}.0")
        self.follower.wait_for(self.ledger.head.height)
        return places

    def subscribe(self, receiver: Receiver, secret: Secret | None = None, **more: object) -> Subscription:
        given: dict[str, object] = {
            "id": new_id(),
            "owner": ACCOUNT,
            "url": receiver.url,
            "types": (),
            "subject": b"",
            "secret": (secret or make_secret()).text,
            "made_at": self.clock.now,
            "chain": self.ledger.chain,
            "place": BEGINNING,
        }
        one = Subscription(**(given | more))  # type: ignore[arg-type]
        self.kept.add(one)
        return one

    def around(self) -> Surroundings:
        news = News(self.ledger.chain, RULEBOOK.events, lambda entry: f"https://node.example/events/{entry.place}")
        return Surroundings(
            self.database, news, OwnWork(), self.told, self.clock, allowed=self.allowed, chance=lambda: 0.5
        )

    def with_courier(self, what: Callable[[Courier], Awaitable[T]]) -> T:
        """A courier that has just been started."""

        async def run() -> T:
            courier = Courier(self.kept, self.around())
            try:
                return await what(courier)
            finally:
                await courier.close()

        return asyncio.run(run())

    def deliver(self) -> int:
        """Everything that is due now; when something is due next."""
        return self.with_courier(deliver)


async def deliver(courier: Courier) -> int:
    """Rounds until nothing more is due."""
    while True:
        next_at = courier.round()
        if not courier.busy:
            return next_at
        await courier.settle()


@contextmanager
def open_post(folder: Path) -> Iterator[Post]:
    clock, store = Clock(), MemoryStore()
    create(store)
    ledger, desk = open_ledger(store, folder, clock)
    database = SqliteDatabase(folder / "readmodel.sqlite", [_views()])
    follower = Follower(ledger, database)
    with Subscriptions(folder / "webhooks.sqlite") as kept:
        yield Post(clock, ledger, desk, database, follower, kept, Told(), folder)
        ledger.close()
        follower.close()


def _views() -> View:
    views = View(contract)
    views.leave_out(*contract.events.values())
    return views
