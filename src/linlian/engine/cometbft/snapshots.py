"""Snapshots for nodes that come late: made beside the node at work, offered to peers, taken over piece by piece.

    making    a process of its own loads the ledger, follows it to the height that is due, writes, and ends
    offering  the last two; a chunk is one file of `store.snapshot`: manifest, then blocks, then pieces
    taking    the one thing trusted is the app hash that the engine's light client has verified

Rules
- A snapshot stands at a height of the ledger that all nodes agree on, a multiple of `INTERVAL`, so its bytes are the
  same everywhere; towards the engine it has the height of the engine's block that made it.
- Manifest and blocks lead to a log root and a state root, and these to the app hash, or the snapshot is refused. Each
  piece is checked against the state root as it comes, each block against itself; a wrong one is fetched again, from
  somebody else.
- A node that stopped before its engine had noted what it took over is offered snapshots once more. Of the one that it
  stands at it takes the chunks without looking; no other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.messages import (
    ACCEPT,
    REJECT_FORMAT,
    REJECT_OFFER,
    REJECT_SNAPSHOT,
    RETRY_CHUNK,
)
from linlian.engine.cometbft.records import Committed, Position
from linlian.kernel.apphash import app_hash
from linlian.kernel.block import Header
from linlian.kernel.errors import Unproven
from linlian.store.snapshot import (
    Manifest,
    check_recent,
    count_names,
    names_of,
    open_manifest,
    read_log_root,
    read_piece,
    read_snapshot,
)

FORMAT: Final = 1
INTERVAL: Final = 1_000
"""Blocks of the ledger from one snapshot to the next."""
LEAD: Final = 200
"""So many blocks before it is due the process that makes it begins to load."""
KEPT: Final = 2
CHUNKS_MAX: Final = 100_000
CHUNK_BYTES_MAX: Final = 16 * 1024 * 1024
_NOTE: Final = "cometbft/snapshot/"


class Snapshot(NamedTuple):
    """As ABCI's Snapshot; `height` is the engine's."""

    height: int
    format: int
    chunks: int
    hash: bytes


class Applied(NamedTuple):
    """ABCI's result for a chunk, and whether to fetch it again from another sender."""

    result: int
    refetch: bool = False


