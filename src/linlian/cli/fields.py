"""The options of a command, read from its type: one for each field, with kind, bounds and words.

    fields_of(ReportRepair) → [FieldOption("place", "--place", hint="id", required=True, …), …]
    build(spec, given, reading) → ReportRepair(...)

Rules
- What a person types is read by the field's type, and checked by the codec as the ledger will check it.
- An identifier may be a name, all its digits, or its first digits. Sealed content is text, or `@file`.
- A time is milliseconds, a date with time (`2026-01-01T08:00`), or a span from now (`+14d`, `-2h`).
- A field that holds several takes its option several times; identifiers and choices may be joined by commas.
- A public key is hex, a file from `linlian key export`, or the name of a key here; then `--suite` is known too.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from linlian.cli.names import Finder, is_hex
from linlian.cli.verb import Given, Option, Usage
from linlian.kernel import codec
from linlian.kernel.codec import Content, Meta, Subject
from linlian.kernel.contract import Command, CommandSpec
from linlian.kernel.errors import EncodingInvalid
from linlian.vault import Contents, bare

_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


@dataclass(frozen=True, slots=True)
class Shape:
    """What lies beneath an annotation: the bare type, its bounds, its subject, and whether there can be several."""

    base: Any
    meta: Meta | None
    subject: str
    many: bool


@dataclass(frozen=True, slots=True)
class FieldOption:
    """A field of a command as an option. `choices` are all its values where they are few."""

    field: str
    shape: Shape
    required: bool
    choices: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.field.replace("_", "-")

    @property
    def flag(self) -> bool:
        return self.shape.base is bool and not self.required

    def option(self) -> Option:
        return Option(self.name, self.flag, self.shape.many, hint=self.hint())

    def hint(self) -> str:
        """What to type, in a few signs: `id`, `text|@file`, `0…10`, `a|b|c`."""
        shape = self.shape
        if self.choices:
            return "|".join(self.choices)
        if self.flag:
            return ""
        if shape.base is Content:
            return "text|@file"
        if shape.base is bytes:
            size = _size(shape)
            return shape.subject or ("id" if size in (16, 32) else "hex|@file")
        if shape.base is int and shape.meta is not None:
            whole = shape.meta.le == codec.INT_MAX
            least, most = shape.meta.ge, shape.meta.le
            return "number|time" if whole else f"{least}…{most}"
        if shape.base is str:
            return "code"
        return "json" if shape.base is not bool else "yes|no"


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a field may need: where identifiers are found, where content is sealed, and what time it is."""

    finder: Finder
    contents: Contents
    now_ms: int


def fields_of(kind: type[Command]) -> list[FieldOption]:
    """The options of a command's fields, required ones first."""
    found = []
    for field in msgspec.structs.fields(kind):
        shape = shape_of(field.type)
        found.append(FieldOption(field.name, shape, field.required, choices_of(shape.base)))
    return sorted(found, key=lambda option: not option.required)


def build(spec: CommandSpec, given: Given, reading: Reading) -> Command:
    """The command that was typed. Raises Usage and whatever sealing raises."""
    fields = fields_of(spec.kind)
    plain: dict[str, Any] = {}
    for option in fields:
        if option.name not in given.options:
            continue
        texts = given.many(option.name)
        if option.flag:
            plain[option.field] = True
        elif option.field == "public_key":
            suite, plain[option.field] = _public_key(texts[0], reading)
            if suite and not given.maybe("suite"):
                plain["suite"] = suite
        elif option.shape.many:
            joined = option.shape.base is not Content
            parts = [part for text in texts for part in (text.split(",") if joined else [text])]
            plain[option.field] = [_value(option, part, reading) for part in parts]
        else:
            plain[option.field] = _value(option, texts[0], reading)
    missing = [option.name for option in fields if option.required and option.field not in plain]
    if missing:
        raise Usage("cli.option_missing", option=missing[0], verb=spec.name)
    try:
        return codec.typed(spec.kind, plain)
    except EncodingInvalid as error:
        raise Usage("cli.field_invalid", command=spec.name, reason=str(error.facts.get("reason", ""))) from error


