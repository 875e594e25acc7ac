"""One ledger on disk, many deaths.

A child process opens the ledger, submits without pause, and says on a pipe what has been acknowledged. The parent kills
it (SIGKILL) at a random moment, opens the ledger again and checks: every acknowledged transaction is where it was said
to be, the state rebuilt has the root in the last header, and the height never falls. Every so often, and at the end,
the whole ledger is audited from genesis.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from linlian.engine.embedded import wall_clock
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.state import State
from linlian.store.audit import audit
from linlian.store.protocol import StoreError
from linlian.store.sqlite import SqliteStore
from tests.engine.ledgers import Clock, create, open_ledger

RECORD_BYTES = 32 + 8
LONGEST_LIFE_S = 0.6
LOCK_WAIT_S = 10.0


@dataclass
class Trial:
    """What was seen so far. `restarts_s` are the times to open and load the ledger after each death."""

    folder: Path
    seed: int
    deaths: int = 0
    acknowledged: int = 0
    height: int = 0
    restarts_s: list[float] = field(default_factory=list)

    def run(self, moments: int, audit_every: int, progress: Callable[[int], None]) -> None:
        """Raises AssertionError with the seed and the death at which something was lost."""
        chance = random.Random(self.seed)
        self.folder.mkdir(parents=True, exist_ok=True)
        store = SqliteStore(self._path)
        create(store)
        store.close()
        for death in range(1, moments + 1):
            said = self._one_life(chance.uniform(0, LONGEST_LIFE_S), chance.randrange(2**32))
            self._check(said, f"seed {self.seed}, death {death}", whole=death % audit_every == 0 or death == moments)
            self.deaths = death
            progress(death)

    @property
    def _path(self) -> Path:
        return self.folder / "ledger.sqlite"

    def _one_life(self, seconds: float, seed: int) -> list[tuple[bytes, int]]:
        """Let a child live that long after it is ready; returns what it acknowledged, as (id, height)."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _live(self._path, self.folder, writing, seed)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            assert pipe.read(1) == b"!", "the child did not start"
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            data = pipe.read()
        records = [data[at : at + RECORD_BYTES] for at in range(0, len(data) - RECORD_BYTES + 1, RECORD_BYTES)]
        return [(record[:32], int.from_bytes(record[32:], "big")) for record in records]

    def _open(self) -> SqliteStore:
        """The store, once the system has let go of the lock of the dead; a node that starts again waits likewise."""
        until = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                return SqliteStore(self._path)
            except StoreError as error:
                if error.code != "store.locked" or time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def _check(self, said: list[tuple[bytes, int]], where: str, whole: bool) -> None:
        started = time.monotonic()
        store = self._open()
        document = store.genesis()
        assert document is not None, where
        state = State(chain_id(document), open_genesis(document).work)
        store.load(state)
        self.restarts_s.append(time.monotonic() - started)
        head = store.head()
        assert head is not None, where
        assert head.height >= self.height, f"{where}: the ledger has shrunk"
        assert state.root == head.state_root, where
        for item_id, height in said:
            found = store.find(item_id)
            assert found is not None, f"{where}: {item_id.hex()} was acknowledged and is lost"
            assert found[0] == height, f"{where}: {item_id.hex()} has moved"
        if whole:
            report = audit(store)
            assert report.finding is None, f"{where}: {report.finding}"
        store.close()
        self.height = head.height
        self.acknowledged += len(said)


def _live(path: Path, folder: Path, pipe: int, seed: int) -> None:
    """The child: submit in batches of every size until killed."""
    chance = random.Random(seed)
    clock = Clock()
    store = SqliteStore(path)
    head = store.head()
    assert head is not None
    clock.now = max(wall_clock(), head.time)
    ledger, desk = open_ledger(store, folder, clock)
    desk.made = seed << 64
    os.write(pipe, b"!")
    while True:
        clock.now = max(clock.now + 1, wall_clock())
        size = chance.choice((1, 1, 2, 10, 60, 300))
        forget_at = clock.now + chance.randrange(200) if chance.random() < 0.3 else 0
        answers = ledger.submit_many([desk.note(f"n{number}", forget_at) for number in range(size)])
        for answer in answers:
            final = answer.result()
            os.write(pipe, final.item_id + final.height.to_bytes(8, "big"))
        if chance.random() < 0.1:
            ledger.prove_receipt(answers[0].result().item_id)
