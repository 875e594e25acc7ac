"""The API over the wire: reports handed in one by one and in batches, and what anybody may ask.

The client is a process of its own, with as many connections as it says; it knows HTTP and nothing else, so that what is
measured is the server: HTTP, signature, execution, block, disk, and the rows that follow.

    python -m bench.api URL FILE CONNECTIONS       sends the requests of a file, and prints how long they took
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from bench.ledger import Bench, open_ledger
from bench.report import Row
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.kernel import codec
from linlian.node.serving import serve
from linlian.settings import Settings
from linlian.web.server import Address, listen
from tests.web.community import OpenNode

BATCH = 500
Timed = tuple[float, list[float], int]
"""Seconds in all, seconds of each request, and how many were answered with a status below 300."""


def api(singles: int, batched: int, questions: int) -> list[Row]:
    """Requests and transactions a second, and how long one takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder, 0)
        raws = [report(bench, number) for number in range(singles + batched)]
        ledger = open_ledger(bench)
        settings = Settings(folder=folder, per_minute_address=0, per_minute_account=0)
        node = OpenNode(ledger, bench.community.scene.town.rulebook, settings)
        server = serve(node, listen(Address("127.0.0.1", 0)), CollectorRegistry())
        one_by_one = [("POST", "/api/v1/transactions", raw) for raw in raws[:singles]]
        lone = _timed(server.url, folder, one_by_one[: singles // 10], 1)
        many = _timed(server.url, folder, one_by_one[singles // 10 :], 64)
        rest = raws[singles:]
        parts = [codec.encode_plain(rest[start : start + BATCH]) for start in range(0, len(rest), BATCH)]
        batch = _timed(server.url, folder, [("POST", "/api/v1/transactions/batch", part) for part in parts], 4)
        asked = "/api/v1/repairs/published_requests?limit=20"
        info = _timed(server.url, folder, [("GET", "/api/v1/node", b"")] * questions, 16)
        query = _timed(server.url, folder, [("GET", asked, b"")] * questions, 16)
        node.close()
        stored = ledger.head.height
    assert stored > 0
    return [
        Row("one connection, one transaction a request, p50", _share(lone, 0.5), "ms"),
        Row("one connection, one transaction a request, p95", _share(lone, 0.95), "ms"),
        Row("64 connections, one transaction a request", len(many[1]) / many[0], "tx/s"),
        Row("64 connections, one transaction a request, p95", _share(many, 0.95), "ms"),
        Row(f"4 connections, {BATCH} transactions a request", len(rest) / batch[0], "tx/s"),
        Row("16 connections, GET /api/v1/node", len(info[1]) / info[0], "requests/s"),
        Row("16 connections, a list of 20 rows", len(query[1]) / query[0], "requests/s"),
        Row("16 connections, a list of 20 rows, p95", _share(query, 0.95), "ms"),
    ]


def report(bench: Bench, number: int) -> bytes:
    """A report by Anna, which depends on no other."""
    place = bench.community.dwellings[number % len(bench.community.dwellings)]
    scene = bench.community.scene
    return scene.town.transaction(scene.people["anna"], ReportRepair(place=place, category=Category.DOOR_LOCK))


def _share(timed: Timed, share: float) -> float:
    """The time within which this share of the requests was answered, in milliseconds."""
    ordered = sorted(timed[1])
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def _timed(url: str, folder: Path, requests: Sequence[tuple[str, str, bytes]], connections: int) -> Timed:
    """Have the client send these; fails unless every one is answered well."""
    path = folder / "requests"
    path.write_bytes(codec.encode_plain([[method, where, body] for method, where, body in requests]))
    command = [sys.executable, "-m", "bench.api", url, str(path), str(connections)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, each, good = json.loads(done.stdout)
    assert good == len(requests), f"{len(requests) - good} requests were not answered well"
    return seconds, each, good


async def _send_all(url: str, requests: list[tuple[str, str, bytes]], connections: int) -> Timed:
    host, _, port = url.removeprefix("http://").partition(":")
    waiting = list(reversed(requests))
    each: list[float] = []
    good = 0

    async def one_connection() -> None:
        nonlocal good
        reader, writer = await asyncio.open_connection(host, int(port))
        while waiting:
            method, path, body = waiting.pop()
            kind = b"Content-Type: application/cbor\r\n" if body else b""
            head = f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n".encode()
            began = time.perf_counter()
            writer.write(head + kind + b"\r\n" + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(answer.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(size)
            each.append(time.perf_counter() - began)
            good += answer.startswith(b"http/1.1 2")
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(connections)))
    return time.perf_counter() - began, each, good


if __name__ == "__main__":
    found = [tuple(each) for each in codec.decode_plain(Path(sys.argv[2]).read_bytes())]
    print(json.dumps(asyncio.run(_send_all(sys.argv[1], found, int(sys.argv[3])))))
