"""Values as JSON has them, read and described by the very types that commands and queries are written in.

Rules
- Bytes are lower-case hex, times are milliseconds since the epoch, identifiers are bytes. Nothing is ever a float.
- `schema_of` says exactly what `from_json` and `from_text` let through; the codec has the last word on both.

    schema_of(Id)                    → {"type": "string", "pattern": "^[0-9a-f]{32}$", …}
    from_json(Id, "00…", "place")    → bytes
    to_json({"place": b"…"})         → b'{"place":"…"}'
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from linlian.kernel.codec import INT_MAX, Meta, Subject
from linlian.web.errors import WebError

Schema = dict[str, Any]

_HEX = re.compile("[0-9a-f]*")
_INTEGER = re.compile("-?(0|[1-9][0-9]{0,15})")


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else bytes.hex(value)


_encode = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":")).encode


def to_json(value: Any) -> bytes:
    """A value made of dict, list, str, int, bool, None, bytes and decimals; of the last two the digits, as text."""
    return _encode(value).encode()


def read_json(data: bytes) -> Any:
    """A JSON text in UTF-8. Raises WebError (`web.not_json`)."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WebError("web.not_json", reason=str(error)[:200]) from error


def schema_of(annotation: Any) -> Schema:
    """The JSON Schema (2020-12) of a field's type."""
    base, metas, subject = _beneath(annotation)
    found = _base_schema(base, metas)
    if subject:
        found["description"] = subject
    return found


def from_json(annotation: Any, value: Any, where: str) -> Any:
    """JSON as the plain value that the codec makes a record of. Raises WebError (`web.wrong_value`)."""
    base, metas, _ = _beneath(annotation)
    if base is bytes:
        return _bytes(value, metas, where)
    if get_origin(base) is tuple:
        _check(isinstance(value, list), where, "array")
        inner = get_args(base)[0]
        return [from_json(inner, item, f"{where}[{number}]") for number, item in enumerate(value)]
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        return record_from_json(base, value, where)
    if base is int:
        _check(isinstance(value, int) and not isinstance(value, bool), where, "integer")
    elif base is bool:
        _check(isinstance(value, bool), where, "boolean")
    else:
        _check(isinstance(value, str), where, "string")
    return value


def record_from_json(kind: type[msgspec.Struct], value: Any, where: str) -> dict[str, Any]:
    """A JSON object as a record's fields; empty defaults are left out, as the codec wants it."""
    _check(isinstance(value, dict), where, "object")
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in value:
        if name not in fields:
            raise WebError("web.unknown_field", field=f"{where}.{name}"[:100], known=", ".join(fields))
    plain = {}
    for name, field in fields.items():
        if name in value:
            read = from_json(field.type, value[name], f"{where}.{name}")
            if field.required or read not in (field.default, []):
                plain[name] = read
        elif field.required:
            raise WebError("web.field_missing", field=f"{where}.{name}")
    return plain


def from_text(annotation: Any, text: str, where: str) -> Any:
    """A value as an address has it: digits, hex, `true` or `false`, or the text itself."""
    base, metas, _ = _beneath(annotation)
    if base is bytes:
        return _bytes(text, metas, where)
    if base is int:
        _check(_INTEGER.fullmatch(text) is not None, where, "integer")
        number = int(text)
        bounds = [meta for meta in metas if meta.ge is not None or meta.le is not None]
        fits = all((m.ge is None or number >= m.ge) and (m.le is None or number <= m.le) for m in bounds)
        _check(fits and abs(number) <= INT_MAX, where, _range(metas))
        return number
    if base is bool:
        _check(text in ("true", "false"), where, "true, false")
        return text == "true"
    choices = _choices(base)
    if choices:
        _check(text in choices, where, ", ".join(choices))
        return base(text) if isinstance(base, type) else text
    for meta in metas:
        _check(meta.max_length is None or len(text) <= meta.max_length, where, f"≤ {meta.max_length}")
        _check(meta.pattern is None or re.search(meta.pattern, text) is not None, where, str(meta.pattern))
    return text


