"""One validator of the network that is measured: rules, ledger, engine and socket, no pages and no read model.

python -m bench.validating FOLDER
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from linlian.community.repairs.tests.scene import CONTRACTS
from linlian.engine.door import LocalDoor
from linlian.kernel.rulebook import Rulebook
from linlian.node import folder as place
from linlian.node.ledgers import open_ledger
from linlian.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    folder = Path(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    ledger = open_ledger(Settings(folder=folder), Rulebook(CONTRACTS))
    door = LocalDoor(ledger, folder / place.SOCKET)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    door.close()
    ledger.close()


if __name__ == "__main__":
    main()
