"""Vectors of ledgers that several organisations keep: app hashes, a real network's light blocks, leads, proof files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

from linlian.engine.light_blocks import light_block_from_rpc
from linlian.kernel import codec
from linlian.kernel.apphash import app_hash
from linlian.kernel.codec import replace
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.light import LightBlock, header_hash, validators_hash, vote_sign_bytes
from linlian.kernel.lightclient import TRUSTING_PERIOD_MS, Judging, TrustRoot, check_light_blocks
from linlian.kernel.proof import ProofFile
from linlian.testing.validators import Validators
from tools.vectors.ledger import START, fixed

Json: TypeAlias = Any
NETWORK = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "network.json"
HEIGHTS = (1, 2, 6, 7, 9, 14, 20, 27, 35)
"""Before and after each change of its validators."""
KEYS = [SoftwareKey("ed25519", fixed(f"organisation {number}")) for number in range(8)]


def network() -> list[LightBlock]:
    """The light blocks of a real network; see network.py."""
    told = json.loads(NETWORK.read_text(encoding="utf-8"))
    blocks = [light_block_from_rpc(one["commit"], one["validators"]) for one in told["blocks"]]
    return [block for block in blocks if block.header.height in HEIGHTS]


def _block(block: LightBlock) -> Json:
    votes = enumerate(block.commit.signatures)
    return {
        "height": block.header.height,
        "bytes": codec.encode(block),
        "header_hash": header_hash(block.header),
        "validators_hash": validators_hash(block.validators),
        "sign_bytes": [vote_sign_bytes(block, place) if vote.signature else b"" for place, vote in votes],
    }


def _root(root: TrustRoot) -> Json:
    return {
        "chain": root.chain,
        "height": root.height,
        "time": root.time,
        "trusting_period_ms": root.trusting_period_ms,
        "validators": [{"public_key": one.public_key, "power": one.power} for one in root.validators],
    }


def _lead(what: str, chain: str, blocks: Sequence[LightBlock], root: TrustRoot, time: int) -> Json:
    """Light blocks, a reader's root and time, and the verdict: a code, or none and whose keys signed the last one."""
    code, signed = "", []
    try:
        signed = [*check_light_blocks(chain, blocks, Judging(time, [root])).signed]
    except ProofInvalid as error:
        code = error.code
    shown = [codec.encode(block) for block in blocks]
    return {"what": what, "chain": chain, "root": _root(root), "time": time, "blocks": shown, "code": code} | (
        {"signed": signed} if signed else {}
    )


def _real_leads() -> list[Json]:
    blocks = network()
    by_height = {block.header.height: block for block in blocks}
    first, now = blocks[0], blocks[-1].header.time
    root = TrustRoot(first.header.chain_id, 1, first.header.time, first.validators)
    cases = {
        "a real network, the next block": [2],
        "a real network, while three of four stay": [6],
        "a real network, a change and what follows": [6, 7, 9],
        "a real network, every change": [*by_height],
        "a real network, the steps between left out": [35],
    }
    return [
        _lead(what, root.chain, [by_height[height] for height in heights], root, now) for what, heights in cases.items()
    ]


def _made_leads(chain: str) -> list[Json]:
    four = Validators(chain, dict.fromkeys(KEYS[:4], 10))
    five, new = four.changed({KEYS[4]: 10}), Validators(chain, dict.fromkeys(KEYS[4:], 10))

    def at(height: int) -> int:
        return START + 1000 * height

    def block(validators: Validators, height: int, after: Validators | None = None) -> LightBlock:
        return validators.block(height, at(height), fixed("root"), after)

    root, seven = TrustRoot(chain, 1, at(1), four.set), block(four, 7)
    votes = seven.commit.signatures
    wrong_vote = replace(votes[0], signature=votes[1].signature)
    swollen = Validators(chain, {KEYS[0]: 1000, KEYS[7]: 10})
    cases: dict[str, list[LightBlock]] = {
        "all signed": [seven],
        "one of four was away": [four.block(7, at(7), fixed("root"), absent=KEYS[:1])],
        "two of four were away": [four.block(7, at(7), fixed("root"), absent=KEYS[:2])],
        "another of five": [block(five, 9)],
        "everybody new, as announced": [block(four, 7, after=new), block(new, 8), block(new, 50)],
        "everybody new, not announced": [seven, block(new, 8)],
        "everybody new, a height left out": [block(four, 7, after=new), block(new, 9)],
        "everybody new, and nothing that leads to them": [block(new, 9)],
        "a trusted one with more power than it was trusted with": [block(swollen, 9)],
        "the later block first": [block(four, 8), seven],
        "another chain's": [Validators("other-" + "0" * 32, four.power).block(7, at(7), fixed("root"))],
        "another app hash": [replace(seven, header=replace(seven.header, app_hash=bytes(32)))],
        "the votes of another height": [replace(seven, commit=block(four, 8).commit)],
        "other validators": [replace(seven, validators=new.set)],
        "a wrong vote beside three good ones": [_voted(seven, (wrong_vote, *votes[1:]))],
        "a place too few": [_voted(seven, votes[:3])],
        "a time without a vote": [_voted(seven, (replace(votes[0], signature=b""), *votes[1:]))],
        "no validators": [Validators(chain, {}).sign(replace(seven.header, validators_hash=validators_hash(())))],
    }
    made = [_lead(what, chain, blocks, root, at(1000)) for what, blocks in cases.items()]
    late, fresh = at(7) + TRUSTING_PERIOD_MS, TrustRoot(chain, 900, at(900), four.set)
    made.append(_lead("a root that is too old", chain, [seven], root, late))
    made.append(_lead("a block that is too old", chain, [seven], fresh, late))
    made.append(_lead("a block of the future", chain, [seven], root, at(7) - 3_600_000))
    made.append(
        _lead("validators of the past", chain, [block(five, 7)], TrustRoot(chain, 900, at(900), four.set), at(1000))
    )
    shuffled = TrustRoot(chain, 900, at(900), four.set[::-1])
    made.append(_lead("the same validators, earlier, in another order", chain, [seven], shuffled, at(1000)))
    return made


def _voted(block: LightBlock, votes: Sequence[Any]) -> LightBlock:
    return replace(block, commit=replace(block.commit, signatures=tuple(votes)))


def committed(alone: dict[str, ProofFile]) -> Json:
    """Everything of committed.json; `alone` are proof files of one operator, which four organisations then sign."""
    chain = next(iter(alone.values())).chain
    four = Validators(chain, dict.fromkeys(KEYS[:4], 10))
    files, heights = [], count(9)
    for what, file in alone.items():
        shown: Any = replace(file, anchor=four.vouch(file.anchor, next(heights), KEYS[:1]))
        files.append({"file": what, "format": file.format, "bytes": codec.encode(shown)})
    roots = [(fixed("log"), fixed("state")), (bytes(32), bytes(32)), (fixed("state"), fixed("log"))]
    return {
        "app_hashes": [{"log": log, "state": state, "app_hash": app_hash(log, state)} for log, state in roots],
        "blocks": [_block(block) for block in network()],
        "leads": _real_leads() + _made_leads(chain),
        "root": _root(TrustRoot(chain, 1, START, four.set)),
        "time": START + 30 * 24 * 3600 * 1000,
        "files": files,
    }
