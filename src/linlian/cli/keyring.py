"""People's software keys: one TOML file each, `keys/<name>.key`, for its owner alone (0600).

    suite = "ed25519"
    seed = "64 hex digits"
    account = "32 hex digits"       # written once the ledger says whose key it is

Which account a key signs for is the ledger's to say (its key row); the file only remembers it.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path

from linlian.kernel.contract import Reader
from linlian.kernel.crypto import SEED_BYTES, SoftwareKey
from linlian.kernel.errors import KeyInvalid, LinlianError
from linlian.kernel.keys import KEYS

FOLDER = "keys"
SUITES = ("ed25519", "p256")
NAME_CHARS_MAX = 64


class KeyringError(LinlianError):
    """A key file cannot be made, found or used."""


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A key with the name that it goes by here."""

    name: str
    key: SoftwareKey
    account: bytes | None
    path: Path

    def account_on(self, ledger: Reader) -> bytes:
        """The account it signs for. Raises KeyringError (`cli.key_not_registered`)."""
        row = KEYS.get(ledger, self.key.key_id)
        if row is None:
            raise KeyringError("cli.key_not_registered", name=self.name, public_key=self.key.public_key)
        if row.account != self.account:
            _write(self.path, _text(self.key.suite, _read(self.path)["seed"], row.account), replace=True)
        return row.account

    def public_text(self) -> str:
        """The part that may be handed to anybody, as TOML."""
        lines = [f'suite = "{self.key.suite}"', f'public_key = "{self.key.public_key.hex()}"']
        return "\n".join([*lines, f'key = "{self.key.key_id.hex()}"']) + "\n"


class Keyring:
    """The keys of a folder."""

    def __init__(self, folder: Path):
        self._folder = folder / FOLDER

    def new(self, name: str, suite: str = "ed25519") -> NamedKey:
        """Make a key. Raises KeyringError: `cli.key_name_invalid`, `.key_exists`, `.no_such_suite`."""
        if not is_name(name):
            raise KeyringError("cli.key_name_invalid", name=name)
        if suite not in SUITES:
            raise KeyringError("cli.no_such_suite", suite=suite, suites=", ".join(SUITES))
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._path(name)
        if path.exists():
            raise KeyringError("cli.key_exists", name=name, path=str(path))
        _write(path, _text(suite, secrets.token_hex(SEED_BYTES), None), replace=False)
        return self.get(name)

    def get(self, name: str) -> NamedKey:
        """A key by name. Raises KeyringError: `cli.no_such_key`, `cli.key_damaged`."""
        path = self._path(name)
        if not is_name(name) or not path.is_file():
            raise KeyringError("cli.no_such_key", name=name, known=", ".join(self.names()) or "—")
        try:
            told = _read(path)
            key = SoftwareKey(told["suite"], bytes.fromhex(told["seed"]))
            account = bytes.fromhex(told["account"]) if "account" in told else None
        except (OSError, KeyError, TypeError, ValueError, KeyInvalid) as error:
            raise KeyringError("cli.key_damaged", path=str(path)) from error
        return NamedKey(name, key, account, path)

    def has(self, name: str) -> bool:
        return is_name(name) and self._path(name).is_file()

    def names(self) -> list[str]:
        """The names of all keys here, in order."""
        return sorted(path.stem for path in self._folder.glob("*.key"))

    def all(self) -> list[NamedKey]:
        return [self.get(name) for name in self.names()]

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.key"


def is_name(name: str) -> bool:
    """Whether a name can be a file's and cannot be taken for anything else: letters, digits, dot, dash, underscore."""
    fits = 0 < len(name) <= NAME_CHARS_MAX and not name.startswith((".", "-"))
    return fits and all(char.isalnum() or char in "._-" for char in name)


def _read(path: Path) -> dict[str, str]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _text(suite: str, seed: str, account: bytes | None) -> str:
    lines = [f'suite = "{suite}"', f'seed = "{seed}"']
    return "\n".join([*lines, *([f'account = "{account.hex()}"'] if account else [])]) + "\n"


def _write(path: Path, text: str, *, replace: bool) -> None:
    """Write whole or not at all, for the owner alone; without `replace`, never over another."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        if replace:
            fresh.replace(path)
        else:
            os.link(fresh, path)
    except FileExistsError as error:
        raise KeyringError("cli.key_exists", name=path.stem, path=str(path)) from error
    finally:
        fresh.unlink(missing_ok=True)
