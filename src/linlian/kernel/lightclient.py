"""A light client of CometBFT, without a network: does a header follow from validators that the reader trusts?

Rules (CometBFT's spec, light-client/verification; trust level 1/3)
- A header is *committed* if validators of its own set with more than two thirds of the power voted for it. That alone
  says nothing: anybody can invent validators.
- A header *follows* from an earlier one if it is the next and was made by the validators that the earlier one
  announces, or if more than a third of the earlier one's power voted for it: of that third, by the assumption on which
  every such network rests, one at least is honest.
- A proof carries light blocks in ascending order, each following from the one before. A reader has *trust roots*: the
  validators of a height, known from elsewhere. If one of the light blocks follows from a root, so does the last one.
- Validators are trusted for a *trusting period* after their header's time and no longer: whoever has left the network
  has nothing to lose, and enough of them together could sign another past. So neither root nor light block may be
  older at the time of judging, which the caller says.
- Every vote that is shown must be good, and every validator's place must be shown.

    >>> committed = check_light_blocks(chain, blocks, Judging(now_ms, [root]))
    >>> committed.root, committed.signed
    (TrustRoot(chain='...', height=1, ...), (b'...', b'...', b'...'))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from linlian.kernel.crypto import verify
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.light import LightBlock, Validator, header_hash, in_order, validators_hash, vote_sign_bytes

DAY_MS: Final = 24 * 3600 * 1000
TRUSTING_PERIOD_MS: Final = 180 * DAY_MS
"""Half a year: how long a reader trusts validators who may have left since, unless the reader says otherwise."""
CLOCK_DRIFT_MS: Final = 10 * 60 * 1000
"""How far a header may be ahead of the reader's clock."""


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """The validators of a height of a chain, in any order, and its time in ms, as the reader knows from elsewhere."""

    chain: str
    height: int
    time: int
    validators: tuple[Validator, ...]
    trusting_period_ms: int = TRUSTING_PERIOD_MS


@dataclass(frozen=True, slots=True)
class Judging:
    """What a reader brings along: the time, in ms, and the roots that they trust."""

    time: int
    roots: Sequence[TrustRoot] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """The last of the light blocks: its validators, the keys of those who voted for it, and whose trust it rests on.

    `root` is None if the reader trusts no validators of this chain.
    """

    height: int
    time: int
    validators: tuple[Validator, ...]
    signed: tuple[bytes, ...]
    root: TrustRoot | None


def check_light_blocks(chain: str, blocks: Sequence[LightBlock], judging: Judging | None = None) -> Committed:
    """Check that each light block is committed and follows from the one before; and from whose root, if there is one.

    Raises ProofInvalid, also if the reader has roots of this chain and the light blocks follow from none of them.
    """
    signers = []
    for block in blocks:
        if block.header.chain_id != chain:
            raise ProofInvalid("kernel.wrong_chain", chain=block.header.chain_id, expected=chain)
        signers.append(check_commit(block))
    for number, (before, after) in enumerate(pairwise(blocks), 1):
        check_follows(before, after, signers[number])
    root = _find_root(chain, blocks, signers, judging) if judging else None
    last = blocks[-1]
    return Committed(last.header.height, last.header.time, last.validators, signers[-1], root)


def check_commit(block: LightBlock) -> tuple[bytes, ...]:
    """Check that more than two thirds of the block's own validators voted for its header. Who did, by their keys."""
    header, commit, validators = block.header, block.commit, block.validators
    if validators_hash(validators) != header.validators_hash:
        raise ProofInvalid("kernel.validators_differ", height=header.height)
    if len({one.public_key for one in validators}) != len(validators):
        raise ProofInvalid("kernel.validator_repeated", height=header.height)
    if commit.height != header.height or commit.block_id.hash != header_hash(header):
        raise ProofInvalid("kernel.commit_of_another_header", height=header.height)
    if len(commit.signatures) != len(validators):
        raise ProofInvalid("kernel.commit_size", count=len(commit.signatures), expected=len(validators))
    voted = tuple(one for place, one in enumerate(validators) if _voted(block, place))
    power, total = sum(one.power for one in voted), sum(one.power for one in validators)
    if power * 3 <= total * 2:
        raise ProofInvalid("kernel.commit_too_few", height=header.height, power=power, total=total)
    return tuple(one.public_key for one in voted)


