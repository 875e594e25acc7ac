"""`make new` writes a business whose tests pass, or nothing. See `test_guide` for what becomes of it."""

from __future__ import annotations

import os
import re
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

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the copy."""
        environment = {**os.environ, "PYTHONPATH": f"{self.folder / 'src'}{os.pathsep}{self.folder}"}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def python(self, *arguments: str) -> str:
        """What it prints. Fails unless it ends well."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
        return done.stdout

    def tests(self, *arguments: str) -> str:
        """Run tests in the copy."""
        return self.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)

    def files(self) -> dict[str, bytes]:
        """All that `make new` may touch."""
        community, reference = self.business.parent, self.folder / "docs" / "reference"
        paths = [path for folder in (community, reference) for path in folder.rglob("*.*") if path.is_file()]
        return {str(path): path.read_bytes() for path in paths if path.suffix != ".pyc"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = Tree(tmp_path_factory.mktemp("tree"))
    tree.python("-m", "tools.new", NAME)
    return tree


def test_its_own_tests_pass(tree: Tree) -> None:
    said = tree.tests(str(tree.business))
    assert re.search(r"\b1\d passed", said)


def test_the_rules_of_the_house_hold(tree: Tree) -> None:
    files = [f"tests/architecture/test_{name}.py" for name in HOUSE_RULES]
    tree.tests(*files)


def test_it_is_formatted_linted_and_typed(tree: Tree) -> None:
    tree.python("-m", "ruff", "format", "--check", str(tree.business))
    tree.python("-m", "ruff", "check", str(tree.business))
    tree.python("-m", "mypy", str(tree.business))


def test_the_read_model_takes_it_in(tree: Tree) -> None:
    chosen = ("-k", "every_business or every_event or query")
    tree.tests("tests/everybody/test_readmodel.py", *chosen)


def test_every_file_that_the_guide_names_is_there(tree: Tree) -> None:
    named = re.findall(r"^\| `([^`]+)` \|", GUIDE.partition("| file |")[2].partition("\n\n")[0], re.MULTILINE)
    assert set(named) == {
        path.name + "/" * path.is_dir() for path in tree.business.iterdir() if path.name[:2] != "__"
    } | {"__init__.py"}


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
    assert changed.index("    zebras.contract,") + 1 == changed.index("    openings.contract,")


def test_what_it_seals_is_listed(tree: Tree) -> None:
    tree.tests("src/linlian/community/openings/tests/test_views.py", "-k", "what_any_business_seals")


@pytest.mark.parametrize(
    ("file", "wrong"),
    [("src/linlian/community/funds/rules.py", "import nothing_like_it\n"), ("tools/reference/__main__.py", "1 / 0\n")],
    ids=["a business that does not import", "a failure halfway"],
)
def test_it_writes_all_or_nothing(tmp_path: Path, file: str, wrong: str) -> None:
    tree = Tree(tmp_path)
    path = tree.folder / file
    path.write_text(path.read_text(encoding="utf-8") + wrong, encoding="utf-8")
    before = tree.files()
    done = tree.run("-m", "tools.new", NAME)
    assert done.returncode == 1
    assert "nothing was written" in done.stderr
    assert wrong.strip().partition(" ")[2].split()[0] in done.stderr
    assert tree.files() == before
