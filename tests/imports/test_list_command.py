"""`linlian import places` and `people`, as they are typed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from linlian.cli.main import run
from tests.imports.untidy import Row, Untidy


def call(folder: Path, *typed: str, language: str = "en") -> int:
    return run(["--folder", str(folder), *typed], {"LANG": f"{language}_XX.UTF-8"})


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    node = tmp_path / "node"
    assert call(node, "init", "sunrise") == 0
    roles = ("--roles", "officer", "--roles", "clerk")
    assert call(node, "do", "identity.change-roles", "--account", "property", *roles, "--as", "property") == 0
    capsys.readouterr()
    return node


@pytest.fixture
def houses(tmp_path: Path) -> str:
    path = tmp_path / "houses.xlsx"
    rows = [Row(["清册", ""]), Row([""]), Row(["房号", "面积"]), Row(["1-1-101", 80]), Row(["1-1-102", "约八十"])]
    Untidy({"表": rows}).write(path)
    return str(path)


@pytest.fixture
def people(tmp_path: Path) -> str:
    path = tmp_path / "people.xlsx"
    rows = [Row(["名册", ""]), Row([""]), Row(["房屋", "姓名", "身份"]), Row(["1-1-101", "赵一", "业主"])]
    Untidy({"表": rows}).write(path)
    return str(path)


def test_compared_brought_in_and_compared_again(
    folder: Path, houses: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call(folder, "import", "places", houses, "--dry-run") == 1, "a row stays out"
    said = capsys.readouterr().out
    assert "is no area" in said
    assert "Dry run, nothing was changed" in said
    with (tmp_path / "houses.difference.csv").open(encoding="utf-8-sig") as file:
        told = list(csv.reader(file))
    assert [row[1] for row in told[1:]] == ["4", "5"]
    assert "不是面积" in told[2][4]
    assert "is no area" in told[2][5]
    assert call(folder, "import", "places", houses, "--as", "property", "--json") == 1
    first = json.loads(capsys.readouterr().out)
    assert (first["counts"]["new"], first["counts"]["rejected"]) == (1, 1)
    assert first["rows"][1] == {
        "result": "rejected",
        "sheet": "表",
        "line": 5,
        "code": "import.area_unreadable",
        "facts": {"value": "约八十"},
    }
    assert call(folder, "import", "places", houses, "--as", "property", language="zh") == 1
    assert "不变" in capsys.readouterr().out


def test_letters_are_sealed_and_open_with_what_was_shown_once(
    folder: Path, houses: str, people: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call(folder, "import", "places", houses, "--as", "property")
    letters = str(tmp_path / "letters.sealed")
    capsys.readouterr()
    assert call(folder, "import", "people", people, "--as", "property", "--letters", letters) == 0
    said = capsys.readouterr().out
    assert "waits for the street office or the owners' committee to countersign" in said
    opening = said.split("shown this once: ")[1].split()[0]
    assert "赵一".encode() not in Path(letters).read_bytes()
    assert Path(letters).stat().st_mode & 0o077 == 0
    assert call(folder, "import", "letters", letters, "--opening", opening, "--json") == 0
    (letter,) = json.loads(capsys.readouterr().out)
    assert (letter["door"], letter["name"]) == ("1幢1单元101室", "赵一")
    assert len(bytes.fromhex(letter["once_key"])) == 32
    assert call(folder, "import", "letters", letters, "--opening", "00" * 64) == 2
    assert "cannot be opened" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (("import", "places", "FILE"), 2, "--as"),
        (("import", "places", "nothing.xlsx", "--dry-run"), 2, "nothing.xlsx"),
        (("import", "people", "FILE", "--dry-run"), 2, "headings"),
        (("import", "places", "FILE", "--as", "owners"), 1, "clerk"),
        (("import", "places", "FILE", "--dry-run", "--mapping", "nothing.toml"), 2, "nothing.toml"),
        (("import", "letters", "FILE"), 2, "opening"),
        (("import", "requests", "FILE", "--dry-run"), 2, "mapping"),
    ],
)
def test_what_cannot_be_done_says_why(
    folder: Path, houses: str, capsys: pytest.CaptureFixture[str], typed: tuple[str, ...], code: int, said: str
) -> None:
    assert call(folder, *(houses if word == "FILE" else word for word in typed)) == code
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
