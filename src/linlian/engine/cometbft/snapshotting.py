"""The process that makes a snapshot beside a node at work, at a height that is still to come.

    python -m linlian.engine.cometbft.snapshotting LEDGER FOLDER HEIGHT

It loads the ledger as it is, applies the blocks that follow up to the height, writes, and ends. It ends without one if
the ledger is past that height already, if the node that started it has gone, or if the ledger began at a snapshot
itself, so shortly before that it cannot pass on the blocks which newcomers need.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.state import State
from linlian.store.protocol import StoreError
from linlian.store.snapshot import write_snapshot
from linlian.store.sqlite import SqliteStore

NICENESS: Final = 10
LOOK_AGAIN_S: Final = 0.5


def main() -> int:
    """0 if the snapshot was written."""
    ledger, folder, height = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    os.nice(NICENESS)
    parent = os.getppid()
    store = SqliteStore(ledger, read_only=True)
    try:
        document = store.genesis()
        if document is None:
            raise StoreError("store.empty", path=str(ledger))
        state = State(chain_id(document), open_genesis(document).work)
        store.load(state)
        while state.height < height:
            block = store.block(state.height + 1)
            if block is not None:
                state.replay(block)
            elif os.getppid() != parent:
                return 1
            else:
                time.sleep(LOOK_AGAIN_S)
        if state.height > height:
            return 1
        write_snapshot(state, store, folder)
    except StoreError as error:
        if error.code != "store.begins_later":
            raise
        return 1
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
