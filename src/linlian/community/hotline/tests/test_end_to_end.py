"""A ticket of a city's hotline: in, contested, answered, called back, opened again, answered again, settled."""

from __future__ import annotations

from linlian.community.calendars.views import views as calendars_views
from linlian.community.hotline import views as asked
from linlian.community.hotline.rules import TicketLinked, tickets
from linlian.community.hotline.rules_answering import CallbackBrought, Ground, Said, TicketAnswered
from linlian.community.hotline.rules_contesting import ContestDecided, TicketContested
from linlian.community.hotline.tests.switchboard import (
    SOURCE,
    answer,
    called,
    contest,
    found_switchboard,
    incoming,
    number,
    word,
)
from linlian.community.hotline.views import views
from linlian.community.identity import Basis
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.ratings.rules import RateRepair
from linlian.community.ratings.views import views as ratings_views
from linlian.community.repairs import Standing, State
from linlian.community.repairs.rules_answering import RepairReopened
from linlian.community.repairs.rules_doors import DeadlineMoved
from linlian.community.repairs.rules_reporting import RepairReported
from linlian.community.repairs.tests.scene import DAY, HOUR, TO_DONE, Scene
from linlian.community.repairs.views import views as repairs_views
from linlian.kernel.contract import replace
from linlian.testing.rows import reading

VIEWS = (identity_views, calendars_views, places_views, repairs_views, ratings_views, views)


def lived(scene: Scene) -> bytes:
    """The whole course of a ticket; its case."""
    finish_by, reply_by = scene.town.time + 30 * HOUR, scene.town.time + 40 * HOUR
    outcome = scene.do("machine", incoming(scene, finish_by=finish_by, reply_by=reply_by))
    case_id = outcome.the(RepairReported).case
    assert isinstance(case_id, bytes)
    assert outcome.the(TicketLinked).opened
    moved = [event for event in outcome.events if isinstance(event, DeadlineMoved)]
    assert [(event.clock, event.due_at, event.standing) for event in moved] == [
        ("finish", finish_by, Standing.GATEWAY),
        ("reply", reply_by, Standing.GATEWAY),
    ], "the stricter rules"

    scene.do(*scene.command("triage_repair", case_id))
    assert scene.do("desk", contest()).the(TicketContested).contest_by > scene.town.time
    assert scene.refusal("desk", answer()) == "hotline.wrong_state", "it waits for the hotline's word"
    assert not scene.do("machine", word(upheld=False)).the(ContestDecided).upheld
    assert scene.case(case_id).finish_by == finish_by, "meanwhile the promises ran on"

    assert scene.refusal("desk", answer()) == "hotline.too_early_to_answer"
    scene.take(case_id, *TO_DONE[1:])
    assert scene.refusal("desk", answer(solved=Ground.OWN_KEY)) == "hotline.not_on_the_record", "nobody has said so"
    scene.take(case_id, "serve_notice", "confirm")
    scene.do("anna", RateRepair(case=case_id, stars=5))
    theirs = answer(contacted=Ground.RECORD, solved=Ground.OWN_KEY, satisfied=Ground.RATING)
    assert scene.refusal("desk", theirs) == "hotline.not_on_the_record", "the machine that reported it rated nothing"
    first = scene.do("desk", replace(theirs, rated_by=scene.account("anna"))).the(TicketAnswered)
    assert (first.contacted, first.solved, first.satisfied, first.late) == (Said.YES, Said.YES, Said.YES, False)

    again = scene.town.time + 20 * HOUR
    outcome = scene.do("machine", called(Said.NO, Said.NO, finish_by=again, reply_by=again + HOUR))
    reopened = outcome.the(RepairReopened)
    assert (reopened.standing, reopened.basis) == (Standing.GATEWAY, Basis.CALLBACK)
    assert outcome.the(CallbackBrought).open_again
    case = scene.case(case_id)
    assert (case.state, case.reopened, case.finish_by) == (State.REPORTED, 1, again)

    scene.take(case_id, *TO_DONE, "confirm")
    scene.do("desk", answer(solved=Ground.OWN_KEY))
    assert not scene.do("machine", called(Said.YES, Said.NO)).the(CallbackBrought).open_again
    return case_id


def test_a_tickets_whole_course_and_what_goes_back_of_it() -> None:
    scene = found_switchboard()
    case_id = lived(scene)
    with reading(scene.town.blocks, *VIEWS) as db:
        (ticket,) = asked.tickets_of_case(db, case_id)
        assert (ticket.state, ticket.contests, ticket.rounds, ticket.late) == ("settled", 1, 1, False)
        back = asked.replies_for(db, scene.organisation("street"), source=SOURCE)
        assert [
            (row.kind, row.contacted, row.contacted_on, row.solved, row.solved_on, row.satisfied, row.satisfied_on)
            for row in back
        ] == [
            ("answer", "yes", "record", "yes", "own_key", "yes", "rating"),
            ("callback", "yes", "callback", "no", "callback", "no", "callback"),
            ("answer", "unknown", "", "yes", "own_key", "unknown", ""),
            ("callback", "yes", "callback", "yes", "callback", "no", "callback"),
        ]
        assert all(row.words for row in back), "the commitment of the sealed text"
        counted = {(row.what, row.said, row.ground, row.kind): row.answers for row in asked.said_counts(db)}
        assert counted["solved", "yes", "own_key", "answer"] == 2
        assert counted["satisfied", "yes", "rating", "answer"] == 1
        assert asked.open_tickets(db) == []
        found = asked.ticket(db, number())
        assert found == ticket
        assert asked.replies_of_case(db, case_id, number()) == back
        assert asked.tickets_of_organisation(db, scene.organisation("street")) == [ticket]
    scene.town.check_invariants()


def test_a_second_call_back_after_it_was_settled_opens_it_once_more() -> None:
    scene = found_switchboard()
    case_id = lived(scene)
    scene.town.advance(days=3)
    scene.do("machine", called(Said.NO))
    ticket = scene.town.get(tickets, number())
    assert ticket is not None
    assert (scene.case(case_id).reopened, ticket.rounds, ticket.state) == (2, 2, "open")
    scene.take(case_id, *TO_DONE, "confirm")
    scene.do("desk", answer())
    scene.town.advance(ms=31 * DAY)
    assert scene.refusal("machine", called(Said.NO)) == "repairs.too_late_to_reopen"
