"""How a content comes from the node that keeps it to the node that its reader has come to.

    request, secret = new_request(reading, commitment, sign_in)   # B, for a reading that stands in the ledger
    signed = sign_request(chain, request, node_key)               # B → A
    answer = seal_for(request.box_key, opening, sealed)           # A → B, once A has found all of it to be so
    opening, sealed = unseal(secret, answer)                      # B: opened, shown to the reader, and forgotten

Rules
- What is asked for is named by a committed reading, as everywhere; the keeping node looks into its own ledger.
- That the reader came to B is what the reader's own key says: it signed B's challenge, with B's name in it. A node
  that is asked by another knows under which names it is reached, so nobody passes on what was signed for them.
- The answer is sealed for this one request (HPKE, RFC 9180 section 6.1: X25519, HKDF-SHA256, AES-256-GCM, DOMAIN as its
  info), so it may travel by any road; whoever asked holds it against the ledger's commitment.
"""

from __future__ import annotations

from typing import Annotated, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from linlian.kernel import codec
from linlian.kernel.codec import Blob, Fields, Hash, Meta
from linlian.kernel.crypto import SoftwareKey, verify
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.limits import SIGNATURE_BYTES_MAX
from linlian.vault.seal import Opening, VaultError

DOMAIN: Final = b"linlian/content-request/1\x00"
_OPENING_BYTES: Final = 64
_HPKE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SignIn(Fields):
    """What a reader's key made of a node's challenge: the host it was given, and the signature of its session."""

    key_id: Hash
    host: Annotated[bytes, Meta(max_length=255)]
    challenge: Hash
    signature: Annotated[bytes, Meta(max_length=SIGNATURE_BYTES_MAX)]


class ContentRequest(Fields):
    """A content, the reading that opens it, who reads, and the public key (X25519) that the answer is sealed for."""

    reading: Hash
    commitment: Hash
    box_key: Hash
    sign_in: SignIn


class SignedRequest(Fields):
    """A `ContentRequest` in its canonical bytes, and the asking node's key and signature (Ed25519)."""

    request: Blob
    node_key: Hash
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


def new_request(reading: bytes, commitment: bytes, sign_in: SignIn) -> tuple[ContentRequest, X25519PrivateKey]:
    """A request with a key pair of its own."""
    secret = X25519PrivateKey.generate()
    box_key = secret.public_key().public_bytes_raw()
    return ContentRequest(reading=reading, commitment=commitment, box_key=box_key, sign_in=sign_in), secret


def sign_request(chain: str, request: ContentRequest, key: SoftwareKey) -> SignedRequest:
    """The request with the asking node's signature."""
    encoded = codec.encode(request)
    return SignedRequest(request=encoded, node_key=key.public_key, signature=key.sign(_signed(chain, encoded)))


def open_request(chain: str, signed: SignedRequest) -> ContentRequest | None:
    """The request, if it is one and the node's key signed it for this chain."""
    if not verify("ed25519", signed.node_key, _signed(chain, signed.request), signed.signature):
        return None
    try:
        return codec.decode(ContentRequest, signed.request)
    except EncodingInvalid:
        return None


def seal_for(box_key: bytes, opening: Opening, sealed: bytes) -> bytes:
    """Salt ‖ key ‖ sealed bytes, for whoever holds the other half of the key. VaultError (`vault.box_key_weak`)."""
    try:
        return _HPKE.encrypt(opening.salt + opening.key + sealed, X25519PublicKey.from_public_bytes(box_key), DOMAIN)
    except ValueError as error:  # a point of low order: anybody could open what is sealed for it
        raise VaultError("vault.box_key_weak") from error


def unseal(secret: X25519PrivateKey, answer: bytes) -> tuple[Opening, bytes]:
    """What was sealed for a request. VaultError (`vault.wrong_opening`) if it was not."""
    try:
        plain = _HPKE.decrypt(answer, secret, DOMAIN)
    except (InvalidTag, ValueError) as error:
        raise VaultError("vault.wrong_opening", content=b"") from error
    return Opening(plain[:32], plain[32:_OPENING_BYTES]), plain[_OPENING_BYTES:]


def _signed(chain: str, encoded: bytes) -> bytes:
    return b"".join((DOMAIN, len(chain).to_bytes(1, "big"), chain.encode(), encoded))
