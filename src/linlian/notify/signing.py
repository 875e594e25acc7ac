"""Signatures on messages, by the Standard Webhooks specification (standardwebhooks.com, version 1).

    secret = make_secret()                                    # whsec_…, for HMAC-SHA256 (v1)
    headers = sign(secret, message_id, time_s, body)          # webhook-id, webhook-timestamp, webhook-signature

Rules
- What is signed is `id ‖ "." ‖ timestamp ‖ "." ‖ body`, the body as it is sent. An id has no full stop in it.
- `whsec_…` is shared with the receiver, who could sign with it too; `whsk_…` is an Ed25519 key of which the receiver
  is given the public part, `whpk_…`, only (v1a).
- The time is that of the attempt: a receiver refuses what is too old, and a retry is not.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from linlian.kernel.crypto import SEED_BYTES, SoftwareKey
from linlian.notify.addresses import NotifyError

SHARED, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
SECRET_BYTES = 32
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
"""What the specification allows."""

Scheme = Literal["v1", "v1a"]


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """What signs the messages of one subscription. Never printed by accident: it has no repr."""

    scheme: Scheme
    key: bytes

    @property
    def text(self) -> str:
        """As it is kept: `whsec_…` or `whsk_…`."""
        return (SHARED if self.scheme == "v1" else PRIVATE) + b64encode(self.key).decode()

    @property
    def for_receiver(self) -> str:
        """What the receiver checks with: the shared secret itself, or the public key."""
        if self.scheme == "v1":
            return self.text
        return PUBLIC + b64encode(SoftwareKey("ed25519", self.key).public_key).decode()

    def sign(self, data: bytes) -> bytes:
        if self.scheme == "v1":
            return hmac.digest(self.key, data, sha256)
        return SoftwareKey("ed25519", self.key).sign(data)


def make_secret(scheme: Scheme = "v1") -> Secret:
    """A fresh one."""
    return Secret(scheme, secrets.token_bytes(SECRET_BYTES if scheme == "v1" else SEED_BYTES))


def read_secret(text: str) -> Secret:
    """From its text. Raises NotifyError (`notify.secret_invalid`)."""
    for prefix, scheme, least, most in (
        (SHARED, "v1", SECRET_BYTES_MIN, SECRET_BYTES_MAX),
        (PRIVATE, "v1a", SEED_BYTES, SEED_BYTES),
    ):
        if not text.startswith(prefix):
            continue
        try:
            key = b64decode(text.removeprefix(prefix), validate=True)
        except NotBase64 as error:
            raise NotifyError("notify.secret_invalid", least=least, most=most) from error
        if not least <= len(key) <= most:
            raise NotifyError("notify.secret_invalid", least=least, most=most)
        return Secret("v1" if scheme == "v1" else "v1a", key)
    raise NotifyError("notify.secret_invalid", least=SECRET_BYTES_MIN, most=SECRET_BYTES_MAX)


def sign(secret: Secret, message_id: str, time_s: int, body: bytes) -> dict[str, str]:
    """The three headers of a message."""
    signature = secret.sign(f"{message_id}.{time_s}.".encode() + body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(time_s),
        "webhook-signature": f"{secret.scheme},{b64encode(signature).decode()}",
    }
