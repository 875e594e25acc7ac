"""Keys and names at this machine."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from linlian.cli.keyring import Keyring, is_name
from linlian.kernel.crypto import SoftwareKey, key_id
from tests.cli.shell import Shell


def test_a_new_key_is_a_file_that_nobody_else_can_read(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "node")
    said = shell.json("key", "new", "小王", "--suite", "p256")
    path = tmp_path / "node" / "keys" / "小王.key"
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    key = SoftwareKey(told["suite"], bytes.fromhex(told["seed"]))
    assert said["public_key"] == key.public_key.hex()
    assert told["seed"] not in str(said)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "node").stat().st_mode) == 0o700


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.fine("key", "new", "anna")
    before = (tmp_path / "keys" / "anna.key").read_text()
    assert shell.refused("key", "new", "anna") == (3, "cli.key_exists")
    assert (tmp_path / "keys" / "anna.key").read_text() == before


def test_what_is_exported_is_public_and_can_be_used_elsewhere(shell: Shell, tmp_path: Path) -> None:
    elsewhere = Shell(tmp_path / "anna")
    elsewhere.fine("key", "new", "bob")
    elsewhere.fine("key", "export", "bob", "--out", str(tmp_path / "bob.pub"))
    told = tomllib.loads((tmp_path / "bob.pub").read_text())
    assert set(told) == {"suite", "public_key", "key"}
    assert told["key"] == key_id(told["suite"], bytes.fromhex(told["public_key"])).hex()
    assert elsewhere.fine("key", "export", "bob").strip() == (tmp_path / "bob.pub").read_text().strip()
    for public_key in (str(tmp_path / "bob.pub"), f"@{tmp_path / 'bob.pub'}"):
        said = shell("do", "identity.invite-resident", "--public-key", public_key, "--as", "property")
        assert said.code == (0 if public_key[0] != "@" else 1), said.err
    assert shell.refused("do", "identity.invite-resident", "--public-key", "nobody", "--as", "property")[0] == 2


def test_keys_are_listed_with_the_account_that_the_ledger_gives_them(shell: Shell) -> None:
    shell.fine("key", "new", "carl")
    listed = {key["name"]: key["account"] for key in shell.json("key", "list")}
    assert listed["carl"] == ""
    assert len(bytes.fromhex(listed["anna"])) == 16
    assert listed["anna"] == shell.json("key", "show", "anna")["account"]
    assert shell.fine("key") == shell.fine("key", "list")


def test_wrong_keys_are_told(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.refused("key", "new", "../escape") == (3, "cli.key_name_invalid")
    assert shell.refused("key", "new", "x", "--suite", "rsa") == (3, "cli.no_such_suite")
    assert shell.refused("key", "show", "nobody") == (3, "cli.no_such_key")
    assert shell.refused("key", "sell", "x") == (2, "cli.value_wrong")
    assert shell.refused("key", "new") == (2, "cli.argument_missing")
    shell.fine("key", "new", "x")
    (tmp_path / "keys" / "x.key").write_text("suite = 3")
    assert shell.refused("key", "show", "x") == (3, "cli.key_damaged")


def test_a_name_can_be_a_file_and_nothing_else() -> None:
    for name in ("anna", "3-101", "张三", "a.b_c"):
        assert is_name(name)
    for name in ("", ".hidden", "-x", "a/b", "a b", "a\x00", "x" * 65, "a\n"):
        assert not is_name(name)


def test_names_are_given_listed_and_forgotten(shell: Shell) -> None:
    flat = shell.json("name")["flat"]
    shell.fine("name", "门牌101", flat[:8])
    assert shell.json("name", "门牌101") == {"门牌101": flat}
    assert shell.json("show", "requests-of-place", "门牌101")[0]["place"] == flat
    assert shell.refused("name", "leak", flat) == (2, "cli.name_taken")
    assert shell.refused("name", flat, flat) == (2, "cli.name_invalid")
    shell.fine("name", "门牌101", "--forget")
    assert shell.refused("name", "门牌101", "--forget") == (2, "cli.no_such_name")


def test_a_damaged_file_of_names_is_told(shell: Shell) -> None:
    (shell.folder / "names.toml").write_text("flat = 3")
    assert shell.refused("show", "leak") == (3, "cli.names_damaged")


def test_a_prefix_that_several_begin_with_is_asked_back(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell.refused("show", "zzzz") == (2, "cli.unknown_id")
    assert shell.refused("show", "abc") == (2, "cli.too_few_digits")
    ids = [
        row["id"] for row in shell.json("show", "--sql", "SELECT DISTINCT lower(hex(item_id)) AS id FROM ledger_item")
    ]
    while len(ids) <= 16:  # of seventeen identifiers two begin with the same digit
        ids.append(shell.json("do", "identity.register-resident", "--as", "property")["transaction"])
    monkeypatch.setattr("linlian.cli.names.PREFIX_DIGITS_MIN", 1)
    digit = next(one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1)
    assert shell.refused("show", digit) == (2, "cli.ambiguous_id")


def test_a_keyring_remembers_the_account(shell: Shell) -> None:
    keyring = Keyring(shell.folder)
    assert keyring.get("anna").account is not None
    assert keyring.names() == ["anna", "once", "owners", "property", "street"]