def record_schema(kind: type[msgspec.Struct], labels: Mapping[str, str] | None = None) -> Schema:
    """The JSON Schema of a record as a JSON object; `labels` are the descriptions of its fields."""
    fields = msgspec.structs.fields(kind)
    hints = get_type_hints(kind, include_extras=True)
    properties = {}
    for field in fields:
        found = schema_of(hints[field.name])
        if labels and labels.get(field.name):
            found["description"] = labels[field.name]
        properties[field.name] = found
    required = [field.name for field in fields if field.required]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _base_schema(base: Any, metas: list[Meta]) -> Schema:
    choices = _choices(base)
    if choices:
        return {"type": "string", "enum": list(choices)}
    if base is bool:
        return {"type": "boolean"}
    if base is int:
        bounds = {"minimum": -INT_MAX, "maximum": INT_MAX}
        for meta in metas:
            bounds["minimum"] = bounds["minimum"] if meta.ge is None else max(bounds["minimum"], int(meta.ge))
            bounds["maximum"] = bounds["maximum"] if meta.le is None else min(bounds["maximum"], int(meta.le))
        return {"type": "integer", **bounds}
    if base is bytes:
        least, most = _lengths(metas)
        times = f"{{{2 * least}}}" if least == most else "*"
        schema: Schema = {"type": "string", "pattern": f"^[0-9a-f]{times}$" if least == most else "^([0-9a-f]{2})*$"}
        return schema | ({"minLength": 2 * least} if least else {}) | ({"maxLength": 2 * most} if most else {})
    if get_origin(base) is tuple:
        _, most = _lengths(metas)
        schema = {"type": "array", "items": schema_of(get_args(base)[0])}
        return {**schema, "maxItems": most} if most is not None else schema
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        return record_schema(base)
    if base is str:
        schema = {"type": "string"}
        for meta in metas:
            if meta.max_length is not None:
                schema["maxLength"] = meta.max_length
            if meta.pattern is not None:
                schema["pattern"] = meta.pattern.replace(r"\A", "^").replace(r"\Z", "$")
        return schema
    raise TypeError(f"{base!r} is outside the vocabulary of commands and queries")


def _beneath(annotation: Any) -> tuple[Any, list[Meta], str]:
    """The bare type beneath Annotated and `| None`, its bounds, and the kind of subject that it names."""
    metas: list[Meta] = []
    subject = ""
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *marks = get_args(annotation)
            metas += [mark for mark in marks if isinstance(mark, Meta)]
            subject = next((mark.kind for mark in marks if isinstance(mark, Subject)), subject)
        elif get_origin(annotation) in (Union, UnionType):
            (annotation,) = [part for part in get_args(annotation) if part is not NoneType]
        else:
            return annotation, metas, subject


def _choices(base: Any) -> tuple[str, ...]:
    if isinstance(base, type) and issubclass(base, Enum):
        return tuple(str(member.value) for member in base)
    return tuple(str(value) for value in get_args(base)) if get_origin(base) is Literal else ()


def _lengths(metas: list[Meta]) -> tuple[int, int | None]:
    least = max((meta.min_length for meta in metas if meta.min_length is not None), default=0)
    most = min((meta.max_length for meta in metas if meta.max_length is not None), default=None)
    return least, most


def _bytes(value: Any, metas: list[Meta], where: str) -> bytes:
    least, most = _lengths(metas)
    wanted = f"hex, {least}…{most} bytes" if least != most else f"hex, {least} bytes"
    _check(isinstance(value, str) and _HEX.fullmatch(value) is not None and len(value) % 2 == 0, where, wanted)
    size = len(value) // 2
    _check(least <= size and (most is None or size <= most), where, wanted)
    return bytes.fromhex(value)


def _range(metas: list[Meta]) -> str:
    schema = _base_schema(int, metas)
    return f"{schema['minimum']}…{schema['maximum']}"


def _check(fine: bool, where: str, wanted: str) -> None:
    if not fine:
        raise WebError("web.wrong_value", field=where, wanted=wanted)
