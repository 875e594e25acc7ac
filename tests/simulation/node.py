"""One node: the product's state machine behind its ABCI calls, on a disk, and beside it what its engine keeps.

Rules
- What the engine has on its own disk: how many blocks, how far its state is, and what FinalizeBlock answered last.
  Its mempool is gone when it stops.
- Every call goes through the messages, so that whatever is answered could be sent.
- An error that a call lets out ends the connection, and the engine stops (`EngineStops`).
- Who waits for the one thread that the application has, waits for ever: that is `Stuck`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from linlian.engine.cometbft.application import CANDIDATES, Application
from linlian.engine.cometbft.attendance import Attendance
from linlian.engine.cometbft.calls import Calls
from linlian.engine.cometbft.messages import Request, Response
from linlian.engine.cometbft.records import Committed, Draft
from linlian.engine.cometbft.sender import Sender
from linlian.engine.cometbft.snapshots import Snapshots
from linlian.engine.cometbft.standing import Standing
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import LinlianError
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import Writes
from linlian.store.protocol import Store, StoreError
from linlian.store.snapshot import write_snapshot
from tests.simulation.disk import Disk

BLOCK_COUNT_MAX: Final = 100
SNAPSHOT_INTERVAL: Final = 3


class EngineStops(Exception):
    """The application let an error out; `error` is what it was."""

    def __init__(self, kind: str, error: LinlianError) -> None:
        super().__init__(f"{kind}: {error}")
        self.error = error


class Stuck(Exception):
    """The thread of the application waits for itself."""


class Impatient(Standing):
    """In a world of one thread nobody may have to wait."""

    def __enter__(self) -> None:
        if self._moving:
            raise Stuck("a reader in the application's own thread waits for the block to be committed")
        super().__enter__()


class Watched(Application):
    """The application, and how often it has executed a block."""

    def __init__(self, store: Store, rulebook: Rulebook, clock: Callable[[], int], document: bytes | None) -> None:
        self.executions = 0
        super().__init__(store, rulebook, clock, document, _no_predecessor)
        self.standing = Impatient()

    def _execute(self, txs: Sequence[bytes], height: int, time: int) -> Draft:
        self.executions += 1
        return super()._execute(txs, height, time)


def _no_predecessor(_: bytes) -> Writes | None:
    return None


class NoSender:
    """Stands for the part that hands in: in the simulation others do."""

    def checked(self, tx: bytes) -> None: ...

    def dropped(self, tx: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What FinalizeBlock answered: the engine keeps it before it asks for Commit."""

    height: int
    app_hash: bytes
    validators: dict[bytes, int]


