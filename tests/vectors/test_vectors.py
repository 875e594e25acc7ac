"""The vectors of docs/format: unchanged in the repository, and right by a reader that shares no line with our code."""

from __future__ import annotations

import ast
import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.vectors import files, light, reader
from tools.vectors import __main__ as tool

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "format" / "vectors"
b = bytes.fromhex


@cache
def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def blocks() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = vectors("blocks")["blocks"]
    return made


def chain() -> str:
    return str(vectors("blocks")["genesis"]["chain"])


def value_of(shown: Any) -> Any:
    if isinstance(shown, dict):
        if "bytes" in shown:
            return b(shown["bytes"])
        return {key: value_of(item) for key, item in shown["map"].items()}
    return [value_of(item) for item in shown] if isinstance(shown, list) else shown


def test_the_vectors_written_anew_are_those_in_the_repository(tmp_path: Path) -> None:
    tool.main(tmp_path)
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert sorted(written) == sorted(kept)
    changed = [name for name in kept if kept[name] != written[name]]
    assert not changed, f"the format has changed in {', '.join(changed)}: if that is meant, `make vectors` and say so"


@pytest.mark.parametrize("module", [reader, files, light])
def test_the_reader_shares_no_code_with_the_product(module: Any) -> None:
    allowed = {"__future__", "base64", "hashlib", "typing", "cbor2", "cryptography", "tests.vectors"}
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    assert [name for name in imported if not any(name == a or name.startswith(f"{a}.") for a in allowed)] == []


def test_values_and_their_bytes() -> None:
    for one in vectors("encoding")["values"]:
        value = value_of(one["value"])
        assert reader.encode(value).hex() == one["bytes"]
        assert reader.decode(b(one["bytes"])) == value


@pytest.mark.parametrize("number", range(len(vectors("encoding")["refused"])))
def test_bytes_that_are_no_value(number: int) -> None:
    one = vectors("encoding")["refused"][number]
    with pytest.raises(AssertionError):
        reader.decode(b(one["bytes"]))


def test_keys_are_taken_or_not() -> None:
    taken = vectors("keys")["keys"]
    assert [reader.is_key(one["suite"], b(one["public_key"])) for one in taken] == [one["taken"] for one in taken]


@pytest.mark.parametrize("number", range(len(vectors("keys")["signatures"])))
def test_a_signature_is_good_or_not(number: int) -> None:
    one = vectors("keys")["signatures"][number]
    bound = {name: one[name] for name in ("rp_id", "origin") if name in one}
    public_key = b(one["public_key"])
    assert reader.is_signed(one["suite"], public_key, b(one["message"]), b(one["signature"]), **bound) is one["good"]
    if "key_id" in one:
        assert reader.key_id(one["suite"], public_key, **bound).hex() == one["key_id"]


def test_what_is_derived() -> None:
    derived = vectors("derived")
    for one in derived["salts"]:
        assert reader.salt(b(one["entropy"]), b(one["nonce"]), one["number"]).hex() == one["salt"]
    entropy = derived["entropy"]
    assert reader.hashed(0x19, b(entropy["genesis_nonce"])).hex() == entropy["block_0"]
    for one in derived["identifiers"]:
        assert reader.identifier(b(one["transaction"]), b(one["nonce"]), one["number"]).hex() == one["id"]
    for one in derived["paths"]:
        assert reader.path_of(one["chain"], reader.full_key(one["table"], b(one["key"]))).hex() == one["path"]
    for one in derived["rolls"]:
        key = b(one["full_key"])
        head = sha256(b"\x1a" + len(key).to_bytes(2, "big") + key).digest()
        for number, item in enumerate(one["items"], 1):
            head = sha256(b"\x1b" + head + number.to_bytes(8, "big") + b(item)).digest()
        assert (len(one["items"]), head.hex()) == (one["count"], one["head"])
    content = derived["content"]
    plaintext = b(content["plaintext"])
    committed = reader.hashed(0x15, b(content["salt"]), sha256(plaintext).digest(), reader.u(64, len(plaintext)))
    assert committed.hex() == content["commitment"]


