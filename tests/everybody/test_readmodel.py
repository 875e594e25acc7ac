"""Of every business: its events make rows, rebuilt rows are followed rows, and its queries run and are explained."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings

import linlian
from linlian.community import BUSINESSES
from linlian.community.council.rules import ProposeOperatorKey, Vote, VoteCast
from linlian.community.repairs.tests.scene import Scene, found_scene
from linlian.community.repairs.tests.test_anything import CATEGORIES, attempt, days
from linlian.kernel.block import Block, Header
from linlian.kernel.codec import Meta
from linlian.kernel.crypto import SoftwareKey, sha256
from linlian.node import source
from linlian.readmodel import stream
from linlian.readmodel.audience import NOBODY, OUTSIDER
from linlian.readmodel.database import Database, Home
from linlian.readmodel.follower import Follower
from linlian.readmodel.query import Parameter, Query
from linlian.readmodel.rebuild import rebuild
from linlian.readmodel.sqlite import SqliteHome
from linlian.readmodel.view import View
from linlian.testing.rows import table_rows
from linlian.words import LANGUAGES, Words
from tests.conftest import NewHome
from tests.readmodel.server import Server, new_schema

VIEWS = source.views()
QUERIES = source.queries()
Contents = dict[str, list[Any]]


def test_every_business_has_a_view() -> None:
    assert [view.name for view in VIEWS] == [contract.name for contract in BUSINESSES]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_event_makes_rows_or_is_said_to_make_none(view: View) -> None:
    assert view.unheard() == [], "write a handler, or name them in views.leave_out(...)"


class Ledger:
    """A town's blocks, up to where somebody stopped."""

    def __init__(self, blocks: Sequence[Block]):
        self.blocks = blocks

    @property
    def chain(self) -> str:
        return self.blocks[0].header.chain

    @property
    def head(self) -> Header:
        return self.blocks[-1].header

    def follow(self, start: int) -> Iterator[Block]:
        return iter(self.blocks[start:])


def contents(database: Database) -> Contents:
    """Every row of every table."""
    with database.reading() as db:
        tables = [table for view in (stream.views, *VIEWS) for table in view.tables.values()]
        return {table.name: table_rows(db, table) for table in tables}


def followed(blocks: Sequence[Block], home: Home, stops: Sequence[int]) -> Contents:
    """The rows of one who followed, stopped at these heights, and went on."""
    for stop in (*stops, len(blocks)):
        Follower(Ledger(blocks[:stop]), home.open(VIEWS)).close()
    database = home.open(VIEWS)
    found = contents(database)
    database.close()
    return found


def rebuilt(blocks: Sequence[Block], home: Home) -> Contents:
    rebuild(blocks, len(blocks) - 1, home, VIEWS)
    database = home.open(VIEWS)
    found = contents(database)
    database.close()
    return found


def decide_something(scene: Scene) -> None:
    """A proposal that passes and one that is left to lapse."""
    for key in (b"passes", b"lapses"):
        public_key = SoftwareKey("ed25519", sha256(key)).public_key
        outcome = scene.do("harmony_officer", ProposeOperatorKey(operator_key=public_key))
        proposal = outcome.the(VoteCast).proposal
        if key == b"passes":
            for name in ("swift_officer", "street_officer"):
                scene.do(name, Vote(proposal=proposal, in_favour=True))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days)
def test_rebuilt_rows_are_the_followed_rows(postgres: Server, tried: list[tuple[Any, ...]]) -> None:
    """Whatever people did, wherever the follower was stopped on the way, and whichever database holds the rows."""
    scene = found_scene()
    known = [scene.report(category=category) for category in CATEGORIES]
    for number, action in enumerate(tried):
        attempt(scene, known, action)
        if number == 3:
            decide_something(scene)
    scene.town.advance(days=60)
    blocks = scene.town.blocks
    with TemporaryDirectory() as folder:
        live = followed(blocks, SqliteHome(Path(folder) / "live.sqlite"), range(1, len(blocks), 7))
        assert live == rebuilt(blocks, SqliteHome(Path(folder) / "rebuilt.sqlite"))
    assert live == followed(blocks, postgres.home(new_schema()), range(1, len(blocks), 31))
    assert live == rebuilt(blocks, postgres.home(new_schema()))
    assert len(live["ledger_block"]) == len(blocks)
    assert live["council_vote"]
    assert live["repairs_request"]


def samples(parameter: Parameter) -> list[Any]:
    """Values that a parameter accepts: every choice, or something of its size."""
    if parameter.choices:
        return list(parameter.choices)
    parts = get_args(parameter.annotation)
    parts += tuple(inner for part in parts for inner in get_args(part))  # of `Year | None`
    bounds = [mark for mark in parts if isinstance(mark, Meta)]
    size = next((mark.min_length or 0 for mark in bounds), 16)
    least = next((mark.ge for mark in bounds if isinstance(mark.ge, int)), 0)
    by_kind: dict[type[Any], list[Any]] = {bytes: [bytes(size)], int: [max(1, least)], bool: [False, True], str: [""]}
    return by_kind[parameter.kind]


