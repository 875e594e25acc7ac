"""What a verb of the command line takes, and reading it from what was typed.

Rules
- `--name value`, `--name=value`, `--flag`; whatever else stands where it stands. `--` ends the options.
- An option that may be given several times collects; any other given twice is a mistake, not a choice for us.
- Every text about a verb stands in `words.toml`: `verb.<verb>`, `verb.<verb>.<argument or option>`.

    VERB = Verb("receipt", "proof", run, (Argument("id"),), (Option("out"),))

    def run(session: Session, given: Given) -> int: ...     # returns the exit code
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from linlian.kernel.errors import LinlianError

if TYPE_CHECKING:
    from linlian.cli.session import Session

Group = Literal["begin", "work", "proof", "people", "keep", "engine"]
GROUPS: tuple[Group, ...] = ("begin", "work", "proof", "people", "keep", "engine")

FINE = 0
NO = 1
"""Refused, rejected, not verified, not found: the answer is no."""
USAGE = 2
"""What was typed, a setting or a file cannot be read."""
TROUBLE = 3
"""The node or its folder needs attention, or is busy: the question was not answered."""
INTERRUPTED = 130


class Usage(LinlianError):
    """What was typed cannot be carried out as it stands."""


@dataclass(frozen=True, slots=True)
class Argument:
    """Something that stands where it stands. `many` takes all that follow; a `rest` takes them unread."""

    name: str
    required: bool = True
    many: bool = False
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """`--name value`, or with `flag` just `--name`. `hint` stands for the value in help, `about` for its words."""

    name: str
    flag: bool = False
    many: bool = False
    required: bool = False
    hint: str = ""
    about: str = ""


@dataclass(slots=True)
class Given:
    """What was typed, by name."""

    arguments: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)

    def argument(self, name: str) -> str:
        """An argument that is required."""
        return self.arguments[name][0]

    def maybe(self, name: str) -> str | None:
        """An argument or option that may be missing."""
        found = self.options.get(name) or self.arguments.get(name)
        return found[0] if found else None

    def many(self, name: str) -> list[str]:
        """All values of an option or argument."""
        return [*self.arguments.get(name, ()), *self.options.get(name, ())]

    def flag(self, name: str) -> bool:
        return name in self.options

    def number(self, name: str, default: int, least: int = 0) -> int:
        """An option that is a whole number. Raises Usage (`cli.not_a_number`)."""
        text = self.maybe(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < least:
            raise Usage("cli.not_a_number", option=name, value=text, least=least)
        return int(text)


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: where it stands in the table of contents, what it takes, and what it does."""

    name: str
    group: Group
    run: Callable[[Session, Given], int]
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()


def read(name: str, arguments: Sequence[Argument], options: Sequence[Option], typed: Sequence[str]) -> Given:
    """Sort what was typed. Raises Usage (`cli.unknown_option`, `.value_missing`, `.argument_missing`, …)."""
    known = {option.name: option for option in options}
    given = Given()
    loose: list[str] = []
    left = list(typed)
    takes_rest = arguments[-1] if arguments and arguments[-1].rest else None
    while left:
        if takes_rest is not None and len(loose) >= len(arguments) - 1:
            given.arguments[takes_rest.name] = left
            break
        word = left.pop(0)
        if word == "--":
            loose += left
            break
        if word.startswith("--"):
            _read_option(known, word, left, given)
        else:
            loose.append(word)
    _place(name, arguments, loose, given)
    for option in options:
        if option.required and option.name not in given.options:
            raise Usage("cli.option_missing", option=option.name, verb=name)
    return given


def _read_option(known: Mapping[str, Option], word: str, left: list[str], given: Given) -> None:
    name, equals, value = word[2:].partition("=")
    option = known.get(name) or known.get(name.replace("_", "-"))
    if option is None:
        meant = get_close_matches(name, list(known), 1)
        raise Usage("cli.unknown_option", option=name, meant=f"--{meant[0]}" if meant else "--help")
    if option.flag:
        if equals:
            raise Usage("cli.value_unwanted", option=name)
        given.options[option.name] = []
        return
    if not equals:
        if not left:
            raise Usage("cli.value_missing", option=name)
        value = left.pop(0)
    values = given.options.setdefault(option.name, [])
    if values and not option.many:
        raise Usage("cli.option_twice", option=name)
    values.append(value)


def _place(name: str, arguments: Sequence[Argument], loose: list[str], given: Given) -> None:
    for argument in arguments:
        if argument.rest:
            continue
        if argument.many:
            given.arguments[argument.name], loose = loose, []
        elif loose:
            given.arguments[argument.name] = [loose.pop(0)]
        if argument.required and not given.arguments.get(argument.name):
            raise Usage("cli.argument_missing", argument=argument.name, verb=name)
    if loose:
        raise Usage("cli.too_many_arguments", argument=loose[0], verb=name)
