"""Pages about looking: who looked at what is mine, what a repair has under seal, and a content while it is open.

Nothing sealed is in any of these pages. A page names commitments; a script fetches what they stand for once the reader
has signed that they look, and why. Fetching it again is refused: a second look is a second opening, and is seen as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from linlian.community.openings import views
from linlian.community.openings.rules import OpenContent
from linlian.community.openings.rules_table import TABLE, Matter, Purpose
from linlian.community.openings.views import OpeningRow, SealedRow
from linlian.community.places import views as places_views
from linlian.community.repairs.pages import RepairPage
from linlian.community.staff import views as staff_views
from linlian.kernel.codec import Hash, Id
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import Page, Pages, Part, Where

pages = Pages("openings")
OPENED = "openings.content_opened"
HOMES_SHOWN, LOOKS_SHOWN = 5, 20
FIRST = ("words", "photos", "proofs")
"""What is shown first of a repair; the rest in the order in which it came."""


@dataclass(frozen=True)
class Home:
    """Who looked at the name and the papers of a home since its reader moved in."""

    place: bytes
    looks: list[OpeningRow]


@dataclass(frozen=True)
class LooksPage(Page):
    """Who has looked at what is about the reader: each opening and each refusal, the latest first."""

    looks: list[OpeningRow]
    next: str
    opened: int
    refused: int
    homes: list[Home]


@dataclass(frozen=True)
class Sealed:
    """What is sealed of one matter. `form` opens what is ticked; None where the rules let the reader open nothing."""

    matter: str
    contents: list[SealedRow]
    form: Form | None


@dataclass(frozen=True)
class SealedPage(Page):
    """What a repair has under seal, masked, and for what its reader may open it; beneath, who looked before."""

    case_id: bytes
    matters: list[Sealed]
    looks: list[OpeningRow]


@dataclass(frozen=True, kw_only=True)
class SealedCardPart(Part):
    """Name and photograph on the card of whoever comes: under seal, and the way to look at them."""

    form: Form
    photo: bool


@dataclass(frozen=True)
class OnePage(Page):
    """One content under seal, by its commitment; `form` is None where the rules let the reader not open it."""

    commitment: bytes
    form: Form | None


@dataclass(frozen=True)
class OpeningPage(Page):
    """What the reader has just opened. `contents` are field and commitment; the bytes come to this browser once."""

    reading: bytes
    purpose: str
    standing: str
    time: int
    contents: list[tuple[str, bytes]]
    case_id: bytes


@pages.page("/me/looks")
def looks(ask: Ask) -> LooksPage:
    me = ask.reader.account
    if not me:
        raise WebError("web.sign_in")
    found = ask.page(views.openings_of_person, ask.after, account=me, limit=50)
    homes = [
        Home(stay.place, ask.rows(views.openings_of_place, place=stay.place, since=stay.starts, limit=LOOKS_SHOWN))
        for stay in ask.rows(places_views.places_of, account=me, limit=HOMES_SHOWN)
        if ask.sees(views.openings_of_place, place=stay.place, since=stay.starts)  # not all have the right to see
    ]
    refused = sum(bool(row.code) for row in found.rows)
    return LooksPage(found.rows, found.next, len(found.rows) - refused, refused, homes, live=(me,))


@pages.page("/repairs/{case}/sealed")
def sealed(ask: Ask, case: Id) -> SealedPage:
    """Forms for what the rules would let the reader open now: trying it leaves no trace, opening it does."""
    rows = ask.rows(views.sealed_for_case, case_id=case, limit=100)
    by_matter = groupby(sorted(rows, key=_order), key=lambda row: row.matter)
    matters = [_sealed(ask, Matter(matter), list(contents), case) for matter, contents in by_matter]
    seen = ask.rows(views.openings_of_case, case_id=case, limit=20)
    return SealedPage(case, matters, seen, live=(case,))


@pages.page("/openings/{reading}")
def opening(ask: Ask, reading: Hash) -> OpeningPage:
    """For whoever signed it, and nobody else."""
    if not ask.reader.account:
        raise WebError("web.sign_in")
    final = ask.house.ledger.find(reading)
    told = [] if final is None or final.outcome != "accepted" else [e for e in final.entries() if e[0] == OPENED]
    own = next((fields for _, _, fields in told if fields["reader"] == ask.reader.account), None)
    if final is None or own is None:
        raise WebError("web.nothing_there")
    contents = list(zip(own["fields"], own["contents"], strict=True))
    return OpeningPage(reading, own["purpose"], own["standing"], final.time, contents, own.get("case") or b"")


@pages.page("/sealed/{commitment}", template="one")
def one(ask: Ask, commitment: Hash) -> OnePage:
    """Where a list, a lease or a paper is named, this is the way to it."""
    if not ask.reader.account:
        raise WebError("web.sign_in")
    purposes = [purpose for purpose in Purpose if ask.may(_look(commitment, purpose))]
    label = ask.tongue.text("openings.sealed.one")
    form = _form(ask, {"contents": [(commitment, label)]}, purposes) if purposes else None
    return OnePage(commitment, form)


@pages.part(RepairPage, rank=11)
def sealed_card(ask: Ask, page: RepairPage) -> SealedCardPart | None:
    """For those for whom it is done, as long as it is open: who is it that comes?"""
    case, executor = page.case.case_id, page.case.executor
    card = ask.maybe(staff_views.card, account=executor) if any(executor) else None
    if card is None or not ask.may(_look(card.name, Purpose.OWN_MATTER, case)):
        return None
    contents = (card.name, card.photo) if card.photo else (card.name,)
    form = ask.form(OpenContent, contents=contents, purpose=Purpose.OWN_MATTER, case=case)
    return SealedCardPart(where=Where.TOLD, form=form.only("contents", "purpose", "case"), photo=len(contents) > 1)


def _order(row: SealedRow) -> tuple[int, int, int]:
    known = FIRST.index(row.field) if row.field in FIRST else len(FIRST)
    return list(Matter).index(Matter(row.matter)), known, row.time


def _sealed(ask: Ask, matter: Matter, rows: list[SealedRow], case: bytes) -> Sealed:
    """The form offers only contents and purposes that the rules would accept together."""
    lines = [line for line in TABLE if line.of is matter]
    for_case = b"" if matter is Matter.CASE else case
    allowed = {
        purpose: [row for row in rows if ask.may(_look(row.commitment, purpose, for_case))]
        for purpose in dict.fromkeys(line.purpose for line in lines)
    }
    offered = list(dict.fromkeys(row for found in allowed.values() for row in found))
    if not offered:
        return Sealed(matter, rows, None)
    choices: dict[str, Sequence[tuple[bytes | str, str]]] = {}
    choices["contents"] = [(row.commitment, _label(ask, row, rows)) for row in offered]
    return Sealed(matter, rows, _form(ask, choices, [each for each in allowed if allowed[each]], for_case))


def _look(commitment: bytes, purpose: Purpose, case: bytes = b"") -> OpenContent:
    """A sample: with an order where a purpose takes one."""
    order = "-" if purpose in (Purpose.SUPERVISION, Purpose.AUDIT) else ""
    return OpenContent(contents=(commitment,), purpose=purpose, case=case or None, authority=order)


def _form(
    ask: Ask, choices: dict[str, Sequence[tuple[bytes | str, str]]], purposes: list[Purpose], case: bytes = b""
) -> Form:
    """Purposes are laid out and none is chosen; an order is asked for where one of them takes it."""
    told = [(str(each.value), ask.tongue.value("openings", each.value)) for each in purposes]
    fixed = {"case": case} if case else {}
    form = ask.form(OpenContent, {**choices, "purpose": told}, **fixed)
    takes_order = any(each in (Purpose.SUPERVISION, Purpose.AUDIT) for each in purposes)
    named = ("contents", "purpose", *fixed, *(("authority",) if takes_order else ()))
    return replace(form, controls=tuple(replace(each, folded=False) for each in form.only(*named).controls))


def _label(ask: Ask, row: SealedRow, rows: list[SealedRow]) -> str:
    """Which of them, in words: a photograph is numbered, an address says of what it is the name."""
    if row.matter == Matter.ADDRESS:
        return ask.tongue.text("openings.sealed.address", kind=ask.tongue.value("places", row.place_kind))
    if row.matter == Matter.STAFF:
        return ask.tongue.text("openings.sealed.face" if row.field == "photo" else "openings.sealed.staff")
    name = ask.tongue.text(f"openings.field.{row.field}")
    alike = [other for other in rows if other.field == row.field]
    return name if len(alike) == 1 else f"{name} {alike.index(row) + 1}"
