"""One canonical encoding: what round-trips, what is refused, and what a record may be made of."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel import codec
from linlian.kernel.codec import (
    DEPTH_MAX,
    INT_MAX,
    Blob,
    Content,
    Count,
    Fields,
    Id,
    Int,
    Label,
    Meta,
    Millis,
    Row,
    Subject,
)
from linlian.kernel.errors import EncodingInvalid

PlotId = Annotated[Id, Subject("plot")]


class State(StrEnum):
    DRY = "dry"
    WET = "wet"


class Bed(Fields):
    """A record with a field of every kind in the vocabulary."""

    plot: Id
    state: State
    litres: Int = 0
    label: Label = ""
    at: Millis = 0
    note: Blob = b""
    shared: bool = False
    sort: Literal["", "herbs", "roots"] = ""
    neighbours: Annotated[tuple[Id, ...], Meta(max_length=3)] = ()
    photo: Content | None = None


class BedRow(Row, tag=3):
    plot: Id
    litres: Count
    neighbours: Annotated[tuple[Id, ...], Meta(max_length=3)]
    photo: Content = Content(commitment=bytes(32), ciphertext_hash=bytes(32))


ids = st.binary(min_size=16, max_size=16)
hashes = st.binary(min_size=32, max_size=32)
contents = st.builds(Content, commitment=hashes, ciphertext_hash=hashes)
neighbours = st.lists(ids, max_size=3).map(tuple)
beds = st.builds(
    Bed,
    plot=ids,
    state=st.sampled_from(State),
    litres=st.integers(-INT_MAX, INT_MAX),
    label=st.text("abcXYZ019_.:/+-", max_size=64),
    at=st.integers(0, INT_MAX),
    note=st.binary(max_size=40),
    shared=st.booleans(),
    sort=st.sampled_from(["", "herbs", "roots"]),
    neighbours=neighbours,
    photo=st.none() | contents,
)
rows = st.builds(BedRow, ids, st.integers(0, INT_MAX), neighbours, contents)
plain = st.recursive(
    st.integers(-INT_MAX, INT_MAX) | st.booleans() | st.binary(max_size=300) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=25,
)


def refusal(data: bytes, kind: Any = None) -> str:
    with pytest.raises(EncodingInvalid) as error:
        codec.decode_plain(data) if kind is None else codec.decode(kind, data)
    return error.value.code


def nested(depth: int, leaf: Any = 0) -> Any:
    """A value whose innermost part is at this depth; the outermost is at depth 1."""
    value = leaf
    for _ in range(depth - 1):
        value = [value]
    return value


@given(beds)
def test_a_map_reads_back(bed: Bed) -> None:
    data = codec.encode(bed)
    assert codec.decode(Bed, data) == bed
    assert codec.decode_plain(data) == codec.as_plain(bed)


@given(rows)
def test_an_array_reads_back(row: BedRow) -> None:
    data = codec.encode(row)
    assert codec.decode(BedRow, data) == row
    assert codec.encode_checked(BedRow, row) == data
    assert codec.decode_plain(data)[0] == 3


@given(plain)
def test_plain_values_read_back(value: Any) -> None:
    assert codec.decode_plain(codec.encode_plain(value)) == value


LINK_LIKE = [
    b"\x01\x00\x00\x00",
    b"\x01\x55\x12\x0c" + bytes(12),
    b"\x01\x71\x12\x20" + bytes(32),
    b"\x12\x20" + bytes(32),
    b"\xd8\x2a\x58\x25\x00\x01\x71\x12\x20" + bytes(32),
]


@pytest.mark.parametrize("data", LINK_LIKE)
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x, 7], lambda x: {"b": x, "aa": [x], "a": "é"}])
def test_bytes_are_bytes_even_if_they_look_like_a_link(data: bytes, wrap: Callable[[Any], Any]) -> None:
    encoded = codec.encode_plain(wrap(data))
    assert encoded == cbor2.dumps(wrap(data), canonical=True)
    assert codec.decode_plain(encoded) == wrap(data)


@given(plain | st.sampled_from(LINK_LIKE), st.sampled_from(LINK_LIKE))
def test_a_second_codec_writes_the_same_bytes(value: Any, link_like: bytes) -> None:
    for one in (value, [value, link_like], {"a": value, "b": link_like}):
        encoded = codec.encode_plain(one)
        assert encoded == cbor2.dumps(one, canonical=True)
        assert cbor2.loads(encoded) == one


@pytest.mark.parametrize("size", [23, 24, 255, 256, 65_535, 65_536])
@pytest.mark.parametrize(
    "kind", [bytes, lambda size: [LINK_LIKE[0]] * size, lambda size: {str(n): LINK_LIKE[0] for n in range(size)}]
)
def test_lengths_take_the_shortest_form(kind: Callable[[int], Any], size: int) -> None:
    value = [LINK_LIKE[0], kind(size)]
    assert codec.encode_plain(value) == cbor2.dumps(value, canonical=True)


@given(plain, st.data())
def test_no_other_bytes_mean_the_same(value: Any, data: st.DataObject) -> None:
    """Whatever one byte is changed to, it is refused or it is another value."""
    encoded = bytearray(codec.encode_plain(value))
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    try:
        read = codec.decode_plain(bytes(encoded))
    except EncodingInvalid:
        return
    assert codec.encode_plain(read) == bytes(encoded) != codec.encode_plain(value)


@given(st.binary(max_size=64))
def test_noise_is_refused_or_canonical(data: bytes) -> None:
    try:
        value = codec.decode_plain(data)
    except EncodingInvalid:
        return
    assert codec.encode_plain(value) == data


@given(beds)
def test_a_map_cut_off_anywhere_is_refused(bed: Bed) -> None:
    data = codec.encode(bed)
    for end in range(len(data)):
        assert refusal(data[:end], Bed) == "kernel.not_decodable"


def test_empty_defaults_are_left_out() -> None:
    assert codec.encode(Content(commitment=bytes(32), ciphertext_hash=bytes(32))).startswith(b"\xa2")
    assert codec.encode(Bed(plot=bytes(16), state=State.DRY)) == b"\xa2\x64plot\x50" + bytes(16) + b"\x65state\x63dry"


def test_an_array_begins_with_its_schema_number() -> None:
    assert codec.encode(BedRow(bytes(16), 7, ()))[:3] == bytes.fromhex("850350")
    assert refusal(codec.encode_plain([2, bytes(16), 7, []]), BedRow) == "kernel.wrong_fields"


PLOT = bytes(16)
BED = {"plot": PLOT, "state": "dry"}
WRONG_MAPS: list[tuple[str, Any, str]] = [
    ("an unknown field", {**BED, "colour": 1}, "kernel.wrong_fields"),
    ("a field missing", {"plot": PLOT}, "kernel.wrong_fields"),
    ("an empty default spelled out", {**BED, "litres": 0}, "kernel.not_canonical"),
    ("an empty tuple spelled out", {**BED, "neighbours": []}, "kernel.not_canonical"),
    ("text where bytes belong", {**BED, "plot": "AAAAAAAAAAAAAAAAAAAAAA=="}, "kernel.not_canonical"),
    ("a float", {**BED, "litres": 1.0}, "kernel.wrong_fields"),
    ("null", {**BED, "photo": None}, "kernel.not_canonical"),
    ("a number for a boolean", {**BED, "shared": 1}, "kernel.wrong_fields"),
    ("a boolean for a number", {**BED, "litres": True}, "kernel.wrong_fields"),
    ("an integer one too large", {**BED, "litres": INT_MAX + 1}, "kernel.wrong_fields"),
    ("an integer one too small", {**BED, "litres": -INT_MAX - 1}, "kernel.wrong_fields"),
    ("a negative time", {**BED, "at": -1}, "kernel.wrong_fields"),
    ("an id one byte short", {**BED, "plot": PLOT[1:]}, "kernel.wrong_fields"),
    ("an id one byte long", {**BED, "plot": PLOT + b"\x00"}, "kernel.wrong_fields"),
    ("a label one too long", {**BED, "label": "a" * 65}, "kernel.wrong_fields"),
    ("a label with a space", {**BED, "label": "a b"}, "kernel.wrong_fields"),
    ("a label with a newline", {**BED, "label": "a\n"}, "kernel.wrong_fields"),
    ("a label in Chinese", {**BED, "label": "漏水"}, "kernel.wrong_fields"),
    ("bytes one too long", {**BED, "note": bytes(4097)}, "kernel.wrong_fields"),
    ("one neighbour too many", {**BED, "neighbours": [PLOT] * 4}, "kernel.wrong_fields"),
    ("a value that is none of the enumeration", {**BED, "state": "damp"}, "kernel.wrong_fields"),
    ("a value that is none of the literals", {**BED, "sort": "trees"}, "kernel.wrong_fields"),
    ("a list for a map", [PLOT], "kernel.wrong_fields"),
    ("a number for a map", 1, "kernel.wrong_fields"),
]


@pytest.mark.parametrize(("value", "code"), [case[1:] for case in WRONG_MAPS], ids=[case[0] for case in WRONG_MAPS])
def test_a_wrong_map_is_refused(value: Any, code: str) -> None:
    assert refusal(codec.encode_plain(value), Bed) == code


WRONG_BYTES: list[tuple[str, str, str]] = [
    ("nothing", "", "kernel.not_decodable"),
    ("two values", "0000", "kernel.not_decodable"),
    ("a length longer than needed", "1800", "kernel.not_canonical"),
    ("a length in eight bytes", "1b0000000000000017", "kernel.not_canonical"),
    ("text with a long length", "780161", "kernel.not_canonical"),
    ("keys out of order", "a2616200616100", "kernel.not_decodable"),
    ("a longer key first", "a262616100616200", "kernel.not_decodable"),
    ("a repeated key", "a2616100616100", "kernel.not_decodable"),
    ("a key that is no text", "a10000", "kernel.not_decodable"),
    ("a float", "fb3ff8000000000000", "kernel.wrong_value"),
    ("a float that is whole", "fb3ff0000000000000", "kernel.wrong_value"),
    ("half precision", "f93c00", "kernel.not_decodable"),
    ("not a number", "fb7ff8000000000000", "kernel.not_decodable"),
    ("null", "f6", "kernel.wrong_value"),
    ("undefined", "f7", "kernel.not_decodable"),
    ("a simple value", "f0", "kernel.not_decodable"),
    ("a tag", "c000", "kernel.not_decodable"),
    ("a link", "d82a58250001551220" + "00" * 32, "kernel.not_canonical"),
    ("an indefinite list", "9f00ff", "kernel.not_decodable"),
    ("indefinite text", "7f6161ff", "kernel.not_decodable"),
    ("text that is not UTF-8", "61ff", "kernel.not_decodable"),
    ("a surrogate in text", "63eda080", "kernel.not_decodable"),
    ("2^53", "1b0020000000000000", "kernel.wrong_value"),
    ("-2^53", "3b001fffffffffffff", "kernel.wrong_value"),
    ("2^64 - 1", "1bffffffffffffffff", "kernel.wrong_value"),
    ("-2^64", "3bffffffffffffffff", "kernel.wrong_value"),
    ("a list that promises more than there is", "9bffffffffffffffff", "kernel.not_decodable"),
    ("bytes that promise more than there is", "5b7fffffffffffffff", "kernel.not_decodable"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "code"), [case[1:] for case in WRONG_BYTES], ids=[case[0] for case in WRONG_BYTES])
def test_bytes_outside_the_subset_are_refused(data: str, code: str) -> None:
    assert refusal(bytes.fromhex(data)) == code


def test_the_largest_integers_are_taken() -> None:
    for value in (INT_MAX, -INT_MAX):
        assert codec.decode_plain(codec.encode_plain(value)) == value


@pytest.mark.parametrize("leaf", [0, [], {}])
def test_nesting_ends_at_depth_32(leaf: Any) -> None:
    deepest = nested(DEPTH_MAX, leaf)
    assert codec.decode_plain(codec.encode_plain(deepest)) == deepest
    assert refusal(codec.encode_plain([deepest])) == "kernel.too_deep"
    assert refusal(codec.encode_plain({"a": deepest})) == "kernel.too_deep"


@pytest.mark.parametrize("head", [b"\x81", b"\xa1aa"])
@pytest.mark.parametrize("depth", [33, 1_000, 10_000])
def test_deep_nesting_is_refused_without_recursion(head: bytes, depth: int) -> None:
    assert refusal(head * depth + b"\x00") in ("kernel.too_deep", "kernel.not_decodable")


@pytest.mark.parametrize("value", [2**64, -(2**64) - 1, object(), {1: 2}, "\ud800", {1, 2}])
def test_what_cannot_be_encoded_is_an_error(value: Any) -> None:
    with pytest.raises(EncodingInvalid):
        codec.encode_plain(value)


WRONG_ROWS = [
    BedRow(PLOT, -1, ()),
    BedRow(PLOT, INT_MAX + 1, ()),
    BedRow(PLOT[1:], 0, ()),
    BedRow(PLOT, 0, (PLOT,) * 4),
]


@pytest.mark.parametrize("row", WRONG_ROWS)
def test_a_row_outside_its_own_bounds_is_not_written(row: BedRow) -> None:
    with pytest.raises(EncodingInvalid):
        codec.encode_checked(BedRow, row)


@pytest.mark.parametrize("label", ["a b", "a\tb", "é", "水", "a\x00", "<b>", "a\n", "{}", "\u202ea"])
def test_labels_are_no_place_for_free_text(label: str) -> None:
    with pytest.raises(EncodingInvalid):
        codec.typed(Bed, {**BED, "label": label})
