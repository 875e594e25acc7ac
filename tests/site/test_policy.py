"""No page has a script or a style of its own within it, none may be framed, and none names another host."""

from __future__ import annotations

import re

import pytest

from tests.site.lived_in import LivedIn
from tests.site.town import DESK, Site
from tests.site.walk import OUTSIDER, READERS, walk

INLINE = re.compile(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
ELSEWHERE = re.compile(r"(?:src|href|action)=[\"'](?:https?:)?//", re.IGNORECASE)


@pytest.mark.parametrize("reader", READERS, ids=lambda name: name or "outsider")
def test_nothing_stands_within_a_page_that_the_policy_would_have_to_allow(
    lived: tuple[LivedIn, Site], reader: str
) -> None:
    scene, site = lived
    page = site.page(site.context(DESK)) if reader == OUTSIDER else site.enter(reader, DESK)
    for place in walk(scene, site.community.node.ledger.head.height):
        if place.reader == reader:
            answer = page.request.get(site.url + place.path, headers={"Accept": "text/html"})
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert INLINE.findall(answer.text()) == [], place.path
            assert ELSEWHERE.findall(answer.text()) == [], place.path
