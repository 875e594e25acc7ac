"""One canonical encoding: a strict subset of DAG-CBOR (RFC 8949 section 4.2 with text keys only), typed.

Rules
- Every value has exactly one encoding; bytes that do not encode back to themselves are refused.
- Integers within ±(2^53−1), so that a browser reads what Python wrote; no floats, tags, CIDs or indefinite lengths.
- A *map* (`Fields`: commands, events, genesis) names its fields and leaves out those that hold their empty
  default; unknown and repeated fields are refused. `null` is never written.
- An *array* (`Row`: state rows, headers, receipts) begins with its schema number and holds every field in order.
- Nothing nests deeper than 32, and no type here is recursive.

    >>> class LendBay(Fields):
    ...     bay: Id
    ...     days: Count = 0
    >>> decode(LendBay, encode(LendBay(bay=bytes(16))))
    LendBay(bay=b'\\x00...', days=0)

The field types below are the whole vocabulary; `check_schema` refuses a record that uses any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin

import libipld
import msgspec
from msgspec import Meta
from msgspec.structs import replace

from linlian.kernel import remedies
from linlian.kernel.errors import EncodingInvalid

INT_MAX = 2**53 - 1
DEPTH_MAX = 32
SUBJECT_BYTES_MAX = 64

_LINK = b"\xd8\x2a"
"""CBOR tag 42. libipld writes it before any bytes that begin like a CID, one random identifier in 6,000; for us bytes
are bytes, so whatever comes out with these two in it is encoded again in parts."""

_LABEL = r"\A[A-Za-z0-9_.:/+-]*\Z"
"""ASCII only and without spaces: a label names a thing in a table, it is never a place for free text."""

Int = Annotated[int, Meta(ge=-INT_MAX, le=INT_MAX)]
Count = Annotated[int, Meta(ge=0, le=INT_MAX)]
Millis = Annotated[int, Meta(ge=0, le=INT_MAX)]
"""Milliseconds since 1970-01-01T00:00:00Z."""
Label = Annotated[str, Meta(max_length=64, pattern=_LABEL)]
Nonce = Annotated[bytes, Meta(min_length=16, max_length=16)]
Id = Annotated[bytes, Meta(min_length=16, max_length=16)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Blob = Annotated[bytes, Meta(max_length=4096)]


@dataclass(frozen=True, slots=True)
class Subject:
    """Marks an identifier type as a subject: each event that names one is chained into that one's history."""

    kind: str


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _FieldsMeta(msgspec.StructMeta):
    """Tells type checkers what `Fields` hands on to its subclasses; changes nothing at run time."""


@dataclass_transform(frozen_default=True)
class _RowMeta(msgspec.StructMeta):
    """Tells type checkers what `Row` hands on to its subclasses; changes nothing at run time."""


class Fields(
    msgspec.Struct,
    metaclass=_FieldsMeta,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
    gc=False,
):
    """A record encoded as a map of its fields."""


class Row(msgspec.Struct, metaclass=_RowMeta, frozen=True, array_like=True, tag=1, gc=False):
    """A record encoded as an array led by its schema number (`tag`)."""


class Content(Fields):
    """What stands on the ledger for content that does not: H(0x15 ‖ salt ‖ SHA-256 ‖ size), SHA-256(ciphertext)."""

    commitment: Hash
    ciphertext_hash: Hash


T = TypeVar("T")


def encode(value: object) -> bytes:
    """Encode a record, or a plain value made of int, str, bytes, bool, list and dict. Raises EncodingInvalid."""
    return encode_plain(_as_plain(value))


def encode_checked(kind: type[Row], value: Row) -> bytes:
    """Encode a row after holding it to the bounds of its kind: what is written can be read. Raises EncodingInvalid."""
    plain = _as_plain(value)
    typed(kind, plain)
    return encode_plain(plain)


def encode_plain(value: Any) -> bytes:
    """Encode a value made of nothing but int, str, bytes, bool, list and dict. Raises EncodingInvalid."""
    try:
        data = libipld.encode_dag_cbor(value)
        return data if _is_plain(data) else _encode_parts(value)
    except (ValueError, OverflowError, RecursionError) as error:
        raise EncodingInvalid("kernel.not_encodable", reason=str(error)[:200]) from error


def decode(kind: type[T], data: bytes) -> T:
    """Decode exactly one record of `kind`; anything but its canonical bytes raises EncodingInvalid."""
    value = decode_trusted(kind, data)
    if encode(value) != data:
        raise EncodingInvalid("kernel.not_canonical", expected=kind.__name__)
    return value


def decode_trusted(kind: type[T], data: bytes) -> T:
    """Decode bytes that this node encoded itself: typed, but not compared with their re-encoding."""
    return typed(kind, _parse(data))


