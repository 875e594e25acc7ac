"""Whenever the process or the machine stops, nothing that was acknowledged is lost and the next start finds one truth.

python -m tests.store.test_crash FILE      commit blocks for ever, saying each height once it is durable
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.state import State
from linlian.store import chunks
from linlian.store.sqlite import SqliteStore
from tests.store.ledgers import lay_down, loaded
from tests.store.lending import AddTool, Town, random_id

ROOT = Path(__file__).parents[2]


def main(path: Path) -> None:
    """The process that is killed: many small blocks, chunks hurried on so that every table is being written."""
    town = Town(members=2)
    with pytest.MonkeyPatch.context() as patch, closing(SqliteStore(path)) as store:
        patch.setattr(chunks, "ROWS_A_ROUND", 1 << 10)
        if store.genesis() is None:
            store.create(town.document, town.founding)
        store.load(fresh := State(town.state.chain, town.state.work))
        town.state, town.time = fresh, fresh.time
        while True:
            tools = [random_id(town.state.height, number) for number in range(town.state.height % 23 + 1)]
            applied = town.block([town.sign(0, AddTool(tool=tool)) for tool in tools], after_ms=1)
            store.commit(applied.block)
            os.write(1, f"{applied.block.header.height}\n".encode())


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path, chance = tmp_path / "ledger.sqlite", random.Random(1)
    acknowledged = 0
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.store.test_crash", str(path)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(chance.random() * 0.2)
        child.send_signal(signal.SIGKILL)
        said = first + child.stdout.read()
        child.stdout.close()
        child.wait()
        heights = [int(line) for line in said.decode().split("\n")[:-1]]
        assert heights, "the child died before it had begun"
        acknowledged = max(acknowledged, heights[-1])
        with closing(SqliteStore(path)) as store:
            head, document = store.head(), store.genesis()
            assert head is not None
            assert document is not None
            assert acknowledged <= head.height <= acknowledged + 1
            state = State(chain_id(document), open_genesis(document).work)
            store.load(state)
            assert state.root == head.state_root
            for block in store.blocks(max(0, head.height - 40)):
                assert store.find(block.item_id(0)) == (block.header.height, 0)
    assert acknowledged > 20


@pytest.mark.parametrize("seed", range(12))
def test_a_log_torn_anywhere_leaves_a_whole_ledger(
    tmp_path: Path, town: Town, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """The machine stops while the write-ahead log goes to the disk: any part of its end may be missing or rubbish."""
    monkeypatch.setattr(chunks, "ROWS_A_ROUND", 1 << 10)
    path, torn = tmp_path / "ledger.sqlite", tmp_path / "torn.sqlite"
    chance = random.Random(seed)
    with closing(SqliteStore(path)) as store:
        lay_down(store, town)
        log = path.with_name("ledger.sqlite-wal").read_bytes()
        cut = chance.randrange(len(log))
        shutil.copy(path, torn)
        torn.with_name("torn.sqlite-wal").write_bytes(log[:cut] + chance.randbytes(len(log) - cut) * (seed % 2))
    with closing(SqliteStore(torn)) as store:
        head = store.head()
        if head is None:
            assert store.genesis() is None
            store.create(town.document, town.founding)
            head = town.founding.header
        assert head == town.blocks[head.height].header
        assert loaded(store, town).root == head.state_root
        for block in town.blocks[head.height + 1 :]:
            store.commit(block)
        assert loaded(store, town).root == town.state.root


if __name__ == "__main__":
    main(Path(sys.argv[1]))
