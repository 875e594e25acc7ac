"""The app hash against its definition, written out, and against a value that CometBFT's own code has verified."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel.apphash import ValueOp, app_hash, app_hash_proof_ops

roots = st.binary(min_size=32, max_size=32)
LOG_ROOT, STATE_ROOT = bytes(range(32)), bytes(range(100, 132))


def leaf(key: bytes, value: bytes) -> bytes:
    return sha256(b"\x00" + bytes([len(key)]) + key + b"\x20" + sha256(value).digest()).digest()


def test_the_app_hash_is_the_one_that_cometbft_verifies() -> None:
    expected = "24399aab2aba182b91075b0da6e4954795086c4bc028faded4d535cfe642a5e7"
    assert app_hash(LOG_ROOT, STATE_ROOT).hex() == expected


@given(roots, roots)
def test_the_app_hash_is_a_map_within_a_map(log_root: bytes, state_root: bytes) -> None:
    ledger = sha256(b"\x01" + leaf(b"log", log_root) + leaf(b"state", state_root)).digest()
    assert app_hash(log_root, state_root) == leaf(b"linlian", ledger)


def test_the_steps_lead_from_either_value_to_the_app_hash() -> None:
    log, state = leaf(b"log", LOG_ROOT), leaf(b"state", STATE_ROOT)
    store = ValueOp(b"linlian", 1, 0, app_hash(LOG_ROOT, STATE_ROOT), ())
    assert app_hash_proof_ops("log", LOG_ROOT, STATE_ROOT) == (ValueOp(b"log", 2, 0, log, (state,)), store)
    assert app_hash_proof_ops("state", LOG_ROOT, STATE_ROOT) == (ValueOp(b"state", 2, 1, state, (log,)), store)


def test_nothing_else_stands_in_the_map() -> None:
    with pytest.raises(ValueError, match="tuple"):
        app_hash_proof_ops("header", LOG_ROOT, STATE_ROOT)
