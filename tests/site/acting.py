"""What people do on a page, for tests: fill in the form of a command, sign what the sheet says, tell what they see."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Frame, Locator, Page, expect

from tests.site.town import Site


def form_of(page: Page | Frame, command: str) -> Locator:
    """The form of a command, unfolded."""
    form = page.locator(f"form[data-command='{command}']")
    folded = form.locator("xpath=ancestor::details[not(@open)]")
    if folded.count():
        folded.locator("summary").first.click()
    return form


def fill(page: Page | Frame, command: str, **choices: str) -> Locator:
    """Fill in some of a command's fields; the form."""
    form = form_of(page, command)
    for name, value in choices.items():
        control = form.locator(f"[name={name}]")
        kind = control.first.get_attribute("type")
        if kind == "file":
            control.set_input_files(value)
        elif kind == "radio":
            radio = form.locator(f"[name={name}][value='{value}']")
            group = radio.locator("xpath=ancestor::details[not(@open)]")
            if group.count():
                group.locator("summary").first.click()
            radio.check()
        elif kind == "checkbox":
            for each in value.split(","):
                form.locator(f"[name={name}][value='{each}']").check()
        elif control.evaluate("control => control.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    return form


def sign(page: Page | Frame, form: Locator) -> None:
    """Hand in a form and say yes to its sheet."""
    form.locator("button[type=submit]").click()
    sheet = page.locator("dialog[open]")
    expect(sheet).to_be_visible()
    sheet.locator("button[value=yes]").click()


def act(page: Page | Frame, command: str, **choices: str) -> None:
    """Fill in, sign, and wait until the page moves on."""
    form = fill(page, command, **choices)
    with page.expect_navigation():
        sign(page, form)


def with_authenticator(page: Page) -> Page:
    """The page's device can hold passkeys, and its person always shows their finger."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    able = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options | able})
    return page


def add_passkey(page: Page, url: str) -> None:
    """On the page about oneself, with the present key; from then on the passkey signs."""
    with_authenticator(page)
    page.goto(f"{url}/me")
    before = page.locator("html").get_attribute("data-key")
    page.click("#add-passkey")
    with page.expect_navigation():
        page.locator("dialog[open] button[value=yes]").click()
    expect(page.locator("html")).not_to_have_attribute("data-key", before or "")


def home_of(page: Page | Frame) -> str:
    """The place that the form of a report begins with."""
    place = page.locator("form [name=place]").first
    chosen = place if place.get_attribute("type") else place.locator("option").nth(1)
    return chosen.get_attribute("value") or ""


def told(form: Locator) -> Locator:
    """What a form says of what became of it."""
    return form.locator(".told")


def part(site: Site, name: str, case: bytes, part_of: str) -> dict[str, Any]:
    """A part of the repair's page, as programs get it."""
    answer = site.community.caller(name).ask("GET", f"/repairs/{case.hex()}", headers={"Accept": "application/json"})
    found: dict[str, Any] = answer.json()["parts"][part_of]
    return found


def local(page: Page, time_ms: int) -> str:
    """A time as a `datetime-local` control of this browser holds it."""
    script = "t => new Date(t - new Date(t).getTimezoneOffset() * 6e4).toISOString().slice(0, 16)"
    found: str = page.evaluate(script, time_ms)
    return found
