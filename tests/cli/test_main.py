"""How a call is read, and how it ends."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from linlian.cli import main
from linlian.cli.main import all_verbs, split_global
from linlian.cli.verb import GROUPS
from tests.cli.shell import Shell


@pytest.fixture
def empty(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "nothing")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_help_reads_like_a_table_of_contents(tmp_path: Path, language: str) -> None:
    text = Shell(tmp_path, language).fine("--help")
    at = [text.index(f"\n  {verb.name} ") for verb in all_verbs()]
    grouped = sorted(range(len(at)), key=lambda number: GROUPS.index(all_verbs()[number].group))
    assert [at[number] for number in grouped] == sorted(at)


def test_each_verb_has_a_page(empty: Shell) -> None:
    for verb in all_verbs():
        page = empty.fine(verb.name, "--help")
        assert page.startswith(f"linlian {verb.name}")
        for option in verb.options:
            assert f"--{option.name}" in page


def test_the_version_is_said(empty: Shell) -> None:
    assert empty.fine("--version").startswith("Linlian 0.")


WRONG = [
    (("frobnicate",), 2, "cli.unknown_verb"),
    (("receipt",), 2, "cli.argument_missing"),
    (("status", "now"), 2, "cli.too_many_arguments"),
    (("key", "--siute", "p256"), 2, "cli.unknown_option"),
    (("key", "new", "--suite"), 2, "cli.value_missing"),
    (("key", "new", "a", "--suite", "p256", "--suite", "p256"), 2, "cli.option_twice"),
    (("name", "x", "--forget=yes"), 2, "cli.value_unwanted"),
    (("upgrade", "--at", "soon"), 3, "node.no_ledger"),
    (("status",), 3, "node.no_ledger"),
    (("do", "repairs.report-repiar"), 2, "cli.unknown_command"),
    (("do", "repairs.report-repair"), 2, "cli.option_missing"),
    (("verify", "nowhere.receipt"), 2, "cli.file_unreadable"),
    (("verify", "."), 3, "node.no_ledger"),
    (("backup", "there"), 3, "node.no_ledger"),
    (("init", "A name"), 2, "kernel.chain_name_invalid"),
    (("init", "x", "--founder", "someone"), 2, "cli.founder_wrong"),
    (("export", "no_such_query"), 2, "cli.unknown_query"),
]


@pytest.mark.parametrize(("typed", "code", "error"), WRONG)
def test_what_cannot_be_done_ends_with_a_code_and_a_sentence(
    empty: Shell, typed: tuple[str, ...], code: int, error: str
) -> None:
    assert empty.refused(*typed) == (code, error)
    for language in ("zh", "en"):
        said = Shell(empty.folder, language)(*typed)
        sentence, told = said.err.strip().split("\n")
        assert told.split()[0] == error
        assert error not in sentence
        assert said.out == ""


def test_a_near_miss_is_asked_back(empty: Shell) -> None:
    assert "Did you mean --suite?" in empty("key", "--siute", "p256").err


def test_the_language_is_checked_and_comes_from_option_setting_or_locale(tmp_path: Path) -> None:
    (tmp_path / "zh.toml").write_text('language = "zh"')
    config = ["--config", str(tmp_path / "zh.toml")]

    def said(*typed: str, **environment: str) -> str:
        out = io.StringIO()
        with redirect_stdout(out):
            main.run([*typed, "--version"], environment)
        return out.getvalue().split()[0]

    assert said(*config) == "邻链"
    assert said(*config, "--lang", "en") == "Linlian"
    assert said(LANG="zh_CN.UTF-8") == "邻链"
    assert said(LANG="zh_CN.UTF-8", LINLIAN_LANGUAGE="en") == "Linlian"
    assert main.run(["--lang", "fr", "status"], {}) == 2


def test_what_goes_for_every_verb_may_stand_anywhere() -> None:
    ours, rest = split_global(["do", "x", "--json", "--place", "p", "--folder", "f", "--lang=zh"])
    assert (ours, rest) == (["--json", "--folder", "f", "--lang=zh"], ["do", "x", "--place", "p"])
    assert split_global(["show", "--", "--json"]) == ([], ["show", "--", "--json"])
    assert split_global(["--help"]) == (["--help"], [])
    assert split_global(["do", "x", "--help"]) == ([], ["do", "x", "--help"])


def test_programs_get_one_json_value_and_errors_as_json(empty: Shell) -> None:
    verbs = empty.json("--help")
    assert {verb["verb"] for verb in verbs} >= {"init", "up", "do", "show", "verify"}
    error = json.loads(empty("--json", "frobnicate").err)["error"]
    assert error["code"] == "cli.unknown_verb"
    assert error["facts"] == {"verb": "frobnicate"}


def test_a_setting_that_is_wrong_stops_every_verb(empty: Shell, tmp_path: Path) -> None:
    config = tmp_path / "linlian.toml"
    config.write_text("fodler = 'x'")
    assert empty.refused("--config", str(config), "status") == (2, "settings.unknown_key")


def test_help_and_version_need_no_settings(empty: Shell, tmp_path: Path) -> None:
    missing = ("--config", str(tmp_path / "not-there.toml"))
    assert "verify" in empty.fine(*missing, "--help")
    assert "FILE" in empty.fine(*missing, "verify", "--help")
    assert empty.fine(*missing, "--version").strip()
    assert empty.refused(*missing, "status") == (2, "settings.no_file")
