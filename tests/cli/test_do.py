"""`linlian do`: every command of every business, from what is typed to what stands on the ledger."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest

from linlian import node
from linlian.cli.doing import HOW
from linlian.cli.fields import FieldOption, fields_of, shape_of, time_of
from linlian.cli.main import GLOBAL
from linlian.kernel import codec
from linlian.kernel.codec import Content
from linlian.kernel.contract import CommandSpec
from linlian.vault import Contents, bare
from tests.cli.shell import Shell
from tests.vault.hostile_pictures import SECRET, exif, saved

COMMANDS = [spec for spec in node.rulebook().commands.values() if not spec.internal]
NOW = 1_767_225_600_000


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_every_field_of_every_command_is_an_option(spec: CommandSpec) -> None:
    options = fields_of(spec.kind)
    assert {option.field for option in options} == {field.name for field in msgspec.structs.fields(spec.kind)}
    ours = {option.name for option in (*HOW, *GLOBAL)}
    assert not ours & {option.name for option in options}
    for option in options:
        assert option.flag or option.choices or option.hint()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_every_command_explains_itself(tmp_path: Path, spec: CommandSpec, language: str) -> None:
    page = Shell(tmp_path, language).fine("do", spec.name, "--help")
    for option in fields_of(spec.kind):
        assert f"--{option.name}" in page


def test_all_commands_are_listed_and_timers_are_not(tmp_path: Path) -> None:
    listed = {entry["command"] for entry in Shell(tmp_path).json("do")}
    assert listed == {spec.name for spec in COMMANDS}
    assert "repairs.notice_overdue" not in listed


def test_a_command_is_found_with_dashes_and_without_its_business(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.fine("do", "report-repair", "--help") == shell.fine("do", "repairs.report_repair", "--help")


def test_what_was_done_is_told_and_stands_on_the_ledger(shell: Shell) -> None:
    said = shell.json("do", "repairs.triage-repair", "--case", "leak", "--urgency", "urgent", "--as", "property")
    assert said["outcome"] == "accepted"
    (entry,) = said["entries"]
    assert entry["type"] == "repairs.repair_triaged"
    (item,) = shell.json("show", "ledger.item", said["transaction"])
    assert item["command"] == "repairs.triage_repair"
    assert item["height"] == said["height"]


def test_a_refusal_is_a_sentence_with_its_code_and_leaves_no_trace(shell: Shell) -> None:
    before = shell.json("status")["height"]
    said = shell("do", "repairs.accept-repair", "--case", "leak", "--as", "anna")
    assert said.code == 1
    sentence, told = said.err.strip().split("\n")
    assert told.startswith("repairs.")
    assert sentence
    assert shell.json("status")["height"] == before


def test_a_refusal_can_be_put_on_the_record(shell: Shell) -> None:
    said = shell("--json", "do", "accept-repair", "--case", "leak", "--as", "anna", "--record-refusal")
    assert said.code == 1
    assert said.json["outcome"] == "refused"
    assert said.json["entries"][0]["type"] == "kernel.refused"
    (refusal,) = shell.json("show", "recent-refusals")
    assert refusal["command"] == "repairs.accept_repair"


def test_names_prefixes_and_whole_identifiers_mean_the_same(shell: Shell) -> None:
    case = shell.json("name", "leak")["leak"]
    told = [shell.json("show", "timeline", text)[0]["case_id"] for text in ("leak", case, case[:8], case[:5].upper())]
    assert set(told) == {case}


def test_a_name_that_is_taken_is_refused_before_anything_is_done(shell: Shell) -> None:
    before = shell.json("status")["height"]
    report = ("do", "report-repair", "--place", "flat", "--category", "water.leak", "--as", "anna")
    assert shell.refused(*report, "--call", "leak") == (2, "cli.name_taken")
    assert shell.refused(*report, "--call", "a/b") == (2, "cli.name_invalid")
    assert shell.json("status")["height"] == before


def test_what_is_private_is_sealed_on_the_way(shell: Shell, tmp_path: Path) -> None:
    photo = tmp_path / "leak.jpg"
    photo.write_bytes(saved("JPEG", exif=exif()))
    typed = ("--place", "flat", "--category", "water.leak", "--words", "钥匙在门卫", "--photos", f"@{photo}")
    said = shell.json("do", "report-repair", *typed, "--photos", "a second one", "--as", "anna")
    first, second = (
        codec.typed(Content, {name: bytes.fromhex(value) for name, value in each.items()})
        for each in said["entries"][0]["fields"]["photos"]
    )
    contents = Contents(shell.folder / "contents")
    assert contents._unsealed(first) == bare(photo.read_bytes()) != photo.read_bytes()
    assert contents._unsealed(second) == b"a second one"
    everything = b"".join(path.read_bytes() for path in shell.folder.rglob("*") if path.is_file())
    assert "钥匙在门卫".encode() not in everything
    assert photo.read_bytes() not in everything
    assert SECRET not in everything


def test_a_claimed_time_stands_beside_the_committed_one(shell: Shell) -> None:
    report = ("--place", "flat", "--category", "water.leak", "--as", "anna", "--occurred-at", "-2h", "--offline")
    said = shell.json("do", "report-repair", *report)
    assert said["time"] - said["entries"][0]["occurred_at"] == pytest.approx(7_200_000, abs=60_000)
    (item,) = shell.json("show", "ledger.item", said["transaction"])
    assert item["offline"] is True


WRONG = [
    (("--place", "flat", "--category", "no-such", "--as", "anna"), "cli.value_wrong"),
    (("--place", "nowhere", "--category", "water.leak", "--as", "anna"), "cli.unknown_id"),
    (("--place", "ab", "--category", "water.leak", "--as", "anna"), "cli.too_few_digits"),
    (("--category", "water.leak", "--as", "anna"), "cli.option_missing"),
    (("--place", "flat", "--category", "water.leak", "--as", "bob"), "cli.no_such_key"),
    (("--place", "flat", "--category", "water.leak", "--as", "../anna"), "cli.no_such_key"),
    (
        ("--place", "flat", "--category", "water.leak", "--words", "@/no/such/file", "--as", "anna"),
        "cli.file_unreadable",
    ),
    (("--place", "flat", "--category", "water.leak", "--occurred-at", "soon", "--as", "anna"), "cli.value_wrong"),
]


@pytest.mark.parametrize(("typed", "code"), WRONG)
def test_what_is_typed_wrong_is_told_before_anything_is_signed(shell: Shell, typed: tuple[str, ...], code: str) -> None:
    exit_code, said = shell.refused("do", "report-repair", *typed)
    assert said == code
    assert exit_code in (2, 3)


def test_a_key_that_the_community_does_not_know_cannot_sign(shell: Shell) -> None:
    shell.fine("key", "new", "stranger")
    report = ("--place", "flat", "--category", "water.leak", "--as", "stranger")
    assert shell.refused("do", "report-repair", *report) == (3, "cli.key_not_registered")


def test_bounds_of_a_number_are_the_ledgers(shell: Shell) -> None:
    typed = ("--kind", "building", "--parent", "grounds", "--number", "10000", "--as", "property")
    assert shell.refused("do", "places.register-place", *typed) == (2, "cli.field_invalid")


def test_naughty_strings_are_sealed_or_refused_and_nothing_breaks(shell: Shell) -> None:
    naughty = ("\x1b[31mred", "[bold]x[/bold]", "'; DROP TABLE ledger_item; --", "\u202eleft", "😀" * 500, "--help", "")
    for text in naughty:
        typed = ("--place", "flat", "--category", "water.leak", f"--words={text}", "--as", "anna")
        said = shell("do", "report-repair", *typed)
        assert said.code == 0, said.err
        assert "\x1b" not in said.out
    said = shell("show", "\x1b[31m")
    assert said.code == 2
    assert "\x1b" not in said.err


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("0", 0),
        ("-5", -5),
        ("1767225600000", NOW),
        ("2026-01-01T00:00:00+00:00", NOW),
        ("2026-01-01T08:00+08:00", NOW),
        ("+14d", NOW + 14 * 86_400_000),
        ("-90m", NOW - 5_400_000),
        ("+2w", NOW + 14 * 86_400_000),
        ("tomorrow", None),
        ("+14", None),
        ("--5", None),
        ("", None),
        ("²", None),
    ],
)
def test_a_time_is_read_in_the_ways_people_write_it(text: str, time: int | None) -> None:
    assert time_of(text, NOW) == time


def test_shapes_look_beneath_bounds_options_and_tuples() -> None:
    report = next(spec for spec in COMMANDS if spec.name == "repairs.report_repair")
    by_name: dict[str, FieldOption] = {option.field: option for option in fields_of(report.kind)}
    assert by_name["place"].shape.subject == "place"
    assert by_name["photos"].shape.many
    assert "water.leak" in by_name["category"].choices
    assert not by_name["urgency"].required
    assert shape_of(int | None).base is int


def test_keys_are_files_for_their_owner_alone(shell: Shell) -> None:
    for path in (shell.folder / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(shell.folder.stat().st_mode) == 0o700
