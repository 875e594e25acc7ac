"""A mapping: which column of a source is what, as a small TOML file.

Rules
- The product's own mappings are data of this package (`names`); any other is a file of yours, of the same form.
- Whatever is misspelt or unknown in it is refused, with its place: an import cannot be taken back.
- `source` names the system for ever: it stands before its categories and in the identity of each record.

    mapping = load("boston-311")
    mapping.times.zone, mapping.category.column
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from linlian.imports.problems import ImportFailed
from linlian.imports.reading import FileFormat
from linlian.imports.times import Times
from linlian.kernel.codec import Label

Source = Annotated[str, Meta(min_length=1, max_length=24, pattern=r"\A[a-z0-9_]*\Z")]
Column = Annotated[str, Meta(min_length=1)]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the mapping."""


class Columns(_Part, frozen=True):
    """Columns that are taken as they are. Without `id` a record is told by all that it says."""

    reported_at: Column
    closed_at: str = ""
    target_at: str = ""
    id: tuple[Column, ...] = ()


class States(_Part, frozen=True):
    """Which values say closed and which open. Without a column, a record with a closing time is closed."""

    column: str = ""
    closed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


class Timeliness(_Part, frozen=True):
    """Which values of a column say that the source's own deadline was kept or missed; empty says nothing."""

    column: str = ""
    on_time: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()


class Categories(_Part, frozen=True):
    """`names` gives our label for a value; any other value becomes `source.its_own_words`."""

    column: Column
    names: dict[str, Label] = {}


class Places(_Part, frozen=True):
    """Records with the same values of `address` are at the same place, which lies in the area of that name."""

    address: tuple[Column, ...] = ()
    area: str = ""


class Sealed(_Part, frozen=True):
    """The whole row is sealed with the record, but for the columns that are better not kept at all."""

    leave_out: tuple[str, ...] = ()


class Mapping(_Part, frozen=True):
    source: Source
    title: str
    columns: Columns
    category: Categories
    file: FileFormat = FileFormat()
    times: Times = Times()
    state: States = States()
    timeliness: Timeliness = Timeliness()
    place: Places = Places()
    sealed: Sealed = Sealed()

    def needed(self) -> list[str]:
        """The columns that must be there, each once."""
        columns = self.columns
        named = (columns.reported_at, columns.closed_at, columns.target_at, *columns.id, self.state.column)
        more = (self.timeliness.column, self.category.column, *self.place.address, self.place.area)
        return list(dict.fromkeys(name for name in (*named, *more) if name))


def names() -> list[str]:
    """The product's own mappings."""
    return sorted(path.name.removesuffix(".toml") for path in _own().iterdir() if path.name.endswith(".toml"))


def load(name: str) -> Mapping:
    """One of the product's mappings, or a file. ImportFailed: `import.mapping_missing`, `import.mapping_wrong`."""
    try:
        if name in names():
            return parse((_own() / f"{name}.toml").read_text(encoding="utf-8"))
        return parse(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ImportFailed("import.mapping_missing", name=name, known=",".join(names())) from error


def parse(text: str) -> Mapping:
    """A mapping from its TOML. Raises ImportFailed with the place of the first fault."""
    try:
        mapping = msgspec.toml.decode(text, type=Mapping)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise ImportFailed("import.mapping_wrong", reason=str(error)[:200]) from error
    state = mapping.state
    if state.column and not state.closed:
        raise ImportFailed("import.mapping_wrong", reason="state: say which values of the column are closed")
    if state.closed and not (state.column and mapping.columns.closed_at):
        raise ImportFailed("import.mapping_wrong", reason="state: it needs a column, and columns.closed_at")
    for value, label in mapping.category.names.items():
        if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", label):
            raise ImportFailed("import.mapping_wrong", reason=f"category: {label!r} of {value!r} is no label")
    mapping.times.open()
    return mapping


def _own() -> Traversable:
    return files("linlian.imports") / "mappings"
