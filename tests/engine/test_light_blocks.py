"""What CometBFT's RPC says, as light blocks: read whole, and refused where it is not what it should be."""

from __future__ import annotations

from base64 import b64encode
from copy import deepcopy
from typing import Any

import pytest

from linlian.engine.light_blocks import light_block_from_rpc, trust_root_from_genesis
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.light import NOT_VOTED, validators_hash
from linlian.kernel.lightclient import Judging, check_commit, check_light_blocks
from tests.kernel.network import CHAIN, RAW, TOLD, recorded


def told(height: int = 2) -> tuple[dict[str, Any], dict[str, Any]]:
    one = deepcopy(RAW[height])
    return one["commit"], one["validators"]


def test_a_block_that_follows_from_the_genesis() -> None:
    root, names = trust_root_from_genesis(TOLD["genesis"])
    assert (root.chain, root.height, len(root.validators)) == (CHAIN, 1, 4)
    assert sorted(names.values()) == ["node0", "node1", "node2", "node3"]
    block = light_block_from_rpc(*told(6))
    assert validators_hash(root.validators) == block.header.validators_hash
    assert check_light_blocks(CHAIN, [block], Judging(block.header.time, [root])).root == root


def test_votes_for_no_block_and_of_nobody_are_left_out() -> None:
    flags = [one["block_id_flag"] for one in RAW[7]["commit"]["signed_header"]["commit"]["signatures"]]
    votes = light_block_from_rpc(*told(7)).commit.signatures
    assert 3 in flags
    assert [vote == NOT_VOTED for vote in votes] == [flag != 2 for flag in flags]


def test_a_vote_that_our_rule_does_not_take_is_left_out_and_the_others_count() -> None:
    commit, validators = told(2)
    votes = commit["signed_header"]["commit"]["signatures"]
    votes[0]["signature"] = votes[1]["signature"]
    block = light_block_from_rpc(commit, validators)
    assert [bool(vote.signature) for vote in block.commit.signatures] == [False, True, True, True]
    assert len(check_commit(block)) == 3


def test_the_first_block_has_none_before_it() -> None:
    header = recorded()[1].header
    assert (header.last_block_id.hash, header.last_block_id.parts) == (b"", 0)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("commit.signed_header.header.chain_id", None),
        ("commit.signed_header.header.chain_id", "with a space"),
        ("commit.signed_header.header.height", "-1"),
        ("commit.signed_header.header.height", "x"),
        ("commit.signed_header.header.height", "9007199254740992"),
        ("commit.signed_header.header.height", "3"),
        ("commit.signed_header.header.time", "yesterday"),
        ("commit.signed_header.header.time", None),
        ("commit.signed_header.header.time", "2026-11-29T13:42:37+01:00"),
        ("commit.signed_header.header.validators_hash", ""),
        ("commit.signed_header.header.app_hash", "0g"),
        ("commit.signed_header.header.app_hash", "00" * 33),
        ("commit.signed_header.header.version", 11),
        ("commit.signed_header.header.last_block_id", None),
        ("commit.signed_header.commit", None),
        ("commit.signed_header.commit.signatures", None),
        ("commit.signed_header.commit.round", None),
        ("commit.signed_header", None),
        ("validators.validators", None),
        ("validators.validators", [{}]),
        ("validators.total", "9"),
        ("validators.block_height", "9"),
    ],
)
def test_what_is_no_light_block_is_refused(place: str, value: Any) -> None:
    commit, validators = told()
    *way, last = place.split(".")
    inner: Any = {"commit": commit, "validators": validators}
    for part in way:
        inner = inner[part]
    inner[last] = value
    with pytest.raises(EncodingInvalid) as caught:
        light_block_from_rpc(commit, validators)
    assert caught.value.code in ("engine.not_a_light_block", "kernel.wrong_fields", "kernel.not_encodable")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pub_key", {"type": "tendermint/PubKeySecp256k1", "value": "AAAA"}),
        ("pub_key", {"type": "tendermint/PubKeyEd25519", "value": "?"}),
        ("pub_key", {"type": "tendermint/PubKeyEd25519", "value": "AAAA"}),
        ("voting_power", "0"),
        ("voting_power", "much"),
    ],
)
def test_what_is_no_validator_is_refused(field: str, value: Any) -> None:
    commit, validators = told()
    validators["validators"][0][field] = value
    with pytest.raises(EncodingInvalid):
        light_block_from_rpc(commit, validators)


@pytest.mark.parametrize(
    "changes",
    [
        {"validators": []},
        {"validators": None},
        {"validators": [{}]},
        {"validators": TOLD["genesis"]["validators"] * 2},
        {"validators": [TOLD["genesis"]["validators"][0] | {"power": "0"}]},
        {"validators": [TOLD["genesis"]["validators"][0] | {"power": "-5"}]},
        {
            "validators": [
                TOLD["genesis"]["validators"][0]
                | {"pub_key": {"type": "tendermint/PubKeyEd25519", "value": b64encode(bytes(32)).decode()}}
            ]
        },
        {"genesis_time": "x"},
        {"genesis_time": None},
        {"chain_id": 7},
        {"initial_height": "first"},
    ],
)
def test_a_genesis_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EncodingInvalid):
        trust_root_from_genesis(TOLD["genesis"] | changes)


def test_an_empty_genesis_is_refused() -> None:
    with pytest.raises(EncodingInvalid):
        trust_root_from_genesis({})
