"""The running node's door for other processes of the same owner: a Unix socket in its folder.

    door = LocalDoor(ledger, folder / "node.socket")
    …
    door.close(); ledger.close()

Rules
- Whoever may open the socket (0600) may do what the ledger does for anybody: hand in signed transactions, read,
  have things proved. There is no command of its own here; authority is in the signatures.
- A caller who stops reading holds up nobody: answers wait in a queue of that caller's own, and with 64 submissions
  unanswered the door reads no more from them.
- `follow` takes its connection for itself: from then on each frame is a block, until one side hangs up.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from concurrent.futures import Future
from pathlib import Path
from time import monotonic
from typing import Any

from linlian.engine.frames import listen_at, next_frame, pack_error, pack_final, remove_socket, stream_of
from linlian.engine.ledger import Final, Ledger
from linlian.engine.verifier import write_frame
from linlian.kernel import codec
from linlian.kernel.errors import LinlianError

UNANSWERED_MAX = 64
GOODBYE_S = 5.0


class LocalDoor:
    """Serves a ledger on a socket, two threads for each connection. Close it before the ledger."""

    def __init__(self, ledger: Ledger, path: Path):
        """Listen. A socket that a killed node left behind is replaced: the caller holds the folder's lock."""
        self._ledger = ledger
        self._path = path
        self._callers: dict[_Caller, threading.Thread] = {}
        self._lock = threading.Lock()
        self._listener = listen_at(path)
        self._accepting = threading.Thread(target=self._accept, name="linlian-door", daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Let nobody else in, answer what is waiting, and hang up."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        remove_socket(self._path)
        with self._lock:
            callers = dict(self._callers)
        for caller in callers:
            caller.no_more()
        for caller, thread in callers.items():
            if not caller.following:  # a follower's thread waits for the next block, and ends with the ledger
                thread.join(GOODBYE_S)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            caller = _Caller(connection)
            thread = threading.Thread(target=self._serve, args=(caller,), name="linlian-caller", daemon=True)
            with self._lock:
                self._callers[caller] = thread
            thread.start()

    def _serve(self, caller: _Caller) -> None:
        """Answer one caller until they hang up."""
        try:
            while (frame := next_frame(caller.stream)) is not None:
                number, verb, *arguments = codec.decode_plain_trusted(frame)
                if verb == "follow":
                    caller.following = True
                    self._follow(caller, *arguments)
                    return
                self._answer(caller, number, verb, arguments)
        finally:
            caller.finish()
            with self._lock:
                self._callers.pop(caller, None)

    def _answer(self, caller: _Caller, number: int, verb: str, arguments: list[Any]) -> None:
        try:
            if verb == "submit":
                raws, record = codec.typed(_SUBMIT, arguments)
                answers = self._ledger.submit_many(raws, record_refusal=record)
                caller.send([number, True, []])
                caller.owe(-number, answers)
                return
            value = _VERBS[verb](self._ledger, *arguments)
        except (LinlianError, LookupError) as error:
            caller.send([number, False, pack_error(error)])
            return
        caller.send([number, True, value])

    def _follow(self, caller: _Caller, start: int) -> None:
        for block in self._ledger.follow(start):
            if not caller.send_now([codec.encode(block.header), block.encode_body()]):
                return


class _Caller:
    """One connection: whole frames out, in the order in which they were handed in, from a thread of its own."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self.stream = stream_of(connection)
        self.following = False
        self._answers: queue.SimpleQueue[list[Any] | None] = queue.SimpleQueue()
        self._owed = threading.Semaphore(UNANSWERED_MAX)
        self._sender = threading.Thread(target=self._send_all, name="linlian-answers", daemon=True)
        self._sender.start()

    def send(self, answer: list[Any]) -> None:
        """Send after what is waiting; never blocks."""
        self._answers.put(answer)

    def send_now(self, answer: list[Any]) -> bool:
        """Send at once, at the caller's speed; whether they are still there."""
        try:
            write_frame(self.stream, codec.encode_plain(answer))
        except (OSError, ValueError):
            return False
        return True

    def owe(self, number: int, answers: list[Future[Final]]) -> None:
        """Send the answers as one when the last of them has come. Blocks while too many are owed."""
        self._owed.acquire()
        left = len(answers)
        lock = threading.Lock()

        def done(_: Future[Final]) -> None:
            nonlocal left
            with lock:
                left -= 1
                if left > 0:
                    return
            self.send([number, True, [_pack_answer(answer) for answer in answers]])
            self._owed.release()

        for answer in answers:
            answer.add_done_callback(done)
        if not answers:
            done(Future())

    def no_more(self) -> None:
        """Read nothing further; answers still go out. A follower is hung up on."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR if self.following else socket.SHUT_RD)

    def finish(self) -> None:
        """Send what is owed, then hang up."""
        until = monotonic() + GOODBYE_S
        for _ in range(UNANSWERED_MAX):
            self._owed.acquire(timeout=max(0.0, until - monotonic()))
        self._answers.put(None)
        self._sender.join(GOODBYE_S)
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError, ValueError):
            self.stream.close()
        self._connection.close()

    def _send_all(self) -> None:
        """The sending thread. When the caller is gone it goes on emptying the queue, so that nobody waits for it."""
        there = True
        while (answer := self._answers.get()) is not None:
            there = there and self.send_now(answer)


def _pack_answer(answer: Future[Final]) -> list[Any]:
    failure = answer.exception()
    if failure is None:
        return [True, pack_final(answer.result())]
    if not isinstance(failure, LinlianError):
        failure = LinlianError("engine.failed", reason=repr(failure)[:200])
    return [False, pack_error(failure)]


def _find(ledger: Ledger, item_id: bytes) -> list[Any]:
    final = ledger.find(item_id)
    return [] if final is None else [pack_final(final)]


def _try(ledger: Ledger, raw: bytes) -> list[Any]:
    no = ledger.try_out(raw)
    return [] if no is None else [pack_error(no)]


def _read(ledger: Ledger, key: bytes) -> list[bytes]:
    value = ledger.read(key)
    return [] if value is None else [value]


_SUBMIT: Any = tuple[list[bytes], bool]

_VERBS: dict[str, Any] = {
    "chain": lambda ledger: ledger.chain,
    "head": lambda ledger: codec.encode(ledger.head),
    "clock": lambda ledger: ledger.clock(),
    "read": _read,
    "try": _try,
    "find": _find,
    "receipt": lambda ledger, item_id, strict: codec.encode(ledger.prove_receipt(item_id, strict=strict)),
    "history": lambda ledger, subject: codec.encode(ledger.prove_history(subject)),
    "state": lambda ledger, key: codec.encode(ledger.prove_state(key)),
}
