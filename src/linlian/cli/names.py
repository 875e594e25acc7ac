"""From what a person types to an identifier: a name, all of its digits, or so many that there is no other.

Names are this folder's own (`names.toml`): nothing of them is on the ledger. `do … --call door-301` gives one to what
a command has made, `linlian name` gives and lists them.
"""

from __future__ import annotations

import json
import os
import string
import tomllib
from collections.abc import Mapping
from pathlib import Path

from linlian.cli.keyring import Keyring, is_name
from linlian.cli.session import OpenNode
from linlian.cli.verb import Usage
from linlian.kernel.errors import LinlianError

FILE = "names.toml"
PREFIX_DIGITS_MIN = 4
SHOWN = 5


class Names:
    """The address book of a folder: name → identifier."""

    def __init__(self, folder: Path):
        self._path = folder / FILE
        self._known = self._read()

    def get(self, name: str) -> bytes | None:
        return self._known.get(name)

    def name_of(self, identifier: bytes) -> str | None:
        """The first name that was given to an identifier."""
        return next((name for name, known in self._known.items() if known == identifier), None)

    def items(self) -> list[tuple[str, bytes]]:
        return list(self._known.items())

    def check_free(self, name: str) -> None:
        """Raise Usage if this cannot be a new name: `cli.name_invalid`, `cli.name_taken`."""
        if not is_name(name) or (len(name) in (32, 64) and is_hex(name)):
            raise Usage("cli.name_invalid", name=name)
        if name in self._known:
            raise Usage("cli.name_taken", name=name, id=self._known[name])

    def put(self, name: str, identifier: bytes) -> None:
        """Give a name; giving it again to the same is no error. Raises Usage as `check_free`."""
        self.put_many({name: identifier})

    def put_many(self, names: Mapping[str, bytes]) -> None:
        """Give many names at once, all or none."""
        for name, identifier in names.items():
            if self._known.get(name) != identifier:
                self.check_free(name)
        self._known |= names
        self._write()

    def remove(self, name: str) -> None:
        """Forget a name. Raises Usage (`cli.no_such_name`)."""
        if self._known.pop(name, None) is None:
            raise Usage("cli.no_such_name", name=name)
        self._write()

    def _read(self) -> dict[str, bytes]:
        try:
            told = tomllib.loads(self._path.read_text(encoding="utf-8"))
            return {name: bytes.fromhex(value) for name, value in told.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            raise LinlianError("cli.names_damaged", path=str(self._path)) from error

    def _write(self) -> None:
        fresh = self._path.with_name(f"{FILE}.{os.getpid()}.new")
        lines = (f'{json.dumps(name)} = "{value.hex()}"\n' for name, value in self._known.items())
        fresh.write_text("".join(lines), encoding="utf-8")
        fresh.replace(self._path)


class Finder:
    """Finds identifiers for one open node."""

    def __init__(self, node: OpenNode):
        self._node = node
        self.names = Names(node.folder)
        self.keys = Keyring(node.folder)

    def find(self, text: str, size: int | None = None) -> bytes:
        """An identifier of `size` bytes (None: any). Raises Usage (`cli.unknown_id`, `cli.ambiguous_id`).

        In this order: a name; a key's name (16 bytes: its account, 32: its id); all digits; the first digits.
        """
        named = self.names.get(text)
        if named is not None and size in (None, len(named)):
            return named
        if self.keys.has(text):
            key = self.keys.get(text)
            return key.key.key_id if size == 32 else key.account_on(self._node.ledger)
        if not is_hex(text):
            raise Usage("cli.unknown_id", id=text)
        if size is not None and len(text) == 2 * size:
            return bytes.fromhex(text)
        return self._complete(text.lower(), size)

    def _complete(self, digits: str, size: int | None) -> bytes:
        if len(digits) < PREFIX_DIGITS_MIN:
            raise Usage("cli.too_few_digits", id=digits, least=PREFIX_DIGITS_MIN)
        found = [one for one in self._node.find_ids(digits) if size in (None, len(one))]
        if len(found) > 1 and digits not in [one.hex() for one in found]:
            shown = ", ".join(one.hex() for one in found[:SHOWN])
            raise Usage("cli.ambiguous_id", id=digits, found=shown)
        if not found:
            if len(digits) in (32, 64):
                return bytes.fromhex(digits)
            raise Usage("cli.unknown_id", id=digits)
        return next((one for one in found if one.hex() == digits), found[0])


def is_hex(text: str) -> bool:
    return text != "" and all(char in string.hexdigits for char in text)
