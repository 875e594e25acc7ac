"""What a demo says to whoever opens its address: the community's name, telephones that ring nowhere, and its guests."""

from __future__ import annotations

import json
from pathlib import Path

from linlian.demo.people import OURS
from linlian.demo.staff import STAFF
from linlian.node import guests, public
from linlian.words import LANGUAGES, Words

SHOWN = (
    *("resident", "dispatcher", "repairer", "desk", "helper", "officer", "grid-worker", "head-2"),
    *("street-supervisor", "lift-dispatcher", "auditor"),
    *("charity-clerk", "committee", "canteen-officer", "civil-officer"),
)
"""The people whom visitors can be, those of the story's first five minutes first."""
STAGE = ("resident", "dispatcher", "repairer")
"""Who plays in the guided repair: their keys are called after their parts."""


def leave_lending(folder: Path, disputed: bytes) -> None:
    """Write `public.toml` and `guests.toml`. `disputed` is the repair that the guided tour shows of before."""
    telephones = {"desk": "010-5555 0100", "emergency": "010-5555 0119"}
    public.write_public(folder, {"zh": "云杉里", "en": "Spruce Court"}, telephones)
    words = Words.load({})
    names = {staff.key: staff.name for staff in STAFF} | {person.key: person.name for person in OURS}
    work = {staff.key for staff in STAFF}
    lines = ["[stage]", *(f'{part} = "{part}"' for part in STAGE), f'disputed = "{disputed.hex()}"', ""]
    for key in SHOWN:
        about: dict[str, str] = {language: words.tongue(language).text(f"demo.key.{key}") for language in LANGUAGES}
        lines += [
            "[[guests]]",
            f"key = {json.dumps(key)}",
            f"desk = {json.dumps(key in work)}",
            f"name = {_table(names[key]._asdict())}",
            f"about = {_table(about)}",
            "",
        ]
    (folder / guests.FILE).write_text("\n".join(lines), encoding="utf-8")


def _table(texts: dict[str, str]) -> str:
    pairs = (f"{language} = {json.dumps(text, ensure_ascii=False)}" for language, text in texts.items())
    return f"{{ {', '.join(pairs)} }}"
