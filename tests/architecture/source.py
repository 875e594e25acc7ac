"""Reading the tree: which Python files there are, and which of them take part in consensus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "linlian"
COMMUNITY = PACKAGE / "community"

EDGES = ("views", "audience", "pages", "feeds", "exchange", "measures")
"""The files of a business that may look outward. Every other one is held to what is asked of `rules.py`."""


@dataclass(frozen=True)
class Source:
    """One Python file. `module` leaves "linlian." out; a package goes by its own name, without `__init__`."""

    module: str
    path: str
    text: str


def product() -> list[Source]:
    """Every module of the package, without the tests that live in it."""
    return [read(path) for path in sorted(PACKAGE.rglob("*.py")) if not is_test(path)]


def read(path: Path) -> Source:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return Source(".".join(parts), str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))


def all_python() -> Iterator[Path]:
    """Every Python file that is ours: product, tests, tools, measurements."""
    for folder in ("src", "tests", "tools", "bench"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def businesses() -> list[Path]:
    """The folders of the businesses."""
    return sorted(door.parent for door in COMMUNITY.glob("*/__init__.py"))


def is_test(path: Path) -> bool:
    return "tests" in path.relative_to(PACKAGE).parts


def in_consensus(module: str) -> bool:
    """Whether all nodes must compute the same in it: the kernel, and all of a business but its edges."""
    room, *inside = module.split(".")
    if room == "community":
        return len(inside) < 2 or inside[1] not in EDGES
    return room == "kernel"
