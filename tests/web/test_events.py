"""A stream of events misses nothing and repeats nothing, and tells nobody what is not for them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.web import events, newsroom
from tests.web.community import Community, open_community

PATH = "/api/v1/events"


@dataclass
class Event:
    """One event as a browser's EventSource would give it out."""

    id: str
    type: str
    data: Any


@dataclass
class Source:
    """An independent reader of `text/event-stream`, by the rules of the HTML standard: only whole events count."""

    last_id: str = ""
    retry: int = 0
    events: list[Event] = field(default_factory=list)
    _rest: bytes = b""
    _id: str = ""
    _type: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._line(line.decode())

    def cut(self) -> None:
        """The connection is gone: what was not whole is thrown away."""
        self._rest, self._id, self._type, self._data = b"", self.last_id, "", []

    def _line(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            self.last_id = self._id
            if self._data:
                self.events.append(Event(self._id, self._type or "message", json.loads("\n".join(self._data))))
            self._type, self._data = "", []
        elif name == "id":
            self._id = value
        elif name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        elif name == "retry":
            self.retry = int(value)


def read(
    community: Community, source: Source, path: str = PATH, most: int = 1 << 20, name: str = "", until: int = 0
) -> None:
    """Read a stream until so many bytes have come, or `until` events are there; then cut it."""
    caller = community.caller(name)
    headers = {**(caller.signature("GET", path, b"") if name else {})}
    if source.last_id:
        headers["Last-Event-ID"] = source.last_id
    timeout = 10 if until else 0.2  # a stream that has no more to say is cut there
    with suppress(httpx.ReadTimeout), community.client.stream("GET", path, headers=headers, timeout=timeout) as answer:
        assert answer.status_code == 200, answer.read()
        for piece in answer.iter_raw():
            source.feed(piece[:most])
            most -= len(piece)
            if most <= 0 or len(source.events) >= until > 0:
                break
    source.cut()
    assert len(source.events) >= until


def report(community: Community, count: int, name: str = "anna") -> None:
    for _ in range(count):
        raw = community.transaction(name, ReportRepair(place=community.scene.flat, category=Category.DOOR_LOCK))
        community.node.ledger.submit(raw).result()
    community.node.follower.wait_for(community.node.ledger.head.height)


def places(community: Community) -> list[str]:
    """All places of the ledger, in order, counted from its blocks."""
    found = []
    for block in community.node.ledger.follow(0):
        for index, receipt in enumerate(block.receipts):
            found += [f"{block.header.height}.{index}.{event}" for event in range(len(receipt.entries))]
        if block.header.height == community.node.ledger.head.height:
            return found
    raise AssertionError


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 6_000), min_size=1, max_size=12), more=st.integers(0, 3), signed=st.booleans())
def test_a_stream_that_is_cut_anywhere_resumes_without_gap_or_repeat(
    community: Community, cuts: list[int], more: int, signed: bool
) -> None:
    source, name = Source(last_id="0"), "anna" if signed else ""
    for number, most in enumerate(cuts):
        read(community, source, most=most, name=name)
        if number < more:
            report(community, 1)
    wanted = [place for place in places(community) if not place.startswith("0.")]
    read(community, source, name=name, until=len(wanted))
    assert [event.id for event in source.events] == wanted


def test_a_stream_survives_a_restart_of_the_node(tmp_path: Path) -> None:
    source, folder = Source(last_id="0"), tmp_path / "a"
    folder.mkdir()
    with open_community(folder) as first:
        read(first, source, most=4_000)
        scene = first.scene
    assert source.events
    folder = tmp_path / "b"
    folder.mkdir()
    with open_community(folder, scene) as second:
        report(second, 2)
        wanted = [place for place in places(second) if not place.startswith("0.")]
        read(second, source, until=len(wanted))
        assert [event.id for event in source.events] == wanted


def test_news_comes_as_it_is_committed_and_a_stream_begins_now(community: Community) -> None:
    source = Source()
    with listening(community, source) as heard:
        report(community, 3)
        heard(3)
        head = community.node.ledger.head.height
        assert [event.id for event in source.events] == [f"{head - back}.0.0" for back in (2, 1, 0)]
    assert source.retry == events.RETRY_MS


def test_an_outsider_hears_that_something_happened_and_nothing_else(community: Community) -> None:
    report(community, 1)
    source = Source(last_id=str(community.node.ledger.head.height - 1))
    read(community, source, until=1)
    (event,) = source.events
    assert event.type == "repairs.repair_reported"
    assert event.data["withheld"] is True
    assert {*event.data} == {"height", "receipt", "event", "time", "type", "withheld"}


@pytest.mark.parametrize(("name", "full"), [("anna", True), ("desk", True), ("cai", False), ("helper", False)])
def test_an_event_is_whole_for_its_parties_alone(community: Community, name: str, full: bool) -> None:
    report(community, 1)
    source = Source(last_id=str(community.node.ledger.head.height - 1))
    read(community, source, name=name, until=1)
    (event,) = source.events
    assert event.data["withheld"] is not full
    assert ("fields" in event.data) is full
    if full:
        assert event.data["fields"]["place"] == community.scene.flat.hex()


