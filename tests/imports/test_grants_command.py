"""`linlian import grants` and `linlian export grants`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.imports.packages_360 import grant, to_somebody, write
from tests.imports.test_command import call, folder

__all__ = ["folder"]
Said = pytest.CaptureFixture[str]


def bring(node: Path, file: Path, *more: str, language: str = "en") -> int:
    return call(node, "import", "grants", str(file), *more, language=language)


def test_a_dry_run_then_the_import_then_out_and_nothing_more(folder: Path, tmp_path: Path, capsys: Said) -> None:
    file = write(tmp_path, grant(1), grant(2, amountAwarded=2), to_somebody(3))
    assert bring(folder, file, "--dry-run") == 0
    said = capsys.readouterr().out
    assert "£2,003.00" in said
    assert "Dry run, nothing was brought in: 3 grants in the file, 3 to import" in said
    assert bring(folder, file, "--as", "property") == 0
    assert "3 grants in the file: 3 imported" in capsys.readouterr().out
    out = tmp_path / "again.json"
    assert call(folder, "export", "grants", "--out", str(out), "--as", "property") == 0
    assert "3 grants, £2,003.00 in all" in capsys.readouterr().out
    assert [each["id"] for each in json.loads(out.read_bytes())["grants"]] == [
        f"360G-trust-{each}" for each in (1, 2, 3)
    ]
    assert bring(folder, out, "--as", "property") == 0
    assert "0 imported, 3 there already" in capsys.readouterr().out
    assert call(folder, "show", "all-publications", "--json") == 0
    assert '"recorded": 3' in capsys.readouterr().out


def test_wrong_grants_are_told_in_the_readers_language_and_written_down(
    folder: Path, tmp_path: Path, capsys: Said
) -> None:
    file = write(tmp_path, grant(1), grant(2, amountAwarded=-1))
    assert bring(folder, file, "--as", "property") == 1
    said = capsys.readouterr().out
    assert "/grants/1/amountAwarded" in said
    assert "1 of the 2 grants in the file are wrong, so nothing was imported" in said
    table = (tmp_path / "grants.rejected.csv").read_text(encoding="utf-8-sig")
    assert "import.amount_not_positive" in table
    assert "不是正数" in table
    assert bring(folder, file, "--as", "property", language="zh") == 1
    assert "什么都没有导入" in capsys.readouterr().out
    assert bring(folder, file, "--as", "property", "--leave-out", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["imported"], told["awarded_minor"], told["dry_run"]) == (1, {"GBP": 100_050}, False)
    assert told["rejected"] == [
        {"code": "import.amount_not_positive", "facts": {"at": "/grants/1/amountAwarded", "value": "-1"}}
    ]


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (("import", "grants", "{file}"), 2, "cli.option_missing"),
        (("import", "grants", "nowhere.json", "--dry-run"), 2, "import.file_missing"),
        (("import", "grants", "{file}", "--as", "owners"), 1, "import.not_allowed"),
        (("export", "grants", "--as", "property"), 2, "cli.option_missing"),
        (("export", "grants", "--out", "x.json", "--as", "property"), 2, "import.nothing_to_give"),
    ],
)
def test_what_is_typed_wrong_is_said(
    folder: Path, tmp_path: Path, capsys: Said, typed: tuple[str, ...], code: int, said: str
) -> None:
    file = write(tmp_path, grant(1))
    assert call(folder, *(part.format(file=file) for part in typed)) == code
    assert said in capsys.readouterr().err
