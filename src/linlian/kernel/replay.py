"""Each transaction at most once.

Rules
- A transaction is admitted only if time < valid_until ≤ time + 120 s. So the ids of the blocks of the last 120
  seconds are all that can come back; they are the guard, rebuilt from those blocks at start.
- A transaction marked offline may be valid for 72 hours. Its id becomes a row, removed by a timer when it expires.
"""

from __future__ import annotations

from collections import deque

from linlian.kernel.codec import Hash, Millis, Row
from linlian.kernel.contract import Command, Context, Contract, Reader
from linlian.kernel.errors import Rejected
from linlian.kernel.limits import CLAIM_AHEAD_MS_MAX, OFFLINE_VALIDITY_MS_MAX, VALIDITY_MS_MAX
from linlian.kernel.transaction import Body, Transaction

replay_contract = Contract("kernel")


class OfflineRow(Row):
    """An offline transaction that has been in a block and could still come back until `valid_until`."""

    valid_until: Millis


offline = replay_contract.table("offline", OfflineRow)


class ForgetOffline(Command):
    """The transaction's validity has ended: it cannot come back."""

    transaction: Hash


@replay_contract.timer
def forget_offline(ctx: Context, cmd: ForgetOffline) -> None:
    offline.delete(ctx, cmd.transaction)


Forgotten = list[tuple[int, list[bytes]]]
"""Blocks that have left the guard, oldest first: time in milliseconds, ids."""


class ReplayGuard:
    """The ids of the transactions in blocks younger than 120 seconds."""

    def __init__(self) -> None:
        self._ids: set[bytes] = set()
        self._blocks: deque[tuple[int, list[bytes]]] = deque()

    def __contains__(self, transaction_id: bytes) -> bool:
        return transaction_id in self._ids

    def blocks(self) -> list[tuple[int, list[bytes]]]:
        """(time, ids) of each block that is held, oldest first."""
        return list(self._blocks)

    def add(self, time: int, ids: list[bytes]) -> Forgotten:
        """Note a block's ids and forget those of blocks that are 120 seconds older; returns these."""
        self._ids.update(ids)
        self._blocks.append((time, ids))
        forgotten = []
        while self._blocks[0][0] + VALIDITY_MS_MAX < time:
            forgotten.append(self._blocks.popleft())
            self._ids.difference_update(forgotten[-1][1])
        return forgotten

    def remove_last(self, forgotten: Forgotten) -> None:
        """Take the last added block back, and what it made forget: the next block may be of an earlier time."""
        self._ids.difference_update(self._blocks.pop()[1])
        self._blocks.extendleft(reversed(forgotten))
        for _, ids in forgotten:
            self._ids.update(ids)


def check_window(body: Body, time: int) -> None:
    """Raise Rejected if it is not for a block of this time (`kernel.expired`, `.early`, `.claim_ahead`)."""
    span = OFFLINE_VALIDITY_MS_MAX if body.offline else VALIDITY_MS_MAX
    if body.valid_until <= time:
        raise Rejected("kernel.expired", valid_until=body.valid_until, time=time)
    if body.valid_until > time + span:
        raise Rejected("kernel.early", valid_until=body.valid_until, time=time, span_ms_max=span)
    if body.occurred_at > time + CLAIM_AHEAD_MS_MAX:
        raise Rejected("kernel.claim_ahead", occurred_at=body.occurred_at, time=time)


def check_not_seen(reader: Reader, guard: ReplayGuard, transaction: Transaction) -> None:
    """Raise Rejected (`kernel.repeated`) if the transaction has been in a block."""
    if transaction.id in guard or (transaction.body.offline and offline.has(reader, transaction.id)):
        raise Rejected("kernel.repeated", transaction=transaction.id)
