"""How entries, identifiers and rows are told to people: one way for `do`, `show`, `history` and `verify`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from linlian.cli.keyring import Keyring
from linlian.cli.names import Names
from linlian.kernel.codec import INT_MAX
from linlian.kernel.contract import SYSTEM
from linlian.words import Tongue, clock_time, short

NOTHING = "—"
_TIME_MIN = 1_000_000_000_000
_TIME_NAMES = ("_at", "_until", "_by", "_time", "until", "due")


class Teller:
    """Words of one language, and the names that this folder has for identifiers."""

    def __init__(self, tongue: Tongue, folder: Path):
        self.tongue = tongue
        self._names = Names(folder)
        keys = sorted(Keyring(folder).all(), key=lambda key: (len(key.name), key.name), reverse=True)
        self._accounts = {key.account: key.name for key in keys if key.account is not None}

    def id(self, identifier: bytes) -> str:
        """A name if there is one here (of an account, that of its shortest key), else the first digits."""
        if identifier == SYSTEM:
            return self.tongue.text("telling.system")
        return self._names.name_of(identifier) or self._accounts.get(identifier) or short(identifier)

    def show(self, _name: str, value: Any) -> str | None:
        """For `Tongue`: identifiers by name; everything else the ordinary way."""
        if isinstance(value, bytes):
            return self.id(value) if len(value) in (16, 32) else None
        if isinstance(value, str) and len(value) in (32, 64) and all(char in "0123456789abcdef" for char in value):
            return self.id(bytes.fromhex(value))
        return None

    def entry(self, type_: str, fields: Mapping[str, Any]) -> str:
        """The sentence of an event or a refusal."""
        return self.tongue.event(type_, fields, self.show)

    def cell(self, owner: str, name: str, value: Any) -> str:
        """A value of a table's column; nothing, and a time that is not set, is a dash."""
        if value == 0 and name.endswith(_TIME_NAMES) and not isinstance(value, bool):
            return NOTHING
        if isinstance(value, bytes):
            return self.id(value) if value else NOTHING
        if isinstance(value, int) and not isinstance(value, bool) and _TIME_MIN <= value <= INT_MAX:
            return clock_time(value)
        return self.show("", value) or self.tongue.shown(owner, value) or NOTHING

    def row(self, owner: str, names: Sequence[str], values: Sequence[Any]) -> list[str]:
        """The cells of a row."""
        return [self.cell(owner, name, value) for name, value in zip(names, values, strict=True)]
