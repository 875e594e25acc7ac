"""Every form is a command: its controls come from the command's fields, its labels from the business's words.

    form_of(rulebook, tongue, ConfirmRepair, {}, {"case": case_id})

Rules
- A field whose value the page knows is fixed: it goes along hidden and is shown on the signing sheet, not asked again.
- Nothing is chosen for people: a choice that may be left open begins empty, one that may not begins with none; a "yes
  or no" that must be said is asked as two choices.
- What comes of other fields (the total of some lines) is added up and shown, and signed as it is shown.
- A form about several records of one kind is signed once for each that is chosen (`for_each`).
- What is sealed says so beside its control. By `kind` scripts know how a value is encoded (frontend/src/site/form.ts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec

from linlian.kernel.codec import Content, Fields, Meta
from linlian.kernel.contract import Command
from linlian.kernel.rulebook import Rulebook
from linlian.web.seal import letters
from linlian.words import Tongue

Kind: TypeAlias = Literal["text", "bytes", "int", "time", "flag", "content", "contents", "file", "sealed", "rows"]
Choices: TypeAlias = Mapping[str, Sequence[tuple[bytes | str, str]]]
"""Field → what may be chosen, each as (value, label)."""

_FEW = 7
"""So many choices are laid out; more are folded into one control, unless several of them can be chosen."""
FILES = ("recording", "proof", "paper", "photo")
"""Sealed contents that are no words: a call, a photograph, a sheet."""
_FIXED_KINDS: Mapping[Any, Kind] = {Content: "sealed", bytes: "bytes", int: "int", bool: "flag"}
"""How a value that is not asked for is encoded; all else is text."""
_SCALES = {"_cents": 100, "_minor": 100, "_milli": 1000}
"""What a field counts in: people write yuan and whole pieces, with decimals."""
_COUNTED = re.compile("（|, ")
_PRICED, _TOTAL = {"quantity_milli", "unit_cents"}, "total_cents"
_TIMES = ("_at", "_until", "_by", "until", "due", "from", "starts", "ends")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a control: its value as the control holds it, and its label."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """Choices that belong together, under a label and a character that stands for them."""

    glyph: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """One field of a form. `fixed` is a value that is not asked; `folded` puts the choices into one control, `groups`
    has them in parts that unfold. `rows`: what is asked of each of several; `least` and `most` are how many there are;
    `given`: they are known, each with its own fixed controls.
    What is typed counts `scale` times; `totals` names the rows of which it is the sum. `hint` says what to write."""

    name: str
    label: str
    kind: Kind
    required: bool
    many: bool = False
    options: tuple[Option, ...] = ()
    folded: bool = False
    groups: tuple[Group, ...] = ()
    rows: tuple[Control, ...] = ()
    scale: int = 1
    totals: str = ""
    fixed: str | None = None
    said: str = ""
    least: int | None = None
    most: int | None = None
    hint: str = ""
    given: tuple[tuple[Control, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A command as people fill it in. `says` is the sentence that they sign, `undo` says how to take it back.

    each    the field of which several may be chosen: one command for each of them, with all else the same
    """

    command: str
    label: str
    controls: tuple[Control, ...]
    says: str
    undo: str
    each: str = ""

    def for_each(self, name: str) -> Form:
        """The form with a command for each choice of this field that is ticked."""
        laid_out = tuple(replace(c, folded=False) if c.name == name else c for c in self.controls)
        return replace(self, controls=laid_out, each=name)

    def demanding(self, name: str) -> Form:
        """The form in which a field may not be left open."""
        return replace(self, controls=tuple(replace(c, required=True) if c.name == name else c for c in self.controls))

    def only(self, *names: str) -> Form:
        """The form with these fields and no others; what is left out stays empty."""
        return replace(self, controls=tuple(control for control in self.controls if control.name in names))

    def laid_out(self) -> Form:
        """The form in which fields of which several may be ticked are not folded into one control."""
        return replace(self, controls=tuple(replace(c, folded=c.folded and not c.many) for c in self.controls))

    def ordered(self, *names: str) -> Form:
        """The form with these fields in this order, then those that it does not name."""
        rank = {name: number for number, name in enumerate(names)}
        return replace(self, controls=tuple(sorted(self.controls, key=lambda each: rank.get(each.name, len(rank)))))

    def hinted(self, hints: Mapping[str, str]) -> Form:
        """The form with a sentence beside some of its fields that says what to write."""
        return replace(self, controls=tuple(replace(each, hint=hints.get(each.name, "")) for each in self.controls))

    def grouped(self, name: str, groups: Sequence[tuple[str, str, Sequence[str]]]) -> Form:
        """The form with the choices of one field in groups: each a glyph, a label, and the values in it.

        Raises KeyError for a value that is no choice of the field.
        """
        return replace(self, controls=tuple(_grouped(each, name, groups) for each in self.controls))

    @property
    def asks(self) -> bool:
        """Whether there is anything to fill in."""
        return any(control.fixed is None and not control.given for control in self.controls)