def check_follows(before: LightBlock, after: LightBlock, signers: Sequence[bytes]) -> None:
    """Check that a committed light block, for which these keys voted, follows from an earlier one."""
    if after.header.height <= before.header.height or _moment(after) <= _moment(before):
        raise ProofInvalid("kernel.light_blocks_disordered", height=after.header.height)
    if after.header.height > before.header.height + 1:
        check_trusting(before.validators, after, signers)
    elif after.header.validators_hash != before.header.next_validators_hash:
        raise ProofInvalid("kernel.validators_not_announced", height=after.header.height)


def check_trusting(trusted: Sequence[Validator], block: LightBlock, signers: Sequence[bytes]) -> None:
    """Check that validators with more than a third of a trusted set's power are among the signers of a block."""
    power, total = sum(one.power for one in trusted if one.public_key in signers), sum(one.power for one in trusted)
    if power * 3 <= total:
        raise ProofInvalid("kernel.validators_unknown", height=block.header.height, power=power, total=total)


def check_root(root: TrustRoot, block: LightBlock, signers: Sequence[bytes]) -> None:
    """Check that a committed light block, for which these keys voted, follows from what the reader trusts.

    The trusted validators themselves, all of them and nobody else, are believed at whatever height.
    """
    if validators_hash(in_order(root.validators)) == block.header.validators_hash:
        return
    if block.header.height <= root.height:
        raise ProofInvalid("kernel.validators_of_the_past", height=block.header.height, trusted_height=root.height)
    check_trusting(root.validators, block, signers)


def shortest_lead(blocks: Sequence[LightBlock]) -> tuple[LightBlock, ...]:
    """As few of these light blocks as serve every reader whom all of them serve; the last one is among them.

    `blocks` are committed, in ascending order, each following from the one before: of every set of validators the last
    block, which announces the next set, and the first. One is left out if the next that stays follows from its
    validators at once, so that a reader who trusts those needs no step between.
    """
    kept = [blocks[-1]]
    following = blocks[-1]
    for block in reversed(blocks[:-1]):
        if not _reaches(block, kept[0]):
            if following is not kept[0]:
                kept.insert(0, following)
            if not _reaches(block, kept[0]):
                kept.insert(0, block)
        following = block
    return tuple(kept)


def _reaches(block: LightBlock, later: LightBlock) -> bool:
    votes = zip(later.validators, later.commit.signatures, strict=True)
    try:
        check_trusting(block.validators, later, [one.public_key for one, vote in votes if vote.signature])
    except ProofInvalid:
        return False
    return True


def _voted(block: LightBlock, place: int) -> bool:
    """Whether this place holds a vote for the block; raises ProofInvalid if what it holds is none."""
    vote, validator = block.commit.signatures[place], block.validators[place]
    if not vote.signature:
        if vote.seconds or vote.nanos:
            raise ProofInvalid("kernel.commit_signature_wrong", validator=validator.public_key)
        return False
    if not verify("ed25519", validator.public_key, vote_sign_bytes(block, place), vote.signature):
        raise ProofInvalid("kernel.commit_signature_wrong", validator=validator.public_key)
    return True


def _moment(block: LightBlock) -> tuple[int, int]:
    return block.header.seconds, block.header.nanos


def _find_root(
    chain: str, blocks: Sequence[LightBlock], signers: Sequence[Sequence[bytes]], judging: Judging
) -> TrustRoot | None:
    """The newest of the reader's roots that a light block follows from; None if they have none of this chain."""
    roots = sorted((root for root in judging.roots if root.chain == chain), key=lambda root: root.height, reverse=True)
    found: list[ProofInvalid] = []
    for root in roots:
        try:
            _check_from(root, blocks, signers, judging.time)
        except ProofInvalid as error:
            found.append(error)
        else:
            return root
    if found:
        raise found[0]
    return None


def _check_from(root: TrustRoot, blocks: Sequence[LightBlock], signers: Sequence[Sequence[bytes]], time: int) -> None:
    """Check that the last light block follows from this root, by way of the latest one that does so directly."""
    ends, days = time - root.trusting_period_ms, root.trusting_period_ms // DAY_MS
    last = blocks[-1].header
    if root.time <= ends:
        raise ProofInvalid("kernel.trust_root_expired", height=root.height, time=root.time, days=days)
    if last.time <= ends:
        raise ProofInvalid("kernel.light_block_expired", height=last.height, time=last.time, days=days)
    if last.time > time + CLOCK_DRIFT_MS:
        raise ProofInvalid("kernel.light_block_ahead", height=last.height, time=last.time)
    found: list[ProofInvalid] = []
    for block, signed in zip(reversed(blocks), reversed(signers), strict=True):
        if block.header.time <= ends:
            break
        try:
            check_root(root, block, signed)
        except ProofInvalid as error:
            found.append(error)
        else:
            return
    raise found[0]
