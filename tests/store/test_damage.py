"""One byte changed anywhere in the file: the audit says where, or the file says exactly what it said before.

Some bytes mean nothing: free pages, the unused middle of a page, counters that SQLite keeps for itself. A change of
one of these is let pass only if every table reads as before.
"""

from __future__ import annotations

import random
import shutil
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from linlian.kernel import codec
from linlian.store import chunks
from linlian.store.audit import audit_file
from linlian.store.protocol import StoreError
from linlian.store.sqlite import SqliteStore
from tests.store.ledgers import dump, lay_down, raw, sqlite_file
from tests.store.lending import Town

FLIPS = 16
"""For each seed."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[Any]]]:
    """A ledger short enough to be audited hundreds of times, with every table well filled, and what it says."""
    town = Town(members=3, name="small")
    town.live(blocks=34, transactions=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "ROWS_A_ROUND", 1 << 9)
        path = sqlite_file(tmp_path_factory.mktemp("small") / "ledger.sqlite", town)
    said = dump(path)
    assert all(len(rows) > 20 for name, rows in said.items() if name not in ("genesis", "beginning", "note", "schema"))
    return path, said


def flip(path: Path, offset: int, mask: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ mask]))


def told_or_harmless(path: Path, said: dict[str, list[Any]]) -> bool:
    """Whether the audit of a changed file has a finding that says where; if it has none, nothing may have changed."""
    try:
        finding = audit_file(path, processes=1).finding
    except StoreError as error:
        # The byte made it a file of a later program, or of an earlier one, and so it is told.
        return error.code in ("store.newer", "store.older")
    if finding is None:
        assert dump(path) == said, "the file says something else, and the audit did not notice"
        return False
    assert finding.code.partition(".")[0] in ("store", "kernel")
    assert "part" in finding.facts
    return True


@pytest.mark.parametrize("seed", range(8))
def test_a_changed_byte_is_told_or_harmless(tmp_path: Path, small: tuple[Path, dict[str, Any]], seed: int) -> None:
    whole, said = small
    chance = random.Random(seed)
    told = 0
    for number in range(FLIPS):
        path = Path(shutil.copy(whole, tmp_path / f"{number}.sqlite"))
        flip(path, chance.randrange(whole.stat().st_size), 1 << chance.randrange(8))
        told += told_or_harmless(path, said)
    assert told > FLIPS // 3


@pytest.mark.parametrize("table", ["genesis", "header", "block", "state", "item", "entry", "sqlite_schema"])
def test_a_changed_byte_is_told_in_each_table(tmp_path: Path, small: tuple[Path, dict[str, Any]], table: str) -> None:
    whole, said = small
    chance = random.Random(table)
    with raw(whole) as db:
        pages = [page for (page,) in db.execute("SELECT pageno FROM dbstat WHERE name = ?", (table,))]
    told = 0
    for number in range(16):
        path = Path(shutil.copy(whole, tmp_path / f"{number}.sqlite"))
        flip(path, (chance.choice(pages) - 1) * 4096 + chance.randrange(4096), chance.randrange(1, 256))
        told += told_or_harmless(path, said)
    assert told > 0


def test_every_byte_of_the_file_header_is_told_or_harmless(tmp_path: Path, small: tuple[Path, dict[str, Any]]) -> None:
    whole, said = small
    for offset in range(108):
        path = Path(shutil.copy(whole, tmp_path / f"{offset}.sqlite"))
        flip(path, offset, 1 << offset % 8)
        try:
            told_or_harmless(path, said)
        except Exception as error:
            raise AssertionError(f"byte {offset}") from error


@pytest.mark.parametrize("length", [0, 1, 99, 100, 4096, 5000, -4096, -1])
def test_a_file_cut_short_is_told(tmp_path: Path, small: tuple[Path, dict[str, Any]], length: int) -> None:
    whole, _ = small
    path = tmp_path / "short.sqlite"
    path.write_bytes(whole.read_bytes()[:length])
    assert audit_file(path, processes=1).finding is not None


@pytest.mark.parametrize("seed", range(3))
def test_damage_that_is_not_yet_checkpointed_is_told_or_is_a_shorter_ledger(
    tmp_path: Path, town: Town, seed: int
) -> None:
    """A damaged frame of the write-ahead log ends it: what follows is as if it had never been written."""
    chance = random.Random(seed)
    path = tmp_path / "ledger.sqlite"
    last = town.blocks[-1].header
    known = (last.height, sha256(codec.encode(last)).digest())
    with closing(SqliteStore(path)) as store:
        lay_down(store, town)
        for number in range(8):
            copy = Path(shutil.copy(path, tmp_path / f"{number}.sqlite"))
            log = Path(shutil.copy(path.with_name("ledger.sqlite-wal"), tmp_path / f"{number}.sqlite-wal"))
            flip(log, chance.randrange(log.stat().st_size), 1 << chance.randrange(8))
            report = audit_file(copy, anchor=known)
            if report.finding is None:
                assert report.vouched_until == last.height
            elif report.head is not None:
                assert report.head == town.blocks[report.head.height].header
