"""The ledger that a folder holds: one operator's, or the part of one organisation among several.

ledger = open_ledger(settings, rules)
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Final

from linlian.engine.cometbft.ledger import CometLedger
from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.watermark import Watermark
from linlian.kernel.errors import LinlianError
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State
from linlian.node import folder as place
from linlian.node.folder import NodeError
from linlian.node.several import open_ledger_of_several
from linlian.settings import Settings
from linlian.store.protocol import Progress, StoreError
from linlian.store.sqlite import SqliteStore

COLLECTOR_THRESHOLDS: Final = (500_000, 20, 20)
"""`gc.set_threshold`: how many containers more than before, and how many rounds of each generation."""


def open_ledger(settings: Settings, rules: Rulebook, progress: Progress | None = None) -> EmbeddedLedger | CometLedger:
    """The ledger of a folder that the caller has locked. Raises NodeError (`node.other_rules`) and others."""
    folder = settings.folder
    if place.is_of_several(folder):
        ledger_of_several = open_ledger_of_several(settings, rules)
        _set_the_collector_aside()
        return ledger_of_several
    operator = place.read_operator_key(folder)
    watermark = Watermark(folder / place.WATERMARK)
    store = SqliteStore(place.require_ledger(folder))
    try:
        ledger = EmbeddedLedger(store, rules, operator, watermark, progress=progress)
    except LinlianError as error:
        store.close()
        if error.code != "engine.other_rules":
            raise
        voted = str(error.facts["voted"])
        raise NodeError("node.other_rules", voted=voted, ours=rules.source_hash.hex()) from error
    _set_the_collector_aside()
    return ledger


def _set_the_collector_aside() -> None:
    """What has been loaded stays: the collector need not walk a million rows again and again.

    Blocks make many objects and hardly a cycle. With CPython's thresholds the collector took one part in sixteen of a
    validator's processor, found next to nothing, and now looks seldom.
    """
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def voted_hash(folder: Path) -> bytes:
    """The source hash under which the next block is made, as the last block's state has it."""
    store = SqliteStore(place.require_ledger(folder), read_only=True)
    try:
        document = store.genesis()
        if document is None:
            raise StoreError("store.empty", path=str(store.path))
        state = State(chain_id(document), open_genesis(document).work)
        store.load(state)
    finally:
        store.close()
    return state.release.source_hash
