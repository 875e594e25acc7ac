"""Which cities' apps may report: `open311-keys.toml`, for its owner alone. The keys themselves stand nowhere."""

from __future__ import annotations

import os
import secrets
import tomllib
from hashlib import sha256
from typing import NamedTuple

from linlian.cli.keyring import Keyring
from linlian.node import folder as place
from linlian.node.folder import NodeError
from linlian.settings import Settings


class App(NamedTuple):
    """An app that may report: its name here, the hash of its api_key, the name of the key that signs for it, and what
    makes its marks (`_mark`) unguessable."""

    name: str
    key_hash: str
    key: str
    secret: str


def read_apps(settings: Settings) -> list[App]:
    """The apps that may report."""
    path = settings.folder / place.OPEN311_KEYS
    if not path.is_file():
        return []
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return [App(name, one["sha256"], one["key"], one["secret"]) for name, one in told.items()]


def allow_app(settings: Settings, name: str, key: str) -> str:
    """Let an app report in the name of a key of this folder; its api_key, which is shown this once."""
    Keyring(settings.folder).get(key)
    api_key = secrets.token_urlsafe(24)
    apps = [app for app in read_apps(settings) if app.name != name]
    made = App(name, sha256(api_key.encode()).hexdigest(), key, secrets.token_hex(32))
    _write_apps(settings, [*apps, made])
    return api_key


def forbid_app(settings: Settings, name: str) -> None:
    """No longer let an app report. Raises NodeError (`node.no_such_app`)."""
    apps = read_apps(settings)
    if name not in [app.name for app in apps]:
        raise NodeError("node.no_such_app", name=name)
    _write_apps(settings, [app for app in apps if app.name != name])


def _write_apps(settings: Settings, apps: list[App]) -> None:
    path = settings.folder / place.OPEN311_KEYS
    text = "".join(
        f'["{app.name}"]\nsha256 = "{app.key_hash}"\nkey = "{app.key}"\nsecret = "{app.secret}"\n\n' for app in apps
    )
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    place.sync_folder(path.parent)
