"""What the story of a fund needs beside it: everybody's browsers, a regulator's page that is timed, recipients."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, ViewportSize, expect

from linlian.community.programmes.rules import Form
from linlian.community.programmes.rules_entitling import EnterEntitlement, RegisterRecipient
from linlian.community.programmes.tests.rounds import mark
from linlian.community.repairs.tests.scene import DAY, Scene
from linlian.kernel.contract import Command
from tests.site.acting import form_of, sign
from tests.site.town import Site

MEALS, RECIPIENTS = 48_000, 40
KNOWN = ("bo", "grandmother", "cai")
"""Recipients with an account: two with a key, and one for whom a neighbour confirms."""
WATCHER = """
window.changes = [];
addEventListener("DOMContentLoaded", () => {
  const told = () => {
    const main = document.querySelector("main").cloneNode(true);
    main.querySelectorAll("time").forEach((time) => time.remove());
    return main.textContent;
  };
  let last = told();
  new MutationObserver(() => {
    const now = told();
    if (now !== last) window.changes.push(Date.now());
    last = now;
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
});
"""
"""Notes when what the page says changes, but for clocks that count down."""


@dataclass
class Regulator:
    """The regulator's page, which nobody touches: how long after its commit each step is seen there."""

    site: Site
    page: Page
    committed: dict[int, float] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.site.community.node.when_moved(self._note)
        self.page.context.add_init_script(WATCHER)

    def _quiet(self) -> int:
        """How often the page has changed, once it has shown all that was."""
        seen, now = -1, 0
        while seen != now:
            seen = now
            self.page.wait_for_timeout(400)
            now = self.page.evaluate("changes.length")
        return now

    def _note(self, height: int) -> None:
        self.committed.setdefault(height, time.time())

    def look(self, path: str) -> None:
        with self.page.expect_response(lambda answer: "/api/v1/events" in answer.url):
            self.page.goto(f"{self.site.url}{path}")

    def sees(self, name: str, step: Callable[[], Any]) -> None:
        height, seen = self.site.community.node.ledger.head.height, self._quiet()
        step()
        deadline = time.monotonic() + 5
        while (at := self.page.evaluate(f"changes[{seen}] ?? 0")) == 0:
            assert time.monotonic() < deadline, f"{name}: the regulator's page does not change"
            self.page.wait_for_timeout(20)
        self.delays[name] = at / 1000 - self.committed[height + 1]


class People(dict[str, Page]):
    """Everybody's browser, opened when they are first needed."""

    def __init__(self, site: Site, viewport: ViewportSize, locale: str):
        super().__init__()
        self.site, self.viewport, self.locale = site, viewport, locale

    def __missing__(self, name: str) -> Page:
        self[name] = page = self.site.enter(name, self.viewport, self.locale)
        return page

    def at(self, name: str, path: str) -> Page:
        self[name].goto(f"{self.site.url}{path}")
        return self[name]

    def id(self, name: str) -> bytes:
        """An account, or the organisation of this name."""
        scene: Scene = self.site.community.scene
        return scene.account(name) if name in scene.people else scene.organisation(name)

    def do(self, name: str, command: Command) -> list[dict[str, Any]]:
        """What a program of somebody's hands in; the fields of its events."""
        answer = self.site.community.caller(name).do(command)
        assert answer.status_code == 201, answer.text
        return [entry["fields"] for entry in answer.json()["entries"]]

    def now(self) -> int:
        return self.site.community.clock()


def agree(page: Page, command: str) -> None:
    """Sign a form that asks for nothing."""
    with page.expect_navigation():
        sign(page, form_of(page, command))


def later(people: People, days: int) -> None:
    """Time goes on, what is due is done, and everybody's browser opens a new session, since the old ones are over."""
    community = people.site.community
    height = community.node.ledger.head.height
    community.clock.now += days * DAY
    community.node.ledger.submit_many([])  # the ledger looks at its clock
    deadline = time.monotonic() + 10
    while community.node.reached <= height and time.monotonic() < deadline:
        time.sleep(0.02)
    assert community.node.reached > height, "a timer was due"
    for page in people.values():
        page.goto(f"{people.site.url}/me")
        expect(page.locator("html")).not_to_have_attribute("data-account", "")


def enter_recipients(people: People, programme: str, cycle: str) -> set[str]:
    """Forty of them: those with an account by the clerk's own program, all others from a spreadsheet on its page. The
    fund's names of the former."""
    until = people.now() + 90 * DAY
    told = people["clerk"].request.get(
        f"{people.site.url}/programmes/{programme}", headers={"Accept": "application/json"}
    )
    fund, known = bytes.fromhex(told.json()["programme"]["fund"]), set()
    for name in KNOWN:
        who = people.site.community.node.contents.put(name.encode())
        command = RegisterRecipient(fund=fund, mark=mark(name), particulars=who, account=people.id(name))
        (registered,) = people.do("clerk", command)
        entry = EnterEntitlement(
            cycle=bytes.fromhex(cycle),
            recipient=bytes.fromhex(registered["recipient"]),
            form=Form.SERVICE,
            amount_minor=MEALS,
            currency="CNY",
            until=until,
            quantity=40,
            unit="meal",
        )
        people.do("clerk", entry)
        known.add(registered["recipient"])
    last_day = datetime.fromtimestamp(until / 1000, UTC).strftime("%Y-%m-%d")
    lines = [f"受助人{at},LL-{at:04d},480.00,服务,40,meal,{last_day}" for at in range(len(KNOWN), RECIPIENTS)]
    sheet = "\n".join(("姓名,证件号码,金额,发放形式,数量,单位,有效期止", *lines)).encode("utf-8-sig")
    clerk = people.at("clerk", f"/rounds/{cycle}/recipients")
    file: Any = {"name": "recipients.csv", "mimeType": "text/csv", "buffer": sheet}
    clerk.set_input_files("#file", file)
    expect(clerk.locator("#counts [data-result=new] .figure")).to_have_text(str(len(lines)))
    clerk.click("#go")
    clerk.locator("dialog[open] button[value=yes]").click()
    expect(clerk.locator("#ended .yes")).to_be_visible(timeout=60_000)
    return known


def choose(form: Any, name: str, value: str) -> None:
    control = form.locator(f"[name={name}]").first
    if control.evaluate("control => control.tagName") == "SELECT":
        control.select_option(value)
    else:
        form.locator(f"[name={name}][value='{value}']").check()


def leave(page: Page, step: Callable[[], None]) -> None:
    with page.expect_navigation():
        step()


def wav() -> bytes:
    """A tenth of a second of silence."""
    samples = bytes(1600)
    head = b"RIFF" + (36 + len(samples)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    told = (1, 1), (8000, 16000), (2, 16)
    form = b"".join(value.to_bytes(2 if pair != 1 else 4, "little") for pair, both in enumerate(told) for value in both)
    return head + form + b"data" + len(samples).to_bytes(4, "little") + samples
