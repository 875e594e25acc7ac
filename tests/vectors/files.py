"""The checker of proof files, once more from docs/format/proofs.md alone."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from tests.vectors import light, reader
from tests.vectors.reader import decode

HEADER = ("chain", "height", "time", "log_root", "receipts_root", "state_root", "release", "release_hash", "count")
OPERATOR_KEY = reader.full_key("kernel.operator", b"operator")


def header_of(row: list[Any]) -> dict[str, Any]:
    assert (row[0], len(row)) == (1, 10)
    return dict(zip(HEADER, row[1:], strict=True))


Trust = dict[str, Any]
"""Name → key; or `validators` → a root, and `time`."""


def check_anchor(chain: str, anchor: dict[str, Any], trust: Trust) -> tuple[dict[str, Any], bytes]:
    """The last header and the log's root, after both the trusted key and the one in the state have signed for them."""
    if "validators" in trust:
        return check_committed(chain, anchor, trust)
    header = header_of(anchor["header"])
    row, proof = anchor["operator_row"], anchor["operator_proof"]
    reader.check_state(chain, OPERATOR_KEY, row, proof, header["state_root"])
    operator = decode(row[16:])[1]
    name = f"linlian/{chain}/operator"
    for keys in ({name: operator}, trust):
        assert reader.open_note(anchor["note"].decode(), keys)[3] == [name]
    named, size, root, _ = reader.open_note(anchor["note"].decode(), trust)
    assert (named, header["chain"], header["height"]) == (chain, chain, size - 1)
    leaf = reader.leaf_hash(reader.encode(anchor["header"]))
    reader.check_inclusion(leaf, header["height"], size, anchor.get("path", []), root)
    return header, root


def check_committed(chain: str, anchor: dict[str, Any], trust: Trust) -> tuple[dict[str, Any], bytes]:
    """The same, after the validators have signed for them, and nobody else."""
    header = header_of(anchor["header"])
    assert (header["chain"], anchor["note"]) == (chain, b"")
    assert "operator_row" not in anchor
    assert "operator_proof" not in anchor
    last, _ = light.check_lead(chain, anchor["light_blocks"], trust["validators"], trust["time"])
    root = reader.leaf_hash(reader.encode(anchor["header"]))
    path = anchor.get("path", [])
    assert len(path) == header["height"].bit_count()
    for sibling in path:
        root = reader.hashed(0x01, sibling, root)
    reader.check_inclusion(
        reader.leaf_hash(reader.encode(anchor["header"])), header["height"], header["height"] + 1, path, root
    )
    assert last["app_hash"] == light.app_hash(root, header["state_root"])
    return header, root


def check_redacted(file: dict[str, Any], trust: Trust) -> None:
    check_leaf(file, trust, file["item_id"], file["item_hash"])


def check_receipt(file: dict[str, Any], trust: Trust) -> None:
    chain, item, index = file["chain"], file["item"], file["index"]
    last, _ = check_anchor(chain, file["anchor"], trust)
    header = header_of(file["header"])
    if file.get("run", False):
        assert "key_row" not in file
        item_id = reader.run_id(chain, header["height"], index, item)
    else:
        item_id = check_transaction(file, header, last["state_root"])
    check_leaf(file, trust, item_id, sha256(item).digest())


def check_leaf(file: dict[str, Any], trust: Trust, item_id: bytes, item_hash: bytes) -> None:
    """The anchor, the header in its log, and the leaf in the header's receipts."""
    chain, index = file["chain"], file["index"]
    last, root = check_anchor(chain, file["anchor"], trust)
    header = header_of(file["header"])
    assert header["chain"] == chain
    leaf = reader.leaf_hash(reader.encode(file["header"]))
    reader.check_inclusion(leaf, header["height"], last["height"] + 1, file.get("header_path", []), root)
    hidden = iter(file.get("withheld", []))
    digests = [
        reader.entry_digest(header["height"], index, number, entry) if entry else next(hidden)
        for number, entry in enumerate(file.get("entries", []))
    ]
    assert list(hidden) == []
    receipt = reader.leaf_hash(reader.encode([1, item_id, item_hash, file["outcome"], digests]))
    reader.check_inclusion(receipt, index, header["count"], file.get("receipt_path", []), header["receipts_root"])


def check_transaction(file: dict[str, Any], header: dict[str, Any], state_root: bytes) -> bytes:
    """The transaction's id, after its window, its signature and the row of its key."""
    chain, height, time = file["chain"], header["height"], header["time"]
    body, key_id, signature = decode(file["item"])
    reader.check_state(chain, reader.full_key("kernel.key", key_id), file["key_row"], file["key_proof"], state_root)
    schema, suite, public_key, account, first, last, rp_id, origin = decode(file["key_row"][16:])
    said = decode(body)
    assert (schema, said["chain"], said["signer"]) == (1, chain, account)
    span = 259_200_000 if said.get("offline", False) else 120_000
    assert time < said["valid_until"] <= time + span
    assert said.get("occurred_at", 0) <= time + 120_000
    assert first <= height
    assert last == 0 or height <= last
    assert key_id == reader.key_id(suite, public_key, rp_id, origin)
    signed = reader.signing_bytes(chain, body)
    assert reader.is_signed(suite, public_key, signed, signature, rp_id, origin)
    return sha256(signed).digest()


def check_history(file: dict[str, Any], trust: Trust) -> None:
    chain, subject, row = file["chain"], file["subject"], file.get("row", b"")
    last, _ = check_anchor(chain, file["anchor"], trust)
    key = reader.full_key("kernel.subject", subject)
    reader.check_state(chain, key, row, file["proof"], last["state_root"])
    packed = file.get("places", b"")
    places = [packed[at : at + 14] for at in range(0, len(packed), 14)]
    assert places == sorted(set(places))
    assert all(len(place) == 14 and int.from_bytes(place[:8], "big") <= last["height"] for place in places)
    shown, hidden = iter(places), iter(file.get("withheld", []))
    digests = [reader.hashed(0x12, next(shown), entry) if entry else next(hidden) for entry in file.get("entries", [])]
    assert [*shown, *hidden] == []
    head = reader.subject_head(chain, subject, digests)
    assert row[16:] == (reader.u(64, len(digests)) + head if row else b"")
    assert row or not digests


def check_state(file: dict[str, Any], trust: Trust) -> None:
    last, _ = check_anchor(file["chain"], file["anchor"], trust)
    reader.check_state(file["chain"], file["key"], file.get("row", b""), file["proof"], last["state_root"])


CHECKERS = {
    "linlian/receipt/1": check_receipt,
    "linlian/redacted/1": check_redacted,
    "linlian/history/1": check_history,
    "linlian/state/1": check_state,
}


def check(data: bytes, trust: Trust) -> dict[str, Any]:
    """A proof file of any kind, read and checked."""
    file: dict[str, Any] = decode(data)
    assert file["format"] in CHECKERS
    CHECKERS[file["format"]](file, trust)
    return file
