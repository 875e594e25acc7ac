"""The command line's door: which verbs there are, what goes for all of them, and how a call ends.

    linlian [--folder F] [--lang zh|en] [--json] [--config FILE] VERB …

Exit codes: 0 done or verified · 1 no (refused, rejected, not verified, not found) · 2 what was typed, a setting or a
file cannot be read · 3 the node or its folder needs attention · 130 interrupted. Nothing expected shows a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from linlian import __version__, node, settings
from linlian.cli.help import verb_help, whole_help
from linlian.cli.output import Output
from linlian.cli.session import Session
from linlian.cli.verb import FINE, INTERRUPTED, NO, TROUBLE, USAGE, Option, Usage, Verb, read
from linlian.kernel.errors import Busy, EncodingInvalid, LinlianError, Refused, Rejected, Unproven
from linlian.settings import Settings, SettingsInvalid
from linlian.words import LANGUAGES, Language, Words, language_of

MODULES = {
    "community": ("init", "up", "status"),
    "network": ("network",),
    "demo": ("demo",),
    "doing": ("do",),
    "opening": ("open",),
    "showing": ("show", "export"),
    "proving": ("history", "receipt"),
    "verifying": ("verify",),
    "importing": ("import",),
    "people": ("key", "name"),
    "keeping": ("backup", "restore"),
    "trusting": ("trust",),
    "edges": ("webhook", "open311"),
    "upgrading": ("upgrade",),
    "measuring": ("bench",),
}
"""Module of this package → its verbs, in the order of the table of contents. A verb is its module's `VERBS[name]`."""

GLOBAL = (
    Option("folder", hint="folder"),
    Option("lang", hint="zh|en"),
    Option("json", flag=True),
    Option("config", hint="file"),
    Option("help", flag=True),
    Option("version", flag=True),
)
TYPED_WRONG = (
    "readmodel.wrong_parameter",
    "readmodel.wrong_sql",
    "readmodel.wrong_place",
    "node.anchor_unreadable",
)
"""Errors of other rooms that are about what was typed."""
HELP = ("--help", "-h", "help")


def main(typed: Sequence[str] | None = None) -> None:
    """Run one call and leave with its exit code."""
    sys.exit(run(list(sys.argv[1:] if typed is None else typed), dict(os.environ)))


def run(typed: list[str], environment: dict[str, str]) -> int:
    """One call, from what was typed to the exit code."""
    words = load_words()
    output = Output(words.tongue(language_of(environment)), as_json="--json" in typed)
    try:
        told, left = split_global(typed)
        given = read("linlian", (), GLOBAL, told)
        as_json = given.flag("json")
        output = Output(words.tongue(_language(given.maybe("lang"), "", environment)), as_json)
        config = given.maybe("config")
        asks = given.flag("help") or given.flag("version") or "--help" in left
        told_settings = _settings(environment, Path(config) if config else None, only_asks=asks)
        if (folder := given.maybe("folder")) is not None:
            told_settings = replace(told_settings, folder=Path(folder).expanduser())
        language = _language(given.maybe("lang"), told_settings.language, environment)
        output = Output(words.tongue(language), as_json)
        if given.flag("version"):
            output.text("main.version", version=__version__)
            output.value({"version": __version__})
            return FINE
        return _dispatch(told_settings, words, output, left, wants_help=given.flag("help"))
    except LinlianError as error:
        output.error(error)
        return exit_code(error)
    except KeyboardInterrupt:
        output.warn("main.interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough of it. Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO


def _settings(environment: dict[str, str], config: Path | None, *, only_asks: bool) -> settings.Settings:
    """The settings in force. Whoever asks for help or the version is answered without, if they cannot be read."""
    try:
        return settings.load(environment, config)
    except settings.SettingsInvalid:
        if not only_asks:
            raise
        return settings.Settings(folder=Path.cwd())


@cache
def load_words() -> Words:
    """All that this build says; the last thing that is loaded."""
    return Words.load(node.businesses())


def split_global(typed: list[str]) -> tuple[list[str], list[str]]:
    """What goes for every verb, wherever it stands, and the rest. After `--` nothing is ours."""
    takes_value = {f"--{option.name}": not option.flag for option in GLOBAL}
    ours: list[str] = []
    rest: list[str] = []
    waiting = list(typed)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            return ours, [*rest, word, *waiting]
        name = word.partition("=")[0]
        if name in HELP and rest and name != "help":
            rest.append("--help")
        elif name in HELP and not rest:
            ours.append("--help")
        elif name in takes_value:
            ours.append(word)
            if takes_value[name] and "=" not in word and waiting:
                ours.append(waiting.pop(0))
        else:
            rest.append(word)
    return ours, rest


def find_verb(name: str) -> Verb:
    """A verb by name. Raises Usage (`cli.unknown_verb`, `cli.verb_not_here`)."""
    for module, verbs in MODULES.items():
        if name in verbs:
            if find_spec(f"linlian.cli.{module}") is None:
                raise Usage("cli.verb_not_here", verb=name)
            found: dict[str, Verb] = import_module(f"linlian.cli.{module}").VERBS
            return found[name]
    raise Usage("cli.unknown_verb", verb=name)


def all_verbs() -> list[Verb]:
    """Every verb of this build, in the order of the table of contents."""
    modules = [module for module in MODULES if find_spec(f"linlian.cli.{module}") is not None]
    return [find_verb(name) for module in modules for name in MODULES[module]]


def _dispatch(told: Settings, words: Words, output: Output, left: list[str], wants_help: bool) -> int:
    tongue = output.tongue
    if not left:
        whole_help(output, all_verbs())
        return FINE
    name, *typed = left
    verb = find_verb(name)
    takes_rest = bool(verb.arguments) and verb.arguments[-1].rest
    asked = "--help" in typed and not (takes_rest and typed[0] != "--help")
    if wants_help or asked:
        verb_help(output, verb)
        return FINE
    given = read(name, verb.arguments, verb.options, typed)
    return verb.run(Session(told, node, tongue, output), given)


def _language(typed: str | None, told: str, environment: dict[str, str]) -> Language:
    """The language asked for: typed, then set, then that of the locale. Raises Usage (`cli.value_wrong`)."""
    for wanted in (typed, told):
        if wanted:
            for language in LANGUAGES:
                if wanted == language:
                    return language
            raise Usage("cli.value_wrong", option="lang", value=wanted, wanted="|".join(LANGUAGES))
    return language_of(environment)


def exit_code(error: LinlianError) -> int:
    """What an error means to a program."""
    if isinstance(error, Usage | SettingsInvalid | EncodingInvalid) or error.code in TYPED_WRONG:
        return USAGE
    if isinstance(error, Busy):
        return TROUBLE
    return NO if isinstance(error, Refused | Rejected | Unproven) else TROUBLE


if __name__ == "__main__":
    main()
