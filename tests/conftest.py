"""A PostgreSQL server for whoever asks for one, and new places for read models in it and in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from linlian.readmodel.database import Home
from linlian.readmodel.sqlite import SqliteHome
from tests.readmodel.server import Server, new_schema, running_server

NewHome = Callable[[], Home]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Started once for all; each test takes schemas of its own."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def new_home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewHome:
    """Makes an empty place for a read model: in a file, and in a schema."""
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        return lambda: server.home(new_schema())
    return lambda: SqliteHome(tmp_path_factory.mktemp("readmodel") / "readmodel.sqlite")
