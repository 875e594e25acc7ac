"""The scene of the repairs' tests with its address open to browsers, and a browser for each person.

with open_site(tmp_path) as site:
    anna = site.enter("anna")                     # a key of her own, made in the browser; she stands at her home
    anna.goto(site.url + "/report")
"""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from linlian.community.identity.rules_keys import AddKey
from linlian.community.repairs.tests.scene import RESIDENTS, Scene
from linlian.web.house import Guest, Stage
from tests.web.community import Community, open_community

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}
GUESTS = (
    *("anna", "bo", "helper", "desk", "clerk", "dispatcher", "repairer", "second", "building_head"),
    *("harmony_officer", "street_officer", "street_desk", "supervisor", "auditor", "owners_auditor"),
    *("owners_officer", "committee", "swift_officer"),
)
"""Whom a browser can be, as far as the scene has them."""
PLAIN = "plain.test"
"""A name for this machine that browsers do not take for their own: without encryption its pages may hold no keys."""
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser_path() -> str | None:
    """Where this machine's Chromium lies."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


class SceneGuests:
    """The scene's people lend their accounts, each by their own key, as a demo's people do."""

    def __init__(self) -> None:
        self.community: Community | None = None

    def people(self) -> list[Guest]:
        assert self.community is not None
        scene = self.community.scene
        return [
            Guest(name, scene.account(name), {"zh": name, "en": name}, {"zh": name, "en": name}, name not in RESIDENTS)
            for name in GUESTS
            if name in scene.people
        ]

    def stage(self) -> Stage | None:
        return Stage("anna", "dispatcher", "repairer")

    def admit(self, key: str, suite: str, public_key: bytes) -> bytes:
        assert self.community is not None
        raw = self.community.transaction(key, AddKey(suite=suite, public_key=public_key))
        self.community.node.ledger.submit(raw).result(30)
        return self.community.scene.account(key)


@dataclass
class Site:
    """A running site and a browser. `faults` are what pages complained about: scripts, requests, broken policy."""

    community: Community
    browser: Browser
    url: str
    faults: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def context(self, viewport: ViewportSize = PHONE, locale: str = "zh-CN", **more: object) -> BrowserContext:
        """A browser of its own, with nothing in it yet."""
        context = self.browser.new_context(viewport=viewport, locale=locale, **more)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return context

    def page(self, context: BrowserContext) -> Page:
        """A page whose complaints are heard, and which may ask nobody but this site."""
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", lambda told: self.faults.append(told.text) if _is_fault(told.type, told.text) else None)
        page.on("request", lambda asked: self._check_origin(asked.url))
        return page

    def enter(self, name: str, viewport: ViewportSize = PHONE, locale: str = "zh-CN", **more: object) -> Page:
        """Become somebody: the browser makes a key, and the page is theirs."""
        page = self.page(self.context(viewport, locale, **more))
        page.goto(f"{self.url}/enter")
        page.click(f"[data-guest={name}]")
        page.wait_for_url(lambda url: not url.endswith(("/enter", "/mine")))
        return page

    def _check_origin(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.faults.append(f"left the origin: {url}")


def _is_fault(kind: str, text: str) -> bool:
    # A "no" of the node comes with a status, which browsers put into the console; pages tell it in words. And whoever
    # leaves a page while it fetches its news breaks that off.
    left = text.startswith("htmx:") and "Failed to fetch" in text
    return kind == "error" and "Failed to load resource" not in text and not left


@contextmanager
def open_browser() -> Iterator[Browser]:
    """This machine's Chromium."""
    path = browser_path()
    assert path is not None, "the fixture skips where there is no browser"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", f"--host-resolver-rules=MAP {PLAIN} 127.0.0.1"]
        )
        yield browser
        browser.close()


@contextmanager
def open_site(folder: Path, browser: Browser, scene: Scene | None = None) -> Iterator[Site]:
    """Serve the scene, in real time from the scene's own on; its browsers are of this one.

    Its address is a name and no number, for a passkey belongs to a name.
    """
    guests = SceneGuests()
    with open_community(folder, scene, guests, running=True) as community:
        guests.community = community
        site = Site(community, browser, f"http://localhost:{community.client.base_url.port}")
        try:
            yield site
        finally:
            for context in site.contexts:
                context.close()


def photograph(path: Path, colour: Sequence[int] = (180, 90, 40), side: int = 64) -> Path:
    """A real PNG of one colour."""
    rows = b"".join(b"\0" + bytes(colour) * side for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    data = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    return path