def test_the_chain_is_named_after_its_genesis() -> None:
    genesis = vectors("blocks")["genesis"]
    document = b(genesis["document"])
    assert reader.decode(document) == value_of(genesis["fields"])
    assert reader.chain_id(document) == genesis["chain"]


def key_row(key_id: bytes) -> list[Any]:
    """The row of a key as it stands at the head."""
    wanted = reader.full_key("kernel.key", key_id).hex()
    [row] = [b(one["row"]) for one in vectors("state")["rows"] if one["key"] == wanted]
    found: list[Any] = reader.decode(row[16:])
    return found


@pytest.mark.parametrize("height", range(len(blocks())))
def test_the_items_of_a_block_and_their_receipts(height: int) -> None:
    block = blocks()[height]
    leaves = []
    for index, one in enumerate(block["items"]):
        item, item_id = b(one["item"]), b(one["id"])
        if one["run"]:
            assert reader.run_id(chain(), height, index, item) == item_id
            assert reader.decode(item)[:2] == [1, "genesis" if height == 0 else "timer"]
        else:
            body, key_id, signature = reader.decode(item)
            signed = reader.signing_bytes(chain(), body)
            assert signed.hex() == one["signing_bytes"]
            assert sha256(signed).digest() == item_id
            _, suite, public_key, account, first, last, rp_id, origin = key_row(key_id)
            assert account == reader.decode(body)["signer"]
            assert first <= height <= (last or height)
            assert reader.is_signed(suite, public_key, signed, signature, rp_id, origin)
        entries = [b(entry) for entry in one["entries"]]
        digests = [reader.entry_digest(height, index, number, entry) for number, entry in enumerate(entries)]
        assert [digest.hex() for digest in digests] == one["digests"]
        for entry in entries:
            salt, kind, occurred_at, fields = reader.decode(entry)
            assert (len(salt), type(kind), type(occurred_at), type(fields)) == (16, str, int, dict)
        leaves.append(reader.receipt_leaf(item_id, item, one["outcome"], digests))
        assert leaves[-1].hex() == one["leaf_hash"]
    header = files.header_of(reader.decode(b(block["header"])))
    assert header["count"] == len(leaves)
    assert header["receipts_root"] == reader.tree_root(leaves)
    path = [b(node) for node in block["path_of_last_item"]]
    reader.check_inclusion(leaves[-1], len(leaves) - 1, len(leaves), path, header["receipts_root"])


def test_every_outcome_is_among_the_receipts() -> None:
    outcomes = {one["outcome"] for block in blocks() for one in block["items"]}
    assert outcomes == {"accepted", "refused", "broken"}


def test_headers_chain_into_the_log() -> None:
    leaves: list[bytes] = []
    for height, block in enumerate(blocks()):
        header = files.header_of(reader.decode(b(block["header"])))
        shown = {name: b(x) if isinstance(header[name], bytes) else x for name, x in block["fields"].items()}
        assert header == shown
        assert (header["chain"], header["height"]) == (chain(), height)
        assert header["log_root"] == reader.tree_root(leaves) == b(block["log_root"])
        leaves.append(reader.leaf_hash(b(block["header"])))
        assert leaves[-1].hex() == block["leaf_hash"]
    assert reader.tree_root(leaves).hex() == vectors("blocks")["log_root"]


def test_write_sets_lead_to_every_state_root() -> None:
    rows: dict[bytes, bytes] = {}
    for block in blocks():
        keys = [b(one["key"]) for one in block["writes"]]
        assert keys == sorted(set(keys))
        for one in block["writes"]:
            rows[b(one["key"])] = b(one["row"])
        rows = {key: row for key, row in rows.items() if row}
        entries = [(reader.path_of(chain(), key), reader.value_hash(row)) for key, row in rows.items()]
        assert files.header_of(reader.decode(b(block["header"])))["state_root"] == reader.state_root(entries)
    assert {key.hex(): row.hex() for key, row in rows.items()} == {
        one["key"]: one["row"] for one in vectors("state")["rows"]
    }


