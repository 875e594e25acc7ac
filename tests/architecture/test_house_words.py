"""What Linlian itself says has words in both languages: every error code, every verb and option, every text.

Codes are found in the source: what any error is raised with, and any constant `room.some_code` of the kernel, engine,
store, node, command line and their neighbours that is not the name of a table, a command, an event or a file. What may
be filled into a sentence are the keywords of the calls that raise it (of a computed code: for all of that module).
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable

import pytest

from linlian import node
from linlian.cli.main import all_verbs
from linlian.kernel.replay import replay_contract
from linlian.words import LANGUAGES, Words
from tests.architecture.source import product

ROOMS = ("kernel", "engine", "store", "readmodel", "node", "cli", "vault", "settings", "import", "notify", "web")
CODE = re.compile(rf"({'|'.join(ROOMS)})\.[a-z0-9_]+")
ANY_CODE = re.compile(r"[a-z]+\.[a-z0-9_]+")
FILE_NAMES = re.compile(r".*\.(toml|sqlite|socket|key)")
ERRORS = ("Error", "Rejected", "Refused", "Invalid", "Damaged", "Stop", "Failed")
ANYTHING = "**"
"""Stands for facts that come from elsewhere."""
HAN = re.compile("[\u4e00-\u9fff]")


def codes(text: str, names: Iterable[str] = ()) -> dict[str, set[str]]:
    """Codes that a module mentions → the facts that any of them may be raised with."""
    tree = ast.parse(text)
    found = {part: set[str]() for part in _texts(tree) if CODE.fullmatch(part) and part not in names}
    found |= {part: set[str]() for part in _raised(tree) if ANY_CODE.fullmatch(part)}
    found = {code: facts for code, facts in found.items() if not FILE_NAMES.fullmatch(code)}
    computed: set[str] = set()
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        facts = {keyword.arg or ANYTHING for keyword in call.keywords if keyword.arg != "about"}
        given = call.args[:3]
        named = [
            part.value
            for argument in given
            for part in ast.walk(argument)
            if isinstance(part, ast.Constant) and part.value in found
        ]
        if ast.unparse(call.func).endswith("damaged"):
            facts |= {"height", "part"}  # what the audit's own way of raising always gives
        for code in named:
            found[code] |= facts
        if (not named or ANYTHING in facts) and ast.unparse(call.func).endswith(ERRORS):
            computed |= facts
    for facts in found.values():
        facts |= computed
    return found


def _texts(node: ast.AST) -> list[str]:
    return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _raised(tree: ast.Module) -> list[str]:
    """What stands first in the error of each `raise`, whatever room it is of."""
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    return [text for call in raised if isinstance(call, ast.Call) and call.args for text in _texts(call.args[0])]


def all_codes() -> dict[str, set[str]]:
    rules = node.rulebook()
    names = {*rules.tables, *rules.commands, *rules.events, "kernel.refused", "kernel.broken_entry", "engine.ledger"}
    found: dict[str, set[str]] = {}
    for source in product():
        if source.module.split(".")[0] not in ("community", "testing"):
            for code, facts in codes(source.text, names).items():
                found.setdefault(code, set()).update(facts)
    return found


def faults(words: Words, section: str, name: str, facts: set[str] | None) -> list[str]:
    """What is missing or unsayable about one entry; `facts` None means that anything may be filled in."""
    told = {language: words.find("", section, name, language) for language in LANGUAGES}
    found = [f'[{section}] "{name}" has no {language}' for language, text in told.items() if not text]
    if found:
        return found
    if HAN.search(told["en"] or ""):
        found.append(f'[{section}] "{name}" has Chinese in its English')
    for language, text in told.items():
        filled = {field for _, field, _, _ in string.Formatter().parse(text or "") if field}
        missing = set() if facts is None or ANYTHING in facts else filled - facts
        found += [f'[{section}] "{name}" fills in {{{field}}} ({language}), which it is not given' for field in missing]
    return found


WORDS = Words.load(node.businesses())


def test_every_code_has_its_sentence_in_both_languages() -> None:
    known = all_codes()
    assert len(known) > 150
    found = [fault for code, facts in sorted(known.items()) for fault in faults(WORDS, "refusals", code, facts)]
    assert not found, "src/linlian/words.toml:\n" + "\n".join(found)


def test_no_sentence_is_left_over() -> None:
    left = {*WORDS.names("refusals")} - {*all_codes()}
    assert not left, f"words for codes that nobody raises: {', '.join(sorted(left))}"


def test_every_verb_and_option_is_explained() -> None:
    found = []
    for verb in all_verbs():
        found += faults(WORDS, "texts", f"verb.{verb.name}", set())
        for argument in verb.arguments:
            found += faults(WORDS, "texts", f"verb.{verb.name}.{argument.name}", set())
        for option in verb.options:
            found += faults(WORDS, "texts", option.about or f"verb.{verb.name}.{option.name}", set())
    assert not found, "\n".join(found)


TEXT_CALLS = ("text", "warn", "progress")


def test_every_text_that_code_asks_for_is_there() -> None:
    found = []
    for source in product():
        for call in ast.walk(ast.parse(source.text)):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in TEXT_CALLS
                and call.args
                and source.module.split(".")[0] in ("cli", "demo", "imports", "words")
            ):
                names = [part.value for part in _choices(call.args[0]) if isinstance(part, ast.Constant)]
                given = (
                    None if any(keyword.arg is None for keyword in call.keywords) else {k.arg for k in call.keywords}
                )
                for name in names:
                    facts = None if given is None else {fact for fact in given if fact}
                    found += [f"{source.path}: {fault}" for fault in faults(WORDS, "texts", str(name), facts)]
    assert not found, "\n".join(found)


def _choices(argument: ast.expr) -> list[ast.expr]:
    """The names that an argument can be: itself, or both sides of a condition."""
    return [*_choices(argument.body), *_choices(argument.orelse)] if isinstance(argument, ast.IfExp) else [argument]


@pytest.mark.parametrize("section", ["texts", "events", "commands", "queries", "fields", "values"])
def test_whatever_is_said_is_said_in_both_languages(section: str) -> None:
    found = [fault for name in WORDS.names(section) for fault in faults(WORDS, section, name, None)]
    assert not found, "\n".join(found)


def test_what_the_kernel_puts_on_the_ledger_can_be_told() -> None:
    for name in ("kernel.refused", "kernel.broken"):
        assert not faults(WORDS, "events", name, None)
    for name in replay_contract.commands:
        assert not faults(WORDS, "commands", name, set())


def test_codes_are_read_from_the_source() -> None:
    text = (
        'raise StoreError("store.full" if full else "store.failed", path=p)\n'
        'CODES = {1: "store.locked"}\nraise StoreError(CODES[1], reason=r)\nTable("kernel.key", 1)\nopen("words.toml")'
    )
    assert codes(text, ["kernel.key"]) == {
        "store.full": {"path", "reason"},
        "store.failed": {"path", "reason"},
        "store.locked": {"reason"},
    }
