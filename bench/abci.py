"""The ABCI layer alone: CheckTx a second over the socket, with nothing behind it.

A process of its own asks as the engine does: requests one behind the other, a Flush after each hundred, answers read as
they come.

python -m bench.abci SOCKET COUNT
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.report import Row
from linlian.engine.cometbft.messages import Request, Response
from linlian.engine.cometbft.server import AbciServer
from linlian.engine.frames import connect_to
from linlian.kernel.errors import LinlianError

BATCH = 100
TX_BYTES = 250


def abci_layer(count: int = 300_000) -> list[Row]:
    """The rate at which empty CheckTx calls are answered, client and server sharing this machine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "abci.socket"
        failures: list[LinlianError] = []
        server = AbciServer(path, _nothing, lambda: None, failures.append)
        command = [sys.executable, "-m", "bench.abci", str(path), str(count)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        server.close()
    assert not failures, failures[0]
    return [Row("CheckTx over the socket, nothing behind it", count / float(told), "calls/s", goal="≥ 100,000")]


def _nothing(_kind: str, _request: Any, _response: Any) -> None:
    """Every answer is as it comes out of the constructor."""


def main() -> None:
    """Print the seconds that COUNT calls took."""
    connection, count = connect_to(Path(sys.argv[1])), int(sys.argv[2])
    request = Request()
    request.check_tx.tx = bytes(TX_BYTES)
    flush, answer, flushed = Request(), Response(), Response()
    flush.flush.SetInParent()
    answer.check_tx.SetInParent()
    flushed.flush.SetInParent()
    batch = framed(request.SerializeToString()) * BATCH + framed(flush.SerializeToString())
    size = len(framed(answer.SerializeToString())) * BATCH + len(framed(flushed.SerializeToString()))
    started = time.perf_counter()
    for _ in range(count // BATCH):
        connection.sendall(batch)
        left = size
        while left:
            left -= len(connection.recv(min(left, 1 << 16), socket.MSG_WAITALL))
    sys.stdout.write(f"{time.perf_counter() - started}\n")
    connection.close()


def framed(data: bytes) -> bytes:
    """A message with its length before it, as an unsigned varint."""
    size, head = len(data), bytearray()
    while size >= 0x80:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head) + data


if __name__ == "__main__":
    main()
