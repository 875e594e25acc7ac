"""The node's address: the web room, given what it needs of an open node.

    server = serve(node, take_address("127.0.0.1:8420"))
    server.url, server.close()

What an account is comes from the ledger's state, never from rows that may be a moment behind.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property, partial
from pathlib import Path
from socket import socket
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from linlian.community.calendars import offset_at
from linlian.engine.cometbft.ledger import CometLedger
from linlian.engine.ledger import Ledger, NetworkStanding
from linlian.kernel.codec import Content
from linlian.kernel.errors import LinlianError
from linlian.kernel.rulebook import Rulebook
from linlian.node import folder as place
from linlian.node import source
from linlian.node.certificate import fingerprint_of
from linlian.node.forgery.workshop import Workshop
from linlian.node.guests import FolderGuests
from linlian.node.lists import NodeLists
from linlian.node.neighbours import Asking, names_of_key
from linlian.node.open311 import open_city
from linlian.node.public import read_public
from linlian.node.sheets import known_of
from linlian.node.sight import Sight, account_reader, may_read
from linlian.readmodel.audience import Reader
from linlian.readmodel.database import Database
from linlian.readmodel.entries import FollowedEntry, Place, entries_after
from linlian.readmodel.query import Query
from linlian.readmodel.view import Reads
from linlian.settings import Settings
from linlian.vault import Contents, Opening, SignIn, VaultError
from linlian.web.app import make_app
from linlian.web.city import City
from linlian.web.health import reasons_against
from linlian.web.house import BEGUN_MAX, Beginnings, Guests, Public, Rows
from linlian.web.logs import set_up, take_down
from linlian.web.metrics import Figures
from linlian.web.newsroom import Newsroom
from linlian.web.pages import Pages
from linlian.web.server import Address, Server, listen, read_address
from linlian.words import Words


class OpenNode(Protocol):
    """What is needed of `node.opening.Node`."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def rulebook(self) -> Rulebook: ...
    @property
    def contents(self) -> Contents: ...
    @property
    def queries(self) -> Mapping[str, Query]: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def address(self) -> str: ...
    @property
    def database(self) -> Database: ...
    @property
    def reached(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    @property
    def sight(self) -> Sight: ...
    def reading(self) -> AbstractContextManager[tuple[Reads, int]]: ...
    def check(self) -> None: ...
    def when_moved(self, tell: Callable[[int], None]) -> None: ...
    def on_close(self, *callbacks: Any) -> None: ...


class _Account(NamedTuple):
    id: bytes


class WebHouse:
    """Implements `web.house.House` over an open node."""

    def __init__(
        self, node: OpenNode, hosts: frozenset[str], registry: CollectorRegistry, guests: Guests | None = None
    ):
        self._node = node
        self.hosts = hosts
        self._registry = registry
        self._public = read_public(node.settings.folder)
        self.guests = guests or FolderGuests.of(node.settings.folder, node.ledger, node.rulebook)

    @property
    def ledger(self) -> Ledger:
        return self._node.ledger

    @property
    def rulebook(self) -> Rulebook:
        return self._node.rulebook

    @property
    def contents(self) -> Contents:
        return self._node.contents

    @property
    def queries(self) -> Mapping[str, Query]:
        return self._node.queries

    @cached_property
    def words(self) -> Words:
        return Words.load(source.businesses())

    def neighbour_names(self, node_key: bytes) -> tuple[str, ...]:
        return names_of_key(self._node.settings.folder, node_key)

    def ask_neighbours(
        self, reading: bytes, sign_in: SignIn, content: Content, missing: VaultError
    ) -> tuple[Opening, bytes]:
        return self._asking.ask(reading, sign_in, content, missing)

    @cached_property
    def _asking(self) -> Asking:
        made = Asking(self._node.settings.folder, self.ledger.chain)
        self._node.on_close(made.close)
        return made

    def reader_of(self, account: bytes) -> Reader | None:
        return account_reader(self._node.ledger, account)

    def page(self, query: Query, values: Mapping[str, Any], reader: Reader, after: str) -> Rows:
        with self._node.reading() as (db, height):
            query.check_reader(db, reader, values)
            page = query.page(db, values, after)
        return Rows(page.rows, page.next, height)

    def may_ask(self, query: Query, values: Mapping[str, Any], reader: Reader) -> bool:
        with self._node.reading() as (db, _):
            return query.seen_by.sees(db, reader, values)

    def public(self) -> Public:
        return self._public

    def offset_minutes(self, time: int) -> int:
        return offset_at(self._node.ledger, time)[0]

    def pages(self) -> tuple[Sequence[Pages], Mapping[str, Path]]:
        return source.pages(), source.templates()

    @cached_property
    def fingerprint(self) -> str:
        path = self._node.settings.http_certificate
        return "" if path is None else fingerprint_of(path)

    @property
    def networks(self) -> str:
        path = self._node.settings.folder / place.TRUST
        _, opening, rest = (path.read_text(encoding="utf-8") if path.is_file() else "").partition("[[network]]")
        return opening + rest

    @cached_property
    def lists(self) -> NodeLists:
        folder, knowing = self._node.settings.folder, partial(known_of, self)
        made = NodeLists(self.ledger, self.rulebook, self.contents, folder, self.words, knowing)
        self._node.on_close(made.close)
        return made

    def beginnings(self) -> Beginnings:
        with self._node.reading() as (db, _):
            found = db.one(Beginnings, _BEGINNINGS)
        assert found is not None, "counts are always one row"
        return found

    def may_read_item(self, item_id: bytes, reader: Reader) -> bool:
        if reader.audits or not reader.account:
            return reader.audits
        with self._node.reading() as (db, _):
            signed = db.one(_Account, "SELECT signer AS id FROM ledger_item WHERE item_id = :item_id", item_id=item_id)
            named = db.all(_Account, _NAMED, item_id=item_id)
            own = signed is not None and signed.id == reader.account
            return own or any(may_read(db, reader, row.id) for row in named)

    def may_read(self, subject: bytes, reader: Reader) -> bool:
        with self._node.reading() as (db, _):
            return may_read(db, reader, subject)

    @cached_property
    def workshop(self) -> Workshop | None:
        """A demo's, whose ledger lies in its folder."""
        folder = self._node.settings.folder
        if self.guests is None or not (folder / place.LEDGER).is_file():
            return None
        made = Workshop(folder, self._node.ledger)
        self._node.on_close(made.close)
        return made

    def standing(self) -> NetworkStanding | None:
        return self.ledger.standing() if isinstance(self.ledger, CometLedger) else None

    @property
    def settings(self) -> Settings:
        return self._node.settings

    @cached_property
    def newsroom(self) -> Newsroom:
        return Newsroom(self._entries, self._node.reached)

    @cached_property
    def figures(self) -> Figures:
        return Figures(self._standing, self._registry)

    @cached_property
    def city(self) -> City | None:
        return open_city(self._node, self.words)

    def sees(self, entries: Sequence[FollowedEntry], reader: Reader) -> list[tuple[bool, tuple[bytes, ...]]]:
        with self._node.database.reading() as db:
            return self._node.sight.sees_all(db, reader, entries)

    def reasons_against(self) -> list[LinlianError]:
        return reasons_against(self._node.check, self.ledger.head.height, self._node.reached)

    def _entries(self, after: Place, types: Sequence[str], limit: int) -> list[FollowedEntry]:
        with self._node.database.reading() as db:
            return entries_after(db, after, types, limit)

    def _standing(self) -> Mapping[str, tuple[str, float]]:
        head, reached = self.ledger.head, self._node.reached
        return {
            "ledger_height": ("Height of the last block", head.height),
            "ledger_time_seconds": ("Time of the last block", head.time / 1000),
            "ledger_waiting": ("Transactions that wait for a block", self._node.waiting),
            "readmodel_height": ("Up to which block the rows can be read", reached),
            "readmodel_lag_blocks": ("Blocks that the rows are behind the ledger", head.height - reached),
            "event_streams": ("Streams of events that are open", self.newsroom.listeners),
        }


_NAMED = """
    SELECT DISTINCT s.subject AS id FROM ledger_item AS i
    JOIN ledger_subject AS s ON s.height = i.height AND s.receipt = i.receipt WHERE i.item_id = :item_id ORDER BY id"""


_BEGINNINGS = "SELECT " + ", ".join(
    f"(SELECT COUNT(*) FROM (SELECT 1 AS one FROM {where} LIMIT {BEGUN_MAX}) AS counted) AS {name}"
    for name, where in (
        ("organisations", "identity_organisation WHERE status = 'active'"),
        ("invited", "identity_organisation WHERE status IN ('proposed', 'admitted')"),
        ("homes", "places_place WHERE kind = 'dwelling'"),
        ("people", "places_occupancy"),
        ("waiting", "places_roll WHERE closed_at > 0 AND signed_at = 0"),
        ("signed", "places_roll WHERE signed_at > 0"),
        ("reports", "repairs_request"),
    )
)
"""How far it has begun; beyond BEGUN_MAX nobody counts, for the page is asked for long after that too."""


def begin_log(node: OpenNode) -> None:
    """Write what the node logs to standard error, as the settings say, until it is closed."""
    node.on_close(partial(take_down, set_up(node.settings.log, sys.stderr)))


def take_address(text: str) -> socket:
    """Listen at an address, before anything else takes time. Raises WebError (`web.port_in_use`, …)."""
    return listen(read_address(text))


def names_of(listening: socket, more: str) -> frozenset[str]:
    """Under which names a node is reached: its address, this machine's own name for itself, and those it is given."""
    host, port = listening.getsockname()[:2]
    given = (name.strip().lower() for name in more.split(","))
    return frozenset((str(Address(host, port)), f"localhost:{port}", f"127.0.0.1:{port}", *filter(None, given)))


def serve(node: OpenNode, listening: socket, registry: CollectorRegistry, guests: Guests | None = None) -> Server:
    """Serve a node until it is closed; whoever listens to events is let go first."""
    names = f"{node.settings.http_names},{urlsplit(node.settings.public_url).netloc}"
    house = WebHouse(node, names_of(listening, names), registry, guests)
    node.when_moved(house.newsroom.tell)
    server = Server(make_app(house), listening, node.settings.http_certificate)
    node.on_close(server.close, house.newsroom.close)
    return server
