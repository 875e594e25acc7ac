"""RFC 8949, appendix A: of each published example it is said here whether it is in our subset, or why it is not.

The subset: integers within ±(2^53−1), byte and text strings, arrays, maps with text keys, true and false; definite
lengths, shortest forms, keys in the order of section 4.2 (docs/format/encoding.md).
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel import codec
from linlian.kernel.codec import INT_MAX
from linlian.kernel.errors import EncodingInvalid

APPENDIX_A = Path(__file__).resolve().parents[3] / "shared/data/crypto/cbor-rfc8949/appendix_a.json"

IN_THE_SUBSET = """
00 01 0a 17 1818 1819 1864 1903e8 1a000f4240 1b000000e8d4a51000 20 29 3863 3903e7 f4 f5 40 4401020304 60 6161
6449455446 62225c 62c3bc 63e6b0b4 64f0908591 80 83010203 8301820203820405
98190102030405060708090a0b0c0d0e0f101112131415161718181819 a0 a26161016162820203 826161a161626163
a56161614161626142616361436164614461656145
"""
REFUSED = {
    "an integer beyond 2^53": ("kernel.wrong_value", "1bffffffffffffffff 3bffffffffffffffff"),
    "a bignum, which is a tag": ("kernel.not_decodable", "c249010000000000000000 c349010000000000000000"),
    "a float in half precision": (
        "kernel.not_decodable",
        "f90000 f98000 f93c00 f93e00 f97bff f90001 f90400 f9c400 f97c00 f97e00 f9fc00",
    ),
    "a float in single or double precision": (
        "kernel.wrong_value",
        "fb3ff199999999999a fa47c35000 fa7f7fffff fb7e37e43c8800759c fbc010666666666666",
    ),
    "no number or an infinite one": (
        "kernel.not_decodable",
        "fa7f800000 fa7fc00000 faff800000 fb7ff0000000000000 fb7ff8000000000000 fbfff0000000000000",
    ),
    "null": ("kernel.wrong_value", "f6"),
    "undefined": ("kernel.not_decodable", "f7"),
    "another simple value": ("kernel.not_decodable", "f0 f818 f8ff"),
    "a tag": (
        "kernel.not_decodable",
        """c074323031332d30332d32315432303a30343a30305a c11a514b67b0 c1fb41d452d9ec200000 d74401020304
        d818456449455446 d82076687474703a2f2f7777772e6578616d706c652e636f6d""",
    ),
    "a map with keys that are no text": ("kernel.not_decodable", "a201020304"),
    "an indefinite length": (
        "kernel.not_decodable",
        """5f42010243030405ff 7f657374726561646d696e67ff 9fff 9f018202039f0405ffff 9f01820203820405ff
        83018202039f0405ff 83019f0203ff820405 9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff
        bf61610161629f0203ffff 826161bf61626163ff bf6346756ef563416d7421ff""",
    ),
}


@cache
def examples() -> dict[str, dict[str, Any]]:
    if not APPENDIX_A.exists():
        assert os.environ.get("CI") != "true", f"{APPENDIX_A} is missing"
        pytest.skip(f"{APPENDIX_A} is not on this machine")
    return {example["hex"]: example for example in json.loads(APPENDIX_A.read_text(encoding="utf-8"))}


def test_every_example_is_classified_once() -> None:
    classified = IN_THE_SUBSET.split() + [each for _, examples in REFUSED.values() for each in examples.split()]
    assert sorted(classified) == sorted(examples())
    assert len(classified) == 82


@pytest.mark.parametrize("example", IN_THE_SUBSET.split())
def test_an_example_in_the_subset_reads_as_published_and_is_written_the_same(example: str) -> None:
    published = examples()[example]
    value = codec.decode_plain(bytes.fromhex(example))
    if "decoded" in published:
        assert value == published["decoded"]
    else:
        assert f"h'{value.hex()}'" == published["diagnostic"]
    assert codec.encode_plain(value).hex() == example


@pytest.mark.parametrize(
    ("example", "code"),
    [
        pytest.param(each, code, id=f"{why}-{each}")
        for why, (code, each_of) in REFUSED.items()
        for each in each_of.split()
    ],
)
def test_an_example_outside_the_subset_is_refused(example: str, code: str) -> None:
    assert example in examples()
    for data in (bytes.fromhex(example), b"\x81" + bytes.fromhex(example)):
        with pytest.raises(EncodingInvalid) as error:
            codec.decode_plain(data)
        assert error.value.code == code


values = st.recursive(
    st.integers(-INT_MAX, INT_MAX) | st.booleans() | st.binary(max_size=300) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=30), inner, max_size=6),
    max_leaves=40,
)
outside = (
    st.floats()
    | st.none()
    | st.integers(INT_MAX + 1, 2**70)
    | st.builds(cbor2.CBORTag, st.integers(40, 60), st.just(b"\x00\x01\x55\x12\x00"))
    | st.just(cbor2.undefined)
)


@given(values)
def test_a_second_codec_agrees_byte_for_byte(value: Any) -> None:
    encoded = codec.encode_plain(value)
    assert encoded == cbor2.dumps(value, canonical=True)
    assert cbor2.loads(encoded) == value


@given(values)
def test_maps_in_another_order_are_refused(value: Any) -> None:
    """The second codec keeps the order in which a map was made; ours takes only the sorted one."""
    written = cbor2.dumps(value)
    if written == codec.encode_plain(value):
        assert codec.decode_plain(written) == value
    else:
        with pytest.raises(EncodingInvalid):
            codec.decode_plain(written)


@given(values, outside)
def test_what_a_second_codec_writes_beyond_the_subset_is_refused(value: Any, beyond: Any) -> None:
    for whole in (beyond, [value, beyond], {"a": value, "b": beyond}):
        with pytest.raises(EncodingInvalid):
            codec.decode_plain(cbor2.dumps(whole, canonical=True))
