"""The words of this build in both languages, side by side: (Chinese, English)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TypeAlias, TypeVar

from linlian import node
from linlian.words import COMMON, FILE, LANGUAGES, Tongue, Words

V = TypeVar("V")
Both: TypeAlias = tuple[str, str]


@cache
def all_words() -> Words:
    return Words.load(node.businesses())


@cache
def tongues() -> tuple[Tongue, Tongue]:
    """Chinese and English."""
    chinese, english = (all_words().tongue(language) for language in LANGUAGES)
    return chinese, english


def command(name: str) -> Both:
    """The label of a command."""
    chinese, english = tongues()
    return chinese.command(name), english.command(name)


def field(owner: str, name: str) -> Both:
    """The label of a field, a parameter or a column."""
    chinese, english = tongues()
    return chinese.field(owner, name), english.field(owner, name)


def value(owner: str, name: str) -> Both:
    """The label of an enumeration's value; of one that names a column, the column's."""
    if all_words().find(owner, "values", name, "en") is None:
        return field(owner, name)
    chinese, english = tongues()
    return chinese.value(owner, name), english.value(owner, name)


def query(name: str, about: str) -> Both:
    """What a query gives; what its source says where there are no words for it."""
    chinese, english = tongues()
    return chinese.query(name) or about, english.query(name) or about


def text(name: str) -> Both:
    """One of Linlian's own texts."""
    return sentence(COMMON, "texts", name)


def has_text(name: str) -> bool:
    return all_words().find(COMMON, "texts", name, "en") is not None


def sentence(owner: str, section: str, name: str) -> Both:
    """A text as it stands in words.toml, its facts still in braces."""
    words = all_words()
    return words.find(owner, section, name, "zh") or "—", words.find(owner, section, name, "en") or "—"


def in_order(business: str, section: str, named: Mapping[str, V]) -> dict[str, V]:
    """The same by name, in the order in which the business speaks of them; what it has no words for comes last."""
    told = tomllib.loads((files("linlian.community") / business / FILE).read_text(encoding="utf-8"))
    names = [name for name in told.get(section, {}) if name in named]
    return {name: named[name] for name in dict.fromkeys((*names, *named))}
