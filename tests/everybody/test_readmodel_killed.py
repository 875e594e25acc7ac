"""The process that writes the rows is killed (SIGKILL) at random moments, while it follows and while it makes anew.

Afterwards the rows of every business are those of a file that was made in peace, in either database.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from linlian.community.repairs.tests.scene import found_scene
from linlian.community.repairs.tests.test_anything import CATEGORIES
from linlian.kernel.block import Block
from linlian.readmodel import follower as following
from linlian.readmodel import rebuild as rebuilding
from linlian.readmodel.database import Home
from linlian.readmodel.follower import Follower
from linlian.readmodel.rebuild import rebuild
from linlian.readmodel.sqlite import SqliteHome
from tests.conftest import NewHome
from tests.everybody.test_readmodel import VIEWS, Contents, Ledger, contents, decide_something, rebuilt
from tests.readmodel.server import running_server

DEATHS = 10
SEED = 20_260_101
STEP_S = 0.004


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    """A community with some repairs, a vote, and two months of timers."""
    scene = found_scene()
    for category in (*CATEGORIES, *CATEGORIES):
        scene.report(category=category)
    decide_something(scene)
    scene.town.advance(days=60)
    return list(scene.town.blocks)


@pytest.fixture(scope="module")
def peaceful(blocks: list[Block], tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return rebuilt(blocks, SqliteHome(tmp_path_factory.mktemp("peaceful") / "readmodel.sqlite"))


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "BATCH_ITEMS", 1)
    monkeypatch.setattr(rebuilding, "BATCH_ITEMS", 1)


def killed_after(seconds: float, work: Callable[[], None]) -> bool:
    """Let a process of its own do it and kill it then; whether it was still at work."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def moments(whole_s: float) -> Iterator[float]:
    """Random ones, over the time that the whole work takes."""
    chance = random.Random(SEED)
    while True:
        yield chance.uniform(0.02, whole_s)


def slowly(blocks: list[Block]) -> Iterator[Block]:
    """As they come from people: so there is a middle to be killed in, on any machine."""
    for block in blocks:
        time.sleep(STEP_S)
        yield block


class SlowLedger(Ledger):
    """A ledger that gives its blocks slowly."""

    def follow(self, start: int) -> Iterator[Block]:
        return slowly(list(self.blocks[start:]))


def rows_in(home: Home) -> tuple[int, Contents]:
    database = home.open(VIEWS)
    found = database.position().height, contents(database)
    database.close()
    return found


def timed(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def test_killed_while_it_follows_nothing_is_lost_or_twice(
    blocks: list[Block], peaceful: Contents, new_home: NewHome
) -> None:
    def follow(home: Home) -> None:
        Follower(SlowLedger(blocks), home.open(VIEWS)).close()

    whole_s = timed(lambda: follow(new_home()))
    home, height = new_home(), -1
    stopped_at: list[int] = []
    for seconds, _ in zip(moments(whole_s), range(DEATHS), strict=False):
        if height == len(blocks) - 1:
            home, height = new_home(), -1
        home.open(VIEWS).close()
        killed_after(seconds, partial(follow, home))
        reached, found = rows_in(home)
        assert reached >= height, f"seed {SEED}: rows that were there are gone"
        assert len(found["ledger_block"]) == reached + 1
        height = reached
        stopped_at.append(reached)
    assert any(0 <= reached < len(blocks) - 1 for reached in stopped_at), "it was never killed in the middle"
    follow(home)
    assert rows_in(home) == (len(blocks) - 1, peaceful)


def test_killed_while_they_are_made_anew_the_old_rows_stand(
    blocks: list[Block], peaceful: Contents, new_home: NewHome
) -> None:
    half = len(blocks) // 2

    def make_anew(home: Home) -> None:
        rebuild(slowly(blocks), len(blocks) - 1, home, VIEWS)

    whole_s = timed(lambda: make_anew(new_home()))
    home = new_home()
    rebuild(blocks, half, home, VIEWS)
    old = rows_in(home)
    in_the_middle = 0
    for seconds, _ in zip(moments(whole_s), range(DEATHS), strict=False):
        in_the_middle += killed_after(seconds, lambda: make_anew(home))
        found = rows_in(home)
        assert found in (old, (len(blocks) - 1, peaceful)), f"seed {SEED}: neither the old rows nor the new"
    assert in_the_middle > DEATHS // 3
    make_anew(home)
    assert rows_in(home) == (len(blocks) - 1, peaceful)


def test_a_server_that_is_killed_has_rows_that_fit_its_position(blocks: list[Block], peaceful: Contents) -> None:
    """Not only the writer: the whole server, at once, in the middle of following; commits had not waited for it."""
    with running_server() as server:
        home = server.home("plum")
        home.open(VIEWS).close()
        for seconds in (0.05, 0.15, 0.3):
            child = os.fork()
            if child == 0:
                Follower(SlowLedger(blocks), home.open(VIEWS)).close()
                os._exit(0)
            time.sleep(seconds)
            server.kill()
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            server.start()
            reached, found = rows_in(home)
            assert len(found["ledger_block"]) == reached + 1
        Follower(Ledger(blocks), home.open(VIEWS)).close()
        assert rows_in(home) == (len(blocks) - 1, peaceful)
