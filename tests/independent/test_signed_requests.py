"""Requests signed by somebody else's RFC 9421, for our server; and ours, for somebody else's checker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

from linlian.community.identity.rules_keys import AddKey
from linlian.kernel.crypto import key_id
from tests.web.community import Caller, Community, open_community

ME = "/api/v1/sessions/current"
PREPARE = "/api/v1/commands/repairs/report_repair"
COVERED = ("@method", "@authority", "@path", "@query")
ALGORITHMS = {"ed25519": algorithms.ED25519, "p256": algorithms.ECDSA_P256_SHA256}
SIGNATURES = 12
"""Half of all P-256 signatures have the upper s: that none of so many has is one chance in four thousand."""


@dataclass
class Message:
    """A request as the library takes it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def community(tmp_path: Path) -> Iterator[Community]:
    with open_community(tmp_path) as opened:
        yield opened


def public_bytes(private: Any) -> bytes:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    found: bytes = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return found


@pytest.mark.parametrize("suite", ALGORITHMS)
def test_an_independent_client_is_understood(community: Community, suite: str) -> None:
    private = ed25519.Ed25519PrivateKey.generate() if suite == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    public = public_bytes(private)
    assert community.caller("anna").do(AddKey(suite=suite, public_key=public)).status_code == 201
    name = key_id(suite, public).hex()
    keys = MappingKeyResolver(public_keys={}, private_keys={name: private})
    signer = HTTPMessageSigner(signature_algorithm=ALGORITHMS[suite], key_resolver=keys)

    def send(method: str, path: str, number: int, body: bytes | None = None) -> Any:
        message = Message(method, f"http://{community.host}{path}")
        signer.sign(
            message,
            key_id=name,
            created=datetime.fromtimestamp(community.clock.now // 1000, UTC),
            nonce=f"{number:020}",
            tag="linlian",
            include_alg=False,
            covered_component_ids=COVERED,
            body=body,
        )
        kind = {} if body is None else {"Content-Type": "application/json"}
        return community.client.request(method, path, content=body, headers={**message.headers, **kind})

    anna = community.scene.account("anna").hex()
    for number in range(SIGNATURES):
        assert send("GET", ME, number).json()["account"] == anna
    assert send("GET", f"/api/v1/identity/account?account={anna}", SIGNATURES).status_code == 200
    wrong = send("POST", PREPARE, SIGNATURES + 1, b'{"fields":{}}')
    assert wrong.status_code != 401, "what it asks for is wrong, who asks is known"


@pytest.mark.parametrize("body", [b"", b'{"fields":{}}'])
def test_an_independent_checker_understands_us(community: Community, body: bytes) -> None:
    caller: Caller = community.caller("anna")
    assert caller.person is not None
    key = caller.person.key
    public = ed25519.Ed25519PublicKey.from_public_bytes(key.public_key)
    keys = MappingKeyResolver(public_keys={key.key_id.hex(): public}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    path = f"{PREPARE}?account=1&text=%E9%97%A8"
    signed = caller.signature("POST", path, body, created=int(datetime.now(UTC).timestamp()))
    message = Message("POST", f"http://{community.host}{path}", signed)
    [result] = verifier.verify(message, expect_tag="linlian", body=body or None)
    assert result.parameters["keyid"] == key.key_id.hex()
    with pytest.raises(InvalidSignature):
        verifier.verify(Message("PUT", message.url, signed), expect_tag="linlian", body=body or None)
