"""Many signed transactions as one transaction of the engine.

An envelope is the canonical array [nonce, [transaction bytes, …]]: mempool, gossip and block then cost once for all of
them. It is nobody's word: what counts is in the signatures inside. The nonce, 16 bytes, lets a node hand the same
transactions in again where the engine would take equal bytes for a repetition.

An envelope without transactions is a *knock*: it stands for a timer that is due, is never put into a block, and makes
an idle chain make one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from linlian.kernel import codec
from linlian.kernel.codec import Meta
from linlian.kernel.errors import EncodingInvalid, Rejected
from linlian.kernel.limits import TRANSACTION_BYTES_MAX

NONCE_BYTES: Final = 16
TRANSACTIONS_MAX: Final = 100
ENVELOPE_BYTES_MAX: Final = 256 * 1024

_Nonce = Annotated[bytes, Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]
_Raw = Annotated[bytes, Meta(min_length=1, max_length=TRANSACTION_BYTES_MAX)]
_ENVELOPE: Any = tuple[_Nonce, Annotated[list[_Raw], Meta(max_length=TRANSACTIONS_MAX)]]


def seal_envelope(nonce: bytes, raws: Sequence[bytes]) -> bytes:
    """The envelope's bytes. The caller keeps the bounds."""
    return codec.encode_plain([nonce, list(raws)])


def open_envelope(data: bytes) -> list[bytes]:
    """The transactions in it. Raises Rejected (`engine.envelope_malformed`, `engine.envelope_too_large`)."""
    if len(data) > ENVELOPE_BYTES_MAX:
        raise Rejected("engine.envelope_too_large", size_bytes=len(data), size_bytes_max=ENVELOPE_BYTES_MAX)
    try:
        _, raws = codec.typed(_ENVELOPE, codec.decode_plain(data))
    except EncodingInvalid as error:
        raise Rejected("engine.envelope_malformed", cause=error.code) from error
    return list(raws)


def take(raws: Sequence[bytes]) -> int:
    """How many of the first transactions go into one envelope."""
    size_bytes = NONCE_BYTES + 16
    for count, raw in enumerate(raws[:TRANSACTIONS_MAX]):
        size_bytes += len(raw) + 5
        if size_bytes > ENVELOPE_BYTES_MAX:
            return count
    return min(len(raws), TRANSACTIONS_MAX)
