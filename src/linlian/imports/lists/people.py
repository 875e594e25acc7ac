"""A list of people onto the ledger: accounts without a key (or with an invitation), occupancies, and a roll to sign.

Rules
- Somebody is known by name and telephone, whatever the home; without a telephone by name within the home.
- Names and telephones stand in the sealed document of a roll, with the account that each has been given. The roll is
  closed with it, and then waits for an independent office to countersign it: until then nobody on it speaks for a home.
- Who is on the ledger is compared with the ledger itself: share, presence and end are changed, another capacity or
  beginning is a conflict, and so is what the company may not change alone because it is countersigned.
- Who is no longer on the list is left as they are: a list that lost a row would move people out.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from linlian.imports.lists.difference import Difference, Result
from linlian.imports.lists.houses import Houses
from linlian.imports.lists.inviting import Invite, addressed
from linlian.imports.lists.records import Person, Survey
from linlian.imports.lists.side import Entry, Side
from linlian.imports.problems import RowRejected
from linlian.imports.requests import Target
from linlian.imports.running import hand_in, plain_content, refusal
from linlian.imports.signing import Importer, Signer
from linlian.imports.survey import Progress
from linlian.kernel.contract import compose

ROLL_ENTRIES = 1_000
"""So many people are on one roll: a list that somebody can still compare with papers in a day."""
_ALL = ("report", "see", "pay", "confirm", "invite")
RIGHTS = {
    "owner": _ALL,
    "co_owner": _ALL,
    "tenant": _ALL,
    "family": _ALL[:4],
    "agent": _ALL[:3],
    "company": _ALL[:4],
}
"""All that a capacity can have; see `places`."""
NOBODY = bytes(16)
_CHINA = timedelta(hours=8)


class Plan(NamedTuple):
    """What is to be done for a person; `account` is b"" for somebody new, `what` what changed."""

    person: Person
    place: bytes
    account: bytes
    is_new: bool
    what: tuple[str, ...] = ()
    instead_of: bytes = b""
    """Whose occupancy this takes over: an account that closed because nobody accepted its invitation."""


class People:
    """The people of one community, and what this machine remembers of them."""

    def __init__(self, target: Target, side: Side, houses: Houses, importer: Importer | None):
        """Without an importer it is only compared, as the property company would be."""
        self._target = target
        self._ledger = target.ledger
        self._side = side
        self._houses = houses
        tables = target.rules.tables
        self._accounts, self._occupancies = tables["identity.account"], tables["places.occupancy"]
        self._rolls = tables["places.roll"]
        self._is_independent = importer is not None and self._independent(importer.account)
        self._importer = importer
        self._invite: Invite | None = None
        self._addressed: frozenset[bytes] = frozenset()

    def compare(self, survey: Survey[Person]) -> Difference:
        """What there would be to do; nothing is written anywhere."""
        found = Difference.of(survey)
        for plan in self._plans(survey, found):
            found.add(_result(plan), plan.person.where, plan.what)
        return found

    def bring_in(self, survey: Survey[Person], progress: Progress, invite: Invite | None) -> Difference:
        """Do it. Raises ImportFailed; then the same again continues."""
        assert self._importer is not None
        found = Difference.of(survey)
        signer = Signer(self._ledger.chain, self._importer)
        plans = list(self._plans(survey, found))
        for plan in plans:
            if _result(plan) is Result.UNCHANGED:
                found.add(Result.UNCHANGED, plan.person.where)
        self._invite = invite
        letters = addressed((plan.person for plan in plans), invite.one_a_home) if invite is not None else frozenset()
        self._addressed = frozenset(self._key_of(plan.person) for plan in plans if plan.person.where in letters)
        todo = [plan for plan in plans if _result(plan) is not Result.UNCHANGED]
        secrets.SystemRandom().shuffle(todo)
        roll, listed = self._left_open(plans)
        for start in range(0, len(todo) or (1 if roll else 0), ROLL_ENTRIES):
            chunk = todo[start : start + ROLL_ENTRIES]
            self._round(chunk, signer, found, (roll, listed if not start else []))
            roll = b""
            progress(min(start + ROLL_ENTRIES, len(todo)), len(todo))
        self._collect_letters(plans, found)
        return found

    def remember(self, document: str) -> None:
        """The lines of a roll's document, read back."""
        entries = []
        for line in map(json.loads, document.splitlines()):
            door, account = tuple(line["key"]), bytes.fromhex(line["account"])
            contact = self._side.hash("contact", line["phone"], line["id_number"])
            root = self._houses.root_of(bytes.fromhex(line["place"])).hex()
            entries.append((self._person_key(root, line["name"], line["phone"], door), Entry(account)))
            entries.append((self._side.hash("occupant", root, *door, line["name"]), Entry(account, contact)))
        self._side.put(entries)

    # What there is to do

    def _plans(self, survey: Survey[Person], found: Difference) -> Iterator[Plan]:
        for person in survey.records:
            try:
                yield self._plan(person)
            except RowRejected as problem:
                known = problem.code in ("import.no_such_home", "import.moved_out_already")
                found.add(Result.REJECTED if known else Result.CONFLICTING, person.where, problem=problem)

    def _plan(self, person: Person) -> Plan:
        place = self._houses.find(person.door.key)
        if not place:
            raise RowRejected("import.no_such_home", value=person.door.name)
        entry = self._side.get(self._occupant_key(person))
        row = self._occupancies.get(self._ledger, compose(place, entry.id)) if entry is not None else None
        until, now = _millis(person.until), self._ledger.clock()
        if entry is None or row is None or (row.ended and not 0 < until <= now) or self._is_closed(entry.id):
            if 0 < until <= now:
                raise RowRejected("import.moved_out_already", until=person.until)
            lapsed = entry.id if entry is not None and row is not None and not row.ended else b""
            return Plan(person, place, self._known_account(person), True, (), lapsed)
        if row.ended:
            return Plan(person, place, entry.id, False)
        what = tuple(self._differences(person, row, entry, until))
        if what != ("contact",) and what and not self._is_independent and self._is_signed(row):
            raise RowRejected("import.countersigned", changed=", ".join(what))
        return Plan(person, place, entry.id, False, what)

    def _differences(self, person: Person, row: Any, entry: Entry, until: int) -> Iterator[str]:
        if row.capacity != person.capacity:
            raise RowRejected("import.capacity_changed", before=str(row.capacity), now=person.capacity)
        if person.starts and _millis(person.starts) != row.starts:
            raise RowRejected("import.start_changed", value=person.starts)
        if until and until != row.until:
            if row.until and until > row.until:
                raise RowRejected("import.stays_longer", value=person.until)
            yield "until"
        if (person.parts, person.whole) != (row.parts, row.whole):
            yield "share"
        if person.absent != row.absent:
            yield "absent"
        if entry.told != self._contact(person):
            yield "contact"

    def _known_account(self, person: Person) -> bytes:
        """The account by which somebody is known from another home; b"" if there is none that is open."""
        entry = self._side.get(self._key_of(person))
        if entry is None or self._is_closed(entry.id) or not self._accounts.has(self._ledger, entry.id):
            return b""
        return entry.id

    # Doing it

    def _round(self, plans: list[Plan], signer: Signer, found: Difference, left: tuple[bytes, list[Plan]]) -> None:
        """At most one roll: opened, filled, closed."""
        time, raws, tags = self._ledger.clock(), list[bytes](), list[Plan | str]()
        roll, listed = left
        if not roll and any(plan.is_new or "contact" in plan.what for plan in plans):
            raw, roll = signer.founding("places.open_roll", {}, time)
            raws.append(raw)
            tags.append("roll")
            self._side.put([(self._side.hash("roll"), Entry(roll))])
        made: dict[bytes, Entry] = {}
        settled = []
        for plan in plans:
            for raw, tag, changed in self._commands(plan, signer, roll, made, time):
                raws.append(raw)
                tags.append(tag)
                plan = changed
            settled.append(plan)
        self._side.put(made.items())
        self._settle(raws, tags, settled, found)
        told = [plan for plan in settled if (plan.is_new or "contact" in plan.what) and self._stands(plan)]
        if roll:
            self._close(roll, [*listed, *told], signer)
            found.rolls.append(roll)

    def _commands(
        self, plan: Plan, signer: Signer, roll: bytes, made: dict[bytes, Entry], time: int
    ) -> Iterator[tuple[bytes, Plan | str, Plan]]:
        """Each command, whose it is, and the plan with its account."""
        person = plan.person
        if plan.is_new:
            key = self._key_of(person)
            account = plan.account or (made[key].id if key in made else b"")
            if not account:
                raw, account = self._open_account(signer, time, key in self._addressed)
                made[key] = Entry(account)
                yield raw, "account", plan
            if plan.instead_of:
                lapsed = {"place": plan.place, "account": plan.instead_of}
                yield signer.transaction("places.end_occupancy", lapsed, time), plan, plan
            plan = plan._replace(account=account)
            made[self._occupant_key(person)] = Entry(account, self._contact(person))
            yield signer.transaction("places.grant_occupancy", _grant(plan, roll), time), plan, plan
            return
        about: dict[str, Any] = {"place": plan.place, "account": plan.account}
        if "share" in plan.what:
            share = {name: value for name, value in (("parts", person.parts), ("whole", person.whole)) if value}
            yield signer.transaction("places.change_share", about | share, time), plan, plan
        if "absent" in plan.what:
            presence = about | {"absent": person.absent}
            yield signer.transaction("places.change_presence", presence, time), plan, plan
        if "until" in plan.what:
            leaving = about | {"until": _millis(person.until)}
            yield signer.transaction("places.end_occupancy", leaving, time), plan, plan

    def _open_account(self, signer: Signer, time: int, is_invited: bool) -> tuple[bytes, bytes]:
        """An account without a key, or one that waits for its invitation to be accepted."""
        if self._invite is None or not is_invited:
            return signer.founding("identity.register_resident", {}, time)
        public_key, remembered = self._invite.fresh()
        fields = {"suite": "ed25519", "public_key": public_key}
        raw, account = signer.founding("identity.invite_resident", fields, time)
        self._side.keep_letters([(account, remembered)])
        return raw, account

    def _settle(self, raws: list[bytes], tags: list[Plan | str], plans: list[Plan], found: Difference) -> None:
        refused: dict[Any, RowRejected] = {}
        for tag, answer in zip(tags, hand_in(self._ledger, raws), strict=True):
            no = refusal(answer)
            if isinstance(tag, str):
                found.made[tag] += no is None
            elif no is not None:
                refused.setdefault(tag.person.where, RowRejected(no.code, **no.facts))
        for plan in plans:
            where = plan.person.where
            if where in refused:
                found.add(Result.REJECTED, where, problem=refused[where])
                continue
            found.add(_result(plan), where, plan.what)

    def _stands(self, plan: Plan) -> bool:
        """Whether the ledger has somebody where the plan puts them."""
        return self._occupancies.has(self._ledger, compose(plan.place, plan.account))

    def _left_open(self, plans: list[Plan]) -> tuple[bytes, list[Plan]]:
        """The roll that an interrupted import left open, and who stands on it already."""
        entry = self._side.get(self._side.hash("roll"))
        row = self._rolls.get(self._ledger, entry.id) if entry is not None else None
        if entry is None or row is None or row.closed:
            return b"", []
        return entry.id, [plan for plan in plans if self._on(plan, entry.id)]

    def _on(self, plan: Plan, roll: bytes) -> bool:
        row = self._occupancies.get(self._ledger, compose(plan.place, plan.account)) if plan.account else None
        return row is not None and row.roll == roll and not plan.is_new

    def _close(self, roll: bytes, plans: list[Plan], signer: Signer) -> None:
        """Seal the document, and close the roll with it."""
        lines = sorted(json.dumps(_line(plan), ensure_ascii=False, sort_keys=True) for plan in plans)
        (document,) = self._target.sealer.put_many(["\n".join(lines).encode()])
        fields = {"roll": roll, "document": plain_content(document)}
        self._side.put([(self._side.hash("roll", roll.hex()), Entry(roll))])
        (answer,) = hand_in(self._ledger, [signer.transaction("places.close_roll", fields, self._ledger.clock())])
        no = refusal(answer)
        assert no is None, f"a roll of this import is open: {no}"
        contacts = (
            (self._occupant_key(plan.person), Entry(plan.account, self._contact(plan.person))) for plan in plans
        )
        self._side.put(contacts)

    def _collect_letters(self, plans: list[Plan], found: Difference) -> None:
        """Whose invitation is open and not written yet; somebody with two homes has one letter."""
        seen: set[bytes] = set()
        for plan in plans:
            entry = self._side.get(self._occupant_key(plan.person))
            remembered = self._side.letter(entry.id) if entry is not None else b""
            if entry is None or not remembered or entry.id in seen:
                continue
            seen.add(entry.id)
            account = self._accounts.get(self._ledger, entry.id)
            if account is not None and account.status == "invited":
                found.letters.append((plan.person.door.name, plan.person.name, entry.id, remembered))

    # What is known

    def _is_closed(self, account: bytes) -> bool:
        row = self._accounts.get(self._ledger, account)
        return row is not None and row.status == "closed"

    def _is_signed(self, row: Any) -> bool:
        roll = self._rolls.get(self._ledger, row.roll) if row.roll != NOBODY else None
        return bool(row.signed_at or (roll is not None and roll.signed_at))

    def _independent(self, account: bytes) -> bool:
        """Whether the importer is of an office that does not serve the households."""
        tables = self._target.rules.tables
        member = tables["identity.member"].get(self._ledger, account)
        office = tables["identity.organisation"].get(self._ledger, member.organisation) if member is not None else None
        return office is not None and office.kind in ("government", "owners_committee")

    def _person_key(self, root: str, name: str, phone: str, door: tuple[str, ...]) -> bytes:
        if phone:
            return self._side.hash("person", root, name, phone)
        return self._side.hash("person at", root, name, *door)

    def _key_of(self, person: Person) -> bytes:
        return self._person_key(self._houses.root.hex(), person.name, person.phone, person.door.key)

    def _occupant_key(self, person: Person) -> bytes:
        return self._side.hash("occupant", self._houses.root.hex(), *person.door.key, person.name)

    def _contact(self, person: Person) -> bytes:
        return self._side.hash("contact", person.phone, person.id_number)


