"""Whose receipts of another community are taken here: by vote, by pure judgement, and by nobody's word alone."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from linlian.community.council.rules import TrustRootSet, Vote, proposed_roots
from linlian.community.council.rules_trust_roots import ForeignValidator, ProposeTrustRoot
from linlian.community.council.tests.test_rules import proposal_of, village_of
from linlian.community.council.views import trusted_chains, views
from linlian.community.identity.tests.village import Village, software_key
from linlian.community.identity.views import views as identity_views
from linlian.engine.prover import OperatorVoucher, Prover
from linlian.engine.watermark import Watermark
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.foreign import check_foreign_receipt
from linlian.kernel.proof import ReceiptFile
from linlian.kernel.trustroots import TRUST_ROOTS
from linlian.store.memory import MemoryStore
from linlian.testing.rows import reading

ELSEWHERE = f"elsewhere-{'0' * 32}"
KEY = software_key("their operator").public_key


def decided(village: Village, change: ProposeTrustRoot) -> TrustRootSet:
    proposal = proposal_of(village.do("a", change))
    told = village.do("b", Vote(proposal=proposal, in_favour=True)).the(TrustRootSet)
    assert isinstance(told, TrustRootSet)
    assert village.town.get(proposed_roots, proposal) is None
    return told


def test_a_trust_root_is_set_by_vote_and_replaced_by_another() -> None:
    village = village_of(3)
    assert decided(village, ProposeTrustRoot(chain=ELSEWHERE, operator_key=KEY)).operator_key == KEY
    validators = tuple(
        ForeignValidator(validator_key=software_key(name).public_key, power=10) for name in ("x", "y", "z")
    )
    told = decided(village, ProposeTrustRoot(chain=ELSEWHERE, at_height=7, at_time=1, validators=validators))
    assert (told.validators, told.at_height) == (3, 7)
    row = village.town.get(TRUST_ROOTS, ELSEWHERE.encode())
    assert row is not None
    assert row.operator_key == bytes(32)
    with reading(village.town.blocks, identity_views, views) as db:
        assert [(found.chain, found.validators) for found in trusted_chains(db)] == [(ELSEWHERE, 3)]
    village.town.check_invariants()


def test_what_is_rejected_leaves_nothing() -> None:
    village = village_of(3)
    proposal = proposal_of(village.do("a", ProposeTrustRoot(chain=ELSEWHERE, operator_key=KEY)))
    for voter in "bc":
        village.do(voter, Vote(proposal=proposal))
    assert village.town.get(proposed_roots, proposal) is None
    assert village.town.get(TRUST_ROOTS, ELSEWHERE.encode()) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (ProposeTrustRoot(chain=ELSEWHERE), "kernel.trusts_nobody"),
        (ProposeTrustRoot(chain=ELSEWHERE, operator_key=b"\xff" * 32), "kernel.key_invalid"),
        (
            ProposeTrustRoot(chain=ELSEWHERE, validators=(ForeignValidator(validator_key=KEY, power=1),) * 2),
            "kernel.validators_repeated",
        ),
    ],
)
def test_a_root_that_trusts_nobody_or_twice_is_refused(change: ProposeTrustRoot, code: str) -> None:
    assert village_of(2).refusal("a", change) == code


def test_ones_own_chain_needs_no_root() -> None:
    village = village_of(2)
    own = ProposeTrustRoot(chain=village.town.state.chain, operator_key=KEY)
    assert village.refusal("a", own) == "kernel.own_chain"


def receipt_of(village: Village, folder: Path) -> ReceiptFile:
    """A receipt of the village's last block, signed by its operator."""
    store = MemoryStore()
    store.create(village.town.genesis_document, village.town.blocks[0])
    for block in village.town.blocks[1:]:
        store.commit(block)
    voucher = OperatorVoucher(software_key("operator"), Watermark(folder / "watermark"))
    last = village.town.blocks[-1]
    return Prover(village.town.state, store, voucher).receipt(last.item_id(len(last.items) - 1))


def test_a_receipt_of_another_chain_is_judged_by_the_voted_root(tmp_path: Path) -> None:
    there = village_of(5)
    there.do("a", ProposeTrustRoot(chain=ELSEWHERE, operator_key=KEY))
    file = receipt_of(there, tmp_path)
    here, now = village_of(2), there.town.time
    here.town.state.chain = f"here-{sha256(b'here').hexdigest()[:32]}"
    with pytest.raises(ProofInvalid, match=r"kernel\.chain_not_trusted"):
        check_foreign_receipt(here.town.state, file, now)
    decided(here, ProposeTrustRoot(chain=file.chain, operator_key=software_key("another").public_key))
    with pytest.raises(ProofInvalid, match=r"kernel\.vouched_by_strangers"):
        check_foreign_receipt(here.town.state, file, now)
    decided(here, ProposeTrustRoot(chain=file.chain, operator_key=software_key("operator").public_key))
    verdict = check_foreign_receipt(here.town.state, file, now)
    assert verdict.command == "council.propose_trust_root"
    assert verdict.height == there.town.state.height
