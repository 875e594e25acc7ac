"""The walk: five commands that show one repair from report to "yes", its receipt, and what a changed copy is worth.

    for step in walk("kitchen-leak", waits=True, call="linlian"): print(step.command)

Rules
- They are the ordinary verbs, as anybody would type them, and work when pasted one after another.
- Each has an exit code that is part of what is shown: the last one must be 1.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from linlian import settings
from linlian.cli.verb import FINE, NO
from linlian.words import Language, language_of

RECEIPT, ALTERED = "yes.receipt", "altered.receipt"
ALTER = f"d=open('{RECEIPT}','rb').read(); open('{ALTERED}','wb').write(d.replace(b'own_key',b'own_kez',1))"
"""One letter of what the receipt says about her yes: on what basis it was given."""


class Step(NamedTuple):
    """`text`: the name of the sentence before it. `ends`: its exit code."""

    text: str
    command: str
    ends: int = FINE


def walk(case: str, waits: bool, call: str) -> list[Step]:
    """The steps for a repair; `call` is how Linlian is called, with what every command needs."""
    python = "python3" if shutil.which("python3") else shlex.quote(sys.executable)
    yes = Step("walk.yes", f"{call} do confirm-repair --case {case} --as resident")
    said = Step("walk.said", f"{call} show repairs.request {case}")
    return [
        Step("walk.history", f"{call} history {case}"),
        yes if waits else said,
        Step("walk.receipt", f"{call} receipt {case} {RECEIPT}"),
        Step("walk.verify", f"{call} verify {RECEIPT}"),
        Step("walk.alter", f'{python} -c "{ALTER}" && {call} verify {ALTERED}', NO),
    ]


def call_of(folder: Path, language: Language, environment: Mapping[str, str] = os.environ) -> str:
    """How this very program is called from here: its name if the shell finds it, else its path; then what differs
    from what it would take by itself."""
    words = [_program()]
    usual = settings.load(environment)
    if folder.absolute() != usual.folder.absolute():
        words += ["--folder", _from_here(folder)]
    if language != (usual.language or language_of(environment)):
        words += ["--lang", language]
    return shlex.join(words) if len(words[0].split()) == 1 else " ".join([words[0], shlex.join(words[1:])]).strip()


def play(step: Step) -> int:
    """Run the very line that is shown, its output where ours goes; its exit code."""
    sys.stdout.flush()
    return subprocess.run(step.command, shell=True, check=False).returncode


def _program() -> str:
    program = Path(sys.argv[0])
    found = shutil.which("linlian")
    if found is not None and program.name == "linlian" and Path(found).resolve() == program.resolve():
        return "linlian"
    if program.name == "linlian" and program.is_file():
        return _from_here(program)
    return f"{shlex.quote(sys.executable)} -m linlian.cli.main"


def _from_here(path: Path) -> str:
    """Relative to the current directory where that is shorter."""
    absolute = path.absolute()
    relative = os.path.relpath(absolute)
    return min(str(absolute), relative, key=len)
