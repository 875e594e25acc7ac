"""Project Wycheproof's signatures: what is invalid is refused, what is valid is accepted but for one rule of ours.

Ours is stricter in one place: ECDSA's upper s is refused. Where Wycheproof calls such a signature valid, its lower form
must be accepted; where it calls one invalid, both forms must be refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from linlian.kernel.crypto import P256_ORDER, check_key, verify

WYCHEPROOF = Path(__file__).resolve().parents[3] / "shared" / "data" / "crypto" / "wycheproof"


def cases(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(public key, test) of every test in the file; fails if one is missing."""
    path = WYCHEPROOF / name
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip(f"needs {path}: the published vectors stand beside the project")
    file = json.loads(path.read_text())
    assert sum(len(group["tests"]) for group in file["testGroups"]) == file["numberOfTests"]
    for group in file["testGroups"]:
        for test in group["tests"]:
            assert test["result"] in ("valid", "invalid")
            yield group["publicKey"], test


def p256_key(public_key: dict[str, Any]) -> bytes:
    """The compressed form of an uncompressed point."""
    point = bytes.fromhex(public_key["uncompressed"])
    return bytes([2 + (point[64] & 1)]) + point[1:33]


def is_upper(signature: bytes) -> bool:
    return len(signature) == 64 and P256_ORDER // 2 < int.from_bytes(signature[32:], "big") < P256_ORDER


def lowered(signature: bytes) -> bytes:
    s = P256_ORDER - int.from_bytes(signature[32:], "big")
    return signature[:32] + s.to_bytes(32, "big")


def p256_answers(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is good, an upper s counting by its lower form after the upper was refused."""
    if is_upper(signature):
        assert not verify("p256", public_key, message, signature)
        signature = lowered(signature)
    return verify("p256", public_key, message, signature)


def test_ed25519() -> None:
    wrong = []
    for key, test in cases("ed25519_test.json"):
        public_key, message, signature = (bytes.fromhex(text) for text in (key["pk"], test["msg"], test["sig"]))
        check_key("ed25519", public_key)
        if verify("ed25519", public_key, message, signature) is not (test["result"] == "valid"):
            wrong.append((test["tcId"], test["comment"]))
    assert wrong == []


def test_p256_with_r_and_s_side_by_side() -> None:
    wrong, upper_but_valid = [], 0
    for key, test in cases("ecdsa_secp256r1_sha256_p1363_test.json"):
        public_key, message, signature = p256_key(key), bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        check_key("p256", public_key)
        upper_but_valid += is_upper(signature) and test["result"] == "valid"
        if p256_answers(public_key, message, signature) is not (test["result"] == "valid"):
            wrong.append((test["tcId"], test["comment"]))
    assert wrong == []
    assert upper_but_valid > 0


def test_p256_with_r_and_s_in_der() -> None:
    """A signature that strict DER cannot read, or whose r and s do not fit 32 bytes, must be an invalid one."""
    wrong, converted = [], 0
    for key, test in cases("ecdsa_secp256r1_sha256_test.json"):
        message, der = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        try:
            r, s = decode_dss_signature(der)
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        except (ValueError, OverflowError):
            good = False
        else:
            good, converted = p256_answers(p256_key(key), message, signature), converted + 1
        if good is not (test["result"] == "valid"):
            wrong.append((test["tcId"], test["comment"]))
    assert wrong == []
    assert converted > 200
