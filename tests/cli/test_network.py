"""Organisations on machines of their own come to one network: nobody's keys leave their folder, and all begin alike."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from linlian.cli.trust import read_trust
from tests.cli.shell import Shell

FOUNDERS = {
    "street": "government",
    "property": "property_company",
    "owners": "owners_committee",
    "auditor": "third_party",
}


@pytest.fixture
def prepared(tmp_path: Path) -> dict[str, Path]:
    """What each has sent to the others, from a folder of its own."""
    sent = {}
    for code, kind in FOUNDERS.items():
        shell = Shell(tmp_path / code)
        shell.fine("network", "prepare", "--founder", f"{code}:{kind}", "--address", f"{code}.example:26656")
        sent[code] = tmp_path / f"{code}.toml"
        sent[code].write_text((tmp_path / code / "member.toml").read_text())
    return sent


@pytest.fixture
def founding(prepared: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    told = Shell(tmp_path / "street").json("network", "compose", "sunrise", *map(str, prepared.values()))
    path = tmp_path / str(told["founding"])
    assert len(told["digest"]) == 64
    return path


def test_what_is_handed_over_holds_no_secret(prepared: dict[str, Path], founding: Path, tmp_path: Path) -> None:
    for code in FOUNDERS:
        config = tmp_path / code / "cometbft" / "config"
        secrets = [
            *(tomllib.loads(path.read_text())["seed"] for path in (tmp_path / code / "keys").glob("*.key")),
            *((config / name).read_text().split('"')[-2] for name in ("node_key.json", "priv_validator_key.json")),
        ]
        assert len(secrets) == 3
        for text in (prepared[code].read_text(), founding.read_text()):
            assert not any(secret in text for secret in secrets)


def test_all_begin_with_the_same(founding: Path, tmp_path: Path) -> None:
    told = [Shell(tmp_path / code).json("network", "accept", str(founding)) for code in FOUNDERS]
    assert len({(one["chain"], one["digest"]) for one in told}) == 1
    for name in ("genesis", "cometbft/config/genesis.json"):
        assert len({(tmp_path / code / name).read_bytes() for code in FOUNDERS}) == 1
    for code in FOUNDERS:
        config = tomllib.loads((tmp_path / code / "cometbft" / "config" / "config.toml").read_text())["p2p"]
        peers = {peer.partition("@")[2] for peer in config["persistent_peers"].split(",")}
        assert peers == {f"{other}.example:26656" for other in FOUNDERS if other != code}
        assert (config["laddr"], config["external_address"]) == ("tcp://0.0.0.0:26656", f"{code}.example:26656")
        (root,) = read_trust(tmp_path / code / "trust.toml").roots
        assert (root.chain, len(root.validators)) == (told[0]["chain"], 4)


def test_whoever_is_told_wrong_accepts_nothing(prepared: dict[str, Path], tmp_path: Path, founding: Path) -> None:
    theirs = tomllib.loads(prepared["owners"].read_text())
    founding.write_text(founding.read_text().replace(theirs["validator_key"], "11" * 32))
    said = Shell(tmp_path / "owners")("network", "accept", str(founding))
    assert "node.not_of_this_founding" in said.err
    founding.write_text("genesis = 'ff'")
    assert "node.member_unreadable" in Shell(tmp_path / "street")("network", "accept", str(founding)).err


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("prepare",), "cli.network_prepare"),
        (("prepare", "--founder", "a:government"), "cli.network_prepare"),
        (("prepare", "--founder", "a:nobody", "--address", "h:1"), "cli.founder_wrong"),
        (("prepare", "--founder", "a:government", "--address", "nowhere"), "node.address_wrong"),
        (("compose", "sunrise"), "cli.argument_missing"),
        (("compose", "sunrise", "gone.toml"), "node.member_unreadable"),
        (("accept",), "cli.argument_missing"),
        (("accept", "gone.toml"), "node.member_unreadable"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(tmp_path: Path, typed: tuple[str, ...], code: str) -> None:
    said = Shell(tmp_path / "node")("network", *typed)
    assert said.code != 0
    assert code in said.err


def test_a_node_that_has_begun_is_not_prepared_again(founding: Path, tmp_path: Path) -> None:
    shell = Shell(tmp_path / "street")
    shell.fine("network", "accept", str(founding))
    for typed in (("accept", str(founding)), ("prepare", "--founder", "street:government", "--address", "h:1")):
        assert "node.ledger_exists" in shell("network", *typed).err
