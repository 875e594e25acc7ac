"""Everything is told, in order, under the same id, to whoever may hear it: whatever happens in between."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

import pytest
import standardwebhooks.webhooks as judge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.kernel.contract import SYSTEM
from linlian.notify import Status, make_secret
from linlian.notify.courier import Courier
from linlian.notify.policy import HOUR_MS, MINUTE_MS, enabled
from linlian.notify.running import CourierThread
from linlian.readmodel.entries import BEGINNING, end_of, read_place
from tests.notify.post import STRANGER, Post, deliver, open_post
from tests.notify.receiver import Receiver


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with open_post(tmp_path) as opened:
        yield opened


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture(autouse=True)
def one_clock(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge goes by the test's clock."""

    class Now(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Now:
            return cls.fromtimestamp(post.clock.now / 1000, tz)

    monkeypatch.setattr(judge, "datetime", Now)


def test_a_receiver_that_is_down_for_an_hour_gets_everything_once_it_is_back(post: Post, receiver: Receiver) -> None:
    secret = make_secret()
    receiver.judge = judge.Webhook(secret.text)
    with receiver.listening():
        post.subscribe(receiver, secret)
        places = post.write(3)
        post.deliver()
    assert receiver.heard() == places
    back_at = post.clock.now + HOUR_MS
    while post.clock.now < back_at:
        places += post.write(2)
        next_at = post.deliver()
        post.clock.now = min(next_at, back_at)
    assert len(places) > 10
    assert {answer.why for answer in post.told.answers if not answer.accepted} == {"notify.not_reached"}
    with receiver.listening():
        post.clock.now = max(post.clock.now, post.deliver())
        post.deliver()
    assert receiver.heard() == places
    assert len({message.id for message in receiver.accepted}) == len(places)


def test_a_message_is_thin_and_names_whom_it_is_about(post: Post, receiver: Receiver) -> None:
    with receiver.listening():
        post.subscribe(receiver)
        post.write(1, "what-no-message-tells")
        post.deliver()
    (message,) = receiver.accepted
    told = message.told
    assert (told["type"], told["timestamp"]) == ("notes.note_written", "2026-01-01T00:00:00.000Z")
    assert {*told["data"]} == {
        *("id", "chain", "height", "receipt", "event", "transaction", "subjects", "link"),
    }
    (note,) = told["data"]["subjects"]["note"]
    assert len(bytes.fromhex(note)) == 16
    assert told["data"]["link"] == f"https://node.example/events/{told['data']['id']}"
    assert b"what-no-message-tells" not in message.body
    assert "." not in message.id


def test_nobody_hears_of_what_they_may_not_see(post: Post, receiver: Receiver) -> None:
    with receiver.listening():
        post.subscribe(receiver, owner=STRANGER)
        post.write(3)
        assert post.deliver() == 0
    assert receiver.seen == []


def test_only_what_was_asked_for_is_told(post: Post, receiver: Receiver) -> None:
    first = post.write(1)
    with post.database.reading() as db:
        (subject,) = db.all(Subject, "SELECT subject FROM ledger_subject WHERE height = 1")
    post.ledger.submit(post.desk.note("forgotten", forget_at=post.clock.now + 1)).result()
    post.clock.now += 10
    post.write(1)
    with receiver.listening():
        post.subscribe(receiver, subject=subject.subject)
        post.subscribe(receiver, types=("notes.note_forgotten",), owner=SYSTEM)
        post.subscribe(receiver, types=("other.",))
        post.deliver()
    assert sorted(message.told["type"] for message in receiver.accepted) == [
        "notes.note_forgotten",
        "notes.note_written",
    ]
    assert first[0] in receiver.heard()


def test_a_slow_receiver_does_not_hold_up_another(post: Post, receiver: Receiver) -> None:
    slow = Receiver(pause_s=0.5)
    with receiver.listening(), slow.listening():
        post.subscribe(slow)
        post.subscribe(receiver)
        places = post.write(8)

        async def race(courier: Courier) -> tuple[int, list[str]]:
            while len(receiver.accepted) < len(places):
                courier.round()
                await courier.woken.wait()
                courier.reap()
            return len(slow.accepted), receiver.heard()

        by_then, heard = post.with_courier(race)
    assert heard == places
    assert by_then < len(places)


def test_no_more_than_one_message_is_under_way_to_a_receiver(post: Post, receiver: Receiver) -> None:
    receiver.pause_s = 0.02
    with receiver.listening():
        post.subscribe(receiver)
        places = post.write(5)

        async def pester(courier: Courier) -> None:
            for _ in range(20):
                courier.round()
            await deliver(courier)

        post.with_courier(pester)
    assert receiver.heard() == places


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(st.sampled_from([200, 204, 301, 400, 429, 500, 503]), max_size=25), cuts=st.sets(st.integers(0, 9))
)
def test_whatever_a_receiver_answers_it_hears_all_in_order(post: Post, answers: list[int], cuts: set[int]) -> None:
    receiver = Receiver(answers=list(answers))
    start = post.ledger.head.height
    places = []
    with receiver.listening():
        one = post.subscribe(receiver, place=end_of(start))
        for number in range(10):
            places += post.write(1)
            if number in cuts:  # each time a new process
                post.deliver()
        while (next_at := post.deliver()) != 0:
            post.clock.now = next_at
    aside = [row.place for row in post.kept.set_aside(one.id)]
    after = post.kept.get(one.id)
    told = [place for place in places if place not in aside]
    if after.status is Status.ACTIVE:
        assert receiver.heard() == told
    else:
        assert receiver.heard() == told[: len(receiver.accepted)]
        post.kept.save(enabled(after, post.clock.now))
        receiver.answers.clear()
        with receiver.listening():
            while (next_at := post.deliver()) != 0:
                post.clock.now = next_at
        assert receiver.heard() == told
    tried = list(dict.fromkeys(message.told["data"]["id"] for message in receiver.seen))
    assert tried == places
    post.kept.remove(post.kept.get(one.id))


