"""Backup, restore, and a new chain that goes on from an old one."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from linlian.imports.money.same import key_of
from linlian.vault import Contents
from tests.cli.shell import Shell

TRIAGE = ("do", "triage-repair", "--case", "leak", "--urgency", "minor", "--as", "property")


@pytest.fixture
def backup(shell: Shell, tmp_path: Path) -> Path:
    """A backup with the keys, of a node that has signed for its end."""
    shell.fine("history", "leak")
    shell.fine("backup", str(tmp_path / "backup"), "--with-keys")
    return tmp_path / "backup"


def fresh(backup: Path, folder: Path) -> Shell:
    """The command line on a machine that has nothing but the operator's key."""
    folder.mkdir(mode=0o700)
    shutil.copy(backup / "operator.key", folder / "operator.key")
    return Shell(folder)


def test_a_backup_is_a_guarded_folder_with_all_that_is_needed(shell: Shell, backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert {path.name for path in backup.iterdir()} == {
        *("ledger.sqlite", "contents", "names.toml", "backup.toml", "operator.key", "keys"),
    }
    assert len(list(Contents(backup / "contents").files())) == len(list(Contents(shell.folder / "contents").files()))
    assert shell.json("verify", str(backup), "--replay")["vouched_until"] == shell.json("status")["height"]
    assert "If somebody altered both" in shell.fine("verify", str(backup))
    assert shell.refused("backup", str(backup)) == (3, "node.target_exists")


def test_a_ledgers_bare_file_can_be_restored_too(shell: Shell, backup: Path) -> None:
    shell.fine("restore", str(backup / "ledger.sqlite"), "--replace", "--new-chain")
    assert shell.json("show", "open-requests")[0]["state"] == "reported"


def test_without_being_asked_a_backup_holds_no_keys(shell: Shell, tmp_path: Path) -> None:
    shell.fine("backup", str(tmp_path / "b"))
    assert not (tmp_path / "b" / "operator.key").exists()
    assert not (tmp_path / "b" / "keys").exists()


def test_the_key_by_which_funds_know_people_again_comes_back(shell: Shell, tmp_path: Path) -> None:
    key = key_of(shell.folder)
    shell.fine("history", "leak")
    shell.fine("backup", str(tmp_path / "b"))
    (shell.folder / "funds.key").unlink()
    shell.fine("restore", str(tmp_path / "b"), "--replace")
    assert key_of(shell.folder) == key


def test_a_lost_ledger_goes_on_from_its_backup(shell: Shell, backup: Path) -> None:
    height = shell.json("status")["height"]
    (shell.folder / "ledger.sqlite").unlink()
    said = shell.json("restore", str(backup))
    assert (said["height"], said["predecessor"]) == (height, "")
    assert shell.json(*TRIAGE)["height"] == height + 1
    assert shell.json("history", "leak")["count"] == 2


def test_a_ledger_that_is_there_is_not_written_over(shell: Shell, backup: Path) -> None:
    assert shell.refused("restore", str(backup)) == (3, "node.ledger_exists")
    shell.fine("restore", str(backup), "--replace")
    assert [path.name for path in shell.folder.glob("ledger.sqlite.before-*") if "-wal" not in path.name]


def test_a_restored_backup_never_makes_the_node_sign_a_second_history(shell: Shell, backup: Path) -> None:
    shell.json(*TRIAGE)
    shell.json("history", "leak")
    assert shell.refused("restore", str(backup), "--replace") == (3, "node.may_not_continue")
    assert shell.json("history", "leak")["count"] == 2, "what was there is untouched"
    shutil.copy(backup / "ledger.sqlite", shell.folder / "ledger.sqlite")
    assert shell.refused("history", "leak")[1] == "engine.below_watermark"


def test_without_a_watermark_nobody_knows_what_was_signed(backup: Path, tmp_path: Path) -> None:
    new = fresh(backup, tmp_path / "new")
    assert new.refused("restore", str(backup)) == (3, "node.may_not_continue")
    assert not (tmp_path / "new" / "ledger.sqlite").exists()


def test_a_new_chain_takes_over_state_contents_names_and_queries(shell: Shell, backup: Path, tmp_path: Path) -> None:
    old = shell.json("status")
    new = fresh(backup, tmp_path / "new")
    said = new.json("restore", str(backup), "--new-chain")
    assert said["predecessor"] == old["chain"]
    assert said["chain"] != old["chain"]
    assert new.json("show", "open-requests") == shell.json("show", "open-requests")
    assert new.json(*TRIAGE)["height"] == 1
    shown = new.json("history", "leak")
    assert shown["count"] == 1
    assert [entry["height"] < 0 for entry in shown["entries"]] == [True, False]
    assert new.json("show", "open-requests")[0]["state"] == "triaged"


def test_a_new_chain_proves_what_it_took_over(backup: Path, tmp_path: Path) -> None:
    new = fresh(backup, tmp_path / "new")
    said = new.json("restore", str(backup), "--new-chain")
    assert "the state that it took over is the one of that ledger" in new.fine("verify", str(new.folder), "--replay")
    kept = new.folder / "predecessors" / f"{said['predecessor']}.sqlite"
    assert new.json("verify", str(kept))["chain"] == said["predecessor"]
    with closing(sqlite3.connect(kept)) as db:
        (height,) = db.execute("SELECT max(height) FROM header").fetchone()
        db.execute("DELETE FROM header WHERE height = ?", (height,))
        db.execute("DELETE FROM block WHERE height = ?", (height,))
        db.commit()
    assert new("verify", str(new.folder)).code != 0


def test_old_receipts_stay_good_beside_the_new_chain(shell: Shell, backup: Path, tmp_path: Path) -> None:
    item = shell.json("show", "block")["items"][0]["item_id"]
    shell.fine("receipt", item, str(tmp_path / "old.receipt"))
    shell.json(*TRIAGE)
    shell.json("history", "leak")
    shell.json("restore", str(backup), "--replace", "--new-chain")
    said = shell.json("verify", str(tmp_path / "old.receipt"))
    assert said["vouched"] == "operator"
    proof = tmp_path / "new.history"
    shell.fine("history", "leak", "--proof", str(proof))
    assert shell.json("verify", str(proof))["vouched"] == "operator"
    assert (shell.folder / "predecessors" / f"{said['chain']}.watermark").exists()


def test_the_read_model_of_a_new_chain_can_be_made_anew(backup: Path, tmp_path: Path) -> None:
    new = fresh(backup, tmp_path / "new")
    new.json("restore", str(backup), "--new-chain")
    new.json(*TRIAGE)
    before = new.json("show", "timeline", "leak")
    for path in new.folder.glob("readmodel.sqlite*"):
        path.unlink()
    assert new.json("show", "timeline", "leak") == before


def test_a_new_chain_needs_the_operators_key(backup: Path, tmp_path: Path) -> None:
    new = Shell(tmp_path / "new")
    (backup / "operator.key").rename(tmp_path / "operator.key")
    assert new.refused("restore", str(backup), "--new-chain") == (3, "node.no_operator_key")
    (tmp_path / "new" / "operator.key").write_text("11" * 32)
    assert new.refused("restore", str(backup), "--new-chain") == (3, "node.operator_key_differs")


def test_a_damaged_backup_is_not_restored(shell: Shell, backup: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(backup / "ledger.sqlite")) as db, db:
        db.execute("UPDATE block SET body = zeroblob(length(body)) WHERE height = 2")
    new = fresh(backup, tmp_path / "new")
    said = new("--json", "restore", str(backup), "--new-chain")
    assert (said.code, said.json["restored"]) == (1, False)
    assert not (new.folder / "ledger.sqlite").exists()


def test_a_backup_that_is_not_what_it_says_is_not_restored(backup: Path, tmp_path: Path) -> None:
    manifest = backup / "backup.toml"
    manifest.write_text(manifest.read_text().replace("height = ", "height = 1"))
    new = fresh(backup, tmp_path / "new")
    assert new("restore", str(backup), "--new-chain").code != 0
    assert not (new.folder / "ledger.sqlite").exists()