def decode_plain(data: bytes) -> Any:
    """Decode canonical bytes of any shape into int, str, bytes, bool, list and dict. Raises EncodingInvalid."""
    value = _parse(data)
    check_plain(value)
    if encode_plain(value) != data:
        raise EncodingInvalid("kernel.not_canonical", expected="DAG-CBOR")
    return value


def decode_plain_trusted(data: bytes) -> Any:
    """Decode bytes that this node encoded itself into plain values."""
    return _parse(data)


def typed(kind: type[T], plain: Any) -> T:
    """Turn a decoded plain value into a record. Raises EncodingInvalid with the path of the first wrong field."""
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise EncodingInvalid("kernel.wrong_fields", expected=kind.__name__, reason=str(error)[:200]) from error


def as_plain(value: Fields) -> dict[str, Any]:
    """The map that `encode` writes for a record: empty defaults left out, tuples as lists. Raises EncodingInvalid."""
    plain: dict[str, Any] = _as_plain(value)
    return plain


def check_same_fields(record: Fields, plain: Mapping[str, Any]) -> None:
    """Refuse a map that is not what `record` itself would write (an empty default spelled out, text for bytes)."""
    if as_plain(record) != plain:
        raise EncodingInvalid("kernel.not_canonical", expected=type(record).__name__)


@cache
def subject_fields(kind: type[Fields]) -> tuple[tuple[str, bool], ...]:
    """(field name, holds many) of the fields whose type names a subject, in the order they are written."""
    return tuple(
        (field.name, many)
        for field in msgspec.structs.fields(kind)
        for many, subject in (_find_subject(field.type),)
        if subject is not None
    )


def subject_kinds(kind: type[Fields]) -> dict[str, str]:
    """Field name → subject kind, for reference pages and views."""
    found = ((field.name, _find_subject(field.type)[1]) for field in msgspec.structs.fields(kind))
    return {name: subject.kind for name, subject in found if subject is not None}


def check_schema(kind: type[msgspec.Struct]) -> None:
    """Raise TypeError if a record has a field type outside the vocabulary or a default that is not empty."""
    for field in msgspec.structs.fields(kind):
        _check_type(field.type, f"{kind.__name__}.{field.name}", 0)
        if issubclass(kind, Fields) and not field.required and field.default not in (None, "", b"", 0, False, ()):
            raise TypeError(f"{kind.__name__}.{field.name}: {field.default!r} {remedies.EMPTY}")
        if type(None) in get_args(field.type) and not (issubclass(kind, Fields) and field.default is None):
            raise TypeError(f"{kind.__name__}.{field.name}: {remedies.NO_NULL}")


def check_subjects(kind: type[Fields]) -> None:
    """Raise TypeError if an event names a subject where it would not be chained, or by anything but short bytes."""
    for field in msgspec.structs.fields(kind):
        where = f"{kind.__name__}.{field.name}"
        if any(_find_subject(inner.type)[1] for inner in _inner_fields(field.type)):
            raise TypeError(f"{where}: a subject inside a record is not chained, name it in the event itself")
        if _find_subject(field.type)[1] is not None and not _is_identifier(field.type):
            raise TypeError(f"{where}: a subject is named by at most {SUBJECT_BYTES_MAX} bytes")


def _parse(data: bytes) -> Any:
    try:
        return libipld.decode_dag_cbor(data)
    except (ValueError, RecursionError) as error:
        raise EncodingInvalid("kernel.not_decodable", reason=str(error)[:200]) from error


def _encode_parts(value: Any) -> bytes:
    """Encode piece by piece what holds, or merely seems to hold, bytes that the library would take for a link."""
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(_encode_items(value))
    if isinstance(value, dict):
        keyed = ((libipld.encode_dag_cbor(key), item) for key, item in value.items())
        pairs = sorted(keyed, key=lambda pair: pair[0])
        return _head(5, len(value)) + b"".join([key + encode_plain(item) for key, item in pairs])
    return libipld.encode_dag_cbor(value)


def _encode_items(items: list[Any]) -> Iterator[bytes]:
    """The encodings of a list's items; of a long one sixteen together, as most are plain and their head is one byte."""
    if len(items) <= 16:
        yield from map(encode_plain, items)
        return
    for start in range(0, len(items), 16):
        group = items[start : start + 16]
        data = libipld.encode_dag_cbor(group)
        if _is_plain(data):
            yield data[1:]
        else:
            yield from map(encode_plain, group)


def _is_plain(data: bytes) -> bool:
    # Searching from the end is two to three times as fast in CPython, and blocks are long.
    return data.rfind(_LINK) < 0


def _head(major: int, count: int) -> bytes:
    """The first bytes of an item: its major type and count (RFC 8949 section 3), in the shortest form."""
    for bits, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if count < 24:
            return bytes([major << 5 | count])
        if count < 1 << 8 * size:
            return bytes([major << 5 | bits]) + count.to_bytes(size, "big")
    raise OverflowError(f"{count} is not the length of anything")


