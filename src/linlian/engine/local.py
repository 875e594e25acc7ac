"""A running node's ledger, from another process of the same owner.

    ledger = LocalLedger(folder / "node.socket")      # an `engine.ledger.Ledger`, as if it were here
    ledger.submit(raw).result()

The other side is `engine.door`. `close` hangs up; the node goes on, and so does what was handed in.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from linlian.engine.frames import connect_to, next_frame, open_error, open_final, stream_of
from linlian.engine.ledger import Final, unanswered
from linlian.engine.verifier import write_frame
from linlian.kernel import codec
from linlian.kernel.block import Block, Header
from linlian.kernel.errors import LinlianError, Refused
from linlian.kernel.proof import HistoryFile, ReceiptFile, StateFile, read_file

P = TypeVar("P", ReceiptFile, HistoryFile, StateFile)


class LocalLedger:
    """Implements `engine.ledger.Ledger` over the socket of a running node. Safe for several threads."""

    def __init__(self, path: Path):
        """Connect. Raises LinlianError (`engine.nobody_there`)."""
        self._path = path
        self._connection = connect_to(path)
        self._stream = stream_of(self._connection)
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[Any]] = {}
        self._numbers = 0
        self._lost = False
        self._reader = threading.Thread(target=self._listen, name="linlian-answers", daemon=True)
        self._reader.start()
        self._chain: str = self._call("chain")

    @property
    def chain(self) -> str:
        return self._chain

    @property
    def head(self) -> Header:
        return codec.decode_trusted(Header, self._call("head"))

    def clock(self) -> int:
        now: int = self._call("clock")
        return now

    def read(self, key: bytes) -> bytes | None:
        return next(iter(self._call("read", key)), None)

    def submit(self, raw: bytes, *, record_refusal: bool = False) -> Future[Final]:
        return self.submit_many([raw], record_refusal=record_refusal)[0]

    def submit_many(self, raws: Sequence[bytes], *, record_refusal: bool = False) -> list[Future[Final]]:
        answers = [unanswered() for _ in raws]
        together: Future[Any] = Future()
        together.add_done_callback(partial(_hand_out, answers))
        self._ask("submit", list(raws), record_refusal, together=together).result()
        return answers

    def try_out(self, raw: bytes) -> Refused | None:
        no = next((open_error(packed) for packed in self._call("try", raw)), None)
        assert no is None or isinstance(no, Refused), "what is rejected is raised"
        return no

    def find(self, item_id: bytes) -> Final | None:
        return next((open_final(packed) for packed in self._call("find", item_id)), None)

    def follow(self, start: int) -> Iterator[Block]:
        with contextlib.closing(connect_to(self._path)) as connection, stream_of(connection) as stream:
            write_frame(stream, codec.encode_plain([1, "follow", start]))
            while (frame := next_frame(stream)) is not None:
                header, body = codec.decode_plain_trusted(frame)
                yield Block.decode(codec.decode_trusted(Header, header), body)

    def prove_receipt(self, item_id: bytes, *, strict: bool = False) -> ReceiptFile:
        return _proof(ReceiptFile, self._call("receipt", item_id, strict))

    def prove_history(self, subject: bytes) -> HistoryFile:
        return _proof(HistoryFile, self._call("history", subject))

    def prove_state(self, key: bytes) -> StateFile:
        return _proof(StateFile, self._call("state", key))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        with contextlib.suppress(OSError, ValueError):
            self._stream.close()
        self._connection.close()

    def _call(self, verb: str, *arguments: Any) -> Any:
        return self._ask(verb, *arguments).result()

    def _ask(self, verb: str, *arguments: Any, together: Future[Any] | None = None) -> Future[Any]:
        """Send a request; `together` is for the second answer that a submission has."""
        answer: Future[Any] = Future()
        with self._lock:
            if self._lost:
                raise LinlianError("engine.connection_lost")
            self._numbers += 1
            self._waiting[self._numbers] = answer
            if together is not None:
                self._waiting[-self._numbers] = together
            try:
                write_frame(self._stream, codec.encode_plain([self._numbers, verb, *arguments]))
            except (OSError, ValueError) as error:
                raise LinlianError("engine.connection_lost") from error
        return answer

    def _listen(self) -> None:
        """The reading thread: give each answer to whoever waits for it."""
        while (frame := next_frame(self._stream)) is not None:
            number, fine, value = codec.decode_plain_trusted(frame)
            with self._lock:
                answer = self._waiting.pop(number)
                if not fine:
                    self._waiting.pop(-number, None)
            if fine:
                answer.set_result(value)
            else:
                answer.set_exception(open_error(value))
        with self._lock:
            self._lost = True
            left = list(self._waiting.values())
            self._waiting.clear()
        for answer in left:
            answer.set_exception(LinlianError("engine.connection_lost"))


def _hand_out(answers: list[Future[Final]], together: Future[Any]) -> None:
    """Give each submission its own answer out of the one that came for all."""
    failure = together.exception()
    for number, answer in enumerate(answers):
        if failure is not None:
            answer.set_exception(failure)
            continue
        fine, packed = together.result()[number]
        if fine:
            answer.set_result(open_final(packed))
        else:
            answer.set_exception(open_error(packed))


def _proof(kind: type[P], data: bytes) -> P:
    file = read_file(data)
    assert isinstance(file, kind), "the node answers what it was asked"
    return file
