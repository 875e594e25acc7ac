"""Pages as HTML: Jinja templates, filled from page dataclasses, with the words, times and seals that all of them share.

Rules
- Everything is escaped; what is markup is made by `Markup` here or by a template, never handed in by people.
- No style and no script stands in a page: the Content-Security-Policy lets none run. `data-…` speaks to scripts.
- A business's templates stand in its `templates/` and are found as `<business>/…`, the kit's macros as `kit/…`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from linlian.web.forms import decimals
from linlian.web.seal import SealKind, letters, seal_svg
from linlian.words import Tongue, money, yuan

HERE = Path(__file__).parent
STATIC = HERE / "static"
TEMPLATES = HERE / "templates"
_HEX = re.compile("[0-9a-f]+")
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000


def environment(folders: Mapping[str, Path]) -> Environment:
    """The templates of the web and of each business that has some."""
    loader = ChoiceLoader(
        [
            FileSystemLoader(TEMPLATES),
            PrefixLoader({name: FileSystemLoader(folder) for name, folder in folders.items() if folder.is_dir()}),
        ]
    )
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals.update(asset=asset, seal=seal, letters=letters, SealKind=SealKind)
    made.filters.update(hex=lambda value: value.hex(), behind=behind)
    return made


@cache
def _manifest() -> Mapping[str, str]:
    found: dict[str, str] = json.loads((STATIC / "manifest.json").read_text(encoding="utf-8"))
    return found


def asset(name: str) -> str:
    """The address of a script or style, named by its content."""
    return f"/static/{_manifest()[name]}"


def behind(address: str, cursor: str) -> str:
    """The address of the same list behind a cursor, in place of the one that it was behind."""
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != "after"]
    return f"{parts.path}?{urlencode([*kept, ('after', cursor)])}"


def seal(identifier: bytes, label: str, kind: str = "line") -> Markup:
    """The seal of a record."""
    return Markup(seal_svg(identifier, SealKind(kind), label))


class Told:
    """How a page tells values in the reader's language: `t.label(…)`, `t.when(…)`, `t.left(…)`."""

    def __init__(self, tongue: Tongue, now: int, offset_minutes: int):
        self._tongue = tongue
        self.now = now
        self._zone = timezone(timedelta(minutes=offset_minutes))

    def text(self, name: str, /, **facts: Any) -> str:
        """One of the web's own texts. What a macro made is a text like others and escaped once, with the whole."""
        plain = {key: fact.unescape() if isinstance(fact, Markup) else fact for key, fact in facts.items()}
        return self._tongue.text(name, **plain)

    def pattern(self, name: str) -> str:
        """A text with its gaps, for a script of one page to fill in."""
        return self._tongue.pattern(name)

    def value(self, business: str, value: str) -> str:
        """The label of a choice."""
        return self._tongue.value(business, value)

    def values(self, business: str, values: str | Iterable[str]) -> str:
        """The labels of several choices, or of a text with commas between them, as a language lists them."""
        parts = values.split(",") if isinstance(values, str) else values
        return self.text("list.between").join(self.value(business, part) for part in parts if part)

    def field(self, business: str, name: str) -> str:
        """The label of a field or column."""
        return self._tongue.field(business, name)

    def command(self, name: str) -> str:
        """The label of a command."""
        return self._tongue.command(name)

    def event(self, name: str, fields: Mapping[str, Any]) -> str:
        """The sentence of an event."""
        return self._tongue.event(name, fields, self._show)

    def who(self, identifier: bytes) -> str:
        """A pseudonym as people can say it; nobody is a dash."""
        return letters(identifier) if any(identifier) else "—"

    def when(self, time_ms: int) -> str:
        """A time as a person writes it: today's by the clock, this year's without the year."""
        if time_ms <= 0:
            return "—"
        then, now = self._local(time_ms), self._local(self.now)
        clock = f"{then.hour}:{then.minute:02d}"
        if then.date() == now.date():
            return clock
        day = self.day(time_ms)
        return f"{day} {clock}"

    def clock(self, time_ms: int) -> str:
        """The hour and minute of a time, where its day is known from what stands beside it."""
        then = self._local(time_ms)
        return f"{then.hour}:{then.minute:02d}"

    def money(self, cents: int) -> str:
        """An amount in yuan."""
        return yuan(cents)

    def sum(self, minor: int, currency: str) -> str:
        """An amount of a currency."""
        return money(minor, currency)

    def amount(self, milli: int) -> str:
        """A quantity, without decimals that say nothing."""
        return decimals(milli, 1000).rstrip("0").rstrip(".")

    def dated(self, time_ms: int) -> str:
        """A time with its day, for paper: today is another day tomorrow."""
        then = self._local(time_ms)
        return f"{self.day(time_ms)} {then.hour}:{then.minute:02d}"

    def day(self, time_ms: int) -> str:
        """The day of a time."""
        then, now = self._local(time_ms), self._local(self.now)
        name = "time.day" if then.year == now.year else "time.day_of_year"
        called = self.text("time.months").split()[then.month - 1]
        return self.text(name, year=str(then.year), month=called, day=str(then.day))

    def exact(self, time_ms: int) -> str:
        """A time as machines read it, for `datetime` attributes."""
        return self._local(time_ms).isoformat(timespec="seconds") if time_ms > 0 else ""

    def left(self, due_ms: int) -> str:
        """What is left until a time, or how long it is over."""
        span = due_ms - self.now
        name = "time.left" if span >= 0 else "time.over"
        return self.text(name, span=self.span(abs(span)))

    def ago(self, time_ms: int) -> str:
        """How long ago something was."""
        return self.text("time.ago", span=self.span(max(0, self.now - time_ms)))

    def span(self, span_ms: int) -> str:
        """A length of time in its largest unit, rounded down: 46 hours, 3 days."""
        for unit, name in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
            if span_ms >= (2 * unit if unit == _DAY else unit):
                return self.text(f"time.{name}", count=str(span_ms // unit))
        return self.text("time.moments")

    def _local(self, time_ms: int) -> datetime:
        return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(self._zone)

    def _show(self, _name: str, value: Any) -> str | None:
        if isinstance(value, bytes):
            return self.who(value)
        if isinstance(value, str) and len(value) in (32, 64) and _HEX.fullmatch(value):
            return self.who(bytes.fromhex(value))
        if isinstance(value, int) and not isinstance(value, bool) and value > 10**12:
            return self.when(value)
        return None


def sentences(tongue: Tongue, names: Iterable[str], shared: Iterable[str]) -> dict[str, str]:
    """What scripts say, by the name that they call it; `shared` are texts that pages say too."""
    own = {name: tongue.pattern(f"script.{name}") for name in names}
    return own | {name: tongue.pattern(name) for name in shared}
