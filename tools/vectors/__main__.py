"""Write the test vectors of docs/format: `python -m tools.vectors [FOLDER]`.

Everything in them is fixed, so a difference in the repository is a change of the format. In the JSON, bytes are hex;
where text and bytes could be confused, bytes are {"bytes": hex}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from linlian.engine.prover import OperatorVoucher, Prover
from linlian.engine.watermark import Watermark
from linlian.kernel import codec, crypto, merkle
from linlian.kernel.block import SUBJECT_PREFIX, Block, Run, entry_digests, receipt_leaf
from linlian.kernel.checkpoint import (
    COSIGNATURE_V1,
    ED25519,
    checkpoint_text,
    cosign_checkpoint,
    sign_checkpoint,
    verifier_key,
)
from linlian.kernel.contract import Table
from linlian.kernel.entropy import first_entropy, next_entropy
from linlian.kernel.entropy import salt as salt_of
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.operator import operator_name
from linlian.kernel.rolls import Roll, roll_of
from linlian.kernel.stateproof import path_of, value_hash
from linlian.kernel.transaction import new_identifier, open_transaction
from linlian.kernel.withholding import redact, withhold
from linlian.store.memory import MemoryStore
from tools.vectors.committed import committed
from tools.vectors.ledger import (
    ANNA,
    ANNAS_KEY,
    BENS_KEY,
    BINDING,
    OPERATOR,
    PASSKEY,
    WITNESS,
    Ledger,
    contract,
    fixed,
    notes,
)

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "format" / "vectors"
ROLL = Table("notes.roll", Roll).key(ANNA)
WITNESS_NAME = "witness.example/w1"
Json: TypeAlias = Any


def plain(value: Any) -> Json:
    """A decoded value in JSON: bytes marked as such."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {"map": {key: plain(item) for key, item in value.items()}}
    return [plain(item) for item in value] if isinstance(value, list) else value


