"""A signature made here is verified by `cryptography` alone, as anybody's offline checker would."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from linlian.kernel.crypto import SoftwareKey, verify
from tests.kernel.authenticator import Authenticator

SEED = bytes(range(32))
MESSAGE = b"linlian/transaction/1\x00\x04town..."


def ecdsa(public_key: bytes, message: bytes, signature: bytes) -> None:
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    key.verify(der, message, ec.ECDSA(hashes.SHA256()))


def test_an_ed25519_signature_is_verified_by_cryptography_alone() -> None:
    key = SoftwareKey("ed25519", SEED)
    public_key = Ed25519PublicKey.from_public_bytes(key.public_key)
    public_key.verify(key.sign(MESSAGE), MESSAGE)
    with pytest.raises(InvalidSignature):
        public_key.verify(key.sign(MESSAGE), MESSAGE + b"!")


def test_cryptography_makes_the_same_ed25519_key_and_signature() -> None:
    ours, theirs = SoftwareKey("ed25519", SEED), Ed25519PrivateKey.from_private_bytes(SEED)
    assert theirs.public_key().public_bytes_raw() == ours.public_key
    assert theirs.sign(MESSAGE) == ours.sign(MESSAGE)


def test_a_p256_signature_is_verified_by_cryptography_alone() -> None:
    key = SoftwareKey("p256", SEED)
    ecdsa(key.public_key, MESSAGE, key.sign(MESSAGE))
    with pytest.raises(InvalidSignature):
        ecdsa(key.public_key, MESSAGE + b"!", key.sign(MESSAGE))


def test_an_assertion_is_verified_by_cryptography_alone() -> None:
    phone = Authenticator(SEED)
    assertion = phone.sign(MESSAGE)
    assert verify("webauthn-p256", phone.public_key, MESSAGE, assertion, phone.binding)
    size = int.from_bytes(assertion[:2], "big")
    authenticator_data, client_data, signature = assertion[2 : 2 + size], assertion[4 + size : -64], assertion[-64:]
    ecdsa(phone.public_key, authenticator_data + sha256(client_data).digest(), signature)
