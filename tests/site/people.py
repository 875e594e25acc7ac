"""The repairs' scene with sealed contents and openings, for the pages about people.

with open_people(tmp_path) as community:
    community.caller("anna").get("/household").text           # each request signed, no browser
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from linlian.community.identity.rules_keys import AddKey
from linlian.community.places import Capacity
from linlian.community.places.rules import SealDetails
from linlian.community.places.rules_occupancy import RIGHTS_OF
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from linlian.community.repairs.tests.scene import Scene, _invite, found_whole_scene, move_in
from linlian.community.staff import Trade
from linlian.community.staff.rules import IssueCard
from linlian.demo.pictures import draw
from linlian.kernel.contract import Command
from linlian.kernel.transaction import open_transaction
from linlian.web.house import Guest, Stage
from tests.site.town import Site
from tests.web.community import Community, open_community

WORDS = "厨房水管漏水"
DOOR = "301"
NAME = "王师傅"
GUESTS = ("anna", "helper", "repairer", "grid_worker", "harmony_officer", "street_officer", "owners_officer")


def people_scene() -> Scene:
    """Helper is a tenant who may invite; Nobody belongs nowhere."""
    scene = found_whole_scene()
    move_in(scene, "helper", scene.flat, Capacity.TENANT, RIGHTS_OF[Capacity.TENANT])
    _invite(scene, "desk", "nobody")
    return scene


@contextmanager
def open_people(folder: Path) -> Iterator[Community]:
    with open_community(folder, people_scene()) as community:
        yield community


def do(community: Community, name: str, command: Command) -> bytes:
    """Hand in a signed command, which must be accepted; the transaction's id."""
    raw = community.transaction(name, command)
    answer = community.caller(name).post("/api/v1/transactions", raw)
    assert answer.status_code == 201, answer.text
    return open_transaction(raw, community.node.ledger.chain).id


def page(community: Community, name: str, path: str, language: str = "en") -> str:
    """A page as somebody gets it."""
    answer = community.caller(name).ask("GET", path, headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status_code == 200, answer.text
    text: str = answer.text
    return text


def sealed_case(community: Community) -> bytes:
    """Anna's leak with words, her door number sealed, assigned to a repairer with a card and a face on it."""
    scene, vault = community.scene, community.node.contents
    do(community, "clerk", SealDetails(place=scene.flat, name=vault.put(DOOR.encode())))
    name, face = vault.put(NAME.encode()), vault.put(draw(7))
    card = IssueCard(account=scene.account("repairer"), trades=(Trade.PLUMBING,), name=name, photo=face)
    do(community, "clerk", card)
    report = ReportRepair(place=scene.flat, category=Category.WATER_LEAK, words=vault.put(WORDS.encode()))
    reported = do(community, "anna", report)
    final = community.node.ledger.find(reported)
    assert final is not None
    case: bytes = final.entries()[0][2]["case"]
    do(community, "desk", TriageRepair(case=case))
    do(community, "dispatcher", AssignRepair(case=case, executor=scene.account("repairer")))
    return case


class Everybody:
    """All people of the scene lend their accounts, each by their own key."""

    def __init__(self) -> None:
        self.community: Community | None = None

    def people(self) -> list[Guest]:
        assert self.community is not None
        scene = self.community.scene
        return [
            Guest(name, scene.account(name), {"zh": name, "en": name}, {"zh": "", "en": ""}, False) for name in GUESTS
        ]

    def stage(self) -> Stage | None:
        return None

    def admit(self, key: str, suite: str, public_key: bytes) -> bytes:
        assert self.community is not None
        do(self.community, key, AddKey(suite=suite, public_key=public_key))
        return self.community.scene.account(key)


@contextmanager
def open_people_site(folder: Path, browser: Browser) -> Iterator[Site]:
    """The same, in real time, with a browser; what its pages complain about is in `faults`."""
    guests = Everybody()
    with open_community(folder, people_scene(), guests, running=True) as community:
        guests.community = community
        yield Site(community, browser, str(community.client.base_url).rstrip("/"))


def enter(site: Site, name: str, viewport: ViewportSize, locale: str) -> Page:
    """Become somebody, with a key that this browser makes."""
    page = site.page(site.context(viewport, locale))
    page.goto(f"{site.url}/enter")
    page.click(f"[data-guest={name}]")
    arrived(page)
    return page


def arrived(page: Page) -> None:
    """Wait until whoever came in stands at their own first page."""
    page.wait_for_url(lambda url: not url.partition("#")[0].endswith(("/enter", "/join", "/mine")))
