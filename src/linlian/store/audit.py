"""Everything a ledger says about itself, checked from genesis: the part of `linlian verify` that reads a whole ledger.

    blocks    chain id ↔ genesis; heights, times, log roots, releases; every item, receipt and history (audit_block);
              due timers; nothing repeated; write-sets in order, each leading to the state root of its header
    tables    state and indexes as the blocks lead to them; no other table; SQLite's own check (audit_tables)
    replay    if the rules are at hand: each block executed again gives the same bytes

Rules
- The first thing wrong ends the audit and is its finding: height, part, code. Damaged bytes are a finding, never a
  crash. What is not about the ledger (no such file, no permission) is raised as StoreError.
- A file cannot vouch for its own end. Whoever holds an anchor, the height and SHA-256 of a header kept elsewhere,
  is told of a tail cut off or replaced; without one `vouched_until` is None and the report says nothing of the end.
- It reads one snapshot of the file and writes nothing, so a node may go on working beside it.

    >>> report = audit(store, anchor=(height, header_hash))
    >>> report.finding
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from linlian.kernel.block import SUBJECT_PREFIX, Block, Header
from linlian.kernel.errors import EncodingInvalid, Fact, LedgerDamaged
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State, Writes
from linlian.store.audit_block import BlockCheck, damaged, signing_keys
from linlian.store.audit_region import load_at
from linlian.store.audit_state import (
    check_header,
    check_not_repeated,
    check_runs,
    entropy_before,
    move,
    replay_block,
    replay_genesis,
)
from linlian.store.audit_tables import IndexTables, StateTable, check_integrity, check_schema
from linlian.store.audit_workers import Checks
from linlian.store.beginning import read_beginning
from linlian.store.blocks import StoredBlock, decode_header, read_block
from linlian.store.protocol import Progress, StoreError
from linlian.store.recovery import no_collection
from linlian.store.schema import store_error
from linlian.store.sqlite import SqliteStore
from linlian.store.tail import oldest_round

Anchor = tuple[int, bytes]
"""A height, and the SHA-256 of the header's bytes there, kept outside the ledger."""

_SMALL_LEDGER_ITEMS = 4_000
"""Below this a worker takes longer to start than it saves."""


@dataclass(slots=True)
class AuditReport:
    """What was checked, up to and including `head`, and the first thing wrong.

    `finding.facts` has `part`, mostly `height` and `receipt`. `vouched_until` is the anchor's height if it agreed.
    """

    chain: str = ""
    head: Header | None = None
    transactions: int = 0
    runs: int = 0
    entries: int = 0
    rows: int = 0
    replayed: int = 0
    signatures_verified: bool = True
    vouched_until: int | None = None
    finding: LedgerDamaged | None = None


def audit(
    store: SqliteStore,
    *,
    verify_signatures: bool = True,
    replay: Rulebook | None = None,
    processes: int | None = None,
    anchor: Anchor | None = None,
    progress: Progress | None = None,
) -> AuditReport:
    """Check the ledger of a store up to the head that it has now; `progress` counts items.

    `processes` defaults to the machine's cores. `replay` executes each block of a release that the rulebook carries.
    Raises StoreError if the file cannot be read for a reason that lies outside it.
    """
    return audit_file(
        store.path,
        verify_signatures=verify_signatures,
        replay=replay,
        processes=processes,
        anchor=anchor,
        progress=progress,
    )


def audit_file(
    path: Path,
    *,
    verify_signatures: bool = True,
    replay: Rulebook | None = None,
    processes: int | None = None,
    anchor: Anchor | None = None,
    progress: Progress | None = None,
    since: int = 0,
) -> AuditReport:
    """`audit` of a file that may be too damaged to be opened as a store.

    With `since` only the blocks from that height on are checked, on a state that the write-sets before them lead to
    and that their last header commits to; the tables are left alone. For whoever knows where to look first.
    """
    report = AuditReport(signatures_verified=verify_signatures)
    try:
        with _found_damage():
            store = SqliteStore(path, read_only=True)
        try:
            with _found_damage(), store.reading() as db, no_collection():
                audit = _Audit(db, report, verify_signatures, replay, anchor, progress, since)
                audit.run(processes or os.cpu_count() or 1)
        finally:
            store.close()
    except LedgerDamaged as finding:
        report.finding = finding
    return report


@contextmanager
def _found_damage() -> Iterator[None]:
    """A damaged file is what an audit looks for, not a reason to give up."""
    try:
        yield
    except StoreError as error:
        if error.code not in ("store.damaged", "store.not_a_ledger", "store.empty"):
            raise
        facts = {"part": "database", **error.facts}
        malformed = "store.integrity" if facts["part"] == "database" else "store.block_malformed"
        raise LedgerDamaged(malformed if error.code == "store.damaged" else error.code, **facts) from error


