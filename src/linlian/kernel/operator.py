"""The operator: who signs checkpoints of an embedded ledger. Its key is a row of the state and rotates by vote."""

from __future__ import annotations

from typing import Annotated

from linlian.kernel.codec import Count, Meta, Row
from linlian.kernel.contract import Context, Reader, Refused, Table
from linlian.kernel.crypto import check_key
from linlian.kernel.errors import KeyInvalid

KEY = b"operator"
_NAME_START, _NAME_END = "linlian/", "/operator"


class Operator(Row):
    """An Ed25519 public key and the first block whose checkpoints it signs."""

    public_key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    from_height: Count


OPERATORS = Table("kernel.operator", Operator)


def current_operator(reader: Reader) -> Operator | None:
    """The operator's row as of the last block; None on a chain whose validators sign."""
    return OPERATORS.get(reader, KEY)


def appoint_operator(ctx: Context, public_key: bytes) -> None:
    """Let a key sign the checkpoints from this block on. Refused with `kernel.key_invalid`."""
    try:
        check_key("ed25519", public_key)
    except KeyInvalid as error:
        raise Refused("kernel.key_invalid", suite="ed25519", reason=error.code) from error
    OPERATORS.put(ctx, KEY, Operator(public_key, ctx.height))


def dismiss_operator(ctx: Context) -> None:
    """From this block on nobody signs checkpoints: validators do."""
    OPERATORS.delete(ctx, KEY)


def operator_name(chain: str) -> str:
    """The operator's name on a signature line."""
    return f"{_NAME_START}{chain}{_NAME_END}"


def is_operator_name(name: str) -> bool:
    """Whether it is the operator's name of any chain: such a one speaks for its own chain alone."""
    return name.startswith(_NAME_START) and name.endswith(_NAME_END)
