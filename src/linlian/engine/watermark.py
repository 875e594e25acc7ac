"""The last header this node has signed, in a file of its own beside the ledger.

A backup that is restored is older than what was signed since. The watermark is synced to disk before a signature
is let out, so a node whose ledger is below it knows, and never signs a second history.
"""

from __future__ import annotations

import os
from pathlib import Path

from linlian.kernel.errors import LinlianError
from linlian.kernel.merkle import HASH_BYTES


class Watermark:
    """`<height> <header hash in hex>`, replaced atomically. Raises LinlianError (`engine.…`)."""

    def __init__(self, path: Path):
        self._path = path
        self.height, self.header_hash = self._read()

    def check(self, height: int, header_hash: bytes | None) -> None:
        """Compare with the ledger at start: `header_hash` is that of its header at the watermark's height.

        Raises `engine.below_watermark` if the ledger ends below it (a restored backup, a cut-off tail) and
        `engine.other_history` if it holds another header there.
        """
        if self.height > height:
            raise LinlianError("engine.below_watermark", signed=self.height, height=height)
        if self.height >= 0 and header_hash != self.header_hash:
            raise LinlianError("engine.other_history", height=self.height)

    def raise_to(self, height: int, header_hash: bytes) -> None:
        """Sync a new mark to disk before signing. Raises `engine.signed_before` below or beside the mark."""
        if (height, header_hash) == (self.height, self.header_hash):
            return
        if height <= self.height:
            raise LinlianError("engine.signed_before", signed=self.height, height=height)
        try:
            self._write(f"{height} {header_hash.hex()}\n")
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise LinlianError("engine.watermark_unwritable", path=str(self._path), reason=reason) from error
        self.height, self.header_hash = height, header_hash

    def _write(self, mark: str) -> None:
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="ascii") as file:
            file.write(mark)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self) -> tuple[int, bytes]:
        try:
            height, _, digest = self._path.read_text(encoding="ascii").strip().partition(" ")
            mark, header_hash = int(height) if height.isdecimal() else -1, bytes.fromhex(digest)
        except FileNotFoundError:
            return -1, b""
        except (OSError, ValueError) as error:
            raise LinlianError("engine.watermark_damaged", path=str(self._path)) from error
        if mark < 0 or len(header_hash) != HASH_BYTES:
            raise LinlianError("engine.watermark_damaged", path=str(self._path))
        return mark, header_hash
