"""What we compute for CometBFT and its light clients, judged by CometBFT's own Go packages."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from linlian.kernel.apphash import app_hash, app_hash_proof_ops
from tests.independent import golang

LOG_ROOT, STATE_ROOT = bytes(range(32)), bytes(range(100, 132))
VALUES = {"log": LOG_ROOT, "state": STATE_ROOT}


@pytest.fixture(scope="module")
def cometbft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return golang.build("cometbft", (1, 25), tmp_path_factory.mktemp("cometbft"))


def query(of: str, **changed: Any) -> dict[str, Any]:
    """A node's answer to a query for that key, as the light proxy sees it."""
    told = {
        "app_hash": app_hash(LOG_ROOT, STATE_ROOT),
        "path": "/store/linlian/key",
        "key": of.encode(),
        "value": VALUES[of],
        "ops": [asdict(op) for op in app_hash_proof_ops(of, LOG_ROOT, STATE_ROOT)],
    }
    plain: dict[str, Any] = in_base64(told | changed)
    return plain


def in_base64(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: in_base64(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [in_base64(part) for part in value]
    return b64encode(value).decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize("key", ["log", "state"])
def test_the_light_proxy_verifies_a_query(cometbft: Path, key: str) -> None:
    assert golang.judge(cometbft, [query(key)]) == ["ok"]


def test_the_light_proxy_sees_every_lie(cometbft: Path) -> None:
    inner, outer = app_hash_proof_ops("log", LOG_ROOT, STATE_ROOT)
    lies = [
        query("log", value=STATE_ROOT),
        query("log", key=b"state"),
        query("log", path="/store/other/key"),
        query("log", app_hash=app_hash(STATE_ROOT, LOG_ROOT)),
        query("log", ops=[asdict(inner)]),
        query("log", ops=[asdict(outer)]),
        query("log", ops=[asdict(replace(inner, index=1)), asdict(outer)]),
        query("log", ops=[asdict(replace(inner, aunts=(bytes(32),))), asdict(outer)]),
    ]
    verdicts = golang.judge(cometbft, lies)
    assert len(verdicts) == len(lies)
    assert "ok" not in verdicts
