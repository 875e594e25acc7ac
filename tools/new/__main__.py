"""`python -m tools.new parking`: a new business whose tests pass, named in BUSINESSES (`make new NAME=parking`).

It writes src/linlian/community/parking/ from `template/`: notices that people put up and take down, small but whole
(rules with a timer, views, words, README, tests). Replace it piece by piece; docs/guides/new-business.md says how.
It writes all of it or nothing.
"""

from __future__ import annotations

import argparse
import keyword
import re
import shutil
import subprocess
import sys
from pathlib import Path

from linlian.readmodel.view import RESERVED

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = Path(__file__).resolve().parent / "template"
COMMUNITY = ROOT / "src" / "linlian" / "community"
REFERENCE = ROOT / "docs" / "reference"
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


def files_of(name: str) -> dict[Path, str]:
    """What the folder will hold: path → text. Nothing is written."""
    found = {}
    for path in sorted(TEMPLATE.rglob(f"*{ENDING}")):
        text = path.read_text(encoding="utf-8")
        target = COMMUNITY / name / str(path.relative_to(TEMPLATE)).removesuffix(ENDING)
        found[target] = text.replace("{{name}}", name).replace("{{Name}}", name.capitalize())
    return found


LINE_CHARS_MAX = 120


def name_it(text: str, name: str) -> str:
    """The source of `community/__init__.py` with one business more: a name in the import, a line in the tuple.

    It comes before `openings`, which rests on everybody.
    """
    listed = re.search(r"^BUSINESSES[^(]*\((?:\n    (?!openings\.).*,)*", text, re.MULTILINE)
    if listed is None:
        raise ValueError("community/__init__.py has another shape than expected: name the business there by hand")
    return _import(text[: listed.end()] + f"\n    {name}.contract," + text[listed.end() :], name)


def _import(text: str, name: str) -> str:
    found = re.search(r"^from linlian\.community import (\([^)]*\)|.*)$", text, re.MULTILINE)
    if found is None:
        raise ValueError("a file imports the businesses in another way than expected: name the business by hand")
    names = sorted([*re.findall(r"\w+", found[1]), name])
    line = f"from linlian.community import {', '.join(names)}"
    lines = "".join(f"    {each},\n" for each in names)
    return text.replace(found[0], line if len(line) <= LINE_CHARS_MAX else f"from linlian.community import (\n{lines})")


def list_what_it_seals(text: str, name: str, views: bool) -> str:
    """The source of `openings/rules.py`, or of its `views.py`, with one need more: it lists what everybody seals."""
    one = f"{name}_views" if views else f"{name}.contract"
    needs = re.search(r"^    needs=\((?:\n        .*,)*", text, re.MULTILINE)
    if needs is None:
        raise ValueError("openings have another shape than expected: add the business to their needs by hand")
    text = text[: needs.end()] + f"\n        {one}," + text[needs.end() :]
    if not views:
        return _import(text, name)
    first = re.search(r"^from linlian\.community\.", text, re.MULTILINE)
    assert first is not None, "it hears of other businesses"
    return (
        text[: first.start()] + f"from linlian.community.{name}.views import views as {one}\n" + text[first.start() :]
    )


class NotNow(RuntimeError):
    """Why no business is written; nothing has been."""


def check_tree() -> None:
    """Raise NotNow unless all that is there already imports: the new one could not be tried out."""
    said = _python("-c", "from linlian.node import source; source.rulebook(), source.views(), source.pages()")
    if said.returncode:
        raise NotNow(f"what is there already does not import; mend that first:\n{said.stderr.strip()[-2000:]}")


def write(name: str) -> list[Path]:
    """Write the folder, name it in BUSINESSES and in the reference: all of it or nothing. The files; raises NotNow."""
    door, rules, views = (COMMUNITY / path for path in ("__init__.py", "openings/rules.py", "openings/views.py"))
    told = {path: path.read_text(encoding="utf-8") for path in (door, rules, views)}
    before = {path: path.read_bytes() for path in (*told, *sorted(REFERENCE.glob("*.md")))}
    files = files_of(name) | {
        door: name_it(told[door], name),
        rules: list_what_it_seals(told[rules], name, views=False),
        views: list_what_it_seals(told[views], name, views=True),
    }
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sources = [str(path) for path in files if path.suffix == ".py"]
        for command in (
            ["ruff", "check", "--quiet", "--fix", "--select", "I", *sources],
            ["ruff", "format", "--quiet", *sources],
            ["tools.reference"],
        ):
            said = _python("-m", *command)
            if said.returncode:
                raise NotNow(f"{command[0]} says:\n{(said.stdout + said.stderr).strip()[-2000:]}")
    except BaseException:
        undo(name, before)
        raise
    return list(files)


def undo(name: str, before: dict[Path, bytes]) -> None:
    """Put everything back as it was."""
    shutil.rmtree(COMMUNITY / name, ignore_errors=True)
    for path in sorted(REFERENCE.glob("*.md")):
        if path not in before:
            path.unlink()
    for path, data in before.items():
        path.write_bytes(data)


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False, capture_output=True, text=True)


def main() -> None:
    """Check, write it, name it, put it in order, and say what comes next."""
    parser = argparse.ArgumentParser(prog="python -m tools.new", description="A new business whose tests pass.")
    parser.add_argument("name", help="one plain noun of its field, such as parking")
    name = parser.parse_args().name
    try:
        check_name(name)
        check_tree()
        written = write(name)
    except NameUnusable as why:
        parser.error(f"a business cannot be called {name!r}: {why}")
    except NotNow as why:
        parser.exit(1, f"nothing was written: {why}\n")
    for path in written:
        print(f"  {path.relative_to(ROOT)}")
    print(f"\nIts tests:  make test ARGS=src/linlian/community/{name}\nThe guide:  docs/guides/new-business.md")


if __name__ == "__main__":
    main()
