"""Pages for people: a path, one documented dataclass, a template. HTML and JSON come from the same value.

    pages = Pages("repairs")

    @dataclass(frozen=True)
    class RepairPage(Page):
        '''One repair as its reader may see it.'''

        case: RequestRow
        steps: list[StepRow]

    @pages.page("/repairs/{case}")                        # templates/repair.html of this business
    def repair(ask: Ask, case: Id) -> RepairPage:
        return RepairPage(ask.one(request, case_id=case), ask.rows(timeline, case_id=case))

    pages.way("/repairs/mine", "mine", Place.FOUR, lambda reader: reader.account != b"")

A business that stands on another adds its own to the pages of that one, which knows nothing of it:

    @dataclass(frozen=True)
    class QuotePart(Part):
        '''What the repair shall cost.'''

    @pages.part(RepairPage)                               # templates/price.html of this business
    def price(ask: Ask, page: RepairPage) -> QuotePart | None:
        ...

Rules
- A page shows what queries show to its reader; it has no right of its own and holds no rule.
- What stands in the path and behind the `?` is read by the function's annotations, as commands and queries are.
- `Accept: application/json` gets the dataclass; everybody else the template, filled from the very same.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

from linlian.readmodel.audience import Reader
from linlian.web.operation import Parameter
from linlian.web.wire import from_text

F = TypeVar("F", bound=Callable[..., "Page"])
P = TypeVar("P", bound=Callable[..., "Part | None"])


ANY = b"*"
"""Stands for every subject in `Page.live`."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a page says. `live` names the subjects at whose events it is fetched anew; ANY stands for all.

    `live_types` names types of events instead, as a stream has them (`transfers.`): everybody hears that one came.
    """

    live: tuple[bytes, ...] = ()
    live_types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FirstPage(Page):
    """Where people arrive. Any business may add to it what waits for them, whether or not it stands on whose it is."""


class Where(StrEnum):
    """Where a part stands on its page: above all else, for it waits for the reader; beside; in what is told."""

    ASKS = "asks"
    BESIDE = "beside"
    TOLD = "told"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one business adds to a page of another."""

    where: Where = Where.BESIDE


class Place(StrEnum):
    """Where a way stands: in the bar on top, in the rail of staff, among the four at the bottom of a phone."""

    TOP = "top"
    RAIL = "rail"
    FOUR = "four"


@dataclass(frozen=True, slots=True)
class Way:
    """A link that stands on every page for those it is for. Its label is the text `name` of the business, if that has a
    dot (`parking.way`), else Linlian's own `way.<name>`."""

    path: str
    name: str
    place: Place
    is_for: Callable[[Reader], bool]
    rank: int = 50

    @property
    def label(self) -> str:
        return self.name if "." in self.name else f"way.{self.name}"


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page as the site serves it."""

    name: str
    path: str
    template: str
    kind: type[Page]
    function: Callable[..., Page]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class PartSpec:
    """A part as the site puts it on a kind of page; the smaller rank stands first."""

    name: str
    of: type[Page]
    template: str
    function: Callable[..., Part | None]
    rank: int

    @property
    def business(self) -> str:
        return self.name.partition(".")[0]


class Pages:
    """The pages of one business, or of the web itself."""

    def __init__(self, business: str):
        self.business = business
        self.pages: dict[str, PageSpec] = {}
        self.parts: list[PartSpec] = []
        self.ways: list[Way] = []
        self.constants: dict[str, Any] = {}
        """What every template of these pages may use by name."""

    def page(self, path: str, template: str = "") -> Callable[[F], F]:
        """Declare a page under the function's name. Raises TypeError where the signature does not say enough."""

        def declare(function: F) -> F:
            hints = get_type_hints(function, include_extras=True)
            kind = hints.pop("return", None)
            if not (isinstance(kind, type) and issubclass(kind, Page) and kind.__doc__):
                raise TypeError(f"{function.__name__} gives a Page, a dataclass that says what it is")
            taken = list(inspect.signature(function).parameters.values())[1:]
            parameters = tuple(_parameter(part, hints[part.name], path) for part in taken)
            name = f"{self.business}.{function.__name__}"
            file = f"{self.business}/{template or function.__name__}.html"
            self.pages[name] = PageSpec(name, path, file, kind, function, parameters)
            return function

        return declare

    def part(self, of: type[Page], rank: int = 50) -> Callable[[P], P]:
        """Declare a part of the pages of a kind. Where its function gives None, nothing is added."""

        def declare(function: P) -> P:
            name = f"{self.business}.{function.__name__}"
            self.parts.append(PartSpec(name, of, f"{self.business}/{function.__name__}.html", function, rank))
            return function

        return declare

    def way(self, path: str, name: str, place: Place, is_for: Callable[[Reader], bool], rank: int = 50) -> None:
        """Put a link on every page; the smaller rank stands first."""
        self.ways.append(Way(path, name, place, is_for, rank))


def _parameter(part: inspect.Parameter, annotation: Any, path: str) -> Parameter:
    in_path = f"{{{part.name}}}" in path
    default = None if part.default is part.empty else part.default
    must = part.default is part.empty
    return Parameter(part.name, "path" if in_path else "query", annotation, default, must=must)


def values_of(spec: PageSpec, path: dict[str, str], asked: dict[str, str]) -> dict[str, Any]:
    """The page's parameters from the address. What it does not know it passes over: addresses of people get longer on
    the way. An empty one is absent, as a form's filter sends it. Raises WebError (`web.wrong_value`)."""
    values = {}
    for part in spec.parameters:
        text = path.get(part.name) if part.place == "path" else asked.get(part.name) or None
        values[part.name] = part.default if text is None else from_text(part.annotation, text, part.name)
    return values


def plain(value: Any) -> Any:
    """A page, or anything in it, as JSON has it: dataclasses and named rows become objects."""
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    return value
