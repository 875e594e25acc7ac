"""From whom this community takes the receipts of another one: rows of the state, set by the organisations' vote.

A chain is trusted by its operator's key, or by the validators of one height of its engine for a number of days.
`foreign` judges a receipt by them.
"""

from __future__ import annotations

from typing import Annotated

from linlian.kernel.codec import Count, Hash, Meta, Millis, Row
from linlian.kernel.contract import Context, Refused, Table
from linlian.kernel.crypto import check_key
from linlian.kernel.errors import KeyInvalid
from linlian.kernel.light import Validator

NOBODY = bytes(32)
FOREIGN_VALIDATORS_MAX = 100
DAYS = 180
DAYS_MAX = 3_650


class ForeignRoot(Row):
    """`operator_key` is zeros where validators are trusted; these are of the engine's `height` at `time`, in ms."""

    operator_key: Hash
    height: Count
    time: Millis
    days: Annotated[int, Meta(ge=1, le=DAYS_MAX)]
    validators: Annotated[tuple[Validator, ...], Meta(max_length=FOREIGN_VALIDATORS_MAX)]


TRUST_ROOTS = Table("kernel.trust_root", ForeignRoot)


def check_trust_root(own: str, chain: str, root: ForeignRoot) -> None:
    """Refused: `kernel.own_chain`, `kernel.trusts_nobody`, `kernel.key_invalid`, `kernel.validators_repeated`."""
    if chain == own:
        raise Refused("kernel.own_chain", chain=chain)
    keys = [validator.public_key for validator in root.validators]
    if not keys and root.operator_key == NOBODY:
        raise Refused("kernel.trusts_nobody", chain=chain)
    if len({*keys}) < len(keys):
        raise Refused("kernel.validators_repeated")
    for key in (*keys, *((root.operator_key,) if root.operator_key != NOBODY else ())):
        try:
            check_key("ed25519", key)
        except KeyInvalid as error:
            raise Refused("kernel.key_invalid", suite="ed25519", reason=error.code) from error


def set_trust_root(ctx: Context, chain: str, root: ForeignRoot) -> None:
    """Take a chain's receipts from these from now on, and from nobody else."""
    check_trust_root(ctx.chain, chain, root)
    TRUST_ROOTS.put(ctx, chain.encode(), root)
