"""What comes over the socket: whole messages in pieces, noise, and messages that are longer than they may be."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.engine.cometbft import server as serving
from linlian.engine.cometbft.messages import Request, Response
from linlian.engine.cometbft.server import MESSAGE_BYTES_MAX, AbciServer
from linlian.kernel.errors import LinlianError, NodeMustStop, Rejected

SECONDS = 10.0
MANY = settings(max_examples=60, deadline=None)


class Asked:
    """A server, and what its handler was asked."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "abci.sock"
        self.failures: list[LinlianError] = []
        self.idle = 0
        self.threads: set[int] = set()
        self.left = threading.Semaphore(0)
        self.server = AbciServer(self.path, self._handle, self._idle, self.failures.append, self._leave)

    def _handle(self, kind: str, request: Any, response: Any) -> None:
        self.threads.add(threading.get_ident())
        if kind == "echo":
            response.message = request.message
        elif kind == "query":
            raise Rejected("kernel.malformed", cause=request.path)
        elif kind == "commit":
            raise NodeMustStop("engine.nothing_to_commit", height=1)
        elif kind == "info":
            raise KeyError("a bug")

    def _idle(self) -> None:
        self.idle += 1

    def _leave(self) -> None:
        self.threads.add(threading.get_ident())
        self.left.release()

    def call(self, data: bytes, *, cuts: list[int] | None = None, patient: bool = False) -> list[Any]:
        """The answers to these bytes, sent in pieces. Who is patient waits until the server hangs up."""
        with closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.settimeout(SECONDS)
            connection.connect(str(self.path))
            start = 0
            for cut in [*sorted(cuts or []), len(data)]:
                if not _sent(connection, data[start:cut]):
                    break
                start = cut
            if not patient:
                _shut(connection)
            return _answers(connection)


