"""What follows from an answer: the next message, another attempt, the message set aside, or the end. Pure.

Rules
- Any 2xx is a yes. Everything else is tried again: at once, then 1 m, 5 m, 30 m, 2 h, 6 h and 24 h after the attempt
  before it, each up to a tenth later, so that many do not knock together; and where the receiver says `Retry-After`,
  not before that.
- Order: while a message waits, those behind it wait too. A receiver that is away loses nothing, everything follows.
- A receiver that is away (no answer, 408, 425, 429, 5xx) is tried every day until the message is 7 days old; then the
  subscription is disabled, with its place kept: enabling it goes on from there.
- A receiver that answers a message with another status refuses it. After the last of the seven attempts that message
  is set aside, so that it does not hold up the others; after three in a row the subscription is disabled.
- 410 (gone) disables at once.

    after(subscription, place, Answer(200), now, spread=0)
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from linlian.notify.subscriptions import SetAside, Status, Subscription
from linlian.readmodel.entries import Place

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
DELAYS_MS = (0, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS)
LIFE_MS = 7 * DAY_MS
ASIDE_IN_ROW_MAX = 3
AWAY = (408, 425, 429)
GONE = 410


class Answer(NamedTuple):
    """What an attempt came to: a status of HTTP, or 0 and why there is none; how long it wants to be left alone."""

    status: int
    why: str = ""
    retry_after_ms: int = 0

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """The receiver is there and does not want this message."""
        return not self.accepted and 0 < self.status < 500 and self.status not in AWAY

    @property
    def told(self) -> str:
        return str(self.status) if self.status else self.why


class Step(NamedTuple):
    """The subscription as it is now, and the message that was set aside, if it was."""

    subscription: Subscription
    aside: SetAside | None = None


def after(one: Subscription, place: Place, answer: Answer, now: int, spread: float) -> Step:
    """What follows from the answer to the message at `place`; `spread` is between 0 and 1, by chance."""
    if answer.accepted:
        done = replace(one.told_up_to(place), answer=answer.told, aside_in_row=0, delivered=one.delivered + 1)
        return Step(done)
    tries, first_try_at = one.tries + 1, one.first_try_at or now
    tried = replace(one, tries=tries, first_try_at=first_try_at, answer=answer.told)
    if answer.status == GONE:
        return Step(_disabled(tried, "notify.gone"))
    if answer.refused and tries >= len(DELAYS_MS):
        return _set_aside(tried, place, answer, now)
    if now - first_try_at >= LIFE_MS:
        return Step(_disabled(tried, "notify.away_too_long"))
    delay = DELAYS_MS[min(tries, len(DELAYS_MS) - 1)]
    wait = max(delay + int(delay * spread / 10), min(answer.retry_after_ms, DAY_MS))
    return Step(replace(tried, next_try_at=min(now + wait, max(first_try_at + LIFE_MS, now + MINUTE_MS))))


def enabled(one: Subscription, now: int) -> Subscription:
    """Active again, from where it stopped, the first attempt at once."""
    return replace(one.told_up_to(one.place), status=Status.ACTIVE, why="", aside_in_row=0, next_try_at=now)


def _disabled(one: Subscription, why: str) -> Subscription:
    return replace(one.told_up_to(one.place), status=Status.DISABLED, why=why)


def _set_aside(one: Subscription, place: Place, answer: Answer, now: int) -> Step:
    aside = SetAside(one.id, one.chain, str(place), now, answer.told)
    passed = replace(one.told_up_to(place), aside_in_row=one.aside_in_row + 1)
    if passed.aside_in_row >= ASIDE_IN_ROW_MAX:
        passed = _disabled(passed, "notify.refused_too_often")
    return Step(passed, aside)
