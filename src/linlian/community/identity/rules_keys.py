"""Keys of an account: several, so that losing a telephone is not losing oneself.

Rules
- An account has at most 8 keys. Each may add, replace and end any of them, itself included.
- The last key cannot be ended: that would lock its owner out. Who has lost it suspends the account or is recovered.
- A key signs from the block after its registration. Its row is never deleted, so no key is ever registered twice.
- Whoever was just recovered may still mind their keys: the one that a desk has seen is best replaced at once.

    add_key (new telephone) → revoke_key (old telephone)
"""

from __future__ import annotations

from linlian.community.identity.rules import (
    KEYS_MAX,
    NOBODY,
    Account,
    AccountId,
    AccountStatus,
    Power,
    PublicKey,
    accounts,
    acting,
    contract,
    members,
    require_account,
)
from linlian.community.identity.rules_standing import Partaking, partakings
from linlian.kernel import crypto
from linlian.kernel.contract import Command, Context, Event, Hash, Label, Reader, Refused, replace
from linlian.kernel.errors import KeyInvalid
from linlian.kernel.keys import KEYS, Origin, end_key, register_key


class KeyFields(Command, kw_only=True):
    """A public key. `rp_id` and `origin` are for WebAuthn alone (Web Authentication level 3, section 7.2)."""

    suite: Label
    public_key: PublicKey
    rp_id: Origin = ""
    origin: Origin = ""


class AddKey(KeyFields):
    """One more key for the signer's account."""

    key_for = "signer"


class RotateKey(KeyFields):
    """A new key in the place of an old one."""

    key_for = "signer"
    replaces: Hash


class RevokeKey(Command):
    key: Hash


@contract.event
class KeyAdded(Event):
    account: AccountId
    key: Hash


@contract.event
class KeyRotated(Event):
    account: AccountId
    key: Hash
    replaces: Hash


@contract.event
class KeyRevoked(Event):
    account: AccountId
    key: Hash


@contract.event
class KeysReplaced(Event):
    """A recovery: this key and no other signs for the account from now on; `resumed`: it is suspended no more."""

    account: AccountId
    key: Hash
    resumed: bool = False


@contract.command
def add_key(ctx: Context, cmd: AddKey) -> None:
    """Register one more key for the signer."""
    found = acting(ctx, Power.REPORT)
    if len(found.keys) >= KEYS_MAX:
        raise Refused("identity.too_many_keys", about=(ctx.signer,), most=KEYS_MAX)
    key = take_key(ctx, cmd, ctx.signer)
    accounts.put(ctx, ctx.signer, replace(found, keys=(*found.keys, key)))
    ctx.emit(KeyAdded(account=ctx.signer, key=key))


@contract.command
def rotate_key(ctx: Context, cmd: RotateKey) -> None:
    """Register a key and end the one it replaces, in one step, so that the account is never without one."""
    found = acting(ctx, Power.REPORT)
    left = _without(ctx, found, cmd.replaces)
    end_key(ctx, cmd.replaces)
    key = take_key(ctx, cmd, ctx.signer)
    accounts.put(ctx, ctx.signer, replace(found, keys=(*left, key)))
    ctx.emit(KeyRotated(account=ctx.signer, key=key, replaces=cmd.replaces))


@contract.command
def revoke_key(ctx: Context, cmd: RevokeKey) -> None:
    """End one of the signer's keys, but not the last."""
    found = acting(ctx, Power.REPORT)
    left = _without(ctx, found, cmd.key)
    if not left:
        raise Refused("identity.last_key", about=(ctx.signer,))
    end_key(ctx, cmd.key)
    accounts.put(ctx, ctx.signer, replace(found, keys=left))
    ctx.emit(KeyRevoked(account=ctx.signer, key=cmd.key))


def take_key(ctx: Context, cmd: KeyFields, account: bytes) -> bytes:
    """Register the key that a command carries; its id. Refused: `kernel.key_invalid`, `kernel.key_taken`."""
    return register_key(ctx, cmd.suite, cmd.public_key, account, cmd.rp_id, cmd.origin)


def check_new_key(reader: Reader, cmd: KeyFields) -> bytes:
    """The id of a key; refuse now what could not be registered later."""
    binding = crypto.Binding(cmd.rp_id, cmd.origin)
    try:
        crypto.check_key(cmd.suite, cmd.public_key, binding)
    except KeyInvalid as error:
        raise Refused("identity.key_invalid", reason=error.code) from error
    identifier = crypto.key_id(cmd.suite, cmd.public_key, binding)
    if KEYS.has(reader, identifier):
        raise Refused("identity.key_taken")
    return identifier


def replace_keys(
    ctx: Context, account: bytes, cmd: KeyFields, people: tuple[bytes, ...], organisations: tuple[bytes, ...]
) -> None:
    """After a recovery: register this key, end all others, and remember who took part in it.

    A resident who had suspended themselves (a stolen key) is active again: whoever suspended it has asked for this,
    and there may be nobody else who could. Refused as `take_key`, before anything is written.
    """
    found = require_account(ctx, account)
    key = take_key(ctx, cmd, account)
    end_all_keys(ctx, found)
    found = replace(found, keys=(key,), recovered_at=ctx.time)
    resumed = found.suspended_by == account and not members.has(ctx, account)
    if resumed:
        found = replace(found, status=AccountStatus.ACTIVE, suspended_by=NOBODY)
    accounts.put(ctx, account, found)
    took_part = Partaking(tuple(dict.fromkeys(people)), tuple(dict.fromkeys(organisations)))
    partakings.put(ctx, account, took_part)
    ctx.emit(KeysReplaced(account=account, key=key, resumed=resumed))


def end_all_keys(ctx: Context, found: Account) -> None:
    """End every key of an account with this block."""
    for key in found.keys:
        end_key(ctx, key)


def _without(ctx: Context, found: Account, key: bytes) -> tuple[bytes, ...]:
    if key not in found.keys:
        raise Refused("identity.not_your_key", about=(ctx.signer,), key=key)
    return tuple(other for other in found.keys if other != key)
