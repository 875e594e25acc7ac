"""The socket that CometBFT speaks ABCI 2.0 to: four connections, one thread, answers in the order of the questions.

A message is an unsigned varint with its length, and a protobuf `Request` or `Response`. What has arrived is answered in
turns, a few milliseconds for each connection, so that a flood at the mempool does not keep a vote waiting. CometBFT
stops if an answer is not of the question's kind; so a message that cannot be read, or an error of the application, is
answered with an exception, which says why in the engine's own log, and hung up on.

Source: abci/client/socket_client.go, abci/types/messages.go and spec/abci of CometBFT v0.39.4.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import DecodeError

from linlian.engine.cometbft.messages import Request, Response
from linlian.engine.frames import listen_at, remove_socket
from linlian.kernel.errors import LinlianError, NodeMustStop

MESSAGE_BYTES_MAX: Final = 64 * 1024 * 1024
TURN_S: Final = 0.004
"""So long one connection is answered before the others have their turn."""
_VARINT_BYTES_MAX: Final = 10

Handler = Callable[[str, Any, Any], None]
"""Called with the kind of a question, its message, and the message of the answer to fill in."""


class AbciServer:
    """Answers on a Unix socket in a thread of its own. `idle` runs each time everything read has been answered, `left`
    when the last connection is gone."""

    def __init__(
        self,
        path: Path,
        handle: Handler,
        idle: Callable[[], None],
        failed: Callable[[LinlianError], None],
        left: Callable[[], None] = lambda: None,
    ):
        """Listen. Raises OSError if the socket cannot be made."""
        self._path = path
        self._handle = handle
        self._idle = idle
        self._failed = failed
        self.left = left
        self._loop = asyncio.new_event_loop()
        self._connections: set[_Connection] = set()
        self._server = self._loop.run_until_complete(
            self._loop.create_unix_server(self._connection, sock=listen_at(path))
        )
        self._thread = threading.Thread(target=self._run, name="linlian-abci", daemon=True)
        self._thread.start()

    @property
    def connections(self) -> int:
        """How many the engine holds; none if it is away."""
        return len(self._connections)

    def close(self) -> None:
        """Hang up, and wait for the thread."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        remove_socket(self._path)

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._server.close()
            for connection in list(self._connections):
                connection.hang_up()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    def _connection(self) -> _Connection:
        return _Connection(self, self._connections)

    def answer(self, data: bytes | bytearray) -> tuple[bytes, bool]:
        """The answer to one message, and whether to go on with this connection."""
        response = Response()
        try:
            request = Request.FromString(bytes(data))
            kind = request.WhichOneof("value")
            if kind is None:
                raise LinlianError("engine.abci_unknown_call")
            getattr(response, kind).SetInParent()
            self._handle(kind, getattr(request, kind), getattr(response, kind))
        except DecodeError:
            return _exception("engine.abci_malformed"), False
        except LinlianError as error:
            if isinstance(error, NodeMustStop):
                self._failed(error)
            return _exception(str(error)), False
        return _framed(response.SerializeToString()), True

    def rest(self) -> None:
        """What has been read is answered: time for what need not be waited for."""
        try:
            self._idle()
        except LinlianError as error:
            self._failed(error)


class _Connection(asyncio.Protocol):
    def __init__(self, server: AbciServer, all_of_them: set[_Connection]):
        self._server = server
        self._all = all_of_them
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._more = False
        """Whether messages wait for its next turn."""
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._all.discard(self)
        if not self._all:
            self._server.left()

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def eof_received(self) -> bool:
        """Nothing more will come; what has come is answered before the connection ends."""
        self._ended = True
        return self._more

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._more:
            self._work()

    def _work(self) -> None:
        """Answer for a while. The other connections, of which one decides, come in between."""
        self._more = False
        assert self._transport is not None
        if self._transport.is_closing():
            return
        answers, going_on = self._answers()
        if answers:
            self._transport.write(b"".join(answers))
        if not going_on:
            self._transport.close()
            return
        self._more = _frame_at(self._buffer, 0) is not None
        if answers:
            self._server.rest()
        if self._more:
            asyncio.get_running_loop().call_soon(self._work)
        elif self._ended:
            self._transport.close()

    def _answers(self) -> tuple[list[bytes], bool]:
        """Answer whole messages in the buffer until a turn is over; keep what is left of it."""
        buffer, start, answers, going_on = self._buffer, 0, [], True
        over = time.monotonic() + TURN_S
        while going_on and time.monotonic() < over and (frame := _frame_at(buffer, start)) is not None:
            begin, end = frame
            if end < 0:
                answers.append(_exception("engine.abci_too_large"))
                going_on = False
                break
            answer, going_on = self._server.answer(buffer[begin:end])
            answers.append(answer)
            start = end
        del buffer[:start]
        return answers, going_on


def _frame_at(buffer: bytearray, start: int) -> tuple[int, int] | None:
    """Where the message that starts here begins and ends; None if not all of it is there; an end of -1 is a bad one."""
    size = shift = 0
    for position in range(start, min(len(buffer), start + _VARINT_BYTES_MAX)):
        byte = buffer[position]
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            if size > MESSAGE_BYTES_MAX:
                return position, -1
            end = position + 1 + size
            return (position + 1, end) if end <= len(buffer) else None
        shift += 7
    return (start, -1) if len(buffer) - start >= _VARINT_BYTES_MAX else None


def _framed(data: bytes) -> bytes:
    size, head = len(data), bytearray()
    while size >= 0x80:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head) + data


def _exception(reason: str) -> bytes:
    response = Response()
    response.exception.error = reason
    return _framed(response.SerializeToString())
