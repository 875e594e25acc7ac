"""The source hash: what the organisations vote for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import linlian
from linlian.node.source import consensus_files, hash_files, source_hash
from tests.architecture.source import in_consensus, product

PACKAGE = Path(linlian.__file__).parent


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source that decides, and of some that does not."""
    for room in ("kernel", "community", "cli"):
        shutil.copytree(PACKAGE / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def hash_of(tree: Path) -> bytes:
    return hash_files(tree, consensus_files(tree))


def test_it_is_that_of_the_same_files_anywhere(tree: Path) -> None:
    assert hash_of(tree) == source_hash()


@pytest.mark.parametrize(
    "path",
    ["kernel/limits.py", "community/__init__.py", "community/repairs/rules_steps.py", "community/repairs/__init__.py"],
)
def test_a_change_of_what_decides_changes_it(tree: Path, path: str) -> None:
    before = hash_of(tree)
    (tree / path).write_text((tree / path).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert hash_of(tree) != before


def test_a_file_more_less_or_renamed_changes_it(tree: Path) -> None:
    before = hash_of(tree)
    extra = tree / "community" / "repairs" / "rules_more.py"
    extra.write_text("")
    more = hash_of(tree)
    extra.rename(extra.with_name("rules_most.py"))
    assert len({before, more, hash_of(tree)}) == 3


@pytest.mark.parametrize(
    "path",
    ["community/places/views.py", "community/repairs/words.toml", "community/repairs/tests/new.py", "cli/main.py"],
)
def test_views_words_tests_and_edges_do_not_decide(tree: Path, path: str) -> None:
    before = hash_of(tree)
    (tree / path).write_text("changed")
    assert hash_of(tree) == before


def test_what_decides_is_what_the_house_holds_to_determinism() -> None:
    decides = {source.path for source in product() if in_consensus(source.module) and source.module != ""}
    hashed = {str(Path("src/linlian") / path.relative_to(PACKAGE)) for path in consensus_files(PACKAGE)}
    assert hashed == decides


def test_paths_and_bytes_cannot_run_into_each_other(tmp_path: Path) -> None:
    first, second = tmp_path / "a.py", tmp_path / "ab.py"
    first.write_text("bc")
    second.write_text("c")
    assert hash_files(tmp_path, [first]) != hash_files(tmp_path, [second])
