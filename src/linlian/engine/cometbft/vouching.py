"""Who stands behind a proof of this node: the validators, whose commit of the next block signs our app hash.

The engine's header at E + 1 holds the app hash after E. So a proof made here stands at the last height of the ledger
whose header the engine's chain has signed; a moment after a block that is the head. It carries light blocks from the
first validators on, as few as lead a reader who trusts any of the sets between to the last.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.records import CHANGED, Roots
from linlian.engine.cometbft.rpc import Rpc
from linlian.engine.light_blocks import light_block_from_rpc
from linlian.kernel.errors import LinlianError
from linlian.kernel.light import LightBlock
from linlian.kernel.lightclient import shortest_lead
from linlian.kernel.proof import Anchor
from linlian.kernel.state import State

SIGNED_S: Final = 10.0
LOOK_AGAIN_S: Final = 0.02


class CommitVoucher:
    """Implements `engine.prover.Voucher`."""

    def __init__(self, app: Application, rpc: Rpc):
        self._app = app
        self._rpc = rpc
        self._lock = threading.Lock()
        self._kept: dict[int, LightBlock] = {}
        self._last: tuple[Roots, tuple[LightBlock, ...]] | None = None

    def ready(self, height: int) -> None:
        """Wait until the engine has signed this height or one above it. Raises LinlianError (`engine.not_signed_yet`).

        And whatever `Rpc.ask` raises: the commit is the engine's to show.
        """
        until = time.monotonic() + SIGNED_S
        while (roots := self._app.signed_roots()) is None or roots.ledger_height < height:
            if time.monotonic() > until:
                raise LinlianError("engine.not_signed_yet", height=height)
            time.sleep(LOOK_AGAIN_S)
        with self._lock:
            if self._last is None or self._last[0] != roots:
                self._last = (roots, self._lead(roots.height + 1))

    def anchor(self, state: State) -> Anchor:
        """The anchor at the last height that `ready` has found signed."""
        with self._lock:
            assert self._last is not None, "`ready` comes first"
            roots, light_blocks = self._last
        header = self._app.store.header(roots.ledger_height)
        assert header is not None, "what is signed is committed"
        path = tuple(state.log.inclusion_proof(header.height, header.height + 1))
        return Anchor(header=header, note=b"", path=path, light_blocks=light_blocks)

    def _lead(self, height: int) -> tuple[LightBlock, ...]:
        """Light blocks of the first header, of both sides of every change of validators, and of this height."""
        heights = {1, height}
        for name, _ in self._app.store.notes(CHANGED):
            # What a block decides announces its next one, and the one after is made by the new set.
            changed = int(name.removeprefix(CHANGED), 16)
            heights |= {changed + 1, changed + 2}
        first = self._first
        return shortest_lead([self._light_block(each) for each in sorted(heights) if first <= each <= height])

    @property
    def _first(self) -> int:
        """The engine's first block that is kept here; not 1 where the node began at a snapshot."""
        return int(self._rpc.ask("status")["sync_info"]["earliest_block_height"])

    def _light_block(self, height: int) -> LightBlock:
        found = self._kept.get(height)
        if found is None:
            told = self._rpc.ask("commit", height=str(height))
            validators = self._rpc.ask("validators", height=str(height), per_page="100")
            found = self._kept[height] = light_block_from_rpc(told, validators)
            while len(self._kept) > 256:
                del self._kept[next(iter(self._kept))]
        return found
