"""What a folder says to everybody: `public.toml`, written at the founding and by hand afterwards.

    [name]                              # of the community
    zh = "云杉里"
    en = "Spruce Court"

    [telephones]                        # the service desk first; "emergency" stands on what cannot wait
    desk = "010-5555 0100"
    emergency = "010-5555 0119"

None of it is on the ledger. Without the file a community is called by the name of its chain.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from linlian.kernel.errors import LinlianError
from linlian.web.house import Public
from linlian.words import LANGUAGES

FILE = "public.toml"
PURPOSES = ("desk", "emergency")


class PublicInvalid(LinlianError):
    """`public.toml` cannot be used; the facts name the place and the reason."""


def read_public(folder: Path) -> Public:
    """The file's content. Raises PublicInvalid (`node.public_invalid`)."""
    path = folder / FILE
    if not path.is_file():
        return Public({}, {})
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise PublicInvalid("node.public_invalid", path=str(path), reason=str(error)[:200]) from error
    return Public(_texts(path, told, "name", LANGUAGES), _texts(path, told, "telephones", PURPOSES))


def write_public(folder: Path, names: Mapping[str, str], telephones: Mapping[str, str]) -> None:
    """Write the file; what is empty is left out."""
    lines = []
    for section, texts in (("name", names), ("telephones", telephones)):
        # A JSON string is one of TOML too.
        told = [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in texts.items() if text]
        lines += [f"[{section}]", *told, ""]
    (folder / FILE).write_text("\n".join(lines), encoding="utf-8")


def _texts(path: Path, told: dict[str, object], section: str, known: tuple[str, ...]) -> dict[str, str]:
    found = told.get(section, {})
    if not isinstance(found, dict):
        raise PublicInvalid("node.public_invalid", path=str(path), reason=f"[{section}]")
    for key, value in found.items():
        if key not in known or not isinstance(value, str):
            raise PublicInvalid("node.public_invalid", path=str(path), reason=f"[{section}] {key}")
    return found
