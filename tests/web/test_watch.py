"""Watching over the money from outside: what the page says to whom, and how a regulator's own systems hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks.webhooks as judge

from linlian.community.funds.rules import Access, Source
from linlian.community.funds.rules_asking import AnswerQuestion, AskQuestion
from linlian.community.funds.rules_founding import GrantAccess
from linlian.community.funds.rules_income import RecordIncome
from linlian.community.identity import Role
from linlian.community.repairs.tests.scene import DAY, HOUR, content, found_whole_scene, hire
from linlian.community.transfers.tests.followed import Followed, follow
from linlian.kernel.contract import Command
from linlian.node.folder import LEDGER
from linlian.node.webhooks import subscribe, webhooks_file
from linlian.notify import News, Subscriptions
from linlian.notify.courier import Courier, Surroundings
from tests.notify.post import Told, deliver
from tests.notify.receiver import Receiver
from tests.web.community import Community, open_community
from tests.web.test_events import Source as Stream
from tests.web.test_events import read

MONEY = ("funds.", "programmes.", "transfers.")
PATH = "/api/v1/events?types=funds.,programmes.,transfers."


@pytest.fixture
def money(tmp_path: Path) -> Iterator[tuple[Community, Followed]]:
    scene = found_whole_scene()
    hire(scene, "owners", "auditor", Role.AUDITOR)
    lived = follow(scene)
    (tmp_path / LEDGER).touch()  # this node keeps its ledger in memory; subscriptions lie beside where it would be
    with open_community(tmp_path, scene, webhook_hosts="127.0.0.1") as community:
        yield community, lived


def watched(community: Community, name: str = "", **asked: Any) -> Any:
    """The page as programs get it."""
    query = "&".join(f"{key}={value.hex() if isinstance(value, bytes) else value}" for key, value in asked.items())
    answer = community.caller(name).ask("GET", f"/watch?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def do(community: Community, name: str, command: Command) -> Any:
    answer = community.caller(name).do(command)
    assert answer.status_code == 201, answer.text
    return answer.json()["entries"]


def steps_there(community: Community) -> list[str]:
    """The places of all events of money, counted from the blocks."""
    found = []
    for height in range(community.node.ledger.head.height + 1):
        block = next(iter(community.node.ledger.follow(height)))
        for index, receipt in enumerate(block.receipts):
            found += [
                f"{height}.{index}.{place}"
                for place, entry in enumerate(receipt.entries)
                if any(one.encode() in entry[:60] for one in MONEY)
            ]
    return found


def test_each_reader_is_shown_their_level(money: tuple[Community, Followed]) -> None:
    community, lived = money
    do(
        community,
        "owners_officer",
        GrantAccess(fund=lived.fund, organisation=community.scene.organisation("swift"), access=Access.AUDIT),
    )
    told = {name: watched(community, name) for name in ("", "anna", "street_desk", "supervisor", "auditor", "clerk")}
    assert {name: page["level"] for name, page in told.items()} == dict.fromkeys(told, "public") | {
        "supervisor": "full"
    }
    assert told["supervisor"]["mine"]
    chosen = {
        name: watched(community, name, fund=lived.fund)["level"]
        for name in (*told, "swift_officer", "swift_dispatcher")
    }
    assert chosen == {
        "": "public",
        "anna": "public",
        "street_desk": "public",
        "supervisor": "full",
        "auditor": "full",
        "clerk": "full",
        "swift_officer": "audit",
        "swift_dispatcher": "audit",
    }
    (fund,) = told[""]["funds"]
    (same,) = told["supervisor"]["funds"]
    assert fund["here_minor"] == same["here_minor"] > 0
    assert [row["kind"] for row in fund["alerts"]] == [row["kind"] for row in same["alerts"]] != []
    audited = watched(community, "swift_officer", fund=lived.fund)["steps"]
    assert {step["who"] + step["record"] + step["item_id"] for step in audited} == {""}
    assert {step["cycle"] + step["sender"] + step["acted"] for step in told[""]["steps"]} == {""}


def test_filters_and_pages_lead_through_every_step(money: tuple[Community, Followed]) -> None:
    community, lived = money
    after, found = "", []
    while True:
        page = watched(community, "supervisor", fund=lived.fund, after=after)
        found += [step["place"] for step in page["steps"]]
        after = page["next"]
        if not after:
            break
    assert found == sorted(steps_there(community), key=lambda text: [*map(int, text.split("."))], reverse=True)
    late = watched(community, "supervisor", late="true")["steps"]
    assert late
    assert all(step["late"] for step in late)
    large = watched(community, "supervisor", over=8_600)["steps"]
    assert {step["name"] for step in large} >= {"funds.gift_received", "programmes.programme_drafted"}
    assert all(step["amount_minor"] >= 860_000 for step in large)
    bare = community.client.get("/watch?late=perhaps", headers={"Accept": "application/json"})
    assert bare.status_code == 400


def test_a_question_is_answered_by_a_date_or_marked(money: tuple[Community, Followed]) -> None:
    community, lived = money
    page = watched(community, "supervisor")
    assert page["asking"] is not None
    assert watched(community, "street_desk")["asking"] is None
    until = community.clock.now + HOUR
    hop = next(step["record"] for step in page["steps"] if step["name"] == "transfers.money_sent")
    asking = AskQuestion(fund=lived.fund, answer_by=until, words=content("who?"), record=bytes.fromhex(hop))
    question = do(community, "supervisor", asking)[0]["fields"]["question"]
    community.clock.now += 2 * HOUR
    do(community, "clerk", income(lived.fund, 1))
    row = next(each["row"] for each in watched(community, "supervisor")["asked"] if each["row"]["question"] == question)
    assert (row["state"], row["late"], row["record"]) == ("late", True, hop)
    (step,) = [step for step in watched(community)["steps"] if step["name"] == "funds.deadline_missed"][:1]
    assert (step["detail"], step["late"]) == ("question_due", True)
    do(community, "clerk", AnswerQuestion(question=bytes.fromhex(question), words=content("this one")))
    page = watched(community, "supervisor")
    assert question not in {each["row"]["question"] for each in page["asked"]}
    assert page["steps"][0]["name"] in ("funds.question_answered", "funds.deadline_met")
    assert page["steps"][0]["late"] or page["steps"][1]["late"]


def test_a_stream_carries_every_step_and_is_taken_up_again(money: tuple[Community, Followed]) -> None:
    community, lived = money
    wanted = steps_there(community)
    for name, full in (("supervisor", True), ("", False)):
        stream = Stream(last_id="0")
        read(community, stream, PATH, most=5_000, name=name)
        assert 0 < len(stream.events) < len(wanted)
        read(community, stream, PATH, name=name, until=len(wanted))
        assert [event.id for event in stream.events] == wanted
        assert {event.data["withheld"] for event in stream.events} == {not full}
    own = Stream(last_id="0")
    read(community, own, f"{PATH}&subject={lived.fund.hex()}", name="supervisor")
    assert {event.data["type"] for event in own.events} >= {"funds.fund_opened", "funds.deadline_missed"}


@pytest.mark.parametrize("owner", ["organisation", "account"])
def test_a_receiver_that_was_down_for_a_day_hears_every_step_in_order(
    money: tuple[Community, Followed], owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the regulator's own system, or for one of its people; signed; at the node's clock."""
    community, lived = money
    scene, receiver, told = community.scene, Receiver(), Told()

    class Now(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Now:
            return cls.fromtimestamp(community.clock.now / 1000, tz)

    monkeypatch.setattr(judge, "datetime", Now)
    whose = scene.organisation("street") if owner == "organisation" else scene.account("supervisor")
    with receiver.listening():
        made = subscribe(community.node, whose, receiver.url, {"types": MONEY})
        receiver.judge = judge.Webhook(made.secret)
        do(community, "clerk", income(lived.fund, 1))
        hand_over(community, told)
        assert len(receiver.accepted) == 1
    began, before = community.clock.now, steps_there(community)
    for number in range(24):
        community.clock.now = began + number * HOUR
        do(community, "clerk", income(lived.fund, 100 + number))
        hand_over(community, told)
    assert len(receiver.accepted) == 1
    assert {answer.why for answer in told.answers if not answer.accepted} == {"notify.not_reached"}
    community.clock.now = began + DAY
    with receiver.listening():
        while (due := hand_over(community, told)) != 0:
            community.clock.now = max(community.clock.now, due)
    missed = [place for place in steps_there(community) if place not in before]
    assert len(missed) >= 24
    assert receiver.heard()[1:] == missed
    assert len({message.id for message in receiver.accepted}) == len(receiver.accepted)
    assert all(lived.fund.hex() in message.told["data"]["subjects"]["fund"] for message in receiver.accepted)
    assert told.stopped == []


def income(fund: bytes, amount_minor: int) -> RecordIncome:
    return RecordIncome(
        fund=fund,
        source=Source.INTEREST,
        amount_minor=amount_minor,
        currency="CNY",
        purse="general",
        particulars=content("interest"),
    )


def hand_over(community: Community, told: Told) -> int:
    """A courier that has just been started tells what is due; when something is due next, 0: nothing waits."""
    node = community.node
    node.follower.wait_for(node.ledger.head.height)
    news = News(node.ledger.chain, node.rulebook.events, lambda entry: f"https://node.example/{entry.place}")
    with Subscriptions(webhooks_file(node.settings)) as kept:
        around = Surroundings(node.database, news, node.sight, told, community.clock, allowed=("127.0.0.1",))

        async def run() -> int:
            courier = Courier(kept, around)
            try:
                return await deliver(courier)
            finally:
                await courier.close()

        return asyncio.run(run())
