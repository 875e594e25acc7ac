"""`linlian show` and `linlian export`: any query, a block, a transaction, a thing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from linlian import node
from linlian.readmodel.query import Query
from tests.cli.shell import Shell

QUERIES = list(node.queries().values())


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_every_query_can_be_asked_and_explains_itself(shell: Shell, query: Query) -> None:
    page = shell.fine("show", query.name, "--help")
    typed: list[str] = []
    for part in query.parameters.values():
        assert f"--{part.name.replace('_', '-')}" in page
        if part.required:
            typed.append(
                {bytes: "leak", int: "1", bool: "yes"}.get(part.kind, part.choices[0] if part.choices else "x")
            )
    said = shell("--json", "show", query.name, *typed)
    if said.code == 2:  # a value of the right kind can still be out of this query's bounds, and is told as such
        assert json.loads(said.err)["error"]["code"] == "readmodel.wrong_parameter"
        return
    assert said.code in (0, 1), said.err
    assert all(set(row) == {name for name, _ in query.columns} for row in said.json)


def test_all_queries_are_listed(shell: Shell) -> None:
    assert [entry["query"] for entry in shell.json("show")] == [query.name for query in QUERIES]


def test_parameters_are_options_and_what_must_be_given_may_stand_alone(shell: Shell) -> None:
    by_place = shell.json("show", "requests-of-place", "flat")
    assert by_place == shell.json("show", "repairs.requests_of_place", "--place", "flat")
    assert [row["state"] for row in by_place] == ["reported"]
    assert shell.json("show", "open-requests", "--state", "closed") == []
    assert shell.json("show", "staff.shifts-of", "--account", "anna", "--state", "ended") == [], (
        "beside what must be given"
    )
    assert shell.refused("show", "staff.shifts-of", "--account", "anna", "--state", "gone") == (
        2,
        "readmodel.wrong_parameter",
    )
    assert shell.refused("show", "requests-of-place") == (2, "cli.argument_missing")
    assert shell.refused("show", "open-requests", "--limit", "0") == (2, "readmodel.wrong_parameter")
    assert shell.refused("show", "open-requests", "--limit", "many") == (2, "cli.value_wrong")


def test_nothing_is_said_as_nothing(shell: Shell) -> None:
    assert shell.fine("show", "open-requests", "--state", "closed") == "Nothing.\n"
    assert shell("show", "ledger.item", "00" * 32).code == 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_table_is_for_people(shell: Shell, language: str) -> None:
    text = Shell(shell.folder, language).fine("show", "open-requests")
    assert {"zh": "漏水", "en": "Water leak"}[language] in text
    assert "leak" in text
    assert "\x1b" not in text


def test_a_block_shows_its_header_and_receipts(shell: Shell) -> None:
    head = shell.json("status")["height"]
    block = shell.json("show", "block", str(head))
    assert block["height"] == head
    assert [item["command"] for item in block["items"]] == ["repairs.report_repair"]
    assert shell.json("show", "block") == block
    assert shell.json("show", "block", "0")["items"][0]["command"] == "identity.found_community"
    assert shell.refused("show", "block", str(head + 1)) == (2, "cli.no_such_block")
    assert shell.refused("show", "block", "first") == (2, "cli.no_such_block")


def test_a_transaction_shows_what_it_led_to(shell: Shell) -> None:
    item = shell.json("show", "block")["items"][0]["item_id"]
    shown = shell.json("show", "transaction", item)
    assert shown["outcome"] == "accepted"
    assert shown["entries"][0]["type"] == "repairs.repair_reported"
    assert shell.json("show", item[:10]) == shown
    assert item in shell.fine("show", item)


def test_a_thing_shows_its_last_entries(shell: Shell) -> None:
    shown = shell.json("show", "leak")
    assert [entry["type"] for entry in shown["entries"]] == ["repairs.repair_reported"]
    assert "anna reported at flat" in shell.fine("show", "leak")
    assert shell.refused("show", "nothing-like-it") == (2, "cli.unknown_id")


def test_a_thing_of_a_known_kind_is_shown_as_it_stands_now(shell: Shell) -> None:
    assert shell.json("show", "case", "leak") == shell.json("show", "repairs.request", "leak")
    assert shell.json("show", "place", "flat")[0]["kind"] == "dwelling"
    assert shell.json("show", "account", "anna")[0]["status"] == "active"


def test_sql_of_ones_own_reads_and_cannot_write(shell: Shell) -> None:
    rows = shell.json("show", "--sql", "SELECT command, COUNT(*) AS n FROM ledger_item GROUP BY 1 ORDER BY n DESC")
    assert rows[0] == {"command": "places.register_place", "n": 4}
    for sql in ("DELETE FROM ledger_item", "SELECT nonsense", "PRAGMA user_version = 7"):
        assert shell.refused("show", "--sql", sql) == (2, "readmodel.wrong_sql")
    assert shell.json("show", "--sql", "SELECT COUNT(*) AS n FROM ledger_item") == [
        {"n": sum(row["n"] for row in rows)}
    ]


def test_an_export_holds_what_the_query_shows(shell: Shell, tmp_path: Path) -> None:
    shown = shell.json("show", "ledger.outcomes")
    shell.fine("export", "ledger.outcomes", "--out", str(tmp_path / "o.jsonl"))
    assert [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()] == shown
    shell.fine("export", "ledger.outcomes", "--out", str(tmp_path / "o.csv"))
    with (tmp_path / "o.csv").open(newline="") as file:
        assert [{**row, "items": int(row["items"])} for row in csv.DictReader(file)] == shown
    assert shell.fine("export", "ledger.outcomes").splitlines()[0] == "command,outcome,code,items"
    assert shell.fine("export", "--sql", "SELECT 1 AS one", "--format", "jsonl") == '{"one": 1}\n'
    assert shell.refused("export", "ledger.outcomes", "--format", "xls") == (2, "cli.value_wrong")
    assert shell.refused("export", "ledger.outcomes", "--out", str(tmp_path)) == (2, "cli.file_unwritable")
