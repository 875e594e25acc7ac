"""How content they were, on the page of a repair that is closed: said by those who like to. The means of many stand on
the page of figures, for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.identity import OrganisationStatus
from linlian.community.identity import views as identity_views
from linlian.community.ratings import views
from linlian.community.ratings.rules import RateRepair
from linlian.community.ratings.views import MeanRow, RatingRow
from linlian.community.repairs.pages import RepairPage, StatisticsPage
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Pages, Part

pages = Pages("ratings")

STARS = (5, 4, 3, 2, 1)
ORGANISATIONS_MAX = 40


@dataclass(frozen=True, kw_only=True)
class RatingPart(Part):
    """How the repair was rated, and the way to rate it; nobody has to."""

    ratings: list[RatingRow]
    own: RatingRow | None
    form: Form | None


@dataclass(frozen=True)
class Mean:
    """How the work of an organisation in a category was rated."""

    code: str
    row: MeanRow


@dataclass(frozen=True, kw_only=True)
class MeansPart(Part):
    """What is published: means of five ratings and more."""

    means: list[Mean]


@pages.part(RepairPage, rank=60)
def rating(ask: Ask, page: RepairPage) -> RatingPart | None:
    case = page.case.case_id
    if not ask.sees(views.ratings_of_case, case_id=case):
        return None
    found = ask.rows(views.ratings_of_case, case_id=case)
    own = next((row for row in found if row.rated_by == ask.reader.account), None)
    stars = [(str(each), f"{'★' * each} {ask.tongue.text('ratings.stars', count=each)}") for each in STARS]
    form = ask.offer(RateRepair(case=case, stars=3), "case", choices={"stars": stars})
    return RatingPart(ratings=found, own=own, form=form) if found or form else None


@pages.part(StatisticsPage)
def means(ask: Ask, _page: StatisticsPage) -> MeansPart | None:
    active = OrganisationStatus.ACTIVE
    rows = ask.rows(identity_views.organisations_by_status, status=active, limit=ORGANISATIONS_MAX)
    published = [
        Mean(row.code, mean) for row in rows for mean in ask.rows(views.published_means, organisation=row.organisation)
    ]
    return MeansPart(means=published) if published else None