def check_plain(value: Any) -> None:
    """Refuse what libipld lets through: floats, null, integers beyond a browser's, nesting beyond 32.

    The outermost value is at depth 1. Raises EncodingInvalid.
    """
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise EncodingInvalid("kernel.too_deep", depth_max=DEPTH_MAX)
        below: list[Any] = []
        for node in level:
            kind = type(node)
            if kind is dict:
                below += node.values()
            elif kind is list:
                below += node
            elif kind is int:
                if not -INT_MAX <= node <= INT_MAX:
                    raise EncodingInvalid("kernel.wrong_value", kind="int")
            elif kind not in _LEAVES:
                raise EncodingInvalid("kernel.wrong_value", kind=kind.__name__)
        level = below


_LEAVES = frozenset((bool, str, bytes))
_PACKER = msgspec.msgpack.Encoder()
_UNPACKER = msgspec.msgpack.Decoder()


def _as_plain(value: Any) -> Any:
    """Records as maps and arrays, enums as their values, tuples as lists, for the encoder. Raises EncodingInvalid.

    By way of MessagePack, whose types are ours: there and back again in C is faster than looking for tuples here.
    """
    try:
        return _UNPACKER.decode(_PACKER.encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise EncodingInvalid("kernel.not_encodable", reason=str(error)[:200]) from error


def _find_subject(annotation: Any) -> tuple[bool, Subject | None]:
    if get_origin(annotation) is Annotated:
        for mark in get_args(annotation)[1:]:
            if isinstance(mark, Subject):
                return False, mark
        return _find_subject(get_args(annotation)[0])
    parts = [part for part in get_args(annotation) if part not in (type(None), Ellipsis)]
    if get_origin(annotation) is not Literal and len(parts) == 1:
        many, subject = _find_subject(parts[0])
        return many or get_origin(annotation) is tuple, subject
    return False, None


def _inner_fields(annotation: Any) -> list[msgspec.structs.FieldInfo]:
    """The fields of every record inside a field's type, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        fields = list(msgspec.structs.fields(annotation))
        return fields + [inner for field in fields for inner in _inner_fields(field.type)]
    return [inner for part in get_args(annotation) for inner in _inner_fields(part)]


def _is_identifier(annotation: Any) -> bool:
    """Whether a subject's type, alone or in a tuple or with None, is bytes of bounded length."""
    args = get_args(annotation)
    if get_origin(annotation) is Annotated and any(isinstance(mark, Subject) for mark in args[1:]):
        bounds = [mark.max_length for mark in args[1:] if isinstance(mark, Meta) and mark.max_length is not None]
        return args[0] is bytes and bool(bounds) and min(bounds) <= SUBJECT_BYTES_MAX
    return any(_is_identifier(part) for part in args)


def _check_type(annotation: Any, where: str, depth: int) -> None:
    if depth > DEPTH_MAX // 2:
        raise TypeError(f"{where}: nested too deep")
    base: Any = annotation
    bounds: dict[str, Any] = {}
    if get_origin(annotation) is Annotated:
        base = get_args(annotation)[0]
        for mark in get_args(annotation)[1:]:
            if isinstance(mark, Meta):
                found = {"ge": mark.ge, "le": mark.le, "max_length": mark.max_length}
                bounds = {name: bound for name, bound in found.items() if bound is not None}
    origin = get_origin(base)
    if base is bool or origin is Literal or (isinstance(base, type) and issubclass(base, Enum)):
        return
    if base is int and bounds.get("ge", -INT_MAX - 1) >= -INT_MAX and bounds.get("le", INT_MAX + 1) <= INT_MAX:
        return
    if base in (bytes, str) and "max_length" in bounds:
        return
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        check_schema(base)
        return
    parts = [part for part in get_args(base) if part not in (type(None), Ellipsis)]
    bounded = "max_length" in bounds if origin is tuple else origin in (Union, UnionType) and depth == 0
    if len(parts) == 1 and bounded:
        _check_type(parts[0], where, depth + 1)
        return
    raise TypeError(f"{where}: {annotation!r} {remedies.TYPES.get(origin or base, remedies.VOCABULARY)}")


__all__ = [
    "DEPTH_MAX",
    "INT_MAX",
    "SUBJECT_BYTES_MAX",
    "Blob",
    "Content",
    "Count",
    "Fields",
    "Hash",
    "Id",
    "Int",
    "Label",
    "Meta",
    "Millis",
    "Nonce",
    "Row",
    "Subject",
    "as_plain",
    "check_plain",
    "check_same_fields",
    "check_schema",
    "check_subjects",
    "decode",
    "decode_plain",
    "decode_plain_trusted",
    "decode_trusted",
    "encode",
    "encode_checked",
    "encode_plain",
    "replace",
    "subject_fields",
    "subject_kinds",
    "typed",
]
