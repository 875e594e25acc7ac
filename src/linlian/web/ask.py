"""What a page is given: who reads it, in which language, and what may be asked on their behalf."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from linlian.kernel import codec
from linlian.kernel.block import Header
from linlian.kernel.contract import Command
from linlian.kernel.errors import Refused
from linlian.kernel.operator import current_operator
from linlian.kernel.transaction import Body
from linlian.readmodel.audience import Reader
from linlian.readmodel.query import Query
from linlian.web.errors import WebError
from linlian.web.forms import Choices, Form, form_of
from linlian.web.house import House
from linlian.web.seal import letters
from linlian.words import Language, Tongue, money

R = TypeVar("R")
VALID_MS = 60_000


@dataclass(frozen=True, slots=True)
class Listed(Generic[R]):
    """Rows, and the cursor for those behind them ("": none)."""

    rows: list[R]
    next: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One reader's questions. Times are the node's, in milliseconds; `after` is the cursor in the address."""

    house: House
    reader: Reader
    language: Language
    tongue: Tongue
    now: int
    key_id: bytes = b""
    after: str = ""

    def rows(self, query: Callable[..., list[R]], **values: Any) -> list[R]:
        """The first rows of a query. Raises ReadModelError (`readmodel.not_for_you`)."""
        return self.page(query, **values).rows

    def page(self, query: Callable[..., list[R]], after: str = "", **values: Any) -> Listed[R]:
        """Rows of a query and the cursor for those behind them."""
        given = {name: value for name, value in values.items() if value is not None}
        found = self.house.page(self._named(query), given, self.reader, after)
        return Listed(list(found.rows), found.next)  # type: ignore[arg-type]

    def one(self, query: Callable[..., R | None], **values: Any) -> R:
        """The one row of a query. Raises WebError (`web.nothing_there`), ReadModelError."""
        found = self.maybe(query, **values)
        if found is None:
            raise WebError("web.nothing_there")
        return found

    def maybe(self, query: Callable[..., R | None], **values: Any) -> R | None:
        """The one row of a query, or None."""
        rows: list[Any] = self.house.page(self._named(query), values, self.reader, "").rows
        return rows[0] if rows else None

    def sees(self, query: Callable[..., Any], **values: Any) -> bool:
        """Whether this reader may ask it."""
        named = self._named(query)
        given = {name: part.default for name, part in named.parameters.items() if not part.required}
        return self.house.may_ask(named, {**given, **values}, self.reader)

    def form(self, command: type[Command], choices: Choices | None = None, **fixed: Any) -> Form:
        """The form of a command; `fixed` fields are filled in and not shown, `choices` offers values for some."""
        return form_of(self.house.rulebook, self.tongue, command, choices or {}, fixed)

    def may(self, command: Command) -> bool:
        """Whether the rules would let this reader do it now, as far as that can be said beforehand. What is no command
        of the rules in force they let nobody do."""
        known = type(command) in self.house.rulebook.command_names
        return known and self.reader.account != b"" and self.refusal(command) is None

    def offer(self, sample: Command, *fixed: str, choices: Choices | None = None) -> Form | None:
        """The form of a command if the rules would accept this sample; the named fields are filled in from it."""
        given = {name: getattr(sample, name) for name in fixed}
        return self.form(type(sample), choices, **given) if self.may(sample) else None

    def refusal(self, command: Command) -> Refused | None:
        """What the rules would say to it now; None if they would accept it. For readers with a session."""
        ledger, rulebook = self.house.ledger, self.house.rulebook
        body = Body(
            chain=ledger.chain,
            command=rulebook.command_names[type(command)],
            fields=codec.as_plain(command),
            signer=self.reader.account,
            nonce=secrets.token_bytes(16),
            valid_until=self.now + VALID_MS,
        )
        return ledger.try_out(codec.encode([codec.encode(body), self.key_id, b""]))

    def name(self, account: bytes) -> str:
        """What somebody is called on a page: the letters of their account, until their card is opened."""
        return letters(account)

    def sum(self, minor: int, currency: str) -> str:
        """An amount of a currency as people write it."""
        return money(minor, currency)

    @property
    def operator_key(self) -> bytes:
        """The key of whoever keeps the ledger alone; empty where several organisations do."""
        operator = current_operator(self.house.ledger)
        return operator.public_key if operator else b""

    @property
    def head(self) -> Header:
        """The last header of the ledger."""
        return self.house.ledger.head

    def _named(self, query: Callable[..., Any]) -> Query:
        return by_function(self.house.queries)[query]


def by_function(queries: Mapping[str, Query]) -> dict[Callable[..., Any], Query]:
    """The queries by the functions that they were made of."""
    return {query.function: query for query in queries.values()}
