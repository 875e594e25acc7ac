"""A story is a function of its seed and its end, holds what the demo promises, and is said in both languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from linlian.community.identity import OrganisationKind
from linlian.community.places import PlaceKind
from linlian.community.repairs import contract as repairs
from linlian.demo.acts import DAY, DAYS, HOUR, Act, answers, tales
from linlian.demo.grounds import called
from linlian.demo.making import feasts_from
from linlian.demo.pictures import draw
from linlian.demo.scenes import Feast
from linlian.demo.staff import AT_HAND, COMPANIES, PAPERS
from linlian.demo.story import Story, tell
from linlian.demo.text import Text
from linlian.vault import bare, kind_of

END = DAYS * DAY + 15 * HOUR
STORY = tell("spruce", END)
HAN = re.compile("[\u4e00-\u9fff]")
REFUSALS = {
    "delegations.serves_households",
    "identity.wrong_kind_of_organisation",
    "openings.case_over",
    "openings.no_authority",
    "openings.not_yours",
    "openings.other_purpose",
    "repairs.life_safety_cannot_wait",
    "repairs.needs_a_check",
    "repairs.no_right_to_confirm",
    "repairs.no_right_to_report",
    "repairs.not_your_repairer",
    "repairs.not_made_safe",
    "repairs.not_yours",
    "repairs.too_late_to_reopen",
    "repairs.until_out_of_range",
    "repairs.wrong_state",
}


def test_the_same_seed_tells_the_same_story() -> None:
    assert tell("spruce", END) == STORY


def test_another_seed_tells_another_story() -> None:
    assert tell("larch", END).acts != STORY.acts


def test_the_hour_changes_only_what_is_under_way() -> None:
    evening = tell("spruce", END + 5 * HOUR)
    long_ago = DAYS * DAY - 20 * DAY
    assert evening.residents == STORY.residents
    assert _until(evening, long_ago) == _until(STORY, long_ago)
    assert evening.acts != STORY.acts


def test_acts_are_in_order_and_end_with_the_story() -> None:
    times = [act.at for act in STORY.acts]
    assert times == sorted(times)
    assert END - HOUR < times[-1] <= END


def test_everything_is_made_once_and_before_it_is_named() -> None:
    known = {company.key for company in COMPANIES if company.founder}
    known |= {company.officer for company in COMPANIES if company.founder}
    for act in STORY.acts:
        names = ("place", "case", "account", "executor", "team", "shift", "principal", "delegate")
        named = [value for name, value in act.fields.items() if name in names]
        assert {act.who, *named} - {*act.makes} <= known, act
        assert not known & {*act.makes}, act
        known |= {*act.makes}
    assert {*AT_HAND, *STORY.waiting} <= known


def test_every_step_of_repairs_comes_up() -> None:
    public = {name for name, spec in repairs.commands.items() if not spec.internal}
    assert public - {act.command for act in STORY.acts} == {"repairs.record_history"}


def test_every_kind_of_no_is_on_the_record() -> None:
    assert {act.no for act in STORY.acts if act.no} == REFUSALS


def test_some_things_arrive_late_from_where_there_is_no_network() -> None:
    late = [act for act in STORY.acts if act.claimed]
    assert len(late) > 5
    assert all(HOUR <= act.at - act.claimed < 72 * HOUR for act in late)


def test_a_lift_keeps_stopping_and_a_roof_keeps_leaking() -> None:
    reported = [act.fields for act in STORY.acts if act.command == "repairs.report_repair"]
    assert len([fields for fields in reported if fields["category"] == "lift.stopped"]) == 9 + 1
    assert len([fields for fields in reported if fields["category"] == "roof.leak"]) == 6


def test_no_two_bear_the_same_name() -> None:
    for language in (0, 1):
        names = [name[language] for name in STORY.names().values()]
        assert len(names) == len({*names})


def test_a_tale_happens_at_places_that_there_are() -> None:
    keys = [place.key for place in STORY.places]
    for tale in tales().values():
        assert all(word in ("home", "bay") or called(word, keys) for word in tale.at), tale.category


def test_it_is_as_large_as_a_real_community() -> None:
    kinds = Counter(place.kind for place in STORY.places)
    assert kinds[PlaceKind.BUILDING] == 12
    assert 880 <= kinds[PlaceKind.DWELLING] <= 920
    assert kinds[PlaceKind.PARKING_BAY] > 200
    there = {PlaceKind.LIFT_SHAFT, PlaceKind.STAIR, PlaceKind.BASEMENT, PlaceKind.GATE, PlaceKind.GROUNDS}
    assert there <= {*kinds}
    assert 1_900 <= len({person.key for person in STORY.residents}) <= 2_100
    assert sum(company.kind is OrganisationKind.GOVERNMENT for company in COMPANIES) == 5


def test_a_smaller_court_has_the_same_people_whom_the_story_knows() -> None:
    small = tell("spruce", END, houses=3)
    assert sum(place.kind is PlaceKind.BUILDING for place in small.places) == 3
    made = {name for act in small.acts for name in act.makes}
    assert {*AT_HAND} - {company.officer for company in COMPANIES if company.founder} <= made
    assert small.waiting == STORY.waiting


def test_a_roll_is_signed_once_for_hundreds() -> None:
    signed = [act.fields["entries"] for act in STORY.acts if act.command == "places.countersign_roll"]
    assert len(signed) == 13
    assert max(signed) > 200
    assert sum(signed) > 1_200


def test_each_way_of_saying_yes_comes_up() -> None:
    commands = Counter(act.command for act in STORY.acts)
    for name in ("confirm_repair", "check_repair"):
        assert commands[f"repairs.{name}"] > 100
    for name in ("record_callback", "attest_paper", "issue_link", "answer_by_link"):
        assert commands[f"answers.{name}"] > 10
    helped = [act for act in STORY.acts if act.command == "repairs.report_repair" and "principal" in act.fields]
    assert len({act.who for act in helped}) > 5, "several helpers, and the desk"


def test_offices_have_something_to_do_beside_repairs() -> None:
    commands = {act.command for act in STORY.acts}
    assert commands >= {
        *("staff.issue_card", "staff.record_licence", "staff.renew_licence", "staff.form_team", "staff.plan_shift"),
        *("staff.begin_duty", "staff.end_duty", "calendars.set_hours", "openings.open_content"),
        *("council.open_recovery", "council.approve_recovery", "council.veto_recovery"),
        *("outages.publish_outage", "outages.end_outage", "outages.join_outage", "joint_reports.join_case"),
        *("joint_reports.object_jointly", "joint_reports.check_jointly", "appointments.record_no_access"),
        *("appointments.pause_for_appointment", "quotes.make_quote"),
        *("equipment.record_inspection", "equipment.take_out_of_service", "equipment.return_to_service"),
    }


def test_two_funds_live_for_a_year() -> None:
    commands = Counter(act.command for act in STORY.acts)
    assert commands["funds.open_fund"] == 2
    assert commands["funds.give"] > 50 < commands["funds.receive_gift"]
    welfare = [act for act in STORY.acts if act.fields.get("fund") == "warm-table"]
    assert sum(act.command == "programmes.register_recipient" for act in welfare) == 40
    lists = Counter(act.fields["cycle"] for act in STORY.acts if act.command == "programmes.enter_entitlement")
    assert [lists[f"meals-{number}"] for number in range(1, 7)] == [40] * 6
    sent = [act.makes[0] for act in STORY.acts if act.command == "transfers.send_money" and "payment" in act.fields]
    said = ("transfers.confirm_receipt", "transfers.record_call", "transfers.attest_receipt")
    heard = {act.fields["hop"] for act in STORY.acts if act.command in said}
    failed = {act.fields["hop"] for act in STORY.acts if act.command == "transfers.fail_hop"}
    assert len(failed) == 2
    assert len({*sent} - heard - failed) == 3, "some have not said yet that they have it"
    for name in ("return_money", "take_back", "cancel_payment"):
        assert commands[f"transfers.{name}"] == 1
    asked = {act.makes[0] for act in STORY.acts if act.command == "funds.ask_question"}
    assert len(asked - {act.fields["question"] for act in STORY.acts if act.command == "funds.answer_question"}) == 2
    assert commands["programmes.object_to_cycle"] - commands["programmes.answer_objection"] == 1


def test_the_long_holidays_are_those_that_were_announced() -> None:
    begins = int(datetime(2025, 11, 29, tzinfo=UTC).timestamp()) * 1_000
    spring, national = [feast for feast in feasts_from(begins) if feast.first > 0]
    assert (spring.first, spring.days) == ((date(2026, 2, 15) - date(2025, 11, 29)).days, 9)
    assert (national.first, national.days) == ((date(2026, 10, 1) - date(2025, 11, 29)).days, 7)


def test_what_is_reported_on_the_eve_of_a_holiday_is_done_after_it() -> None:
    feast = Feast(78, 9)
    feasting = tell("spruce", END, feasts=[feast])
    plain = {act.at for act in STORY.acts}
    told = [act for act in feasting.acts if act.at // DAY in (77, 87) and act.at not in plain]
    assert {act.command for act in told if act.at // DAY == 77} >= {"repairs.report_repair", "repairs.accept_repair"}
    assert {act.command for act in told if act.at // DAY == 87} >= {"repairs.finish_repair"}


def test_everything_is_said_in_both_languages() -> None:
    said = [*_texts(STORY), *PAPERS.values()]
    said += [text for tale in tales().values() for text in (*tale.reports, *(words for _, words in tale.found))]
    said += [text for kind in ("dispute", "reopen", "withdraw", "nothing", "help", "review") for text in answers(kind)]
    assert len(said) > 1_000
    for text in said:
        assert text.zh.strip(), text
        assert text.en.strip(), text
        assert not HAN.search(text.en), text


def test_each_picture_is_a_png_of_its_own() -> None:
    pictures = {draw(number) for number in range(200)}
    assert len(pictures) == 200
    assert all(kind_of(picture) == "image/png" and bare(picture) == picture for picture in pictures)


def _until(story: Story, end: int) -> list[Act]:
    """Acts before a time, without the numbers of pictures and nameless cases, which count on through the story."""
    return [act._replace(fields=_plain(act.fields), makes=()) for act in story.acts if act.at < end]


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in ("case", "photos", "proofs")}


def _texts(story: Story) -> Iterator[Text]:
    yield from story.names().values()
    for act in story.acts:
        yield from (value for value in act.fields.values() if isinstance(value, Text))
