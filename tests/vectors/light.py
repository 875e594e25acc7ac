"""Light blocks and what leads to them, once more from docs/format/light-blocks.md alone."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from tests.vectors import reader

BLOCK_ID = ("hash", "parts", "parts_hash")
HASHES = (
    *("last_commit_hash", "data_hash", "validators_hash", "next_validators_hash", "consensus_hash", "app_hash"),
    *("last_results_hash", "evidence_hash", "proposer_address"),
)
HEADER = ("block_version", "app_version", "chain_id", "height", "seconds", "nanos", "last_block_id", *HASHES)
DRIFT_MS = 600_000


def record(row: list[Any], *names: str) -> dict[str, Any]:
    assert (row[0], len(row)) == (1, len(names) + 1)
    return dict(zip(names, row[1:], strict=True))


def light_block(row: list[Any]) -> dict[str, Any]:
    block = record(row, "header", "commit", "validators")
    header = record(block["header"], *HEADER)
    header["last_block_id"] = record(header["last_block_id"], *BLOCK_ID)
    commit = record(block["commit"], "height", "round", "block_id", "signatures")
    commit["block_id"] = record(commit["block_id"], *BLOCK_ID)
    commit["signatures"] = [record(vote, "seconds", "nanos", "signature") for vote in commit["signatures"]]
    validators = [record(one, "public_key", "power") for one in block["validators"]]
    assert all(len(one["public_key"]) == 32 and one["power"] > 0 for one in validators)
    return {"header": header, "commit": commit, "validators": validators}


def uvarint(number: int) -> bytes:
    low = number & 0x7F
    return bytes([low]) if number == low else bytes([low | 0x80]) + uvarint(number >> 7)


def number(field: int, value: int) -> bytes:
    return uvarint(8 * field) + uvarint(value) if value else b""


def fixed(field: int, value: int) -> bytes:
    return uvarint(8 * field + 1) + value.to_bytes(8, "little") if value else b""


def message(field: int, value: bytes) -> bytes:
    return uvarint(8 * field + 2) + uvarint(len(value)) + value


def octets(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return message(field, raw) if raw else b""


def tree(strings: list[bytes]) -> bytes:
    return reader.tree_root([reader.leaf_hash(string) for string in strings])


def timestamp(of: dict[str, Any]) -> bytes:
    return number(1, of["seconds"]) + number(2, of["nanos"])


def block_id(of: dict[str, Any]) -> bytes:
    return octets(1, of["hash"]) + message(2, number(1, of["parts"]) + octets(2, of["parts_hash"]))


def app_hash(log_root: bytes, state_root: bytes) -> bytes:
    def pair(key: str, value: bytes) -> bytes:
        return uvarint(len(key)) + key.encode() + uvarint(32) + sha256(value).digest()

    return tree([pair("linlian", tree([pair("log", log_root), pair("state", state_root)]))])


def header_hash(header: dict[str, Any]) -> bytes:
    strings = [
        number(1, header["block_version"]) + number(2, header["app_version"]),
        octets(1, header["chain_id"]),
        number(1, header["height"]),
        timestamp(header),
        block_id(header["last_block_id"]),
    ]
    return tree(strings + [octets(1, header[name]) for name in HASHES])


def validators_hash(validators: list[dict[str, Any]]) -> bytes:
    return tree([message(1, octets(1, one["public_key"])) + number(2, one["power"]) for one in validators])


def sign_bytes(block: dict[str, Any], place: int) -> bytes:
    commit = block["commit"]
    vote = number(1, 2) + fixed(2, commit["height"]) + fixed(3, commit["round"])
    vote += message(4, block_id(commit["block_id"])) + message(5, timestamp(commit["signatures"][place]))
    vote += octets(6, block["header"]["chain_id"])
    return uvarint(len(vote)) + vote


def power(validators: list[dict[str, Any]], signed: list[bytes]) -> tuple[int, int]:
    """(of those who signed, of all)"""
    share = sum(one["power"] for one in validators if one["public_key"] in signed)
    return share, sum(one["power"] for one in validators)


def check_committed(block: dict[str, Any]) -> list[bytes]:
    """Who signed."""
    header, commit, validators = block["header"], block["commit"], block["validators"]
    keys = [one["public_key"] for one in validators]
    assert header["validators_hash"] == validators_hash(validators)
    assert len({*keys}) == len(keys) == len(commit["signatures"])
    assert (commit["height"], commit["block_id"]["hash"]) == (header["height"], header_hash(header))
    signed = []
    for place, vote in enumerate(commit["signatures"]):
        if vote == {"seconds": 0, "nanos": 0, "signature": b""}:
            continue
        assert reader.is_signed("ed25519", keys[place], sign_bytes(block, place), vote["signature"])
        signed.append(keys[place])
    share, whole = power(validators, signed)
    assert share * 3 > whole * 2
    return signed


def check_lead(chain: str, rows: list[Any], root: dict[str, Any], now: int) -> tuple[dict[str, Any], list[bytes]]:
    """The last header and who signed it, if these light blocks lead from the root at this time."""
    blocks = [light_block(row) for row in rows]
    signers = [check_committed(block) for block in blocks]
    assert all(block["header"]["chain_id"] == chain == root["chain"] for block in blocks)
    for at in range(1, len(blocks)):
        before, after = blocks[at - 1]["header"], blocks[at]["header"]
        assert (after["seconds"], after["nanos"]) > (before["seconds"], before["nanos"])
        assert after["height"] > before["height"]
        if after["height"] == before["height"] + 1:
            assert after["validators_hash"] == before["next_validators_hash"]
        else:
            share, whole = power(blocks[at - 1]["validators"], signers[at])
            assert share * 3 > whole
    times = [block["header"]["seconds"] * 1000 + block["header"]["nanos"] // 1_000_000 for block in blocks]
    period = root["trusting_period_ms"]
    assert now < root["time"] + period
    assert now < times[-1] + period
    assert times[-1] <= now + DRIFT_MS
    assert any(
        now < time + period and leads_directly(root, block["header"], signed)
        for block, time, signed in zip(blocks, times, signers, strict=True)
    )
    return blocks[-1]["header"], signers[-1]


def leads_directly(root: dict[str, Any], header: dict[str, Any], signed: list[bytes]) -> bool:
    share, whole = power(root["validators"], signed)
    ordered = sorted(root["validators"], key=lambda one: (-one["power"], sha256(one["public_key"]).digest()[:20]))
    same = header["validators_hash"] == validators_hash(ordered)
    return same or (header["height"] > root["height"] and share * 3 > whole)