def hexed(value: Any) -> Json:
    """A structure of our own making in JSON: bytes as hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: hexed(item) for key, item in value.items()}
    return [hexed(item) for item in value] if isinstance(value, list | tuple) else value


def encoding() -> Json:
    """Values with their bytes, and bytes that are no value."""
    values: list[Any] = [
        0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, codec.INT_MAX, -1, -24, -25, -256, -257, -codec.INT_MAX,
        True, False, b"", bytes(23), bytes(24), bytes(256), "", "a", "漏水", "é" * 12, [], [1, [2, []]], {}, {"a": 1},
        {"b": 1, "a": 2, "aa": 3, "": 4}, {"é": 1, "z": 2, "zz": 3}, [{"a": [b"\x00"]}],
        b"\x01\x00\x00\x00", b"\x01\x71\x12\x20" + bytes(32), {"link": b"\x12\x20" + bytes(32)},
        _nested(codec.DEPTH_MAX),
    ]  # fmt: skip
    refused = {
        "no bytes": "",
        "two values": "0000",
        "an integer in more bytes than it needs": "1817",
        "a length in more bytes than it needs": "5801ff",
        "an integer of 2^53": "1b0020000000000000",
        "an integer of -2^53": "3b001fffffffffffff",
        "half precision": "f93c00",
        "single precision": "fa3f800000",
        "double precision": "fb3ff0000000000000",
        "null": "f6",
        "undefined": "f7",
        "a simple value": "f0",
        "a tag": "c11a514b67b0",
        "tag 42, a link": "d82a58250001711220" + "00" * 32,
        "an indefinite array": "9f01ff",
        "indefinite bytes": "5f4101ff",
        "an indefinite map": "bf616101ff",
        "keys out of order": "a2616201616101",
        "a longer key first": "a262616101616201",
        "a repeated key": "a2616101616102",
        "a key that is no text": "a10101",
        "text that is not UTF-8": "61ff",
        "a surrogate": "63eda080",
        "cut off": "8201",
        "an array longer than the bytes": "9bffffffffffffffff",
        "33 levels": "81" * 32 + "00",
    }
    return {
        "values": [{"value": plain(value), "bytes": codec.encode_plain(value).hex()} for value in values],
        "refused": [{"why": why, "bytes": data} for why, data in refused.items()],
    }


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth - 1):
        value = [value]
    return value


def keys() -> Json:
    """Key ids and signatures of every suite, good ones and wrong ones."""
    message = b"linlian"
    made = [(key.suite, key.public_key, key.key_id, key.sign(message)) for key in (ANNAS_KEY, BENS_KEY, PASSKEY)]
    odd_keys = [
        {"suite": suite, "public_key": crypto.ODD_BYTES[name], "taken": taken} for suite, taken, name in crypto.ODD_KEYS
    ]
    signatures = [
        {
            "suite": suite,
            "public_key": crypto.ODD_BYTES[key],
            "message": message.hex(),
            "good": good,
            "signature": crypto.ODD_BYTES[first] + crypto.ODD_BYTES[second],
        }
        for suite, good, key, message, first, second in crypto.ODD_SIGNATURES
    ]
    for suite, public_key, key_id, signature in made:
        for good, changed in ((True, signature), (False, signature[:-1] + bytes([signature[-1] ^ 1]))):
            one = {"suite": suite, "public_key": public_key, "key_id": key_id, "message": message}
            bound = BINDING._asdict() if suite.startswith("webauthn") else {}
            signatures.append(hexed(one | bound | {"signature": changed, "good": good}))
    return {"keys": odd_keys, "signatures": signatures}


def derived(ledger: Ledger) -> Json:
    """What is derived by hashing and stands in no other file."""
    transaction = open_transaction(ledger.blocks[1].items[0], ledger.state.chain)
    entropy, runs = first_entropy(fixed("genesis")), [codec.decode(Run, ledger.blocks[0].items[0]).nonce]
    nonce, salt, plaintext = transaction.body.nonce, fixed("content salt"), b"The pipe under the sink leaks.\n"
    content_hash = sha256(plaintext).digest()
    commitment = crypto.content_commitment(salt, content_hash, len(plaintext))
    return hexed(
        {
            "salts": [
                {"entropy": entropy, "nonce": nonce, "number": n, "salt": salt_of(entropy, nonce, n)} for n in (1, 2, 3)
            ],
            "entropy": {"genesis_nonce": fixed("genesis"), "block_0": entropy, "block_1": next_entropy(entropy, runs)},
            "identifiers": [
                {
                    "transaction": transaction.id,
                    "nonce": nonce,
                    "number": n,
                    "id": new_identifier(transaction.id, nonce, n),
                }
                for n in (1, 2)
            ],
            "content": {"salt": salt, "plaintext": plaintext, "commitment": commitment},
            "rolls": [
                {"full_key": ROLL, "items": items, "count": len(items), "head": roll_of(ROLL, items).head}
                for items in ([], [fixed("item 1")], [fixed("item 1"), b"item 2", fixed("item 3")])
            ],
            "paths": [
                {
                    "chain": ledger.state.chain,
                    "table": contract.name + ".note",
                    "key": ANNA,
                    "path": path_of(ledger.state.chain, notes.key(ANNA)),
                }
            ],
        }
    )


def blocks(ledger: Ledger) -> Json:
    """Genesis and every block, with what is hashed on the way to its header."""
    log = merkle.Log()
    made = []
    for block in ledger.blocks:
        made.append(_block(block, log.root()))
        log.append(block.header.leaf())
    genesis = codec.as_plain(open_genesis(ledger.document))
    founded = {"document": ledger.document.hex(), "fields": plain(genesis), "chain": chain_id(ledger.document)}
    return {"genesis": founded, "blocks": made, "log_root": log.root().hex()}


def _block(block: Block, log_root: bytes) -> Json:
    header, leaves = block.header, []
    items = []
    for index, (item, receipt) in enumerate(zip(block.items, block.receipts, strict=True)):
        digests = entry_digests(header.height, index, receipt.entries)
        leaf = receipt_leaf(block.item_id(index), item, receipt.outcome, digests)
        leaves.append(leaf)
        items.append(
            {
                "run": index < block.runs,
                "item": item,
                "id": block.item_id(index),
                "outcome": receipt.outcome,
                "entries": receipt.entries,
                "subjects": receipt.subjects,
                "digests": digests,
                "leaf_hash": leaf,
            }
        )
        if index >= block.runs:
            transaction = open_transaction(item, header.chain)
            items[-1]["signing_bytes"] = transaction.signing_bytes
    assert merkle.tree_root(leaves) == header.receipts_root
    fields = {name: hexed(getattr(header, name)) for name in header.__struct_fields__}
    writes = [{"key": key, "row": row} for key, row in block.writes]
    proof = merkle.inclusion_proof(leaves, len(leaves) - 1)
    return hexed(
        {
            "header": codec.encode(header),
            "fields": fields,
            "leaf_hash": header.leaf(),
            "log_root": log_root,
            "items": items,
            "path_of_last_item": proof,
            "writes": writes,
            "body": block.encode_body(),
        }
    )


def state(ledger: Ledger) -> Json:
    """All rows at the head, and proofs of presence and absence at several heights."""
    chain, rows = ledger.state.chain, []
    for key, row in sorted(ledger.state.rows.items()):
        rows.append({"key": key, "row": row, "path": path_of(chain, key), "value_hash": value_hash(row)})
    proofs = []
    first = notes.key(fixed("note 1", 16))
    for height in range(ledger.state.height + 1):
        for key in (first, notes.key(fixed("note 3", 16)), SUBJECT_PREFIX + ANNA):
            present, proof = ledger.state.prove(key, height)
            shown = {"siblings": proof.siblings, "bucket": proof.bucket}
            root = ledger.blocks[height].header.state_root
            proofs.append({"height": height, "key": key, "row": present or b"", "proof": shown, "root": root})
    return hexed({"chain": chain, "rows": rows, "root": ledger.state.root, "proofs": proofs})


def histories(ledger: Ledger) -> Json:
    """Every subject's entries by their digests, and the row that they lead to."""
    told: dict[bytes, list[Json]] = {}
    for height, block in enumerate(ledger.blocks):
        for index, receipt in enumerate(block.receipts):
            digests = entry_digests(height, index, receipt.entries)
            for event, (entry, subjects) in enumerate(zip(receipt.entries, receipt.subjects, strict=True)):
                place = {"height": height, "receipt": index, "event": event}
                for subject in subjects:
                    told.setdefault(subject, []).append(place | {"entry": entry, "digest": digests[event]})
    made = []
    for subject, entries in sorted(told.items()):
        row = ledger.state.row(SUBJECT_PREFIX + subject)
        made.append({"subject": subject, "entries": entries, "row": row})
    return hexed({"chain": ledger.state.chain, "histories": made})


