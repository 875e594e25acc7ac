"""The light client: what follows from trusted validators, what does not, and which code says why."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.kernel import codec
from linlian.kernel.codec import replace
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import EncodingInvalid, ProofInvalid
from linlian.kernel.light import NOT_VOTED, LightBlock, Validator, header_hash, validators_hash
from linlian.kernel.lightclient import (
    CLOCK_DRIFT_MS,
    TRUSTING_PERIOD_MS,
    Judging,
    TrustRoot,
    check_commit,
    check_light_blocks,
    shortest_lead,
)
from linlian.testing.validators import Validators
from tests.kernel.network import CHAIN as REAL_CHAIN
from tests.kernel.network import recorded

REAL = recorded()
CHAIN = "garden-" + "0" * 32
START = 1_767_225_600_000
KEYS = [SoftwareKey("ed25519", b"v%31d" % number) for number in range(12)]
FOUR = Validators(CHAIN, dict.fromkeys(KEYS[:4], 10))
ROOT = bytes(32)


def at(height: int) -> int:
    return START + height * 1000


def block(validators: Validators, height: int, after: Validators | None = None) -> LightBlock:
    return validators.block(height, at(height), ROOT, after)


def root_of(validators: Validators, height: int) -> TrustRoot:
    return TrustRoot(CHAIN, height, at(height), validators.set)


def real_root(height: int) -> TrustRoot:
    header = REAL[height].header
    return TrustRoot(REAL_CHAIN, height, header.time, REAL[height].validators)


def judged(*roots: TrustRoot, time: int = at(1000)) -> Judging:
    return Judging(time, roots)


def code(check: Callable[[], object]) -> str:
    with pytest.raises(ProofInvalid) as caught:
        check()
    return caught.value.code


# A real network


@pytest.mark.parametrize("height", sorted(REAL))
def test_every_real_block_was_committed(height: int) -> None:
    signers = check_commit(REAL[height])
    votes = [bool(vote.signature) for vote in REAL[height].commit.signatures]
    assert [one.public_key in signers for one in REAL[height].validators] == votes


def test_a_real_network_is_followed_through_every_change_of_its_validators() -> None:
    blocks = [REAL[height] for height in sorted(REAL)]
    judging = Judging(blocks[-1].header.time, [real_root(1)])
    # From 22 to 26 there was a change that no light block shows; enough of the validators of 22 signed 26.
    committed = check_light_blocks(REAL_CHAIN, blocks, judging)
    assert committed.root == judging.roots[0]
    assert (committed.height, len(committed.signed)) == (blocks[-1].header.height, 3)


@pytest.mark.parametrize(("first", "last"), [(1, 2), (1, 6), (7, 9), (7, 35), (6, 20), (20, 33), (14, 20), (27, 35)])
def test_a_real_reader_may_skip_while_a_third_of_the_validators_stay(first: int, last: int) -> None:
    judging = Judging(REAL[last].header.time, [real_root(first)])
    assert check_light_blocks(REAL_CHAIN, [REAL[last]], judging).root is not None


@pytest.mark.parametrize(("first", "last"), [(1, 9), (2, 14), (1, 35)])
def test_a_real_reader_may_not_skip_further(first: int, last: int) -> None:
    judging = Judging(REAL[last].header.time, [real_root(first)])
    assert code(lambda: check_light_blocks(REAL_CHAIN, [REAL[last]], judging)) == "kernel.validators_unknown"


def test_a_real_step_from_one_height_to_the_next_needs_no_common_validator() -> None:
    judging = Judging(REAL[9].header.time, [real_root(1)])
    assert check_light_blocks(REAL_CHAIN, [REAL[6], REAL[7], REAL[9]], judging).root is not None


def test_the_shortest_lead_of_the_real_network_serves_every_reader() -> None:
    blocks = [REAL[height] for height in sorted(REAL)]
    lead = shortest_lead(blocks)
    assert [one.header.height for one in lead] == [6, 7, 35]
    for height in REAL:
        judging = Judging(blocks[-1].header.time, [real_root(height)])
        assert check_light_blocks(REAL_CHAIN, lead, judging).root is not None, height


def test_no_byte_of_a_real_light_block_can_be_another() -> None:
    data = codec.encode(REAL[20])
    judging = Judging(REAL[20].header.time, [real_root(7)])
    for position in range(len(data)):
        altered = bytearray(data)
        altered[position] ^= 1
        with pytest.raises((ProofInvalid, EncodingInvalid)):
            check_light_blocks(REAL_CHAIN, [codec.decode(LightBlock, bytes(altered))], judging)


# A commit


def changed_vote(one: LightBlock, place: int, **changes: object) -> LightBlock:
    votes = list(one.commit.signatures)
    votes[place] = replace(votes[place], **changes)
    return replace(one, commit=replace(one.commit, signatures=tuple(votes)))


def repeated() -> LightBlock:
    """A header whose set names one validator twice; its vote would count twice."""
    twice = (*FOUR.set, FOUR.set[0])
    header = replace(FOUR.header(7, at(7), ROOT), validators_hash=validators_hash(twice))
    signed = FOUR.sign(header)
    votes = (*signed.commit.signatures, signed.commit.signatures[0])
    return replace(signed, commit=replace(signed.commit, signatures=votes), validators=twice)


SEVEN = block(FOUR, 7)
VOTE = SEVEN.commit.signatures[0]
WRONG: dict[str, tuple[LightBlock, str]] = {
    "two of four signed": (FOUR.block(7, at(7), ROOT, absent=KEYS[:2]), "commit_too_few"),
    "nobody signed": (FOUR.block(7, at(7), ROOT, absent=KEYS[:4]), "commit_too_few"),
    "no validators": (
        replace(
            SEVEN,
            header=(bare := replace(SEVEN.header, validators_hash=validators_hash(()))),
            commit=replace(
                SEVEN.commit, signatures=(), block_id=replace(SEVEN.commit.block_id, hash=header_hash(bare))
            ),
            validators=(),
        ),
        "commit_too_few",
    ),
    "other validators": (
        replace(SEVEN, validators=(*FOUR.set[:3], Validator(KEYS[5].public_key, 10))),
        "validators_differ",
    ),
    "another share of the power": (
        replace(SEVEN, validators=(replace(FOUR.set[0], power=11), *FOUR.set[1:])),
        "validators_differ",
    ),
    "validators in another order": (replace(SEVEN, validators=FOUR.set[::-1]), "validators_differ"),
    "a validator twice": (repeated(), "validator_repeated"),
    "another app hash": (replace(SEVEN, header=replace(SEVEN.header, app_hash=b"\1" * 32)), "commit_of_another_header"),
    "another time": (replace(SEVEN, header=replace(SEVEN.header, nanos=1)), "commit_of_another_header"),
    "another chain": (replace(SEVEN, header=replace(SEVEN.header, chain_id="x")), "commit_of_another_header"),
    "another height": (replace(SEVEN, commit=replace(SEVEN.commit, height=8)), "commit_of_another_header"),
    "the commit of another block": (replace(SEVEN, commit=block(FOUR, 8).commit), "commit_of_another_header"),
    "a place left out": (
        replace(SEVEN, commit=replace(SEVEN.commit, signatures=SEVEN.commit.signatures[:3])),
        "commit_size",
    ),
    "a place too many": (
        replace(SEVEN, commit=replace(SEVEN.commit, signatures=(*SEVEN.commit.signatures, VOTE))),
        "commit_size",
    ),
    "another round": (replace(SEVEN, commit=replace(SEVEN.commit, round=1)), "commit_signature_wrong"),
    "other parts": (
        replace(SEVEN, commit=replace(SEVEN.commit, block_id=replace(SEVEN.commit.block_id, parts=2))),
        "commit_signature_wrong",
    ),
    "a vote of another second": (changed_vote(SEVEN, 0, seconds=VOTE.seconds + 1), "commit_signature_wrong"),
    "a vote of another nanosecond": (changed_vote(SEVEN, 0, nanos=VOTE.nanos + 1), "commit_signature_wrong"),
    "a vote cut short": (changed_vote(SEVEN, 0, signature=VOTE.signature[:63]), "commit_signature_wrong"),
    "one wrong vote beside three good ones": (changed_vote(SEVEN, 3, signature=bytes(64)), "commit_signature_wrong"),
    "votes in each other's places": (
        replace(SEVEN, commit=replace(SEVEN.commit, signatures=SEVEN.commit.signatures[::-1])),
        "commit_signature_wrong",
    ),
    "a time without a vote": (changed_vote(SEVEN, 0, signature=b""), "commit_signature_wrong"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_commit_that_is_none_is_refused(what: str) -> None:
    wrong, expected = WRONG[what]
    assert code(lambda: check_commit(wrong)) == f"kernel.{expected}"


def test_more_than_two_thirds_are_needed_and_not_two_thirds() -> None:
    three = Validators(CHAIN, dict.fromkeys(KEYS[:3], 1))
    assert code(lambda: check_commit(three.block(7, at(7), ROOT, absent=KEYS[:1]))) == "kernel.commit_too_few"
    assert len(check_commit(FOUR.block(7, at(7), ROOT, absent=KEYS[:1]))) == 3


def test_power_counts_and_not_heads() -> None:
    heavy = Validators(CHAIN, {KEYS[0]: 7, **dict.fromkeys(KEYS[1:4], 1)})
    assert check_commit(heavy.block(7, at(7), ROOT, absent=KEYS[1:4])) == (KEYS[0].public_key,)
    assert code(lambda: check_commit(heavy.block(7, at(7), ROOT, absent=KEYS[:1]))) == "kernel.commit_too_few"


def test_a_signature_that_only_a_lax_rule_takes_is_refused() -> None:
    """R of small order: CometBFT counts such a vote, the ledger does not."""
    vote = SEVEN.commit.signatures[0]
    odd = bytes([1]) + bytes(31) + vote.signature[32:]
    assert code(lambda: check_commit(changed_vote(SEVEN, 0, signature=odd))) == "kernel.commit_signature_wrong"


# From one to the next, and from a root


def test_without_roots_nobody_is_trusted() -> None:
    assert check_light_blocks(CHAIN, [SEVEN]).root is None
    other = TrustRoot("other-" + "0" * 32, 1, at(1), FOUR.set)
    assert check_light_blocks(CHAIN, [SEVEN], judged(other)).root is None


def test_the_newest_root_that_holds_is_named() -> None:
    roots = [root_of(FOUR, height) for height in (1, 5, 3)]
    assert check_light_blocks(CHAIN, [SEVEN], judged(*roots)).root == roots[1]


def test_a_root_that_does_not_hold_is_passed_over_for_one_that_does() -> None:
    strangers = root_of(Validators(CHAIN, dict.fromkeys(KEYS[8:], 10)), 6)
    assert check_light_blocks(CHAIN, [SEVEN], judged(strangers, root_of(FOUR, 1))).root == root_of(FOUR, 1)


def test_another_chain_is_refused() -> None:
    assert code(lambda: check_light_blocks("other-" + "0" * 32, [SEVEN])) == "kernel.wrong_chain"


FIVE = FOUR.changed({KEYS[4]: 10})
NEW = Validators(CHAIN, dict.fromkeys(KEYS[6:10], 10))


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([block(FOUR, 8), SEVEN], "light_blocks_disordered"),
        ([SEVEN, SEVEN], "light_blocks_disordered"),
        ([SEVEN, FOUR.block(9, at(7), ROOT)], "light_blocks_disordered"),
        ([SEVEN, block(FIVE, 8)], "validators_not_announced"),
        ([block(FOUR, 7, after=FIVE), block(FOUR, 8)], "validators_not_announced"),
        ([SEVEN, block(NEW, 9)], "validators_unknown"),
        ([block(FOUR, 7, after=NEW), block(NEW, 9)], "validators_unknown"),
    ],
)
def test_what_does_not_follow_is_refused(blocks: list[LightBlock], expected: str) -> None:
    assert code(lambda: check_light_blocks(CHAIN, blocks)) == f"kernel.{expected}"


def test_validators_who_were_announced_are_followed_even_if_all_are_new() -> None:
    blocks = [block(FOUR, 7, after=NEW), block(NEW, 8), block(NEW, 50)]
    assert check_light_blocks(CHAIN, blocks, judged(root_of(FOUR, 1))).root == root_of(FOUR, 1)


def test_signatures_of_past_validators_are_refused() -> None:
    """The reader trusts the new ones; the file was signed by the old ones, before or after the change."""
    assert code(lambda: check_light_blocks(CHAIN, [SEVEN], judged(root_of(NEW, 8)))) == "kernel.validators_of_the_past"
    late = block(FOUR, 9)
    assert code(lambda: check_light_blocks(CHAIN, [late], judged(root_of(NEW, 8)))) == "kernel.validators_unknown"


def test_a_third_is_not_more_than_a_third() -> None:
    three = Validators(CHAIN, dict.fromkeys(KEYS[:3], 10))
    one_left = Validators(CHAIN, dict.fromkeys([KEYS[0], *KEYS[6:9]], 10))
    assert code(lambda: check_light_blocks(CHAIN, [block(one_left, 9)], judged(root_of(three, 1)))) == (
        "kernel.validators_unknown"
    )
    two_left = one_left.changed({KEYS[1]: 10})
    assert check_light_blocks(CHAIN, [block(two_left, 9)], judged(root_of(three, 1))).root is not None


def test_the_power_that_counts_is_that_of_the_trusted_set() -> None:
    """A new set may give a former validator more power than it ever had: that does not make it trusted."""
    swollen = Validators(CHAIN, {KEYS[0]: 1000, KEYS[7]: 10})
    assert code(lambda: check_light_blocks(CHAIN, [block(swollen, 9)], judged(root_of(FOUR, 1)))) == (
        "kernel.validators_unknown"
    )


def test_the_trusted_validators_themselves_are_believed_before_their_height_too() -> None:
    assert check_light_blocks(CHAIN, [SEVEN], judged(root_of(FOUR, 500))).root is not None
    five_earlier = block(FIVE, 8)
    assert code(lambda: check_light_blocks(CHAIN, [five_earlier], judged(root_of(FOUR, 500)))) == (
        "kernel.validators_of_the_past"
    )


def test_a_root_need_not_be_where_the_light_blocks_begin() -> None:
    blocks = [block(FOUR, 7, after=NEW), block(NEW, 8), block(NEW, 50)]
    assert check_light_blocks(CHAIN, blocks, judged(root_of(NEW, 20))).root == root_of(NEW, 20)


# Time


def test_an_old_root_is_no_longer_trusted() -> None:
    root, end = root_of(FOUR, 1), at(1) + TRUSTING_PERIOD_MS
    late = FOUR.block(9, end - 1, ROOT)
    assert check_light_blocks(CHAIN, [late], judged(root, time=end - 1)).root == root
    assert code(lambda: check_light_blocks(CHAIN, [late], judged(root, time=end))) == "kernel.trust_root_expired"


def test_an_old_light_block_needs_a_newer_one() -> None:
    root = TrustRoot(CHAIN, 900, at(0) + TRUSTING_PERIOD_MS, FOUR.set)
    end = at(7) + TRUSTING_PERIOD_MS
    assert check_light_blocks(CHAIN, [SEVEN], judged(root, time=end - 1)).root == root
    assert code(lambda: check_light_blocks(CHAIN, [SEVEN], judged(root, time=end))) == "kernel.light_block_expired"


def test_former_validators_of_an_expired_light_block_lead_nowhere() -> None:
    """A root that trusts the validators of 7, who changed at 8: judged when those of 7 are too old to lead on."""
    now = at(7) + TRUSTING_PERIOD_MS
    blocks = [block(FOUR, 7, after=NEW), block(NEW, 8), NEW.block(900, now - 1000, ROOT)]
    root = TrustRoot(CHAIN, 800, now - 2000, FOUR.set)
    assert code(lambda: check_light_blocks(CHAIN, blocks, judged(root, time=now))) == "kernel.validators_unknown"
    assert check_light_blocks(CHAIN, blocks, judged(root, time=now - 1)).root == root


def test_a_light_block_of_the_future_is_refused() -> None:
    root, now = root_of(FOUR, 1), at(7) - CLOCK_DRIFT_MS
    assert check_light_blocks(CHAIN, [SEVEN], judged(root, time=now)).root == root
    assert code(lambda: check_light_blocks(CHAIN, [SEVEN], judged(root, time=now - 1))) == "kernel.light_block_ahead"


def test_a_reader_may_trust_for_a_shorter_time() -> None:
    root = TrustRoot(CHAIN, 1, at(1), FOUR.set, trusting_period_ms=1000)
    assert code(lambda: check_light_blocks(CHAIN, [SEVEN], judged(root, time=at(2)))) == "kernel.trust_root_expired"


# What a prover carries


def test_one_light_block_is_enough_while_the_validators_stay() -> None:
    assert shortest_lead([block(FOUR, 1), block(FOUR, 5), SEVEN]) == (SEVEN,)


def test_slow_changes_need_no_step_between() -> None:
    six = FIVE.changed({KEYS[5]: 10})
    blocks = [block(FOUR, 1), block(FIVE, 5), block(six, 9)]
    assert shortest_lead(blocks) == (blocks[-1],)


def test_a_change_of_everybody_keeps_both_sides_of_it() -> None:
    blocks = [block(FOUR, 1), block(FOUR, 7, after=NEW), block(NEW, 8), block(NEW, 50)]
    assert shortest_lead(blocks) == tuple(blocks[1:])
    for root in (root_of(FOUR, 1), root_of(NEW, 8)):
        assert check_light_blocks(CHAIN, shortest_lead(blocks), judged(root)).root == root


def test_validators_who_change_one_by_one_are_followed_by_some_steps() -> None:
    sets = [Validators(CHAIN, dict.fromkeys(KEYS[number : number + 4], 10)) for number in range(8)]
    blocks = [block(each, 10 * number + 1) for number, each in enumerate(sets)]
    lead = shortest_lead(blocks)
    assert len(lead) < len(blocks)
    for number, each in enumerate(sets):
        root = root_of(each, 10 * number + 1)
        assert check_light_blocks(CHAIN, lead, judged(root)).root == root


@given(st.lists(st.sets(st.integers(0, 11), min_size=3, max_size=6), min_size=1, max_size=6))
@settings(deadline=None, max_examples=40)
def test_whatever_the_validators_do_every_reader_is_led_to_the_end(lives: list[set[int]]) -> None:
    """Each set in turn, its last block and the first of the next one; some change everybody at once."""
    sets = [Validators(CHAIN, dict.fromkeys([KEYS[number] for number in sorted(life)], 10)) for life in lives]
    blocks = [block(sets[0], 2)]
    for number, (old, new) in enumerate(pairwise(sets), 1):
        blocks += [block(old, 10 * number, after=new), block(new, 10 * number + 1)]
    blocks.append(block(sets[-1], 900))
    lead = shortest_lead(blocks)
    assert lead[-1] == blocks[-1]
    for number, each in enumerate(sets):
        assert check_light_blocks(CHAIN, lead, judged(root_of(each, 10 * number + 1))).root is not None


def test_a_vote_left_out_is_empty() -> None:
    left_out = FOUR.block(7, at(7), ROOT, absent=KEYS[:1]).commit.signatures
    assert left_out.count(NOT_VOTED) == 1
