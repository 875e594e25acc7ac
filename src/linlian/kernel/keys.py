"""Signing keys as rows of the state. A key row is never deleted: old signatures stay checkable.

A key is in force from the block after the one that registered it up to and including the one that ended it, so
whoever checks a signature needs nothing but the row. Only `identity` writes here.
"""

from __future__ import annotations

from typing import Annotated

from linlian.kernel import crypto
from linlian.kernel.codec import Count, Id, Label, Meta, Row
from linlian.kernel.contract import SYSTEM, Context, Reader, Refused, Table, replace
from linlian.kernel.errors import KeyInvalid

Origin = Annotated[str, Meta(max_length=512)]
"""A web origin (RFC 6454) or relying-party id (WebAuthn section 5.4.2); empty for software keys."""


class KeyRow(Row):
    """Suite and public key, the account it signs for, and the blocks in which it may (0 = no end)."""

    suite: Label
    public_key: Annotated[bytes, Meta(max_length=128)]
    account: Id
    from_height: Count
    until_height: Count = 0
    rp_id: Origin = ""
    origin: Origin = ""

    @property
    def binding(self) -> crypto.Binding:
        return crypto.Binding(self.rp_id, self.origin)

    def in_force(self, height: int) -> bool:
        """Whether a transaction in the block at `height` may be signed with this key."""
        return self.from_height <= height and (self.until_height == 0 or height <= self.until_height)


KEYS = Table("kernel.key", KeyRow)


def register_key(
    ctx: Context, suite: str, public_key: bytes, account: bytes, rp_id: str = "", origin: str = ""
) -> bytes:
    """Register a key for an account from the next block on (block 1 for genesis); returns its id.

    Refused: `kernel.key_invalid` if no suite accepts it, `kernel.key_taken` if it was ever registered.
    """
    if account == SYSTEM:
        raise ValueError("nobody signs in the name of the rules themselves")
    try:
        binding = crypto.Binding(rp_id, origin)
        crypto.check_key(suite, public_key, binding)
    except KeyInvalid as error:
        raise Refused("kernel.key_invalid", suite=suite, reason=error.code) from error
    identifier = crypto.key_id(suite, public_key, binding)
    if KEYS.has(ctx, identifier):
        raise Refused("kernel.key_taken", key=identifier)
    KEYS.put(ctx, identifier, KeyRow(suite, public_key, account, ctx.height + 1, 0, rp_id, origin))
    return identifier


def end_key(ctx: Context, identifier: bytes) -> None:
    """End a key with this block. Refused: `kernel.key_ended` if it has ended, `kernel.key_unknown` if there is none."""
    row = KEYS.get(ctx, identifier)
    if row is None:
        raise Refused("kernel.key_unknown", key=identifier)
    if row.until_height:
        raise Refused("kernel.key_ended", key=identifier)
    KEYS.put(ctx, identifier, replace(row, until_height=ctx.height))


def key_in_force(reader: Reader, identifier: bytes, height: int) -> KeyRow | None:
    """The key's row if it may sign in the block at `height`."""
    row = KEYS.get(reader, identifier)
    return row if row is not None and row.in_force(height) else None