class _Audit:
    """One pass over one snapshot of the file."""

    def __init__(
        self,
        db: sqlite3.Connection,
        report: AuditReport,
        verify_signatures: bool,
        replay: Rulebook | None,
        anchor: Anchor | None,
        progress: Progress | None,
        since: int,
    ) -> None:
        self.since = since
        self.db = db
        self.report = report
        self.verify_signatures = verify_signatures
        self.replay = replay
        self.anchor = anchor
        self.progress = progress

    earlier = 0
    """Items before the first block that is checked."""

    def run(self, processes: int) -> None:
        """Raises LedgerDamaged for the first thing wrong, StoreError for what is not about the ledger."""
        self.reading: dict[str, Fact] = {"part": "database"}
        try:
            check_schema(self.db)
            self._open_genesis()
            if self.since > 0:
                self.reading = {"part": "block"}
                self.earlier = load_at(self.db, self.state, self.since - 1)
            self._check_blocks(processes)
            if self.since == 0:
                self._check_tables()
        except sqlite3.Error as error:
            # A page that is no page, met while reading this part.
            problem = store_error(error, Path())
            if problem.code != "store.damaged":
                raise
            raise LedgerDamaged("store.integrity", **self.reading, reason=str(error)[:200]) from error

    def _check_blocks(self, processes: int) -> None:
        head, items = self._extent()
        self.state_table = StateTable(oldest_round(self.db, head))
        self.index_tables = IndexTables(self.db, head)
        with Checks(processes if items > _SMALL_LEDGER_ITEMS else 1) as self.checks:
            try:
                for height in range(self.since, head + 1):
                    self.reading = {"part": "block", "height": height}
                    self._block(height)
                    if self.progress is not None:
                        self.progress(self.report.transactions + self.report.runs, items)
            except (LedgerDamaged, StoreError, sqlite3.Error):
                # A block before this one may still be under examination; the first thing wrong is what counts.
                self.checks.finish()
                raise
            self.checks.finish()
        self.report.entries = self.checks.entries
        if self.anchor is not None and self.anchor[0] > head:
            damaged(head + 1, "end", "store.truncated", anchor_height=self.anchor[0])

    def _check_tables(self) -> None:
        self.reading = {"part": "state"}
        self.report.rows = self.state_table.check(self.db, self.state.chain, self.state.rows)
        self.reading = {"part": "index"}
        self.index_tables.finish()
        self.reading = {"part": "database"}
        check_integrity(self.db)

    def _open_genesis(self) -> None:
        rows = self.db.execute("SELECT chain, document FROM genesis").fetchall()
        if len(rows) != 1:
            damaged(None, "genesis", "store.genesis_count", documents=len(rows))
        ((chain, document),) = rows
        try:
            self.document, self.genesis = document, open_genesis(document)
        except (EncodingInvalid, TypeError) as error:
            damaged(0, "genesis", error.code if isinstance(error, EncodingInvalid) else "kernel.not_decodable")
        if chain != chain_id(document):
            damaged(0, "genesis", "store.genesis_differs", chain=chain)
        self.report.chain = chain
        self.state = State(chain, self.genesis.work)

    def _extent(self) -> tuple[int, int]:
        """The last height and the number of items, as the tables say; and that both have the same heights."""
        (head,) = self.db.execute("SELECT max(height) FROM header").fetchone()
        beginning = read_beginning(self.db)
        if beginning is not None:
            raise StoreError("store.begins_later", height=beginning.header.height)
        if head is None:
            damaged(0, "block", "store.block_missing")
        for table in ("header", "block"):
            stray = self.db.execute(f"SELECT height FROM {table} WHERE height < 0 OR height > ?", (head,)).fetchone()
            if stray is not None:
                damaged(stray[0], "block", "store.block_missing")
        stored = read_block(self.db, head)
        if stored is None:
            damaged(head, "block", "store.block_missing")
        return head, stored.first_item + decode_header(head, stored.header).count

    def _block(self, height: int) -> None:
        """Check one block, and move the state to it."""
        stored = read_block(self.db, height)
        if stored is None:
            damaged(height, "block", "store.block_missing")
        if stored.compute_checksum() != stored.checksum:
            damaged(height, "block", "store.checksum_differs")
        if stored.first_item != self.earlier + self.report.transactions + self.report.runs:
            damaged(height, "header", "store.first_item_differs", first_item=stored.first_item)
        block, ids = stored.decode(), stored.transaction_ids()
        check_header(self.state, self.genesis, block.header)
        self._check_anchor(stored)
        self._submit(stored, block)
        check_not_repeated(self.state, block, ids)
        check_runs(self.state, self.genesis, block)
        replaced = self._move(block, ids)
        if self.since == 0:
            self.state_table.add(stored, replaced)
            run_ids = [block.item_id(run) for run in range(block.runs)]
            self.index_tables.add(block, run_ids + ids, stored.first_item)
        self.report.head = block.header
        self.report.transactions += len(ids)
        self.report.runs += block.runs

    def _submit(self, stored: StoredBlock, block: Block) -> None:
        """Let a worker check what the block says about itself."""
        rows = self.state.rows
        histories = {key: rows.get(key, b"") for key, _ in block.writes if key.startswith(SUBJECT_PREFIX)}
        keys = signing_keys(block, self.state.row)
        entropy = entropy_before(self.state, self.genesis)
        self.checks.submit(BlockCheck(stored, entropy, keys, histories, self.verify_signatures), len(block.items))

    def _move(self, block: Block, ids: list[bytes]) -> Writes:
        """Move the state over the block, by execution where the rules are at hand, else by its write-set."""
        header = block.header
        if self.replay is None or not self.replay.carries(header.release, header.release_hash):
            return move(self.state, block, ids)
        if block.header.height > 0:
            replaced = replay_block(self.state, self.replay, block)
        elif self.genesis.predecessor is None:
            self.state = replay_genesis(self.replay, self.document, block)
            replaced = [(key, b"") for key, _ in block.writes]
        else:
            # The rows that a successor carries over stand in the old ledger, not in this one.
            return move(self.state, block, ids)
        self.report.replayed += 1
        return replaced

    def _check_anchor(self, stored: StoredBlock) -> None:
        if self.anchor is not None and self.anchor[0] == stored.height:
            if sha256(stored.header).digest() != self.anchor[1]:
                damaged(stored.height, "header", "store.anchor_differs")
            self.report.vouched_until = stored.height
