from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from linlian.store import chunks, index, sqlite
from tests.store.ledgers import sqlite_file
from tests.store.lending import Town


@pytest.fixture(scope="session")
def town() -> Town:
    """Eighty blocks of a lending town. Shared: whoever goes on from here goes on from a loaded state."""
    town = Town(members=5)
    town.live(blocks=80, transactions=6)
    return town


@pytest.fixture(params=["as in life", "hurried"])
def rounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A young ledger's state table is nearly empty and its index one epoch; hurried, it ages in eighty blocks."""
    if request.param == "hurried":
        monkeypatch.setattr(chunks, "ROWS_A_ROUND", 1 << 10)
        monkeypatch.setattr(index, "EPOCH_ITEMS", 64)
        monkeypatch.setattr(sqlite, "_PAGE_ROWS", 7)


@pytest.fixture(scope="session")
def ledger_file(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's ledger at rest, with a few rounds of chunks behind it. To be copied, not changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "ROWS_A_ROUND", 1 << 10)
        return sqlite_file(tmp_path_factory.mktemp("ledger") / "ledger.sqlite", town)


@pytest.fixture
def path(ledger_file: Path, tmp_path: Path) -> Path:
    """A copy of the town's ledger, to be spoiled."""
    return Path(shutil.copy(ledger_file, tmp_path / "ledger.sqlite"))