@pytest.fixture(scope="module")
def database(new_home: NewHome) -> Iterator[Database]:
    """A community in which something is broken."""
    scene = found_scene()
    scene.report()
    home = new_home()
    rebuild(scene.town.blocks, len(scene.town.blocks) - 1, home, VIEWS)
    opened = home.open(VIEWS)
    yield opened
    opened.close()


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_every_query_runs_with_whatever_it_accepts(query: Query, database: Database) -> None:
    required = {name: samples(part)[0] for name, part in query.parameters.items() if part.required}
    with database.reading() as db:
        for name, part in query.parameters.items():
            for value in samples(part):
                for row in query.ask(db, {**required, name: value}):
                    assert [type(cell) for cell in row] == [kind for _, kind in query.columns]
        query.ask(db, required)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_a_query_that_gives_many_rows_has_a_bound_and_an_order(query: Query, database: Database) -> None:
    """Lists that grow with the community are bounded by `limit`; the others count, or lead from a place outward."""
    if query.many and "limit" not in query.parameters:
        assert query.name in ("ledger.outcomes", "repairs.closings", "places.path"), "give it a `limit: Limit`"


@pytest.mark.parametrize("query", [query for query in QUERIES.values() if query.paged], ids=lambda query: query.name)
def test_every_long_list_can_be_walked_page_by_page(query: Query, database: Database) -> None:
    """One row a page gives the same list, which also shows that its order tells any two rows apart."""
    required = {name: samples(part)[0] for name, part in query.parameters.items() if part.required}
    with database.reading() as db:
        found, page = [], query.page(db, {**required, "limit": 1})
        found += page.rows
        while page.next and len(found) < 300:
            page = query.page(db, {**required, "limit": 1}, page.next)
            found += page.rows
        assert found == query.ask(db, {**required, "limit": 300})


def words_of(business: str) -> dict[str, Any]:
    """A business's words, and behind them the common ones."""
    house = Path(linlian.__file__).parent
    paths = (house / "words.toml", house / "community" / business / "words.toml")
    found: dict[str, Any] = {"queries": {}, "labels": {}, "values": {}}
    for words in (tomllib.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()):
        found["queries"] |= words.get("queries", {})
        found["labels"] |= words.get("fields", {}) | words.get("columns", {})
        groups = words.get("values", {})
        found["values"] |= {name: entry for name, entry in groups.items() if "zh" in entry}
        for group in groups.values():
            found["values"] |= {name: entry for name, entry in group.items() if isinstance(entry, dict)}
    return found


@pytest.mark.parametrize("view", [stream.views, *VIEWS], ids=lambda view: view.name)
def test_every_question_has_words_in_both_languages(view: View) -> None:
    """A title for each query, and a label for each column, parameter and choice."""
    words, labels = words_of(view.name), Words.load(source.businesses())
    wanted = {("queries", name) for name in view.queries}
    wanted |= {("labels", name) for query in view.queries.values() for name, _ in query.columns}
    for query in view.queries.values():
        for name, part in query.parameters.items():
            wanted.add(("labels", name))
            section = "labels" if set(part.choices) <= {*words["labels"]} else "values"
            known = {choice for choice in part.choices if labels.find(view.name, "values", choice, "zh")}
            wanted |= {(section, choice) for choice in part.choices if section == "labels" or choice not in known}
    missing = [
        f"{section}: {name}" for section, name in sorted(wanted) if not {"zh", "en"} <= {*words[section].get(name, {})}
    ]
    assert not missing, f"{view.name}/words.toml lacks {', '.join(missing)}"
    known = {name for query in view.queries.values() for name in query.parameters}
    known |= {name for query in view.queries.values() for name, _ in query.columns}
    own = Path(linlian.__file__).parent / "community" / view.name / "words.toml"
    told = tomllib.loads(own.read_text(encoding="utf-8")) if own.exists() else {}
    left = {*told.get("columns", {})} - known | {*told.get("queries", {})} - {*view.queries}
    assert not left, f"{view.name}/words.toml names what nobody asks for: {', '.join(sorted(left))}"


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_every_question_says_who_may_ask_it(query: Query) -> None:
    assert query.seen_by is not NOBODY, "say who may see it: @views.query(seen_by=audience.…)"


def test_every_audience_has_words_in_both_languages() -> None:
    words = Words.load(source.businesses())
    names = {name for query in QUERIES.values() for name in query.seen_by.names}
    silent = [name for name in sorted(names) for tongue in LANGUAGES if not words.tongue(tongue).has("audiences", name)]
    assert not silent


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_every_audience_answers_an_outsider_with_whatever_a_query_accepts(query: Query, database: Database) -> None:
    """Nobody is let in by a value alone, unless the query is for everybody."""
    asked = {name: samples(part)[0] if part.required else part.default for name, part in query.parameters.items()}
    with database.reading() as db:
        seen = query.seen_by.sees(db, OUTSIDER, asked)
    assert seen is (query.seen_by.names == ("everybody",))
