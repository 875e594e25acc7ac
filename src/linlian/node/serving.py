"""The node's address: the web room, given what it needs of an open node.

    server = serve(node, take_address("127.0.0.1:8420"))
    server.url, server.close()

What an account is comes from the ledger's state, never from rows that may be a moment behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from socket import socket
from typing import Any, NamedTuple, Protocol

from linlian.community import identity
from linlian.community.identity import AccountStatus, OrganisationStatus, Role
from linlian.engine.ledger import Ledger
from linlian.kernel.rulebook import Rulebook
from linlian.node import source
from linlian.readmodel.audience import Reader
from linlian.readmodel.query import Query
from linlian.readmodel.view import Reads
from linlian.vault import Contents
from linlian.web.app import make_app
from linlian.web.house import Rows
from linlian.web.server import Server, listen, read_address
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
    def reading(self) -> AbstractContextManager[tuple[Reads, int]]: ...


class _Signer(NamedTuple):
    signer: bytes


class WebHouse:
    """Implements `web.house.House` over an open node."""

    def __init__(self, node: OpenNode):
        self._node = node

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

    def reader_of(self, account: bytes) -> Reader | None:
        state = self._node.ledger
        found = identity.account(state, account)
        if found is None or found.status is not AccountStatus.ACTIVE:
            return None
        member = identity.member(state, account)
        if member is None:
            return Reader(account)
        employer = identity.organisation(state, member.organisation)
        if employer is None or employer.status is not OrganisationStatus.ACTIVE:
            return Reader(account)
        roles = frozenset(str(role) for role in member.roles)
        return Reader(account, member.organisation, str(employer.kind), roles, Role.AUDITOR in member.roles)

    def page(self, query: Query, values: Mapping[str, Any], reader: Reader, after: str) -> Rows:
        with self._node.reading() as (db, height):
            query.check_reader(db, reader, values)
            page = query.page(db, values, after)
        return Rows(page.rows, page.next, height)

    def signer_of(self, item_id: bytes) -> bytes:
        with self._node.reading() as (db, _):
            row = db.one(_Signer, "SELECT signer FROM ledger_item WHERE item_id = :item_id", item_id=item_id)
        return b"" if row is None else row.signer

    def may_read(self, subject: bytes, reader: Reader) -> bool:
        if reader.audits:
            return True
        with self._node.reading() as (db, _):
            return any(audience.sees(db, reader, {"subject": subject}) for audience in source.subject_audiences())


def take_address(text: str) -> socket:
    """Listen at an address, before anything else takes time. Raises WebError (`web.port_in_use`, …)."""
    return listen(read_address(text))


def serve(node: OpenNode, listening: socket) -> Server:
    """Serve a node until the server is closed."""
    return Server(make_app(WebHouse(node)), listening)