class Snapshots:
    """In a folder of their own beside the ledger. `ledger` is its file, for the process that makes them."""

    def __init__(self, app: Application, folder: Path, ledger: Path | None, interval: int = INTERVAL):
        self._app = app
        self._folder = folder
        self._ledger = ledger
        self._interval = interval
        self._maker: subprocess.Popen[bytes] | None = None
        self._tried = 0
        """The height for which one was begun last: what failed is not begun again with every block."""
        self._taking: _Taking | None = None
        self._held = 0
        """So many chunks are still to come of a snapshot that was taken over before."""
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in (*folder.glob("*.partial"), folder / "incoming"):
            shutil.rmtree(left, ignore_errors=True)

    def committed(self, committed: Committed) -> None:
        """Note the engine's height of a block that a snapshot stands at; see that the next one is made."""
        if committed.block is None:
            return
        height = committed.block.header.height
        if height % self._interval == 0:
            self._app.store.note({f"{_NOTE}{height}": str(committed.height).encode()})
        if self._maker is not None and self._maker.poll() is not None:
            self._maker = None
            self._keep_the_last()
        due = (height // self._interval + 1) * self._interval
        lead = min(LEAD, max(1, self._interval // 2))
        if self._maker is None and self._ledger is not None and height + lead >= due and due != self._tried:
            self._tried = due
            self._maker = make_beside(self._ledger, self._folder / str(due), due)

    def close(self) -> None:
        """Stop the process that makes one; what it has not finished is thrown away at the next start."""
        if self._maker is not None:
            self._maker.kill()
            self._maker.wait()

    def listed(self) -> list[Snapshot]:
        """What a peer may ask for, newest first."""
        found = []
        for height in sorted(self._heights(), reverse=True)[:KEPT]:
            made_at = self._app.store.noted(f"{_NOTE}{height}")
            if made_at is not None:
                data = (self._folder / str(height) / "manifest").read_bytes()
                chunks = len(names_of(*open_manifest(data)))
                found.append(Snapshot(int(made_at), FORMAT, chunks, sha256(data).digest()))
        return found

    def chunk(self, height: int, kind: int, number: int) -> bytes:
        """A file of a snapshot that was listed; empty if there is none."""
        for ours in self._heights():
            if kind == FORMAT and self._app.store.noted(f"{_NOTE}{ours}") == str(height).encode():
                place = self._folder / str(ours)
                names = names_of(*open_manifest((place / "manifest").read_bytes()))
                return (place / names[number]).read_bytes() if number < len(names) else b""
        return b""

    def offer(self, snapshot: Any, trusted: bytes) -> int:
        """Whether to take this one: ABCI's result."""
        if snapshot.format != FORMAT:
            return REJECT_FORMAT
        if not 1 < snapshot.chunks <= CHUNKS_MAX:
            return REJECT_OFFER
        if self._app.begun:
            here = self._app.position
            self._held = snapshot.chunks if (snapshot.height, trusted) == (here.height, here.app_hash) else 0
            return ACCEPT if self._held else REJECT_OFFER
        incoming = self._folder / "incoming"
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(mode=0o700)
        self._taking = _Taking(incoming, snapshot.height, snapshot.chunks, snapshot.hash, trusted)
        return ACCEPT

    def apply(self, number: int, data: bytes) -> Applied:
        """Check and keep a chunk; with the last one the ledger begins here."""
        taking = self._taking
        if taking is None:
            if not self._held:
                return Applied(REJECT_SNAPSHOT)
            self._held -= 1
            return Applied(ACCEPT)
        try:
            taking.take(number, data)
        except _WrongPiece:
            return Applied(RETRY_CHUNK, refetch=True)
        except Unproven as error:
            self._app.alarms.append(f"snapshot: {error}")
            self._taking = None
            return Applied(REJECT_SNAPSHOT)
        if taking.complete:
            assert taking.manifest is not None, "the first chunk is the manifest"
            assert taking.header is not None, "the first chunk is the manifest"
            state = read_snapshot(taking.folder, taking.header)
            position = Position(height=taking.height, made_at=taking.height, app_hash=taking.trusted)
            self._app.begin_at(taking.manifest.genesis, state, position)
            shutil.rmtree(taking.folder, ignore_errors=True)
            self._taking = None
        return Applied(ACCEPT)

    def _heights(self) -> list[int]:
        return [int(place.name) for place in self._folder.iterdir() if place.name.isdecimal()]

    def _keep_the_last(self) -> None:
        for height in sorted(self._heights(), reverse=True)[KEPT:]:
            shutil.rmtree(self._folder / str(height), ignore_errors=True)
            self._app.store.note({f"{_NOTE}{height}": b""})


class _WrongPiece(Exception):
    """A piece that does not lead to the state root, or a garbled block: its sender's fault, not the snapshot's."""


class _Taking:
    """A snapshot on its way in. The engine hands over chunks in their order."""

    def __init__(self, folder: Path, height: int, chunks: int, manifest_hash: bytes, trusted: bytes):
        self.folder = folder
        self.height = height
        self.trusted = trusted
        self.manifest: Manifest | None = None
        self.header: Header | None = None
        self._chunks = chunks
        self._hash = manifest_hash
        self._names: list[str] = []
        self._taken = 0

    @property
    def complete(self) -> bool:
        return self._taken == self._chunks

    def take(self, number: int, data: bytes) -> None:
        """Raises Unproven for a snapshot that cannot be the right one, _WrongPiece for a piece of another."""
        if number != self._taken or len(data) > CHUNK_BYTES_MAX:
            raise Unproven("engine.snapshot_disordered", chunk=number, expected=self._taken)
        if number == 0:
            self._take_manifest(data)
        assert self.manifest is not None, "the first chunk is the manifest"
        assert self.header is not None, "the first chunk is the manifest"
        name = self._names[number]
        try:
            if name.startswith("piece-"):
                read_piece(data, name, self.manifest.pieces[int(name.removeprefix("piece-"))], self.header)
            elif name.startswith("block-"):
                check_recent(data, name)
        except Unproven as error:
            raise _WrongPiece from error
        (self.folder / name).write_bytes(data)
        if number + 1 == len(self._names) - len(self.manifest.pieces):
            header, log_root = read_log_root(self.folder)
            if app_hash(log_root, header.state_root) != self.trusted:
                raise Unproven("engine.snapshot_of_another_state", height=self.height)
        self._taken += 1

    def _take_manifest(self, data: bytes) -> None:
        if sha256(data).digest() != self._hash:
            raise Unproven("engine.snapshot_differs", height=self.height)
        self.manifest, self.header = open_manifest(data)
        if count_names(self.manifest, self.header) != self._chunks:
            raise Unproven("engine.snapshot_differs", height=self.height)
        self._names = names_of(self.manifest, self.header)


def make_beside(ledger: Path, folder: Path, height: int) -> subprocess.Popen[bytes]:
    """Start the process that writes the snapshot of a height that is still to come."""
    command = [sys.executable, "-m", "linlian.engine.cometbft.snapshotting", str(ledger), str(folder), str(height)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=dict(os.environ))
