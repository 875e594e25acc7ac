"""What was told outside is found again, by case and by organisation."""

from __future__ import annotations

from linlian.community import answers
from linlian.community.answers import views as asked
from linlian.community.answers.rules import AttestPaper, RecordCallback
from linlian.community.answers.views import views
from linlian.community.calendars.views import views as calendars_views
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import content, found_scene
from linlian.community.repairs.views import views as repairs_views
from linlian.testing.rows import reading

VIEWS = (identity_views, calendars_views, places_views, repairs_views, views)


def test_what_was_told_is_found_by_case_and_by_organisation() -> None:
    scene = found_scene(answers.contract)
    called, signed = scene.in_state(State.DONE), scene.in_state(State.DONE, category=Category.PESTS)
    scene.do("street_desk", RecordCallback(case=called, repaired=False, recording=content("call")))
    scene.do("street_desk", AttestPaper(case=signed, paper=content("sheet")))
    with reading(scene.town.blocks, *VIEWS) as db:
        (row,) = asked.told_of_case(db, called)
        assert (row.basis, row.answered, row.repaired) == ("callback", True, False)
        assert row.actor == scene.account("street_desk")
        latest, earlier = asked.told_to_organisation(db, scene.organisation("street"))
        assert (latest.basis, latest.answered, earlier.case_id) == ("witnessed_paper", False, called)