def test_a_stream_of_a_subject_is_for_those_who_may_read_its_history(community: Community) -> None:
    report(community, 2)
    whole = Source(last_id="0")
    read(community, whole, name="anna", until=len(places(community)) - len(genesis(community)))
    case = [event for event in whole.events if event.type == "repairs.repair_reported"][-1].data["fields"]["case"]
    source = Source(last_id="0")
    read(community, source, f"{PATH}?subject={case}", name="anna", until=1)
    assert [event.data["fields"]["case"] for event in source.events] == [case]
    answer = community.caller("cai").get(PATH, subject=bytes.fromhex(case))
    assert (answer.status_code, answer.json()["code"]) == (403, "web.not_for_you")
    assert community.caller().get(PATH, subject=bytes.fromhex(case)).status_code == 403


def test_a_filter_leaves_out_the_rest_and_still_resumes(community: Community) -> None:
    report(community, 2)
    source = Source(last_id="0")
    path = f"{PATH}?types=repairs.,places.occupancy_granted"
    wanted = [
        one
        for one in all_events(community)
        if one.type.startswith("repairs.") or one.type == "places.occupancy_granted"
    ]
    assert {one.type for one in wanted} == {"repairs.repair_reported", "places.occupancy_granted"}
    for most in (500, 900, 1_300):
        read(community, source, path, most=most)
    read(community, source, path, until=len(wanted))
    assert [event.id for event in source.events] == [event.id for event in wanted]


def test_a_quiet_stream_tells_where_it_is(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.05)
    report(community, 3)
    source = Source(last_id="0")
    read(community, source, f"{PATH}?types=council.", most=120)
    assert source.events == []
    assert source.last_id == str(community.node.ledger.head.height)


def test_whoever_does_not_stay_is_told_everything_and_let_go(community: Community) -> None:
    report(community, 2)
    source = Source()
    source.feed(community.client.get(PATH, params={"after": "0", "follow": "false"}).content)
    assert [event.id for event in source.events] == [place for place in places(community) if place[:2] != "0."]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"after": "x"}, 400, "web.wrong_value"),
        ({"after": "1.2"}, 400, "web.wrong_value"),
        ({"after": "999999"}, 409, "web.place_ahead"),
        ({"types": "Repairs!"}, 400, "web.wrong_value"),
        ({"types": ",".join(["a.b"] * 21)}, 400, "web.wrong_value"),
        ({"subject": "zz"}, 400, "web.wrong_value"),
        ({"colour": "red"}, 400, "web.unknown_parameter"),
    ],
)
def test_what_cannot_be_followed_is_said_to_be_so(
    community: Community, query: dict[str, str], status: int, code: str
) -> None:
    answer = community.caller().get(PATH, **query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_nobody_takes_all_the_streams(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsroom, "STREAMS_EACH_MAX", 2)
    with listening(community, Source()), listening(community, Source()):
        answer = community.caller().get(PATH)
        assert (answer.status_code, answer.json()["code"]) == (429, "web.too_many_streams")
        assert int(answer.headers["retry-after"]) > 0
        with listening(community, Source(), "anna"):  # somebody else is served
            assert b"linlian_event_streams 3.0" in community.client.get("/metrics").content
    wait_until_left(community)
    with listening(community, Source()):
        pass


def test_whoever_takes_nothing_is_dropped(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SEND_S", 0.3)
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.3)  # what is not taken is noticed when the next piece is to go
    whole, padding = events.event_bytes, b": " + b"x" * 1_000_000 + b"\n"
    monkeypatch.setattr(events, "event_bytes", lambda entry, full, named: padding + whole(entry, full, named))
    host, _, port = community.host.rpartition(":")
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((host, int(port)))
        deaf.sendall(f"GET {PATH}?after=0 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        wait_for(community, 1.0)
        wait_until_left(community)


def test_closing_the_node_lets_listeners_go(tmp_path: Path) -> None:
    source = Source()
    with open_community(tmp_path) as community, community.client.stream("GET", PATH, timeout=10) as answer:
        pieces = answer.iter_raw()
        source.feed(next(pieces))
        closing = threading.Thread(target=community.node.close)
        closing.start()
        assert b"".join(pieces) == b""
        closing.join(5)
        assert not closing.is_alive()


def genesis(community: Community) -> list[str]:
    return [place for place in places(community) if place.startswith("0.")]


def all_events(community: Community) -> list[Event]:
    source = Source(last_id="0")
    read(community, source, until=len(places(community)) - len(genesis(community)))
    return source.events


@contextmanager
def listening(community: Community, source: Source, name: str = "") -> Iterator[Any]:
    """Listen in a thread; call what is given to wait for so many events."""
    stop, changed, began = threading.Event(), threading.Condition(), threading.Event()

    def run() -> None:
        headers = community.caller(name).signature("GET", PATH, b"") if name else {}
        with (
            httpx.Client(base_url=community.client.base_url) as client,
            client.stream("GET", PATH, headers=headers, timeout=10) as answer,
        ):
            assert answer.status_code == 200
            for piece in answer.iter_raw():
                with changed:
                    source.feed(piece)
                    changed.notify_all()
                began.set()
                if stop.wait(0):
                    return

    def heard(count: int) -> None:
        with changed:
            assert changed.wait_for(lambda: len(source.events) >= count, 10)

    thread = threading.Thread(target=run)
    thread.start()
    assert began.wait(10)
    try:
        yield heard
    finally:
        stop.set()
        report(community, 1)
        thread.join(10)
        assert not thread.is_alive()


def wait_for(community: Community, value: float) -> None:
    """Until the figures say that so many streams are open."""
    for _ in range(500):
        if f"linlian_event_streams {value}\n" in community.client.get("/metrics").text:
            return
        threading.Event().wait(0.02)
    raise AssertionError(f"there are never {value} streams")


def wait_until_left(community: Community) -> None:
    wait_for(community, 0.0)
