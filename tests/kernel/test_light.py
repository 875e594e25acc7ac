"""Hashes and votes of CometBFT's blocks, against blocks that a real network made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel import codec, protobuf
from linlian.kernel.codec import replace
from linlian.kernel.crypto import verify
from linlian.kernel.light import LightBlock, header_hash, in_order, validators_hash, vote_sign_bytes
from tests.kernel.network import RAW, recorded

BLOCKS = recorded()


@pytest.mark.parametrize("height", sorted(BLOCKS))
def test_a_real_header_has_the_hash_that_was_signed(height: int) -> None:
    block = BLOCKS[height]
    assert header_hash(block.header) == block.commit.block_id.hash
    assert (
        header_hash(block.header).hex().upper() == RAW[height]["commit"]["signed_header"]["commit"]["block_id"]["hash"]
    )


@pytest.mark.parametrize("height", sorted(BLOCKS))
def test_real_validators_have_the_hash_that_the_header_names(height: int) -> None:
    block = BLOCKS[height]
    assert validators_hash(block.validators) == block.header.validators_hash
    told = RAW[height]["validators"]["validators"]
    assert [one.address.hex().upper() for one in block.validators] == [one["address"] for one in told]


@pytest.mark.parametrize("height", sorted(BLOCKS))
def test_real_validators_stand_in_the_order_that_is_theirs(height: int) -> None:
    validators = BLOCKS[height].validators
    assert in_order(reversed(validators)) == in_order(validators) == validators


@pytest.mark.parametrize("height", sorted(BLOCKS))
def test_every_real_vote_for_the_block_is_good(height: int) -> None:
    block = BLOCKS[height]
    flags = [one["block_id_flag"] for one in RAW[height]["commit"]["signed_header"]["commit"]["signatures"]]
    assert [bool(vote.signature) for vote in block.commit.signatures] == [flag == 2 for flag in flags]
    for place, vote in enumerate(block.commit.signatures):
        if vote.signature:
            key = block.validators[place].public_key
            assert verify("ed25519", key, vote_sign_bytes(block, place), vote.signature)


def test_the_recording_holds_votes_for_no_block_and_validators_who_were_away() -> None:
    flags = {
        one["block_id_flag"] for each in RAW.values() for one in each["commit"]["signed_header"]["commit"]["signatures"]
    }
    assert flags == {1, 2, 3}


def changes(height: int) -> dict[str, Any]:
    """Another value for each field of a header."""
    header = BLOCKS[height].header
    other: dict[str, Any] = {}
    for name in header.__struct_fields__:
        value = getattr(header, name)
        if isinstance(value, bytes):
            other[name] = bytes([value[0] ^ 1]) + value[1:]
        elif isinstance(value, int):
            other[name] = value + 1
        elif isinstance(value, str):
            other[name] = value + "x"
        else:
            other[name] = replace(value, parts=value.parts + 1)
    return other


@pytest.mark.parametrize(("name", "value"), changes(2).items())
def test_each_field_of_a_header_is_in_its_hash(name: str, value: Any) -> None:
    header = BLOCKS[2].header
    assert header_hash(replace(header, **{name: value})) != header_hash(header)


@pytest.mark.parametrize("height", sorted(BLOCKS))
def test_a_light_block_is_read_as_it_was_written(height: int) -> None:
    data = codec.encode(BLOCKS[height])
    assert codec.decode(LightBlock, data) == BLOCKS[height]
    assert len(data) < 1024


def test_the_record_stays_within_the_vocabulary() -> None:
    codec.check_schema(LightBlock)


@given(st.integers(0, 2**63 - 1))
def test_a_uvarint_is_read_back(number: int) -> None:
    data = protobuf.uvarint(number)
    assert sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data)) == number
    assert [byte >> 7 for byte in data] == [1] * (len(data) - 1) + [0]
    assert len(data) == 1 or data[-1]


def test_empty_fields_are_left_out_and_messages_are_not() -> None:
    assert protobuf.integer(1, 0) + protobuf.octets(2, b"") + protobuf.sfixed64(3, 0) == b""
    assert protobuf.message(2, b"") == b"\x12\x00"
    assert protobuf.sfixed64(2, 7) == bytes.fromhex("110700000000000000")
