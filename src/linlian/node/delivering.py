"""The courier beside a node: whoever subscribed is told of what is committed, until the node is closed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from linlian.engine.ledger import Ledger
from linlian.kernel.rulebook import Rulebook
from linlian.node.sight import Sight
from linlian.node.webhooks import Stopped, webhooks_file
from linlian.notify.addresses import allowed_hosts
from linlian.notify.courier import Rows, Surroundings
from linlian.notify.running import CourierThread, Measures
from linlian.notify.subscriptions import Subscription
from linlian.notify.telling import News
from linlian.readmodel.entries import FollowedEntry
from linlian.settings import Settings


class OpenNode(Protocol):
    """What is needed of `node.opening.Node`."""

    @property
    def settings(self) -> Settings: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def rulebook(self) -> Rulebook: ...
    @property
    def database(self) -> Rows: ...
    @property
    def sight(self) -> Sight: ...
    @property
    def address(self) -> str: ...
    def when_moved(self, tell: Callable[[int], None]) -> None: ...
    def on_close(self, *callbacks: Any) -> None: ...


def deliver(node: OpenNode, registry: CollectorRegistry, tell: Callable[[Stopped], None]) -> None:
    """Deliver from now on. `tell` hears of subscriptions that were switched off."""

    def link(entry: FollowedEntry) -> str:
        base = (node.settings.public_url or node.address).rstrip("/")
        return f"{base}/api/v1/transactions/{entry.item_id.hex()}"

    def stopped(why: str, one: Subscription) -> None:
        tell(Stopped(one.id, urlsplit(one.url).hostname or "", why))

    around = Surroundings(
        rows=node.database,
        news=News(node.ledger.chain, node.rulebook.events, link),
        sight=node.sight,
        notices=Measures(registry, stopped),
        clock=lambda: time.time_ns() // 1_000_000,
        allowed=allowed_hosts(node.settings.webhook_hosts),
    )
    thread = CourierThread(webhooks_file(node.settings), around)
    node.on_close(thread.close)
    node.when_moved(lambda _height: thread.wake())
