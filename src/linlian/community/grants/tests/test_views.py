"""The rows of publications and grants, as the rules leave them."""

from __future__ import annotations

from linlian.community.funds.views import views as funds_views
from linlian.community.grants import views as ask
from linlian.community.grants.tests.test_rules import FILE, grant, publish, village
from linlian.community.identity.tests.village import Village, content, organisation_id
from linlian.community.identity.views import views as identity_views
from linlian.testing.rows import reading

__all__ = ["village"]


def test_rows_add_up_to_what_everybody_sees(village: Village) -> None:
    publication = publish(village)
    village.do("clerk", grant(village, publication, amount_minor=101))
    village.do("clerk", grant(village, publication, 2, amount_minor=202, disbursed_minor=7, to_person=True))
    harmony = organisation_id("harmony")
    with reading(village.town.blocks, identity_views, funds_views, ask.views) as db:
        (row,) = ask.all_publications(db)
        assert (row.publication, row.organisation, row.digest) == (publication, harmony, FILE.digest)
        assert (row.grants, row.recorded) == (2, 2)
        (total,) = ask.totals_of(db, publication)
        found = ask.grants_of(db, harmony, publication)
        assert (total.grants, total.awarded_minor, total.disbursed_minor) == (
            len(found),
            sum(each.amount_minor for each in found),
            sum(each.disbursed_minor for each in found),
        )
        assert [each.number for each in found] == [1, 2]
        assert [each.to_person for each in found] == [False, True]
        assert found[0].remainder == content("grant 1").commitment
        assert ask.grants_of(db, organisation_id("charity"), publication) == []
