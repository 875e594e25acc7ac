"""The guide for a new business, followed to the letter: what stands in it is built, tested, and used on a real node."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.tools.test_new import GUIDE, HOUSE_RULES, NAME, Tree

LINES_MAX = 200
HERE = Path(__file__).resolve().parent
pytestmark = pytest.mark.timeout(300)


def files() -> dict[str, str]:
    """The blocks of the guide that are files: their first line names the language and the path in the folder."""
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))


def typed(program: str) -> list[list[str]]:
    """What the guide lets one type into a terminal, of one program."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line[0] == program]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """What `make new` wrote, with the guide's files in place of its own."""
    tree = Tree(tmp_path_factory.mktemp("sample"))
    ((_, _, name),) = [line for line in typed("make") if line[1] == "new"]
    tree.python("-m", "tools.new", name.removeprefix("NAME="))
    for _, path in typed("rm"):
        (tree.folder / path).unlink()
    for path, text in files().items():
        (tree.business / path).parent.mkdir(exist_ok=True)
        (tree.business / path).write_text(text, encoding="utf-8")
    tree.python("-m", "tools.reference")
    return tree


def test_the_whole_of_it_is_small(tree: Tree) -> None:
    counted = {path: len([line for line in text.splitlines() if line.strip()]) for path, text in files().items()}
    assert {"rules.py", "views.py", "pages.py", "words.toml", "templates/bays.html", "tests/test_rules.py"} < {*counted}
    del counted["README.md"]
    assert sum(counted.values()) < LINES_MAX
    left = {str(path.relative_to(tree.business)) for path in tree.business.rglob("*.*") if path.suffix != ".pyc"}
    assert left == {*files(), "tests/__init__.py"}, "something of the scaffold is still there"


def test_what_is_edited_outside_its_folder_is_six_lines_that_make_new_writes(tree: Tree) -> None:
    community = HERE.parents[1] / "src" / "linlian" / "community"
    grown = {}
    for path in sorted(community.rglob("*.*")):
        there = tree.business.parent / path.relative_to(community)
        if path.suffix != ".pyc" and path.read_bytes() != there.read_bytes():
            added = len(there.read_bytes().splitlines()) - len(path.read_bytes().splitlines())
            grown[str(path.relative_to(community))] = added
    assert grown == {"__init__.py": 2, "openings/rules.py": 2, "openings/views.py": 2}


def test_its_own_tests_pass(tree: Tree) -> None:
    assert "1 passed" in tree.tests(str(tree.business))


def test_the_rules_of_the_house_hold(tree: Tree) -> None:
    architecture = [f"tests/architecture/test_{name}.py" for name in HOUSE_RULES]
    bearing = f"{NAME} or table or ring or itself or consensus or blindly or short or a_business_is_small or reference"
    tree.tests(*architecture, "tests/everybody/test_steps.py", "-k", bearing)


def test_it_is_formatted_linted_and_typed(tree: Tree) -> None:
    tree.python("-m", "ruff", "format", "--check", str(tree.business))
    tree.python("-m", "ruff", "check", str(tree.business))
    tree.python("-m", "mypy", str(tree.business))


def test_its_rows_and_questions_are_as_everybodys(tree: Tree) -> None:
    chosen = ("-k", NAME)
    tree.tests("tests/everybody/test_readmodel.py", "tests/everybody/test_query_plans.py", *chosen)


def test_it_is_used_on_a_real_node(tree: Tree) -> None:
    """Signed, in a block, an event, a row, a page, and a receipt that is checked: `through_a_node.py`."""
    assert "1 passed" in tree.tests(str(tree.folder / "tests" / "tools" / "through_a_node.py"))


def test_the_commands_of_the_guide_work(tree: Tree, tmp_path: Path) -> None:
    lines = typed("linlian")
    assert len(lines) == 5
    said = ["--folder", str(tmp_path / "node"), "--lang", "en"]
    outputs = [tree.python("-m", "linlian.cli.main", *said, *arguments[1:]) for arguments in lines]
    assert "--words" in outputs[1]
    assert "lends a bay until" in outputs[2]
    assert "bay" in outputs[3]
    assert "Complete up to block 1" in outputs[4]