def _sent(connection: socket.socket, data: bytes) -> bool:
    """Who has hung up hears no more."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _send_until_it_waits(connection: socket.socket, data: bytes) -> int:
    """How many bytes the other side took before it took no more for a while."""
    connection.settimeout(0.2)
    sent = 0
    with suppress(TimeoutError):
        while True:
            sent += connection.send(data[sent : sent + 10_000])
    return sent


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _answers(connection: socket.socket) -> list[Any]:
    data = bytearray()
    try:
        while part := connection.recv(1 << 16):
            data += part
    except ConnectionResetError:
        pass
    found, at = [], 0
    while at < len(data):
        frame = serving._frame_at(data, at)
        assert frame is not None, "an answer is whole"
        found.append(Response.FromString(bytes(data[frame[0] : frame[1]])))
        at = frame[1]
    return found


def framed(request: Any) -> bytes:
    return serving._framed(request.SerializeToString())


def echo(words: str) -> bytes:
    request = Request()
    request.echo.message = words
    return framed(request)


def length(size: int) -> bytes:
    """What a message of this size begins with."""
    head = bytearray()
    while size >= 0x80:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head)


def call(kind: str) -> bytes:
    request = Request()
    getattr(request, kind).SetInParent()
    return framed(request)


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    with TemporaryDirectory() as folder:
        asked = Asked(Path(folder))
        yield asked
        asked.server.close()


def is_well(asked: Asked) -> None:
    """Whoever comes next is answered."""
    answers = asked.call(echo("and now?"))
    assert [answer.echo.message for answer in answers] == ["and now?"]


@MANY
@given(words=st.lists(st.text(max_size=300), min_size=1, max_size=20), data=st.data())
def test_each_message_is_answered_in_its_turn_however_it_is_cut(
    asked: Asked, words: list[str], data: st.DataObject
) -> None:
    sent = b"".join(echo(word) + call("flush") for word in words)
    cuts = data.draw(st.lists(st.integers(0, len(sent)), max_size=6))
    answers = asked.call(sent, cuts=cuts)
    assert [answer.WhichOneof("value") for answer in answers] == ["echo", "flush"] * len(words)
    assert [answer.echo.message for answer in answers[::2]] == words


@MANY
@given(noise=st.binary(min_size=1, max_size=200), before=st.booleans())
def test_noise_is_answered_with_an_exception_or_waited_upon_and_harms_nobody(
    asked: Asked, noise: bytes, before: bool
) -> None:
    answers = asked.call((echo("before") if before else b"") + noise)
    kinds = [answer.WhichOneof("value") for answer in answers]
    assert kinds[:before] == ["echo"] * before
    assert "exception" not in kinds[:-1], "nothing is answered after an exception"
    is_well(asked)


@MANY
@given(
    whole=st.sampled_from([echo("x" * 40), call("list_snapshots"), call("flush")]),
    at=st.integers(0, 60),
    bit=st.integers(0, 7),
)
def test_a_flipped_bit_harms_nobody(asked: Asked, whole: bytes, at: int, bit: int) -> None:
    spoilt = bytearray(whole)
    spoilt[at % len(spoilt)] ^= 1 << bit
    asked.call(bytes(spoilt))
    is_well(asked)


@pytest.mark.parametrize("size", [MESSAGE_BYTES_MAX + 1, 2**32, 2**63])
def test_what_is_too_long_is_refused_by_its_first_bytes(asked: Asked, size: int) -> None:
    (answer,) = asked.call(length(size), patient=True)
    assert answer.exception.error == "engine.abci_too_large"
    is_well(asked)


def test_the_longest_is_waited_for(asked: Asked) -> None:
    """One byte less than too long is not refused; who hangs up in the middle of it leaves nothing behind."""
    assert asked.call(length(MESSAGE_BYTES_MAX) + b"\x00" * 1000) == []
    is_well(asked)


def test_a_length_without_end_is_refused(asked: Asked) -> None:
    (answer,) = asked.call(b"\xff" * 10, patient=True)
    assert answer.exception.error == "engine.abci_too_large"
    assert asked.call(b"\xff" * 9) == []
    is_well(asked)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\x00", "engine.abci_unknown_call"),
        (b"\x03\xaa\x01\x00", "engine.abci_unknown_call"),  # field 21: InsertTx
        (b"\x02\x0a\x05", "engine.abci_malformed"),
        (b"\x05\x0a\x03\x0a\x01\xff", "engine.abci_malformed"),  # an echo that is not UTF-8
        (call("query"), "kernel.malformed cause="),
    ],
)
def test_what_cannot_be_answered_is_said_and_hung_up_on(asked: Asked, data: bytes, error: str) -> None:
    answers = asked.call(data + echo("after"), patient=True)
    assert [answer.exception.error for answer in answers] == [error]
    is_well(asked)


def test_a_node_that_must_stop_is_told_about(asked: Asked) -> None:
    (answer,) = asked.call(call("commit"), patient=True)
    assert answer.exception.error.startswith("engine.nothing_to_commit")
    assert [failure.code for failure in asked.failures] == ["engine.nothing_to_commit"]
    asked.failures.clear()


def test_a_bug_in_a_handler_ends_its_connection_and_no_other(asked: Asked) -> None:
    assert asked.call(call("info"), patient=True) == []
    is_well(asked)


def test_it_is_noticed_when_the_last_connection_is_gone(asked: Asked) -> None:
    is_well(asked)
    while asked.left.acquire(timeout=0.2):
        pass
    with closing(socket.socket(socket.AF_UNIX)) as first:
        first.connect(str(asked.path))
        is_well(asked)
        assert not asked.left.acquire(timeout=0.2)
    assert asked.left.acquire(timeout=SECONDS)


def test_who_is_hung_up_on_with_more_to_say_is_gone_all_the_same() -> None:
    left = threading.Event()

    def handle(kind: str, request: Any, response: Any) -> None:
        raise NodeMustStop("engine.nothing_to_commit", height=1)

    with TemporaryDirectory() as folder:
        server = AbciServer(Path(folder) / "abci", handle, lambda: None, lambda _: None, left.set)
        try:
            with closing(socket.socket(socket.AF_UNIX)) as connection:
                connection.settimeout(SECONDS)
                connection.connect(str(Path(folder) / "abci"))
                _sent(connection, call("commit") + echo("." * 1000) * 2000)
                assert left.wait(SECONDS)
                assert server.connections == 0
        finally:
            server.close()


def test_a_flood_on_one_connection_does_not_keep_another_waiting() -> None:
    """As with mempool and consensus: the other's call is answered among the flood, and the flood stays in order."""
    begun = threading.Event()
    order: list[str] = []

    def handle(kind: str, request: Any, response: Any) -> None:
        order.append(request.message)
        begun.set()
        time.sleep(1.25 * serving.TURN_S)
        response.message = request.message

    with TemporaryDirectory() as folder:
        path = Path(folder) / "abci"
        server = AbciServer(path, handle, lambda: None, lambda _: None)
        try:
            with closing(socket.socket(socket.AF_UNIX)) as mempool, closing(socket.socket(socket.AF_UNIX)) as consensus:
                for connection in (mempool, consensus):
                    connection.settimeout(SECONDS)
                    connection.connect(str(path))
                flood = [f"check {number}" for number in range(60)]
                mempool.sendall(b"".join(map(echo, flood)))
                assert begun.wait(SECONDS)
                consensus.sendall(echo("vote"))
                _shut(consensus)
                assert [answer.echo.message for answer in _answers(consensus)] == ["vote"]
                answered = order.index("vote")
                _shut(mempool)
                assert [answer.echo.message for answer in _answers(mempool)] == flood
        finally:
            server.close()
    assert answered < len(flood)
    assert [each for each in order if each != "vote"] == flood


def test_the_engine_need_not_wait_to_write_while_something_is_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it writes is read meanwhile, far more than a socket holds; and no more than is allowed."""
    monkeypatch.setattr(serving, "HELD_BYTES_MAX", 4_000_000)
    executing, go_on, order = threading.Event(), threading.Event(), []

    def handle(kind: str, request: Any, response: Any) -> None:
        executing.set()
        assert go_on.wait(SECONDS)
        order.append(request.message[:9])
        response.message = request.message[:9]

    questions = [f"check {number:3}" for number in range(200)]
    data = b"".join(echo(question + 40_000 * ".") for question in questions)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "abci"
        server = AbciServer(path, handle, lambda: None, lambda _: None)
        try:
            with closing(socket.socket(socket.AF_UNIX)) as mempool:
                mempool.settimeout(SECONDS)
                mempool.connect(str(path))
                mempool.sendall(data[:3_900_000])
                assert executing.wait(SECONDS)
                rest = data[3_900_000:]
                sent = _send_until_it_waits(mempool, rest)
                assert sent < 2_000_000
                mempool.settimeout(SECONDS)
                go_on.set()
                mempool.sendall(rest[sent:])
                _shut(mempool)
                assert [answer.echo.message for answer in _answers(mempool)] == questions
        finally:
            go_on.set()
            server.close()
    assert order == questions


def test_one_thread_answers_all(asked: Asked) -> None:
    is_well(asked)
    assert len(asked.threads) == 1
    before = asked.idle
    is_well(asked)
    assert asked.idle > before
