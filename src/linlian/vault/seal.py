"""Sealing and opening one piece of content. Pure but for the randomness of a new seal.

Rules
- A seal is made of 32 random bytes of salt and a random 256-bit key of its own; a key never seals twice.
- Sealed with AES-256-GCM (NIST SP 800-38D), which every browser has (Web Cryptography API). The commitment is the
  associated data, so sealed bytes cannot be passed off under another commitment. The 96-bit nonce is zero: with a
  key for each content there is no second message to keep apart.
- Opening checks all three: the sealed bytes against the ledger's hash, the cipher's tag, the commitment.

    >>> content, opening, sealed = seal("三楼漏水".encode())
    >>> open_content(content, opening, sealed).decode()
    '三楼漏水'
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from linlian.kernel.codec import Content
from linlian.kernel.crypto import content_commitment, sha256
from linlian.kernel.errors import LinlianError

CONTENT_BYTES_MAX = 16 * 1024 * 1024
"""A photo of a telephone fits; a film does not."""

_NONCE = bytes(12)


class VaultError(LinlianError):
    """Content cannot be sealed, found or opened."""


class Opening(NamedTuple):
    """What opens one content: 32 bytes of salt, 32 bytes of key. Erase it, and the content is gone."""

    salt: bytes
    key: bytes


def seal(plaintext: bytes, opening: Opening | None = None) -> tuple[Content, Opening, bytes]:
    """What goes on the ledger, what opens it, and the sealed bytes. Raises VaultError (`vault.too_large`).

    `opening` is of somebody who sealed it without us and signed for that; they have made it for this content alone.
    """
    if len(plaintext) > CONTENT_BYTES_MAX:
        raise VaultError("vault.too_large", size_bytes=len(plaintext), size_bytes_max=CONTENT_BYTES_MAX)
    opening = opening or Opening(secrets.token_bytes(32), secrets.token_bytes(32))
    commitment = content_commitment(opening.salt, sha256(plaintext), len(plaintext))
    sealed = AESGCM(opening.key).encrypt(_NONCE, plaintext, commitment)
    return Content(commitment=commitment, ciphertext_hash=sha256(sealed)), opening, sealed


def open_content(content: Content, opening: Opening, sealed: bytes) -> bytes:
    """The plaintext. Raises VaultError: `vault.sealed_bytes_differ`, `vault.wrong_opening`, `vault.not_committed`."""
    if sha256(sealed) != content.ciphertext_hash:
        raise VaultError("vault.sealed_bytes_differ", content=content.commitment)
    try:
        plaintext = AESGCM(opening.key).decrypt(_NONCE, sealed, content.commitment)
    except InvalidTag as error:
        raise VaultError("vault.wrong_opening", content=content.commitment) from error
    if content_commitment(opening.salt, sha256(plaintext), len(plaintext)) != content.commitment:
        raise VaultError("vault.not_committed", content=content.commitment)
    return plaintext
