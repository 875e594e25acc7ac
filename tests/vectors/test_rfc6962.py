"""The published proofs of transparency-dev/merkle: the right ones hold and every wrong one is refused.

Its `subtreeinclusion` and `subtreeconsistency` vectors prove parts of a tree (an extension beyond RFC 6962 and RFC
9162 that the ledger does not use), so they are left out here.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from linlian.kernel.errors import ProofInvalid
from linlian.kernel.merkle import check_consistency, check_inclusion

VECTORS = Path(__file__).parents[3] / "shared/data/crypto/merkle-rfc6962/merkle-vectors.jsonl"


def read_vectors(kind: str) -> list[dict[str, Any]]:
    if not VECTORS.exists():
        assert os.environ.get("CI") != "true", f"{VECTORS} is missing"
        pytest.skip(f"{VECTORS} is not on this machine")
    lines = (json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines())
    return [line["vector"] for line in lines if line["file"].startswith(f"{kind}/")]


def check(kind: str, vector: dict[str, Any]) -> None:
    proof = [b64decode(item) for item in vector["proof"] or ()]
    if kind == "inclusion":
        leaf, root = b64decode(vector["leafHash"]), b64decode(vector["root"])
        check_inclusion(leaf, vector["leafIdx"], vector["treeSize"], proof, root)
    else:
        root1, root2 = b64decode(vector["root1"]), b64decode(vector["root2"])
        check_consistency(vector["size1"], vector["size2"], root1, root2, proof)


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_published_proofs_hold_and_wrong_ones_are_refused(kind: str) -> None:
    answers: Counter[bool] = Counter()
    for vector in read_vectors(kind):
        refused = False
        try:
            check(kind, vector)
        except ProofInvalid:
            refused = True
        assert refused == vector["wantErr"], vector
        answers[refused] += 1
    assert answers == {False: 6, True: 92}
