"""What a demo's folder says of itself: `demo.toml`, and `notice.toml`, which every command shows.

    seed = "spruce"
    language = "zh"
    made_at = 1767225600000                # milliseconds; the story's clock ran from `from` up to here
    from = 1751328000000
    height = 14520                         # the last block of simulated time
    houses = 12
    waiting = ["kitchen-leak", …]          # repairs that wait for the resident's yes

Rules
- A demo is made in a folder beside its own and renamed when it is whole, so a folder with this file is a whole demo,
  and half of one (Ctrl-C, a power cut) is only ever found in the folder beside.
- A folder is removed only if it holds the mark of a demo. Whatever else lies there is left alone.
"""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from pathlib import Path
from typing import NamedTuple

from linlian.cli.session import NOTICE
from linlian.kernel.errors import LinlianError
from linlian.node import folder as place
from linlian.store.protocol import StoreError
from linlian.words import LANGUAGES, Words

RECORD = "demo.toml"
MARK = "demo.unfinished"


class DemoError(LinlianError):
    """The demo cannot be made or found; the facts say where."""


class Record(NamedTuple):
    """The file's content; times in milliseconds."""

    seed: str
    language: str
    begins: int
    made_at: int
    height: int
    houses: int
    waiting: tuple[str, ...]

    def write(self, folder: Path) -> None:
        """Write it, and the notice with which every command on the folder begins."""
        told = {"seed": self.seed, "language": self.language, "made_at": self.made_at, "from": self.begins}
        told |= {"height": self.height, "houses": self.houses, "waiting": list(self.waiting)}
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in told.items())
        (folder / RECORD).write_text("".join(lines), encoding="utf-8")
        words = Words.load({})
        said = {language: words.tongue(language).text("demo.notice", until=self.made_at) for language in LANGUAGES}
        notice = "".join(f"{language} = {json.dumps(sentence)}\n" for language, sentence in said.items())
        (folder / NOTICE).write_text(notice, encoding="utf-8")


def read_record(folder: Path) -> Record | None:
    """The record of a demo; None if there is none here. Raises DemoError (`demo.record_damaged`)."""
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        begins, made_at, height, houses = (int(told[name]) for name in ("from", "made_at", "height", "houses"))
        waiting = tuple(told["waiting"])
        return Record(str(told["seed"]), str(told["language"]), begins, made_at, height, houses, waiting)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DemoError("demo.record_damaged", path=str(path)) from error


def begin_unfinished(folder: Path) -> Path:
    """An empty folder beside, in which to make a demo; an earlier half of one is removed.

    Raises DemoError: `demo.being_used` while another process works there, `demo.folder_in_the_way`.
    """
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    clear(unfinished)
    place.make_folder(unfinished)
    (unfinished / MARK).touch()
    return unfinished


def finish(unfinished: Path, folder: Path) -> None:
    """Let the whole demo appear in its place, once all of it is on the disk."""
    for path in unfinished.iterdir():
        if path.is_file():
            _sync(path)
    place.sync_folder(unfinished)
    (unfinished / MARK).unlink()
    unfinished.replace(folder)
    place.sync_folder(folder.parent)


def remove(folder: Path) -> None:
    """Remove a whole demo. Raises DemoError (`demo.being_used`) while a node runs there."""
    _check_unused(folder)
    (folder / RECORD).replace(folder / MARK)
    clear(folder)


def clear(folder: Path) -> None:
    """Remove half a demo, its mark last; nothing to do if there is nothing. Raises as `begin_unfinished`."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / MARK).is_file():
        raise DemoError("demo.folder_in_the_way", folder=str(folder))
    _check_unused(folder)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != MARK:
            path.unlink()
    (folder / MARK).unlink()
    folder.rmdir()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _check_unused(folder: Path) -> None:
    try:
        place.lock_folder(folder).release()
    except StoreError as error:
        if error.code != "store.locked":
            raise
        process = str(error.facts.get("process", ""))
        raise DemoError("demo.being_used", folder=str(folder), process=process) from error
