"""The socket that CometBFT speaks ABCI 2.0 to: four connections, one thread, answers in the order of the questions.

A message is an unsigned varint with its length, and a protobuf `Request` or `Response`. What has arrived is answered in
turns, a few milliseconds for each connection, so that a flood at the mempool does not keep a vote waiting. CometBFT
stops if an answer is not of the question's kind; so a message that cannot be read, or an error of the application, is
answered with an exception, which says why in the engine's own log, and hung up on.

Each connection is read by a thread of its own, whatever is being executed: while the engine waits for us to read, its
timer for flushing goes round every 20 nanoseconds (meant as milliseconds) and takes a third of its processor.

Source: abci/client/socket_client.go, libs/timer/throttle_timer.go, abci/types/messages.go and spec/abci of CometBFT
v0.39.4.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import deque
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
READ_BYTES: Final = 256 * 1024
HELD_BYTES_MAX: Final = MESSAGE_BYTES_MAX + READ_BYTES
"""So much of a connection is held at most; a whole message always fits."""
_VARINT_BYTES_MAX: Final = 10

Handler = Callable[[str, Any, Any], None]
"""Called with the kind of a question, its message, and the message of the answer to fill in."""


class AbciServer:
    """Answers on a Unix socket in a thread of its own. `idle` runs after each turn, `left` when the last connection is
    gone, both in that thread."""

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
        self._left = left
        self._connections: set[_Connection] = set()
        self._listener = listen_at(path)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="linlian-abci", daemon=True)
        self._accepting = threading.Thread(target=self._accept, name="linlian-abci-door", daemon=True)
        self._thread.start()
        self._accepting.start()

    @property
    def connections(self) -> int:
        """How many the engine holds; none if it is away."""
        return len(self._connections)

    def close(self) -> None:
        """Hang up, and wait for the threads."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        for connection in list(self._connections):
            connection.hang_up()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for connection in self._connections:
            connection.close()
        self._loop.close()
        remove_socket(self._path)

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            connection = _Connection(accepted, self._ask_for_a_turn)
            self._connections.add(connection)
            connection.start()

    def _ask_for_a_turn(self, connection: _Connection) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self._take_turn, connection)

    def _take_turn(self, connection: _Connection) -> None:
        """Answer one connection for a while, and see to its next turn or its end. A bug met here is the loop's to tell,
        and ends this connection."""
        going_on = False
        try:
            going_on = self._answer_for_a_while(connection)
        finally:
            if not going_on:
                connection.hang_up()
            if connection.end_turn():
                self._loop.call_soon(self._take_turn, connection)
            elif connection.ended and connection in self._connections:
                connection.close()
                self._connections.discard(connection)
                if not self._connections:
                    self._left()

    def _answer_for_a_while(self, connection: _Connection) -> bool:
        """Whether to go on with this connection."""
        answers: list[bytes] = []
        going_on, over = True, time.monotonic() + TURN_S
        connection.begin_turn()
        while going_on and time.monotonic() < over:
            try:
                message = connection.next_message()
            except LinlianError as error:
                answer, going_on = _exception(str(error)), False
            else:
                if message is None:
                    break
                answer, going_on = self._answer(message)
            answers.append(answer)
        if not answers:
            return True
        going_on = connection.send(b"".join(answers)) and going_on
        if going_on:
            self._rest()
        return going_on

    def _answer(self, data: bytes) -> tuple[bytes, bool]:
        """The answer to one message, and whether to go on with this connection."""
        response = Response()
        try:
            request = Request.FromString(data)
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

    def _rest(self) -> None:
        """What has been read is answered: time for what need not be waited for."""
        try:
            self._idle()
        except LinlianError as error:
            self._failed(error)


class _Connection:
    """One connection. A thread of its own reads; all else but `hang_up` is called by the thread that answers."""

    def __init__(self, accepted: socket.socket, arrived: Callable[[_Connection], None]) -> None:
        """`arrived` asks for a turn: something was read, or the end."""
        self._socket = accepted
        self._arrived = arrived
        self._pieces: deque[bytes] = deque()
        self._room = threading.Condition()
        self._held_bytes = 0
        self._buffer = bytearray()
        self._start = 0
        self._awaits_turn = self._all_read = self._hung_up = False
        self._thread = threading.Thread(target=self._read, name="linlian-abci-reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _read(self) -> None:
        while not self._hung_up and (piece := self._receive()):
            self._pieces.append(piece)
            self._ask_for_a_turn()
            with self._room:
                self._held_bytes += len(piece)
                self._room.wait_for(lambda: self._held_bytes <= HELD_BYTES_MAX or self._hung_up)
        self._all_read = True
        self._awaits_turn = False
        self._ask_for_a_turn()

    def _ask_for_a_turn(self) -> None:
        """Once until it begins: what is read by then is seen in it."""
        if not self._awaits_turn:
            self._awaits_turn = True
            self._arrived(self)

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(READ_BYTES)
        except OSError:
            return b""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._all_read and (self._hung_up or not self._pieces)

    def begin_turn(self) -> None:
        self._awaits_turn = False

    def next_message(self) -> bytes | None:
        """The next message that is wholly there. Raises LinlianError (`engine.abci_too_large`)."""
        if self._hung_up:
            return None
        while self._pieces:
            self._buffer += self._pieces.popleft()
        frame = _frame_at(self._buffer, self._start)
        if frame is None:
            return None
        begin, end = frame
        if end < 0:
            raise LinlianError("engine.abci_too_large")
        self._start = end
        return bytes(memoryview(self._buffer)[begin:end])

    def end_turn(self) -> bool:
        """Make room for what was answered. Whether whole messages are left."""
        if self._start:
            del self._buffer[: self._start]
            with self._room:
                self._held_bytes -= self._start
                self._room.notify()
            self._start = 0
        return not self._hung_up and (bool(self._pieces) or _frame_at(self._buffer, 0) is not None)

    def send(self, answers: bytes) -> bool:
        """Whether the other side is still there."""
        try:
            self._socket.sendall(answers)
        except OSError:
            return False
        return True

    def hang_up(self) -> None:
        """Answer nothing more. Any thread may do so; the reading one ends."""
        self._hung_up = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with self._room:
            self._room.notify()

    def close(self) -> None:
        """After `hang_up`, or when all has been read."""
        self._thread.join()
        self._socket.close()


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
