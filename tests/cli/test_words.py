from __future__ import annotations

import pytest

from linlian.kernel.errors import Rejected
from linlian.words import Tongue, Words, clock_time, language_of, short

HOUSE = {
    ("", "refusals"): {
        "kernel.busy": {"zh": "请在 {retry_after_ms} 毫秒后再试", "en": "come back in {retry_after_ms} ms"}
    },
    ("", "values"): {"yes": {"zh": "是", "en": "yes"}, "sealed": {"zh": "密封", "en": "sealed"}},
    ("", "fields"): {"time": {"zh": "时间", "en": "Time"}},
    ("", "events"): {"kernel.refused": {"zh": "拒绝{command}：{no}", "en": "Refused {command}: {no}"}},
    ("parking", "commands"): {"parking.lend_bay": {"zh": "出借车位", "en": "Lend a bay"}},
    ("parking", "events"): {
        "parking.bay_lent": {"zh": "{bay} 借到 {until}", "en": "{bay} lent until {until}"},
        "parking.bay_lent.helper": {"zh": "{bay} 由人代借", "en": "{bay} lent by a helper"},
    },
    ("parking", "refusals"): {"parking.taken": {"zh": "{by} 用着", "en": "taken by {by}"}},
    ("parking", "fields"): {"bay": {"zh": "车位", "en": "Bay"}},
    ("parking", "values"): {"lent": {"zh": "已借", "en": "lent"}},
}


@pytest.fixture
def english() -> Tongue:
    return Words(HOUSE).tongue("en")


def test_a_sentence_is_filled_from_its_facts_in_either_language() -> None:
    words = Words(HOUSE)
    no = Rejected("kernel.busy", retry_after_ms=70)
    assert words.tongue("zh").error(no) == "请在 70 毫秒后再试"
    assert words.tongue("en").error(no) == "come back in 70 ms"


def test_a_business_speaks_first_and_the_house_for_the_rest(english: Tongue) -> None:
    assert english.field("parking", "bay") == "Bay"
    assert english.field("parking", "time") == "Time"
    assert english.value("parking", "lent") == "lent"
    assert english.field("repairs", "bay") == "bay"


def test_an_event_is_told_as_it_came_about_where_there_are_words_for_that(english: Tongue) -> None:
    told = {"bay": 7, "until": 8, "standing": "owner"}
    assert english.event("parking.bay_lent", {**told, "basis": "own_key"}) == "7 lent until 8"
    assert english.event("parking.bay_lent", {**told, "basis": "helper"}) == "7 lent by a helper"
    assert english.event("parking.bay_lent", {"bay": 7, "until": 8}) == "7 lent until 8"


def test_what_has_no_words_is_told_by_its_code(english: Tongue) -> None:
    assert english.refusal("parking.unheard_of", {"x": 1}) == "parking.unheard_of"
    assert english.command("parking.park") == "parking.park"
    assert english.text("no.such.text") == "no.such.text"


def test_a_fact_that_is_missing_never_stops_a_sentence(english: Tongue) -> None:
    assert english.refusal("parking.taken", {}) == "taken by —"


def test_a_refusal_on_the_ledger_is_told_by_its_own_sentence(english: Tongue) -> None:
    fields = {"command": "parking.lend_bay", "code": "parking.taken", "facts": {"by": "lent"}}
    assert english.event("kernel.refused", fields) == "Refused Lend a bay: taken by lent"


def test_values_are_shown_as_people_read_them(english: Tongue) -> None:
    until = 1_767_225_600_000
    told = english.event("parking.bay_lent", {"bay": bytes(range(16)), "until": until})
    assert told == f"00010203… lent until {clock_time(until)}"
    assert english.shown("parking", True) == "yes"
    assert english.shown("parking", {"commitment": bytes(32), "ciphertext_hash": bytes(32)}) == "sealed"
    assert english.shown("parking", ["lent", "free"]) == "lent, free"
    assert english.shown("parking", "lent,lent") == "lent, lent"
    assert english.shown("parking", "a sentence, with a comma") == "a sentence, with a comma"
    assert english.shown("parking", 2**53) == clock_time(2**53)


def test_names_can_take_the_place_of_identifiers(english: Tongue) -> None:
    told = english.event("parking.bay_lent", {"bay": b"1" * 16}, lambda name, _: "bay 12" if name == "bay" else None)
    assert told == "bay 12 lent until —"


def test_short_values_are_whole() -> None:
    assert short(b"\x01\x02") == "0102"
    assert short(bytes(32)) == "00000000…"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "de_DE"}, "en"),
        ({"LC_MESSAGES": "zh"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_TW"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_locale(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_a_value_of_a_neighbour_has_its_label_there_and_the_nearest_one_speaks() -> None:
    entries = {
        ("identity", "values"): {"desk": {"zh": "前台", "en": "desk"}, "helper": {"zh": "代办人", "en": "helper"}},
        ("repairs", "values"): {"desk": {"zh": "报修前台", "en": "repair desk"}},
    }
    words = Words(entries, {"identity": (), "repairs": ("identity",), "quotes": ("repairs", "identity")})
    english = words.tongue("en")
    assert [english.value(business, "desk") for business in ("quotes", "repairs", "identity")] == [
        *("repair desk", "repair desk", "desk")
    ]
    assert english.value("quotes", "helper") == "helper"
    assert english.value("parking", "helper") == "helper"
    assert english.field("quotes", "desk") == "desk"
    assert words.written("en")["quotes"] == {"beneath": {"repairs": "", "identity": ""}}
