"""The validators: whose nodes decide together which block comes next, on a chain that several organisations keep.

They are one row of the state, empty on an embedded ledger, and change by the organisations' vote. An engine takes the
row over; the rules alone say what may be in it.

Rules
- A change must leave a quorum: those who sit already, with the power that they keep, must hold more than two thirds
  of the new set, or a newcomer who is not there yet could stop the chain.
- They must hold more than a third of the old one, or whoever trusts the old set could not follow to the new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from linlian.kernel.codec import Hash, Id, Meta, Row
from linlian.kernel.contract import Context, Reader, Refused, Table
from linlian.kernel.crypto import check_key
from linlian.kernel.errors import KeyInvalid

KEY = b"validators"
VALIDATORS_MAX = 64
POWER_MAX = 1_000_000


class Validator(Row):
    """The Ed25519 public key with which an organisation's node votes, and how much its vote weighs."""

    public_key: Hash
    power: Annotated[int, Meta(ge=1, le=POWER_MAX)]
    organisation: Id


class ValidatorSet(Row):
    """In the order of the public keys."""

    validators: Annotated[tuple[Validator, ...], Meta(max_length=VALIDATORS_MAX)]


VALIDATORS = Table("kernel.validators", ValidatorSet)


def current_validators(reader: Reader) -> tuple[Validator, ...]:
    """The validators as of the last block; none on a chain that one operator keeps."""
    row = VALIDATORS.get(reader, KEY)
    return row.validators if row else ()


def set_validators(ctx: Context, validators: Sequence[Validator]) -> None:
    """Put a whole set in force. Refused with `kernel.validators_repeated`, `.validators_too_many`, `.key_invalid`."""
    if len(validators) > VALIDATORS_MAX:
        raise Refused("kernel.validators_too_many", count=len(validators), count_max=VALIDATORS_MAX)
    if len({validator.public_key for validator in validators}) < len(validators):
        raise Refused("kernel.validators_repeated")
    for validator in validators:
        try:
            check_key("ed25519", validator.public_key)
        except KeyInvalid as error:
            raise Refused("kernel.key_invalid", suite="ed25519", reason=error.code) from error
    ordered = tuple(sorted(validators, key=lambda validator: validator.public_key))
    VALIDATORS.put(ctx, KEY, ValidatorSet(ordered))


def change_validator(ctx: Context, public_key: bytes, power: int, organisation: bytes) -> None:
    """Let a validator in, change its power, or (0) take it out.

    Refused with `kernel.validator_unknown`, `kernel.quorum_lost`, and as `set_validators`.
    """
    before = current_validators(ctx)
    others = tuple(validator for validator in before if validator.public_key != public_key)
    if power == 0 and len(others) == len(before):
        raise Refused("kernel.validator_unknown", public_key=public_key)
    after = others if power == 0 else (*others, Validator(public_key, power, organisation))
    check_quorum(powers(before), powers(after))
    set_validators(ctx, after)


def powers(validators: Sequence[Validator]) -> dict[bytes, int]:
    """Power by public key."""
    return {validator.public_key: validator.power for validator in validators}


def check_quorum(before: Mapping[bytes, int], after: Mapping[bytes, int]) -> None:
    """Raise Refused (`kernel.quorum_lost`) if a change would leave no quorum, as the rules above say."""
    sitting = sum(min(before.get(key, 0), power) for key, power in after.items())
    total = sum(after.values())
    if 3 * sitting <= 2 * total or 3 * sitting <= sum(before.values()):
        raise Refused("kernel.quorum_lost", sitting=sitting, total=total, before=sum(before.values()))
