"""Lists brought in on a page, and the letters that come of them: whose hands hold what, and what a lost page loses."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from linlian.kernel.crypto import SoftwareKey
from tests.imports.untidy import untidy_houses
from tests.site.founder import Beginning, bring_in, found_community, prepare, show_letters, sign_sheet, small_lists
from tests.site.test_axe import violations
from tests.site.town import DESK, PHONE


def test_each_home_has_a_letter_that_names_nobody_else(beginning: Beginning, tmp_path: Path) -> None:
    page = beginning.page(DESK, "zh-CN")
    prepare(beginning, page)
    houses, people = small_lists(tmp_path)
    bring_in(beginning, page, "places", houses)
    bring_in(beginning, page, "people", people, "home")
    show_letters(page)
    told = page.locator(".letter").all_inner_texts()
    assert [sum(name in text for text in told) for name in ("赵一", "钱二", "孙三", "李四")] == [1, 0, 1, 1]
    assert violations(page) == []
    page.emulate_media(media="print")
    page.evaluate("document.documentElement.dataset.print = 'letters'")
    expect(page.locator("header.top")).to_be_hidden()
    heights = page.locator(".letter").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert all(1000 < height < 1123 for height in heights), "each on a page of its own"


def test_each_person_has_a_letter_and_they_are_there_again_until_they_are_printed(
    beginning: Beginning, tmp_path: Path
) -> None:
    page = beginning.page(DESK, "en-GB")
    prepare(beginning, page)
    houses, people = small_lists(tmp_path)
    bring_in(beginning, page, "places", houses)
    bring_in(beginning, page, "people", people, "person")
    show_letters(page)
    told = page.locator(".letter").all_inner_texts()
    names = ("赵一", "钱二", "孙三", "李四")
    assert sorted(sum(name in text for name in names) for text in told) == [1, 1, 1, 1]
    links = set(page.locator(".letter-code .bytes").all_inner_texts())

    bring_in(beginning, page, "people", people, "person")  # the page was closed before anything was printed
    show_letters(page)
    assert set(page.locator(".letter-code .bytes").all_inner_texts()) == links
    page.click("#printed")
    sign_sheet(page)
    expect(page.locator("#letters-card")).to_be_hidden()
    kept = page.evaluate(
        "() => new Promise(done => { indexedDB.open('linlian').onsuccess = opened => {"
        " opened.target.result.transaction('letters').objectStore('letters').count().onsuccess ="
        " counted => done(counted.target.result) } })"
    )
    assert kept == 0
    bring_in(beginning, page, "people", people, "person")
    expect(page.locator("#letters-card")).to_be_hidden()


def test_the_server_never_has_a_secret_of_a_letter(beginning: Beginning, tmp_path: Path) -> None:
    page = beginning.page(PHONE, "zh-CN")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if "/lists/" in request.url else None)
    prepare(beginning, page)
    houses, people = small_lists(tmp_path)
    bring_in(beginning, page, "places", houses)
    bring_in(beginning, page, "people", people, "person")
    show_letters(page)
    links = page.locator(".letter-code .bytes").all_inner_texts()
    secrets = [link.partition("#")[2].partition(".")[2] for link in links]
    assert len({*secrets}) == 4
    assert all(secret not in body for secret in secrets for body in asked)
    with sqlite3.connect(beginning.folder / "lists.sqlite") as side:
        known = {bytes(row[0]).hex() for row in side.execute("SELECT secret FROM letter")}
    assert known == {SoftwareKey("ed25519", bytes.fromhex(secret)).public_key.hex() for secret in secrets}
    assert known.isdisjoint(secrets)


def test_a_page_that_closes_in_the_middle_loses_nothing_and_repeats_nothing(
    beginning: Beginning, tmp_path: Path
) -> None:
    page = beginning.page(DESK, "en-GB")
    prepare(beginning, page)
    file = tmp_path / "houses.xlsx"
    untidy_houses().mended().write(file)
    page.goto(f"{beginning.url}/lists/places")
    page.set_input_files("#file", str(file))
    expect(page.locator("#bring")).to_be_visible()
    stops = iter((0, 1, 1))
    page.route("**/step", lambda route: route.continue_() if next(stops, 2) < 1 else route.abort())
    page.click("#go")
    sign_sheet(page)
    expect(page.locator("#ended .no")).to_contain_text("site.no_answer")
    page.close()

    again = beginning.contexts[-1].new_page()
    again.goto(f"{beginning.url}/lists/places")
    again.set_input_files("#file", str(file))
    expect(again.locator("#bring")).to_be_visible()
    again.click("#go")
    sign_sheet(again)
    expect(again.locator("#ended .yes")).to_be_visible(timeout=90_000)
    again.set_input_files("#file", str(file))
    expect(again.locator("#counts [data-result=unchanged] .figure")).to_have_text("1019")
    assert again.locator("#bring").is_hidden(), "there is nothing left to do"


def test_the_browser_signs_nothing_but_the_list(beginning: Beginning, tmp_path: Path) -> None:
    page = beginning.page(PHONE, "en-GB")
    prepare(beginning, page)
    houses, _ = small_lists(tmp_path)
    page.goto(f"{beginning.url}/lists/places")
    page.set_input_files("#file", str(houses))
    expect(page.locator("#bring")).to_be_visible()

    def slip_in(route: Any) -> None:
        answer = route.fetch()
        told = answer.json()
        if told["bodies"]:  # as a server would that wants a signature under something else
            other = bytes.fromhex(told["bodies"][0]).replace(b"places.register_place", b"identity.close_accoun")
            told["bodies"][0] = other.hex()
        route.fulfill(response=answer, json=told)

    page.route("**/step", slip_in)
    page.click("#go")
    sign_sheet(page)
    expect(page.locator("#ended .no")).to_contain_text("lists.foreign")


def test_lists_are_for_clerks_and_files_are_looked_at(beginning: Beginning, tmp_path: Path) -> None:
    page = beginning.page(DESK, "en-GB")
    found_community(beginning, page, beginning.code)
    page.wait_for_url("**/begin")
    for what in ("places", "people"):
        assert page.request.get(f"{beginning.url}/lists/{what}").status == 403
    page.click("[data-step=work] button")
    with page.expect_navigation():
        sign_sheet(page)
    assert page.request.get(f"{beginning.url}/lists/cars").status in (400, 404)
    page.goto(f"{beginning.url}/lists/places")
    wrong = {
        "picture.xlsx": (b"\x89PNG\r\n\x1a\n" + bytes(100), "import.file_damaged"),
        "empty.csv": (b"", "import.header_missing"),
        "binary.csv": (bytes(range(128, 256)) * 20, "import.not_readable_as_text"),
    }
    for name, (data, code) in wrong.items():
        file = tmp_path / name
        file.write_bytes(data)
        page.set_input_files("#file", str(file))
        expect(page.locator("#told .no")).to_contain_text(code)
        assert page.locator("#bring").is_hidden()
