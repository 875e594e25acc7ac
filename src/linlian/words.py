"""What Linlian says to people, in Chinese and in English.

Rules
- Every sentence stands in a `words.toml`: one beside this file for the kernel, engine, store, node and command line
  (a room may have one of its own), one in the folder of each business for what it says. No sentence stands in code.
- A sentence is filled from named facts. A fact that is missing, or a code nobody has words for, never stops the
  sentence: people get what there is, and the code.
- An event that somebody else may bring about for those whom it is about has a sentence of its own for that standing or
  basis (`repairs.repair_reported.desk`), if the ordinary one would hide it.
- A business's field and value labels are its own; what it does not name is looked up among the common ones. A value
  of a neighbour's enumeration has its label with that neighbour: it is looked up in those that the business needs.

    tongue = Words.load({"identity": (), "repairs": ("identity",)}).tongue("en")
    tongue.refusal("kernel.expired", {"valid_until": 1767225600000, "time": 1767225660000})
    tongue.event("repairs.repair_reported", {"place": bytes(16), ...})
    tongue.text("status.height", height=12)
"""

from __future__ import annotations

import os
import string
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from linlian.kernel.errors import LinlianError

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

Entries: TypeAlias = Mapping[str, Mapping[str, str]]
"""Name → language → text, of one section."""

Show: TypeAlias = Callable[[str, Any], str | None]
"""(fact's name, value) → how to write it, or None to have it written the ordinary way."""

FILE = "words.toml"

COMMON = ""
"""Stands for Linlian itself where a business's name would stand."""

_TIME_MIN = 1_000_000_000_000
"""A number above is a time in milliseconds (September 2001 and later): no amount, size or height is that large."""
_SIGNS = {"CNY": "¥", "GBP": "£", "EUR": "€", "USD": "US$", "HKD": "HK$"}


class Words:
    """All words of this build: (business, section) → entries; business → those it rests on, the nearest first."""

    def __init__(self, entries: Mapping[tuple[str, str], Entries], beneath: Mapping[str, Sequence[str]] | None = None):
        self._entries = entries
        self._beneath = beneath or {}

    @classmethod
    def load(cls, businesses: Mapping[str, Sequence[str]]) -> Words:
        """Linlian's own words and those of the businesses named; one that has no file yet has no words."""
        found: dict[tuple[str, str], Entries] = {}
        for owner, told in (*((COMMON, told) for told in _own()), *((name, _read(name)) for name in businesses)):
            for section, table in told.items():
                found[owner, section] = {**found.get((owner, section), {}), **dict(_leaves(table))}
        return cls(found, businesses)

    def tongue(self, language: Language) -> Tongue:
        """The words in one language."""
        return Tongue(self, language)

    def find(self, owner: str, section: str, name: str, language: Language) -> str | None:
        """A text of the business, else (of a value) of one that it rests on, else the common one, else None."""
        beneath = self._beneath.get(owner, ()) if section == "values" else ()
        for place in dict.fromkeys((owner, *beneath, COMMON)):
            entry = self._entries.get((place, section), {}).get(name)
            if entry is not None:
                return entry.get(language)
        return None

    def written(self, language: Language) -> dict[str, dict[str, dict[str, str]]]:
        """Everything in one language, business → section → name → text, for readers that fill it in themselves.

        The section `beneath` names those that a business rests on, in order; what its texts are does not matter.
        """
        found = {name: {"beneath": dict.fromkeys(beneath, "")} for name, beneath in self._beneath.items() if beneath}
        for (owner, section), entries in self._entries.items():
            texts = {name: entry[language] for name, entry in entries.items() if language in entry}
            found.setdefault(owner, {})[section] = texts
        return found

    def names(self, section: str) -> list[str]:
        """The names of Linlian's own entries in a section."""
        return list(self._entries.get((COMMON, section), {}))


