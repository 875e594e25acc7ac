"""`verify` of what several organisations have signed: who vouches by name, and which code says why nobody does."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from linlian.cli.trust import network_text, read_trust, write_network
from linlian.kernel import codec
from linlian.kernel.codec import replace
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.lightclient import DAY_MS, TRUSTING_PERIOD_MS, TrustRoot
from linlian.kernel.proof import read_file
from linlian.testing.validators import Validators
from tests.cli.shell import Shell

KEYS = [SoftwareKey("ed25519", b"c%31d" % number) for number in range(8)]
NAMES = {KEYS[0].public_key: "Street office", KEYS[1].public_key: "Property 物业", KEYS[2].public_key: 'The "owners"'}


@pytest.fixture
def file(shell: Shell, tmp_path: Path) -> Any:
    """The receipt of the report, as its operator hands it out."""
    item = shell.json("show", "block")["items"][0]["item_id"]
    shell.fine("receipt", item, str(tmp_path / "alone"))
    return read_file((tmp_path / "alone").read_bytes())


@pytest.fixture
def four(file: Any) -> Validators:
    return Validators(file.chain, dict.fromkeys(KEYS[:4], 10))


@pytest.fixture
def stranger(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "elsewhere")


def root_of(validators: Validators, time: int, height: int = 1) -> TrustRoot:
    return TrustRoot(validators.chain, height, time, validators.set)


def written(path: Path, data: Any) -> str:
    path.write_bytes(codec.encode(data)) if not isinstance(data, str) else path.write_text(data, encoding="utf-8")
    return str(path)


@pytest.fixture
def receipt(file: Any, four: Validators, tmp_path: Path) -> str:
    """The same, signed by three of four organisations."""
    anchor = four.vouch(file.anchor, 9, absent=[KEYS[3]])
    return written(tmp_path / "together.receipt", replace(file, anchor=anchor))


@pytest.fixture
def trust(file: Any, four: Validators, tmp_path: Path) -> str:
    return written(tmp_path / "trust.toml", network_text(root_of(four, file.anchor.header.time), NAMES))


def test_the_organisations_who_vouch_are_named(stranger: Shell, receipt: str, trust: str) -> None:
    said = stranger.json("verify", receipt, "--trust", trust)
    assert (said["verified"], said["vouched"], said["command"]) == (True, "validators", "repairs.report_repair")
    signed = {one["name"] for one in said["validators"] if one["signed"]}
    assert signed == {*NAMES.values()}
    assert [one["public_key"] for one in said["validators"] if not one["signed"]] == [KEYS[3].public_key.hex()]
    text = stranger.fine("verify", receipt, "--trust", trust)
    assert "More than two thirds of the validators vouch" in text
    for part in ("Street office", "Property 物业", 'The "owners"', "of 4"):
        assert part in text


def test_a_validator_without_a_name_is_told_by_its_key(
    stranger: Shell, file: Any, four: Validators, receipt: str, tmp_path: Path
) -> None:
    trust = written(tmp_path / "nameless.toml", network_text(root_of(four, file.anchor.header.time), {}))
    assert KEYS[0].public_key.hex()[:16] in stranger.fine("verify", receipt, "--trust", trust)


def test_without_a_trust_file_the_validators_are_strangers(stranger: Shell, receipt: str) -> None:
    said = stranger("--json", "verify", receipt)
    assert (said.code, said.json["verified"], said.json["vouched"]) == (1, False, "strangers")
    assert "those that the file itself names" in stranger("verify", receipt).out


def test_a_root_of_another_chain_says_nothing(stranger: Shell, receipt: str, tmp_path: Path) -> None:
    other = Validators("other-" + "0" * 32, dict.fromkeys(KEYS[:4], 10))
    trust = written(tmp_path / "other.toml", network_text(root_of(other, 1_767_225_600_000), NAMES))
    said = stranger("verify", receipt, "--trust", trust)
    assert said.code == 1
    assert "NOT verified" in said.out


def test_the_trust_file_of_the_folder_is_found(
    stranger: Shell, file: Any, four: Validators, receipt: str, tmp_path: Path
) -> None:
    stranger.folder.mkdir()
    assert write_network(stranger.folder, root_of(four, file.anchor.header.time), NAMES).is_file()
    assert stranger.json("verify", receipt)["vouched"] == "validators"


def refused(stranger: Shell, receipt: str, trust: str, *more: str) -> str:
    said = stranger("--json", "verify", receipt, "--trust", trust, *more)
    assert said.code == 1, said.out
    assert stranger("verify", receipt, "--trust", trust, *more).out.count("NOT verified") == 1
    return str(said.json["code"])


def test_each_way_to_be_wrong_has_a_code_of_its_own(
    stranger: Shell, file: Any, four: Validators, trust: str, tmp_path: Path
) -> None:
    five, new = four.changed({KEYS[4]: 10}), Validators(file.chain, dict.fromkeys(KEYS[4:], 10))
    good = four.vouch(file.anchor, 9)
    [block] = good.light_blocks
    elsewhere = Validators("other-" + "0" * 32, four.power).vouch(file.anchor, 9)
    unsigned = replace(block, header=replace(block.header, app_hash=bytes(32)))
    cases = {
        "kernel.commit_too_few": four.vouch(file.anchor, 9, KEYS[:2]),
        "kernel.validators_unknown": new.vouch(file.anchor, 9),
        "kernel.wrong_chain": elsewhere,
        "kernel.commit_of_another_header": replace(good, light_blocks=(unsigned,)),
        "kernel.app_hash_differs": replace(good, light_blocks=(four.sign(unsigned.header),)),
        "kernel.validators_differ": replace(good, light_blocks=(replace(block, validators=five.set),)),
        "kernel.note_without_signatures": replace(good, light_blocks=()),
    }
    for code, anchor in cases.items():
        wrong = written(tmp_path / "wrong.receipt", replace(file, anchor=anchor))
        assert refused(stranger, wrong, trust) == code
    now = file.anchor.header.time
    later = written(tmp_path / "later.toml", network_text(root_of(new, now, height=500), NAMES))
    past = written(tmp_path / "past.receipt", replace(file, anchor=good))
    assert refused(stranger, past, later) == "kernel.validators_of_the_past"


def test_an_old_receipt_needs_a_newer_checkpoint(
    stranger: Shell, file: Any, four: Validators, receipt: str, trust: str, tmp_path: Path
) -> None:
    late = file.anchor.header.time + TRUSTING_PERIOD_MS + 1000
    at = datetime.fromtimestamp(late / 1000, UTC).isoformat()
    assert refused(stranger, receipt, trust, "--at", at) == "kernel.trust_root_expired"
    fresh = written(tmp_path / "fresh.toml", network_text(root_of(four, late, height=500), NAMES))
    assert refused(stranger, receipt, fresh, "--at", at) == "kernel.light_block_expired"
    assert "newer checkpoint" in stranger("verify", receipt, "--trust", fresh, "--at", at).err
    assert refused(stranger, receipt, trust, "--at", "2020-01-01T00:00:00Z") == "kernel.light_block_ahead"
    assert stranger.refused("verify", receipt, "--trust", trust, "--at", "soon") == (2, "cli.time_wrong")


def test_an_operators_receipt_does_not_ask_for_the_time(shell: Shell, file: Any, tmp_path: Path) -> None:
    alone = written(tmp_path / "operator.receipt", file)
    assert shell.json("verify", alone, "--at", "2099-01-01T00:00:00Z")["vouched"] == "operator"
    assert shell.json("verify", alone)["validators"] == []


def test_a_trust_file_is_read_as_it_was_written(four: Validators, tmp_path: Path) -> None:
    root = TrustRoot(four.chain, 7, 1_767_225_600_000, four.set, 30 * DAY_MS)
    found = read_trust(Path(written(tmp_path / "trust.toml", network_text(root, NAMES))))
    assert found.roots == (root,)
    assert {key: name for key, name in found.names.items() if name} == NAMES
    assert found.knows(four.chain)
    assert not found.knows("other-1")


KEY = "a" * 64
GOOD_KEY = KEYS[0].public_key.hex()
NETWORK = '[[network]]\nchain = "x-1"\nheight = 1\ntime = 2026-01-01T00:00:00Z\n'
ONE = f'[[network.validator]]\nname = "a"\nkey = "{GOOD_KEY}"\npower = 1\n'


@pytest.mark.parametrize(
    "text",
    [
        "network = 1",
        "[[network]]",
        NETWORK,
        NETWORK + ONE + ONE,
        NETWORK.replace("height = 1", "height = true") + ONE,
        NETWORK.replace("height = 1", "height = -1") + ONE,
        NETWORK.replace("00:00:00Z", "00:00:00") + ONE,
        NETWORK.replace("2026-01-01T00:00:00Z", "7") + ONE,
        NETWORK.replace('"x-1"', "7") + ONE,
        NETWORK + "trusting_days = 0\n" + ONE,
        NETWORK + "trusting_days = 1.5\n" + ONE,
        NETWORK + ONE.replace("power = 1", "power = 0"),
        NETWORK + ONE.replace("power = 1", 'power = "1"'),
        NETWORK + ONE.replace(GOOD_KEY, "00"),
        NETWORK + ONE.replace(GOOD_KEY, "00" * 32),
        NETWORK + ONE.replace(GOOD_KEY, "no hex"),
        NETWORK + ONE.replace(f'key = "{GOOD_KEY}"', "key = 7"),
        NETWORK + "validator = 3",
    ],
)
def test_a_network_that_cannot_be_read_is_told(stranger: Shell, receipt: str, tmp_path: Path, text: str) -> None:
    trust = written(tmp_path / "trust.toml", text)
    assert stranger.refused("verify", receipt, "--trust", trust) == (2, "cli.trust_unreadable")


def test_trust_goes_on_to_newer_validators(
    stranger: Shell, file: Any, four: Validators, trust: str, tmp_path: Path
) -> None:
    """A fifth joins, then all but two of the first have left: two files lead there, and the second alone does not."""
    five = four.changed({KEYS[4]: 10})
    late = five.changed(dict.fromkeys(KEYS[:3], 0) | {KEYS[5]: 10})
    first = written(tmp_path / "1", replace(file, anchor=five.vouch(file.anchor, 50)))
    second = written(tmp_path / "2", replace(file, anchor=late.vouch(file.anchor, 90)))
    assert refused(stranger, second, trust) == "kernel.validators_unknown"
    said = stranger("--json", "trust", second, "--trust", trust)
    assert (said.code, said.json["code"]) == (1, "kernel.validators_unknown")

    said = stranger("trust", first, "--trust", trust)
    assert said.code == 0
    assert KEYS[4].public_key.hex() in said.out
    found = read_trust(Path(trust))
    assert (found.roots[0].height, found.roots[0].validators) == (50, five.set)
    assert found.names[KEYS[0].public_key] == "Street office"
    assert stranger.json("trust", second, "--trust", trust)["moved"] is True
    assert stranger.json("verify", second, "--trust", trust)["vouched"] == "validators"
    assert stranger.json("trust", second, "--trust", trust)["moved"] is False


def test_trust_keeps_what_else_stands_in_the_file(
    stranger: Shell, file: Any, four: Validators, trust: str, receipt: str, tmp_path: Path
) -> None:
    signer = f'[[signer]]\nname = "example.org/w"\nkey = "{KEYS[7].public_key.hex()}"\n\n'
    Path(trust).write_text(signer + Path(trust).read_text(encoding="utf-8"), encoding="utf-8")
    before = read_trust(Path(trust))
    assert stranger.json("trust", receipt, "--trust", trust)["height"] == 9
    after = read_trust(Path(trust))
    assert (after.signers, after.names, after.roots[0].validators) == (before.signers, before.names, four.set)


def test_trust_is_not_given_to_strangers(stranger: Shell, file: Any, receipt: str, tmp_path: Path) -> None:
    other = Validators("other-" + "0" * 32, dict.fromkeys(KEYS[:4], 10))
    trust = written(tmp_path / "other.toml", network_text(root_of(other, file.anchor.header.time), NAMES))
    assert stranger.refused("trust", receipt, "--trust", trust) == (2, "cli.no_validators_to_trust")
    alone = written(tmp_path / "operator.receipt", file)
    assert stranger.refused("trust", alone, "--trust", trust) == (2, "cli.no_validators_to_trust")
    assert stranger.refused("trust", str(tmp_path / "none"), "--trust", trust) == (2, "cli.file_unreadable")
    assert stranger.refused("trust", receipt, "--trust", str(tmp_path / "none")) == (2, "cli.file_unreadable")


def genesis_of(four: Validators, time: str, **changes: Any) -> str:
    """A genesis file of CometBFT, its validators in another order than they vote in."""
    keys = [
        {
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": b64encode(one.public_key).decode()},
            "power": str(one.power),
            "name": NAMES.get(one.public_key, 'a "name"\n\x7f\x1b[31m'),
        }
        for one in reversed(four.set)
    ]
    told = {"chain_id": four.chain, "genesis_time": time, "initial_height": "1", "validators": keys}
    return json.dumps(told | changes)


def test_trust_begins_with_a_genesis(
    stranger: Shell, file: Any, four: Validators, receipt: str, tmp_path: Path
) -> None:
    time = datetime.fromtimestamp(file.anchor.header.time // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    genesis, trust = written(tmp_path / "genesis.json", genesis_of(four, time)), str(tmp_path / "mine.toml")
    said = stranger("trust", genesis, "--trust", trust)
    assert said.code == 0, said.err
    assert "Compare each key with its organisation" in said.out
    assert "\x1b" not in said.out
    assert all(key.public_key.hex()[:8] in said.out for key in KEYS[:4])
    verified = stranger.json("verify", receipt, "--trust", trust)
    assert verified["vouched"] == "validators"
    assert {one["name"] for one in verified["validators"]} >= {*NAMES.values()}
    assert read_trust(Path(trust)).roots[0].validators == four.set
    assert stranger.refused("trust", genesis, "--trust", trust) == (2, "cli.trusted_already")


@pytest.mark.parametrize("text", ["{", "{}", '{"chain_id": 1}', '{"validators": []}'])
def test_a_genesis_that_cannot_be_read_is_told(stranger: Shell, tmp_path: Path, text: str) -> None:
    genesis = written(tmp_path / "genesis.json", text)
    said = stranger.refused("trust", genesis, "--trust", str(tmp_path / "t.toml"))
    assert said[1] == "node.genesis_unreadable"
    assert not (tmp_path / "t.toml").exists()
