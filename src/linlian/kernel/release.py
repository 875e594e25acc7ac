"""Which rules are in force. The unit is a release: all rules and the kernel, named by a number and a source hash.

A release is scheduled by the organisations' vote and takes effect in the first block at or above its height. The
header of every block names the release that made it; a node whose build lacks it stops before that block.
"""

from __future__ import annotations

from linlian.kernel.codec import Count, Hash, Row
from linlian.kernel.contract import Context, Reader, Refused, Table

KEY = b"rules"


class Release(Row):
    """The release in force and, if `next_height` is not 0, the one that takes its place at that height."""

    number: Count
    source_hash: Hash
    next_number: Count = 0
    next_source_hash: Hash = bytes(32)
    next_height: Count = 0

    def at(self, height: int) -> Release:
        """This row as the block at `height` sees it."""
        if self.next_height and height >= self.next_height:
            return Release(self.next_number, self.next_source_hash)
        return self


RELEASES = Table("kernel.release", Release)


def current_release(reader: Reader) -> Release:
    """The row as of the last block."""
    row = RELEASES.get(reader, KEY)
    assert row is not None, "genesis writes the release row"
    return row


def schedule_release(ctx: Context, number: int, source_hash: bytes, at_height: int) -> None:
    """Let a release take effect at a height above this block's.

    Refused: `kernel.release_in_the_past`, `kernel.release_not_newer` (numbers never fall; an equal number with
    another source hash is a repair of the same rules).
    """
    row = current_release(ctx)
    if at_height <= ctx.height:
        raise Refused("kernel.release_in_the_past", at_height=at_height, height=ctx.height)
    if number < row.number:
        raise Refused("kernel.release_not_newer", number=number, active=row.number)
    RELEASES.put(ctx, KEY, Release(row.number, row.source_hash, number, source_hash, at_height))
