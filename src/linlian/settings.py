"""What this node is told: one TOML file and the environment, checked at start.

Rules
- `linlian.toml` in the current directory, or the file that `--config` or LINLIAN_CONFIG names. Without one, defaults.
- `LINLIAN_<KEY>` in the environment goes before the file, the command line before both.
- Every key is known and of the right kind, or the start fails with a message that names the key, where it stands,
  and the remedy. Nothing is guessed.
- A secret stands in the environment only: files are read, copied and backed up by others.
- Paths in the file are relative to the file's folder; those in the environment, to the current directory.

    # linlian.toml
    folder = "/var/lib/linlian"
    readmodel = "postgresql://linlian@db.example/community"
    language = "zh"
    status_every_s = 60
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from linlian.kernel.errors import LinlianError

FILE_NAME = "linlian.toml"
PREFIX = "LINLIAN_"
CONFIG = "LINLIAN_CONFIG"


class SettingsInvalid(LinlianError):
    """A setting cannot be used; the facts name the key, where it stands and what would do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`folder` holds the node's data; `language` "" means that of the shell's locale; `trust` is a trust file for
    `verify`, or None; `up` prints a line at least every `status_every_s` seconds; a command waits `wait_s` seconds
    for a folder that another one is using. `readmodel` is the address of a PostgreSQL server that holds the rows for
    queries, or "" for a file in the folder; its password is a secret. `up` serves the API at the address `http` ("":
    not at all), and is reached there under the names `http_names` too, joined by commas; by https with
    `http_certificate`, a file with key and certificate in PEM.

    `public_url` is where others reach it; `trusted_proxies` are the addresses of those in front of it. An address may
    ask `per_minute_address` times a minute, an account `per_minute_account` times; 0 is any number. Webhooks go to
    `webhook_hosts` wherever these are, else to public https addresses only. `log` is `text` or `json`.

    Where several organisations keep the ledger, `cometbft` is the engine's program, or None for the one that is found,
    and a snapshot for nodes that come late is made every `snapshot_every` blocks."""

    folder: Path = Path(".linlian")
    language: Literal["", "zh", "en"] = ""
    trust: Path | None = None
    status_every_s: int = 60
    wait_s: int = 10
    readmodel: str = ""
    readmodel_password: str = field(default="", repr=False)
    http: str = "127.0.0.1:8420"
    http_names: str = ""
    http_certificate: Path | None = None
    public_url: str = ""
    trusted_proxies: str = ""
    per_minute_address: int = 6_000
    per_minute_account: int = 3_000
    webhook_hosts: str = ""
    cometbft: Path | None = None
    snapshot_every: int = 1_000
    log: Literal["text", "json"] = "text"


KEYS = tuple(field.name for field in fields(Settings))
_PATHS = ("folder", "trust", "http_certificate", "cometbft")
_SECRETS = ("readmodel_password",)
_QUOTAS = {"per_minute_address": (0, 10_000_000), "per_minute_account": (0, 10_000_000)}
_BOUNDS = {
    "status_every_s": (1, 86_400),
    "wait_s": (0, 3_600),
    "snapshot_every": (10, 1_000_000),
    **_QUOTAS,
}
_CHOICES = {"language": ("", "zh", "en"), "log": ("text", "json")}


def load(environment: Mapping[str, str], config: Path | None = None, here: Path | None = None) -> Settings:
    """The settings in force. Raises SettingsInvalid (`settings.…`)."""
    here = here or Path.cwd()
    named = config or (Path(environment[CONFIG]) if environment.get(CONFIG) else None)
    path = here / (named or FILE_NAME)
    if named is not None and not path.is_file():
        raise SettingsInvalid("settings.no_file", path=str(path))
    settings = Settings(folder=here / ".linlian")
    if path.is_file():
        told = _read(path)
        _check_known(told, str(path), KEYS)
        for key in told.keys() & {*_SECRETS}:
            raise SettingsInvalid("settings.secret_in_file", key=key, path=str(path), variable=f"{PREFIX}{key.upper()}")
        settings = _with(settings, told, str(path), path.parent)
    told = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != CONFIG and value
    }
    _check_known(told, "environment", KEYS)
    return _with(settings, {key: _from_text(key, value) for key, value in told.items()}, "environment", here)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid("settings.not_toml", path=str(path), reason=str(error)) from error
    except OSError as error:
        raise SettingsInvalid("settings.unreadable", path=str(path), reason=error.strerror or "") from error


def _check_known(told: Mapping[str, Any], where: str, known: tuple[str, ...]) -> None:
    for key in told:
        if key not in known:
            meant = get_close_matches(key, known, 1)
            remedy = meant[0] if meant else ", ".join(known)
            raise SettingsInvalid("settings.unknown_key", key=key, where=where, known=remedy)


def _with(settings: Settings, told: Mapping[str, Any], where: str, base: Path) -> Settings:
    changes = {key: _checked(key, value, where, base) for key, value in told.items()}
    return replace(settings, **changes)


def _checked(key: str, value: Any, where: str, base: Path) -> Any:
    """The value as the settings hold it, or why it will not do."""
    wanted = int if key in _BOUNDS else str
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise SettingsInvalid("settings.wrong_kind", key=key, where=where, wanted=wanted.__name__)
    if isinstance(value, int):
        least, most = _BOUNDS[key]
        if not least <= value <= most:
            raise SettingsInvalid("settings.out_of_bounds", key=key, where=where, least=least, most=most)
        return value
    if key in _CHOICES and value not in _CHOICES[key]:
        choices = ", ".join(choice or '""' for choice in _CHOICES[key])
        raise SettingsInvalid("settings.no_such_choice", key=key, where=where, choices=choices)
    if key not in _PATHS:
        return value
    if not value:
        raise SettingsInvalid("settings.empty_path", key=key, where=where)
    return base / Path(value).expanduser()


def _from_text(key: str, text: str) -> str | int:
    """An environment variable as the file would have it; what is no number stays text, and is refused as that."""
    return int(text) if key in _BOUNDS and re.fullmatch("-?[0-9]{1,9}", text) else text
