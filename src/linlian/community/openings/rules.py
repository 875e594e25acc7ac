"""Openings: whoever looks into sealed content says so first, and it stands on the record before a byte is served.

Rules
- Opening is a command. The vault serves a content only to the reader whom a committed opening names, a moment later,
  once; a second look is a second opening.
- Who may open what is one table (`rules_table`). What a content is of is not what the reader says but what the ledger
  knows (`kernel.content`): the case, place or person of the event that first named it.
- It is asked of now: a repairer whose case was given to another, a desk whose case is closed, a tenant who moved out
  have no part in it any more. One's own reports stay one's own, and a successor has no part in what was before them.
- The person concerned sees every opening and every refusal: both name them, the case and the reader as subjects.
- All openings of one reader, in one standing, of one matter, are under one *grant*; with the next assignment, or
  after a reopening, another begins.

    open_content(contents=(words, photo), purpose=REPAIR)            a case's own
    open_content(contents=(door number,), purpose=REPAIR, case=…)    a home's, for a repair there
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from linlian.community import (
    answers,
    appointments,
    council,
    delegations,
    equipment,
    funds,
    grants,
    handovers,
    hotline,
    identity,
    joint_reports,
    outages,
    places,
    programmes,
    quotes,
    ratings,
    repairs,
    staff,
    supervision,
    transfers,
)
from linlian.community.identity import NOBODY, AccountId, Basis
from linlian.community.openings.rules_table import HOME, TABLE, Line, Matter, Purpose, ReadAs
from linlian.community.places import PlaceId
from linlian.community.repairs import Case, CaseId
from linlian.kernel.contents import BoundContent, binding, bound_content, content_fields, contents_of
from linlian.kernel.contract import (
    Command,
    Context,
    Contract,
    Count,
    Event,
    Hash,
    Id,
    Label,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    compose,
    replace,
)

CONTENTS_MAX = 9
"""Words and eight photos."""
CONCERNED_MAX = 8
OVER = ("merged", "closed", "cancelled")
"""The states of a case in which nobody works on it."""

contract = Contract(
    "openings",
    needs=(
        *(identity.contract, delegations.contract, council.contract, staff.contract),
        *(places.contract, equipment.contract, repairs.contract, handovers.contract, answers.contract),
        *(joint_reports.contract, outages.contract, quotes.contract, appointments.contract),
        *(supervision.contract, ratings.contract, hotline.contract),
        *(funds.contract, programmes.contract, transfers.contract, grants.contract),
    ),
)
"""It needs whoever seals something: what there is of a case is listed from the events of them all."""

Commitments = Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=CONTENTS_MAX)]


class Grant(Row):
    """Keyed by matter and reader: the present or last one. `began` is when the case was (re)opened, `executor` whose
    it was: with either, the assignment has changed."""

    grant: Id
    standing: ReadAs
    began: Millis
    executor: Id
    since: Millis
    openings: Count


granted = contract.table("grant", Grant)


class OpenContent(Command):
    """All of one matter. `case` says for which repair, where they are not a case's own; `authority` which order."""

    contents: Commitments
    purpose: Purpose
    case: CaseId | None = None
    authority: Label = ""


@contract.event
class ContentOpened(Event):
    """`concerned` are the people whose it is. A home is a subject only where it was not opened for a repair: whoever
    lives there next has no part in that."""

    grant: Id
    reader: AccountId
    standing: ReadAs
    basis: Basis
    purpose: Purpose
    contents: Commitments
    fields: Annotated[tuple[Label, ...], Meta(max_length=CONTENTS_MAX)]
    matter: Matter
    case: CaseId | None = None
    place: PlaceId | None = None
    concerned: Annotated[tuple[AccountId, ...], Meta(max_length=CONCERNED_MAX)] = ()
    authority: Label = ""


