"""The ways in which the read model cannot answer or go on. None of them touches the ledger.

readmodel.rebuild_needed    what fills the tables has changed, or they belong to another ledger: `why` says which
readmodel.locked            another process is writing; wait or stop it
readmodel.disk_full, .unwritable, .damaged       of the database's files; a damaged one is rebuilt
readmodel.no_row, .row_twice                     a view has a bug
readmodel.wrong_parameter, .wrong_cursor, .wrong_sql     a question that cannot be answered as it was put
readmodel.behind            the rows did not reach a height in time

Of a database server:
readmodel.unreachable, .not_admitted, .no_database, .not_permitted      it does not answer, or not to us
readmodel.not_ours, .other_chain, .newer, .server_too_old       what stands there cannot be used, and is left alone
readmodel.too_slow, .busy           a question took too long, or too many are being asked
readmodel.wrong_address             its address cannot be read
"""

from __future__ import annotations

from linlian.kernel.errors import LinlianError

PASSING = (
    "readmodel.unreachable",
    "readmodel.not_admitted",
    "readmodel.no_database",
    "readmodel.disk_full",
    "readmodel.locked",
)
"""What somebody else may put right while the follower tries again."""


class ReadModelError(LinlianError):
    """The read model cannot answer or go on; the code says why."""


class RebuildNeeded(ReadModelError):
    """The rows do not fit this build or this ledger; `rebuild` makes them anew."""

    def __init__(self, why: str) -> None:
        super().__init__("readmodel.rebuild_needed", why=why)
