"""Lists that wait to be brought in from a page: which of them are kept, and what is read of what a browser hands in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from linlian.node import source
from linlian.node.lists import KEPT_MAX, NodeLists
from linlian.web.errors import WebError
from linlian.web.listing import Beginning, Signed, read_told
from linlian.words import Words
from tests.imports.community import RULES, account_of, open_community

HOUSES = "楼栋,单元,房号\n1幢,1单元,101\n".encode()


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[NodeLists]:
    folder = tmp_path / "node"
    folder.mkdir()
    with open_community(folder) as community:
        words = Words.load(source.businesses())
        yield NodeLists(community.ledger, RULES, community.contents, folder, words)


def compare(lists: NodeLists) -> bytes:
    return lists.compare(account_of("harmony"), "places", "houses.csv", HOUSES, "en").job


def test_as_many_as_are_kept_wait_and_then_the_oldest_gives_way(lists: NodeLists) -> None:
    account = account_of("harmony")
    waiting = [compare(lists) for _ in range(KEPT_MAX)]
    for job in waiting:
        assert lists.step(account, job, 0, [], "en").counts["new"] == 1
    newest = compare(lists)
    with pytest.raises(WebError, match=r"web\.list_gone"):
        lists.step(account, waiting[0], 0, [], "en")
    for job in (*waiting[1:], newest):
        assert lists.step(account, job, 0, [], "en").state == "compared"


def test_a_list_is_its_clerks_own(lists: NodeLists) -> None:
    job = compare(lists)
    with pytest.raises(WebError, match=r"web\.list_gone"):
        lists.step(account_of("owners"), job, 0, [], "en")


@pytest.mark.parametrize("told", [b'{"keys":["abc"]}', b'{"keys":["AB"]}', b'{"keys":["xy"]}', b"{", b"[]", b"\xff"])
def test_what_is_no_hex_or_no_json_is_said_to_be_none(told: bytes) -> None:
    for kind, body in ((Beginning, told), (Signed, told.replace(b"keys", b"signatures"))):
        with pytest.raises(WebError, match=r"web\.not_json"):
            read_told(kind, body)
