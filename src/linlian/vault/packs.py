"""Many contents in one file: what is sealed a thousand at a time rests a thousand to a pack.

    packs/0123….pack      u32 count ‖ count × (name 32 ‖ u64 offset ‖ u32 size), by name ‖ the contents

A pack is written whole, synced, and renamed, like any other file of a shelf; only an erasure changes it afterwards:
the content is overwritten, then its size becomes zero. Numbers are big-endian.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from struct import Struct
from typing import BinaryIO, NamedTuple

from linlian.vault.seal import VaultError

_COUNT = Struct(">I")
_ENTRY = Struct(">32sQI")


class _Found(NamedTuple):
    """Where a pack has a content: the position of its entry, its offset and its size in bytes."""

    entry: int
    offset: int
    size: int


class Packs:
    """The packs of one shelf. Every call may raise VaultError (`vault.disk_failed`)."""

    def __init__(self, folder: Path):
        self._folder = folder

    def add(self, contents: Sequence[tuple[bytes, bytes]]) -> None:
        """Keep contents under their names (32 bytes each), in one new pack; durable when it returns."""
        ordered = sorted(contents)
        offset = _COUNT.size + len(ordered) * _ENTRY.size
        entries = []
        for name, data in ordered:
            entries.append(_ENTRY.pack(name, offset, len(data)))
            offset += len(data)
        pack = b"".join((_COUNT.pack(len(ordered)), *entries, *(data for _, data in ordered)))
        path = self._folder / f"{sha256(pack).hexdigest()[:32]}.pack"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_new(path, pack)
        except OSError as error:
            raise _failed(path, error) from error

    def find(self, name: bytes) -> bytes | None:
        """The content of that name, None if no pack has it or it was erased."""
        for path in self._paths():
            try:
                with path.open("rb") as file:
                    found = _look_up(file, name)
                    if found is not None and found.size:
                        file.seek(found.offset)
                        return file.read(found.size)
            except (OSError, struct.error) as error:
                raise _failed(path, error) from error
        return None

    def erase(self, name: bytes) -> bool:
        """Overwrite a content; whether there was any."""
        erased = False
        for path in self._paths():
            try:
                with path.open("r+b") as file:
                    found = _look_up(file, name)
                    if found is None or not found.size:
                        continue
                    _overwrite(file, found.offset, bytes(found.size))
                    _overwrite(file, found.entry, _ENTRY.pack(name, found.offset, 0))
                    erased = True
            except (OSError, struct.error) as error:
                raise _failed(path, error) from error
        return erased

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.pack"))


def _look_up(file: BinaryIO, name: bytes) -> _Found | None:
    """By halving, a few dozen bytes at a time."""
    low, high = 0, _COUNT.unpack(file.read(_COUNT.size))[0]
    while low < high:
        middle = (low + high) // 2
        position = _COUNT.size + middle * _ENTRY.size
        file.seek(position)
        there, offset, size = _ENTRY.unpack(file.read(_ENTRY.size))
        if there == name:
            return _Found(position, offset, size)
        low, high = (middle + 1, high) if there < name else (low, middle)
    return None


def _overwrite(file: BinaryIO, position: int, data: bytes) -> None:
    file.seek(position)
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _write_new(path: Path, data: bytes) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _failed(path: Path, error: OSError | struct.error) -> VaultError:
    reason = error.strerror if isinstance(error, OSError) else "the pack is damaged"
    return VaultError("vault.disk_failed", path=str(path), reason=reason or "")
