"""A list of houses onto the ledger: what is not there is registered, what changed is changed.

    Houses(target, side, root).compare(survey)              # says what would be done
    Houses(target, side, root).bring_in(survey, importer)   # and does it

Rules
- Buildings, sections and floors are found by their public numbers; units by the side table, or by their sealed names.
- The units of a list are registered in random order, so that the order does not give their numbers away.
- A place never moves: one that stands on another floor than the list says is a conflict.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from linlian.imports.lists.difference import Difference, Result
from linlian.imports.lists.records import House, Survey, Where
from linlian.imports.lists.side import Entry, Side
from linlian.imports.problems import RowRejected
from linlian.imports.requests import Target
from linlian.imports.running import hand_in, plain_content, refusal
from linlian.imports.signing import Signer
from linlian.imports.survey import Progress
from linlian.kernel.codec import Content
from linlian.kernel.contract import compose

ROUND = 1_000
REGISTER, SEAL, HANDOVER = "places.register_place", "places.seal_details", "places.set_handover"
_LEVELS = ("building", "section", "floor")


class Change(NamedTuple):
    """What is to be done for a house: register it (`place` is empty), or tell what changed."""

    house: House
    place: bytes
    what: tuple[str, ...]


class Houses:
    """The houses of one community and what this machine remembers of them."""

    def __init__(self, target: Target, side: Side, root: bytes):
        """`root` is the community's own place; b"" if there is none yet."""
        self._target = target
        self._ledger = target.ledger
        self._side = side
        remembered = side.get(side.hash("root"))
        self._places = target.rules.tables["places.place"]
        self._numbers = target.rules.tables["places.number"]
        known = remembered is not None and self._places.has(self._ledger, remembered.id)
        self._root = root or (remembered.id if remembered is not None and known else b"")
        self._fresh: dict[tuple[bytes, str, int], bytes] = {}

    @property
    def root(self) -> bytes:
        """The community's own place; b"" as long as there is none."""
        return self._root

    def root_of(self, place: bytes) -> bytes:
        """The outermost place around one; b"" if the ledger has none of it."""
        row = self._places.get(self._ledger, place)
        return b"" if row is None else row.path[0] if row.path else place

    def find(self, key: tuple[str, ...], root: bytes = b"") -> bytes:
        """The place of a door in this community, or in that of `root`; b"" if the ledger has none in use."""
        entry = self._side.get(self._key(key, root))
        row = self._places.get(self._ledger, entry.id) if entry is not None else None
        return entry.id if entry is not None and row is not None and row.status == "in_use" else b""

    def compare(self, survey: Survey[House]) -> Difference:
        """What there would be to do; nothing is written anywhere."""
        found = Difference.of(survey)
        for change in self._changes(survey, found):
            found.add(_result(change), change.house.where, change.what)
        return found

    def bring_in(self, survey: Survey[House], signer: Signer, progress: Progress) -> Difference:
        """Do it. Raises ImportFailed; then the same again continues."""
        found = Difference.of(survey)
        changes = list(self._changes(survey, found))
        todo = []
        for change in changes:
            if _result(change) is Result.UNCHANGED:
                found.add(Result.UNCHANGED, change.house.where)
            else:
                todo.append(change)
        secrets.SystemRandom().shuffle(todo)
        for start in range(0, len(todo), ROUND):
            self._round(todo[start : start + ROUND], signer, found)
            progress(min(start + ROUND, len(todo)), len(todo))
        return found

    def remember(self, doors: Mapping[bytes, tuple[tuple[str, ...], str]]) -> None:
        """Doors and areas by their places, as they were read back from what is sealed."""
        entries = []
        for place, (key, area) in doors.items():
            root = self.root_of(place)
            self._root = self._root or root
            if root and not self.find(key, root):
                told = self._side.hash("area", area) if area else b""
                entries.append((self._key(key, root), Entry(place, told)))
        if self._root:
            entries.append((self._side.hash("root"), Entry(self._root)))
        self._side.put(entries)

    def _changes(self, survey: Survey[House], found: Difference) -> Iterator[Change]:
        for house in survey.records:
            place = self.find(house.door.key)
            if not place:
                yield Change(house, b"", ())
                continue
            row, entry = self._places.get(self._ledger, place), self._side.get(self._key(house.door.key))
            assert row is not None
            assert entry is not None
            if self._stands_elsewhere(house, row.path):
                problem = RowRejected("import.stands_elsewhere", floor=house.door.floor)
                found.add(Result.CONFLICTING, house.where, problem=problem)
                continue
            area = house.area and entry.told != self._side.hash("area", str(house.area))
            handover = house.handover and house.handover != row.handover
            what = tuple(name for name, differs in (("area", area), ("handover", handover)) if differs)
            yield Change(house, place, what)

    def _stands_elsewhere(self, house: House, path: tuple[bytes, ...]) -> bool:
        """Whether the ledger has it in another part of the house. Where floors are left out it stands in a section."""
        at, holders = self._root, [self._root]
        for kind, number in _levels(house):
            row = self._numbers.get(self._ledger, compose(at, kind, str(number)))
            if row is None:
                break
            at = row.place
            holders.append(at)
        return path[-1] not in (holders[1:] or holders)

    def _round(self, changes: list[Change], signer: Signer, found: Difference) -> None:
        time, raws, tags = self._ledger.clock(), list[bytes](), list[Change | str]()
        named = [change for change in changes if not change.place]
        measured = [change for change in changes if change.house.area and (not change.place or "area" in change.what)]
        plain = [change.house.door.name.encode() for change in named]
        plain += [str(change.house.area).encode() for change in measured]
        sealed = self._target.sealer.put_many(plain)
        names = dict(zip((c.house.door for c in named), sealed, strict=False))
        areas = dict(zip((c.house.door for c in measured), sealed[len(named) :], strict=True))
        entries: list[tuple[bytes, Entry]] = []
        for change in changes:
            house = change.house
            if change.place:
                for raw in _tell(change, signer, areas.get(house.door), time):
                    raws.append(raw)
                    tags.append(change)
                continue
            holder = self._make_holders(house, signer, time, raws, tags)
            fields = _fields(house, holder, names[house.door], areas.get(house.door))
            raw, place = signer.founding(REGISTER, fields, time)
            raws.append(raw)
            tags.append(change)
            entries.append((self._key(house.door.key), Entry(place, self._told(house))))
        self._side.put(entries)
        self._settle(raws, tags, found)

    def _make_holders(
        self, house: House, signer: Signer, time: int, raws: list[bytes], tags: list[Change | str]
    ) -> bytes:
        """What holds a unit; whatever of it is not there is registered before it."""
        if not self._root:
            raw, self._root = signer.founding(REGISTER, {"kind": "community"}, time)
            self._side.put([(self._side.hash("root"), Entry(self._root))])
            raws.append(raw)
            tags.append("community")
        at = self._root
        for kind, number in _levels(house):
            known = self._numbers.get(self._ledger, compose(at, kind, str(number)))
            place = known.place if known is not None else self._fresh.get((at, kind, number), b"")
            if not place:
                fields = {"kind": kind, "parent": at, "number": number}
                raw, place = signer.founding(REGISTER, fields, time)
                self._fresh[at, kind, number] = place
                raws.append(raw)
                tags.append(kind)
            at = place
        return at

    def _settle(self, raws: list[bytes], tags: list[Change | str], found: Difference) -> None:
        refused: dict[Where, RowRejected] = {}
        done: dict[Where, Change] = {}
        for tag, answer in zip(tags, hand_in(self._ledger, raws), strict=True):
            no = refusal(answer)
            if isinstance(tag, str):
                found.made[tag] += no is None
                continue
            done[tag.house.where] = tag
            if no is not None:
                refused[tag.house.where] = RowRejected(no.code, **no.facts)
        for where, change in done.items():
            if where in refused:
                found.add(Result.REJECTED, where, problem=refused[where])
                continue
            found.add(_result(change), where, change.what)
            if "area" in change.what:
                self._side.put([(self._key(change.house.door.key), Entry(change.place, self._told(change.house)))])

    def _told(self, house: House) -> bytes:
        return self._side.hash("area", str(house.area)) if house.area else b""

    def _key(self, door: tuple[str, ...], root: bytes = b"") -> bytes:
        return self._side.hash("door", (root or self._root).hex(), *door)


def _result(change: Change) -> Result:
    return Result.NEW if not change.place else Result.CHANGED if change.what else Result.UNCHANGED


def _levels(house: House) -> list[tuple[str, int]]:
    """Kind and number of what holds a unit, from the outside in. A bay stands on the grounds, wherever it is."""
    if house.door.kind == "parking_bay" or not house.door.building:
        return []
    numbers = (house.door.building, house.door.section, house.door.floor)
    return [(kind, number) for kind, number in zip(_LEVELS, numbers, strict=True) if number]


def _fields(house: House, holder: bytes, name: Content, area: Content | None) -> dict[str, Any]:
    fields: dict[str, Any] = {"kind": house.door.kind, "parent": holder, "name": plain_content(name)}
    if area is not None:
        fields["area"] = plain_content(area)
    if house.handover:
        fields["handover"] = house.handover
    return fields


def _tell(change: Change, signer: Signer, area: Content | None, time: int) -> Iterator[bytes]:
    """The commands that tell what changed of a place that is there."""
    if area is not None:
        yield signer.transaction(SEAL, {"place": change.place, "area": plain_content(area)}, time)
    if "handover" in change.what:
        yield signer.transaction(HANDOVER, {"place": change.place, "handover": change.house.handover}, time)
