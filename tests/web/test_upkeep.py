"""What keeps a node going: limits that say when to come back, figures, health with reasons, logs without people."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.datastructures import Headers

from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.kernel.errors import Busy, LinlianError
from linlian.web.health import BEHIND_BLOCKS_MAX, reasons_against
from linlian.web.limits import CALLERS_MAX, Buckets, caller_of, network_of
from linlian.web.logs import JsonLines, PlainLines, set_up, take_down
from tests.web.community import Community, open_community


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_quota_and_then_says_when_there_is_more() -> None:
    time = Time()
    buckets = Buckets("address", 60, time)
    assert [buckets.take(b"a").remaining for _ in range(60)] == [*range(59, -1, -1)]
    verdict = buckets.take(b"a")
    assert (verdict.passes, verdict.wait_s) == (False, 1)
    assert buckets.take(b"b").passes
    time.now += verdict.wait_s
    assert buckets.take(b"a").passes
    assert not buckets.take(b"a").passes


@given(
    quota=st.integers(1, 500),
    steps=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 3)), min_size=1, max_size=200),
)
def test_nobody_gets_more_than_quota_and_refill_and_whoever_waits_as_told_passes(
    quota: int, steps: list[tuple[float, int]]
) -> None:
    time = Time()
    buckets, began, passed = Buckets("x", quota, time), time.now, 0
    for pause, cost in steps:
        time.now += pause
        verdict = buckets.take(b"a", cost)
        passed += min(cost, quota) if verdict.passes else 0
        assert 0 <= verdict.remaining <= quota
        if not verdict.passes:
            time.now += verdict.wait_s + 1e-6
            assert buckets.take(b"a", cost).passes
            passed += min(cost, quota)
        assert passed <= quota + (time.now - began) * quota / 60 + 1e-3


def test_buckets_are_few_however_many_call() -> None:
    buckets = Buckets("x", 5, Time())
    for number in range(CALLERS_MAX + 50):
        buckets.take(number.to_bytes(4, "big"))
    assert len(buckets._left) == CALLERS_MAX


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # nobody vouches for what a stranger says
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.1"),
    ],
)
def test_the_caller_is_whoever_a_trusted_proxy_says_it_is(peer: str, forwarded: list[str], caller: str) -> None:
    headers = Headers(raw=[(b"x-forwarded-for", one.encode()) for one in forwarded])
    assert caller_of({"client": (peer, 1)}, headers, ("10.0.0.1", "10.0.0.2")) == network_of(caller)


def test_an_ipv6_network_is_one_caller() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:203.0.113.9") == network_of("203.0.113.9")
    assert network_of("nonsense") == network_of("") == b""


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Community]:
    """Five requests a minute from an address, three from an account."""
    with open_community(tmp_path, per_minute_address=5, per_minute_account=3) as opened:
        yield opened


def test_whoever_asks_too_often_is_told_when_to_come_back(strict: Community) -> None:
    answers = [strict.client.get("/api/v1/node") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"address";q=5;w=60'
    assert answers[0].headers["ratelimit"].startswith('"address";r=4;t=')
    last = answers[-1]
    assert last.json()["code"] == "web.too_often"
    assert 1 <= int(last.headers["retry-after"]) <= 12
    assert last.headers["content-type"] == "application/problem+json"
    for path in ("/healthz", "/readyz", "/metrics"):
        assert strict.client.get(path).status_code == 200


def test_an_account_has_a_limit_of_its_own(tmp_path: Path) -> None:
    with open_community(tmp_path, per_minute_account=3) as community:
        anna, cai = community.caller("anna"), community.caller("cai")
        assert anna.person is not None
        answers = [anna.get("/api/v1/ledger/items_of", signer=anna.person.account) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert cai.person is not None
        assert cai.get("/api/v1/ledger/items_of", signer=cai.person.account).status_code == 200


def test_a_full_queue_says_when_to_come_back(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise Busy(2_500)

    monkeypatch.setattr(community.node.ledger, "submit", busy)
    answer = community.caller("anna").do(ReportRepair(place=community.scene.flat, category=Category.OTHER))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


def figures(community: Community) -> dict[str, float]:
    """Every sample as Prometheus' own reader has it: name{labels} → value."""
    found = {}
    for family in text_string_to_metric_families(community.client.get("/metrics").text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_figures_say_how_things_stand(community: Community) -> None:
    head = community.node.ledger.head
    found = figures(community)
    assert found["linlian_ledger_height{}"] == found["linlian_readmodel_height{}"] == head.height
    assert found["linlian_ledger_time_seconds{}"] == head.time / 1000
    assert found["linlian_readmodel_lag_blocks{}"] == found["linlian_ledger_waiting{}"] == 0


def test_nothing_that_a_caller_chooses_becomes_a_label(community: Community) -> None:
    for number in range(5):
        community.client.get(f"/nothing/{number}")
        community.client.request(f"X{number}", "/api/v1/node")
        community.client.get("/api/v1/events", params={"after": f"x{number}"})
        community.client.get(f"/api/v1/transactions/{number:064x}")
    found = figures(community)
    requests = {name: value for name, value in found.items() if name.startswith("linlian_http_requests_total")}
    assert requests["linlian_http_requests_total{method=GET,route=unknown,status=404}"] == 5
    assert requests["linlian_http_requests_total{method=GET,route=/api/v1/transactions/{transaction},status=404}"] == 5
    assert len(requests) <= 8
    assert found["linlian_noes_total{code=web.wrong_value}"] == 5


def test_figures_are_for_those_who_are_near(community: Community) -> None:
    through = community.client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (through.status_code, through.json()["code"]) == (404, "web.no_such_route")


def test_health_is_told_with_reasons(community: Community) -> None:
    assert community.client.get("/healthz").json() == {"alive": True}
    assert community.client.get("/readyz").json() == {"ready": True, "reasons": []}
    community.node.ledger.close()
    answer = community.client.get("/readyz")
    assert answer.status_code == 503
    (reason,) = answer.json()["reasons"]
    assert reason["code"] == "engine.closed"
    assert {*reason["sentences"]} == {"zh", "en"}
    assert community.client.get("/healthz").status_code == 200


def test_rows_far_behind_are_a_reason() -> None:
    def fine() -> None:
        return

    def stopped() -> None:
        raise LinlianError("store.failed", reason="disk")

    assert reasons_against(fine, BEHIND_BLOCKS_MAX, 0) == []
    assert [error.code for error in reasons_against(fine, BEHIND_BLOCKS_MAX + 1, 0)] == ["readmodel.behind"]
    assert [error.code for error in reasons_against(stopped, 5_000, 0)] == ["store.failed", "readmodel.behind"]


def logged(community: Community, how: str) -> str:
    """What stands in the log of some requests. A line is written after its answer, so the last one is waited for."""
    out = Heard()
    handler = set_up(how, out)
    try:
        ask_around(community)
        for _ in range(ASKED_AROUND if how == "json" else 0):
            assert out.answered.acquire(timeout=10), out.getvalue()
    finally:
        take_down(handler)
    return out.getvalue()


class Heard(io.StringIO):
    """A log in memory that tells of each line which says that a request was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Semaphore(0)

    def write(self, text: str) -> int:
        size = super().write(text)
        if '"answered"' in text:
            self.answered.release()
        return size


ASKED_AROUND = 5


def ask_around(community: Community) -> None:
    anna = community.caller("anna")
    anna.do(ReportRepair(place=community.scene.flat, category=Category.OTHER))
    anna.get("/api/v1/events", subject=community.scene.flat, after="secret-place")
    community.client.get("/nothing/anna-rosa?phone=13800001234", headers={"Authorization": "Bearer whsec_topsecret"})
    community.client.get("/healthz", headers={"X-Request-Id": "caller-chosen-1"})
    community.client.get("/healthz", headers={"X-Request-Id": "bad id\twith 13800001234"})


def test_a_line_of_the_log_is_json_with_the_request_it_belongs_to(community: Community) -> None:
    lines = [json.loads(line) for line in logged(community, "json").splitlines()]
    answered = [line for line in lines if line["message"] == "answered"]
    assert [(line["method"], line["route"], line["status"]) for line in answered] == [
        ("POST", "/api/v1/transactions", 201),
        ("GET", "/api/v1/events", 400),
        ("GET", "unknown", 404),
        ("GET", "/healthz", 200),
        ("GET", "/healthz", 200),
    ]
    assert answered[1]["code"] == "web.wrong_value"
    assert answered[3]["request"] == "caller-chosen-1"
    assert len({line["request"] for line in answered}) == 5
    assert all({"time", "level", "logger", "message", "request", "ms"} <= {*line} for line in answered)


def test_the_log_holds_nobody_and_no_secret(community: Community) -> None:
    text = logged(community, "json")
    scene = community.scene
    for secret in ("13800001234", "anna-rosa", "whsec_", "secret-place", "Bearer", "127.0.0.1", scene.flat.hex()):
        assert secret not in text
    assert all(person.account.hex() not in text for person in scene.people.values())


def test_the_answer_tells_its_request_id(community: Community) -> None:
    brought = community.client.get("/healthz", headers={"X-Request-Id": "caller-chosen-1"})
    assert brought.headers["x-request-id"] == "caller-chosen-1"
    assert len(community.client.get("/healthz", headers={"X-Request-Id": "x"}).headers["x-request-id"]) == 16


def test_text_is_for_people_and_speaks_of_trouble_alone(community: Community) -> None:
    assert logged(community, "text") == ""
    record = logging.LogRecord("linlian.web", logging.ERROR, "", 1, "bug %s", ("7",), None)
    assert PlainLines().format(record).endswith("ERROR linlian.web: bug 7")


def test_a_trace_stays_on_one_line() -> None:
    try:
        raise ValueError("line\nbreak")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "bug", (), (type(error), error, error.__traceback__))
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["trace"].endswith("ValueError: line\nbreak")
