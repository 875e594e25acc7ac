"""What a field or parameter takes, in a few signs: `place id`, `time`, `Urgency, optional`, `1…8 × sealed content`.

    field_type(ReportRepair, "urgency")  →  Kind(text="[Urgency](#urgency)", optional=True, enums=(Urgency,))

`Millis` and `Count` are the same type at run time; the name that the code gives the field's type tells them apart.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from linlian.kernel.codec import INT_MAX, Content, Meta, Subject

LEGEND = (
    ("id", "16 字节的随机标识；前面写明是谁的标识", "16 random bytes; of whom, stands before it"),
    ("hash", "32 字节", "32 bytes"),
    ("time", "自 1970-01-01T00:00:00Z 的毫秒数", "milliseconds since 1970-01-01T00:00:00Z"),
    (
        "number",
        "0 到 2⁵³−1 的整数；另有范围的，写明范围",
        "a whole number from 0 to 2⁵³−1, or within the bounds that are shown",
    ),
    ("integer", "整数，可为负", "a whole number, perhaps negative, as far from 0"),
    ("code", "ASCII 字母、数字和 _ . : / + -，不是自由文字", "ASCII letters, digits and _ . : / + -, never free text"),
    (
        "sealed content",
        "对密封内容的承诺（加盐的哈希）和密文的哈希",
        "a commitment to content (a salted hash) and the hash of its ciphertext",
    ),
    ("yes/no", "布尔值，不写就是否", "a truth value; left out, it is no"),
    ("n × …", "几个，依次排列", "several, in order"),
)
"""The words used here, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`subject` is the kind of subject that it names; `enums` and `records` have tables of their own."""

    text: str
    optional: bool = False
    subject: str = ""
    enums: tuple[type[Enum], ...] = ()
    records: tuple[type[msgspec.Struct], ...] = ()


def field_type(record: type[msgspec.Struct], name: str) -> Kind:
    """The kind of a record's field; optional if it may be left out."""
    field = next(field for field in msgspec.structs.fields(record) if field.name == name)
    return replace(kind_of(field.type, _written(record, name)), optional=not field.required)


def kind_of(annotation: Any, written: str = "") -> Kind:
    """The kind of an annotation; `written` is how the code spells it."""
    marks: list[Any] = []
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        marks += more
    subject = next((mark.kind for mark in marks if isinstance(mark, Subject)), "")
    meta = [mark for mark in marks if isinstance(mark, Meta)]
    if get_origin(annotation) in (Union, UnionType):
        (inner,) = [part for part in get_args(annotation) if part is not NoneType]
        return replace(kind_of(inner, written), optional=True)
    if get_origin(annotation) is tuple:
        inner = kind_of(get_args(annotation)[0], written)
        return replace(inner, text=f"{_count(meta)} × {inner.text}")
    if annotation is Content:
        return Kind("sealed content")
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Kind(f"[{annotation.__name__}](#{annotation.__name__.lower()})", enums=(annotation,))
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return Kind(annotation.__name__, records=(annotation,))
    return Kind(_plain(annotation, meta, written, subject), subject=subject)


def values_of(kinds: Iterator[Kind]) -> tuple[type[Enum], ...]:
    """The enumerations of many kinds, each once, in order."""
    return tuple(dict.fromkeys(enum for kind in kinds for enum in kind.enums))


def _plain(base: Any, meta: list[Meta], written: str, subject: str) -> str:
    if base is bool:
        return "yes/no"
    if base is int:
        return "time" if "Millis" in written else _bounds(meta)
    least, most = _least(meta), _most(meta)
    if base is bytes:
        known = {(16, 16): "id", (32, 32): "hash"}.get((least, most), f"up to {most} bytes")
        return f"{subject} {known}" if subject else known
    pattern = any(mark.pattern for mark in meta)
    return f"{'code' if pattern else 'text'}, up to {most} characters"


def _bounds(meta: list[Meta]) -> str:
    least = max((mark.ge for mark in meta if mark.ge is not None), default=-INT_MAX)
    most = min((mark.le for mark in meta if mark.le is not None), default=INT_MAX)
    if (least, most) == (0, INT_MAX):
        return "number"
    return "integer" if (least, most) == (-INT_MAX, INT_MAX) else f"{least}…{most}"


def _count(meta: list[Meta]) -> str:
    return f"{_least(meta)}…{_most(meta)}"


def _least(meta: list[Meta]) -> int:
    return max((mark.min_length for mark in meta if mark.min_length is not None), default=0)


def _most(meta: list[Meta]) -> int:
    return min((mark.max_length for mark in meta if mark.max_length is not None), default=0)


def _written(record: type[Any], name: str) -> str:
    """The annotation of a field as its class spells it."""
    for kind in record.__mro__:
        told = inspect.get_annotations(kind)
        if name in told:
            return str(told[name])
    return ""
