"""Who signs the blocks, and who has not for a while: what the others notice of a node that is away, cut off or wrong.

Each decided block says whose signatures stood under the one before it. That is told to this node's operator and decides
nothing: a validator is taken out by the organisations' vote only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ABSENT_BLOCKS: Final = 20
"""So many blocks in a row without a signature are told; a node that is started again misses fewer."""


class Attendance:
    """`signed` returns what is to be said, once for each absence and once for each return.

    `last` is the last block that each validator, by its address, was seen to vote on.
    """

    def __init__(self) -> None:
        self.last: dict[bytes, int] = {}
        self._missed: dict[bytes, int] = {}
        self._told: set[bytes] = set()

    def signed(self, height: int, votes: Mapping[bytes, bool]) -> list[str]:
        """Whether each validator, by its address, signed the block before this height; a vote for none is one too."""
        for gone in self._missed.keys() - votes.keys():
            del self._missed[gone]
        said = []
        for address, there in votes.items():
            if there:
                self.last[address] = height - 1
            self._missed[address] = 0 if there else self._missed.get(address, 0) + 1
            if self._missed[address] == ABSENT_BLOCKS:
                self._told.add(address)
                said.append(f"validator {address.hex()} has not signed {ABSENT_BLOCKS} blocks, up to {height - 1}")
            elif there and address in self._told:
                self._told.discard(address)
                said.append(f"validator {address.hex()} signs again, from block {height - 1}")
        return said
