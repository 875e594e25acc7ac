"""Every word that a business says to people stands in its `words.toml`, in Chinese and in English.

    [commands."parking.lend_bay"]     zh, en: the label of the form and of its button
    [events."parking.bay_lent"]       zh, en: a sentence; {bay} is filled from the event's field of that name
    [refusals."parking.not_owner"]    zh, en: why not, and what to do; {bay} is filled from the refusal's facts
    [fields.bay]                      zh, en: a label for each field of its commands and events
    [values.reported]                 zh, en: a label for each value of its enumerations

Fields and values may be grouped further (`[values.state.reported]`); the last name counts. A neighbour's enumeration
has its labels with that neighbour, unless a nearer one means something else by the same word.
"""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest

from linlian.community.identity import Basis
from linlian.kernel.steps import Steps
from linlian.node import source
from linlian.words import LANGUAGES, Words
from tests.architecture.source import COMMUNITY, businesses, in_consensus, product

Table = Mapping[str, Any]
WORDS = Words.load(source.businesses())
HAN = re.compile("[\u4e00-\u9fff]")
SECTIONS = ("commands", "events", "refusals", "fields", "values")
ASKED = ("queries", "columns", "audiences")
"""What is said about queries; `tests/everybody/test_readmodel.py` holds it against them."""
SIGNED = ("says", "undo")
"""What somebody who signs a command says, and how it is taken back; not every command has them."""
TEXTS = "texts"
"""What pages say; each begins with the business's name."""


@dataclass(frozen=True)
class Vocabulary:
    """What a business says: by wire name, the names that may be filled in (None where nothing is).

    `values` are all that it shows, `lent` those of them that a neighbour labels: value → that one's name.
    """

    commands: Mapping[str, Iterable[str]] = field(default_factory=dict)
    events: Mapping[str, Iterable[str]] = field(default_factory=dict)
    refusals: Mapping[str, Iterable[str]] = field(default_factory=dict)
    values: frozenset[str] = frozenset()
    lent: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> set[str]:
        return {name for names in (*self.commands.values(), *self.events.values()) for name in names}


def word_faults(words: Table, spoken: Vocabulary) -> list[str]:
    """What is missing from the words, left over in them, or not sayable in one of the two languages."""
    sections = (*SECTIONS, *ASKED, *SIGNED, TEXTS)
    found = [f"[{section}] is no section of words.toml" for section in words if section not in sections]
    for section in SIGNED:
        told = dict(_leaves(words.get(section, {})))
        found += [f'[{section}."{name}"] names no command' for name in sorted({*told} - {*spoken.commands})]
        for name, text in told.items():
            found += [f'[{section}."{name}"] {why}' for why in _text_faults(text, set())]
    for section in SECTIONS:
        told = dict(_leaves(words.get(section, {})))
        expected: Iterable[str] = getattr(spoken, section)
        elsewhere = {*spoken.lent} if section == "values" else set()
        found += [f'[{section}."{name}"] is missing' for name in sorted({*expected} - {*told} - elsewhere)]
        known = {name: _event_told(name, spoken) if section == "events" else name for name in told}
        found += [
            f'[{section}."{name}"] names nothing there is' for name in sorted({*told}) if known[name] not in expected
        ]
        fillable = getattr(spoken, section) if section in ("events", "refusals") else {}
        for name, text in told.items():
            found += [f'[{section}."{name}"] {why}' for why in _text_faults(text, {*fillable.get(known[name], ())})]
    return found


def _event_told(name: str, spoken: Vocabulary) -> str:
    """The event that a sentence tells of: one may be for a standing or a basis alone (`x.happened.desk`)."""
    event, _, case = name.rpartition(".")
    known = case in spoken.values and {"standing", "basis"} & {*spoken.events.get(event, ())}
    return event if known else name


def _leaves(table: Table) -> Iterator[tuple[str, Table]]:
    for name, entry in table.items():
        if isinstance(entry, dict) and not {"zh", "en"} & {*entry}:
            yield from _leaves(entry)
        else:
            yield name, entry


