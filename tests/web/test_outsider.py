"""Somebody who knows all about one repair at one home asks whatever can be asked, to find a second one there.

The outsider has what a party could have shown them: the case, the home, the reporter, the transaction and its bytes.
They go through every route with everything they have and everything they learn on the way. So does a resident of
another home, who has an account and a session's worth of rights, but none here. Neither may meet anything of the second
case, nor anything of the home or its people that they did not bring along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, product, zip_longest

import httpx
import pytest

from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import TO_DONE, Scene, content, found_scene
from linlian.community.repairs.views.published import record_of
from linlian.kernel import codec
from linlian.kernel.proof import ReceiptFile, RedactedFile, check_redacted
from linlian.web.app import PAGES
from linlian.web.operation import Operation, Parameter
from linlian.web.pages import PageSpec
from linlian.web.wire import schema_of
from tests.web.community import Caller, Community, batch, open_community

ROUNDS = 3
TRIES_MAX = 16
"""Of one operation in one round."""
QUIET_S = 2.0
TOKEN = re.compile(rb"[0-9a-f]{32,}")


@dataclass
class Secrets:
    """Two cases of one home, and the words of the first; others besides, so that there is a crowd."""

    known: dict[str, bytes]
    secret: dict[str, bytes]


def two_cases(scene: Scene) -> Secrets:
    """Two leaks at Anna's, days apart, the second reported with words; others at the stair, and one more at home."""
    first = scene.do("anna", ReportRepair(place=scene.flat, category=Category.WATER_LEAK))
    case_a = first.events[0].case  # type: ignore[attr-defined]
    scene.take(case_a, *TO_DONE, "confirm")
    for state in (State.REPORTED, State.DONE):
        scene.in_state(state, name="grid_worker", place=scene.stair)
    scene.town.advance(days=9)
    words = content("the second leak")
    second = scene.do("anna", ReportRepair(place=scene.flat, category=Category.WATER_LEAK, words=words))
    case_b = second.events[0].case  # type: ignore[attr-defined]
    assert scene.case(case_b).repeat_of == case_a
    scene.take(case_b, *TO_DONE)
    scene.report(name="bo", category=Category.DOOR_LOCK)
    known = {"case": case_a, "place": scene.flat, "account": scene.account("anna")}
    known |= {"transaction": first.block.item_id(first.index), "key": scene.people["anna"].key.key_id}
    known |= {"record": record_of(case_a), "raw": first.block.items[first.index]}
    secret = {
        "case": case_b,
        "transaction": second.block.item_id(second.index),
        "raw": second.block.items[second.index],
    }
    secret |= {"commitment": words.commitment, "ciphertext": words.ciphertext_hash}
    secret |= {"household": scene.account("bo"), "helper": scene.account("helper")}
    return Secrets(known, secret)


@pytest.fixture(scope="module")
def secrets() -> tuple[Scene, Secrets]:
    scene = found_scene()
    return scene, two_cases(scene)


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory, secrets: tuple[Scene, Secrets]) -> Iterator[Community]:
    with open_community(tmp_path_factory.mktemp("outsider"), secrets[0]) as opened:
        yield opened


