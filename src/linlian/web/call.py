"""One request on its way through an operation: what was asked, by whom, in which language; and its answer.

    async def find(call: Call) -> Response:
        final = await call.run(call.house.ledger.find, call.values["transaction"])
        return call.json(final_json(final))

Rules
- Bodies are read up to the operation's bound and no further, within a time; nothing is decoded before.
- Whatever blocks (the ledger's lock, a query) runs beside the loop, through `run`.
- Every LinlianError becomes a problem. What is not one is a bug: the sender gets `web.bug` with a number, and the log
  gets that number with the trace.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from linlian.kernel.errors import LinlianError
from linlian.readmodel.audience import OUTSIDER, Reader
from linlian.vault import SignIn
from linlian.web.errors import WebError
from linlian.web.house import House
from linlian.web.limits import Buckets
from linlian.web.logs import CODE
from linlian.web.operation import BYTES, CBOR, JSON, Body, Operation
from linlian.web.problems import problem_response
from linlian.web.session import Sessions
from linlian.web.wire import from_text, to_json
from linlian.words import Language, Words

P = ParamSpec("P")
T = TypeVar("T")

BODY_S = 30.0
ADDRESS_CHARS_MAX = 60_000
"""Below the bound of a head, and enough for whatever a parameter can be."""
log = logging.getLogger("linlian.web")


@dataclass(frozen=True, slots=True)
class Desk:
    """What all calls of an application share."""

    house: House
    sessions: Sessions
    words: Words
    accounts: Buckets | None = None
    """What each account may ask in a minute, beside what its address may; None is any number."""


@dataclass(slots=True)
class Call:
    """`values` are the parameters by name, with defaults; `reader` is whoever asks, OUTSIDER if they did not say.
    `sign_in` is what opened their session, if they come in one."""

    request: Request
    desk: Desk
    operation: Operation
    language: Language
    values: dict[str, Any] = field(default_factory=dict)
    body: bytes = b""
    reader: Reader = OUTSIDER
    key_id: bytes = b""
    sign_in: SignIn | None = None

    @property
    def house(self) -> House:
        return self.desk.house

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something that may block, beside the loop."""
        return await to_thread.run_sync(partial(work, *args, **kwargs))

    def json(self, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """An answer for programs; nobody keeps a copy of it on the way."""
        return Response(to_json(value), status, {**NOT_KEPT, **(headers or {})}, media_type=JSON)

    def bytes(self, data: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """Bytes of the ledger's own."""
        return Response(data, 200, {**NOT_KEPT, **(headers or {})}, media_type=CBOR)


NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Endpoint:
    """One path with all its methods, as Starlette serves it; another method is told which there are."""

    def __init__(self, operations: Sequence[Operation], authenticate: Callable[[Call], Awaitable[None]]):
        self._operations: dict[str, Operation] = {operation.method: operation for operation in operations}
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self.answer(request)
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """What the operation answers, or the problem that kept it from answering."""
        desk: Desk = request.app.state.desk
        language = language_wanted(request.headers.get("accept-language", ""))
        operation = self._operations.get("GET" if request.method == "HEAD" else request.method)
        try:
            if operation is None:
                raise WebError("web.method_not_allowed", allowed=", ".join(sorted(self._operations)))
            call = Call(request, desk, operation, language)
            await _read(call)
            if operation.signed:
                await self._authenticate(call)
            if call.reader.account and desk.accounts is not None:
                desk.accounts.check(call.reader.account)
            return await operation.handler(call)
        except LinlianError as error:
            note_code(request.scope, error.code)
            return problem_response(error, desk.words, language)


def routes_of(operations: Iterable[Operation], authenticate: Callable[[Call], Awaitable[None]]) -> list[Route]:
    """The routes, one for each path, in order; a path that is written out goes before one with a gap in its place."""
    by_path: dict[str, list[Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, []).append(operation)
    return [Route(path, Endpoint(found, authenticate)) for path, found in by_path.items()]


def note_code(scope: Scope, code: str) -> None:
    """Leave the code of a "no" where the figures find it."""
    scope.setdefault("state", {})[CODE] = code


async def _read(call: Call) -> None:
    """Parameters and body, as the operation takes them. Raises WebError."""
    request, operation = call.request, call.operation
    raw_query = request.scope["query_string"]
    if len(request.scope["raw_path"]) + len(raw_query) > ADDRESS_CHARS_MAX:
        raise WebError("web.address_too_long", size_max=ADDRESS_CHARS_MAX)
    known = {part.name: part for part in operation.parameters}
    given = request.query_params.multi_items()
    for name, _ in given:
        if name not in known or known[name].place != "query":
            taken = ", ".join(part.name for part in operation.parameters if part.place == "query")
            raise WebError("web.unknown_parameter", parameter=name[:64], known=taken)
    asked = dict(given)
    if len(asked) != len(given):
        raise WebError("web.parameter_twice")
    for part in operation.parameters:
        text = {"path": request.path_params, "query": asked, "header": request.headers}[part.place].get(part.name)
        if text is None and part.required:
            raise WebError("web.parameter_missing", parameter=part.name)
        call.values[part.name] = part.default if text is None else from_text(part.annotation, text, part.name)
    if operation.body is not None:
        _check_type(request, operation.body)
        call.body = await read_body(request, operation.body.size_max)


def _check_type(request: Request, body: Body) -> None:
    said = request.headers.get("content-type", "")
    kind, _, rest = said.partition(";")
    charset = rest.replace(" ", "").replace('"', "").lower()
    fine = kind.strip().lower() in body.types and (not rest or charset in ("charset=utf-8", ""))
    if not fine:
        raise WebError("web.wrong_media_type", given=said[:64], wanted=", ".join(body.types))


async def read_body(request: Request, size_max: int) -> bytes:
    """All of it, or WebError: `web.body_too_large` as soon as that is known, `web.body_slow`."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > size_max:
        raise WebError("web.body_too_large", size_max=size_max)
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > size_max:
                    raise WebError("web.body_too_large", size_max=size_max)
    except (TimeoutError, ClientDisconnect) as error:
        raise WebError("web.body_slow", seconds=int(BODY_S)) from error
    return bytes(data)


def language_wanted(accepted: str) -> Language:
    """Chinese or English, whichever an Accept-Language header puts first; Chinese where it puts neither."""
    best: tuple[float, Language] = (0.0, "zh")
    for part in accepted.lower().split(",")[:16]:
        tag, _, weight = part.strip().partition(";q=")
        language: Language | None = "zh" if tag.startswith("zh") else "en" if tag.startswith("en") else None
        quality = _quality(weight)
        if language is not None and quality > best[0]:
            best = (quality, language)
    return best[1]


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def bug_response(request: Request, error: Exception) -> Response:
    """What the sender of a request that met a bug is told; the log has the rest."""
    desk: Desk = request.app.state.desk
    language = language_wanted(request.headers.get("accept-language", ""))
    return problem_response(log_bug(request, error), desk.words, language)


def log_bug(request: Request, error: Exception) -> WebError:
    """Write a bug down under a number; the "no" that names it."""
    number = secrets.token_hex(8)
    log.error("bug %s at %s %s", number, request.method, request.url.path, exc_info=error)
    return WebError("web.bug", number=number)


__all__ = ["BYTES", "Call", "Desk", "bug_response", "language_wanted", "log_bug", "note_code", "read_body", "routes_of"]
