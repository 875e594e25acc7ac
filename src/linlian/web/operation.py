"""A route as everybody knows it: the application that serves it, the OpenAPI document, and the tests.

    Operation(
        name="find_transaction",                    # operationId; its words are the texts `api.find_transaction`
        method="GET", path="/api/v1/transactions/{transaction}",
        handler=find,                               # async def find(call: Call) -> Response
        parameters=(Parameter("transaction", "path", Hash),),
        answers=(Answer(200, JSON, FINAL),),
        problems=("web.nothing_there",),
        tag="transactions",
    )

Rules
- What an operation does not name it does not take: another parameter, another body, another content type is a problem.
- What it may answer it names: each status with its content type and schema, and every code of a problem of its own.
  Those that any request can meet (`COMMON`) are added by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.responses import Response

from linlian.web.wire import Schema

Handler = Callable[[Any], Coroutine[Any, Any, Response]]
"""Takes a `call.Call`."""

JSON = "application/json"
CBOR = "application/cbor"
BYTES = "application/octet-stream"
HTML = "text/html; charset=utf-8"

COMMON = ("web.unknown_parameter", "web.parameter_twice", "web.address_too_long", "web.too_often", "web.bug")
"""What any request can meet."""
SIGNED = (
    "web.session_ended",
    "web.signature_malformed",
    "web.signature_wrong",
    "web.signature_stale",
    "web.signature_repeated",
    "web.account_may_not",
    "web.digest_wrong",
    "web.host_unknown",
)
"""What a request that says who it comes from can meet besides."""
LATER = ("engine.closed", "readmodel.behind")
"""What a request that needs the ledger or the rows can meet."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something in the path, the query or a header. `annotation` is its type, as commands and queries have it."""

    name: str
    place: Literal["path", "query", "header"]
    annotation: Any
    default: Any = None
    about: str = ""
    must: bool = False

    @property
    def required(self) -> bool:
        return self.must or self.place == "path"


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: which content types it may have, at most how many bytes, and what its JSON looks like."""

    types: tuple[str, ...]
    size_max: int
    schema: Schema | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: status, content type ("" for none), the schema of its JSON, and the headers that it has."""

    status: int
    type: str = JSON
    schema: Schema | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `seen_by` names its audiences; none means that it is for everybody.

    `signed`: it asks who it comes from, if they say. `refuses`: it may answer with any refusal of any rule.
    """

    name: str
    method: Literal["GET", "POST", "DELETE"]
    path: str
    handler: Handler
    tag: str
    answers: tuple[Answer, ...]
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    problems: tuple[str, ...] = ()
    seen_by: tuple[str, ...] = ()
    signed: bool = True
    refuses: bool = False
    about: Mapping[str, str] = field(default_factory=dict)
    """Words in both languages, where they are not the texts `api.<name>`: those of a command or a query."""

    def codes(self) -> tuple[str, ...]:
        """Every code of a problem that it may answer."""
        found = [*self.problems, *COMMON]
        if self.signed:
            found += SIGNED
        if self.parameters:
            found.append("web.wrong_value")
        if self.body is not None:
            found += ["web.wrong_media_type", "web.body_too_large", "web.body_slow"]
            if self.body.schema is not None:
                found += ["web.not_json", "web.wrong_value", "web.unknown_field", "web.field_missing"]
        if any(part.must for part in self.parameters):
            found.append("web.parameter_missing")
        if self.method != "GET" and self.signed:
            found.append("web.cross_site")
        return tuple(dict.fromkeys(found))
