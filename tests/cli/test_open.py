"""`linlian open`: what is sealed is looked into by a command that stands on the ledger first, refused or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linlian.cli.verb import NO, USAGE
from tests.cli.shell import Shell


def test_a_reporter_reads_their_own_words_and_it_is_on_the_record(shell: Shell) -> None:
    said = shell.fine("open", "leak", "--purpose", "own_matter", "--as", "anna")
    assert "厨房水管漏水" in said
    (row,) = shell.json("show", "openings-of-case", "leak")
    assert (row["standing"], row["purpose"], row["fields"]) == ("author", "own_matter", "words")


def test_each_look_is_a_reading_of_its_own(shell: Shell) -> None:
    for _ in range(2):
        told = shell.json("open", "leak", "--purpose", "own_matter", "--as", "anna")
        assert [content["text"] for content in told["contents"]] == ["厨房水管漏水"]
    assert len(shell.json("show", "openings-of-case", "leak")) == 2


def test_a_refused_look_shows_nothing_and_stands_in_the_ledger(shell: Shell) -> None:
    said = shell("--json", "open", "leak", "--purpose", "repair", "--as", "owners")
    assert said.code == NO
    assert "漏水" not in said.out + said.err
    assert json.loads(said.out)["contents"] == []
    (row,) = shell.json("show", "openings-of-person", "anna")
    assert row["code"] == "openings.not_yours"


def test_a_door_number_is_opened_for_a_repair_there(shell: Shell) -> None:
    assert "101室" in shell.fine("open", "flat", "--case", "leak", "--purpose", "repair", "--as", "property")


def test_content_can_be_written_to_a_folder(shell: Shell, tmp_path: Path) -> None:
    shell.fine("open", "leak", "--purpose", "own_matter", "--as", "anna", "--to", str(tmp_path / "out"))
    (path,) = (tmp_path / "out").iterdir()
    assert path.read_text(encoding="utf-8") == "厨房水管漏水"


@pytest.mark.parametrize("what", ["house-3", "00" * 16])
def test_what_has_nothing_sealed_is_told(shell: Shell, what: str) -> None:
    assert shell.refused("open", what, "--purpose", "information", "--as", "anna") == (USAGE, "cli.nothing_sealed")


def test_who_signs_and_why_must_be_said(shell: Shell) -> None:
    assert shell.refused("open", "leak", "--as", "anna") == (USAGE, "cli.option_missing")
    assert shell.refused("open", "leak", "--purpose", "curiosity", "--as", "anna") == (USAGE, "cli.value_wrong")
