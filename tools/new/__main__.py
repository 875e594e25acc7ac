"""`python -m tools.new parking`: a new business whose tests pass, named in BUSINESSES (`make new NAME=parking`).

It writes src/linlian/community/parking/ from `template/`: notices that people put up and take down, small but whole
(rules with a timer, views, words, README, tests). Replace it piece by piece; docs/guides/new-business.md says how.
"""

from __future__ import annotations

import argparse
import keyword
import re
import subprocess
import sys
from pathlib import Path

from linlian.readmodel.view import RESERVED

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = Path(__file__).resolve().parent / "template"
COMMUNITY = ROOT / "src" / "linlian" / "community"
ENDING = ".txt"
"""Template files end in it, so that no tool takes them for what they will be."""

NAME = re.compile("[a-z][a-z0-9]{2,23}")


class NameUnusable(ValueError):
    """Why a business cannot be called that."""


def check_name(name: str) -> None:
    """Raise NameUnusable unless it is one plain noun that nothing else has."""
    if not NAME.fullmatch(name):
        raise NameUnusable("one plain noun of its field, 3 to 24 lower-case letters: parking, fees, lifts")
    if keyword.iskeyword(name) or name in RESERVED or name in ("kernel", "ledger", "readmodel"):
        raise NameUnusable("that is a word of Python, of SQL or of Linlian")
    if (COMMUNITY / name).exists():
        raise NameUnusable(f"there is {(COMMUNITY / name).relative_to(ROOT)} already")


def write_business(name: str) -> list[Path]:
    """Write the folder; its files."""
    written = []
    for path in sorted(TEMPLATE.rglob(f"*{ENDING}")):
        target = COMMUNITY / name / str(path.relative_to(TEMPLATE)).removesuffix(ENDING)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        target.write_text(text.replace("{{name}}", name).replace("{{Name}}", name.capitalize()), encoding="utf-8")
        written.append(target)
    return written


LINE_CHARS_MAX = 120


def name_it(text: str, name: str) -> str:
    """The source of `community/__init__.py` with one business more: a name in the import, a line in the tuple."""
    found = re.search(r"^from linlian\.community import (\([^)]*\)|.*)$", text, re.MULTILINE)
    tuple_end = re.search(r"^BUSINESSES[^(]*\((?:\n    .*,)*", text, re.MULTILINE)
    if found is None or tuple_end is None:
        raise ValueError("community/__init__.py has another shape than expected: name the business there by hand")
    names = sorted([*re.findall(r"\w+", found[1]), name])
    text = text[: tuple_end.end()] + f"\n    {name}.contract," + text[tuple_end.end() :]
    line = f"from linlian.community import {', '.join(names)}"
    lines = "".join(f"    {each},\n" for each in names)
    return text.replace(found[0], line if len(line) <= LINE_CHARS_MAX else f"from linlian.community import (\n{lines})")


def main() -> None:
    """Write it, name it, put it in order, and say what comes next."""
    parser = argparse.ArgumentParser(prog="python -m tools.new", description="A new business whose tests pass.")
    parser.add_argument("name", help="one plain noun of its field, such as parking")
    name = parser.parse_args().name
    try:
        check_name(name)
    except NameUnusable as why:
        parser.error(f"a business cannot be called {name!r}: {why}")
    written = write_business(name)
    businesses = COMMUNITY / "__init__.py"
    businesses.write_text(name_it(businesses.read_text(encoding="utf-8"), name), encoding="utf-8")
    sources = [str(path) for path in (*written, businesses) if path.suffix == ".py"]
    for command in (
        ["ruff", "check", "--quiet", "--fix", "--select", "I", *sources],
        ["ruff", "format", "--quiet", *sources],
        ["tools.reference"],
    ):
        subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)
    for path in (*written, businesses):
        print(f"  {path.relative_to(ROOT)}")
    print(f"\nIts tests:  make test ARGS=src/linlian/community/{name}\nThe guide:  docs/guides/new-business.md")


if __name__ == "__main__":
    main()
