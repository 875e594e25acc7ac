"""A receiver of webhooks: a real HTTP server in a thread, that can be told to be away or to say no."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass
class Message:
    """What came in, as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answer` is what everybody hears, one in `answers` goes first; what the `judge` does not verify gets 401."""

    port: int = 0
    answer: int = 204
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    judge: Webhook | None = None
    seen: list[Message] = field(default_factory=list)
    accepted: list[Message] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def heard(self) -> list[str]:
        """The labels of the places that were accepted, in the order in which they came."""
        return [message.told["data"]["id"] for message in self.accepted]

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen; on the same port every time."""
        server = _Server(("127.0.0.1", self.port), self)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], receiver: Receiver):
        super().__init__(address, _Handler)
        self.receiver = receiver


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["content-length"]))
        message = Message({name.lower(): value for name, value in self.headers.items()}, body)
        receiver.seen.append(message)
        threading.Event().wait(receiver.pause_s)
        answer = receiver.answers.pop(0) if receiver.answers else receiver.answer
        if receiver.judge is not None and not _verified(receiver.judge, message):
            answer = 401
        if 200 <= answer < 300:
            receiver.accepted.append(message)
        self.send_response(answer)
        for name, value in receiver.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _verified(judge: Webhook, message: Message) -> bool:
    try:
        return bool(judge.verify(message.body, message.headers) == message.told)
    except WebhookVerificationError:
        return False