def test_a_killed_courier_sends_again_under_the_same_id(post: Post, receiver: Receiver) -> None:
    with receiver.listening():
        one = post.subscribe(receiver)
        post.write(1)
        post.deliver()
        post.kept.save(one.__class__.told_up_to(post.kept.get(one.id), BEGINNING))  # the answer was not written down
        post.deliver()
    assert len(receiver.accepted) == 2
    assert len({message.id for message in receiver.accepted}) == 1


def test_after_a_restoration_everything_of_the_new_chain_is_told(post: Post, receiver: Receiver) -> None:
    places = post.write(2)
    with receiver.listening():
        post.subscribe(receiver, chain="notes-of-before", place=read_place("900.0.0"), tries=4, first_try_at=5)
        post.deliver()
    assert receiver.heard() == places


def test_a_receiver_says_when_to_come_back(post: Post, receiver: Receiver) -> None:
    receiver.answers, receiver.headers = [503], {"retry-after": "1800"}
    with receiver.listening():
        post.subscribe(receiver)
        post.write(1)
        assert post.deliver() == post.clock.now + 30 * MINUTE_MS


@pytest.mark.parametrize(
    ("url", "allowed", "why"),
    [
        ("https://127.0.0.1:1/x", (), "notify.address_not_public"),
        ("http://127.0.0.1:1/x", (), "notify.url_not_https"),
        ("https://localhost:1/x", (), "notify.address_not_public"),
        ("http://localhost:1/x", ("localhost",), "notify.not_reached"),
        ("https://no-such-host.invalid/x", (), "notify.no_address"),
    ],
)
def test_a_subscription_cannot_make_the_node_knock_at_its_own_doors(
    post: Post, url: str, allowed: tuple[str, ...], why: str
) -> None:
    post.subscribe(Receiver(), url=url)
    post.write(1)
    post.allowed = allowed
    assert post.deliver() > post.clock.now
    assert [answer.why for answer in post.told.answers] == [why]


def test_a_redirect_is_no_way_round(post: Post, receiver: Receiver) -> None:
    other = Receiver()
    with receiver.listening(), other.listening():
        receiver.answers, receiver.headers = [307], {"location": other.url}
        post.subscribe(receiver)
        post.write(1)
        post.deliver()
    assert (len(receiver.seen), other.seen) == (1, [])


def test_a_receiver_that_never_answers_is_left_after_a_while(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linlian.notify.courier.ATTEMPT_S", 0.1)
    receiver.pause_s = 0.5
    with receiver.listening():
        post.subscribe(receiver)
        post.write(1)
        assert post.deliver() == post.clock.now + MINUTE_MS + MINUTE_MS // 20
    assert [answer.why for answer in post.told.answers] == ["notify.no_answer_in_time"]


def test_what_is_disabled_is_told_to_the_operator_and_goes_on_where_it_stopped(post: Post, receiver: Receiver) -> None:
    receiver.answers = [410]
    with receiver.listening():
        one = post.subscribe(receiver)
        places = post.write(2)
        assert post.deliver() == 0
        assert [(told.id, told.why) for told in post.told.stopped] == [(one.id, "notify.gone")]
        post.deliver()
        assert len(receiver.seen) == 1
        post.kept.save(enabled(post.kept.get(one.id), post.clock.now))
        post.deliver()
    assert receiver.heard() == places


def test_the_thread_tells_of_what_is_committed_and_notices_new_subscriptions(post: Post, receiver: Receiver) -> None:
    thread = CourierThread(post.folder / "webhooks.sqlite", post.around())
    post.follower.when_moved(lambda _height: thread.wake())
    try:
        with receiver.listening():
            post.subscribe(receiver)
            places = post.write(4)
            wait_until(lambda: len(receiver.accepted) == 4)
            places += post.write(1)
            wait_until(lambda: len(receiver.accepted) == 5)
            assert receiver.heard() == places
    finally:
        thread.close()
    assert thread.failure is None


def test_the_thread_survives_a_file_that_is_locked_for_a_while(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linlian.notify.subscriptions.BUSY_S", 0.01)
    monkeypatch.setattr("linlian.notify.running.TROUBLE_S", 0.05)
    thread = CourierThread(post.folder / "webhooks.sqlite", post.around())
    try:
        with receiver.listening():
            one = post.subscribe(receiver)
            with closing(sqlite3.connect(post.folder / "webhooks.sqlite", isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                places = post.write(1)
                thread.wake()
                threading.Event().wait(0.3)
                other.rollback()
            wait_until(lambda: post.kept.get(one.id).delivered > 0)
            assert [*dict.fromkeys(receiver.heard())] == places  # an answer that could not be written down comes again
    finally:
        thread.close()
    assert thread.failure is None


def test_secrets_are_for_the_owner_of_the_file_alone(post: Post, receiver: Receiver) -> None:
    one = post.subscribe(receiver)
    assert (post.folder / "webhooks.sqlite").stat().st_mode & 0o777 == 0o600
    assert one.secret not in repr(one)


class Subject(NamedTuple):
    subject: bytes


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Poll until it is true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.01)
