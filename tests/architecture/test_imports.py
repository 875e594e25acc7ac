"""Who may import whom: the table of `docs/architecture.md`. Whatever is not listed is refused.

>>> faults("community.repairs.views", "from linlian.engine import embedded")
['community.repairs.views may not import linlian.engine: a view reads its own rules, linlian.readmodel, ...']
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping

import pytest

from tests.architecture.source import EDGES, businesses, in_consensus, product

OUTWARD = ("kernel", "readmodel", "engine.ledger", "vault", "settings", "words")
ROOMS = {
    "": (),
    "kernel": (),
    "store": ("kernel",),
    "engine": ("kernel", "store"),
    "vault": ("kernel", "engine.ledger"),
    "words": ("kernel",),
    "readmodel": ("kernel",),
    "web": OUTWARD,
    "ingest": OUTWARD,
    "notify": OUTWARD,
    "analytics": OUTWARD,
    "cli": (*OUTWARD, "imports"),
    "imports": ("kernel", "engine.ledger"),
    "settings": ("kernel",),
}
"""Room → the rooms it may import besides itself. `engine.ledger`, `vault` and `imports` mean that module alone."""

ANYTHING = ("node", "testing", "demo")
ENTRY_POINTS = ("cli.main", "__main__")
OWN_DOORS = {"cli.demo": "demo"}
"""Verb → the room that it alone is the door of."""
KITS = {"pages": "web", "feeds": "ingest", "exchange": "readmodel", "measures": "analytics"}
PAGES_SEE = ("kernel.codec", "kernel.contract", "readmodel.audience")
"""What a page speaks of besides: identifiers and commands, and who reads."""
WRAPPERS = {
    "libipld": ("kernel.codec",),
    "msgspec": ("kernel.codec",),
    "nacl": ("kernel.crypto",),
    "cryptography": ("kernel.crypto", "vault.seal", "vault.handing", "node.certificate"),
    "segno": ("cli.phone",),
    "google": ("engine.cometbft.messages", "engine.cometbft.server"),
    "pg8000": ("readmodel.postgres_link",),
}
"""Library → the files that wrap it. Outside consensus `msgspec` is free, the others are not. The vault seals and opens
content, and a node makes its own certificate; nothing of that is in consensus, so the kernel stays without it."""

REMEDIES = {
    "store": "a store knows the kernel only",
    "engine": "an engine knows kernel and store",
    "readmodel": "it follows the kernel's blocks through the functions it is given",
    "views": "a view reads its own rules, linlian.readmodel, and the views of the businesses in its `needs`",
    "rules": "rules see the kernel and the front doors of businesses in `needs`: declare the need, or emit an event",
    "audience": "an audience reads its own rules, linlian.readmodel, and the audiences of businesses in `needs`",
    "edge": "it sees its own files, views and pages of its `needs`, and the kit of its edge",
    "outward": "ask linlian.engine.ledger, linlian.readmodel or the vault's front door; linlian.node hands the rest in",
}


def imports(module: str, text: str, known: Iterable[str], is_package: bool = False) -> list[str]:
    """Full names that `text` imports; `from a import b` is a.b where that is a module of ours, else a."""
    known = {f"linlian.{name}".rstrip(".") for name in known}
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                here = f"linlian.{module}".rstrip(".").split(".")
                base = here[: len(here) - node.level + is_package]
                origin = ".".join([*base, origin]).rstrip(".")
            found += [f"{origin}.{a.name}" if f"{origin}.{a.name}" in known else origin for a in node.names]
    return found


def allowed(here: str, there: str, needs: Iterable[str]) -> bool:
    """Whether module `here` may import module `there`, both of Linlian."""
    room, *inside = here.split(".")
    if room in ANYTHING or there == "" or (here in ENTRY_POINTS and there.split(".")[0] in (*ANYTHING, "settings")):
        return True
    if here in OWN_DOORS and there.split(".")[0] == OWN_DOORS[here]:
        return True
    if room != "community":
        own_room = there.split(".")[0] == room
        return room in ROOMS and (own_room or any(_within(there, target) for target in ROOMS[room]))
    if not inside:
        return there.count(".") == 1 and there.startswith("community.")
    return _allowed_in_business(inside[0], inside[1] if len(inside) > 1 else "__init__", there, needs)


def _allowed_in_business(business: str, file: str, there: str, needs: Iterable[str]) -> bool:
    own = there.split(".")[2] if there.startswith(f"community.{business}.") else ""
    if file not in EDGES:
        door = there in {f"community.{need}" for need in needs}
        return _within(there, "kernel") or (own != "" and own not in EDGES) or door
    beside = own != "" or there in {f"community.{need}.views" for need in needs}
    if file == "audience":
        needed = there in {f"community.{need}{part}" for need in needs for part in ("", ".audience")}
        return needed or (beside and own.startswith("rules")) or _within(there, "readmodel")
    if file == "views":
        return (beside and (own in ("", "views", "audience") or own.startswith("rules"))) or _within(there, "readmodel")
    doors = {f"community.{need}{part}" for need in needs for part in ("", ".pages")}
    seen = file == "pages" and there in {*PAGES_SEE, *doors}
    return seen or beside or _within(there, KITS[file])


def _within(there: str, target: str) -> bool:
    exact = target in ("engine.ledger", "vault", "imports")
    return there == target or (not exact and there.startswith(f"{target}."))


def remedy(here: str) -> str:
    room, *inside = here.split(".")
    if room == "community":
        if "audience" in inside:
            return REMEDIES["audience"]
        return REMEDIES["views" if "views" in inside else "edge" if {*inside} & {*EDGES} else "rules"]
    if room not in ROOMS:
        return "it is no room of the house: decide its arrows, then name it in docs/architecture.md and here"
    return REMEDIES.get(room, REMEDIES["outward"])


def faults(here: str, text: str, needs: Iterable[str] = (), known: Iterable[str] = ()) -> list[str]:
    """What module `here` with this text imports and may not; `known` are the modules there are."""
    known = {*known}
    is_package = any(name.startswith(f"{here}.") for name in known)
    found = []
    for name in imports(here, text, known, is_package):
        top, _, rest = name.partition(".")
        if top == "linlian":
            if not allowed(here, rest, needs):
                found.append(f"{here} may not import {name}: {remedy(here)}")
        elif top in WRAPPERS:
            free = top == "msgspec" and not in_consensus(here)
            if here not in WRAPPERS[top] and not free:
                found.append(f"{here} may not import {name}: import what you need from linlian.{WRAPPERS[top][0]}")
        elif top not in sys.stdlib_module_names and in_consensus(here):
            found.append(f"{here} may not import {name}: consensus rests on the standard library and four libraries")
    return found


def declared_needs(texts: Iterable[str]) -> set[str]:
    """The neighbours that a business names in `needs=(...)`, as strings or as modules."""
    found: set[str] = set()
    for node in (node for text in texts for node in ast.walk(ast.parse(text))):
        if isinstance(node, ast.keyword) and node.arg == "needs":
            parts = list(ast.walk(node.value))
            found |= {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
            found |= {part.id for part in parts if isinstance(part, ast.Name)}
    return found


def cycle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """The first ring of modules that import one another, or nothing."""
    done: set[str] = set()
    for start in graph:
        path, waiting = [start], [iter(graph[start])]
        while path:
            there = next(waiting[-1], None)
            if there is None:
                done.add(path.pop())
                waiting.pop()
            elif there in path:
                return [*path[path.index(there) :], there]
            elif there not in done:
                path.append(there)
                waiting.append(iter(graph.get(there, ())))
    return []


def test_every_import_follows_the_table() -> None:
    sources = product()
    known = [source.module for source in sources]
    needs = {
        folder.name: declared_needs(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
        for folder in businesses()
    }
    found = []
    for source in sources:
        business = source.module.split(".")[1] if source.module.startswith("community.") else ""
        found += faults(source.module, source.text, needs.get(business, ()), known)
    assert not found, "\n".join(found)


def test_no_module_imports_itself_by_way_of_others() -> None:
    sources = product()
    known = {source.module for source in sources}
    graph = {}
    for source in sources:
        is_package = source.path.endswith("__init__.py")
        names = imports(source.module, source.text, known, is_package)
        graph[source.module] = [n.partition(".")[2] for n in names if n.startswith("linlian.")]
    ring = cycle(graph)
    assert not ring, f"{' → '.join(ring)}: move what both need into a module below them"


@pytest.mark.parametrize(
    ("here", "text"),
    [
        ("kernel.state", "from linlian.store import sqlite"),
        ("kernel.state", "import msgspec"),
        ("kernel.state", "import numpy"),
        ("kernel.codec", "from nacl import signing"),
        ("store.sqlite", "from linlian.engine.ledger import Ledger"),
        ("engine.embedded", "from linlian.readmodel import view"),
        ("engine.embedded", "import nacl.signing"),
        ("vault.seal", "from linlian.engine.embedded import Embedded"),
        ("vault.contents", "from cryptography.hazmat.primitives.ciphers.aead import AESGCM"),
        ("words", "from linlian.settings import Settings"),
        ("settings", "from linlian.words import Words"),
        ("readmodel.view", "from linlian import store"),
        ("web.api", "from linlian.cli import main"),
        ("web.api", "from linlian.community.repairs import rules"),
        ("web.api", "import linlian.vault.trustee"),
        ("web.api", "from linlian.node import Node"),
        ("cli.status", "from linlian.testing import Town"),
        ("cli.status", "import linlian.demo.verb"),
        ("cli.importing", "from linlian.imports.running import Run"),
        ("imports.running", "from linlian.community import repairs"),
        ("imports.running", "from linlian.vault import Contents"),
        ("garage", "from linlian.kernel import codec"),
        ("community", "from linlian.community.repairs import rules"),
        ("community.repairs", "from .views import requests"),
        ("community.repairs.rules", "from linlian.community.identity.rules import members"),
        ("community.repairs.rules", "from linlian.community.parking import bays"),
        ("community.repairs.rules", "from . import views"),
        ("community.repairs.rules", "from linlian.readmodel.view import View"),
        ("community.repairs.rules", "from msgspec import Struct"),
        ("community.repairs.states", "import linlian.store.memory"),
        ("community.repairs.views", "from linlian.engine import embedded"),
        ("community.repairs.views", "from linlian.community.identity import rules"),
        ("community.repairs.views", "from linlian.community.parking.views import bays"),
        ("community.repairs.audience", "from linlian.community.repairs.views import requests"),
        ("community.repairs.audience", "from linlian.community.parking.audience import KEEPERS"),
        ("community.repairs.pages", "from linlian.ingest import mqtt"),
        ("community.repairs.pages", "from linlian.community.identity.rules import members"),
    ],
)
def test_a_forbidden_import_is_found(here: str, text: str) -> None:
    assert len(faults(here, text, {"identity"}, SMALL_TREE)) == 1


@pytest.mark.parametrize(
    ("here", "text"),
    [
        ("kernel.codec", "import libipld, msgspec"),
        ("kernel.crypto", "from cryptography.hazmat.primitives import hashes"),
        ("vault.seal", "from linlian.vault.trustee import split; from linlian.engine.ledger import Ledger"),
        ("vault.seal", "from cryptography.hazmat.primitives.ciphers.aead import AESGCM"),
        ("web.api", "import linlian.vault, msgspec, starlette"),
        ("web.api", "from linlian.words import Words; from linlian.settings import Settings"),
        ("cli.main", "from linlian import __version__, node, settings"),
        ("cli.importing", "from linlian import imports"),
        ("cli.demo", "from linlian.demo.verb import VERB"),
        ("node", "from linlian.community import BUSINESSES"),
        ("community", "from linlian.community import identity, repairs"),
        ("community.repairs", "from .rules import contract"),
        ("community.repairs.rules", "from linlian.kernel.contract import Contract"),
        ("community.repairs.rules", "from linlian.community.identity import role_of"),
        ("community.repairs.rules", "from linlian.community import identity"),
        ("community.repairs.rules", "from .states import State"),
        ("community.repairs.views", "from linlian.community.repairs import rules"),
        (
            "community.repairs.views",
            "from linlian.community.identity import views; import linlian.readmodel.view",
        ),
        ("community.repairs.views", "from linlian.community.repairs.audience import PARTIES"),
        (
            "community.repairs.audience",
            "from linlian.community.identity.audience import OFFICE; from .rules import contract",
        ),
        ("community.repairs.pages", "from linlian.web.pages import Page; from .views import open_requests"),
        ("community.repairs.pages", "from linlian.community.identity.pages import MemberPage"),
    ],
)
def test_an_import_of_the_table_passes(here: str, text: str) -> None:
    assert faults(here, text, {"identity"}, SMALL_TREE) == []


def test_needs_are_read_from_the_contract() -> None:
    assert declared_needs(['Contract("repairs", needs=("identity", places.contract))']) == {
        "identity",
        "places",
    }


def test_a_ring_of_imports_is_found() -> None:
    assert cycle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert cycle({"a": ["b", "c"], "b": ["c"], "c": []}) == []


SMALL_TREE = (
    *("", "kernel", "kernel.codec", "kernel.contract", "store", "engine", "engine.ledger", "engine.embedded"),
    *("readmodel", "readmodel.view", "vault", "vault.trustee", "web", "web.pages", "cli", "cli.main", "node"),
    *(
        "imports",
        "imports.running",
        "settings",
        "words",
        "testing",
        "community",
        "community.identity",
        "community.identity.rules",
    ),
    *("community.identity.audience", "community.parking.audience", "community.repairs.audience"),
    *("community.identity.views", "community.parking", "community.parking.views", "community.repairs"),
    *("community.repairs.rules", "community.repairs.views", "community.repairs.states"),
)
