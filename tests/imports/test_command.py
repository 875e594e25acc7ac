"""`linlian import requests`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linlian.cli.main import run

LINES = [
    "service_request_id,status,service_code,requested_datetime,updated_datetime,expected_datetime,address",
    "1,closed,001,2024-05-01T10:00:00Z,2024-05-02T10:00:00Z,,Main St 5",
    "2,open,001,2024-06-01T10:00:00+02:00,,,Main St 5",
    "3,open,002,sometime,,,Oak St 1",
]


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    node = tmp_path / "node"
    assert call(node, "init", "sunrise") == 0
    roles = ("--roles", "officer", "--roles", "clerk")
    assert call(node, "do", "identity.change-roles", "--account", "property", *roles, "--as", "property") == 0
    capsys.readouterr()
    return node


@pytest.fixture
def file(tmp_path: Path) -> Path:
    mapping = tmp_path / "town.toml"
    built_in = Path(__file__).parents[2] / "src" / "linlian" / "imports" / "mappings" / "open311.toml"
    mapping.write_text(built_in.read_text(encoding="utf-8").replace('"json"', '"csv"'), encoding="utf-8")
    path = tmp_path / "cases.csv"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


def call(folder: Path, *typed: str, language: str = "en") -> int:
    return run(["--folder", str(folder), *typed], {"LANG": f"{language}_XX.UTF-8"})


def bring(folder: Path, file: Path, *more: str, language: str = "en") -> int:
    mapping = str(file.with_name("town.toml"))
    return call(folder, "import", "requests", str(file), "--mapping", mapping, *more, language=language)


def test_a_dry_run_then_the_import_then_nothing_more(
    folder: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bring(folder, file, "--dry-run") == 1, "a row was rejected"
    said = capsys.readouterr().out
    assert "Dry run, nothing was written: 2 records, 0 of them there already; 2 new places; 1 rows would be" in said
    assert "is no time in a form that the mapping names" in said
    assert bring(folder, file, "--as", "property") == 1
    assert "2 records imported, 2 new places" in capsys.readouterr().out
    file.write_text("\n".join(LINES[:3]), encoding="utf-8")
    assert bring(folder, file, "--as", "property") == 0
    assert "0 records imported, 0 new places; 2 were there already" in capsys.readouterr().out


def test_programs_get_one_json_value(folder: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bring(folder, file, "--as", "property", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["imported"], told["states"]) == (2, {"closed": 1, "open": 1})
    assert told["rejected"] == [{"line": 4, "code": "import.time_unreadable", "facts": {"value": "sometime"}}]
    assert Path(told["rejected_file"]).read_text(encoding="utf-8").count("\n") == 2


def test_it_speaks_chinese(folder: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bring(folder, file, "--dry-run", language="zh") == 1
    said = capsys.readouterr().out
    assert "试运行，什么都没有写" in said
    assert "已关闭" in said
    assert "未关闭" in said


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (("import", "everything", "FILE", "--mapping", "open311", "--dry-run"), 2, "requests"),
        (("import", "requests", "FILE", "--mapping", "open311"), 2, "--as"),
        (("import", "requests", "FILE", "--mapping", "atlantis", "--dry-run"), 2, "boston-311"),
        (("import", "requests", "nothing.csv", "--mapping", "boston-311", "--dry-run"), 2, "nothing.csv"),
        (("import", "requests", "FILE", "--mapping", "boston-311", "--dry-run"), 2, "case_enquiry_id"),
        (("import", "requests", "FILE", "--mapping", "boston-311", "--dry-run", "--encoding", "elvish"), 2, "elvish"),
        (("import", "requests", "FILE", "--mapping", "TOWN", "--as", "owners"), 1, "clerk"),
        (("import", "requests", "FILE", "--mapping", "TOWN", "--as", "nobody"), 3, "nobody"),
    ],
)
def test_what_cannot_be_done_says_why(
    folder: Path, file: Path, capsys: pytest.CaptureFixture[str], typed: tuple[str, ...], code: int, said: str
) -> None:
    paths = {"FILE": str(file), "TOWN": str(file.with_name("town.toml"))}
    assert call(folder, *(paths.get(word, word) for word in typed)) == code
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
