"""Where sealed content rests on this machine: files in two shelves of one folder.

    contents/sealed/ab/abcd….sealed        the sealed bytes, under their hash (as the ledger names them)
    contents/openings/cd/cdef….opening     salt ‖ key, 64 bytes, under the commitment
    contents/{sealed,openings}/packs/      the same of many at once (`packs`)
    contents/served/                       which readings were served (`reading`)

Rules
- A file appears whole or not at all: it is written beside its place, synced, and renamed.
- The shelves are apart because they have different lives: sealed bytes are backed up and handed on, openings are
  guarded and erased. Whoever holds both can read; in this first form that is whoever holds the folder.
- Contents are readable by their owner alone (0700, 0600).
- Nothing leaves but by `open` and `hand_over`, and these ask the ledger: no byte before a reading is committed.
- A picture comes in bare, or not at all (`pictures`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from linlian.engine.ledger import Ledger
from linlian.kernel.codec import Content
from linlian.vault.packs import Packs
from linlian.vault.pictures import check
from linlian.vault.reading import Served, committed_reading
from linlian.vault.seal import Opening, VaultError, open_content, seal

_SUFFIXES = (".sealed", ".opening", ".pack")
_MISSING = ("vault.not_here", "vault.no_opening")

Elsewhere = Callable[[Content, VaultError], tuple[Opening, bytes]]
"""Called with a content and why it is not here; finds what opens it and its sealed bytes, or raises VaultError."""


class Contents:
    """The sealed content of one node. Safe for several processes: files are only added, whole, or erased."""

    def __init__(self, folder: Path):
        self._sealed = folder / "sealed"
        self._openings = folder / "openings"
        self._served = Served(folder / "served")
        self._sealed_packs = Packs(self._sealed / "packs")
        self._opening_packs = Packs(self._openings / "packs")

    def put(self, plaintext: bytes) -> Content:
        """Seal and keep; returns what goes on the ledger.

        VaultError: `vault.too_large`, `vault.disk_failed`, and those of `pictures.check`.
        """
        return self.put_and_tell(plaintext)[0]

    def put_and_tell(self, plaintext: bytes, opening: Opening | None = None) -> tuple[Content, bytes]:
        """`put`, and the salt: with it whoever handed the plaintext in computes the commitment, and trusts nobody.

        `opening`: sealed in just this way, as its sender has done already.
        """
        check(plaintext)
        content, opening, sealed = seal(plaintext, opening)
        self.keep(content, opening, sealed)
        return content, opening.salt

    def put_many(self, plaintexts: Sequence[bytes]) -> list[Content]:
        """`put` for many at once, durable together: two files instead of two for each."""
        for plaintext in plaintexts:
            check(plaintext)
        seals = [seal(plaintext) for plaintext in plaintexts]
        if seals:
            self._sealed_packs.add([(content.ciphertext_hash, sealed) for content, _, sealed in seals])
            self._opening_packs.add([(content.commitment, opening.salt + opening.key) for content, opening, _ in seals])
        return [content for content, _, _ in seals]

    def keep(self, content: Content, opening: Opening | None, sealed: bytes) -> None:
        """Keep what was sealed elsewhere, with or without what opens it."""
        _write(_place(self._sealed, content.ciphertext_hash, "sealed"), sealed)
        if opening is not None:
            _write(_place(self._openings, content.commitment, "opening"), opening.salt + opening.key)

    def open(
        self, ledger: Ledger, reading: bytes, reader: bytes, commitment: bytes, elsewhere: Elsewhere | None = None
    ) -> bytes:
        """The plaintext, once, for a committed reading; whoever calls has found out that `reader` is who asks.

        `elsewhere` finds what is not here; nothing of it stays.
        VaultError: those of `committed_reading`, `vault.not_here`, `vault.no_opening`, and those of `open_content`.
        """
        content = committed_reading(ledger, reading, reader, commitment)
        try:
            plaintext = self._unsealed(content)
        except VaultError as missing:
            if elsewhere is None or missing.code not in _MISSING:
                raise
            plaintext = open_content(content, *elsewhere(content, missing))
        self._served.take(reading, commitment)
        return plaintext

    def hand_over(self, ledger: Ledger, reading: bytes, reader: bytes, commitment: bytes) -> tuple[Opening, bytes]:
        """What opens a content and its sealed bytes, for another node to which its reader has come.

        VaultError: those of `committed_reading`, `vault.not_here`, `vault.no_opening`, and those of `open_content`.
        """
        content = committed_reading(ledger, reading, reader, commitment)
        self._unsealed(content)
        return self._kept(content)

    def _unsealed(self, content: Content) -> bytes:
        """The plaintext, checked. VaultError: as `_kept`, and those of `open_content`."""
        return open_content(content, *self._kept(content))

    def _kept(self, content: Content) -> tuple[Opening, bytes]:
        """What opens it, and its sealed bytes. VaultError: `vault.not_here`, `.no_opening` or `.wrong_opening`."""
        sealed = _read(_place(self._sealed, content.ciphertext_hash, "sealed"))
        sealed = self._sealed_packs.find(content.ciphertext_hash) if sealed is None else sealed
        if sealed is None:
            raise VaultError("vault.not_here", content=content.commitment)
        secret = _read(_place(self._openings, content.commitment, "opening"))
        secret = self._opening_packs.find(content.commitment) if secret is None else secret
        if secret is None:
            raise VaultError("vault.no_opening", content=content.commitment)
        if len(secret) != 64:
            raise VaultError("vault.wrong_opening", content=content.commitment)
        return Opening(secret[:32], secret[32:]), sealed

    def erase(self, commitment: bytes) -> bool:
        """Erase what opens a content; whether there was anything. The sealed bytes stay, and say nothing."""
        place = _place(self._openings, commitment, "opening")
        if not place.exists():
            return self._opening_packs.erase(commitment)
        place.unlink()
        _sync_folder(place.parent)
        return True

    def files(self) -> Iterator[Path]:
        """Every file of both shelves, in order; for backups."""
        for shelf in (self._sealed, self._openings):
            yield from sorted(path for path in shelf.rglob("*") if path.suffix in _SUFFIXES)


def _place(shelf: Path, name: bytes, suffix: str) -> Path:
    return shelf / name.hex()[:2] / f"{name.hex()}.{suffix}"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise VaultError("vault.disk_failed", path=str(path), reason=error.strerror or "") from error


def _write(path: Path, data: bytes) -> None:
    """Write whole or not at all. A file that is there already holds the same: its name is its hash."""
    if path.exists():
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):  # what kept us from writing may keep us from cleaning up too
            fresh.unlink()
        raise VaultError("vault.disk_failed", path=str(path), reason=error.strerror or "") from error


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