def _text_faults(text: Table, fillable: set[str]) -> Iterator[str]:
    if not isinstance(text, dict) or not all(isinstance(text.get(tongue), str) for tongue in ("zh", "en")):
        yield "needs zh and en"
        return
    if not text["zh"].strip() or not text["en"].strip():
        yield "is empty in one language"
    if HAN.search(text["en"]):
        yield "has Chinese in its English"
    if text["zh"] == text["en"] and " " in text["en"].strip():
        yield "is not translated"
    for tongue in ("zh", "en"):
        filled = {
            re.split(r"[.!:|\[]", name or "")[0] for _, name, _, _ in string.Formatter().parse(text[tongue]) if name
        }
        for name in sorted(filled - fillable):
            yield f"fills in {{{name}}} ({tongue}), which it is not given"


KITS = {"Steps": {"state", "step"}}
"""A kit that refuses in a business's name is given the code as `refused="…"` → the facts that it adds."""


def refusals(business: str, text: str) -> dict[str, set[str]]:
    """Refusal codes of a business that its source names → the facts that any of them is raised with."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg == "refused" and isinstance(keyword.value, ast.Constant):
                given = str(keyword.value.value)
                if given.startswith(f"{business}."):
                    found.setdefault(given, set()).update(KITS.get(ast.unparse(node.func), set()))
        if not ast.unparse(node.func).endswith("Refused") or not node.args:
            continue
        codes = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
        facts = {keyword.arg for keyword in node.keywords if keyword.arg not in (None, "about")}
        for code in codes:
            if isinstance(code, str) and code.startswith(f"{business}."):
                found.setdefault(code, set()).update(name for name in facts if name)
    return found


def enum_values(annotation: Any) -> set[tuple[str, str]]:
    """The values of every enumeration inside a type, each with the business that it belongs to ("": none): Enum members
    and Literal strings."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {(str(member.value), _owner(annotation)) for member in annotation}
    if get_origin(annotation) is Literal:
        return {(value, "") for value in get_args(annotation) if isinstance(value, str)}
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return {value for part in msgspec.structs.fields(annotation) for value in enum_values(part.type)}
    return {value for part in get_args(annotation) for value in enum_values(part)}


def _owner(kind: type[Any]) -> str:
    parts = kind.__module__.split(".")
    return parts[2] if parts[:2] == ["linlian", "community"] else ""


def vocabulary(business: str) -> Vocabulary:
    """What the business of this folder says, read from its contract and its source."""
    contract = import_module(f"linlian.community.{business}").contract
    kinds = [spec.kind for spec in contract.commands.values()] + list(contract.events.values())
    kinds += [table.kind for table in contract.tables.values()]
    said: dict[str, set[str]] = {}
    for module in product():
        if f"{module.module}.".startswith(f"community.{business}.") and in_consensus(module.module):
            for code, facts in refusals(business, module.text).items():
                said.setdefault(code, set()).update(facts)
    shown = {pair for kind in kinds for pair in enum_values(kind)} | choices_of_queries(business)
    shown |= {pair for table in tables_of_steps(business) for pair in standings(table)}
    own = {value for value, owner in shown if owner in ("", business)}
    return Vocabulary(
        commands={name: _field_names(spec.kind) for name, spec in contract.commands.items()},
        events={name: _field_names(kind) for name, kind in contract.events.items()},
        refusals=said,
        values=frozenset(value for value, _ in shown),
        lent={value: owner for value, owner in shown if value not in own and _is_said_by(business, value, owner)},
    )


def _is_said_by(business: str, value: str, owner: str) -> bool:
    """Whether a business that has no label of its own for a value shows that of the one whose value it is."""
    beneath = source.businesses()[business]
    said, meant = ([WORDS.find(name, "values", value, tongue) for tongue in LANGUAGES] for name in (business, owner))
    return owner in beneath and None not in said and said == meant


def tables_of_steps(business: str) -> list[Steps[Any, Any]]:
    """What its rules modules call a table of steps and is its own."""
    modules = [m.module for m in product() if m.module.startswith(f"community.{business}.rules")]
    values = [value for module in modules for value in vars(import_module(f"linlian.{module}")).values()]
    own = [value for value in values if isinstance(value, Steps) and value.refused.startswith(f"{business}.")]
    return list({id(value): value for value in own}.values())