def checkpoint(ledger: Ledger) -> Json:
    """The signed checkpoint over the whole log, and proofs in it."""
    chain, log = ledger.state.chain, ledger.state.log
    size, name = len(log), operator_name(ledger.state.chain)
    text = checkpoint_text(chain, size, log.root())
    lines = sign_checkpoint(text, name, OPERATOR), cosign_checkpoint(text, WITNESS_NAME, WITNESS, 1_767_400_000)
    signers = ((name, ED25519, OPERATOR.public_key), (WITNESS_NAME, COSIGNATURE_V1, WITNESS.public_key))
    return hexed(
        {
            "note": (text + b"\n" + b"".join(lines)).decode(),
            "chain": chain,
            "size": size,
            "root": log.root(),
            "signers": [
                {"name": name, "type": kind, "public_key": key, "verifier_key": verifier_key(name, kind, key)}
                for name, kind, key in signers
            ],
            "inclusion": [
                {
                    "height": height,
                    "leaf_hash": ledger.blocks[height].header.leaf(),
                    "path": log.inclusion_proof(height),
                }
                for height in range(size)
            ],
            "consistency": [
                {"size": older, "root": log.root(older), "path": log.consistency_proof(older)}
                for older in range(1, size + 1)
            ],
        }
    )


def proof_files(ledger: Ledger) -> dict[str, Any]:
    """Proof files of every kind, as they are handed over."""
    store = MemoryStore()
    store.create(ledger.document, ledger.blocks[0])
    for block in ledger.blocks[1:]:
        store.commit(block)
    with TemporaryDirectory() as folder:
        prover = Prover(ledger.state, store, OperatorVoucher(OPERATOR, Watermark(Path(folder) / "watermark")))
        return {
            "a transaction": prover.receipt(ledger.blocks[1].item_id(0)),
            "a refused transaction": prover.receipt(ledger.blocks[2].item_id(0)),
            "a broken transaction": prover.receipt(ledger.blocks[3].item_id(1)),
            "a transaction signed with WebAuthn, its entry withheld": prover.receipt(ledger.blocks[4].item_id(0), (0,)),
            "a timer's run": prover.receipt(ledger.blocks[5].item_id(0)),
            "a history": prover.history(fixed("note 1", 16)),
            "a history of which two entries are withheld": withhold(prover.history(fixed("note 1", 16)), {0, 2}),
            "an empty history": prover.history(fixed("nobody", 16)),
            "a redacted receipt": redact(prover.receipt(ledger.blocks[1].item_id(0))),
            "a redacted receipt that shows its entry": redact(prover.receipt(ledger.blocks[5].item_id(0)), {0}),
            "a row": prover.state(notes.key(fixed("note 1", 16))),
            "no row": prover.state(notes.key(fixed("note 2", 16))),
        }


def files(ledger: Ledger, made: dict[str, Any]) -> Json:
    """Those files, with the name and key that a reader trusts."""
    trust = {"name": operator_name(ledger.state.chain), "public_key": OPERATOR.public_key}
    shown = [{"file": what, "format": file.format, "bytes": codec.encode(file)} for what, file in made.items()]
    return hexed({"trust": trust, "files": shown})


def vectors() -> Iterator[tuple[str, Json]]:
    """File name and content of all of them."""
    ledger = Ledger()
    made = proof_files(ledger)
    yield "encoding.json", encoding()
    yield "keys.json", keys()
    yield "derived.json", derived(ledger)
    yield "blocks.json", blocks(ledger)
    yield "state.json", state(ledger)
    yield "histories.json", histories(ledger)
    yield "checkpoint.json", checkpoint(ledger)
    yield "files.json", files(ledger, made)
    signed = ("a transaction", "a timer's run", "a history", "a redacted receipt", "a row")
    yield "committed.json", hexed(committed({what: made[what] for what in signed}))


def main(folder: Path) -> None:
    """Write all of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in vectors():
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
