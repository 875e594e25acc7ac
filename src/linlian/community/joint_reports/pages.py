"""Who else sees the same fault: on the page of a repair, where one reports, at home, and on a page of one's own.

Whoever joined sees the case and nobody's name, so they have a page of their own and not the case's.
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.joint_reports import views
from linlian.community.joint_reports.rules import JoinCase, LeaveCase, ObjectJointly
from linlian.community.joint_reports.rules_merging import MergeCase, SplitCase
from linlian.community.joint_reports.rules_telling import CheckJointly, TellJoined
from linlian.community.joint_reports.views import CrowdRow, FollowedRow, JoiningRow, MergerRow, SimilarRow
from linlian.community.places import views as place_views
from linlian.community.repairs import Category
from linlian.community.repairs.pages import SOMETHING, HomePage, RepairPage, ReportPage, place_name
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import Page, Pages, Part, Where

pages = Pages("joint_reports")

NEAR_MAX = 5
FOLLOWED_MAX = 20
"""So many stand on a page with what may be said of them, the latest on top; the others are behind a cursor."""


@dataclass(frozen=True)
class Near:
    """An open case nearby, where it is in words, and the way to join it."""

    row: SimilarRow
    where: str
    join: Form | None


@dataclass(frozen=True)
class Followed:
    """A case that the reader joined, and what they may say of it."""

    row: FollowedRow
    where: str
    forms: list[Form]


@dataclass(frozen=True)
class JoinedPage(Page):
    """What the reader joined; above, what is open near a place, to be joined in place of reporting it again."""

    near: list[Near]
    followed: list[Followed]
    next: str


@dataclass(frozen=True, kw_only=True)
class NearPart(Part):
    """What is open already where somebody is about to report, if place and category are chosen."""

    place: bytes
    category: str
    near: list[Near]


@dataclass(frozen=True, kw_only=True)
class FollowedPart(Part):
    """What the reader joined and is not over."""

    followed: list[FollowedRow]


@dataclass(frozen=True, kw_only=True)
class CrowdPart(Part):
    """How many joined the repair, and for those who have to see to it who; into what it is merged, and what the reader
    may do."""

    crowd: CrowdRow | None
    people: list[JoiningRow]
    merger: MergerRow | None
    answers: list[Form]
    forms: list[Form]


@pages.page("/joined")
def joined(ask: Ask, place: Id | None = None, category: Category | None = None) -> JoinedPage:
    me = ask.reader.account
    if not me:
        raise WebError("web.sign_in")
    found = ask.page(views.followed_cases, ask.after, account=me, limit=FOLLOWED_MAX)
    followed = [Followed(row, _where(ask, row.place), _saying(ask, row.case_id)) for row in found.rows]
    near = _near(ask, place, category) if place is not None and category is not None else []
    return JoinedPage(near, followed, found.next, live=(me, *(row.case_id for row in found.rows)))


@pages.part(ReportPage)
def near(ask: Ask, page: ReportPage) -> NearPart | None:
    if not page.place or not page.category:
        return None
    found = _near(ask, page.place, Category(page.category))
    return NearPart(place=page.place, category=page.category, near=found) if found else None


@pages.part(HomePage)
def followed(ask: Ask, _page: HomePage) -> FollowedPart | None:
    rows = ask.rows(views.followed_cases, account=ask.reader.account, limit=FOLLOWED_MAX)
    going_on = [row for row in rows if not row.closed_at]
    return FollowedPart(followed=going_on) if going_on else None


@pages.part(RepairPage, rank=15)
def crowd(ask: Ask, page: RepairPage) -> CrowdPart | None:
    case = page.case.case_id
    if not ask.sees(views.crowd, case_id=case):
        return None
    found = ask.maybe(views.crowd, case_id=case)
    sees_people = ask.sees(views.joined_people, case_id=case)
    people = ask.rows(views.joined_people, case_id=case) if sees_people else []
    merger = ask.maybe(views.merger, case_id=case) if sees_people else None
    telling = [
        ask.offer(TellJoined(case=case), "case"),
        ask.offer(CheckJointly(case=case, proofs=(SOMETHING,)), "case"),
    ]
    offers = [ask.offer(SplitCase(case=case), "case"), _merging(ask, page)]
    answers = [form for form in telling if form is not None] if found is not None and found.people else []
    forms = [form for form in offers if form is not None]
    if not (found and found.people) and merger is None and not forms:
        return None
    return CrowdPart(
        crowd=found,
        people=[row for row in people if not row.left_at],
        merger=merger,
        answers=answers,
        forms=forms,
        where=Where.ASKS if answers else Where.BESIDE,
    )


def _near(ask: Ask, place: bytes, category: Category) -> list[Near]:
    if not ask.sees(views.similar_requests, place=place):
        return []
    rows = ask.rows(views.similar_requests, place=place, category=category, limit=NEAR_MAX)
    return [Near(row, _where(ask, row.place), _joining(ask, row.case_id)) for row in rows]


def _joining(ask: Ask, case: bytes) -> Form | None:
    """I see it too: for which of the reader's homes, with words and photographs if they like."""
    stays = ask.rows(place_views.places_of, account=ask.reader.account)
    homes = [(row.place, _where(ask, row.place)) for row in stays if ask.may(JoinCase(case=case, home=row.place))]
    form = ask.offer(JoinCase(case=case), "case", choices={"home": homes})
    asked = ("case", "home", "joined_words", "joined_photos") if homes else ("case", "joined_words", "joined_photos")
    return None if form is None else form.only(*asked)


def _saying(ask: Ask, case: bytes) -> list[Form]:
    """It is not repaired, or it is not mine after all."""
    objecting = ask.offer(ObjectJointly(case=case), "case")
    leaving = ask.offer(LeaveCase(case=case), "case")
    offers = (objecting and objecting.only("case", "words"), leaving and leaving.only("case"))
    return [form for form in offers if form is not None]


def _merging(ask: Ask, page: RepairPage) -> Form | None:
    """The open cases of the same kind in common parts nearby, into which the rules would let it be merged."""
    case, place = page.case.case_id, page.case.place
    if page.case.ended or not ask.sees(views.similar_requests, place=place):
        return None
    rows = ask.rows(views.similar_requests, place=place, category=page.case.category, limit=NEAR_MAX + 1)
    into: list[tuple[bytes | str, str]] = [
        (row.case_id, f"{_where(ask, row.place)} · {ask.tongue.value('repairs', row.state)} · {ask.name(row.case_id)}")
        for row in rows
        if row.case_id != case and ask.may(MergeCase(case=case, into=row.case_id))
    ]
    return ask.form(MergeCase, {"into": into}, case=case) if into else None


def _where(ask: Ask, place: bytes) -> str:
    return place_name(ask, ask.rows(place_views.path, place=place))
