"""What goes over the local socket: answers and errors as plain values, and where the socket is.

A frame is u32 length ‖ CBOR. A request is [number, verb, arguments…], number > 0. Its answer is [number, true, value]
or [number, false, error]; an error is [class, code, facts, about]. A submission has two answers: [number, true, []]
once it is queued (or why it is not), and [−number, true, [[fine, final or error], …]] once all of it is durable.
"""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import IO, Any, cast

from linlian.engine.ledger import Final
from linlian.engine.verifier import read_frame
from linlian.kernel import errors
from linlian.kernel.block import Receipt
from linlian.kernel.errors import Busy, LinlianError, Refused
from linlian.store.protocol import StoreError

SOCKET_PATH_BYTES_MAX = 100
"""Systems allow 104 to 108 bytes for a socket's path."""

_ERRORS: dict[str, type[LinlianError]] = {
    kind.__name__: kind for kind in (*vars(errors).values(), StoreError) if isinstance(kind, type)
}


def pack_final(final: Final) -> list[Any]:
    """A Final as plain values."""
    receipt = final.receipt
    subjects = [list(named) for named in receipt.subjects]
    where = [final.item_id, final.height, final.index, final.time]
    return [*where, receipt.outcome, list(receipt.entries), subjects]


def open_final(packed: list[Any]) -> Final:
    """The Final again."""
    item_id, height, index, time, outcome, entries, subjects = packed
    receipt = Receipt(outcome, tuple(entries), tuple(tuple(named) for named in subjects))
    return Final(item_id, height, index, time, receipt)


def pack_error(error: LinlianError | LookupError) -> list[Any]:
    """[class, code, facts, about]; a LookupError has its text for a code."""
    if isinstance(error, LookupError):
        return ["LookupError", str(error), {}, []]
    about = list(error.about) if isinstance(error, Refused) else []
    return [type(error).__name__, error.code, error.facts, about]


def open_error(packed: list[Any]) -> LinlianError | LookupError:
    """The error again, of its own class."""
    name, code, facts, about = packed
    if name == "LookupError":
        return LookupError(code)
    kind = _ERRORS.get(name, LinlianError)
    if kind is Busy:
        return Busy(facts["retry_after_ms"])
    return Refused(code, tuple(about), **facts) if kind is Refused else kind(code, **facts)


def next_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame; None when the other side is gone."""
    try:
        return read_frame(stream)
    except (OSError, ValueError):
        return None


def stream_of(connection: socket.socket) -> IO[bytes]:
    """A connection as the stream that `read_frame` and `write_frame` take."""
    return cast("IO[bytes]", connection.makefile("rwb"))


def listen_at(path: Path) -> socket.socket:
    """A listening socket at `path`, for the owner alone; where the path is too long for one, a link to it there."""
    path.unlink(missing_ok=True)
    place = path
    if len(os.fsencode(path.absolute())) > SOCKET_PATH_BYTES_MAX:
        place = Path(tempfile.mkdtemp(prefix="linlian-")) / path.name
        path.symlink_to(place)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(place.absolute()))
    finally:
        os.umask(before)
    listener.listen(64)
    return listener


def connect_to(path: Path) -> socket.socket:
    """Connect to what listens at `path`. Raises LinlianError (`engine.nobody_there`)."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path.resolve()))
    except OSError as error:
        connection.close()
        raise LinlianError("engine.nobody_there", path=str(path)) from error
    return connection


def remove_socket(path: Path) -> None:
    """Remove a socket that `listen_at` made, and the place it had elsewhere."""
    place = path.resolve()
    place.unlink(missing_ok=True)
    if path.is_symlink():
        place.parent.rmdir()
    path.unlink(missing_ok=True)