class File(NamedTuple):
    """What is to be opened: the matter that the contents are of, and whatever it is known by."""

    matter: Matter
    identifier: bytes
    contents: tuple[BoundContent, ...]
    case: Case | None = None
    case_id: bytes | None = None
    place: bytes | None = None
    concerned: tuple[bytes, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(content.field for content in self.contents)

    def about(self, reader: bytes) -> tuple[bytes, ...]:
        """Whose history keeps an opening, or its refusal."""
        named = (reader, self.case_id, self.place if self.matter is Matter.PLACE else None, *self.concerned)
        return tuple(dict.fromkeys(subject for subject in named if subject is not None))


def find_file(ctx: Context, cmd: OpenContent) -> File:
    """Refused: `openings.unknown_content`, `openings.several_matters`, `openings.unknown_case`."""
    bounds = []
    for commitment in dict.fromkeys(cmd.contents):
        bound = bound_content(ctx, commitment)
        if bound is None:
            raise Refused("openings.unknown_content", about=(ctx.signer,))
        bounds.append(bound)
    files = [_file_of(ctx, bound, cmd.case) for bound in bounds]
    first = files[0]
    if any((file.matter, file.identifier) != (first.matter, first.identifier) for file in files):
        raise Refused("openings.several_matters", about=(ctx.signer,))
    people = tuple(dict.fromkeys(account for file in files for account in file.concerned))
    return first._replace(contents=tuple(bounds), concerned=people[:CONCERNED_MAX])


def _file_of(ctx: Context, bound: BoundContent, for_case: bytes | None) -> File:
    """The matter of one content: a case before a place before people, as its event names them."""
    case_id, place = bound.named("case"), bound.named("place")
    author = () if identity.member(ctx, bound.signer) is not None else (bound.signer,)
    if case_id is not None:
        case = repairs.case(ctx, case_id)
        assert case is not None, "content of a case was named by its event"
        return File(Matter.CASE, case_id, (bound,), case, case_id, case.place, _reporter(case, *author))
    asked = None if for_case is None else repairs.case(ctx, for_case)
    if for_case is not None and asked is None:
        raise Refused("openings.unknown_case", about=(ctx.signer,))
    people = _accounts(bound)
    fund = _fund_of(ctx, bound)
    if fund is not None:
        return File(Matter.FUND, fund, (bound,), concerned=people)
    if place is not None and bound.field in HOME and not people:
        if asked is not None and _stands_at(ctx, asked, place):
            return File(Matter.ADDRESS, place, (bound,), asked, for_case, place, _reporter(asked))
        return File(Matter.PLACE, place, (bound,), place=place)
    if place is not None or bound.event.partition(".")[0] == places.contract.name:
        return File(Matter.REGISTER, compose(*people, place or b""), (bound,), concerned=people)
    if asked is not None and people == (asked.executor,):
        return File(Matter.STAFF, asked.executor, (bound,), asked, for_case, concerned=people)
    for matter, name in ((Matter.PUBLICATION, "publication"), (Matter.ORGANISATION, "organisation")):
        identifier = bound.named(name)
        if identifier is not None and (matter is Matter.PUBLICATION or not people):
            return File(matter, identifier, (bound,))
    return File(Matter.PEOPLE, compose(*people), (bound,), concerned=people)


def _reporter(case: Case, *others: bytes) -> tuple[bytes, ...]:
    found = dict.fromkeys((case.reporter, *others))
    return tuple(account for account in found if account != NOBODY)


def _accounts(bound: BoundContent) -> tuple[bytes, ...]:
    """Whom an event's content is about: the accounts under these names."""
    names = ("account", "principal", "delegate", "donor")
    found = [subject for role, subject in zip(bound.roles, bound.subjects, strict=True) if role in names]
    return tuple(dict.fromkeys(found))[:CONCERNED_MAX]


def _fund_of(reader: Reader, bound: BoundContent) -> bytes | None:
    """The fund that a content is of: its event names that, or a programme, a cycle or a hop of it."""
    if bound.event.partition(".")[0] not in (funds.contract.name, programmes.contract.name, transfers.contract.name):
        return None
    programme, cycle, hop = (bound.named(name) for name in ("programme", "cycle", "hop"))
    if hop is not None:
        return transfers.require_hop(reader, hop).fund
    if cycle is not None:
        return programmes.require_cycle(reader, cycle).fund
    return bound.named("fund") if programme is None else programmes.require_programme(reader, programme).fund


def _stands_at(reader: Reader, case: Case, place: bytes) -> bool:
    """Whether a place is that of a case, or holds it: stairway and house are part of the address."""
    found = places.place(reader, case.place)
    return found is not None and place in (case.place, *found.path)


def grant_for(ctx: Context, file: File, line: Line) -> bytes:
    """The grant that this opening is under: the reader's present one, or a new one."""
    executor, began = (NOBODY, 0) if file.case is None else (file.case.executor, file.case.opened_at)
    key = compose(file.matter.value, file.identifier, file.case_id or b"", ctx.signer)
    found = granted.get(ctx, key)
    if found is None or (found.standing, found.began, found.executor) != (line.by, began, executor):
        found = Grant(ctx.new_id(), line.by, began, executor, ctx.time, 0)
    granted.put(ctx, key, replace(found, openings=found.openings + 1))
    return found.grant


def lines_of(matter: Matter) -> tuple[Line, ...]:
    """The lines of the table that speak of a matter."""
    return tuple(line for line in TABLE if line.of is matter)


def names_content(kind: type[Event]) -> bool:
    """Whether events of this type have sealed content."""
    return bool(content_fields(kind))


def bindings(name: str, event: Event, signer: bytes) -> list[tuple[bytes, BoundContent]]:
    """(commitment, what it belongs to) of each content of an event, as the ledger binds those that it names first."""
    found = contents_of(event)
    return [(content.commitment, binding(name, field, content, event, signer)) for field, content in found]