def test_a_block_body_is_its_items_receipts_and_writes() -> None:
    for block in blocks():
        receipts = [
            [one["outcome"], [b(e) for e in one["entries"]], [[b(s) for s in named] for named in one["subjects"]]]
            for one in block["items"]
        ]
        writes = [[b(one["key"]), b(one["row"])] for one in block["writes"]]
        runs = sum(one["run"] for one in block["items"])
        assert (
            reader.encode([runs, [b(one["item"]) for one in block["items"]], receipts, writes]).hex() == block["body"]
        )


def entropies() -> list[bytes]:
    """The entropy of each block, from genesis and the nonces of all items; each block writes the next one's."""
    key = reader.full_key("kernel.entropy", b"entropy")
    made = [reader.hashed(0x19, reader.decode(b(vectors("blocks")["genesis"]["document"]))["nonce"])]
    for block in blocks():
        nonces = []
        for one in block["items"]:
            item = reader.decode(b(one["item"]))
            nonces.append(item[6] if one["run"] else reader.decode(item[0])["nonce"])
        made.append(reader.hashed(0x19, made[-1], *nonces))
        row = {b(write["key"]): b(write["row"]) for write in block["writes"]}[key]
        assert row == reader.salt(made[-2], bytes(16), 2) + reader.encode([1, made[-1]])
    return made


def test_each_block_leaves_an_entropy_made_of_all_its_nonces() -> None:
    assert entropies()[1].hex() == vectors("derived")["entropy"]["block_1"]
    release = reader.full_key("kernel.release", b"rules").hex()
    [row] = [one["row"] for one in blocks()[0]["writes"] if one["key"] == release]
    assert b(row)[:16] == reader.salt(entropies()[0], bytes(16), 1)


def test_salts_are_counted_from_entropy_and_nonce_in_the_order_of_use() -> None:
    """The first block's transaction writes a row, sets a timer, emits an event and so extends two histories."""
    block, entropy = blocks()[1], entropies()[1]
    [item] = block["items"]
    nonce = reader.decode(reader.decode(b(item["item"]))[0])["nonce"]
    used = [b(one["row"])[:16] for one in block["writes"]] + [reader.decode(b(item["entries"][0]))[0]]
    of_the_item = [reader.salt(entropy, nonce, number) for number in range(1, 6)]
    assert sorted(used) == sorted([*of_the_item, reader.salt(entropy, bytes(16), 2)])
    assert reader.decode(b(item["entries"][0]))[0] == reader.salt(entropy, nonce, 3)


def test_rows_stand_where_their_paths_lead() -> None:
    state = vectors("state")
    entries = []
    for one in state["rows"]:
        entries.append((reader.path_of(state["chain"], b(one["key"])), reader.value_hash(b(one["row"]))))
        assert [entries[-1][0].hex(), entries[-1][1].hex()] == [one["path"], one["value_hash"]]
    assert len(entries) > 16
    assert reader.state_root(entries).hex() == state["root"]


def test_rows_and_their_absence_are_proved() -> None:
    state = vectors("state")
    seen = set()
    for one in state["proofs"]:
        proof = {name: [[b(x) for x in row] for row in rows] for name, rows in one["proof"].items()}
        key, row, root = b(one["key"]), b(one["row"]), b(one["root"])
        reader.check_state(state["chain"], key, row, proof, root)
        seen.add((bool(row), len(proof["siblings"])))
        for lie in (b"" if row else bytes(17), row + b"\x00"):
            with pytest.raises(AssertionError):
                reader.check_state(state["chain"], key, lie, proof, root)
    assert {(True, 0), (False, 0), (True, 1), (False, 1)} <= seen


