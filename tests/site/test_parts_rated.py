"""How content they were, in a browser: said by those who like, by keyboard too; published of many and never of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from linlian.community import ratings
from linlian.community.ratings.rules import RateRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import Scene, found_scene
from tests.site.acting import act, form_of, part
from tests.site.lived_in import LivedIn
from tests.site.town import PHONE, Site
from tests.web.community import open_community

PART = "ratings.rating"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_stars_are_chosen_by_keyboard_and_none_beforehand(lives: tuple[LivedIn, Site], locale: str) -> None:
    lived, site = lives
    case = lived.cases[State.CLOSED]
    anna = site.enter("anna", PHONE, locale)
    anna.goto(f"{site.url}/repairs/{case.hex()}")
    expect(anna.locator("section.asks", has=anna.locator("form[data-command='ratings.rate_repair']"))).to_have_count(0)
    form = form_of(anna, "ratings.rate_repair")
    stars = form.locator("[name=stars]")
    expect(form.locator("[name=stars]:checked")).to_have_count(0)
    stars.first.focus()
    anna.keyboard.press("ArrowDown")
    expect(form.locator("[name=stars][value='4']")).to_be_checked()
    for reason in ("quick", "polite"):
        form.locator(f"[name=reasons][value={reason}]").check()
    act(anna, "ratings.rate_repair", words="He swept up, too.")
    (row,) = part(site, "anna", case, PART)["ratings"]
    assert (row["stars"], row["reasons"], row["basis"]) == (4, "quick,polite", "own_key")
    act(anna, "ratings.rate_repair", stars="5")
    (row,) = part(site, "anna", case, PART)["ratings"]
    assert (row["stars"], row["changes"]) == (5, 1)
    assert "swept" not in anna.content()


def test_figures_show_the_mean_of_five_and_nothing_of_four(tmp_path: Path) -> None:
    scene = found_scene(ratings.contract)
    for number in range(5):
        case = scene.in_state(State.CLOSED)
        scene.do("anna", RateRepair(case=case, stars=2 + number % 2))
        if number == 3:
            scene.town.advance(days=8)
            scene.report()  # rows know the time by the last block
            assert not means(tmp_path / "four", scene)
    scene.town.advance(days=8)
    scene.report()
    (mean,) = means(tmp_path / "five", scene)
    assert (mean["code"], mean["row"]["ratings"], mean["row"]["mean_tenths"]) == ("harmony", 5, 24)


def means(folder: Path, scene: Scene) -> list[dict[str, Any]]:
    """What outsiders are told of ratings, on the page of figures."""
    folder.mkdir()
    with open_community(folder, scene) as community:
        answer = community.caller().ask("GET", "/statistics", headers={"Accept": "application/json"})
        page = community.caller().ask("GET", "/statistics", headers={"Accept": "text/html", "Accept-Language": "en"})
    found: list[dict[str, Any]] = answer.json().get("parts", {}).get("ratings.means", {}).get("means", [])
    assert ("How content they were" in page.text) == bool(found)
    return found
