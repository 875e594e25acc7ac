"""The same judged in Python by code that is not ours: `scitt_cose.merkle` for proofs, `cryptography` for signatures.

Runs where there is no Go. The note is taken apart here in a few lines of its own, straight from the specification.
"""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from scitt_cose.merkle import merkle_root, verify_consistency, verify_inclusion  # type: ignore[import-untyped]

from tests.independent.records import CHAIN, OPERATOR, OPERATOR_NAME, WITNESS_NAMES, WITNESSES, Ledger, Record

KEYS = {OPERATOR_NAME: (1, OPERATOR.public_key)} | {
    name: (4, key.public_key) for name, key in zip(WITNESS_NAMES, WITNESSES, strict=True)
}


def signed_by_all(note: str) -> tuple[int, str]:
    """Size and root in hex of a checkpoint that the operator and both witnesses signed; raises if one did not."""
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    signed = {name: b64decode(payload) for _, name, payload in (line.split(" ") for line in lines.splitlines())}
    for name, (kind, public_key) in KEYS.items():
        payload = signed[name]
        assert payload[:4] == sha256(f"{name}\n".encode() + bytes([kind]) + public_key).digest()[:4]
        message, signature = text, payload[4:]
        if kind == 4:
            time, signature = int.from_bytes(payload[4:12], "big"), payload[12:]
            message = f"cosignature/v1\ntime {time}\n{text}"
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message.encode())
    origin, size, root, end = text.split("\n")
    assert (origin, end) == (f"linlian/{CHAIN}", "")
    return int(size), b64decode(root).hex()


def holds(record: Record) -> bool:
    try:
        size, root = signed_by_all(record.note.decode())
    except (InvalidSignature, KeyError):
        return False
    inclusion, consistency = ([item.hex() for item in proof] for proof in (record.inclusion, record.consistency))
    included = verify_inclusion(record.header.hex(), record.height, size, inclusion, root)
    consistent = verify_consistency(record.older_root.hex(), root, record.older_size, size, consistency)
    return bool(included and consistent)


def test_another_library_finds_every_header_in_every_tree() -> None:
    assert all(holds(record) for record in Ledger(24).true_records())


@pytest.mark.parametrize("lie", Ledger(14).false_records().items(), ids=lambda item: item[0])
def test_another_library_sees_every_lie(lie: tuple[str, Record]) -> None:
    assert not holds(lie[1])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 100])
def test_another_library_computes_our_root(size: int) -> None:
    ledger = Ledger(size)
    assert merkle_root([header.hex() for header in ledger.headers]) == ledger.log.root().hex()
