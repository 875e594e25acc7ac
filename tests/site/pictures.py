"""Pictures of every page at both sizes in both languages, to be looked at: `make pictures FOLDER=…`.

Besides: dark, large type at 200 %, a façade of few and of many houses, and a repair as it is printed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from tests.site.acting import form_of
from tests.site.lived_in import PUBLIC, LivedIn, lived_in
from tests.site.town import DESK, PHONE, Site, open_browser, open_site
from tests.site.walk import OUTSIDER, READERS, Place, walk

SIZES = {"phone": PHONE, "desk": DESK}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
SPECIAL = ("home", "report", "repair-asked", "front", "board")
"""What is also taken dark and in large type at 200 %."""


def main(folder: Path) -> int:
    """Take them all. Returns 0."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as home, open_browser() as browser:
        (Path(home) / "public.toml").write_text(PUBLIC, encoding="utf-8")
        lived = lived_in()
        with open_site(Path(home), browser, lived.scene) as site:
            for size in SIZES:
                for language in LOCALES:
                    for reader in READERS:
                        _of_reader(site, lived, folder, reader, f"{size}-{language}")
    return 0


def _of_reader(site: Site, lived: LivedIn, folder: Path, reader: str, look: str) -> None:
    size, language = look.split("-")
    viewport, locale = SIZES[size], LOCALES[language]
    page = (
        site.page(site.context(viewport, locale, reduced_motion="reduce"))
        if reader == OUTSIDER
        else site.enter(reader, viewport, locale, reduced_motion="reduce")
    )
    for place in walk(lived, site.community.node.ledger.head.height):
        if place.reader == reader:
            page.goto(site.url + place.path)
            page.screenshot(path=folder / f"{look}-{_name(place)}.png", full_page=True)
            if place.name in SPECIAL:
                _specially(site, page, folder / f"{look}-{_name(place)}")
    page.context.close()


def _specially(site: Site, page: Page, path: Path) -> None:
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=f"{path}-dark.png", full_page=True)
    page.emulate_media(color_scheme="light")
    size = page.viewport_size or PHONE
    page.context.add_cookies([{"name": "linlian_text", "value": "large", "url": site.url}])
    page.set_viewport_size({"width": size["width"] // 2, "height": size["height"] // 2})  # as at 200 %
    page.reload()
    page.screenshot(path=f"{path}-large.png", full_page=True)
    page.set_viewport_size(size)
    page.context.clear_cookies(name="linlian_text")
    page.reload()
    if path.name.endswith("repair-asked"):
        page.emulate_media(media="print")
        page.screenshot(path=f"{path}-print.png", full_page=True)
        page.emulate_media(media="screen")
        form_of(page, "repairs.confirm_repair").locator("button").click()
        page.screenshot(path=f"{path}-sheet.png")
        page.keyboard.press("Escape")


def _name(place: Place) -> str:
    return f"{place.reader or 'outsider'}-{place.name}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
