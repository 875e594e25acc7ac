"""A WebAuthn authenticator in software: what a phone and its browser make together when a person signs with a passkey.

Every part can be set wrong, so that a test states one lie and nothing else.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

from linlian.kernel.crypto import Binding, SoftwareKey, key_id, pack_assertion

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP = 0x01, 0x04, 0x08, 0x10


SITE = Binding("town.example", "https://town.example")


class Authenticator:
    """Signs with the P-256 key of `seed` for one site, as `webauthn-p256` wants it."""

    suite = "webauthn-p256"

    def __init__(self, seed: bytes, binding: Binding = SITE) -> None:
        self.binding = binding
        self._key = SoftwareKey("p256", seed)

    @property
    def public_key(self) -> bytes:
        return self._key.public_key

    @property
    def key_id(self) -> bytes:
        return key_id(self.suite, self.public_key, self.binding)

    def sign(self, message: bytes) -> bytes:
        return self.assertion(self.authenticator_data(), self.client_data(message))

    def assertion(self, authenticator_data: bytes, client_data: bytes) -> bytes:
        """Sign whatever is given, as the authenticator's hardware does."""
        signature = self._key.sign(authenticator_data + sha256(client_data).digest())
        return pack_assertion(authenticator_data, client_data, signature)

    def authenticator_data(
        self,
        rp_id: str = "",
        flags: int = USER_PRESENT | USER_VERIFIED,
        counter: int = 0,
        extensions: bytes = b"",
    ) -> bytes:
        """SHA-256(rp id) ‖ flags ‖ u32 counter ‖ extensions (Web Authentication section 6.1)."""
        hashed = sha256((rp_id or self.binding.rp_id).encode()).digest()
        return hashed + bytes([flags]) + counter.to_bytes(4, "big") + extensions

    def client_data(self, message: bytes, origin: str = "", kind: str = "webauthn.get", rest: str = "") -> bytes:
        """What a browser writes (section 5.8.1.1); `rest` follows the origin: `,"crossOrigin":false` and so on."""
        challenge = urlsafe_b64encode(sha256(message).digest()).rstrip(b"=").decode()
        origin = origin or self.binding.origin
        return f'{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"{rest}}}'.encode()
