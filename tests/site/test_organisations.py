"""A receipt that several organisations keep, on the page: who vouches is told by name, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from linlian.cli.trust import network_text, write_network
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import found_scene
from linlian.kernel import codec
from linlian.kernel.codec import replace
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.lightclient import TRUSTING_PERIOD_MS, TrustRoot
from linlian.testing.validators import Validators
from tests.site.town import DESK, open_site

KEYS = [SoftwareKey("ed25519", b"s%31d" % number) for number in range(8)]
NAMES = {key.public_key: name for key, name in zip(KEYS, ("街道办", "Property", "Owners", "Department"), strict=False)}


@pytest.fixture
def shown(tmp_path: Path, browser: Any) -> Iterator[tuple[Page, Any]]:
    """The page with no network any more, and a receipt as the operator hands it out."""
    scene = found_scene()
    scene.in_state(State.DONE)
    with open_site(tmp_path, browser, scene) as site:
        ledger = site.community.node.ledger
        block = next(iter(ledger.follow(ledger.head.height)))
        file = ledger.prove_receipt(block.item_id(block.runs))
        context = site.context(DESK, "en-GB")
        page = site.page(context)
        four = Validators(file.chain, dict.fromkeys(KEYS[:4], 10))
        root = TrustRoot(file.chain, 1, file.anchor.header.time, four.set)
        write_network(site.community.node.settings.folder, root, NAMES)
        page.goto(f"{site.url}/verify")
        page.wait_for_load_state("networkidle")
        context.set_offline(True)
        page.clock.set_fixed_time(file.anchor.header.time / 1000 + 1)
        yield page, file
        assert site.faults == []


def verdict(page: Page, file: Any, trust: str | None = None) -> tuple[str, str, str]:
    """(verdict, code, what it says)"""
    page.evaluate("() => document.querySelector('#verdict').replaceChildren()")
    if trust is not None:
        page.locator("#trust").fill(trust)
        page.locator("#trust").dispatch_event("change")
    page.set_input_files("#proof-file", {"name": "r", "mimeType": "application/cbor", "buffer": codec.encode(file)})
    card = page.locator("[data-verdict]")
    expect(card).to_be_visible()
    text = " ".join(card.locator("p").all_inner_texts())
    return card.get_attribute("data-verdict") or "", card.get_attribute("data-code") or "", text


def test_the_page_names_the_organisations_who_vouch(shown: tuple[Page, Any]) -> None:
    page, file = shown
    four = Validators(file.chain, dict.fromkeys(KEYS[:4], 10))
    new = Validators(file.chain, dict.fromkeys(KEYS[4:], 10))
    now = file.anchor.header.time
    trust = network_text(TrustRoot(file.chain, 1, now, four.set), NAMES)
    together = replace(file, anchor=four.vouch(file.anchor, 9, absent=[KEYS[3]]))

    for believed in (None, trust):  # what the node itself says, and what the reader puts in its place
        found, _, said = verdict(page, together, believed)
        assert found == "good", said
        assert "More than two thirds of the validators" in said
        assert all(name in said for name in ("街道办", "Property", "Owners", "of 4"))
        assert "Department" not in said

    found, _, said = verdict(page, together, "")
    assert found == "unvouched"
    assert "those that the file itself names" in said

    old = network_text(TrustRoot(file.chain, 1, now - TRUSTING_PERIOD_MS, four.set), NAMES)
    later = network_text(TrustRoot(file.chain, 500, now, new.set), NAMES)
    few = replace(file, anchor=four.vouch(file.anchor, 9, absent=KEYS[:2]))
    strangers = replace(file, anchor=new.vouch(file.anchor, 9))
    [block] = together.anchor.light_blocks
    unsigned = four.sign(replace(block.header, app_hash=bytes(32)))
    cases = {
        "kernel.trust_root_expired": (together, old),
        "kernel.validators_of_the_past": (together, later),
        "kernel.commit_too_few": (few, trust),
        "kernel.validators_unknown": (strangers, trust),
        "kernel.app_hash_differs": (replace(file, anchor=replace(together.anchor, light_blocks=(unsigned,))), trust),
    }
    for code, (wrong, trusted) in cases.items():
        found, told, said = verdict(page, wrong, trusted)
        assert (found, told) == ("wrong", code)
        assert "{" not in said
        assert ("Do not rely on it" in said) is (code != "kernel.trust_root_expired")
