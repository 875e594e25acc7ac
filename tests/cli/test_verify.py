"""`history`, `receipt` and `verify`: proofs made here and checked without the node."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from linlian.kernel import codec
from linlian.kernel.checkpoint import cosign_checkpoint, parse_note, verifier_key
from linlian.kernel.codec import replace
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.proof import ReceiptFile, read_file
from linlian.kernel.transaction import open_transaction
from tests.cli.shell import Shell

WITNESS = SoftwareKey("ed25519", b"w" * 32)


@pytest.fixture
def receipt(shell: Shell, tmp_path: Path) -> Path:
    """The receipt of the report."""
    item = shell.json("show", "block")["items"][0]["item_id"]
    shell.fine("receipt", item, str(tmp_path / "leak.receipt"))
    return tmp_path / "leak.receipt"


@pytest.fixture
def stranger(tmp_path: Path) -> Shell:
    """Somebody elsewhere, with no node."""
    return Shell(tmp_path / "elsewhere")


def test_a_receipt_is_checked_offline_and_says_who_vouches(shell: Shell, receipt: Path) -> None:
    said = shell.json("verify", str(receipt))
    assert said["verified"] is True
    assert said["vouched"] == "operator"
    assert said["command"] == "repairs.report_repair"
    assert said["entries"][0]["type"] == "repairs.repair_reported"
    assert "it could show others another history" in shell.fine("verify", str(receipt))


def test_without_a_trust_file_nobody_vouches_and_that_is_said(stranger: Shell, receipt: Path) -> None:
    said = stranger("--json", "verify", str(receipt))
    assert (said.code, said.json["verified"], said.json["vouched"]) == (1, False, "nobody")
    said = stranger("verify", str(receipt))
    assert said.code == 1
    assert "Follows from itself, but is not verified" in said.out
    assert "Nobody you trust vouches" in said.out


def test_a_trust_file_that_names_somebody_else_does_not_verify_it(
    stranger: Shell, receipt: Path, tmp_path: Path
) -> None:
    trust = tmp_path / "trust.toml"
    trust.write_text(f'[[signer]]\nname = "example.org/other"\nkey = "{WITNESS.public_key.hex()}"\n')
    said = stranger("--json", "verify", str(receipt), "--trust", str(trust))
    assert (said.code, said.json["verified"]) == (1, False)


def test_a_trusted_name_with_another_key_does_not_verify_it(stranger: Shell, receipt: Path, tmp_path: Path) -> None:
    chain = read_file(receipt.read_bytes()).chain
    trust = tmp_path / "trust.toml"
    trust.write_text(f'[[signer]]\nname = "linlian/{chain}/operator"\nkey = "{WITNESS.public_key.hex()}"\n')
    assert stranger("verify", str(receipt), "--trust", str(trust)).code == 1


def test_a_witness_is_counted(stranger: Shell, receipt: Path, tmp_path: Path) -> None:
    file = read_file(receipt.read_bytes())
    assert isinstance(file, ReceiptFile)
    line = cosign_checkpoint(parse_note(file.anchor.note).text, "example.org/witness", WITNESS, 1_767_225_600)
    anchor = replace(file.anchor, note=file.anchor.note + line)
    receipt.write_bytes(codec.encode(replace(file, anchor=anchor)))
    trust = tmp_path / "trust.toml"
    key = verifier_key("example.org/witness", 4, WITNESS.public_key)
    trust.write_text(f'[[signer]]\nname = "example.org/witness"\nkey = "{key}"\n')
    said = stranger.json("verify", str(receipt), "--trust", str(trust))
    assert (said["vouched"], said["trusted"]) == ("witnesses", ["example.org/witness"])


def test_a_strict_receipt_says_on_what_its_key_rests(shell: Shell, receipt: Path, tmp_path: Path) -> None:
    assert shell.refused("verify", str(receipt), "--strict") == (1, "kernel.grounds_not_shown")
    file = read_file(receipt.read_bytes())
    assert isinstance(file, ReceiptFile)
    identifier = open_transaction(file.item, file.chain).id.hex()
    strict = tmp_path / "strict.receipt"
    assert shell("receipt", identifier, str(strict), "--strict").code == 0
    said = shell.json("verify", str(strict), "--strict")
    assert said["verified"]
    assert [step["command"].partition(".")[2] for step in said["grounds"]][-1] == "accept_invitation"
    assert shell.json("verify", str(strict))["grounds"] is None
    assert "rests on signed commands" in shell("verify", str(strict), "--strict").out


def test_a_redacted_receipt_says_what_it_withholds(shell: Shell, receipt: Path, tmp_path: Path) -> None:
    file = read_file(receipt.read_bytes())
    assert isinstance(file, ReceiptFile)
    transaction = open_transaction(file.item, file.chain)
    outside = tmp_path / "outside.receipt"
    shell.fine("receipt", transaction.id.hex(), str(outside), "--redacted")
    said = shell.json("verify", str(outside))
    assert (said["verified"], said["outcome"], said["entries"]) == (True, "accepted", [])
    assert (said["item_id"], said["withheld"]) == (transaction.id.hex(), len(file.entries))
    assert "who signed what is withheld" in shell.fine("verify", str(outside))
    data = outside.read_bytes()
    assert [
        part for part in (transaction.body.signer, transaction.body.nonce, transaction.key_id) if part in data
    ] == []
    assert shell.refused("verify", str(outside), "--strict") == (2, "cli.strict_is_for_receipts")


SIGNER = '[[signer]]\nname = "x"\nkey = '


@pytest.mark.parametrize(
    "text", ["", "not toml =", "signer = 1", "[[signer]]\nname = 3", f'{SIGNER}"00"', f'{SIGNER}"a+b+c"', f"{SIGNER}7"]
)
def test_a_trust_file_that_cannot_be_read_is_told(stranger: Shell, receipt: Path, tmp_path: Path, text: str) -> None:
    trust = tmp_path / "trust.toml"
    trust.write_text(text)
    assert stranger.refused("verify", str(receipt), "--trust", str(trust)) == (2, "cli.trust_unreadable")


def test_every_altered_byte_of_a_receipt_is_found(shell: Shell, receipt: Path) -> None:
    data = receipt.read_bytes()
    for at in range(0, len(data), 97):
        altered = bytearray(data)
        altered[at] ^= 0x01
        receipt.write_bytes(altered)
        said = shell("verify", str(receipt))
        assert said.code in (1, 2), f"byte {at}: {said.out}"
        assert "Traceback" not in said.err


def test_what_is_no_proof_is_told(stranger: Shell, tmp_path: Path) -> None:
    for data in (b"", b"hello", b"\xa0", b"SQLite format 3\x00", b"\xa1fformatalinlian/receipt/9"):
        (tmp_path / "thing").write_bytes(data)
        assert stranger("verify", str(tmp_path / "thing")).code in (1, 2)


def test_a_history_is_complete_and_its_proof_is_a_file(shell: Shell, stranger: Shell, tmp_path: Path) -> None:
    shell.fine("do", "triage-repair", "--case", "leak", "--urgency", "minor", "--as", "property")
    proof = tmp_path / "leak.history"
    shown = shell.json("history", "leak", "--proof", str(proof))
    assert shown["count"] == 2
    assert [entry["number"] for entry in shown["entries"]] == [1, 2]
    told = stranger("--json", "verify", str(proof))
    assert told.code == 1, "complete, but nobody whom the stranger trusts vouches for it"
    said = told.json
    assert said["count"] == 2
    assert [entry["type"] for entry in said["entries"]] == [entry["type"] for entry in shown["entries"]]
    text = shell.fine("history", "leak")
    assert "Complete up to block" in text
    assert re.search(r"2\s+20\d\d-", text)


def test_the_whole_ledger_is_verified_and_executed_again(shell: Shell) -> None:
    said = shell.json("verify", str(shell.folder), "--replay")
    assert said["verified"] is True
    assert said["replayed"] == said["height"] + 1
    shell.json("history", "leak")  # signs a checkpoint, so a watermark vouches for the end
    assert shell.json("verify", str(shell.folder))["vouched_until"] == said["height"]


def test_without_an_anchor_nothing_vouches_for_the_end(shell: Shell, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes((shell.folder / "ledger.sqlite").read_bytes())
    assert shell.json("verify", str(copy))["vouched_until"] is None
    assert "Nothing outside this file vouches for its end" in shell.fine("verify", str(copy))


def test_a_tail_cut_off_is_found_by_an_anchor(shell: Shell, receipt: Path, tmp_path: Path) -> None:
    height = shell.json("status")["height"]
    old = tmp_path / "old"
    shell.fine("backup", str(old))
    shell.fine("do", "triage-repair", "--case", "leak", "--urgency", "minor", "--as", "property")
    shell.fine("history", "leak", "--proof", str(tmp_path / "new.history"))
    said = shell("--json", "verify", str(old), "--anchor", str(tmp_path / "new.history"))
    assert (said.code, said.json["code"]) == (1, "store.truncated")
    assert said.json["facts"]["height"] == height + 1
    assert shell.json("verify", str(old), "--anchor", str(receipt))["vouched_until"] == height


def test_an_edited_row_is_found_and_where(shell: Shell, tmp_path: Path) -> None:
    shell.fine("backup", str(tmp_path / "b"))
    ledger = tmp_path / "b" / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as db, db:
        db.execute("UPDATE block SET body = zeroblob(length(body)) WHERE height = 3")
    said = shell("--json", "verify", str(tmp_path / "b"))
    assert said.code == 1
    assert said.json["facts"]["height"] == 3
    assert "NOT verified" in shell("verify", str(ledger)).out


def test_two_histories_of_one_height_are_told_apart(shell: Shell, receipt: Path, tmp_path: Path) -> None:
    file = read_file(receipt.read_bytes())
    height = file.anchor.header.height
    mark = tmp_path / "mark"
    mark.write_text(f"{height} {'ab' * 32}\n")
    said = shell("--json", "verify", str(receipt), "--anchor", str(mark))
    assert (said.code, said.json["code"]) == (1, "cli.two_histories")
    assert "agrees" in shell.fine("verify", str(receipt), "--anchor", str(receipt))
    assert shell.refused("verify", str(receipt), "--anchor", str(tmp_path / "none")) == (2, "node.anchor_unreadable")


def test_a_checkpoint_note_is_an_anchor_too(shell: Shell, receipt: Path, tmp_path: Path) -> None:
    note = tmp_path / "checkpoint"
    note.write_bytes(read_file(receipt.read_bytes()).anchor.note)
    height = shell.json("status")["height"]
    assert shell.json("verify", str(shell.folder), "--anchor", str(note))["vouched_until"] == height
    shell.fine("backup", str(tmp_path / "b"))
    shell.fine("do", "triage-repair", "--case", "leak", "--urgency", "minor", "--as", "property")
    shell.fine("history", "leak", "--proof", str(tmp_path / "h"))
    note.write_bytes(read_file((tmp_path / "h").read_bytes()).anchor.note)
    said = shell("--json", "verify", str(tmp_path / "b"), "--anchor", str(note))
    assert (said.code, said.json["code"]) == (1, "store.truncated")


def test_a_receipt_of_nothing_is_refused(shell: Shell) -> None:
    assert shell.refused("receipt", "00" * 32) == (2, "cli.unknown_id")
