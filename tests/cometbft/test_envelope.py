"""The bounds of an envelope, each with one over; and that taking and sealing never make one that cannot be opened."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.engine.cometbft.envelope import (
    ENVELOPE_BYTES_MAX,
    NONCE_BYTES,
    TRANSACTIONS_MAX,
    open_envelope,
    seal_envelope,
    take,
)
from linlian.kernel.errors import Rejected
from linlian.kernel.limits import TRANSACTION_BYTES_MAX

NONCE = bytes(range(NONCE_BYTES))
FULL = [bytes([n]) * TRANSACTION_BYTES_MAX for n in range(1, 8)]


def exactly(size_bytes: int) -> bytes:
    """An envelope of as many bytes."""
    for last in range(TRANSACTION_BYTES_MAX, 0, -1):
        sealed = seal_envelope(NONCE, [*FULL, bytes(last)])
        if len(sealed) <= size_bytes:
            return sealed
    raise AssertionError("there is room for one byte")


def code_of(data: bytes) -> str:
    with pytest.raises(Rejected) as no:
        open_envelope(data)
    return no.value.code


def test_what_is_sealed_opens() -> None:
    assert open_envelope(seal_envelope(NONCE, [b"one", b"two"])) == [b"one", b"two"]
    assert open_envelope(seal_envelope(NONCE, [])) == []


def test_one_byte_over_the_size() -> None:
    largest = exactly(ENVELOPE_BYTES_MAX)
    assert len(largest) == ENVELOPE_BYTES_MAX
    assert len(open_envelope(largest)) == 8
    one_more = seal_envelope(NONCE, [*FULL, open_envelope(largest)[-1] + b"\x00"])
    assert len(one_more) == ENVELOPE_BYTES_MAX + 1
    assert code_of(one_more) == "engine.envelope_too_large"


def test_one_transaction_over_the_count() -> None:
    assert len(open_envelope(seal_envelope(NONCE, [b"x"] * TRANSACTIONS_MAX))) == TRANSACTIONS_MAX
    assert code_of(seal_envelope(NONCE, [b"x"] * (TRANSACTIONS_MAX + 1))) == "engine.envelope_malformed"


def test_one_byte_over_the_transaction() -> None:
    assert open_envelope(seal_envelope(NONCE, [FULL[0]])) == [FULL[0]]
    assert code_of(seal_envelope(NONCE, [FULL[0] + b"\x00"])) == "engine.envelope_malformed"
    assert code_of(seal_envelope(NONCE, [b""])) == "engine.envelope_malformed"


@pytest.mark.parametrize("nonce", [b"", NONCE[:-1], NONCE + b"\x00"])
def test_a_nonce_of_another_length(nonce: bytes) -> None:
    assert code_of(seal_envelope(nonce, [b"x"])) == "engine.envelope_malformed"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_noise_is_rejected(data: bytes) -> None:
    """It would have to be canonical to the last bit."""
    try:
        raws = open_envelope(data)
    except Rejected:
        return
    assert seal_envelope(data[2 : 2 + NONCE_BYTES], raws) == data


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=60), max_size=5), st.data())
def test_a_byte_more_less_or_another_is_another_envelope_or_none(raws: list[bytes], data: st.DataObject) -> None:
    sealed = bytearray(seal_envelope(NONCE, raws))
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.sampled_from(["more", "less", "another"]))
    if other == "more":
        sealed[at:at] = b"\x00"
    elif other == "less":
        del sealed[at]
    else:
        sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        opened = open_envelope(bytes(sealed))
    except Rejected:
        return
    assert seal_envelope(bytes(sealed[2 : 2 + NONCE_BYTES]), opened) == bytes(sealed)


SIZES = st.sampled_from([1, 22, 23, 24, 255, 256, 257, 300, 20_000, TRANSACTION_BYTES_MAX - 1, TRANSACTION_BYTES_MAX])


@settings(max_examples=200, deadline=None)
@given(st.lists(SIZES, max_size=160))
def test_what_is_taken_fits_and_is_as_much_as_fits(sizes: list[int]) -> None:
    raws = [bytes(size) for size in sizes]
    count = take(raws)
    assert 0 <= count <= min(len(raws), TRANSACTIONS_MAX)
    assert count > 0 or not raws
    assert len(open_envelope(seal_envelope(NONCE, raws[:count]))) == count
    if count < min(len(raws), TRANSACTIONS_MAX):
        # The bound reckons a few bytes for each, so that it need not be exact.
        assert len(seal_envelope(NONCE, raws[: count + 1])) > ENVELOPE_BYTES_MAX - 16 - 5 * (count + 1)