@dataclass
class Crawl:
    """What one caller got out of the node: every answer, and every identifier in it."""

    caller: Caller
    operations: list[Operation | PageSpec]
    pool: dict[bytes, None]
    answers: list[tuple[str, int, bytes]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    brought: tuple[bytes, ...] = ()

    def run(self) -> None:
        for _ in range(ROUNDS):
            before = len(self.pool)
            for operation in self.operations:
                for path in islice(self.addresses(operation), TRIES_MAX):
                    self.ask(path)
            if len(self.pool) == before:
                return

    def ask(self, path: str) -> None:
        if path in self.asked:
            return
        self.asked.add(path)
        status, content, link = self.listen(path) if "/events" in path else self.fetch(path)
        self.answers.append((path, status, content))
        if status == 200 and "openapi" not in path and "docs" not in path:
            for token in TOKEN.findall(content):
                if len(token) % 2 == 0 and len(token) <= 64:
                    self.pool[bytes.fromhex(token.decode())] = None
            if link:
                self.ask(link.partition(">")[0].removeprefix("<"))

    def fetch(self, path: str) -> tuple[int, bytes, str]:
        answer = self.caller.get(path)
        return answer.status_code, answer.content, answer.headers.get("link", "")

    def listen(self, path: str) -> tuple[int, bytes, str]:
        """What a stream has to tell before it is quiet."""
        signed = self.caller.signature("GET", path, b"") if self.caller.person else {}
        said = b""
        with self.caller.community.client.stream("GET", path, headers=signed, timeout=QUIET_S) as answer:
            with suppress(httpx.ReadTimeout):
                for part in answer.iter_raw():
                    said += part
            return answer.status_code, said, ""

    def addresses(self, operation: Operation | PageSpec) -> Iterator[str]:
        """Every address of an operation that what is known can fill, what was brought along first, then the newest."""
        inside = [part for part in operation.parameters if part.place == "path"]
        asked = [part for part in operation.parameters if part.place == "query" and part.name not in ("cursor", "lang")]
        must = [part for part in asked if part.required]
        may = [part for part in asked if not part.required]
        for filled in product(*(self.values(part) for part in (*inside, *must))):
            path = operation.path
            for part, text in zip(inside, filled, strict=False):
                path = path.replace(f"{{{part.name}}}", text)
            fixed = [f"{part.name}={text}" for part, text in zip(must, filled[len(inside) :], strict=True)]
            yield path + ("?" + "&".join(fixed) if fixed else "")
            wished = [[f"{part.name}={text}" for text in self.values(part)] for part in may]
            for wishes in zip_longest(*wished):
                yield from (f"{path}?{'&'.join([*fixed, wish])}" for wish in wishes if wish is not None)

    def values(self, part: Parameter) -> list[str]:
        schema = schema_of(part.annotation)
        if "enum" in schema:
            return list(schema["enum"])
        if schema["type"] == "integer":
            return [str(number) for number in (1, 20, 1000) if number <= schema["maximum"]]
        if schema["type"] == "boolean":
            return ["true", "false"]
        if part.name == "after":
            return ["0"]
        if part.name == "table":
            return [*self.caller.community.node.rulebook.tables]
        if "pattern" in schema and "0-9a-f" in schema["pattern"]:
            least, most = schema.get("minLength", 0) // 2, schema.get("maxLength", 128) // 2
            candidates = dict.fromkeys((*self.brought, *reversed(self.pool)))
            return [known.hex() for known in candidates if least <= len(known) <= most]
        return ["water.leak", "repairs.no_case"]


def crawl(community: Community, caller: Caller, known: dict[str, bytes]) -> Crawl:
    """Everything this caller can get, beginning with what they know."""
    operations: list[Operation | PageSpec] = [
        each for each in community.app.state.operations if each.method == "GET" and not each.name.startswith("follow_")
    ]
    all_pages = (*PAGES, *community.app.state.desk.house.pages()[0])
    here = {name.partition(".")[0] for name in community.node.rulebook.commands} | {each.business for each in PAGES}
    operations += [spec for each in all_pages if each.business in here for spec in each.pages.values()]
    pool = {value: None for name, value in known.items() if name != "raw"}
    found = Crawl(caller, operations, pool, brought=tuple(pool))
    found.run()
    found.ask("/api/v1/events?after=0&follow=false")
    raw = known["raw"]
    for path, body in (("/api/v1/transactions", raw), ("/api/v1/transactions/batch", batch([raw]))):
        answer = caller.post(path, body)
        found.answers.append((path, answer.status_code, answer.content))
    return found


@pytest.mark.parametrize("name", ["", "cai"])
def test_who_knows_one_case_of_a_home_finds_no_second(
    community: Community, secrets: tuple[Scene, Secrets], name: str
) -> None:
    told = secrets[1]
    found = crawl(community, community.caller(name), told.known)
    assert len(found.answers) > 300
    good = [(path, body) for path, status, body in found.answers if status == 200]
    assert any("/events?after=0" in path and b"repairs.repair_reported" in body for path, body in good)
    assert len({path.partition("?")[0] for path, _ in good}) > 15
    for path, _, body in found.answers:
        for what, value in told.secret.items():
            assert value.hex().encode() not in body, f"{path} tells the {what} of the other case"
            assert value not in body, f"{path} holds the {what} of the other case"
    for path, body in good:
        for value in (told.known["place"], told.known["account"], told.known["case"]):
            echoed = value.hex() in path
            assert echoed or value.hex().encode() not in body, f"{path} says more of what was brought along"
            assert echoed or value not in body


def test_the_two_published_records_have_nothing_in_common_that_others_do_not_have(
    community: Community, secrets: tuple[Scene, Secrets]
) -> None:
    """Each value that both records show is also shown by a record of elsewhere, or of the household's other cases."""
    rows = community.caller().get("/api/v1/repairs/published_requests", limit=1000).json()["rows"]
    by_record = {row["record"]: row for row in rows}
    told = secrets[1]
    one = by_record[record_of(told.known["case"]).hex()]
    other = by_record[record_of(told.secret["case"]).hex()]
    assert one["place"] == other["place"] == ""
    tokens = [set(re.findall(r"[0-9a-f]{32,}", str(row))) for row in (one, other)]
    assert not tokens[0] & tokens[1]


def test_a_leaf_says_nothing_of_what_it_commits_to(community: Community) -> None:
    """Blocks give headers and leaves: as many bytes for one command as for another, and none of them its own."""
    outsider = community.caller()
    for height in range(1, community.node.ledger.head.height + 1):
        told = outsider.get(f"/api/v1/blocks/{height}").json()
        block = next(iter(community.node.ledger.follow(height)))
        assert [len(leaf) for leaf in told["leaves"]] == [64] * len(block.items)
        for item in block.items:
            plain = codec.decode_plain(item)
            assert str(plain) not in str(told)


@pytest.mark.parametrize(
    ("name", "sees"),
    [("", 401), ("cai", 403), ("swift_repairer", 403), ("clerk", 403), ("anna", 200), ("desk", 200), ("repairer", 200)],
)
def test_a_case_is_for_its_parties(community: Community, secrets: tuple[Scene, Secrets], name: str, sees: int) -> None:
    case_id, transaction = secrets[1].known["case"], secrets[1].known["transaction"]
    caller = community.caller(name)
    for path in ("/api/v1/repairs/request", "/api/v1/repairs/timeline"):
        assert caller.get(path, case_id=case_id).status_code == sees
    assert caller.get(f"/api/v1/histories/{case_id.hex()}").status_code == sees
    assert caller.get(f"/api/v1/receipts/{transaction.hex()}").status_code == sees
    absent = caller.get("/api/v1/repairs/request", case_id=bytes(16))
    assert absent.status_code == (403 if name else 401), "whether there is a case is not told either"


def test_a_redacted_receipt_proves_that_it_was_and_says_nothing_of_whom(
    community: Community, secrets: tuple[Scene, Secrets]
) -> None:
    case_id, transaction = secrets[1].known["case"], secrets[1].known["transaction"]
    full = codec.decode(ReceiptFile, community.caller("anna").get(f"/api/v1/receipts/{transaction.hex()}").content)
    answer = community.caller("").get(f"/api/v1/receipts/{transaction.hex()}/redacted")
    verdict = check_redacted(codec.decode(RedactedFile, answer.content), {})
    assert (verdict.item_id, verdict.outcome, verdict.withheld) == (transaction, "accepted", len(full.entries))
    assert verdict.height == full.header.height
    for told in (case_id, full.item, community.scene.account("anna"), community.scene.flat, *full.entries):
        assert told not in answer.content
    assert community.caller("").get(f"/api/v1/receipts/{bytes(32).hex()}/redacted").status_code == 404
