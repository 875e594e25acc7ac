"""Validators with software keys, who sign light blocks as a network of CometBFT would.

>>> four = Validators("sunrise-…", {SoftwareKey("ed25519", seed): 10 for seed in seeds})
>>> four.block(7, time_ms, app_hash(log_root, state_root))
LightBlock(header=EngineHeader(..., height=7, ...), ...)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from linlian.kernel.anchor import Anchor, log_root
from linlian.kernel.apphash import app_hash
from linlian.kernel.codec import replace
from linlian.kernel.crypto import SoftwareKey, sha256
from linlian.kernel.light import (
    NOT_VOTED,
    BlockID,
    Commit,
    CommitSig,
    EngineHeader,
    LightBlock,
    Validator,
    header_hash,
    in_order,
    validators_hash,
    vote_sign_bytes,
)


class Validators:
    """One set of validators of a chain: keys and their power, in CometBFT's order (power, then address)."""

    def __init__(self, chain: str, power: Mapping[SoftwareKey, int]):
        self.chain = chain
        self.power = dict(power)
        self.set = in_order(Validator(key.public_key, share) for key, share in power.items())
        self.keys = sorted(power, key=lambda key: self.set.index(Validator(key.public_key, power[key])))

    def changed(self, power: Mapping[SoftwareKey, int]) -> Validators:
        """The set after a change; a key with the power 0 is no longer in it."""
        return Validators(self.chain, {key: share for key, share in {**self.power, **power}.items() if share})

    def block(
        self, height: int, time: int, root: bytes, after: Validators | None = None, absent: Collection[SoftwareKey] = ()
    ) -> LightBlock:
        """The light block of a height and time in ms with this app hash; `after` are the next height's validators."""
        return self.sign(self.header(height, time, root, after), absent)

    def header(self, height: int, time: int, root: bytes, after: Validators | None = None) -> EngineHeader:
        filler = sha256(b"header %d" % height)
        return EngineHeader(
            block_version=11,
            app_version=1,
            chain_id=self.chain,
            height=height,
            seconds=time // 1000,
            nanos=time % 1000 * 1_000_000,
            last_block_id=BlockID(filler, 1, filler),
            last_commit_hash=filler,
            data_hash=filler,
            validators_hash=validators_hash(self.set),
            next_validators_hash=validators_hash((after or self).set),
            consensus_hash=filler,
            app_hash=root,
            last_results_hash=filler,
            evidence_hash=filler,
            proposer_address=self.set[0].address if self.set else b"",
        )

    def sign(self, header: EngineHeader, absent: Collection[SoftwareKey] = ()) -> LightBlock:
        """The header with the votes of all but those absent."""
        block_id = BlockID(header_hash(header), 1, sha256(b"parts"))
        votes = [NOT_VOTED if key in absent else CommitSig(header.seconds + 1, 5, b"") for key in self.keys]
        block = LightBlock(header, Commit(header.height, 0, block_id, tuple(votes)), self.set)
        for place, key in enumerate(self.keys):
            if key not in absent:
                votes[place] = replace(votes[place], signature=key.sign(vote_sign_bytes(block, place)))
        return replace(block, commit=replace(block.commit, signatures=tuple(votes)))

    def vouch(self, anchor: Anchor, height: int, absent: Collection[SoftwareKey] = ()) -> Anchor:
        """The anchor as these validators would have it: their light block over its roots, and no operator."""
        root = app_hash(log_root(anchor), anchor.header.state_root)
        block = self.block(height, anchor.header.time, root, absent=absent)
        return Anchor(header=anchor.header, note=b"", path=anchor.path, light_blocks=(block,))
