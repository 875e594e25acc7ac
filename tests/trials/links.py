"""Every connection between two engines goes by a relay of its own, which can fall silent or hang up.

    links = Links()
    port = links.lay("street", "property", 26656)     # street dials `port` to reach property's engine
    links.cut({"street"}, {"property", "owners"})     # nothing passes any more, in either direction
    links.heal()

Silence is what a network that fails looks like: connections stay, and nothing comes. `hang_up` resets them instead.
It needs no privileges, so it works wherever the tests do; `namespaces` does the same with the kernel's own means.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from contextlib import suppress

CHUNK = 65_536


class Links:
    """The relays, in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)
        self._thread.start()
        self._lines: dict[tuple[str, str], _Line] = {}

    def lay(self, source: str, target: str, target_port: int) -> int:
        """A port at which `source` reaches what listens at `target_port`."""
        line = self._lines[source, target] = _Line(target_port)
        return asyncio.run_coroutine_threadsafe(line.listen(), self._loop).result()

    def cut(self, here: Iterable[str], there: Iterable[str], *, hang_up: bool = False) -> None:
        """Let nothing pass between any of these and any of those."""
        there = set(there)
        for one in here:
            for other in there:
                for pair in ((one, other), (other, one)):
                    if pair in self._lines:
                        self._loop.call_soon_threadsafe(self._lines[pair].cut, hang_up)

    def heal(self) -> None:
        """Everything passes again, what was on its way first."""
        for line in self._lines.values():
            self._loop.call_soon_threadsafe(line.heal)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        for line in self._lines.values():
            line.close()
        ours = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not ours]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class _Line:
    """One direction of dialling; what is dialled carries both directions of talk."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._passes = asyncio.Event()
        self._passes.set()
        self._refuses = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def listen(self) -> int:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self, hang_up: bool) -> None:
        self._passes.clear()
        self._refuses = hang_up
        if hang_up:
            self._abort()

    def heal(self) -> None:
        self._refuses = False
        self._passes.set()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._abort()

    def _abort(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        self._writers.add(writer)
        try:
            await self._passes.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._writers.add(back)
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        except OSError:
            writer.transport.abort()
        finally:
            self._writers.discard(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._passes.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
        self._writers.discard(writer)
