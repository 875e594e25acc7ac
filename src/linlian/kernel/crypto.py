"""Hashes, keys and signatures: the only file of the kernel that imports a crypto library.

Rules
- Hash is SHA-256. The first byte hashed names the use (the *domains* below): no hash of one kind is one of another.
- A signature is checked by the *suite* that stands in the key's row, never by one that the signature names.
- `ed25519` (RFC 8032): S < L; A and R canonical and not of small order; SB = R + hA without the cofactor. That
  is the intersection of what libraries accept, so any offline checker accepts what the chain accepted. A new key
  must moreover lie in the prime-order group, as every key made by the rules does.
- `p256`: ECDSA over SHA-256. The key is 33 bytes, the compressed form of SEC 1 section 2.3.3, and no other form;
  the signature is r ‖ s, 32 bytes each, 1 ≤ r < n and 1 ≤ s ≤ n/2.
- `webauthn-p256`: the same key and equation over an assertion (Web Authentication level 3, section 7.2) whose
  parts are compared with exact bytes and never parsed. The key's row carries the rp id and the origin.
- No randomness: a software key is a function of its 32-byte seed, a signature of key and message (RFC 6979).
- `self_test` runs at every start: a library that answers otherwise than the chain stops the node.

    >>> key = SoftwareKey("ed25519", seed)
    >>> verify("ed25519", key.public_key, b"message", key.sign(b"message"), UNBOUND)
    True
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256 as _sha256
from hashlib import sha512
from typing import Final, NamedTuple, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

from linlian.kernel.errors import KeyInvalid, NodeMustStop

# Domains: the first byte of everything that is hashed.
LOG_LEAF: Final = b"\x00"
LOG_NODE: Final = b"\x01"
STATE_BUCKET: Final = b"\x02"
STATE_NODE: Final = b"\x03"
STATE_EMPTY: Final = b"\x04"
STATE_VALUE: Final = b"\x05"
STATE_PATH: Final = b"\x06"
SUBJECT_HEAD: Final = b"\x10"
SUBJECT_LINK: Final = b"\x11"
ENTRY: Final = b"\x12"
SALT: Final = b"\x13"
IDENTIFIER: Final = b"\x14"
CONTENT: Final = b"\x15"
KEY_ID: Final = b"\x16"
GENESIS: Final = b"\x17"
TIMER_RUN: Final = b"\x18"
ENTROPY: Final = b"\x19"
ROLL_HEAD: Final = b"\x1a"
ROLL_LINK: Final = b"\x1b"

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SEED_BYTES: Final = 32
RP_ID_CHARS_MAX: Final = 253
ORIGIN_CHARS_MAX: Final = 512


def sha256(data: bytes) -> bytes:
    """SHA-256 without a domain byte, 32 bytes: for what others hash too (files, signing bytes)."""
    return _sha256(data).digest()


def digest(domain: bytes, *parts: bytes) -> bytes:
    """SHA-256(domain ‖ parts), 32 bytes. The caller prefixes lengths where parts could run into each other."""
    return _sha256(domain + b"".join(parts)).digest()


def content_commitment(salt: bytes, plaintext_hash: bytes, size_bytes: int) -> bytes:
    """H(0x15 ‖ salt ‖ SHA-256(plaintext) ‖ u64 size): names content without telling anything about it, 32 bytes.

    The 32-byte salt rests with the content's key and is erased with it; from then on the commitment fits nothing.
    """
    if len(salt) != 32 or len(plaintext_hash) != 32:
        raise ValueError("a content commitment takes a salt and a hash of 32 bytes each")
    return digest(CONTENT, salt, plaintext_hash, size_bytes.to_bytes(8, "big"))


class Binding(NamedTuple):
    """What a WebAuthn key may sign for. Both are empty for every other suite."""

    rp_id: str
    origin: str


UNBOUND: Final = Binding("", "")


@dataclass(frozen=True, slots=True)
class Suite:
    """One way of signing.

    `check_*` raise KeyInvalid; `verify(public_key, message, signature, binding)` answers and never raises.
    """

    name: str
    check_public_key: Callable[[bytes], None]
    check_binding: Callable[[Binding], None]
    verify: Callable[[bytes, bytes, bytes, Binding], bool]


SignatureCheck: TypeAlias = tuple[str, bytes, bytes, bytes, Binding]
"""(suite, public key, message, signature, binding)"""


def check_key(suite: str, public_key: bytes, binding: Binding = UNBOUND) -> None:
    """Raise KeyInvalid unless the suite is known and takes this key with this binding. For keys not yet in state."""
    if suite not in SUITES:
        raise KeyInvalid("kernel.key_suite_unknown", suite=suite)
    SUITES[suite].check_public_key(public_key)
    SUITES[suite].check_binding(binding)


def verify(suite: str, public_key: bytes, message: bytes, signature: bytes, binding: Binding = UNBOUND) -> bool:
    """Whether the signature is good under a suite and key that `check_key` let into state."""
    return SUITES[suite].verify(public_key, message, signature, binding)


def verify_many(checks: Iterable[SignatureCheck]) -> list[bool]:
    """One answer for each check, in order."""
    return [
        SUITES[suite].verify(public_key, message, signature, binding)
        for suite, public_key, message, signature, binding in checks
    ]


def key_id(suite: str, public_key: bytes, binding: Binding = UNBOUND) -> bytes:
    """H(0x16 ‖ u8 len ‖ suite ‖ u16 len ‖ public key [‖ u16 len ‖ rp id ‖ u16 len ‖ origin]), 32 bytes.

    The bracket is written only for a bound key, so one public key under two origins is two keys.
    """
    name = suite.encode()
    parts = [len(name).to_bytes(1, "big"), name, _sized(public_key)]
    if binding != UNBOUND:
        parts += [_sized(binding.rp_id.encode()), _sized(binding.origin.encode())]
    return digest(KEY_ID, *parts)


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


# Ed25519


def _check_ed25519_key(public_key: bytes) -> None:
    """Canonical, on the curve, not of small order, in the prime-order group."""
    if len(public_key) != 32:
        raise KeyInvalid("kernel.key_wrong_size", suite="ed25519", size_bytes=len(public_key), expected_bytes=32)
    if not crypto_core_ed25519_is_valid_point(public_key):
        raise KeyInvalid("kernel.key_not_a_point", suite="ed25519")


def _verify_ed25519(public_key: bytes, message: bytes, signature: bytes, _binding: Binding) -> bool:
    # The library checks neither length: it would read past a short key and take message bytes for signature.
    if len(public_key) != 32 or len(signature) != 64:
        return False
    try:
        crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return False
    return True


# ECDSA on P-256

_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_ECDSA_RFC6979: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


def _check_p256_key(public_key: bytes) -> None:
    if len(public_key) != 33:
        raise KeyInvalid("kernel.key_wrong_size", suite="p256", size_bytes=len(public_key), expected_bytes=33)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError as error:
        raise KeyInvalid("kernel.key_not_a_point", suite="p256") from error


def _verify_p256(public_key: bytes, message: bytes, signature: bytes, _binding: Binding) -> bool:
    if len(public_key) != 33 or len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (1 <= r < P256_ORDER and 1 <= s <= P256_ORDER // 2):
        return False
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(encode_dss_signature(r, s), message, _ECDSA)
    except (InvalidSignature, ValueError):
        return False
    return True


# WebAuthn assertions

_USER_PRESENT_AND_VERIFIED: Final = 0x01 | 0x04
_HOST_CHARS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789.-")


def pack_assertion(authenticator_data: bytes, client_data: bytes, signature: bytes) -> bytes:
    """The signature field of `webauthn-p256`: u16 len ‖ authenticatorData ‖ u16 len ‖ clientDataJSON ‖ r ‖ s."""
    return _sized(authenticator_data) + _sized(client_data) + signature


def _split_assertion(packed: bytes) -> tuple[bytes, bytes, bytes]:
    """authenticatorData, clientDataJSON and what follows; a truncated field comes out shorter than its length says."""
    end = 2 + int.from_bytes(packed[:2], "big")
    start, stop = end + 2, end + 2 + int.from_bytes(packed[end : end + 2], "big")
    return packed[2:end], packed[start:stop], packed[stop:]


def _check_unbound(binding: Binding) -> None:
    if binding != UNBOUND:
        raise KeyInvalid("kernel.key_binding_unwanted", rp_id=binding.rp_id, origin=binding.origin)


def _check_webauthn_binding(binding: Binding) -> None:
    """An rp id is a host name. An origin is printable ASCII that JSON writes as it stands."""
    rp_id, origin = binding.rp_id.encode(), binding.origin.encode()
    if not 0 < len(rp_id) <= RP_ID_CHARS_MAX or not _HOST_CHARS.issuperset(rp_id):
        raise KeyInvalid("kernel.key_rp_id_invalid", rp_id=binding.rp_id)
    if not 0 < len(origin) <= ORIGIN_CHARS_MAX or any(not 0x21 <= c <= 0x7E or c in b'"\\' for c in origin):
        raise KeyInvalid("kernel.key_origin_invalid", origin=binding.origin)


def _verify_webauthn(public_key: bytes, message: bytes, signature: bytes, binding: Binding) -> bool:
    """The assertion's challenge is base64url(SHA-256(message)); its counter is ignored, as passkeys have none."""
    authenticator_data, client_data, rs = _split_assertion(signature)
    if len(authenticator_data) < 37 or authenticator_data[:32] != sha256(binding.rp_id.encode()):
        return False
    if authenticator_data[32] & _USER_PRESENT_AND_VERIFIED != _USER_PRESENT_AND_VERIFIED:
        return False
    if not _is_client_data(client_data, message, binding.origin):
        return False
    return _verify_p256(public_key, authenticator_data + sha256(client_data), rs, UNBOUND)


