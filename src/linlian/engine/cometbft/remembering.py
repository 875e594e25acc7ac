"""What a node has opened and found good, so that it need not do it again between mempool, proposal and block.

Both memories are bounded and forget the oldest first; to forget costs time, never a verdict. Only good signatures are
remembered, under all that they were checked with: suite, key, message, signature, binding.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from linlian.engine.cometbft.envelope import open_envelope
from linlian.kernel.crypto import SignatureCheck, verify_many
from linlian.kernel.errors import Rejected
from linlian.kernel.transaction import Transaction, open_transaction

ENVELOPES_MAX: Final = 4_000
SIGNATURES_MAX: Final = 40_000
ENVELOPE_BYTES_KEPT_MAX: Final = 128 * 1024 * 1024


@dataclass(slots=True)
class Opened:
    """The well-formed transactions of an envelope, and how many were malformed or of another chain."""

    transactions: list[Transaction]
    malformed: int


class Remembered:
    """Envelopes by their bytes, and the signatures that were good; for all threads."""

    def __init__(self) -> None:
        self._opened: dict[bytes, Opened] = {}
        self._bytes = 0
        # A plain dict looks for its first key past all that were ever taken out before it.
        self._good: OrderedDict[SignatureCheck, None] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, tx: bytes, chain: str) -> Opened:
        """The transactions of an envelope. Raises Rejected if it is none."""
        known = self._opened.get(tx)
        if known is not None:
            return known
        opened = Opened([], 0)
        for raw in open_envelope(tx):
            try:
                opened.transactions.append(open_transaction(raw, chain))
            except Rejected:
                opened.malformed += 1
        self.know(tx, opened)
        return opened

    def know(self, tx: bytes, opened: Opened) -> None:
        """Remember an envelope that is open already: whoever sealed it need not open it again."""
        with self._lock:
            if tx not in self._opened:
                self._opened[tx] = opened
                self._bytes += len(tx)
            while len(self._opened) > ENVELOPES_MAX or self._bytes > ENVELOPE_BYTES_KEPT_MAX:
                self._drop(next(iter(self._opened)))

    def forget(self, txs: Iterable[bytes]) -> None:
        """These envelopes are decided."""
        with self._lock:
            for tx in txs:
                self._drop(tx)

    def _drop(self, tx: bytes) -> None:
        if self._opened.pop(tx, None) is not None:
            self._bytes -= len(tx)

    def verify(self, checks: Sequence[SignatureCheck]) -> list[bool]:
        """The verdict on each, checking only what has not been found good before."""
        unknown = [check for check in checks if check not in self._good]
        if not unknown:
            return [True] * len(checks)
        verdicts = dict(zip(unknown, verify_many(unknown), strict=True))
        with self._lock:
            for check, good in verdicts.items():
                if good:
                    self._good[check] = None
            while len(self._good) > SIGNATURES_MAX:
                self._good.popitem(last=False)
        return [verdicts.get(check, True) for check in checks]
