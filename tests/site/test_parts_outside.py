"""What is asked of those outside a case, in a browser: more time, a return, an answer, and a note of what is late."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from linlian.community.repairs.rules_steps import State
from tests.site.acting import act, fill, form_of, local, part, sign
from tests.site.lived_in import LivedIn
from tests.site.town import DESK, PHONE, Site

PART = "supervision.outside"


@pytest.mark.timeout(120)
def test_a_resident_gives_more_time_and_the_promise_moves(lives: tuple[LivedIn, Site]) -> None:
    lived, site = lives
    case = lived.cases[State.TRIAGED]
    anna = site.enter("anna", PHONE, "zh-CN")
    anna.goto(f"{site.url}/repairs/{case.hex()}")
    asked = anna.locator("section.asks", has=anna.locator("form[data-command='supervision.decide_extension']"))
    expect(asked).to_contain_text("等待配件")
    act(anna, "supervision.decide_extension", granted="yes")
    told = part(site, "anna", case, PART)
    assert told["extension"]["outcome"] == "granted"
    assert (told["extension"]["standing"], told["extension"]["basis"]) == ("reporter", "own_key")
    assert told["answers"] == []
    expect(anna.locator("form[data-command='supervision.decide_extension']")).to_have_count(0)


@pytest.mark.timeout(120)
def test_the_arbiter_is_asked_on_a_list_and_names_who_answers_for_it(lives: tuple[LivedIn, Site]) -> None:
    lived, site = lives
    case, scene = lived.cases[State.TRIAGED], lived.scene
    supervisor = site.enter("supervisor", DESK, "en-GB")
    supervisor.goto(f"{site.url}/escalations")
    returned = supervisor.locator("section", has_text="Returned as not theirs").locator("li a")
    expect(returned).to_contain_text("under the builder's warranty")
    returned.click()
    act(
        supervisor,
        "supervision.decide_return",
        responsible=scene.organisation("harmony").hex(),
        words="The warranty ended in May.",
    )
    told = part(site, "supervisor", case, PART)
    assert told["returned"]["outcome"] == "kept"
    assert told["returned"]["responsible"] == scene.organisation("harmony").hex()
    supervisor.goto(f"{site.url}/escalations")
    expect(supervisor.locator("section", has_text="Returned as not theirs").locator("li")).to_have_count(0)


@pytest.mark.timeout(120)
def test_those_in_the_case_answer_whoever_oversees_it_and_take_note_of_what_is_late(
    lives: tuple[LivedIn, Site],
) -> None:
    lived, site = lives
    case = lived.cases[State.TRIAGED]
    dispatcher = site.enter("dispatcher", DESK, "en-GB")
    dispatcher.goto(f"{site.url}/repairs/{case.hex()}")
    expect(dispatcher.locator("section.asks form[data-command='supervision.note_progress']")).to_have_count(1)
    act(dispatcher, "supervision.note_progress", words="The part is ordered.")
    act(dispatcher, "supervision.take_note")
    told = part(site, "dispatcher", case, PART)
    assert told["oversight"]["replied_at"] > 0
    assert [note["answers"] for note in told["progress"]] == [True]
    assert [each["row"]["noted_by"] for each in told["told"]] == [lived.scene.account("dispatcher").hex()]
    assert "The part is ordered." not in dispatcher.content()


@pytest.mark.timeout(120)
def test_only_a_promise_that_can_still_be_kept_is_put_off(lives: tuple[LivedIn, Site]) -> None:
    lived, site = lives
    case = lived.cases[State.ASSIGNED]
    dispatcher = site.enter("dispatcher", DESK, "en-GB")
    dispatcher.goto(f"{site.url}/repairs/{case.hex()}")
    form = form_of(dispatcher, "supervision.ask_extension")
    offered = form.locator("[name=clock]").evaluate_all("controls => controls.map(control => control.value)")
    assert "respond" not in offered
    assert "finish" in offered
    until = local(dispatcher, site.community.node.ledger.clock() + 20 * 86_400_000)
    fill(dispatcher, "supervision.ask_extension", clock="finish", reason="weather", until=until, words="It storms.")
    with dispatcher.expect_navigation():
        sign(dispatcher, form)
    assert part(site, "dispatcher", case, PART)["extension"]["outcome"] == "open"
