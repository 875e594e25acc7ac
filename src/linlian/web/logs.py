"""What a node writes down about its work: one line of JSON for each thing, or plain lines for a person who watches.

    {"time": "2026-01-01T08:00:00.123Z", "level": "info", "logger": "linlian.web", "message": "answered",
     "request": "9f2c…", "method": "POST", "route": "/api/v1/transactions", "status": 200, "ms": 4}

Rules
- No personal data and no secrets: no address of a person or machine, no account, no query, no body, no header. A route
  stands as its pattern (`/api/v1/transactions/{transaction}`), never as what was typed.
- Every line that belongs to a request bears its id. A caller may bring one (`X-Request-Id`, 8 to 64 letters, digits or
  dashes), and every answer tells it.
- The setting `log` says how: `text` (warnings and worse, for people) or `json` (everything, for programs).
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import IO, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
HEADER = "x-request-id"
UNKNOWN = "unknown"
FACTS = "facts"
"""The attribute of a log record that holds what else is to be said, by name."""

current_request: ContextVar[str] = ContextVar("current_request", default="")
log = logging.getLogger("linlian.web")

CODE = "code"
"""Where in a request's state the code of a "no" stands."""

Seen = Callable[[str, str, int, float, str], None]
"""Told of each answer: method, route, status, seconds, and the code if it was a "no"."""


class JsonLines(logging.Formatter):
    """One JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        seconds, ms = divmod(int(record.created * 1000), 1000)
        told: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{ms:03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current_request.get():
            told["request"] = current_request.get()
        told |= getattr(record, FACTS, {})
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=str)


class PlainLines(logging.Formatter):
    """For people: when, how bad, what."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")


def set_up(how: str, out: IO[str]) -> logging.Handler:
    """Write what the node logs to `out`; the handler, for `take_down`."""
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines() if how == "json" else PlainLines())
    ours = logging.getLogger("linlian")
    ours.setLevel(logging.INFO if how == "json" else logging.WARNING)
    ours.propagate = False
    ours.addHandler(handler)
    return handler


def take_down(handler: logging.Handler) -> None:
    """Stop writing there."""
    ours = logging.getLogger("linlian")
    ours.removeHandler(handler)
    ours.propagate = True


class RequestLog:
    """Middleware, the outermost: gives a request its id, and says how it was answered and how long it took."""

    def __init__(self, app: ASGIApp, seen: Seen):
        self._app = app
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        brought = Headers(scope=scope).get(HEADER, "")
        identifier = brought if REQUEST_ID.fullmatch(brought) else secrets.token_hex(8)
        token = current_request.set(identifier)
        began, status = time.monotonic(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = identifier
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            seconds = time.monotonic() - began
            method, route = scope["method"] if scope["method"] in METHODS else UNKNOWN, route_name(scope)
            code = scope.get("state", {}).get(CODE, "")
            self._seen(method, route, status or 500, seconds, code)
            facts = {"method": method, "route": route, "status": status or 500, "ms": int(seconds * 1000)}
            log.info("answered", extra={FACTS: facts | ({"code": code} if code else {})})
            current_request.reset(token)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def route_name(scope: Scope) -> str:
    """The pattern of the route that answered; `unknown` where none did."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    return path if isinstance(path, str) else UNKNOWN