def shape_of(annotation: Any) -> Shape:
    """Look beneath Annotated, `| None` and tuple."""
    meta, subject, many = None, "", False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *marks = get_args(annotation)
            for mark in marks:
                meta = mark if isinstance(mark, Meta) else meta
                subject = mark.kind if isinstance(mark, Subject) else subject
        elif origin in (Union, UnionType):
            (annotation,) = [part for part in get_args(annotation) if part is not type(None)]
        elif origin is tuple:
            annotation, many, meta = get_args(annotation)[0], True, None
        else:
            return Shape(annotation, meta, subject, many)


def choices_of(base: Any) -> tuple[str, ...]:
    """All values of an enumeration, or nothing."""
    if isinstance(base, type) and issubclass(base, Enum):
        return tuple(str(member.value) for member in base)
    return tuple(str(value) for value in get_args(base)) if get_origin(base) is Literal else ()


def time_of(text: str, now_ms: int) -> int | None:
    """Milliseconds from digits, a date and time, or a span from now; None if it is none of them."""
    if re.fullmatch("-?[0-9]{1,16}", text):
        return int(text)
    if span := re.fullmatch("([+-][0-9]{1,6})([mhdw])", text):
        return now_ms + int(span[1]) * _UNITS_MS[span[2]]
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        return None


def _value(option: FieldOption, text: str, reading: Reading) -> Any:
    """One value as plain data, by the field's type. Raises Usage (`cli.value_wrong`)."""
    shape, base = option.shape, option.shape.base
    if option.choices:
        return _choice(option, text)
    if base is bool:
        return _choice(option, text, {"yes": True, "no": False})
    if base is int:
        number = time_of(text, reading.now_ms)
        if number is None:
            raise Usage("cli.value_wrong", option=option.name, value=text, wanted=option.hint())
        return number
    if base is Content:
        return codec.as_plain(reading.contents.put(bare(_bytes_of(text))))
    if base is bytes:
        size = _size(shape)
        if option.field == "operator_key" and reading.finder.keys.has(text):
            return reading.finder.keys.get(text).key.public_key
        return reading.finder.find(text, size) if size in (16, 32) else _hex_or_file(option, text)
    return text if base is str else _from_json(option, text)


def _choice(option: FieldOption, text: str, values: dict[str, Any] | None = None) -> Any:
    known = values or {choice: choice for choice in option.choices}
    found = known.get(text, known.get(text.replace("-", "_")))
    if found is None:
        raise Usage("cli.value_wrong", option=option.name, value=text, wanted="|".join(known))
    return found


def _size(shape: Shape) -> int | None:
    """How many bytes it has, if it always has as many."""
    meta = shape.meta
    return meta.max_length if meta is not None and meta.min_length == meta.max_length else None


def _bytes_of(text: str) -> bytes:
    """A text's bytes, or those of the `@file` that it names. Raises Usage (`cli.file_unreadable`)."""
    if not text.startswith("@"):
        return text.encode()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise Usage("cli.file_unreadable", path=text[1:], reason=error.strerror or "") from error


def _hex_or_file(option: FieldOption, text: str) -> bytes:
    if text.startswith("@"):
        return _bytes_of(text)
    if not is_hex(text) or len(text) % 2:
        raise Usage("cli.value_wrong", option=option.name, value=text, wanted=option.hint())
    return bytes.fromhex(text)


def _from_json(option: FieldOption, text: str) -> Any:
    """A nested record as JSON. Raises Usage (`cli.value_wrong`)."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise Usage("cli.value_wrong", option=option.name, value=text, wanted="JSON") from error


def _public_key(text: str, reading: Reading) -> tuple[str, bytes]:
    """(suite, public key) of a key here or an exported file; of bare hex, the suite is "" and must be given."""
    if reading.finder.keys.has(text):
        key = reading.finder.keys.get(text).key
        return key.suite, key.public_key
    if is_hex(text) and len(text) % 2 == 0:
        return "", bytes.fromhex(text)
    path = text.removeprefix("@")
    try:
        told = tomllib.loads(_bytes_of(f"@{path}").decode())
        return str(told["suite"]), bytes.fromhex(told["public_key"])
    except (ValueError, KeyError, TypeError) as error:
        raise Usage("cli.public_key_unreadable", value=text) from error
