"""The whole of a file, read once: what it holds, what is wrong with it, and its records in the order of reporting.

Records are imported in that order, whatever the file's is, because a repeat is linked to the case before it. They
wait in an unnamed temporary file, which is gone when this process is, so a file may be larger than memory and nothing
private is left behind.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from linlian.imports.mapping import Mapping
from linlian.imports.problems import ImportFailed, RowRejected
from linlian.imports.reading import Row, read_rows
from linlian.imports.records import Record, Registrar

Progress = Callable[[int, int], None]
"""Called with (rows done, of how many; 0 is unknown) while something long goes on."""

PROGRESS_ROWS = 1_000


@dataclass(slots=True)
class Counts:
    """How many records there are of each kind."""

    states: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    timeliness: Counter[str] = field(default_factory=Counter)

    def add(self, record: Record) -> None:
        self.states[record.state] += 1
        self.categories[record.category] += 1
        self.timeliness[record.timeliness] += 1


class Survey:
    """The records of a file, ready to be imported; close it."""

    def __init__(self) -> None:
        self.rows = 0
        self.counts = Counts()
        self.rejected: list[tuple[Row, RowRejected]] = []
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._order: list[tuple[int, int, int, int]] = []

    def __len__(self) -> int:
        return len(self._order)

    def close(self) -> None:
        """Forget the records."""
        self._spool.close()

    def keep(self, record: Record) -> None:
        """Put a record with the others."""
        packed = msgspec.msgpack.encode(record)
        self._order.append((record.reported_at, record.line, self._spool.tell(), len(packed)))
        self._spool.write(packed)
        self.counts.add(record)

    def settle(self) -> None:
        """All are there: leave nothing in memory that may not fit on the disk."""
        self._spool.flush()

    def records(self) -> Iterator[Record]:
        """All records in the order of reporting; of the same time, in the file's."""
        for _, _, position, size in sorted(self._order):
            self._spool.seek(position)
            yield msgspec.msgpack.decode(self._spool.read(size), type=Record)


def survey(path: Path, mapping: Mapping, encoding: str, now: int, progress: Progress) -> Survey:
    """Read a file through a mapping; `now` is the ledger's time. ImportFailed: the file or a column is not there, …

    Without an `encoding` said by the caller or the mapping, a file that is not UTF-8 is refused as a whole.
    """
    file = msgspec.structs.replace(mapping.file, encoding=encoding or mapping.file.encoding)
    found = Survey()
    registrar = Registrar(mapping, now)
    try:
        for row in read_rows(path, file, mapping.needed()):
            found.rows += 1
            try:
                found.keep(registrar.record(row))
            except RowRejected as problem:
                found.rejected.append((row, problem))
            if found.rows % PROGRESS_ROWS == 0:
                progress(found.rows, 0)
        found.settle()
    except OSError as error:
        found.close()
        raise ImportFailed("import.no_room", folder=tempfile.gettempdir(), reason=error.strerror or "") from error
    except BaseException:
        found.close()
        raise
    progress(found.rows, found.rows)
    return found
