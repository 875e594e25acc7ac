"""`linlian --help`, which reads like a table of contents, and the page of each verb."""

from __future__ import annotations

from linlian.cli.output import Output
from linlian.cli.verb import GROUPS, Argument, Option, Verb


def whole_help(output: Output, verbs: list[Verb]) -> None:
    """All verbs, by what they are for."""
    tongue = output.tongue
    output.text("help.title", style="bold")
    output.text("help.usage")
    for group in GROUPS:
        here = [verb for verb in verbs if verb.group == group]
        if here:
            output.say(f"\n{tongue.text(f'group.{group}')}", "bold")
            output.pairs([(f"  {verb.name:<9}", tongue.text(f"verb.{verb.name}")) for verb in here])
    output.text("help.global")
    output.value(
        [{"verb": verb.name, "group": verb.group, "about": tongue.text(f"verb.{verb.name}")} for verb in verbs]
    )


def verb_help(output: Output, verb: Verb) -> None:
    """What a verb does and takes."""
    tongue = output.tongue
    parts = [_argument(argument) for argument in verb.arguments] + [_option(option) for option in verb.options]
    output.say(" ".join(["linlian", verb.name, *parts]), "bold")
    output.text(f"verb.{verb.name}")
    if tongue.has("texts", f"verb.{verb.name}.more"):
        output.text(f"verb.{verb.name}.more")
    rows = [(argument.name.upper(), tongue.text(f"verb.{verb.name}.{argument.name}")) for argument in verb.arguments]
    rows += [(_signs(option), tongue.text(text_of(verb, option))) for option in verb.options]
    output.pairs(rows)
    output.text("help.global")
    output.value({"verb": verb.name, "about": tongue.text(f"verb.{verb.name}")})


def text_of(verb: Verb, option: Option) -> str:
    """The name of an option's text."""
    return option.about or f"verb.{verb.name}.{option.name}"


def _argument(argument: Argument) -> str:
    name = argument.name.upper() + ("…" if argument.many or argument.rest else "")
    return name if argument.required else f"[{name}]"


def _signs(option: Option) -> str:
    return f"--{option.name}" + (f" {option.hint}" if option.hint else "")


def _option(option: Option) -> str:
    signs = _signs(option) + ("…" if option.many else "")
    return signs if option.required else f"[{signs}]"
