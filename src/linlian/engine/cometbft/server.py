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

import logging
import queue
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

log = logging.getLogger("linlian.engine")

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
        self._arrived: queue.SimpleQueue[_Connection | None] = queue.SimpleQueue()
        self._listener = listen_at(path)
        self._accepting = threading.Thread(target=self._accept, name="linlian-abci-door", daemon=True)
        self._thread = threading.Thread(target=self._run, name="linlian-abci", daemon=True)
        self._accepting.start()
        self._thread.start()

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
        self._arrived.put(None)
        for connection in list(self._connections):
            connection.hang_up()
        self._thread.join()
        for connection in self._connections:
            connection.close()
        remove_socket(self._path)

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            connection = _Connection(accepted, self._arrived)
            self._connections.add(connection)
            connection.start()

    def _run(self) -> None:
        """A turn for each connection of which something has arrived, and further ones while it has whole messages."""
        turns: deque[_Connection] = deque()
        while True:
            while not turns or not self._arrived.empty():
                arrived = self._arrived.get()
                if arrived is None:
                    return
                if arrived not in turns:
                    turns.append(arrived)
            connection = turns.popleft()
            if self._answer_for_a_while(connection):
                turns.append(connection)
            elif connection.ended:
                self._forget(connection)

    def _forget(self, connection: _Connection) -> None:
        connection.close()
        self._connections.discard(connection)
        if not self._connections:
            self._left()

    def _answer_for_a_while(self, connection: _Connection) -> bool:
        """One connection's turn. Whether whole messages of it are left."""
        answers: list[bytes] = []
        going_on, over = True, time.monotonic() + TURN_S
        try:
            while going_on and time.monotonic() < over and (message := connection.next_message()) is not None:
                answer, going_on = self._answer(message)
                answers.append(answer)
        except LinlianError as error:
            answers.append(_exception(str(error)))
            going_on = False
        except Exception:
            log.exception("a bug in what answers the engine")
            going_on = False
        if not (connection.send(b"".join(answers)) and going_on):
            connection.hang_up()
        elif answers:
            self._rest()
        return connection.end_turn()

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

    def __init__(self, accepted: socket.socket, arrived: queue.SimpleQueue[_Connection | None]) -> None:
        """`arrived` hears of each piece that was read, and of the end."""
        self._socket = accepted
        self._arrived = arrived
        self._pieces: deque[bytes] = deque()
        self._room = threading.Condition()
        self._held_bytes = 0
        self._buffer = bytearray()
        self._start = 0
        self._all_read = self._hung_up = False
        self._thread = threading.Thread(target=self._read, name="linlian-abci-reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _read(self) -> None:
        while not self._hung_up and (piece := self._receive()):
            self._pieces.append(piece)
            self._arrived.put(self)
            with self._room:
                self._held_bytes += len(piece)
                self._room.wait_for(lambda: self._held_bytes <= HELD_BYTES_MAX or self._hung_up)
        self._all_read = True
        self._arrived.put(self)

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(READ_BYTES)
        except OSError:
            return b""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._all_read and not self._pieces

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