def standings(table: Steps[Any, Any]) -> set[tuple[str, str]]:
    """As what somebody takes a step, for the reference tells it."""
    kinds = {type(by) for step in table.values() for by in step.by}
    return {(member.value, _owner(kind)) for kind in kinds for member in kind}


def choices_of_queries(business: str) -> set[tuple[str, str]]:
    """What a query's parameters let one choose from, but for choices that are columns and labelled as such."""
    views = {view.name: view for view in source.views()}
    if business not in views:
        return set()
    columns = {name for table in views[business].tables.values() for name in table.names}
    parameters = [part for query in views[business].queries.values() for part in query.parameters.values()]
    asked = [part for part in parameters if not {*part.choices} <= columns]
    return {pair for part in asked for pair in enum_values(part.annotation) if pair[0] in part.choices}


def _field_names(kind: type[Any]) -> list[str]:
    return [part.name for part in msgspec.structs.fields(kind)]


@pytest.mark.parametrize("business", [folder.name for folder in businesses()])
def test_every_word_is_there_in_both_languages(business: str) -> None:
    path = COMMUNITY / business / "words.toml"
    assert path.exists(), f"{path.relative_to(COMMUNITY)} is missing"
    found = word_faults(tomllib.loads(path.read_text(encoding="utf-8")), vocabulary(business))
    assert not found, f"{business}/words.toml:\n" + "\n".join(found)


LENDING = Vocabulary(
    commands={"parking.lend_bay": ["bay"]},
    events={"parking.bay_lent": ["bay"]},
    refusals={"parking.not_owner": ["owner"]},
    values=frozenset({"lent"}),
)
COMPLETE = """
[commands."parking.lend_bay"]
zh = "出借车位"
en = "Lend a bay"
[events."parking.bay_lent"]
zh = "车位 {bay} 已出借"
en = "Bay {bay} was lent"
[refusals."parking.not_owner"]
zh = "车位不是您的"
en = "The bay belongs to {owner}"
[fields.bay]
zh = "车位"
en = "Bay"
[values.state.lent]
zh = "已出借"
en = "lent"
"""


def test_complete_words_pass() -> None:
    assert word_faults(tomllib.loads(COMPLETE), LENDING) == []


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('zh = "出借车位"\n', ""),
        ('en = "lent"', 'en = " "'),
        ("Lend a bay", "出借车位"),
        ("出借车位", "Lend a bay"),
        ("{owner}", "{bay}"),
        ("{bay}", "{bays}"),
        ("parking.not_owner", "parking.gone"),
        ("[values.state.lent]", "[values.state.free]"),
        ("[fields.bay]", "[labels.bay]"),
    ],
)
def test_a_fault_in_the_words_is_found(was: str, becomes: str) -> None:
    assert was in COMPLETE
    assert word_faults(tomllib.loads(COMPLETE.replace(was, becomes)), LENDING)


def test_refusals_are_read_from_the_source() -> None:
    text = 'raise Refused("parking.a", about=(x,), bay=x)\nraise Refused("parking.b" if x else "parking.c")'
    assert refusals("parking", text) == {"parking.a": {"bay"}, "parking.b": set(), "parking.c": set()}
    kits = 'bays = contract.table("bay", Bay, refused="parking.d")\nSTEPS = Steps(TABLE, refused="parking.e")'
    assert refusals("parking", kits) == {"parking.d": set(), "parking.e": {"state", "step"}}


def test_values_are_read_from_types() -> None:
    assert enum_values(tuple[Literal["lent", "free"], ...] | None) == {("lent", ""), ("free", "")}
    assert enum_values(Basis | None) >= {("own_key", "identity")}


def test_a_neighbours_value_is_labelled_by_that_neighbour() -> None:
    lent = replace(LENDING, values=LENDING.values | {"own_key"}, lent={"own_key": "identity"})
    assert word_faults(tomllib.loads(COMPLETE), lent) == []
    assert word_faults(tomllib.loads(COMPLETE), replace(lent, lent={}))
    own = COMPLETE + '[values.basis.own_key]\nzh = "自己的钥匙"\nen = "a key of one\'s own"\n'
    assert word_faults(tomllib.loads(own), lent) == []
