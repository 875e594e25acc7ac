"""Proof files of a ledger that several organisations keep: what validators have signed, and what they have not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linlian.kernel import codec
from linlian.kernel.anchor import log_root
from linlian.kernel.apphash import app_hash
from linlian.kernel.codec import replace
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import EncodingInvalid, ProofInvalid, Rejected, Unproven
from linlian.kernel.lightclient import Judging, TrustRoot
from linlian.kernel.operator import operator_name
from linlian.kernel.proof import (
    Anchor,
    HistoryFile,
    ProofFile,
    ReceiptFile,
    RedactedFile,
    Vouched,
    check_grounds_of,
    check_history,
    check_receipt,
    check_redacted,
    check_state,
    read_file,
)
from linlian.kernel.withholding import redact
from linlian.testing.town import START
from linlian.testing.validators import Validators
from tests.kernel.garden import OPERATOR, PLOT, Garden, TakePlot, WaterPlot, plots, prover

KEYS = [SoftwareKey("ed25519", b"o%31d" % number) for number in range(8)]


@pytest.fixture(scope="module")
def garden() -> Garden:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.refusal(town.ben, TakePlot(plot=PLOT))
    town.do(town.anna, WaterPlot(plot=PLOT, litres=7))
    return town


@pytest.fixture(scope="module")
def four(garden: Garden) -> Validators:
    return Validators(garden.state.chain, dict.fromkeys(KEYS[:4], 10))


@pytest.fixture(scope="module")
def alone(garden: Garden, tmp_path_factory: pytest.TempPathFactory) -> dict[str, ProofFile]:
    """Files as one operator hands them out."""
    made = prover(garden, tmp_path_factory.mktemp("alone"))
    receipt = made.receipt(garden.blocks[1].item_id(0))
    files: list[ProofFile] = [receipt, redact(receipt), made.history(PLOT), made.state(plots.key(PLOT))]
    return {file.format: file for file in files}


def vouched_by(four: Validators, file: Any, *absent: SoftwareKey) -> Any:
    return replace(file, anchor=four.vouch(file.anchor, 9, absent))


@pytest.fixture(scope="module")
def together(alone: dict[str, ProofFile], four: Validators) -> dict[str, ProofFile]:
    """The same of four organisations, of which one was away."""
    return {name: vouched_by(four, file, KEYS[3]) for name, file in alone.items()}


@pytest.fixture(scope="module")
def judging(garden: Garden, four: Validators) -> Judging:
    return Judging(garden.state.time, [TrustRoot(garden.state.chain, 1, START, four.set)])


def check(file: ProofFile, judging: Judging | None) -> Vouched:
    if isinstance(file, ReceiptFile):
        return check_receipt(file, {}, judging).vouched
    if isinstance(file, HistoryFile):
        return check_history(file, {}, judging).vouched
    if isinstance(file, RedactedFile):
        return check_redacted(file, {}, judging).vouched
    return check_state(file, {}, judging)[1]


def code(check: Callable[[], object]) -> str:
    with pytest.raises(Unproven) as caught:
        check()
    return caught.value.code


KINDS = ("linlian/receipt/1", "linlian/redacted/1", "linlian/history/1", "linlian/state/1")
RECEIPT = KINDS[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_names_the_validators_who_vouch_for_it(
    together: dict[str, ProofFile], judging: Judging, four: Validators, kind: str
) -> None:
    vouched = check(read_file(codec.encode(together[kind])), judging)
    assert vouched.by_somebody_trusted
    assert (vouched.operator, vouched.trusted, vouched.untrusted) == (None, (), ())
    assert vouched.committed is not None
    assert vouched.committed.root == judging.roots[0]
    assert vouched.committed.validators == four.set
    assert {*vouched.committed.signed} == {key.public_key for key in KEYS[:3]}
    assert vouched.committed.height == 9


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_root_it_is_consistent_and_nobody_is_trusted(together: dict[str, ProofFile], kind: str) -> None:
    vouched = check(together[kind], None)
    assert not vouched.by_somebody_trusted
    assert vouched.committed is not None


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_can_be_another(together: dict[str, ProofFile], judging: Judging, kind: str) -> None:
    data = codec.encode(together[kind])
    for at in range(len(data)):
        altered = bytearray(data)
        altered[at] ^= 1
        with pytest.raises((Unproven, EncodingInvalid, Rejected)):
            check(read_file(bytes(altered)), judging)


def test_files_of_one_operator_are_as_they_were(alone: dict[str, ProofFile]) -> None:
    for file in alone.values():
        assert "light_blocks" not in codec.as_plain(file.anchor)


def test_a_receipt_of_four_organisations_is_small(alone: dict[str, ProofFile], together: dict[str, ProofFile]) -> None:
    one, four = len(codec.encode(alone[RECEIPT])), len(codec.encode(together[RECEIPT]))
    assert four < one + 1024


def change(file: ProofFile, **changes: Any) -> Any:
    return replace(file, anchor=replace(file.anchor, **changes))


def test_a_ledger_that_the_validators_did_not_sign_is_refused(
    together: dict[str, ProofFile], judging: Judging, four: Validators
) -> None:
    file = together[RECEIPT]
    header = file.anchor.header
    other_state = replace(header, state_root=bytes(32))
    assert code(lambda: check(change(file, header=other_state), judging)) == "kernel.app_hash_differs"
    other_log = (bytes(32), *file.anchor.path[1:])
    assert code(lambda: check(change(file, path=other_log), judging)) == "kernel.app_hash_differs"
    exchanged = four.block(9, header.time, app_hash(header.state_root, log_root(file.anchor)))
    assert code(lambda: check(change(file, light_blocks=(exchanged,)), judging)) == "kernel.app_hash_differs"


def test_too_few_signatures_are_refused(alone: dict[str, ProofFile], judging: Judging, four: Validators) -> None:
    file = vouched_by(four, alone[RECEIPT], *KEYS[:2])
    assert code(lambda: check(file, judging)) == "kernel.commit_too_few"


def test_invented_validators_are_refused_where_the_reader_knows_the_real_ones(
    alone: dict[str, ProofFile], judging: Judging, garden: Garden
) -> None:
    invented = Validators(garden.state.chain, dict.fromkeys(KEYS[4:], 10))
    file = vouched_by(invented, alone[RECEIPT])
    assert not check(file, None).by_somebody_trusted
    assert code(lambda: check(file, judging)) == "kernel.validators_unknown"


def test_light_blocks_of_another_chain_are_refused(alone: dict[str, ProofFile], judging: Judging) -> None:
    other = Validators("other-" + "0" * 32, dict.fromkeys(KEYS[:4], 10))
    assert code(lambda: check(vouched_by(other, alone[RECEIPT]), judging)) == "kernel.wrong_chain"


def test_the_validators_may_have_changed_on_the_way(
    alone: dict[str, ProofFile], judging: Judging, four: Validators
) -> None:
    anchor = alone[RECEIPT].anchor
    new = Validators(four.chain, dict.fromkeys(KEYS[4:], 10))
    [last] = new.vouch(anchor, 90).light_blocks
    lead = (four.block(5, START + 1, bytes(32), after=new), new.block(6, START + 2, bytes(32)), last)
    file = change(alone[RECEIPT], note=b"", operator_row=b"", operator_proof=None, light_blocks=lead)
    vouched = check(file, judging)
    assert vouched.committed is not None
    assert (vouched.committed.root, vouched.committed.validators) == (judging.roots[0], new.set)
    assert code(lambda: check(change(file, light_blocks=lead[1:]), judging)) == "kernel.validators_unknown"
    assert code(lambda: check(change(file, light_blocks=(lead[0], last)), judging)) == "kernel.validators_unknown"


def test_an_operator_and_validators_may_both_have_signed(
    alone: dict[str, ProofFile], judging: Judging, four: Validators
) -> None:
    file = alone[RECEIPT]
    both = change(file, light_blocks=four.vouch(file.anchor, 9).light_blocks)
    assert isinstance(both, ReceiptFile)
    trust = {operator_name(file.chain): [OPERATOR.public_key]}
    vouched = check_receipt(both, trust, judging).vouched
    assert vouched.committed is not None
    assert (len(vouched.trusted), vouched.committed.root) == (1, judging.roots[0])
    wrong = change(both, note=both.anchor.note[:-8] + b"AAAAAA=\n")
    assert code(lambda: check(wrong, judging)) == "kernel.note_signature_wrong"


def test_an_operator_whom_the_state_is_shown_to_name_must_have_signed(
    alone: dict[str, ProofFile], judging: Judging, four: Validators
) -> None:
    file = alone[RECEIPT]
    unsigned = change(file, note=b"", light_blocks=four.vouch(file.anchor, 9).light_blocks)
    assert code(lambda: check(unsigned, judging)) == "kernel.operator_did_not_sign"


def test_an_anchor_that_nobody_signed_is_refused(together: dict[str, ProofFile], judging: Judging) -> None:
    assert code(lambda: check(change(together[RECEIPT], light_blocks=()), judging)) == "kernel.note_without_signatures"


def test_an_old_receipt_needs_a_newer_checkpoint(
    together: dict[str, ProofFile], judging: Judging, four: Validators
) -> None:
    period = judging.roots[0].trusting_period_ms
    late = judging.time + period
    fresh = TrustRoot(four.chain, 900, late, four.set)
    assert code(lambda: check(together[RECEIPT], Judging(late, [fresh]))) == "kernel.light_block_expired"
    assert code(lambda: check(together[RECEIPT], Judging(late, judging.roots))) == "kernel.trust_root_expired"


def test_the_receipt_of_another_communitys_chain_verifies_against_a_voted_root(
    together: dict[str, ProofFile], garden: Garden, four: Validators
) -> None:
    """What a contract would do: the root is a row that its organisations voted for, the time that of the block."""
    file = together[RECEIPT]
    assert isinstance(file, ReceiptFile)
    voted = TrustRoot(chain=file.chain, height=3, time=START, validators=four.set)
    verdict = check_receipt(file, {}, Judging(garden.state.time + 60_000, [voted]))
    assert verdict.vouched.by_somebody_trusted
    assert verdict.command == "garden.take_plot"


def test_a_strict_receipt_rests_on_the_same_log(garden: Garden, four: Validators, tmp_path: Path) -> None:
    made = prover(garden, tmp_path).receipt(garden.blocks[1].item_id(0))
    file = vouched_by(four, made)
    with pytest.raises(ProofInvalid) as caught:
        check_grounds_of(file, garden.rulebook)
    assert caught.value.code == "kernel.grounds_not_shown"
    assert log_root(file.anchor) == garden.state.log.root()


def test_an_anchor_of_light_blocks_has_a_path_like_any_other(together: dict[str, ProofFile], judging: Judging) -> None:
    short = change(together[RECEIPT], path=together[RECEIPT].anchor.path[:-1])
    assert code(lambda: check(short, judging)) == "kernel.proof_length"
    assert isinstance(short.anchor, Anchor)
