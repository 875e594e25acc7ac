"""When the vault opens: for a reading that is committed, by this very reader, of this very content, a moment ago.

Rules
- What is asked is the ledger, by the id of the transaction that asked to open; nobody's word about it counts.
- The reading is good for two minutes after its block and for each of its contents once (`Served`): a second look is
  a second reading, and the person concerned sees both.
- The sealed bytes are those that the ledger names for the commitment (`kernel.content`), not those somebody brings.
"""

from __future__ import annotations

import os
from pathlib import Path

from linlian.engine.ledger import Ledger
from linlian.kernel.codec import Content
from linlian.kernel.contents import bound_content
from linlian.vault.seal import VaultError

OPENED = "openings.content_opened"
"""The event that is looked for. Its fields `reader` and `contents` say who may see what."""
FRESH_MS = 120_000
SWEPT_EVERY = 256


def committed_reading(ledger: Ledger, reading: bytes, reader: bytes, commitment: bytes) -> Content:
    """What the ledger lets this reader see now; `reading` is the transaction that asked for it.

    VaultError: `vault.reading_not_committed`, `vault.reading_refused`, `vault.reading_not_yours`, `vault.reading_over`.
    """
    final = ledger.find(reading)
    if final is None:
        raise VaultError("vault.reading_not_committed", reading=reading)
    told = [fields for type_, _, fields in final.entries() if type_ == OPENED] if final.outcome == "accepted" else []
    if not told:
        raise VaultError("vault.reading_refused", reading=reading)
    if not any(fields["reader"] == reader and commitment in fields["contents"] for fields in told):
        raise VaultError("vault.reading_not_yours", reading=reading)
    if ledger.clock() > final.time + FRESH_MS:
        raise VaultError("vault.reading_over", reading=reading)
    bound = bound_content(ledger, commitment)
    assert bound is not None, "what was opened had been named by an event"
    return Content(commitment=commitment, ciphertext_hash=bound.ciphertext_hash)


class Served:
    """Which readings were served: an empty file for each reading and content, so that processes share it.

    A file is kept for longer than a reading is good, then swept: at the first reading, and at every SWEPT_EVERYth.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._taken = 0

    def take(self, reading: bytes, commitment: bytes) -> None:
        """Note that a reading is served now. VaultError: `vault.reading_over` if it was, `vault.disk_failed`."""
        place = self._folder / f"{reading.hex()}-{commitment.hex()}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._taken % SWEPT_EVERY == 0:
                self._sweep()
            self._taken += 1
            os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError as error:
            raise VaultError("vault.reading_over", reading=reading) from error
        except OSError as error:
            raise VaultError("vault.disk_failed", path=str(place), reason=error.strerror or "") from error

    def _sweep(self) -> None:
        """Forget what is too old to be served in any case: ten times as old, by the file system's own clock."""
        found = [(entry, entry.stat().st_mtime_ns // 1_000_000) for entry in os.scandir(self._folder)]
        latest = max((written for _, written in found), default=0)
        for entry, written in found:
            if written < latest - 10 * FRESH_MS:
                Path(entry.path).unlink(missing_ok=True)