def test_histories_lead_to_the_heads_in_the_state() -> None:
    file = vectors("histories")
    assert len(file["histories"]) >= 4
    rows = {b(one["key"]): b(one["row"]) for one in vectors("state")["rows"]}
    for one in file["histories"]:
        subject, row = b(one["subject"]), b(one["row"])
        digests = []
        for entry in one["entries"]:
            digests.append(reader.entry_digest(entry["height"], entry["receipt"], entry["event"], b(entry["entry"])))
            assert digests[-1].hex() == entry["digest"]
        assert row[16:] == reader.u(64, len(digests)) + reader.subject_head(file["chain"], subject, digests)
        assert rows[reader.full_key("kernel.subject", subject)] == row


def test_the_checkpoint_is_signed_and_covers_every_header() -> None:
    file = vectors("checkpoint")
    keys = {one["name"]: b(one["public_key"]) for one in file["signers"]}
    signed = reader.open_note(file["note"], keys)
    assert signed == (file["chain"], file["size"], b(file["root"]), list(keys))
    for one in file["inclusion"]:
        path = [b(node) for node in one["path"]]
        reader.check_inclusion(b(one["leaf_hash"]), one["height"], file["size"], path, b(file["root"]))
    for one in file["consistency"]:
        path = [b(node) for node in one["path"]]
        reader.check_consistency(one["size"], file["size"], b(one["root"]), b(file["root"]), path)


@pytest.mark.parametrize("number", range(len(vectors("files")["files"])))
def test_proof_files(number: int) -> None:
    given = vectors("files")
    trust = {given["trust"]["name"]: b(given["trust"]["public_key"])}
    one = given["files"][number]
    data = b(one["bytes"])
    assert files.check(data, trust)["format"] == one["format"]
    changed = bytearray(data)
    changed[len(data) // 2] ^= 1
    with pytest.raises(AssertionError):
        files.check(bytes(changed), trust)


def test_app_hashes() -> None:
    for one in vectors("committed")["app_hashes"]:
        assert light.app_hash(b(one["log"]), b(one["state"])).hex() == one["app_hash"]


@pytest.mark.parametrize("one", vectors("committed")["blocks"], ids=lambda one: f"height {one['height']}")
def test_light_blocks_of_a_real_network(one: dict[str, Any]) -> None:
    block = light.light_block(reader.decode(b(one["bytes"])))
    assert block["header"]["height"] == one["height"]
    assert light.header_hash(block["header"]).hex() == one["header_hash"]
    assert light.validators_hash(block["validators"]).hex() == one["validators_hash"]
    assert light.check_committed(block)
    for place, vote in enumerate(block["commit"]["signatures"]):
        assert one["sign_bytes"][place] == (light.sign_bytes(block, place).hex() if vote["signature"] else "")


def root_of(shown: dict[str, Any]) -> dict[str, Any]:
    return shown | {"validators": [one | {"public_key": b(one["public_key"])} for one in shown["validators"]]}


@pytest.mark.parametrize("one", vectors("committed")["leads"], ids=lambda one: str(one["what"]))
def test_leads_of_light_blocks(one: dict[str, Any]) -> None:
    rows, root = [reader.decode(b(row)) for row in one["blocks"]], root_of(one["root"])
    if one["code"]:
        with pytest.raises(AssertionError):
            light.check_lead(one["chain"], rows, root, one["time"])
    else:
        _, signed = light.check_lead(one["chain"], rows, root, one["time"])
        assert [key.hex() for key in signed] == one["signed"]


@pytest.mark.parametrize("one", vectors("committed")["files"], ids=lambda one: str(one["file"]))
def test_proof_files_that_validators_signed(one: dict[str, Any]) -> None:
    given = vectors("committed")
    trust = {"validators": root_of(given["root"]), "time": given["time"]}
    data = b(one["bytes"])
    assert files.check(data, trust)["format"] == one["format"]
    for at in range(7, len(data), len(data) // 20):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises((AssertionError, KeyError)):
            files.check(bytes(changed), trust)
