"""What a new chain takes over from the one that it names as its predecessor.

Rules
- Every row is taken over as it stands, under the new chain's id, except what belongs to the old chain alone:
- histories begin anew, empty: whoever had one is known. The old ones are chained under the old id; they stay
  provable with the old ledger;
- the ids of offline transactions, and the timers that forget them, fall away: they cannot come back on another chain;
- keys in force sign from block 1, ended ones stay ended, and the operator signs from block 0;
- the release row and the entropy are written by genesis.

Pure: whoever has the old ledger computes the same rows, and so can hold them against block 0 of the new one.

    document = codec.encode(Genesis(..., predecessor=predecessor_of(state)))
    state, block_0 = found(rulebook, document, carry_over(state, chain_id(document)))
"""

from __future__ import annotations

from hashlib import sha256

from linlian.kernel import codec
from linlian.kernel.block import SUBJECT_PREFIX, subject_start
from linlian.kernel.contract import SALT_BYTES, replace
from linlian.kernel.entropy import ENTROPIES
from linlian.kernel.genesis import Predecessor
from linlian.kernel.keys import KEYS, KeyRow
from linlian.kernel.operator import OPERATORS
from linlian.kernel.release import RELEASES
from linlian.kernel.replay import offline
from linlian.kernel.state import State, Writes
from linlian.kernel.timers import TIMERS

_LEFT_BEHIND = (RELEASES.prefix, offline.prefix, ENTROPIES.prefix)
_FORGET_OFFLINE = "kernel.forget_offline"


def predecessor_of(state: State) -> Predecessor:
    """How a genesis document names the chain that ends with this state."""
    header = state.header
    assert header is not None, "a ledger has block 0"
    return Predecessor(
        chain=state.chain,
        height=header.height,
        header_hash=sha256(codec.encode(header)).digest(),
        state_root=header.state_root,
    )


def carry_over(state: State, chain: str) -> Writes:
    """The rows, in key order, with which block 0 of the successor of this id begins."""
    carried: Writes = []
    for key in sorted(state.rows):
        row = state.rows[key]
        if key.startswith(_LEFT_BEHIND):
            continue
        if key.startswith(TIMERS.prefix) and TIMERS.decode(row[SALT_BYTES:]).command == _FORGET_OFFLINE:
            continue
        if key.startswith(SUBJECT_PREFIX):
            row = row[:SALT_BYTES] + bytes(8) + subject_start(chain, key[len(SUBJECT_PREFIX) :])
        elif key.startswith(KEYS.prefix):
            row = row[:SALT_BYTES] + codec.encode(_rebased(KEYS.decode(row[SALT_BYTES:])))
        elif key.startswith(OPERATORS.prefix):
            operator = OPERATORS.decode(row[SALT_BYTES:])
            row = row[:SALT_BYTES] + codec.encode(replace(operator, from_height=0))
        carried.append((key, row))
    return carried


def _rebased(key: KeyRow) -> KeyRow:
    """A key that may sign does so from block 1; of an ended one the first block lies behind its last."""
    return replace(key, from_height=2, until_height=1) if key.until_height else replace(key, from_height=1)
