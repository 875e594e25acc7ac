"""`make new` writes a business whose tests pass, and the guide about it is right."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.new.__main__ import NameUnusable, check_name, name_it

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "new-business.md").read_text(encoding="utf-8")
NAME = "parking"
HOUSE_RULES = ("imports", "determinism", "sizes", "words", "documents", "reference")
pytestmark = pytest.mark.timeout(300)


class Tree:
    """A copy of this project with one business more."""

    def __init__(self, folder: Path):
        self.folder = folder
        skip = shutil.ignore_patterns("__pycache__", "vectors", "*.sqlite")
        for name in ("src", "tests", "tools", "docs", "bench"):
            if (ROOT / name).exists():
                shutil.copytree(ROOT / name, folder / name, ignore=skip)
        for path in ROOT.iterdir():
            if path.is_file():
                shutil.copy(path, folder / path.name)
        self.business = folder / "src" / "linlian" / "community" / NAME

    def python(self, *arguments: str) -> str:
        """Run Python in the copy; what it prints. Fails unless it ends well."""
        environment = {**os.environ, "PYTHONPATH": f"{self.folder / 'src'}{os.pathsep}{self.folder}"}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = Tree(tmp_path_factory.mktemp("tree"))
    tree.python("-m", "tools.new", NAME)
    return tree


def blocks(kind: str) -> list[str]:
    """The guide's examples in one language."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def test_its_own_tests_pass(tree: Tree) -> None:
    said = tree.python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tree.business))
    assert re.search(r"\b1\d passed", said)


def test_the_rules_of_the_house_hold(tree: Tree) -> None:
    files = [f"tests/architecture/test_{name}.py" for name in HOUSE_RULES]
    tree.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *files)


def test_it_is_formatted_linted_and_typed(tree: Tree) -> None:
    tree.python("-m", "ruff", "format", "--check", str(tree.business))
    tree.python("-m", "ruff", "check", str(tree.business))
    tree.python("-m", "mypy", str(tree.business))


def test_the_read_model_takes_it_in(tree: Tree) -> None:
    chosen = ("-k", "every_business or every_event or query")
    tree.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/everybody/test_readmodel.py", *chosen)


def test_every_example_of_the_guide_stands_in_the_business(tree: Tree) -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in sorted(tree.business.rglob("*.*")))
    examples = blocks("python") + blocks("toml")
    assert len(examples) >= 6
    for example in examples:
        assert example in written


def test_every_file_that_the_guide_names_is_there(tree: Tree) -> None:
    named = re.findall(r"^\| `([^`]+)` \|", GUIDE, re.MULTILINE)
    assert set(named) == {
        path.name + "/" * path.is_dir() for path in tree.business.iterdir() if path.name[:2] != "__"
    } | {"__init__.py"}


def test_the_commands_of_the_guide_work(tree: Tree, tmp_path: Path) -> None:
    typed = [shlex.split(line) for block in blocks("sh") for line in block.splitlines() if line.startswith("linlian ")]
    assert len(typed) == 5
    said = ["--folder", str(tmp_path / "node"), "--lang", "en"]
    outputs = [tree.python("-m", "linlian.cli.main", *said, *arguments[1:]) for arguments in typed]
    assert "--topic" in outputs[1]
    assert "put up a notice: offer" in outputs[2]
    assert "ladder" in outputs[3]
    assert "Complete up to block 1" in outputs[4]


@pytest.mark.parametrize(
    "name", ["", "Parking", "9lives", "park-ing", "a", "select", "class", "repairs", "kernel", "x" * 25]
)
def test_a_name_is_one_plain_noun_that_is_free(name: str) -> None:
    with pytest.raises(NameUnusable):
        check_name(name)


def test_it_is_named_in_two_places() -> None:
    text = (ROOT / "src" / "linlian" / "community" / "__init__.py").read_text(encoding="utf-8")
    changed = name_it(text, "zebras").splitlines()
    added = [line for line in changed if line not in text.splitlines()]
    assert [line.split()[-1].rstrip(",") for line in added] == ["zebras", "zebras.contract"]
