"""A story is a function of its seed and its end, holds what the demo promises, and is said in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from linlian.community.repairs import contract as repairs
from linlian.demo.acts import DAY, HOUR, Act, answers, tales
from linlian.demo.everyday import DAYS
from linlian.demo.people import AT_HAND, COMPANIES, LICENCE
from linlian.demo.pictures import draw
from linlian.demo.story import Story, tell
from linlian.demo.text import Text

END = DAYS * DAY + 15 * HOUR
STORY = tell("spruce", END)
HAN = re.compile("[\u4e00-\u9fff]")
REFUSALS = {
    "delegations.serves_households",
    "identity.wrong_kind_of_organisation",
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
        named = [value for name, value in act.fields.items() if name in ("place", "case", "account", "executor")]
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
    assert len([fields for fields in reported if fields["category"] == "lift.stopped"]) == 9
    assert len([fields for fields in reported if fields["category"] == "roof.leak"]) == 6


def test_no_two_bear_the_same_name() -> None:
    for language in (0, 1):
        names = [name[language] for name in STORY.names().values()]
        assert len(names) == len({*names})


def test_a_tale_happens_at_places_that_there_are() -> None:
    keys = {place.key for place in STORY.places} | {"home", "bay", "stair"}
    for tale in tales().values():
        assert {*tale.at} <= keys, tale.category


def test_everything_is_said_in_both_languages() -> None:
    said = [*_texts(STORY), LICENCE]
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
    assert all(picture.startswith(b"\x89PNG\r\n\x1a\n") and b"a drawing" in picture for picture in pictures)


def _until(story: Story, end: int) -> list[Act]:
    """Acts before a time, without the numbers of pictures and nameless cases, which count on through the story."""
    return [act._replace(fields=_plain(act.fields), makes=()) for act in story.acts if act.at < end]


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in ("case", "photos", "proofs")}


def _texts(story: Story) -> Iterator[Text]:
    yield from story.names().values()
    for act in story.acts:
        yield from (value for value in act.fields.values() if isinstance(value, Text))
