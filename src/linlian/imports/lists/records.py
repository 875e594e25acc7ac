"""The rows of a list as houses or people: what each says, or why it stays out.

Rules
- A row without a door of its own is no house, one without a name no person: with a word of adding up, or next to
  nothing in it, it is passed over and counted; with more it is refused.
- Building, section and floor that are left empty are those of the row above; so is a person's door.
- The same door, or the same name behind one door, twice: the second is refused, and told whether it says the same.
- Shares of one home that come to more than the whole are a conflict of all who are said to own it then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Generic, NamedTuple, TypeVar

from linlian.imports.lists.cells import area_of, day_of, identity_of, name_of, phone_of, share_of, text_of
from linlian.imports.lists.doors import Door
from linlian.imports.lists.layout import Capacity, Layout, Table, capacity_of, is_total, lives_there
from linlian.imports.lists.sheets import Cell, Line
from linlian.imports.problems import RowRejected

NAME_CHARS_MAX = 60
NOTE_CELLS_MAX = 2
FOREVER = 9999_12_31
OWNERS = ("owner", "co_owner")
_CARRIED = ("building", "section", "floor")


class Where(NamedTuple):
    """`sheet` is "" in a CSV; `line` counts from 1."""

    sheet: str
    line: int


class House(NamedTuple):
    """`area` in hundredths of a square metre, `handover` a day; 0 is not said."""

    where: Where
    door: Door
    area: int
    handover: int


class Person(NamedTuple):
    """`starts` and `until` are days, 0 not said; `parts` of `whole` a share, 0 of 0 jointly."""

    where: Where
    door: Door
    name: str
    phone: str
    id_number: str
    capacity: Capacity
    parts: int
    whole: int
    starts: int
    until: int
    absent: bool


R = TypeVar("R", House, Person)


class Rejected(NamedTuple):
    where: Where
    problem: RowRejected


@dataclass
class Survey(Generic[R]):
    """All of a list. `passed_over` counts titles, totals, notes and repeated headings."""

    records: list[R] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    conflicting: list[Rejected] = field(default_factory=list)
    passed_over: int = 0


class _Row:
    """A row's cells by our names for their columns."""

    def __init__(self, table: Table, row: Line):
        self._columns, self._row = table.columns, row

    def cell(self, name: str) -> Cell:
        place = self._columns.get(name, -1)
        return self._row.cells[place] if 0 <= place < len(self._row.cells) else ""

    def said(self, name: str) -> str:
        return text_of(self.cell(name))

    def own(self, name: str) -> bool:
        """Whether the cell has something that was not carried into it."""
        place = self._columns.get(name, -1)
        return 0 <= place < len(self._row.cells) and self._row.own[place] and bool(self.said(name))

    @property
    def filled(self) -> list[str]:
        return [
            text_of(cell) for cell, own in zip(self._row.cells, self._row.own, strict=True) if own and text_of(cell)
        ]


def survey_houses(tables: list[Table], layout: Layout) -> Survey[House]:
    """All houses of a list."""
    found: Survey[House] = Survey()
    seen: dict[tuple[str, ...], House] = {}

    def house(where: Where, row: _Row, door: Door) -> House:
        made = House(where, door, area_of(row.cell("area")), day_of(row.cell("handover"), "handover"))
        return _once(seen, door.key, made)

    _survey(tables, layout, found, "door", house)
    return found


def survey_people(tables: list[Table], layout: Layout) -> Survey[Person]:
    """All people of a list."""
    found: Survey[Person] = Survey()
    seen: dict[tuple[str, ...], Person] = {}

    def person(where: Where, row: _Row, door: Door) -> Person:
        made = _person(where, row, door, layout)
        return _once(seen, (*door.key, made.name), made)

    _survey(tables, layout, found, "name", person)
    _check_shares(found)
    return found


def _survey(
    tables: list[Table], layout: Layout, found: Survey[R], key: str, make: Callable[[Where, _Row, Door], R]
) -> None:
    for table in tables:
        carried: dict[str, str] = {}
        for line in table.rows:
            row, where = _Row(table, line), Where(table.sheet, line.line)
            if not _is_data(row, key):
                found.passed_over += not line.is_blank()
                continue
            try:
                door = Door.of(_door_columns(row, table, carried), layout.buildings)
                found.records.append(make(where, row, door if layout.floors else door._replace(floor=0)))
            except RowRejected as problem:
                found.rejected.append(Rejected(where, problem))


