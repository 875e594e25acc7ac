"""What we compute for CometBFT and its light clients, judged by CometBFT's own Go packages."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from linlian.kernel.apphash import app_hash, app_hash_proof_ops
from linlian.kernel.codec import replace as changed_in
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.light import LightBlock
from linlian.kernel.lightclient import CLOCK_DRIFT_MS, TRUSTING_PERIOD_MS, check_commit, check_follows
from linlian.testing.validators import Validators
from tests.independent import golang
from tests.kernel.network import recorded

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
    return {"query": in_base64(told | changed)}


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


def step(trusted: LightBlock, untrusted: LightBlock) -> dict[str, Any]:
    """From one light block to the next, as the light client sees it when the second has just come."""
    now = untrusted.header.time + 1000
    told = {"trusted": shown(trusted), "untrusted": shown(untrusted), "now": now}
    return {"step": in_base64(told | {"period": TRUSTING_PERIOD_MS, "drift": CLOCK_DRIFT_MS})}


def shown(record: Any) -> Any:
    if isinstance(record, tuple):
        return [shown(one) for one in record]
    fields = getattr(record, "__struct_fields__", None)
    return record if fields is None else {name: shown(getattr(record, name)) for name in fields}


def ours(trusted: LightBlock, untrusted: LightBlock) -> bool:
    """Whether our light client goes from the one to the other."""
    try:
        check_commit(trusted)
        check_follows(trusted, untrusted, check_commit(untrusted))
    except ProofInvalid:
        return False
    return True


def test_both_light_clients_go_the_same_steps_of_a_real_network(cometbft: Path) -> None:
    blocks = [block for _, block in sorted(recorded().items())]
    pairs = [(one, other) for one in blocks for other in blocks]
    verdicts = [verdict == "ok" for verdict in golang.judge(cometbft, [step(*pair) for pair in pairs])]
    assert verdicts == [ours(*pair) for pair in pairs]
    assert 30 < verdicts.count(True) < len(pairs) // 2


def altered(four: Validators, keys: list[SoftwareKey]) -> list[LightBlock]:
    """A light block of height 9, and others that somebody would like to have taken for one."""
    good = four.block(9, 1_767_225_609_000, STATE_ROOT)
    five, new = four.changed({keys[4]: 10}), Validators(four.chain, dict.fromkeys(keys[4:], 10))
    votes = good.commit.signatures
    commits = [
        changed_in(good.commit, height=10),
        changed_in(good.commit, round=1),
        changed_in(good.commit, signatures=votes[:3]),
        changed_in(good.commit, signatures=votes[::-1]),
        changed_in(good.commit, signatures=(changed_in(votes[0], nanos=votes[0].nanos + 1), *votes[1:])),
        changed_in(good.commit, signatures=(changed_in(votes[0], seconds=votes[0].seconds + 1), *votes[1:])),
        changed_in(good.commit, signatures=(changed_in(votes[0], signature=bytes(64)), *votes[1:])),
        changed_in(good.commit, block_id=changed_in(good.commit.block_id, parts=2)),
    ]
    headers = [
        changed_in(good.header, **{name: LOG_ROOT})
        for name in good.header.__struct_fields__
        if name.endswith("_hash") and name != "last_block_id"
    ]
    return [
        good,
        *(four.block(9, 1_767_225_609_000, STATE_ROOT, absent=keys[:away]) for away in (1, 2, 3)),
        *(each.block(9, 1_767_225_609_000, STATE_ROOT) for each in (five, new)),
        *(changed_in(good, commit=commit) for commit in commits),
        *(changed_in(good, header=header) for header in headers),
        changed_in(good, validators=five.set),
        four.block(7, 1_767_225_609_000, STATE_ROOT),
        four.block(9, 1_767_225_600_000, STATE_ROOT),
        Validators("other-" + "0" * 32, four.power).block(9, 1_767_225_609_000, STATE_ROOT),
    ]


def test_both_light_clients_judge_made_up_blocks_alike(cometbft: Path) -> None:
    keys = [SoftwareKey("ed25519", b"g%31d" % number) for number in range(8)]
    four = Validators("garden-" + "0" * 32, dict.fromkeys(keys[:4], 10))
    trusted = four.block(7, 1_767_225_607_000, STATE_ROOT)
    blocks = altered(four, keys)
    verdicts = [verdict == "ok" for verdict in golang.judge(cometbft, [step(trusted, block) for block in blocks])]
    same_chain = [block.header.chain_id == four.chain for block in blocks]
    assert verdicts == [ours(trusted, block) and same for block, same in zip(blocks, same_chain, strict=True)]
    assert verdicts[:2] == [True, True]
