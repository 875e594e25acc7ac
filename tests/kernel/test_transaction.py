"""A signed command as received: what is signed, what its id is, and how strictly it is opened."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel import codec
from linlian.kernel.codec import INT_MAX
from linlian.kernel.crypto import P256_ORDER, SoftwareKey, verify
from linlian.kernel.errors import Rejected
from linlian.kernel.limits import TRANSACTION_BYTES_MAX
from linlian.kernel.transaction import Body, open_any_chain, open_transaction, sign, signing_bytes, transaction_id

CHAIN = "town-00112233445566778899aabbccddeeff"
KEYS = [SoftwareKey("ed25519", bytes(32)), SoftwareKey("p256", bytes(32))]
FIELDS: dict[str, Any] = {"plot": bytes(16)}
BODY = Body(chain=CHAIN, command="garden.take_plot", fields=FIELDS, signer=bytes(16), nonce=bytes(16), valid_until=1)

bodies = st.builds(
    Body,
    chain=st.just(CHAIN),
    command=st.text("abc._", max_size=64),
    fields=st.dictionaries(st.text(max_size=4), st.integers(-INT_MAX, INT_MAX) | st.binary(max_size=20), max_size=4),
    signer=st.binary(min_size=16, max_size=16),
    nonce=st.binary(min_size=16, max_size=16),
    valid_until=st.integers(0, INT_MAX),
    occurred_at=st.integers(0, INT_MAX),
    offline=st.booleans(),
)


def rejection(raw: bytes, chain: str = CHAIN) -> tuple[str, Any]:
    with pytest.raises(Rejected) as error:
        open_transaction(raw, chain)
    return error.value.code, error.value.facts.get("cause")


@given(bodies, st.sampled_from(KEYS))
def test_what_was_signed_is_what_is_opened(body: Body, key: SoftwareKey) -> None:
    transaction = open_transaction(sign(body, key), CHAIN)
    assert transaction.body == body
    assert transaction.key_id == key.key_id
    assert verify(key.suite, key.public_key, transaction.signing_bytes, transaction.signature)
    assert transaction.id == sha256(transaction.signing_bytes).digest()
    assert open_any_chain(transaction.raw) == transaction


def test_signing_bytes_are_domain_chain_and_body() -> None:
    body = codec.encode(BODY)
    expected = b"linlian/transaction/1\x00" + bytes([len(CHAIN)]) + CHAIN.encode() + body
    assert signing_bytes(CHAIN, body) == expected
    assert transaction_id(CHAIN, body) == sha256(expected).digest()


def test_empty_defaults_of_the_body_are_left_out() -> None:
    plain = codec.decode_plain(codec.encode(BODY))
    assert sorted(plain) == ["chain", "command", "fields", "nonce", "signer", "valid_until"]


def test_the_id_depends_on_neither_key_nor_signature() -> None:
    first, second = (open_transaction(sign(BODY, key), CHAIN) for key in KEYS)
    assert first.raw != second.raw
    assert first.id == second.id


def test_a_p256_signature_has_no_second_form() -> None:
    """Taken, the upper s would make another transaction of the same id."""
    key = KEYS[1]
    transaction = open_transaction(sign(BODY, key), CHAIN)
    s = int.from_bytes(transaction.signature[32:], "big")
    upper = transaction.signature[:32] + (P256_ORDER - s).to_bytes(32, "big")
    assert not verify("p256", key.public_key, transaction.signing_bytes, upper)


def test_a_transaction_of_another_chain_is_named_as_that() -> None:
    raw = sign(codec.replace(BODY, chain="city-00112233445566778899aabbccddeeff"), KEYS[0])
    assert rejection(raw)[0] == "kernel.wrong_chain"
    assert open_any_chain(raw).body.chain.startswith("city-")


def test_a_signature_for_one_chain_is_none_for_another() -> None:
    body = codec.encode(BODY)
    assert signing_bytes("a", b"b" + body) != signing_bytes("ab", body)
    signature = KEYS[0].sign(signing_bytes(CHAIN, body))
    assert not verify("ed25519", KEYS[0].public_key, signing_bytes(CHAIN[:-1] + "0", body), signature)


@given(st.data())
def test_no_changed_byte_is_the_same_transaction(data: st.DataObject) -> None:
    """A changed byte makes it malformed, or changes what is signed, or the key, or the signature."""
    key = data.draw(st.sampled_from(KEYS))
    raw = bytearray(sign(BODY, key))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        transaction = open_transaction(bytes(raw), CHAIN)
    except Rejected:
        return
    same_key = transaction.key_id == key.key_id
    assert not (same_key and verify(key.suite, key.public_key, transaction.signing_bytes, transaction.signature))


def envelope(body: Any = BODY, key_id: Any = bytes(32), signature: Any = bytes(64), *more: Any) -> bytes:
    encoded = body if isinstance(body, bytes) else codec.encode(body)
    return codec.encode_plain([encoded, key_id, signature, *more])


def body_with(**changes: Any) -> bytes:
    return envelope(codec.encode_plain(codec.as_plain(BODY) | changes))


def body_without(name: str) -> bytes:
    return envelope(codec.encode_plain({key: value for key, value in codec.as_plain(BODY).items() if key != name}))


MALFORMED: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "kernel.not_decodable"),
    ("noise", b"\xff" * 100, "kernel.not_decodable"),
    ("a map", codec.encode_plain({}), "kernel.wrong_fields"),
    ("two parts", codec.encode_plain([codec.encode(BODY), bytes(32)]), "kernel.wrong_fields"),
    ("four parts", envelope(BODY, bytes(32), bytes(64), b""), "kernel.not_canonical"),
    ("a byte behind", envelope() + b"\x00", "kernel.not_decodable"),
    ("a length in long form", b"\x98\x03" + envelope()[1:], "kernel.not_canonical"),
    ("a short key id", envelope(BODY, bytes(31)), "kernel.wrong_fields"),
    ("a long key id", envelope(BODY, bytes(33)), "kernel.wrong_fields"),
    ("text for a signature", envelope(BODY, bytes(32), "AAAA"), "kernel.not_canonical"),
    ("a signature one byte too long", envelope(BODY, bytes(32), bytes(2049)), "kernel.wrong_fields"),
    ("a body that is no map", envelope(codec.encode_plain([1])), "kernel.wrong_fields"),
    ("a body cut off", envelope(codec.encode(BODY)[:-1]), "kernel.not_decodable"),
    ("a body with a byte behind", envelope(codec.encode(BODY) + b"\x00"), "kernel.not_decodable"),
    ("an unknown field", body_with(colour=1), "kernel.wrong_fields"),
    ("no chain", body_without("chain"), "kernel.wrong_fields"),
    ("no command", body_without("command"), "kernel.wrong_fields"),
    ("no signer", body_without("signer"), "kernel.wrong_fields"),
    ("no nonce", body_without("nonce"), "kernel.wrong_fields"),
    ("no end of validity", body_without("valid_until"), "kernel.wrong_fields"),
    ("an empty default spelled out", body_with(offline=False), "kernel.not_canonical"),
    ("no claim spelled out", body_with(occurred_at=0), "kernel.not_canonical"),
    ("a float", body_with(valid_until=1.5), "kernel.wrong_value"),
    ("null", body_with(occurred_at=None), "kernel.wrong_value"),
    ("an integer beyond a browser's", body_with(valid_until=INT_MAX + 1), "kernel.wrong_value"),
    ("a negative time", body_with(valid_until=-1), "kernel.wrong_fields"),
    ("a nonce one byte short", body_with(nonce=bytes(15)), "kernel.wrong_fields"),
    ("a command with a space", body_with(command="garden take"), "kernel.wrong_fields"),
    ("a command that is too long", body_with(command="a" * 65), "kernel.wrong_fields"),
    ("fields that are a list", body_with(fields=[1]), "kernel.wrong_fields"),
    ("a float among the fields", body_with(fields={"litres": 0.5}), "kernel.wrong_value"),
    ("null among the fields", body_with(fields={"litres": None}), "kernel.wrong_value"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "cause"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_what_is_malformed_is_rejected_with_its_cause(raw: bytes, cause: str) -> None:
    assert rejection(raw) == ("kernel.malformed", cause)
    with pytest.raises(Rejected):
        open_any_chain(raw)


def test_the_largest_transaction_is_opened_and_one_byte_more_is_not() -> None:
    def of_size(size_bytes: int) -> bytes:
        raw = sign(codec.replace(BODY, fields={"a": bytes(30_000)}), KEYS[0])
        return sign(codec.replace(BODY, fields={"a": bytes(30_000 + size_bytes - len(raw))}), KEYS[0])

    largest, larger = of_size(TRANSACTION_BYTES_MAX), of_size(TRANSACTION_BYTES_MAX + 1)
    assert len(largest) == TRANSACTION_BYTES_MAX == len(larger) - 1
    assert open_transaction(largest, CHAIN).raw == largest
    assert rejection(larger)[0] == "kernel.transaction_too_large"


@pytest.mark.parametrize("depth", [30, 31])
def test_fields_nest_to_depth_32_of_the_body(depth: int) -> None:
    """The body is at depth 1, the fields at 2, so a field may hold 30 levels."""
    value: Any = 0
    for _ in range(depth - 1):
        value = [value]
    raw = sign(codec.replace(BODY, fields={"a": value}), KEYS[0])
    if depth == 30:
        assert open_transaction(raw, CHAIN).body.fields == {"a": value}
    else:
        assert rejection(raw) == ("kernel.malformed", "kernel.too_deep")