def _is_client_data(client_data: bytes, message: bytes, origin: str) -> bool:
    """Compare with what a browser must write (level 3, section 5.8.1.1), byte for byte up to the origin's quote.

    An assertion made by our page inside a frame of somebody else's says so next, and is refused: the person saw
    another site. What else follows is the browser's, and signed; nothing here depends on it.
    """
    challenge = urlsafe_b64encode(sha256(message)).rstrip(b"=")
    expected = b'{"type":"webauthn.get","challenge":"%b","origin":"%b"' % (challenge, origin.encode())
    if not client_data.startswith(expected):
        return False
    rest = client_data[len(expected) :]
    return rest == b"}" or (rest.startswith(b",") and not rest.startswith(b',"crossOrigin":true'))


SUITES: Final[dict[str, Suite]] = {
    suite.name: suite
    for suite in (
        Suite("ed25519", _check_ed25519_key, _check_unbound, _verify_ed25519),
        Suite("p256", _check_p256_key, _check_unbound, _verify_p256),
        Suite("webauthn-p256", _check_p256_key, _check_webauthn_binding, _verify_webauthn),
    )
}


def lower_s(signature: bytes) -> bytes:
    """The P-256 signature r ‖ s with the lower of the two s, for what was signed by whoever does not choose it.

    Both sign the same. On the ledger only the lower one is good, so that nobody makes a second signature of a first.
    """
    s = int.from_bytes(signature[32:])
    return signature if not P256_ORDER // 2 < s < P256_ORDER else signature[:32] + (P256_ORDER - s).to_bytes(32)