@dataclass
class Node:
    """`skew` is how far its clock is off; `build` which program it runs: 0 knows the first release, 1 both."""

    number: int
    key: SoftwareKey
    disk: Disk
    document: bytes
    builds: tuple[Rulebook, Rulebook]
    snapshots_in: Path | None
    time: Callable[[], int]
    skew: int = 0
    build: int = 0
    up: bool = False
    # The engine's disk.
    blocks: int = 0
    state_height: int = 0
    base: int = 0
    answer: Answer | None = None
    begun: bool = False
    # What a stop forgets.
    mempool: dict[bytes, None] = field(default_factory=dict)
    app: Watched | None = None
    calls: Calls | None = None
    snapshots: Snapshots | None = None
    drafted: dict[bytes, None] = field(default_factory=dict)
    shown: bytes | None = None
    committed: list[Committed] = field(default_factory=list)

    def clock(self) -> int:
        return self.time() + self.skew

    @property
    def application(self) -> Watched:
        assert self.app is not None, f"node {self.number} is down"
        return self.app

    def start(self) -> None:
        """Start the application, if it is not running. Raises EngineStops, and whatever the disk has in store."""
        if self.app is not None:
            return
        try:
            store = self.disk.open()
            self.app = Watched(store, self.builds[self.build], self.clock, self.document)
        except StoreError as error:
            raise EngineStops("start", error) from error
        except LinlianError as error:
            raise EngineStops("start", error) from error
        self.snapshots = Snapshots(self.app, self.snapshots_in, None, SNAPSHOT_INTERVAL) if self.snapshots_in else None
        self.calls = Calls(
            self.app,
            cast("Snapshots", self.snapshots),
            block_count_max=lambda: BLOCK_COUNT_MAX,
            sender=cast("Sender", NoSender()),
            committed=self.committed.append,
            attendance=Attendance(),
        )
        if self.snapshots is None:
            self.calls._snapshots = cast("Snapshots", _NoSnapshots())

    def stop_engine(self) -> None:
        """The engine goes: with it its mempool and what was on the wire."""
        self.up = False
        self.mempool.clear()

    def stop(self) -> None:
        """The application's process goes, and the engine with it."""
        self.stop_engine()
        self.disk.faults.clear()
        self.app = self.calls = self.snapshots = self.shown = None
        self.drafted.clear()

    def wipe(self) -> None:
        """Begin anew with an empty disk, the engine's too."""
        self.stop()
        self.disk.wipe()
        self.blocks = self.state_height = self.base = 0
        self.answer, self.begun = None, False
        if self.snapshots_in is not None:
            shutil.rmtree(self.snapshots_in, ignore_errors=True)

    def holds_something(self) -> bool:
        """Whether a ledger has begun on its disk."""
        store = self.disk.open() if self.app is None else self.app.store
        return store.genesis() is not None

    def ask(self, kind: str, **fields: Any) -> Any:
        """One call of the engine. Raises EngineStops."""
        assert self.calls is not None, f"node {self.number} is down"
        request, response = Request(), Response()
        message, answer = getattr(request, kind), getattr(response, kind)
        message.SetInParent()
        for name, value in fields.items():
            _fill(message, name, value)
        answer.SetInParent()
        try:
            self.calls.handle(kind, message, answer)
        except LinlianError as error:
            raise EngineStops(kind, error) from error
        return answer

    def rest(self) -> bool:
        """Everything read has been answered: the node has time to execute ahead. Whether it did."""
        before = self.application.executions
        shown, self.shown = self.shown, None
        try:
            self.application.ahead()
        except LinlianError as error:
            raise EngineStops("ahead", error) from error
        executed = self.application.executions > before
        if executed and shown is not None:
            self.drafted[shown] = None
            while len(self.drafted) > CANDIDATES:
                del self.drafted[next(iter(self.drafted))]
        return executed

    def keep_snapshot(self) -> None:
        """Write the snapshot that is due at this height, as the process beside the node does."""
        app = self.application
        if self.snapshots_in is None or not app.begun or app.state.height % SNAPSHOT_INTERVAL or not app.state.height:
            return
        target = self.snapshots_in / str(app.state.height)
        if not target.exists():
            try:
                write_snapshot(app.state, app.store, target)
            except StoreError as error:
                if error.code == "store.begins_later" and self.base:
                    return
                raise
            assert self.snapshots is not None, "a node with a folder has snapshots"
            self.snapshots._keep_the_last()


class _NoSnapshots:
    """A node that keeps none."""

    def committed(self, committed: Committed) -> None: ...

    def listed(self) -> list[Any]:
        return []

    def chunk(self, height: int, kind: int, number: int) -> bytes:
        return b""


def _fill(message: Any, name: str, value: Any) -> None:
    if name == "time":
        message.time.seconds, message.time.nanos = divmod(value, 1_000_000_000)
    elif name == "validators":
        for key, power in value.items():
            message.validators.add(power=power).pub_key.ed25519 = key
    elif name in ("snapshot", "decided_last_commit"):
        getattr(message, name).CopyFrom(value)
    elif name == "misbehavior":
        for what in value:
            message.misbehavior.add().CopyFrom(what)
    elif isinstance(value, list):
        getattr(message, name).extend(value)
    else:
        setattr(message, name, value)
