"""Webhooks of a node: what the command line does with subscriptions. `delivering` is the courier at work.

The file `webhooks.sqlite` lies in the node's folder and is no part of a backup: it holds secrets of this node's own
dealings, and a restored node tells nobody anything until somebody says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from linlian.engine.ledger import Ledger
from linlian.kernel.rulebook import Rulebook
from linlian.node import folder as place
from linlian.node.sight import account_reader, organisation_reader
from linlian.notify import NotifyError, Subscription, Subscriptions, check_url
from linlian.notify.addresses import allowed_hosts
from linlian.notify.policy import enabled
from linlian.notify.signing import make_secret, read_secret
from linlian.notify.subscriptions import Status, new_id
from linlian.readmodel.entries import BEGINNING, Place, end_of
from linlian.settings import Settings

ACTIONS = ("enable", "disable", "remove", "replay")


class Stopped(NamedTuple):
    """A subscription that was switched off: its id, its receiver's host, and the code of the reason."""

    id: str
    host: str
    why: str


class Made(NamedTuple):
    """A new subscription, and what its receiver checks messages with."""

    id: str
    secret: str


class OpenNode(Protocol):
    """What is needed of `node.opening.Node`."""

    @property
    def settings(self) -> Settings: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def rulebook(self) -> Rulebook: ...


def subscribe(node: OpenNode, owner: bytes, url: str, told: Mapping[str, Any]) -> Made:
    """Make a subscription, from now on or (`after`, a place) from there. `told`: types, subject, secret, scheme, after.

    Raises NotifyError: `notify.no_such_owner`, `notify.unknown_type`, those of `read_secret` and of `check_url`.
    """
    check_url(url, allowed_hosts(node.settings.webhook_hosts))
    if account_reader(node.ledger, owner) is None and organisation_reader(node.ledger, owner) is None:
        raise NotifyError("notify.no_such_owner", owner=owner)
    types: tuple[str, ...] = told.get("types", ())
    known = node.rulebook.events
    for one in types:
        if one not in known and not (one.endswith(".") and any(name.startswith(one) for name in known)):
            raise NotifyError("notify.unknown_type", type=one[:100])
    secret = read_secret(told["secret"]) if told.get("secret") else make_secret(told.get("scheme", "v1"))
    after: Place | None = told.get("after")
    made = Subscription(
        id=new_id(),
        owner=owner,
        url=url,
        types=types,
        subject=told.get("subject", b""),
        secret=secret.text,
        made_at=node.ledger.clock(),
        chain=node.ledger.chain,
        place=end_of(node.ledger.head.height) if after is None else after,
    )
    with Subscriptions(webhooks_file(node.settings)) as kept:
        kept.add(made)
    return Made(made.id, secret.for_receiver)


def subscriptions(settings: Settings) -> list[dict[str, Any]]:
    """All of them, without their secrets, and what was set aside for each."""
    if not webhooks_file(settings).exists():
        return []
    with Subscriptions(webhooks_file(settings)) as kept:
        return [_facts(one, [row.place for row in kept.set_aside(one.id)]) for one in kept.all()]


def change_subscription(settings: Settings, identifier: str, what: str, after: Place | None = None) -> dict[str, Any]:
    """Enable, disable, remove, or send again everything behind a place. Raises NotifyError (`notify.no_such`)."""
    with Subscriptions(webhooks_file(settings)) as kept:
        while True:
            one = kept.get(identifier)
            if what == "remove":
                kept.remove(one)
                return _facts(one, [])
            changed = enabled(one, 0)
            if what == "disable":
                changed = replace(one, status=Status.DISABLED, why="notify.by_operator")
            elif what == "replay":
                changed = changed.told_up_to(BEGINNING if after is None else after)
            saved = kept.save(changed)
            if saved is not None:  # else the courier has just written: look again
                return _facts(saved, [])


def _facts(one: Subscription, aside: list[str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "owner": one.owner,
        "url": one.url,
        "types": list(one.types),
        "subject": one.subject,
        "status": one.status.value,
        "why": one.why,
        "after": str(one.place) if one.place != BEGINNING else "",
        "delivered": one.delivered,
        "tries": one.tries,
        "answer": one.answer,
        "set_aside": aside,
    }


def webhooks_file(settings: Settings) -> Path:
    """Where the subscriptions of a folder are kept."""
    return place.require_ledger(settings.folder).with_name(place.WEBHOOKS)
