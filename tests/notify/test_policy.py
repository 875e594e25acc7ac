"""When a message is tried again, set aside, or given up with its subscription; in tables, on paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.notify.policy import DAY_MS, DELAYS_MS, LIFE_MS, MINUTE_MS, Answer, after, enabled
from linlian.notify.subscriptions import Status, Subscription
from linlian.readmodel.entries import Place

NOW = 1_767_225_600_000
THERE = Place(7, 0, 1)
AWAY, REFUSED = Answer(503), Answer(400)


def subscription(**more: object) -> Subscription:
    given: dict[str, object] = {
        "id": "a",
        "owner": bytes(16),
        "url": "https://x.example/",
        "types": (),
        "subject": b"",
        "secret": "",
        "made_at": NOW,
        "chain": "c",
        "place": Place(6, 0, 0),
    }
    return Subscription(**(given | more))  # type: ignore[arg-type]


def tries(answer: Answer, spread: float = 0.0) -> tuple[list[int], Subscription]:
    """The times of all attempts, from the first, and how it ended."""
    one, now, times = subscription(), NOW, []
    while True:
        times.append(now - NOW)
        one = after(one, THERE, answer, now, spread).subscription
        if one.tries == 0 or one.status is Status.DISABLED:
            return times, one
        now = one.next_try_at


def test_a_receiver_that_is_away_is_tried_for_seven_days() -> None:
    times, one = tries(AWAY)
    minutes = [time // MINUTE_MS for time in times]
    assert minutes[:7] == [0, 1, 6, 36, 156, 516, 1956]
    assert minutes[7:-1] == [1956 + 1440 * day for day in range(1, 6)]
    assert times[-1] == LIFE_MS
    assert (one.status, one.why, one.place) == (Status.DISABLED, "notify.away_too_long", Place(6, 0, 0))


def test_a_message_that_is_refused_seven_times_lets_the_next_one_pass() -> None:
    times, one = tries(REFUSED)
    assert len(times) == len(DELAYS_MS) == 7
    assert (one.status, one.place, one.aside_in_row, one.tries) == (Status.ACTIVE, THERE, 1, 0)


def test_three_refused_messages_in_a_row_disable() -> None:
    one = subscription(aside_in_row=2, tries=6, first_try_at=NOW)
    step = after(one, THERE, REFUSED, NOW, 0)
    assert (step.subscription.status, step.subscription.why) == (Status.DISABLED, "notify.refused_too_often")
    assert step.subscription.place == THERE
    assert step.aside is not None
    assert (step.aside.place, step.aside.answer) == ("7.0.1", "400")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_yes(status: int) -> None:
    done = after(
        subscription(tries=5, first_try_at=NOW - 1, aside_in_row=2), THERE, Answer(status), NOW, 0
    ).subscription
    assert (done.place, done.tries, done.first_try_at, done.aside_in_row, done.delivered) == (THERE, 0, 0, 0, 1)


@pytest.mark.parametrize(
    ("status", "away"),
    [(0, True), (408, True), (425, True), (429, True), (500, True), (503, True), (301, False), (401, False)],
)
def test_who_is_away_and_who_refuses(status: int, away: bool) -> None:
    answer = Answer(status, "notify.not_reached" if status == 0 else "")
    assert answer.refused is not away
    step = after(subscription(tries=6, first_try_at=NOW - DAY_MS), THERE, answer, NOW, 0)
    assert (step.aside is None) is away


def test_gone_is_gone_at_once() -> None:
    one = after(subscription(), THERE, Answer(410), NOW, 0).subscription
    assert (one.status, one.why, one.place) == (Status.DISABLED, "notify.gone", Place(6, 0, 0))


def test_enabling_begins_again_at_the_same_place() -> None:
    _, stopped = tries(AWAY)
    again = enabled(stopped, NOW)
    assert (again.status, again.why, again.place, again.next_try_at, again.tries) == (
        *(Status.ACTIVE, "", Place(6, 0, 0), NOW, 0),
    )


@given(
    wish=st.integers(0, 10 * DAY_MS),
    spread=st.floats(0, 1),
    before=st.integers(0, 12),
    age=st.integers(0, LIFE_MS - 1),
)
def test_the_next_attempt_is_neither_early_nor_forgotten(wish: int, spread: float, before: int, age: int) -> None:
    one = subscription(tries=before, first_try_at=NOW - age if before else 0)
    step = after(one, THERE, Answer(503, "", wish), NOW, spread)
    wait = step.subscription.next_try_at - NOW
    left = LIFE_MS - (age if before else 0)
    delay = DELAYS_MS[min(before + 1, 6)]
    assert min(delay, max(left, MINUTE_MS)) <= wait <= max(delay * 1.1, min(wish, DAY_MS)) + 1
    assert wait >= MINUTE_MS
    assert step.subscription.place == one.place
