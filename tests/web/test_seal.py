"""The seal and the façade: the same picture everywhere, and no light that says more than it may."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from linlian.web.facade import Building, Light, Sky, facade_svg
from linlian.web.seal import SealKind, cells, letters, seal_svg

CASES = json.loads((Path(__file__).parents[2] / "frontend" / "test" / "seals.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["letters"])
def test_a_seal_is_the_picture_that_browsers_draw_too(case: dict[str, object]) -> None:
    identifier = bytes.fromhex(str(case["id"]))
    dark = set(cells(identifier))
    assert ["".join("#" if (c, r) in dark else "." for c in range(7)) for r in range(7)] == case["rows"]
    assert letters(identifier) == case["letters"]


def test_a_broken_seal_has_a_crack_and_a_label_is_escaped() -> None:
    svg = ElementTree.fromstring(seal_svg(bytes(8), SealKind.BROKEN, 'a "<b>"'))
    assert svg.get("aria-label") == 'a "<b>"'
    assert [path.get("class") for path in svg if path.tag == "path"].count("crack") == 1


def building(*lights: Light, name: str = "3 <栋>") -> Building:
    return Building(b"b" * 16, name, "三号楼", "/places/3?a=1&b=2", floors=6, homes_on_floor=4, lights=lights)


def counted(*buildings: Building, seed: bytes = b"seven") -> Counter[str]:
    picture = ElementTree.fromstring(facade_svg(buildings, Sky(seed), "今晚"))
    return Counter(rect.get("class", "") for rect in picture.iter("rect"))


def test_each_light_is_one_window() -> None:
    lit = counted(
        building(Light(1, waiting=2), Light(6, alarms=1), Light(0, waiting=1), Light(3, alarms=1, shaft=True))
    )
    assert (lit["waiting"], lit["alarm"]) == (3, 2)
    assert counted(building())["waiting"] == 0


def test_where_on_its_floor_a_light_stands_changes_with_the_seed_alone() -> None:
    one = building(Light(2, waiting=1))
    pictures = {facade_svg([one], Sky(bytes([hour])), "今晚") for hour in range(24)}
    assert facade_svg([one], Sky(b"\x01"), "今晚") in pictures
    assert len(pictures) > 12


def test_forty_buildings_still_fit_and_names_are_text() -> None:
    picture = ElementTree.fromstring(facade_svg([building() for _ in range(40)], Sky(b""), "今晚"))
    assert {text.text for text in picture.iter("text")} == {"3 <栋>"}
    places = [float(str(group.get("transform")).split("(")[1].split()[0]) for group in picture.iter("g")]
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] < 1000


@pytest.mark.parametrize(("name", "count", "shown"), [("Building 12", 12, "12"), ("Building 12", 3, "Building 12")])
def test_names_that_would_run_into_each_other_are_numbers(name: str, count: int, shown: str) -> None:
    named = replace(building(), name=name, short="12")
    picture = ElementTree.fromstring(facade_svg([named] * count, Sky(b""), "tonight"))
    assert {text.text for text in picture.iter("text")} == {shown}
