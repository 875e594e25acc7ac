"""The world of one seed: its nodes, its clock, its trace, and what may happen to a node at any moment.

Rules
- Everything that is left to chance is drawn from one generator, made from the seed; nothing else varies. The trace is
  hashed as it grows, so two runs of a seed are the same if their last hashes are.
- A node stops in three ways: its engine alone (`EngineGone`), its application and so both (`Crash`), or by an error
  that the application lets out (`EngineStops`). The last is legal only where a rule below names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from linlian.kernel.errors import NodeMustStop
from linlian.store.protocol import StoreError
from tests.engine.ledgers import START
from tests.simulation.community import Community
from tests.simulation.disk import FAULTS, Crash
from tests.simulation.node import EngineStops, Node, Stuck
from tests.simulation.oracle import MILLION, Mismatch, Oracle, must
from tests.simulation.people import People

STOP_CHANCE: Final = 0.012
"""That a node stops at one of the places between two calls."""
FAULT_CHANCE: Final = 0.06
"""That a disk fails at one of the next writes, each time a block is followed."""


class EngineGone(BaseException):
    """The engine's process ends; the application's goes on."""


@dataclass
class Trace:
    """What happened, line by line: hashed, and kept or shown if somebody wants to read it."""

    tell: Callable[[str], None] | None = None
    steps: int = 0
    _hash: Any = field(default_factory=sha256)

    def say(self, line: str) -> None:
        self.steps += 1
        self._hash.update(line.encode() + b"\n")
        if self.tell is not None:
            self.tell(line)

    def digest(self) -> str:
        return str(self._hash.hexdigest())


class Vote(NamedTuple):
    """A precommit: when, with which power, by whose key."""

    time: int
    power: int
    key: bytes


@dataclass
class World:
    """`calm` is the end, when nothing fails any more and everybody has to come to the same.

    `votes` are the precommits of the last block, `acknowledged` what each node has committed, `offers` the snapshots
    that anybody has had.
    """

    chance: Random
    trace: Trace
    community: Community
    oracle: Oracle
    people: People
    nodes: list[Node]
    folder: Path | None
    now: int = START + 1_000
    calm: bool = False
    votes: list[Vote] = field(default_factory=list)
    acknowledged: dict[int, int] = field(default_factory=dict)
    offers: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    stops: int = 0

    # Happenings.

    def likely(self, chance: float) -> bool:
        return not self.calm and self.chance.random() < chance

    def at(self, node: Node, place: str) -> None:
        """A place between two calls: the engine may go here, or the whole machine."""
        if self.likely(STOP_CHANCE):
            gone = self.chance.random() < 0.5
            self.trace.say(f"{node.number}: {'engine' if gone else 'machine'} stops: {place}")
            raise EngineGone if gone else Crash

    def plan_fault(self, node: Node) -> None:
        """The disk may fail at one of the writes that come now."""
        if self.likely(FAULT_CHANCE):
            fault, at = self.chance.choice(FAULTS), self.chance.choice((0, 0, 1))
            self.trace.say(f"{node.number}: disk will fail: {fault}, {at} writes from now")
            node.disk.faults.plan(at, fault)

    def guard(self, node: Node, act: Callable[[], None]) -> bool:
        """Let a node do something; False if it stopped over it. Raises Mismatch for an end that nothing explains."""
        try:
            act()
        except Crash:
            node.stop()
        except EngineGone:
            self.lose_engine(node)
        except EngineStops as stop:
            self._explain(node, stop)
        except Stuck as stuck:
            raise Mismatch(f"node {node.number} is stuck: {stuck}") from stuck
        else:
            return True
        self.stops += 1
        return False

    def lose_engine(self, node: Node) -> None:
        """The engine goes. Mostly the application notices, and takes back what was left unfinished."""
        node.stop_engine()
        if node.app is not None and self.chance.random() < 0.6:
            node.app.abandon()
            node.drafted.clear()
            self.trace.say(f"{node.number}: notices that its engine is away")

    def _explain(self, node: Node, stop: EngineStops) -> None:
        """A disk that says no ends the connection; other rules than one's own end the node. All else is a bug."""
        self.trace.say(f"{node.number}: {stop}")
        error = stop.error
        if isinstance(error, StoreError) and error.facts.get("path") == "simulated":
            self.lose_engine(node)
            if self.chance.random() < 0.3:
                node.stop()
            return
        release = self.oracle.state.release.number
        old = node.build == 0 and release > 1
        must(
            isinstance(error, NodeMustStop) and error.code == "kernel.release_missing" and old,
            f"node {node.number} stopped: {stop}",
        )
        node.stop()

    # Who is where.

    def running(self) -> list[Node]:
        return [node for node in self.nodes if node.up]

    def at_tip(self) -> list[Node]:
        """Who takes part in the decision on the next block."""
        return [node for node in self.nodes if node.up and node.state_height == self.oracle.height]

    def power(self, nodes: list[Node], height: int) -> int:
        voting = self.oracle.sets[height]
        return sum(voting.get(node.key.public_key, 0) for node in nodes)

    # What others ask of a node while the engine is at work.

    def chatter(self, node: Node) -> None:
        """Whatever else may be asked of a node between two calls of consensus; and it may use the time it is left."""
        if self.calm:
            return
        while self.chance.random() < 0.35:
            self._ask_something(node)
        if self.chance.random() < 0.5:
            self.rest(node)

    def rest(self, node: Node) -> None:
        if node.rest():
            self.trace.say(f"{node.number}: executed ahead")

    def _ask_something(self, node: Node) -> None:
        draw = self.chance.random()
        if draw < 0.35:
            self.check(node, *self.people.envelope(self.oracle.state, self.now))
        elif draw < 0.5 and node.mempool:
            self.recheck(node, self.chance.choice(list(node.mempool)))
        elif draw < 0.6:
            self.check(node, "knock", self.people.knock(self.oracle.state))
        elif draw < 0.65:
            self.check(node, *self.people.rubbish())
        elif draw < 0.8:
            self.query(node)
        elif draw < 0.9:
            info = node.ask("info")
            must(info.last_block_height == self.acknowledged.get(node.number, 0), "Info is of another height")
        else:
            must(node.ask("echo", message="hello").message == "hello", "an echo is as it was called")
            node.ask("flush")
            node.ask("list_snapshots")

    def check(self, node: Node, sorts: str, tx: bytes) -> bool:
        """CheckTx of an envelope that is new to this node."""
        if tx in node.mempool:
            return True
        code = node.ask("check_tx", tx=tx, type=0).code
        must(code in (0, 1), f"CheckTx answers {code}")
        self.trace.say(f"{node.number}: check {sorts}: {code} {len(tx)}")
        if code == 0:
            must("malformed" not in sorts and "wrong chain" not in sorts, f"the mempool takes {sorts}")
            node.mempool[tx] = None
        return bool(code == 0)

    def recheck(self, node: Node, tx: bytes) -> None:
        """CheckTx again of what is in the mempool: it may stay or go."""
        if node.ask("check_tx", tx=tx, type=1).code:
            del node.mempool[tx]

    def query(self, node: Node) -> None:
        """The two roots, and that they are those that the chain has signed."""
        asked = {key: node.ask("query", path="/store/linlian/key", data=key, prove=True) for key in (b"log", b"state")}
        log, state = asked[b"log"], asked[b"state"]
        must((log.code, log.height) == (state.code, state.height), "the roots are of two heights")
        if log.code == 0:
            must(log.height < self.acknowledged.get(node.number, 0), "a root is shown before it is signed")
            made = self.oracle.roots.get((log.value, state.value))
            must(made == self.oracle.expected[log.height].app_hash, "a root is shown that is none of this height")

    # Time.

    def pass_time(self) -> None:
        chance = self.chance
        self.now += chance.choice((1, 20, 200, 200, 1_000, 1_000, 5_000))
        if chance.random() < 0.03:
            self.now += chance.choice((60_000, 119_000, 121_000, 3_600_000))
        if chance.random() < 0.1:
            node = chance.choice(self.nodes)
            node.skew = chance.choice((0, 0, -150, 150, -3_000, 3_000, -200_000, 200_000))
            self.trace.say(f"{node.number}: clock is off by {node.skew}")

    def vote_time(self, node: Node, block_time: int) -> int:
        """A precommit's time: the node's clock, but after the block's own."""
        return max(node.clock() * MILLION + self.chance.randrange(MILLION), block_time + MILLION)
