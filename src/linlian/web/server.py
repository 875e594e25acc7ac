"""The server: uvicorn with httptools on one address, in a thread of its own.

Rules
- The port is taken before anything else happens, so that a port in use is said at once (`web.port_in_use`).
- A request's head has at most 64 KiB and comes within 20 seconds; a connection at rest is closed after a minute.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from linlian.web.errors import WebError
from linlian.web.problems import TYPES
from linlian.web.wire import to_json

HEAD_BYTES_MAX = 64 * 1024
HEAD_S = 20.0
REST_S = 60
STOPPING_S = 5
UNTAKEN_MS = 60_000
"""For how long a peer may leave what was sent to it untaken; then its connection is gone."""


class Address(NamedTuple):
    """Where to listen; port 0 lets the machine choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_address(text: str) -> Address:
    """`127.0.0.1:8420`, `[::1]:8420`. Raises WebError (`web.address_wrong`)."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > 65_535:
        raise WebError("web.address_wrong", address=text)
    return Address(host, int(port))


def listen(address: Address) -> socket.socket:
    """A socket that listens there. Raises WebError: `web.port_in_use`, `web.cannot_listen`."""
    with ExitStack() as undo:
        try:
            (family, kind, protocol, _, where), *_ = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
            # asyncio sends small answers at once (TCP_NODELAY) only where the socket says that it is TCP.
            found = undo.enter_context(socket.socket(family, kind, protocol))
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):  # where there is no such thing, the machine's patience counts
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MS)
            found.bind(where)
            found.listen(512)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise WebError("web.port_in_use", address=str(address)) from error
            reason = error.strerror or str(error)
            raise WebError("web.cannot_listen", address=str(address), reason=reason) from error
        undo.pop_all()
    return found


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with a bound on a request's head and on the time that it may take."""

    _head_bytes = 0
    _unread_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is not None:  # one endless line is not told of before it ends
            self._unread_bytes += len(data)
            self._check_head(self._unread_bytes)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait_for_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_bytes += len(url)
        self._check_head(self._head_bytes)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value) + 4
        self._check_head(self._head_bytes)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What cannot be read as HTTP at all."""
        self._say_no(b"400 Bad Request", "web.not_http", 400)

    def _check_head(self, size_bytes: int) -> None:
        if size_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._say_no(b"431 Request Header Fields Too Large", "web.head_too_large", 431)

    def _say_no(self, line: bytes, code: str, status: int) -> None:
        """A problem without sentences: nobody has asked for a language yet."""
        body = to_json({"type": TYPES + code, "status": status, "code": code})
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (line, len(body), body)
        )
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._head_bytes = self._unread_bytes = 0
        self._head_timer = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class Server:
    """A running server; `close` lets requests at hand finish."""

    def __init__(self, app: ASGIApp, listening: socket.socket, certificate: Path | None = None):
        """With a certificate (PEM, with its key) by https. Raises WebError (`web.certificate_wrong`)."""
        self.app = app
        self._socket = listening
        self.address = Address(*self._socket.getsockname()[:2])
        config = uvicorn.Config(
            app,
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=REST_S,
            timeout_graceful_shutdown=STOPPING_S,
            ssl_certfile=None if certificate is None else str(certificate),
        )
        self._scheme = "http" if certificate is None else "https"
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or str(error)
            raise WebError("web.certificate_wrong", path=str(certificate), reason=reason) from error
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="linlian-web", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self.address}"

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
