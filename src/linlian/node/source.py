"""The rules of this build: the businesses with their views, and the hash of the source that decides.

The source hash is SHA-256 over every file that takes part in consensus (the kernel, the list of businesses, and all
of a business but its edges and tests), in the order of their paths: u16 len(path) ‖ path ‖ u32 len(bytes) ‖ bytes.
The organisations vote for it; a node whose own differs does not start.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import linlian
from linlian.community import BUSINESSES
from linlian.kernel.rulebook import Rulebook
from linlian.readmodel import stream
from linlian.readmodel.audience import Audience
from linlian.readmodel.query import Query
from linlian.readmodel.view import View

RELEASES = (1,)
"""The numbers of the releases that this build carries: the active one, and the next while one is being prepared."""

EDGES = ("views", "audience", "pages", "feeds", "exchange", "measures")
"""The files of a business that decide nothing."""


def rulebook(voted: bytes | None = None) -> Rulebook:
    """The rules of this build. `voted` takes the place of the source hash, for an upgrade to vote under."""
    return Rulebook(BUSINESSES, RELEASES, source_hash() if voted is None else voted)


@cache
def businesses() -> Mapping[str, tuple[str, ...]]:
    """Their names, in the order of founding, and those that each rests on, the nearest first."""
    beneath: dict[str, tuple[str, ...]] = {}
    for contract in BUSINESSES:
        needed = {name for need in contract.needs for name in (need.name, *beneath[need.name])}
        beneath[contract.name] = tuple(name for name in reversed(beneath) if name in needed)
    return beneath


@cache
def views() -> tuple[View, ...]:
    """The read models of the businesses that have one."""
    found = []
    for name in businesses():
        module = f"linlian.community.{name}.views"
        if find_spec(module) is not None:
            found.append(import_module(module).views)
    return tuple(found)


@cache
def queries() -> dict[str, Query]:
    """Everything that may be asked, the ledger's own questions first."""
    return {name: query for view in (stream.views, *views()) for name, query in view.queries.items()}


@cache
def subject_audiences() -> tuple[Audience, ...]:
    """Who may have a subject's whole history: what the businesses' `audience` modules say, each of its own subjects."""
    found: list[Audience] = []
    for name in businesses():
        module = f"linlian.community.{name}.audience"
        if find_spec(module) is not None:
            found += getattr(import_module(module), "SUBJECTS", ())
    return tuple(found)


def pages() -> tuple[Any, ...]:
    """The pages (`linlian.web.pages.Pages`) of the businesses that have some."""
    found = []
    for name in businesses():
        module = f"linlian.community.{name}.pages"
        if find_spec(module) is not None:
            found.append(import_module(module).pages)
    return tuple(found)


def templates() -> dict[str, Path]:
    """Where the templates of each business lie."""
    package = Path(linlian.__file__).parent
    return {name: package / "community" / name / "templates" for name in businesses()}


@cache
def source_hash() -> bytes:
    """The hash of the source this process runs, 32 bytes."""
    package = Path(linlian.__file__).parent
    return hash_files(package, consensus_files(package))


def consensus_files(package: Path) -> list[Path]:
    """The files of a source tree that take part in consensus."""
    files = [*package.glob("kernel/**/*.py"), package / "community" / "__init__.py"]
    for path in package.glob("community/*/**/*.py"):
        file = path.relative_to(package / "community").parts[1]
        if file.removesuffix(".py") not in (*EDGES, "tests"):
            files.append(path)
    return sorted(files, key=lambda path: path.relative_to(package).as_posix())


def hash_files(package: Path, files: list[Path]) -> bytes:
    """SHA-256 over paths and bytes, as the top of this module says."""
    digest = sha256()
    for path in files:
        name, data = path.relative_to(package).as_posix().encode(), path.read_bytes()
        digest.update(len(name).to_bytes(2, "big") + name + len(data).to_bytes(4, "big") + data)
    return digest.digest()
