"""Photographs in a real browser: what is sealed is what they show. Bombs, disguises and broken files are told apart."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from linlian.kernel import codec
from linlian.vault.pictures import check
from tests.site.acting import fill, home_of, sign, told
from tests.site.town import Site
from tests.vault.hostile_pictures import BOMBS, SECRET, drawn, exif, gif, moving, photographs, saved

PHOTOS_MAX = 8
"""In one report."""
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><script>parent.ran = true</script></svg>"
PAGE = b"<!doctype html><script>parent.ran = true</script>"
TOO_MANY = "site.photo_too_many_points"
NO = {
    "bomb.png": (BOMBS["a PNG"], TOO_MANY),
    "largest.png": (BOMBS["a PNG of the largest size"], TOO_MANY),
    "bomb.jpg": (BOMBS["a JPEG"], TOO_MANY),
    "bomb.webp": (BOMBS["a WebP"], TOO_MANY),
    "bomb.gif": (gif(65_535, 65_535), TOO_MANY),
    "drawing.svg": (SVG, "site.not_a_photo"),
    "page.jpg": (PAGE, "site.not_a_photo"),
    "program.png": (b"MZ" + bytes(500), "site.not_a_photo"),
    "nothing.jpg": (b"", "site.not_a_photo"),
    "half.png": (saved("PNG", drawn(900, 700).effect_spread(90))[:400], "site.not_a_photo"),
    "head.jpg": (saved("JPEG")[:160], "site.not_a_photo"),
    "huge.jpg": (saved("JPEG") + bytes(64 * 1024 * 1024), "site.photo_too_large"),
}
YES = {
    **{name: data for name, data in photographs().items() if not name.startswith("a JPEG lying")},
    "a GIF that moves": moving("GIF"),
    "a WebP that moves": moving("WEBP"),
    "a PNG that moves": moving("PNG"),
    "fifty megabytes": saved("JPEG", drawn(6_000, 8_000)) + bytes(50_000_000),
}


def report(page: Page, site: Site, *files: Path) -> Locator:
    """Anna's report with these photographs, filled in."""
    page.goto(f"{site.url}/report")
    form = fill(page, "repairs.report_repair", place=home_of(page), category="water.leak", words="水管漏水")
    form.locator("[name=photos]").set_input_files([str(path) for path in files])
    return form


@pytest.mark.timeout(300)
def test_what_is_no_photograph_is_refused_with_a_reason_and_nothing_is_sealed(site: Site, tmp_path: Path) -> None:
    page = site.enter("anna")
    before = list(site.community.node.contents.files())
    for name, (data, code) in NO.items():
        path = tmp_path / name
        path.write_bytes(data)
        form = report(page, site, path)
        form.evaluate("form => form.querySelector('[name=words]').value = ''")
        sign(page, form)
        expect(told(form), name).to_contain_text(code, timeout=30_000)
        path.unlink()
    assert list(site.community.node.contents.files()) == before
    assert page.evaluate("globalThis.ran") is None


@pytest.mark.timeout(300)
def test_what_is_sealed_is_a_still_picture_that_says_nothing_more(site: Site, tmp_path: Path) -> None:
    page = site.enter("anna")
    photos = []
    for number, data in enumerate(YES.values()):
        photos.append(tmp_path / f"{number}.jpg")
        photos[-1].write_bytes(data)
    for start in range(0, len(photos), PHOTOS_MAX):
        form = report(page, site, *photos[start : start + PHOTOS_MAX])
        with page.expect_navigation(url="**/repairs/*", timeout=60_000):
            sign(page, form)
        for data in sealed_photos(site, page.url.rsplit("/", 1)[1]):
            check(data)
            assert SECRET not in data
            assert b"script" not in data
            with Image.open(io.BytesIO(data)) as image:
                assert image.format == "JPEG"
                assert max(image.size) <= 2048
                assert not image.getexif()


def test_a_photograph_taken_sideways_is_sealed_upright(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "sideways.jpg"
    path.write_bytes(saved("JPEG", drawn(480, 320), exif=exif(6)))
    page = site.enter("anna")
    form = report(page, site, path)
    with page.expect_navigation(url="**/repairs/*"):
        sign(page, form)
    (data,) = sealed_photos(site, page.url.rsplit("/", 1)[1])
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (320, 480)
        pixel = image.convert("RGB").getpixel((310, 20))
        assert isinstance(pixel, tuple)
        red, _, blue = pixel
        assert red > 150 > blue, "what was on top on the left is on the right now"


def sealed_photos(site: Site, case: str) -> list[bytes]:
    """What the vault holds of a report's photographs."""
    ledger, vault = site.community.node.ledger, site.community.node.contents
    block = next(ledger.follow(ledger.head.height))
    fields = [codec.decode_plain(entry)[3] for receipt in block.receipts for entry in receipt.entries]
    reported = next(each for each in fields if "photos" in each)
    assert reported["case"].hex() == case
    return [vault._unsealed(codec.typed(codec.Content, photo)) for photo in reported["photos"]]