def _result(plan: Plan) -> Result:
    return Result.NEW if plan.is_new else Result.CHANGED if plan.what else Result.UNCHANGED


def _grant(plan: Plan, roll: bytes) -> dict[str, Any]:
    """The fields of the command; what is empty is left out."""
    person = plan.person
    fields: dict[str, Any] = {
        "place": plan.place,
        "account": plan.account,
        "capacity": str(person.capacity),
        "rights": list(RIGHTS[person.capacity]),
        "roll": roll,
    }
    more = {
        "starts": _millis(person.starts),
        "until": _millis(person.until),
        "absent": person.absent,
        "parts": person.parts,
        "whole": person.whole,
    }
    return fields | {name: value for name, value in more.items() if value}


def _line(plan: Plan) -> dict[str, Any]:
    """What the document of a roll says of a person."""
    person = plan.person
    return {
        "account": plan.account.hex(),
        "place": plan.place.hex(),
        "key": list(person.door.key),
        "door": person.door.name,
        "name": person.name,
        "phone": person.phone,
        "id_number": person.id_number,
        "capacity": person.capacity,
        "share": f"{person.parts}/{person.whole}" if person.whole else "",
        "starts": person.starts,
        "until": person.until,
    }


def _millis(day: int) -> int:
    """The millisecond at which a day begins in China; 0 for no day."""
    if not day:
        return 0
    begins = datetime(day // 1_00_00, day // 1_00 % 1_00, day % 1_00, tzinfo=UTC) - _CHINA
    return max(1, int(begins.timestamp()) * 1000)