class Tongue:
    """The words in one language. Nothing here raises: what has no words is shown by its code."""

    def __init__(self, words: Words, language: Language):
        self._words = words
        self.language: Language = language

    def command(self, name: str) -> str:
        """The label of a command: `repairs.report_repair` → "Report a repair"."""
        return self._find("commands", name) or name

    def event(self, name: str, fields: Mapping[str, Any], show: Show | None = None) -> str:
        """The sentence of an event, filled from its fields; a refusal's entry is told by its own sentence."""
        if name == "kernel.refused":
            no = self.refusal(str(fields.get("code")), fields.get("facts", {}), show)
            fields = {"command": self.command(str(fields.get("command"))), "no": no}
        return self._fill(_owner(name), self._event(name, fields) or name, fields, show)

    def refusal(self, code: str, facts: Mapping[str, Any], show: Show | None = None) -> str:
        """Why not, and what to do about it, filled from the facts."""
        return self._fill(_owner(code), self._find("refusals", code) or code, facts, show)

    def error(self, error: LinlianError, show: Show | None = None) -> str:
        """The sentence of any error that has a code."""
        return self.refusal(error.code, error.facts, show)

    def field(self, owner: str, name: str) -> str:
        """The label of a field of a business's commands and events, or of a column of what may be asked of it."""
        sections = ("columns", "fields")
        return next(filter(None, (self._words.find(owner, each, name, self.language) for each in sections)), name)

    def value(self, owner: str, value: str) -> str:
        """The label of an enumeration's value."""
        return self._words.find(owner, "values", value, self.language) or value

    def query(self, name: str) -> str | None:
        """What a query gives, where there are words for it."""
        return self._find("queries", name)

    def says(self, name: str) -> str:
        """What somebody says who signs a command, in the first person; its label where nothing else is written."""
        return self._find("says", name) or self.command(name)

    def undo(self, name: str) -> str:
        """How a command can be taken back; empty where nothing is written."""
        return self._find("undo", name) or ""

    def pattern(self, name: str) -> str:
        """One of Linlian's own texts with its gaps, for scripts that fill them in."""
        return self._find("texts", name) or name

    def audience(self, name: str) -> str:
        """Who an audience is: `repairs.parties` → "the parties of the case"."""
        return self._find("audiences", name) or name

    def text(self, name: str, /, **facts: Any) -> str:
        """One of Linlian's own texts (the `texts` section)."""
        return self._fill(COMMON, self._find("texts", name) or name, facts, None)

    def has(self, section: str, name: str) -> bool:
        """Whether there are words for it."""
        return self._find(section, name) is not None

    def shown(self, owner: str, value: Any) -> str:
        """A value as people read it: labels for codes, times for milliseconds, the head of an identifier."""
        if isinstance(value, bool):
            return self.value(COMMON, "yes" if value else "no")
        if isinstance(value, int):
            return clock_time(value) if value >= _TIME_MIN else str(value)
        if isinstance(value, bytes):
            return short(value)
        if isinstance(value, str):
            return self._labels(owner, value)
        if isinstance(value, Mapping):
            sealed = "commitment" in value and "ciphertext_hash" in value
            pairs = (f"{self.field(owner, str(key))}: {self.shown(owner, item)}" for key, item in value.items())
            return self.value(COMMON, "sealed") if sealed else "; ".join(pairs)
        if isinstance(value, list | tuple):
            return ("、" if self.language == "zh" else ", ").join(self.shown(owner, item) for item in value)
        return str(value)

    def _labels(self, owner: str, value: str) -> str:
        """A code's label; of several joined by commas, their labels; any other text as it is.

        What one business is told by another (what holds a repair back, say) has its label among that one's texts.
        """
        found = [
            self._words.find(owner, "values", part, self.language) or self._find("texts", part)
            for part in value.split(",")
        ]
        return ", ".join(label for label in found if label) if all(found) else value

    def _event(self, name: str, fields: Mapping[str, Any]) -> str | None:
        """An event's sentence: the one for its standing or basis, where there is one."""
        names = [f"{name}.{fields[part]}" for part in ("standing", "basis") if part in fields]
        return next(filter(None, (self._find("events", each) for each in (*names, name))), None)

    def _find(self, section: str, name: str) -> str | None:
        return self._words.find(_owner(name), section, name, self.language)

    def _fill(self, owner: str, text: str, facts: Mapping[str, Any], show: Show | None) -> str:
        shown = {}
        for _, name, _, _ in string.Formatter().parse(text):
            if name:
                value = facts.get(name, "—")
                told = _amount(name, value) if isinstance(value, int) else None
                shown[name] = told or (show(name, value) if show else None) or self.shown(owner, value)
        return text.format_map(shown)


def language_of(environment: Mapping[str, str]) -> Language:
    """The language that a shell's locale asks for: Chinese for every `zh…`, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].startswith("zh") else "en"
    return "en"


def spoken_here() -> Language:
    """`language_of` this process."""
    return language_of(os.environ)


def short(identifier: bytes) -> str:
    """The first eight hex digits of an identifier, as a person compares them; short values are whole."""
    return identifier.hex() if len(identifier) <= 4 else f"{identifier[:4].hex()}…"


def yuan(cents: int) -> str:
    """An amount as people write it: ¥1,234.50."""
    return f"¥{hundredths(cents)}"


def money(minor: int, currency: str) -> str:
    """An amount of a currency whose unit has a hundred parts: ¥1,234.50, £1,234.50, CHF 1,234.50."""
    sign = _SIGNS.get(currency)
    return f"{sign}{hundredths(minor)}" if sign else f"{currency} {hundredths(minor)}"


def hundredths(minor: int) -> str:
    """An amount of any currency whose unit has a hundred parts, without its sign: 1,234.50."""
    return f"{minor // 100:,}.{minor % 100:02d}"


def _amount(name: str, value: int) -> str | None:
    """What a field counts is told by its name: yuan in `_cents`, another currency's hundredths in `_minor`."""
    return yuan(value) if name.endswith("_cents") else hundredths(value) if name.endswith("_minor") else None


def clock_time(time_ms: int) -> str:
    """A time in this machine's zone, to the second, with its offset: 2026-01-01 08:00:00+08:00."""
    try:
        return datetime.fromtimestamp(time_ms // 1000, UTC).astimezone().isoformat(" ")
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"


@cache
def _own() -> tuple[Mapping[str, Mapping[str, Any]], ...]:
    """Linlian's own words: the file beside this one, and those of rooms that have one."""
    house = Path(__file__).parent
    return tuple(_toml(path) for path in (house / FILE, *sorted(house.glob("*/words*.toml"))))


@cache
def _read(business: str) -> Mapping[str, Mapping[str, Any]]:
    path = Path(__file__).parent / "community" / business / FILE
    return _toml(path) if path.is_file() else {}


def _toml(path: Path) -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _leaves(table: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, str]]]:
    """Entries of a section; fields and values may be grouped (`[values.state.reported]`), the last name counts."""
    for name, entry in table.items():
        if isinstance(entry, dict) and not {"zh", "en"} & {*entry}:
            yield from _leaves(entry)
        else:
            yield name, cast("Mapping[str, str]", entry)


def _owner(code: str) -> str:
    return code.partition(".")[0]
