"""Every bound of the ledger, in one place. Each has a test that goes one over.

Times are milliseconds since 1970-01-01T00:00:00Z, sizes are bytes. `Work` is written into genesis, so a chain
keeps the bounds that it began with; the rest are properties of the format.
"""

from __future__ import annotations

from typing import Annotated

from linlian.kernel.codec import INT_MAX, Count, Fields, Meta

TRANSACTION_BYTES_MAX = 32 * 1024
SIGNATURE_BYTES_MAX = 2048
CHAIN_NAME_CHARS_MAX = 16
TABLE_KEY_BYTES_MAX = 256

VALIDITY_MS_MAX = 120_000
"""An ordinary transaction is valid for two minutes, so the replay guard is what two minutes of blocks hold."""
OFFLINE_VALIDITY_MS_MAX = 72 * 3600 * 1000
"""A transaction marked offline may wait three days for a network."""
CLAIM_AHEAD_MS_MAX = 120_000
"""`occurred_at` may run ahead of the block's time by the skew of a badly set clock, not by more."""

BLOCK_TRANSACTIONS_MAX = 2_000
BLOCK_BYTES_MAX = 4 * 1024 * 1024
BLOCK_TIMERS_MAX = 256
UNDO_BLOCKS = 64


class Work(Fields):
    """What one command may do before it is refused with `kernel.too_much`; at the least, leave a refusal."""

    reads_max: Count
    writes_max: Annotated[int, Meta(ge=16, le=INT_MAX)]
    events_max: Annotated[int, Meta(ge=1, le=INT_MAX)]
    bytes_max: Annotated[int, Meta(ge=4096, le=INT_MAX)]
    timers_max: Count


ORDINARY_WORK = Work(reads_max=512, writes_max=256, events_max=64, bytes_max=128 * 1024, timers_max=4)
