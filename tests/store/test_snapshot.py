"""A snapshot leads to the same state, and each of its files is checked on arrival."""

from __future__ import annotations

import random
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from linlian.kernel import codec
from linlian.kernel.block import Header
from linlian.kernel.errors import LedgerDamaged
from linlian.kernel.merkle import Log
from linlian.kernel.stateproof import BUCKET_ENTRIES_MAX
from linlian.kernel.transition import apply_block
from linlian.store import snapshot
from linlian.store.blocks import compress, decompress
from linlian.store.memory import MemoryStore
from linlian.store.protocol import StoreError
from linlian.store.snapshot import Manifest, RecentBlock, read_log_root, read_piece, read_snapshot, write_snapshot
from linlian.store.sqlite import SqliteStore
from tests.store.ledgers import lay_down, loaded, same_state
from tests.store.lending import RULEBOOK, Town

T = TypeVar("T", bound=codec.Fields)


def lay_down_until(store: MemoryStore, town: Town, height: int) -> None:
    store.create(town.document, town.founding)
    for block in town.blocks[1 : height + 1]:
        store.commit(block)


@pytest.fixture(scope="module")
def store(town: Town) -> MemoryStore:
    store = MemoryStore()
    lay_down(store, town)
    return store


@pytest.fixture(scope="module")
def written(store: MemoryStore, town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot in many pieces, some of them empty, some a bucket."""
    folder = tmp_path_factory.mktemp("snapshots") / "80"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "PIECE_ROWS_MAX", 16)
        write_snapshot(loaded(store, town), store, folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoiled."""
    return Path(shutil.copytree(written, tmp_path / "snapshot"))


@pytest.mark.parametrize("rows", [16, 100, 4096])
def test_a_snapshot_leads_to_the_same_state(
    store: MemoryStore, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(snapshot, "PIECE_ROWS_MAX", rows)
    told: list[tuple[int, int]] = []
    state = loaded(store, town)
    write_snapshot(state, store, tmp_path / "snapshot", lambda done, of: told.append((done, of)))
    assert told[-1] == (len(state.rows), len(state.rows))
    arrived = read_snapshot(tmp_path / "snapshot", town.blocks[-1].header)
    assert same_state(arrived, state)
    for one in (arrived, state):
        assert apply_block(one, RULEBOOK, town.time + 60_000, []) is not None
    assert same_state(arrived, state)


def test_a_snapshot_of_a_young_ledger_leads_to_the_same_state(tmp_path: Path) -> None:
    town, store = Town(members=1), MemoryStore()
    lay_down(store, town)
    write_snapshot(town.state, store, tmp_path / "snapshot")
    assert same_state(read_snapshot(tmp_path / "snapshot", town.founding.header), town.state)


def test_an_earlier_state_can_be_written_later(store: MemoryStore, town: Town, tmp_path: Path) -> None:
    earlier = MemoryStore()
    lay_down_until(earlier, town, 50)
    state = loaded(earlier, town)
    write_snapshot(state, store, tmp_path / "snapshot")
    assert same_state(read_snapshot(tmp_path / "snapshot", town.blocks[50].header), state)


def test_nothing_is_overwritten(store: MemoryStore, town: Town, folder: Path) -> None:
    with pytest.raises(StoreError, match=r"store\.target_exists"):
        write_snapshot(loaded(store, town), store, folder)


def test_only_the_trusted_header_is_believed(folder: Path, town: Town) -> None:
    with pytest.raises(LedgerDamaged, match=r"store\.other_header part=manifest"):
        read_snapshot(folder, town.blocks[-2].header)


def accused_files(folder: Path, header: Header) -> list[object]:
    """The file that a reader finds wrong; two where one of them no longer fits the other; none if all is well."""
    try:
        assert read_snapshot(folder, header).root == header.state_root
    except LedgerDamaged as finding:
        return [finding.facts["part"], finding.facts.get("next")]
    return []


@pytest.mark.parametrize("seed", range(6))
def test_a_changed_byte_names_its_file(folder: Path, town: Town, seed: int) -> None:
    chance = random.Random(seed)
    header, files = town.blocks[-1].header, sorted(folder.iterdir())
    assert len(files) > 60
    harmless = 0
    for file in chance.sample(files, 20):
        whole = file.read_bytes()
        at = chance.randrange(len(whole))
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :])
        accused = accused_files(folder, header)
        # Some bits of a compressed frame mean nothing.
        harmless += not accused
        assert not accused or file.name in accused
        file.write_bytes(whole)
    assert harmless < 3
    assert read_snapshot(folder, header).root == header.state_root


