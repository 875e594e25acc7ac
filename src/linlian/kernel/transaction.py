"""A signed command, as received.

Rules
- A transaction is `[body, key id, signature]`. It is hashed and checked as received, never re-encoded.
- The *signing bytes* are `"linlian/transaction/1" ‖ 00 ‖ u8 len(chain) ‖ chain ‖ body`; the transaction's id is
  their SHA-256. Neither the key nor the signature is part of it: ECDSA and WebAuthn sign one body in many ways.
- The body names its signer's account, so nobody can take another's body, sign it anew and claim its id.

    >>> raw = sign(Body(chain=chain, command="repairs.report_repair", fields={...}, ...), key)
    >>> open_transaction(raw, chain).id
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any, Protocol

from linlian.kernel import codec
from linlian.kernel.codec import Fields, Hash, Id, Label, Meta, Millis, Nonce, Row
from linlian.kernel.crypto import IDENTIFIER
from linlian.kernel.errors import EncodingInvalid, Rejected
from linlian.kernel.limits import SIGNATURE_BYTES_MAX, TRANSACTION_BYTES_MAX

SIGNING_DOMAIN = b"linlian/transaction/1\x00"


class Body(Fields):
    """What the signer says. Times are milliseconds since the epoch.

    `occurred_at` is the signer's claim of when it happened (absent: when committed); `offline` asks for three
    days of validity instead of two minutes, for a command that was made without a network.
    """

    chain: Label
    command: Label
    fields: dict[str, Any]
    signer: Id
    nonce: Nonce
    valid_until: Millis
    occurred_at: Millis = 0
    offline: bool = False


class _Envelope(Row, tag=False):
    body: Annotated[bytes, Meta(max_length=TRANSACTION_BYTES_MAX)]
    key_id: Hash
    signature: Annotated[bytes, Meta(max_length=SIGNATURE_BYTES_MAX)]


@dataclass(frozen=True, slots=True)
class Transaction:
    """An opened transaction: well formed and of this chain; its signature is not yet checked.

    `typed` remembers the command by its type, once somebody has opened it: bytes and rules say the same each time.
    """

    raw: bytes
    body: Body
    key_id: bytes
    signature: bytes
    signing_bytes: bytes
    id: bytes
    typed: dict[type[Any], Any] = field(default_factory=dict, compare=False, repr=False)


class SigningKey(Protocol):
    """Whatever can sign: a software key, a hardware key, an agent."""

    @property
    def key_id(self) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...


def signing_bytes(chain: str, body: bytes) -> bytes:
    """The exact bytes that a key signs for this body on this chain."""
    return b"".join((SIGNING_DOMAIN, len(chain).to_bytes(1, "big"), chain.encode(), body))


def sign(body: Body, key: SigningKey) -> bytes:
    """Encode and sign; returns the transaction's bytes."""
    encoded = codec.encode(body)
    return codec.encode([encoded, key.key_id, key.sign(signing_bytes(body.chain, encoded))])


def transaction_id(chain: str, body: bytes) -> bytes:
    """SHA-256 of the signing bytes, 32 bytes."""
    return sha256(signing_bytes(chain, body)).digest()


def new_identifier(transaction: bytes, nonce: bytes, number: int) -> bytes:
    """The `number`-th fresh identifier (from 1) that a transaction's command gives out, 16 bytes.

    A client knows it before it submits. The id never comes twice, so nobody can claim another's; the nonce keeps it
    unguessable for whoever knows the id alone.
    """
    return sha256(IDENTIFIER + transaction + nonce + number.to_bytes(4, "big")).digest()[:16]


def check_size(raw: bytes) -> None:
    """Raise Rejected (`kernel.transaction_too_large`) before anything is kept or decoded."""
    if len(raw) > TRANSACTION_BYTES_MAX:
        raise Rejected("kernel.transaction_too_large", size_bytes=len(raw), size_bytes_max=TRANSACTION_BYTES_MAX)


def open_transaction(raw: bytes, chain: str) -> Transaction:
    """Decode strictly. Raises Rejected with `kernel.transaction_too_large`, `.malformed` or `.wrong_chain`."""
    check_size(raw)
    try:
        envelope = codec.decode(_Envelope, raw)
        plain = codec.decode_plain(envelope.body)
        body = codec.typed(Body, plain)
        codec.check_same_fields(body, plain)
    except EncodingInvalid as error:
        raise Rejected("kernel.malformed", cause=error.code, **error.facts) from error
    if body.chain != chain:
        raise Rejected("kernel.wrong_chain", chain=body.chain, expected=chain)
    signed = signing_bytes(chain, envelope.body)
    return Transaction(raw, body, envelope.key_id, envelope.signature, signed, sha256(signed).digest())


def open_any_chain(raw: bytes) -> Transaction:
    """Open a transaction on whatever chain its own body names; for readers of receipts and archives."""
    try:
        body = codec.decode_plain(codec.decode(_Envelope, raw[: TRANSACTION_BYTES_MAX + 1]).body)
    except EncodingInvalid as error:
        raise Rejected("kernel.malformed", cause=error.code, **error.facts) from error
    named = body.get("chain") if isinstance(body, dict) else None
    return open_transaction(raw, named if isinstance(named, str) else "")