class SoftwareKey:
    """A private key made from 32 secret bytes; suite `ed25519` or `p256`. Raises KeyInvalid for any other.

    The Ed25519 seed is that of RFC 8032. The P-256 scalar is 1 + SHA-512("linlian/p256" ‖ 00 ‖ seed) mod (n − 1).
    """

    __slots__ = ("_private", "key_id", "public_key", "suite")

    def __init__(self, suite: str, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise KeyInvalid("kernel.seed_wrong_size", size_bytes=len(seed), expected_bytes=SEED_BYTES)
        self._private: bytes | ec.EllipticCurvePrivateKey
        if suite == "ed25519":
            self.public_key, self._private = crypto_sign_seed_keypair(seed)
        elif suite == "p256":
            expanded = int.from_bytes(sha512(b"linlian/p256\x00" + seed).digest(), "big")
            self._private = ec.derive_private_key(1 + expanded % (P256_ORDER - 1), ec.SECP256R1())
            point = self._private.public_key()
            self.public_key = point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        else:
            raise KeyInvalid("kernel.key_not_software", suite=suite)
        self.suite = suite
        self.key_id = key_id(suite, self.public_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes, the same each time: R ‖ S, or r ‖ s with the lower s."""
        if isinstance(self._private, bytes):
            return crypto_sign(message, self._private)[:64]
        r, s = decode_dss_signature(self._private.sign(message, _ECDSA_RFC6979))
        return r.to_bytes(32, "big") + min(s, P256_ORDER - s).to_bytes(32, "big")


# Self-test. The odd Ed25519 values are made, and explained, in tests/kernel/odd_signatures.py: T is a point of order
# 8, 0 the identity, -0 the identity with its sign bit set, "+ p" a coordinate written above the field's size; 2 and
# x = 1 are no points. K is the key of RFC 6979 section A.2.5, whose s there is the upper one.

ODD_BYTES: Final = {
    "A": "4494a17294e1662e68b49f26bc01e0a1910d735da353e46be9c301517031c24d",
    "A + T": "30e68b48808711d1d483043f9888129dc8d2ccfd08eb01167a41c3caffa5baa7",
    "A + 4T": "a96b5e8d6b1e99d1974b60d943fe1f5e6ef28ca25cac1b94163cfeae8fce3db2",
    "T": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "0": "0100000000000000000000000000000000000000000000000000000000000000",
    "-0": "0100000000000000000000000000000000000000000000000000000000000080",
    "0 + p": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "3 + p": "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "2": "0200000000000000000000000000000000000000000000000000000000000000",
    "R": "21bfb6e3ae4e5ce557120c98ef58c1be7053b78af3170e891f39699128865de6",
    "R + T": "e03b723b66fb64808a23c7ad5b7029723573a155a91d7d56b66718a3eed59a60",
    "S": "905ebed7fac760edaa2dcd02afbce2bc531a43b79b6f9b0a474dbcaaf97dfb06",
    "S + L": "7d32b434152b734581cac4a58db6c1d1531a43b79b6f9b0a474dbcaaf97dfb16",
    "S for 0": "89c14c4ea9d63774b3fb5e772b43f476f8780dfa4fe7822ba2dada5e4549ee02",
    "S for 0 + p": "1e6d4be1acf1c65b7c97ce9d13ee6c430164c31ceca7ca7f82da4b538bd46d03",
    "S for R + T": "440208ed7fa5f298b089b7f9a8451f6959945bf189c5dd0515efffdbab774709",
    "S over 8": "5833795c7a7b53aeb2fe9316f2635d520cdab216a886c6f05fe8b3ad1da63f06",
    "S over 0": "4428c6551d8eed5cf728ca179ff1a31d5ba5a69cedaea249a3e8c70325f6230f",
    "r": "0a785d7aef18871874d8b634b059789b31592bebd7aa3656161fe67adb355207",
    "K": "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
    "x = 1": "020000000000000000000000000000000000000000000000000000000000000001",
    "x = 5 + p": "02ffffffff00000001000000000000000000000001000000000000000000000004",
    "K r": "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
    "K s": "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9",
    "K n - s": "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
}
ODD_KEYS: Final = (
    # (suite, accepted, public key)
    ("ed25519", True, "A"),
    ("ed25519", False, "A + T"),
    ("ed25519", False, "A + 4T"),
    ("ed25519", False, "T"),
    ("ed25519", False, "0"),
    ("ed25519", False, "-0"),
    ("ed25519", False, "0 + p"),
    ("ed25519", False, "3 + p"),
    ("ed25519", False, "2"),
    ("p256", True, "K"),
    ("p256", False, "x = 1"),
    ("p256", False, "x = 5 + p"),
)
ODD_SIGNATURES: Final = (
    # (suite, accepted, public key, message, first half, second half)
    ("ed25519", True, "A", b"linlian", "R", "S"),
    ("ed25519", False, "A", b"linlian", "R", "S + L"),
    ("ed25519", False, "0", b"0", "R", "r"),
    ("ed25519", False, "-0", b"0", "R", "r"),
    ("ed25519", False, "0 + p", b"0", "R", "r"),
    ("ed25519", False, "T", b"0", "R", "r"),
    ("ed25519", False, "A", b"linlian", "0", "S for 0"),
    ("ed25519", False, "A", b"linlian", "0 + p", "S for 0 + p"),
    ("ed25519", False, "A", b"linlian", "R + T", "S for R + T"),
    ("ed25519", True, "A + T", b"8", "R", "S over 8"),
    ("ed25519", False, "A + T", b"0", "R", "S over 0"),
    ("p256", True, "K", b"sample", "K r", "K s"),
    ("p256", False, "K", b"sample", "K r", "K n - s"),
)


def self_test() -> None:
    """Ask the installed libraries about every odd key and signature; about 1 ms.

    Raises NodeMustStop with `kernel.crypto_library_disagrees` and the case if one answers otherwise than the chain.
    """
    for suite, accepted, public_key in ODD_KEYS:
        if _takes_key(suite, bytes.fromhex(ODD_BYTES[public_key])) is not accepted:
            raise NodeMustStop("kernel.crypto_library_disagrees", suite=suite, case=public_key)
    for suite, accepted, public_key, message, first, second in ODD_SIGNATURES:
        signature = bytes.fromhex(ODD_BYTES[first] + ODD_BYTES[second])
        if verify(suite, bytes.fromhex(ODD_BYTES[public_key]), message, signature) is not accepted:
            raise NodeMustStop("kernel.crypto_library_disagrees", suite=suite, case=f"{public_key}, {first}, {second}")


def _takes_key(suite: str, public_key: bytes) -> bool:
    try:
        check_key(suite, public_key)
    except KeyInvalid:
        return False
    return True
