"""PostgreSQL's own: addresses, admission, schemas that are not ours, and a server that goes away and comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import islice

import pytest

from linlian.kernel.errors import LinlianError
from linlian.readmodel import postgres as module
from linlian.readmodel.database import Database
from linlian.readmodel.errors import ReadModelError, RebuildNeeded
from linlian.readmodel.follower import Follower
from linlian.readmodel.postgres import LAYOUT, MARK, PostgresDatabase, PostgresHome
from linlian.readmodel.postgres_address import read_address
from linlian.readmodel.postgres_link import numbered
from linlian.readmodel.rebuild import rebuild
from linlian.readmodel.sqlite import SqliteHome
from linlian.words import LANGUAGES, Words
from tests.readmodel.lending_views import ToolRow, contents, tools, views
from tests.readmodel.server import PASSWORD, Server, new_schema, running_server
from tests.readmodel.test_follower import Feed
from tests.store.lending import Town


@pytest.fixture(scope="module")
def town() -> Town:
    town = Town(members=5)
    town.live(60)
    return town


@pytest.fixture
def home(postgres: Server) -> PostgresHome:
    return postgres.home(new_schema())


@pytest.fixture
def database(home: PostgresHome) -> Iterator[Database]:
    database = home.open([views])
    yield database
    database.close()


def trouble_of(follower: Follower) -> LinlianError | None:
    return follower.trouble


def told_in_both_languages(error: LinlianError | None) -> None:
    assert error is not None
    for language in LANGUAGES:
        sentence = Words.load({}).tongue(language).error(error)
        assert error.code not in sentence
        assert PASSWORD not in sentence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgresql://a@db.example/plum", ("a", "db.example", 5432, "plum", "linlian", "verify")),
        ("postgres://a@[::1]:99/plum?schema=s_1", ("a", "::1", 99, "plum", "s_1", "off")),
        ("postgresql://a%40b@/plum?host=/run/postgresql/", ("a@b", "/run/postgresql", 5432, "plum", "linlian", "off")),
        ("postgresql://a@db.example/plum?tls=encrypt", ("a", "db.example", 5432, "plum", "linlian", "encrypt")),
    ],
)
def test_an_address_is_read(text: str, told: tuple[object, ...]) -> None:
    address = read_address(text)
    assert (address.user, address.host, address.port, address.database, address.schema, address.tls) == told


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mysql://a@b/c", "postgresql://"),
        ("readmodel.sqlite", "postgresql://"),
        ("postgresql://a:secret@b/c", "LINLIAN_READMODEL_PASSWORD"),
        ("postgresql://b/c", "user@host"),
        ("postgresql://a@b", "/database"),
        ("postgresql://a@b/c/d", "/database"),
        ("postgresql://a@b:port/c", "port"),
        ("postgresql://a@b:99999999/c", "ort"),
        ("postgresql://a@b/c?schema=public", "not public"),
        ("postgresql://a@b/c?schema=pg_x", "schema"),
        ("postgresql://a@b/c?schema=x;DROP", "schema"),
        ("postgresql://a@b/c?schema=", "schema"),
        ("postgresql://a@b/c?tls=perhaps", "verify, encrypt, off"),
        ("postgresql://a@b/c?sslmode=require", "sslmode: host, schema, tls, ca"),
    ],
)
def test_an_address_that_cannot_be_read_is_told_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ReadModelError, match=r"readmodel\.wrong_address") as told:
        read_address(text)
    assert reason in str(told.value.facts["reason"])
    assert "secret" not in str(told.value)
    told_in_both_languages(told.value)


def test_a_ca_that_is_no_file_is_told() -> None:
    address = read_address("postgresql://a@db.example/c?ca=/nowhere.pem")
    with pytest.raises(ReadModelError, match=r"wrong_address.*nowhere"):
        address.tls_context()


def test_parameters_are_numbered_once_each() -> None:
    sql = "a = :a AND b::text = :b_c AND (a, c) > (:a, :c)"
    assert numbered(sql) == ("a = $1 AND b::text = $2 AND (a, c) > ($1, $3)", ["a", "b_c", "c"])


def refused(home: PostgresHome, code: str) -> ReadModelError:
    with pytest.raises(ReadModelError) as told:
        home.open([views])
    assert told.value.code == code
    told_in_both_languages(told.value)
    return told.value


def test_who_is_not_admitted_is_told(postgres: Server) -> None:
    address = postgres.home(new_schema()).address
    for password in ("", "wrong"):
        refused(PostgresHome(address, password), "readmodel.not_admitted")
    refused(postgres.home(new_schema(), user="nobody"), "readmodel.not_admitted")
    refused(postgres.home(new_schema(), database="nothing"), "readmodel.no_database")
    refused(postgres.home(new_schema(), database="postgres"), "readmodel.not_permitted")
    refused(PostgresHome(read_address("postgresql://a@127.0.0.1:1/b")), "readmodel.unreachable")
    refused(PostgresHome(read_address("postgresql://a@/b?host=/nowhere")), "readmodel.unreachable")
    refused(PostgresHome(read_address("postgresql://a@no-such-host.invalid/b")), "readmodel.unreachable")


def test_it_is_reached_by_a_socket_too(postgres: Server) -> None:
    text = f"postgresql://linlian@:{postgres.port}/community?host={postgres.folder}&schema={new_schema()}"
    PostgresHome(read_address(text), PASSWORD).open([views]).close()


def test_a_server_without_tls_is_no_server_where_tls_is_asked_for(postgres: Server) -> None:
    text = f"{postgres.address(new_schema())}&tls=verify"
    refused(PostgresHome(read_address(text), PASSWORD), "readmodel.unreachable")


def test_what_stands_in_a_schema_and_is_not_ours_is_left_alone(postgres: Server, town: Town) -> None:
    home = postgres.home(new_schema())
    link = home.connect("public", {})
    link.run(f"CREATE SCHEMA {home.address.schema}; CREATE TABLE {home.address.schema}.letters (text text)")
    refused(home, "readmodel.not_ours")
    with pytest.raises(ReadModelError, match=r"readmodel\.not_ours"):
        rebuild(town.blocks, 10, home, [views])
    assert link.run(f"SELECT COUNT(*) FROM {home.address.schema}.letters") == [[0]]
    link.close()


def test_what_a_later_build_wrote_is_left_alone(home: PostgresHome, town: Town) -> None:
    rebuild(town.blocks, 10, home, [views])
    link = home.connect("public", {})
    link.run(f"COMMENT ON SCHEMA {home.address.schema} IS '{MARK} {LAYOUT + 1}'")
    assert refused(home, "readmodel.newer").facts["layout"] == LAYOUT + 1
    with pytest.raises(ReadModelError, match=r"readmodel\.newer"):
        rebuild(town.blocks, 20, home, [views])
    link.run(f"COMMENT ON SCHEMA {home.address.schema} IS '{MARK} {LAYOUT}'")
    link.close()
    assert home.kept() == town.blocks[0].header.chain
    home.open([views]).close()


def test_an_old_server_is_told(home: PostgresHome, monkeypatch: pytest.MonkeyPatch) -> None:
    home.open([views]).close()
    monkeypatch.setattr(module, "VERSION_MIN", 990_000)
    refused(home, "readmodel.server_too_old")


def test_only_one_writes(home: PostgresHome, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module._SESSION, "lock_timeout", "100")
    second = home.open([views])
    with database.writing() as rows:
        rows.put(tools, ToolRow(b"a" * 16, b"b" * 16, 1, lent=True))
    with pytest.raises(ReadModelError, match=r"readmodel\.locked") as told, second.writing():
        pass
    told_in_both_languages(told.value)
    with second.reading() as db:
        assert len(db.all(ToolRow, "SELECT * FROM lending_tool")) == 1
    database.close()
    time.sleep(0.1)
    with second.writing() as rows:
        assert rows.the(tools, b"a" * 16).times == 1
    second.close()


def test_a_question_that_takes_too_long_is_stopped(home: PostgresHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module._READING, "statement_timeout", "100")
    database = home.open([views])
    with pytest.raises(ReadModelError, match=r"readmodel\.too_slow") as told:
        database.plain("SELECT pg_sleep(5)")
    told_in_both_languages(told.value)
    assert database.plain("SELECT 1 AS one")[1] == [(1,)]
    database.close()


def test_readers_are_bounded_and_used_again(home: PostgresHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READERS", 3)
    monkeypatch.setattr(module, "READER_WAIT_S", 0.2)
    database = home.open([views])
    assert isinstance(database, PostgresDatabase)
    with database.reading(), database.reading(), database.reading():
        with pytest.raises(ReadModelError, match=r"readmodel\.busy") as told:
            database.position()
        told_in_both_languages(told.value)
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(20):
                database.position()
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(database._idle) == 3
    database.close()


def cut_connections(postgres: Server) -> None:
    """As a network that breaks, or an operator, does."""
    link = postgres.superuser()
    link.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'linlian' AND pid <> pg_backend_pid() AND usename = 'linlian'"
    )
    link.close()


def test_a_connection_that_is_cut_in_the_middle_of_a_question_is_told(postgres: Server, database: Database) -> None:
    threading.Timer(0.3, cut_connections, (postgres,)).start()
    with pytest.raises(ReadModelError, match=r"readmodel\.unreachable"):
        database.plain("SELECT pg_sleep(20)")
    assert database.position().height == -1


def test_idle_connections_that_were_cut_are_noticed_by_nobody(postgres: Server, database: Database) -> None:
    with database.reading(), database.reading():
        pass
    cut_connections(postgres)
    time.sleep(0.2)
    assert database.position().height == -1


def test_a_transaction_that_is_cut_leaves_nothing(postgres: Server, database: Database) -> None:
    def write_and_be_cut() -> None:
        with database.writing() as rows:
            rows.put(tools, ToolRow(b"a" * 16, b"b" * 16, 1, lent=True))
            assert rows.under(tools)
            cut_connections(postgres)

    with pytest.raises(ReadModelError, match=r"readmodel\.unreachable"):
        write_and_be_cut()
    with database.writing() as rows:
        assert rows.get(tools, b"a" * 16) is None
        rows.put(tools, ToolRow(b"a" * 16, b"b" * 16, 2, lent=True))
    assert database.plain("SELECT times FROM lending_tool")[1] == [(2,)]


def test_no_room_is_told_and_passes(
    postgres: Server, home: PostgresHome, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server itself says so, at a write, for as long as a trigger makes it."""
    monkeypatch.setattr("linlian.readmodel.follower.PATIENCE_S", 0.1)
    database = home.open([views])
    link = home.connect(home.address.schema, {})
    link.run(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'No space left on device'; END$$;"
        "CREATE TRIGGER no_room BEFORE INSERT ON lending_tool EXECUTE FUNCTION no_room()"
    )
    follower = Follower(Feed(town.blocks), database)
    with pytest.raises(ReadModelError, match=r"readmodel\.disk_full") as told:
        follower.wait_for(60)
    told_in_both_languages(told.value)
    assert trouble_of(follower) is told.value
    link.run("DROP TRIGGER no_room ON lending_tool; DROP FUNCTION no_room")
    link.close()
    monkeypatch.setattr("linlian.readmodel.follower.PATIENCE_S", 20.0)
    follower.wait_for(60, 20)
    assert trouble_of(follower) is None
    follower.close()