def form_of(
    rulebook: Rulebook, tongue: Tongue, command: type[Command], choices: Choices, fixed: Mapping[str, Any]
) -> Form:
    """The form of a command. Raises KeyError if the command is not one of these rules."""
    name = rulebook.command_names[command]
    business = name.partition(".")[0]
    controls = _controls(tongue, business, command, choices, fixed)
    return Form(name, tongue.command(name), controls, tongue.says(name), tongue.undo(name))


def _controls(
    tongue: Tongue, business: str, kind: type[msgspec.Struct], choices: Choices, fixed: Mapping[str, Any]
) -> tuple[Control, ...]:
    hints = get_type_hints(kind, include_extras=True)
    found = [
        _control(tongue, business, field.name, hints[field.name], field.required, choices.get(field.name), known)
        for field in msgspec.structs.fields(kind)
        for known in _each(fixed, field.name)
    ]
    priced = next((each.name for each in found if {part.name for part in each.rows} >= _PRICED), "")
    return tuple(replace(each, totals=priced) if each.name == _TOTAL else each for each in found)


def _without_empty(known: Mapping[str, Any]) -> dict[str, Any]:
    """A record's fields that say something: what is empty is left out, as the encoding wants it."""
    return {name: value for name, value in known.items() if value not in (None, "", 0, ())}