def _is_data(row: _Row, key: str) -> bool:
    """Whether a row means to be a record: it has its key, or so much else that leaving it out must be said."""
    filled = row.filled
    if not filled or is_total(filled[0]):
        return False
    return row.own(key) or len(filled) > NOTE_CELLS_MAX


def _door_columns(row: _Row, table: Table, carried: dict[str, str]) -> dict[str, str]:
    """The columns that say which door, with what is left empty taken from the row above."""
    for place, name in enumerate(_CARRIED):
        text = row.said(name)
        if text and text != carried.get(name):
            for inner in (*_CARRIED[place + 1 :], "door"):
                carried.pop(inner, None)
        if text:
            carried[name] = text
    door = row.said("door")
    if door:
        carried["door"] = door
    elif "name" in table.columns:
        door = carried.get("door", "")
    columns = {name: carried.get(name, "") for name in _CARRIED} | {"door": door, "kind": row.said("kind")}
    if "building" not in table.columns and table.sheet.endswith(("号楼", "幢", "栋", "座")):
        columns["building"] = table.sheet if not door or not any(mark in door for mark in "幢栋座楼#-") else ""
    return columns


def _person(where: Where, row: _Row, door: Door, layout: Layout) -> Person:
    name = name_of(row.cell("name"))
    if not name or len(name) > NAME_CHARS_MAX:
        raise RowRejected("import.name_unreadable", value=name[:NAME_CHARS_MAX])
    told = row.said("capacity")
    capacity = capacity_of(told, layout) if told else None
    if capacity is None:
        raise RowRejected("import.capacity_unknown", value=told)
    parts, whole = share_of(row.cell("share"))
    if whole and capacity not in OWNERS:
        raise RowRejected("import.share_is_an_owners", value=row.said("share"))
    starts, until = day_of(row.cell("starts"), "starts"), day_of(row.cell("until"), "until")
    if starts and until and until < starts:
        raise RowRejected("import.out_before_in", starts=starts, until=until)
    here = lives_there(row.said("absent"))
    if here is None:
        raise RowRejected("import.presence_unknown", value=row.said("absent"))
    phone, id_number = phone_of(row.cell("phone")), identity_of(row.cell("id_number"))
    absent = not here and capacity in (*OWNERS, "agent")
    return Person(where, door, name, phone, id_number, capacity, parts, whole, starts, until, absent)


def _once(seen: dict[tuple[str, ...], R], key: tuple[str, ...], record: R) -> R:
    """The record, if its key has not been before. RowRejected: `repeated_in_list`, `differs_from_line`."""
    before = seen.setdefault(key, record)
    if before is record:
        return record
    at = f"{before.where.sheet}:{before.where.line}".lstrip(":")
    same = before._replace(where=record.where) == record
    raise RowRejected("import.repeated_in_list" if same else "import.differs_from_line", first=at)


def _check_shares(found: Survey[Person]) -> None:
    """Take out the owners of each home whose shares come to more than the whole at some time."""
    homes: dict[tuple[str, ...], list[Person]] = {}
    for person in found.records:
        if person.capacity in OWNERS:
            homes.setdefault(person.door.key, []).append(person)
    wrong: set[Where] = set()
    for owners in homes.values():
        for together, total in _sums(owners):
            jointly = any(not owner.whole for owner in together)
            if total > 1 or (total == 1 and jointly):
                lines = ", ".join(str(owner.where.line) for owner in together)
                fresh = [owner for owner in together if owner.where not in wrong]
                facts = {"lines": lines, "total": str(total), "excess": str(max(total - 1, Fraction(0)))}
                problem = RowRejected("import.shares_above_whole", **facts)
                found.conflicting += [Rejected(owner.where, problem) for owner in fresh]
                wrong |= {owner.where for owner in fresh}
    found.records = [person for person in found.records if person.where not in wrong]


def _sums(owners: list[Person]) -> Iterator[tuple[list[Person], Fraction]]:
    """Who owns together from the day on which one of them begins, and what their shares come to."""
    for day in dict.fromkeys(owner.starts for owner in owners):
        together = [one for one in owners if one.starts <= day < (one.until or FOREVER)]
        yield together, sum((Fraction(one.parts, one.whole or 1) for one in together), Fraction(0))