def test_a_server_that_goes_away_and_comes_back_is_caught_up_with(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is away at the start, then stops twice while blocks come; nobody starts anything again but the server."""
    monkeypatch.setattr("linlian.readmodel.follower.PATIENCE_S", 0.1)
    with running_server() as server:
        home = server.home("plum")
        server.stop()
        refused(home, "readmodel.unreachable")
        database = home.open([views], patient=True)
        feed = Feed(town.blocks[:1], open=True)
        follower = Follower(feed, database)
        blocks = iter(town.blocks[1:])
        for _ in range(3):
            with pytest.raises(ReadModelError, match=r"readmodel\.unreachable"):
                follower.wait_for(feed.head.height)
            with pytest.raises(ReadModelError, match=r"readmodel\.unreachable"):
                database.position()
            told_in_both_languages(trouble_of(follower))
            server.start()
            monkeypatch.setattr("linlian.readmodel.follower.PATIENCE_S", 20.0)
            follower.wait_for(feed.head.height, 20)
            assert trouble_of(follower) is None
            monkeypatch.setattr("linlian.readmodel.follower.PATIENCE_S", 0.1)
            server.stop()
            feed.give(islice(blocks, 20))
        feed.close()
        follower.close()
        assert follower.failure is not None, "it was away when the node stopped"
        server.start()
        follower = Follower(Feed(town.blocks), home.open([views]))
        follower.close()
        assert follower.failure is None
        database = home.open([views])
        found = contents(database)
        database.close()
    assert len(found["ledger_block"]) == len(town.blocks)


def test_readers_go_on_across_a_rebuild(home: PostgresHome, town: Town) -> None:
    """The rows they see change in one step; nobody has to connect again."""
    rebuild(town.blocks, 10, home, [views])
    reader = home.open([views])
    for height in (10, 30, 60):
        rebuild(town.blocks, height, home, [views])
        assert reader.position().height == height
        with reader.reading() as db:
            assert db.all(ToolRow, "SELECT * FROM lending_tool ORDER BY tool")
    reader.close()


def test_a_rebuild_waits_for_no_reader_forever(home: PostgresHome, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module._SESSION, "lock_timeout", "100")
    rebuild(town.blocks, 10, home, [views])
    reader = home.open([views])
    with reader.reading() as db:
        db.all(ToolRow, "SELECT * FROM lending_tool ORDER BY tool")
        with pytest.raises(ReadModelError, match=r"readmodel\.locked"):
            rebuild(town.blocks, 60, home, [views])
    assert reader.position().height == 10
    rebuild(town.blocks, 60, home, [views])
    reader.close()


def test_other_views_ask_for_a_rebuild_when_the_server_is_back(home: PostgresHome, town: Town) -> None:
    home.open([]).close()
    with pytest.raises(RebuildNeeded, match="views_changed"):
        home.open([views])
    rebuild(town.blocks, 60, home, [views])
    home.open([views]).close()


def test_moved_before_another_chain_the_rows_are_those_of_a_file(
    home: PostgresHome, town: Town, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = []
    for place in (home, SqliteHome(tmp_path_factory.mktemp("moved") / "readmodel.sqlite")):
        rebuild(town.blocks, 60, place, [views])
        database = place.open([views])
        database.move_before(61)
        assert database.position()[1:] == ("", -1, b"")
        found.append(contents(database))
        database.close()
    assert found[0] == found[1]
    assert min(row.height for row in found[0]["ledger_block"]) == -61  # type: ignore[attr-defined]