def _each(fixed: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Of a fixed list each item by itself: it goes along as a control of its own. Records stay together."""
    value = fixed.get(name)
    if isinstance(value, tuple) and not any(_is_record(item) for item in value):
        return [{name: item} for item in value]
    return [fixed]


def _is_record(value: Any) -> bool:
    return isinstance(value, Fields) and not isinstance(value, Content)


def _control(
    tongue: Tongue,
    business: str,
    name: str,
    annotation: Any,
    required: bool,
    offered: Sequence[tuple[bytes | str, str]] | None,
    fixed: Mapping[str, Any],
) -> Control:
    base, metas, many, count = _beneath(annotation)
    label = tongue.field(business, name)
    scale = next((scale for end, scale in _SCALES.items() if base is int and name.endswith(end)), 1)
    if scale > 1:  # the label tells programs what the number counts; people do not write it so
        label = _COUNTED.split(label)[0]
    if name in fixed and isinstance(base, type) and issubclass(base, Fields) and base is not Content:
        known = [{part: getattr(row, part) for part in row.__struct_fields__} for row in fixed[name]]
        given = tuple(_controls(tongue, business, base, {}, _without_empty(row)) for row in known)
        given = tuple(tuple(part for part in row if part.fixed is not None) for row in given)
        return Control(name, label, "rows", required, many, given=given)
    if name in fixed:
        text = _flag(fixed[name], required) if base is bool else _text(fixed[name])
        kind = _FIXED_KINDS.get(base, "text")
        said = decimals(fixed[name], scale) if scale > 1 else _said(tongue, business, fixed[name])
        return Control(name, label, kind, required, many, fixed=text, said=said)
    if isinstance(base, type) and issubclass(base, Fields) and base is not Content:
        # Choices of several rows would be one group of radio buttons: each row has a control of its own.
        rows = tuple(replace(part, folded=True) for part in _controls(tongue, business, base, {}, {}))
        return Control(name, label, "rows", required, many, rows=rows, least=count[0], most=count[1])
    if offered is None and isinstance(base, type) and issubclass(base, Enum):
        offered = [(str(member.value), tongue.value(business, str(member.value))) for member in base]
    if base is bool and required:  # neither is chosen for them, and both are said
        offered = [(said, tongue.shown(business, said == "yes")) for said in ("yes", "no")]
    options = tuple(Option(_text(value), said) for value, said in offered or ())
    least, most = _bounds(metas)
    folded = len(options) > _FEW and not many
    return Control(
        name, label, _kind(base, name, many), required, many, options, folded, scale=scale, least=least, most=most
    )


def decimals(number: int, scale: int) -> str:
    """A number that counts hundredths or thousandths, as people write it."""
    whole, rest = divmod(number, scale)
    return f"{whole:,}.{rest:0{len(str(scale)) - 1}d}"


def _grouped(control: Control, name: str, groups: Sequence[tuple[str, str, Sequence[str]]]) -> Control:
    if control.name != name or not control.options:
        return control
    known = {option.value: option for option in control.options}
    made = [Group(glyph, label, tuple(known.pop(value) for value in values)) for glyph, label, values in groups]
    if known:
        raise KeyError(f"in no group: {sorted(known)}")
    return replace(control, groups=tuple(made))


def _kind(base: Any, name: str, many: bool) -> Kind:
    if base is Content:
        return "contents" if many else "file" if name in FILES else "content"
    if base is bytes:
        return "bytes"
    if base is bool:
        return "flag"
    if base is int:
        return "time" if name.endswith(_TIMES) else "int"
    return "text"


def _text(value: Any) -> str:
    if isinstance(value, Content):
        return value.commitment.hex() + value.ciphertext_hash.hex()
    if isinstance(value, bytes):
        return value.hex()
    return str(value.value) if isinstance(value, Enum) else str(value)


def _said(tongue: Tongue, business: str, value: Any) -> str:
    """A value on the signing sheet: an identifier by its letters, as on every other page."""
    value = value.commitment if isinstance(value, Content) else value
    return letters(value) if isinstance(value, bytes) else tongue.shown(business, value)


def _flag(value: bool, required: bool) -> str:
    """A "no" that need not be said is left out."""
    return "yes" if value else "no" if required else ""


def _bounds(metas: Sequence[Meta]) -> tuple[int | None, int | None]:
    least = next((int(meta.ge) for meta in metas if meta.ge is not None), None)
    most = next((int(meta.le) for meta in metas if meta.le is not None), None)
    return least, most


def _lengths(metas: Sequence[Meta]) -> tuple[int | None, int | None]:
    least = next((meta.min_length for meta in metas if meta.min_length is not None), None)
    most = next((meta.max_length for meta in metas if meta.max_length is not None), None)
    return least, most


def _beneath(annotation: Any) -> tuple[Any, list[Meta], bool, tuple[int | None, int | None]]:
    """The bare type beneath Annotated, `| None` and tuple, its bounds, whether there can be several, and how many."""
    metas: list[Meta] = []
    many = False
    count: tuple[int | None, int | None] = (None, None)
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *marks = get_args(annotation)
            metas += [mark for mark in marks if isinstance(mark, Meta)]
        elif origin in (Union, UnionType):
            (annotation,) = [part for part in get_args(annotation) if part is not NoneType]
        elif origin is tuple:
            count = _lengths(metas)
            annotation, many, metas = get_args(annotation)[0], True, []
        else:
            return annotation, metas, many, count
