"""`linlian bench`: the measurements of the source tree, which are not part of the installed package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import linlian
from linlian.cli.session import Session
from linlian.cli.verb import Argument, Given, Usage, Verb


def run(_session: Session, given: Given) -> int:
    """Run `python -m bench` of the tree that this package stands in. Raises Usage (`cli.bench_not_here`)."""
    tree = Path(linlian.__file__).resolve().parents[2]
    if not (tree / "bench" / "__main__.py").is_file():
        raise Usage("cli.bench_not_here")
    return subprocess.call([sys.executable, "-m", "bench", *given.many("options")], cwd=tree)


VERBS = {"bench": Verb("bench", "engine", run, (Argument("options", required=False, rest=True),))}
