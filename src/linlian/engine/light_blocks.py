"""Light blocks from what CometBFT's RPC says (`/commit` and `/validators` of one height), and roots from its genesis.

Votes that were not for the block, and signatures that the ledger's strict Ed25519 rule does not take (CometBFT's own
is laxer, so that a validator could make one that only it accepts), are left out as not voted: who checks a proof then
counts what is left, and is not stopped by one validator.

    >>> light_block_from_rpc(ask("commit?height=7"), ask("validators?height=7&per_page=100"))
    LightBlock(header=EngineHeader(...), ...)
"""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from linlian.kernel import codec
from linlian.kernel.codec import replace
from linlian.kernel.crypto import check_key, verify
from linlian.kernel.errors import EncodingInvalid, KeyInvalid
from linlian.kernel.light import (
    NOT_VOTED,
    BlockID,
    Commit,
    CommitSig,
    EngineHeader,
    LightBlock,
    Validator,
    in_order,
    vote_sign_bytes,
)
from linlian.kernel.lightclient import TrustRoot

VOTED = 2
"""BLOCK_ID_FLAG_COMMIT."""
MALFORMED = (KeyError, TypeError, ValueError, AttributeError)
"""What reading JSON of another shape ends in."""


def light_block_from_rpc(commit: dict[str, Any], validators: dict[str, Any]) -> LightBlock:
    """The light block of a height. Nothing in it is checked but the form: raises EncodingInvalid.

    `commit` and `validators` are the RPC's `result`, parsed. All validators must be on the one page: ask for
    `per_page=100`.
    """
    try:
        block = _light_block(commit["signed_header"], validators)
    except MALFORMED as error:
        raise EncodingInvalid("engine.not_a_light_block", reason=str(error)[:200]) from error
    block = codec.decode(LightBlock, codec.encode(block))
    if len(block.commit.signatures) != len(block.validators):
        return block
    votes = tuple(
        vote if verify("ed25519", one.public_key, vote_sign_bytes(block, place), vote.signature) else NOT_VOTED
        for place, (vote, one) in enumerate(zip(block.commit.signatures, block.validators, strict=True))
    )
    return replace(block, commit=replace(block.commit, signatures=votes))


def trust_root_from_genesis(genesis: dict[str, Any]) -> tuple[TrustRoot, dict[bytes, str]]:
    """Genesis validators as a root that readers may trust, and the names that stand with their public keys.

    `genesis` is the file, or the RPC's `result.genesis`. Raises EncodingInvalid (`engine.not_a_light_block`).
    """
    try:
        chain, (seconds, nanos) = genesis["chain_id"], _time(genesis["genesis_time"])
        keys = genesis["validators"]
        told = [(_validator(one | {"voting_power": one["power"]}), one.get("name", "")) for one in keys]
        validators = in_order(codec.decode(Validator, codec.encode(one)) for one, _ in told)
        for one in validators:
            check_key("ed25519", one.public_key)
        height, time = int(genesis.get("initial_height", "1")), seconds * 1000 + nanos // 1_000_000
        if not isinstance(chain, str) or not 0 < len({one.public_key for one in validators}) == len(told):
            raise ValueError("chain_id, validators")
    except (*MALFORMED, KeyInvalid) as error:
        raise EncodingInvalid("engine.not_a_light_block", reason=str(error)[:200]) from error
    return TrustRoot(chain, height, time, validators), {one.public_key: str(name) for one, name in told}


def _light_block(signed: dict[str, Any], validators: dict[str, Any]) -> LightBlock:
    commit, keys = signed["commit"], validators["validators"]
    if len(keys) != int(validators["total"]) or validators["block_height"] != signed["header"]["height"]:
        raise ValueError("the validators are not all of that height's")
    votes = Commit(
        height=int(commit["height"]),
        round=int(commit["round"]),
        block_id=_block_id(commit["block_id"]),
        signatures=tuple(_vote(one) for one in commit["signatures"]),
    )
    return LightBlock(_header(signed["header"]), votes, tuple(_validator(one) for one in keys))


def _header(told: dict[str, Any]) -> EngineHeader:
    seconds, nanos = _time(told["time"])
    hashes = {name: bytes.fromhex(told[name]) for name in EngineHeader.__struct_fields__ if name.endswith("_hash")}
    return EngineHeader(
        block_version=int(told["version"]["block"]),
        app_version=int(told["version"].get("app", "0")),
        chain_id=told["chain_id"],
        height=int(told["height"]),
        seconds=seconds,
        nanos=nanos,
        last_block_id=_block_id(told["last_block_id"]),
        proposer_address=bytes.fromhex(told["proposer_address"]),
        **hashes,
    )


def _block_id(told: dict[str, Any]) -> BlockID:
    parts = told["parts"]
    return BlockID(bytes.fromhex(told["hash"]), int(parts["total"]), bytes.fromhex(parts["hash"]))


def _vote(told: dict[str, Any]) -> CommitSig:
    if told["block_id_flag"] != VOTED:
        return NOT_VOTED
    return CommitSig(*_time(told["timestamp"]), b64decode(told["signature"], validate=True))


def _validator(told: dict[str, Any]) -> Validator:
    key = told["pub_key"]
    if key["type"] != "tendermint/PubKeyEd25519":
        raise ValueError(f"a validator's key is of type {key['type']}")
    return Validator(b64decode(key["value"], validate=True), int(told["voting_power"]))


def _time(text: str) -> tuple[int, int]:
    """RFC 3339 in UTC with up to nine decimals, as (seconds since 1970, nanoseconds)."""
    whole, _, decimals = text.removesuffix("Z").partition(".")
    moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return int(moment.timestamp()), int(decimals.ljust(9, "0") or "0")
