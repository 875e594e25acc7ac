"""Who stands behind a proof of this node: the validators, whose commit of the next block signs our app hash.

The engine's header at E + 1 holds the app hash after E. So a proof made here stands at the last height of the ledger
whose header the engine's chain has signed; a moment after a block that is the head.
"""

from __future__ import annotations

import time
from typing import Final

from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.records import Roots
from linlian.engine.cometbft.rpc import Rpc
from linlian.kernel.errors import LinlianError
from linlian.kernel.proof import Anchor
from linlian.kernel.state import State

SIGNED_S: Final = 10.0
LOOK_AGAIN_S: Final = 0.02


class CommitVoucher:
    """Implements `engine.prover.Voucher`."""

    def __init__(self, app: Application, rpc: Rpc):
        self._app = app
        self._rpc = rpc

    def ready(self, height: int) -> None:
        """Wait until the engine has signed this height. Raises LinlianError (`engine.not_signed_yet`)."""
        until = time.monotonic() + SIGNED_S
        while (roots := self._app.signed_roots()) is None or roots.ledger_height < height:
            if time.monotonic() > until:
                raise LinlianError("engine.not_signed_yet", height=height)
            time.sleep(LOOK_AGAIN_S)
        self._roots: Roots = roots

    def anchor(self, state: State) -> Anchor:
        raise NotImplementedError