def test_a_missing_file_is_named(folder: Path, town: Town) -> None:
    for file in sorted(folder.iterdir()):
        held = file.rename(folder.with_name("held"))
        with pytest.raises(LedgerDamaged, match=rf"store\.piece_missing part={file.name}"):
            read_snapshot(folder, town.blocks[-1].header)
        held.rename(file)


def pieces(folder: Path) -> list[tuple[Path, snapshot.Piece]]:
    """The files of the pieces that have rows."""
    found = [(file, opened(snapshot.Piece, file)) for file in folder.glob("piece-*")]
    return [(file, piece) for file, piece in found if len(piece.rows) > 4]


def opened(kind: type[T], file: Path) -> T:
    return codec.decode(kind, decompress(file.read_bytes(), 1 << 20))


def close(record: codec.Fields, file: Path) -> None:
    file.write_bytes(compress(codec.encode(record)))


@pytest.mark.parametrize("change", ["row left out", "row changed", "rows swapped", "row repeated", "row of elsewhere"])
def test_a_piece_with_other_rows_is_refused_by_itself(folder: Path, town: Town, change: str) -> None:
    (file, piece), (_, other) = pieces(folder)[:2]
    rows = {
        "row left out": piece.rows[2:],
        "row changed": (piece.rows[0], piece.rows[1] + b"\x00", *piece.rows[2:]),
        "rows swapped": (*piece.rows[2:4], *piece.rows[:2], *piece.rows[4:]),
        "row repeated": (*piece.rows[:2], *piece.rows),
        "row of elsewhere": (*piece.rows, *other.rows[:2]),
    }[change]
    changed = snapshot.Piece(prefix=piece.prefix, siblings=piece.siblings, rows=rows)
    with pytest.raises(LedgerDamaged, match=rf"part={file.name}$"):
        read_piece(compress(codec.encode(changed)), file.name, piece.prefix, town.blocks[-1].header)


