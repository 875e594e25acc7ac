"""The ways in which the read model cannot answer or go on. None of them touches the ledger.

readmodel.rebuild_needed    what fills the tables has changed, or they belong to another ledger: `why` says which
readmodel.locked            another process is writing; wait or stop it
readmodel.disk_full, .unwritable, .damaged       of the database's files; a damaged one is rebuilt
readmodel.no_row, .row_twice                     a view has a bug
readmodel.wrong_parameter, .wrong_cursor, .wrong_sql     a question that cannot be answered as it was put
readmodel.behind            the rows did not reach a height in time
"""

from __future__ import annotations

from linlian.kernel.errors import LinlianError


class ReadModelError(LinlianError):
    """The read model cannot answer or go on; the code says why."""


class RebuildNeeded(ReadModelError):
    """The rows do not fit this build or this ledger; `rebuild` makes them anew."""

    def __init__(self, why: str) -> None:
        super().__init__("readmodel.rebuild_needed", why=why)
