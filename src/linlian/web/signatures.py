"""Requests signed by an account's key: HTTP Message Signatures (RFC 9421), the one profile that is accepted here.

    Content-Digest: sha-256=:…:                                              where there is a body
    Signature-Input: sig1=("@method" "@authority" "@path" "@query" "content-digest");created=1767225600;
                     keyid="<key id, hex>";nonce="<at least 16 characters>";tag="linlian"
    Signature: sig1=:…:

Rules
- The covered components are exactly these, in this order; `content-digest` if and only if there is a body.
- `alg` is left out: the suite is that of the key's row. A WebAuthn key cannot sign this way; it opens a session.
- `created` (seconds) is at most a minute away from the ledger's time, and a nonce is good once within it.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from linlian.web.errors import WebError

TAG = "linlian"
SKEW_S = 60
COMPONENTS = ("@method", "@authority", "@path", "@query")
_INPUT = re.compile(
    r"""(?P<label>[a-z][a-z0-9_-]{0,31})=(?P<params>\((?P<components>"[^"()]*"(?: "[^"()]*")*)\)"""
    r""";created=(?P<created>[0-9]{1,12});keyid="(?P<key>[0-9a-f]{64})";nonce="(?P<nonce>[A-Za-z0-9_+/=-]{16,64})\""""
    r""";tag="linlian")"""
)
_SIGNATURE = re.compile(r"(?P<label>[a-z][a-z0-9_-]{0,31})=:(?P<bytes>[A-Za-z0-9+/]{1,4096}={0,2}):")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a request's headers claim: which key, when (s), the nonce, and over which base it signed."""

    key_id: bytes
    created: int
    nonce: str
    base: bytes
    signature: bytes


def content_digest(body: bytes) -> str:
    """The value of Content-Digest (RFC 9530) for a body."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def signature_base(method: str, authority: str, path: str, query: str, digest: str, params: str) -> bytes:
    """The signature base (RFC 9421 section 2.5); `digest` is "" where there is no body."""
    lines = [
        f'"@method": {method}',
        f'"@authority": {authority}',
        f'"@path": {path}',
        f'"@query": ?{query}',
        *([f'"content-digest": {digest}'] if digest else []),
        f'"@signature-params": {params}',
    ]
    return "\n".join(lines).encode()


def signature_params(created: int, key_id: bytes, nonce: str, *, with_body: bool) -> str:
    """What stands behind the label in Signature-Input."""
    components = (*COMPONENTS, "content-digest") if with_body else COMPONENTS
    covered = " ".join(f'"{name}"' for name in components)
    return f'({covered});created={created};keyid="{key_id.hex()}";nonce="{nonce}";tag="{TAG}"'


def read_signature(
    method: str, authority: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> SignedRequest:
    """What the headers claim, its digest compared. Raises WebError: `web.signature_malformed`, `web.digest_wrong`."""
    said = _INPUT.fullmatch(headers.get("signature-input", ""))
    signed = _SIGNATURE.fullmatch(headers.get("signature", ""))
    if said is None or signed is None or said["label"] != signed["label"]:
        raise WebError("web.signature_malformed")
    digest = headers.get("content-digest", "")
    covered = tuple(part.strip('"') for part in said["components"].split(" "))
    if covered != ((*COMPONENTS, "content-digest") if body or digest else COMPONENTS):
        raise WebError("web.signature_malformed")
    if (body or digest) and digest != content_digest(body):
        raise WebError("web.digest_wrong")
    try:
        signature = b64decode(signed["bytes"], validate=True)
    except binascii.Error as error:
        raise WebError("web.signature_malformed") from error
    base = signature_base(method, authority, path, query, digest, said["params"])
    return SignedRequest(bytes.fromhex(said["key"]), int(said["created"]), said["nonce"], base, signature)