def test_a_piece_says_nothing_about_rows_elsewhere(
    store: MemoryStore, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subtree of nodes does not see what lies outside it, so each row is held against the prefix."""
    monkeypatch.setattr(snapshot, "PIECE_ROWS_MAX", 150)
    write_snapshot(loaded(store, town), store, tmp_path / "large")
    (file, piece), (_, other) = sorted(pieces(tmp_path / "large"), key=lambda each: each[1].prefix)[:2]
    assert len(piece.rows) > 2 * BUCKET_ENTRIES_MAX
    longer = replace(piece, rows=(*piece.rows, *other.rows[:2]))
    with pytest.raises(LedgerDamaged, match=rf"store\.piece_malformed part={file.name}"):
        read_piece(compress(codec.encode(longer)), file.name, piece.prefix, town.blocks[-1].header)


def test_a_piece_in_the_place_of_another_is_refused(folder: Path, town: Town) -> None:
    (one, _), (other, _) = pieces(folder)[:2]
    one.write_bytes(other.read_bytes())
    with pytest.raises(LedgerDamaged, match=rf"part={one.name}"):
        read_snapshot(folder, town.blocks[-1].header)


def test_a_manifest_that_leaves_a_piece_out_is_refused(folder: Path, town: Town) -> None:
    manifest = opened(Manifest, folder / "manifest")
    for shorter in (manifest.pieces[1:], manifest.pieces[:-1], manifest.pieces[:3] + manifest.pieces[4:]):
        close(replace(manifest, pieces=shorter), folder / "manifest")
        with pytest.raises(LedgerDamaged, match=r"store\.pieces_disordered part=manifest"):
            read_snapshot(folder, town.blocks[-1].header)


@pytest.mark.parametrize("change", [{"genesis": Town(members=2).document}, {"frontier": ()}, {"blocks_from": 1}])
def test_a_manifest_of_something_else_is_refused(folder: Path, town: Town, change: dict[str, Any]) -> None:
    close(replace(opened(Manifest, folder / "manifest"), **change), folder / "manifest")
    with pytest.raises(LedgerDamaged, match=r"part=(manifest|block-1)"):
        read_snapshot(folder, town.blocks[-1].header)


def test_blocks_of_the_guard_are_held_against_the_headers(folder: Path, town: Town) -> None:
    file, other = folder / "block-70", folder / "block-71"
    block, later = opened(RecentBlock, file), opened(RecentBlock, other)
    header = codec.decode(Header, block.header)
    for changed in (
        later,
        replace(block, items=later.items),
        replace(block, items=block.items[:-1]),
        replace(block, runs=block.runs + 1),
        replace(block, header=codec.encode(replace(header, time=header.time + 1))),
        replace(block, header=later.header, items=later.items, runs=later.runs),
    ):
        close(changed, file)
        with pytest.raises(LedgerDamaged, match=rf"part={file.name}"):
            read_snapshot(folder, town.blocks[-1].header)


def test_no_block_that_the_guard_needs_can_be_left_out(folder: Path, town: Town) -> None:
    """The rest would lead to the same roots, and a repeated transaction would not be noticed."""
    manifest, header = opened(Manifest, folder / "manifest"), town.blocks[-1].header
    log = Log()
    for block in town.blocks:
        log.append(block.header.leaf())
    for first in (manifest.blocks_from + 1, header.height):
        cut = replace(manifest, blocks_from=first, frontier=tuple(log.frontier(first)))
        close(cut, folder / "manifest")
        with pytest.raises(LedgerDamaged, match=r"store\.guard_cut_short part=manifest"):
            read_snapshot(folder, header)


def test_the_last_block_always_comes_along(folder: Path, town: Town) -> None:
    """Without it nothing would hold the header against the log."""
    manifest, log = opened(Manifest, folder / "manifest"), Log()
    for block in town.blocks:
        log.append(block.header.leaf())
    height = town.blocks[-1].header.height
    close(replace(manifest, blocks_from=height + 1, frontier=tuple(log.frontier(height + 1))), folder / "manifest")
    with pytest.raises(LedgerDamaged, match=r"store\.frontier_malformed part=manifest"):
        read_log_root(folder)


def test_a_manifest_of_more_files_than_can_be_is_counted_not_listed(written: Path, town: Town) -> None:
    manifest, header = snapshot.open_manifest((written / "manifest").read_bytes())
    assert snapshot.count_names(manifest, header) == len(snapshot.names_of(manifest, header))
    assert snapshot.count_names(manifest, replace(header, height=2**53 - 1)) > 2**52


def test_who_began_less_than_two_minutes_ago_makes_none(written: Path, town: Town, tmp_path: Path) -> None:
    header, next_block = town.blocks[50].header, town.blocks[51]
    earlier = MemoryStore()
    lay_down_until(earlier, town, 50)
    write_snapshot(loaded(earlier, town), earlier, tmp_path / "50")
    with closing(SqliteStore(tmp_path / "later.sqlite")) as store:
        store.begin(town.document, read_snapshot(tmp_path / "50", header))
        store.commit(next_block)
        with pytest.raises(StoreError, match=r"store\.begins_later"):
            write_snapshot(loaded(store, town), store, tmp_path / "51")
    assert not list(tmp_path.glob("51*"))


@pytest.mark.parametrize("change", ["item left out", "run counted", "not a block"])
def test_a_garbled_block_names_itself(folder: Path, change: str) -> None:
    block = opened(RecentBlock, folder / "block-70")
    snapshot.check_recent((folder / "block-70").read_bytes(), "block-70")
    garbled = {
        "item left out": compress(codec.encode(replace(block, items=block.items[:-1]))),
        "run counted": compress(codec.encode(replace(block, runs=block.runs + 1))),
        "not a block": b"noise",
    }[change]
    with pytest.raises(LedgerDamaged, match=r"part=block-70"):
        snapshot.check_recent(garbled, "block-70")
