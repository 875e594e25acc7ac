"""Four nodes and four engines on one machine: they agree, they answer, they prove, and they rest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from linlian.engine.cometbft.ledger import CometLedger
from linlian.engine.embedded import wall_clock
from linlian.kernel import codec
from linlian.kernel.errors import Refused, Rejected
from linlian.kernel.lightclient import Judging, TrustRoot
from linlian.kernel.proof import ReceiptFile, check_history, check_receipt, check_state, read_file
from tests.cometbft.network import Network, binary
from tests.engine import ledgers
from tests.engine.ledgers import ACCOUNT, ChangeValidator

SECONDS = 30.0


class Now:
    """The clock of whoever signs: the machine's."""

    @property
    def now(self) -> int:
        return wall_clock()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    network = Network(tmp_path_factory.mktemp("net"), 4, binary())
    with ThreadPoolExecutor() as pool:
        list(pool.map(network.open, range(4)))
    yield network
    network.close()


@pytest.fixture(scope="module")
def desk(network: Network) -> ledgers.Desk:
    return ledgers.Desk(network.nodes[0].chain, Now())


def agree(network: Network, height: int) -> None:
    """Wait until every node has this block; all have the same one."""
    until = time.monotonic() + SECONDS
    while any(node.head.height < height for node in network.nodes.values()):
        assert time.monotonic() < until, [node.head.height for node in network.nodes.values()]
        time.sleep(0.02)
    headers = {codec.encode(next(node.follow(height)).header) for node in network.nodes.values()}
    assert len(headers) == 1


def test_what_is_handed_in_anywhere_stands_everywhere(network: Network, desk: ledgers.Desk) -> None:
    for number, node in network.nodes.items():
        final = node.submit(desk.note(f"from-{number}")).result(SECONDS)
        assert final.outcome == "accepted"
        agree(network, final.height)
        assert all(other.find(final.item_id) == final for other in network.nodes.values())


def test_many_handed_in_at_all_nodes_at_once_are_final_once_each(network: Network, desk: ledgers.Desk) -> None:
    raws = [desk.note(f"many-{number}") for number in range(400)]
    answers = [(raw, node.submit(raw)) for raw in raws for node in (network.nodes[0], network.nodes[2])]
    places: dict[bytes, set[Any]] = {}
    for raw, answer in answers:
        failure = answer.exception(SECONDS)
        if failure is None:
            final = answer.result()
            places.setdefault(raw, set()).add((final.height, final.index))
        else:
            assert isinstance(failure, Rejected), failure
            assert failure.code == "kernel.repeated"
    assert len(places) == len(raws)
    assert all(len(found) == 1 for found in places.values())


def test_a_refusal_is_told_before_it_is_sent_and_recorded_on_request(network: Network, desk: ledgers.Desk) -> None:
    node = network.nodes[1]
    until = time.monotonic() + SECONDS
    while node.waiting and time.monotonic() < until:
        time.sleep(0.05)
    height = node.head.height
    with pytest.raises(Refused, match=r"notes\.no"):
        node.submit(desk.note("no")).result(SECONDS)
    assert node.head.height == height
    final = node.submit(desk.note("no"), record_refusal=True).result(SECONDS)
    assert final.outcome == "refused"
    raw = desk.note("x")
    with pytest.raises(Rejected, match=r"kernel\.wrong_signature|kernel\.malformed"):
        node.submit(raw[:-1] + bytes([raw[-1] ^ 1])).result(SECONDS)


def test_an_idle_chain_rests_and_a_timer_wakes_it(network: Network, desk: ledgers.Desk) -> None:
    node = network.nodes[3]
    final = node.submit(desk.note("for-three-seconds", forget_at=wall_clock() + 3_000)).result(SECONDS)
    due = wall_clock() + 3_000
    blocks = node.follow(final.height + 1)
    block = next(blocks)
    assert block.runs == 1
    assert wall_clock() - due < 3_000
    agree(network, block.header.height)
    time.sleep(1.5)
    before = node.application.position.height
    time.sleep(3)
    assert node.application.position.height == before


def root_of(network: Network, node: CometLedger) -> TrustRoot:
    """The first validators, as a reader knows them from the genesis."""
    validators = node.prove_state(b"\x01").anchor.light_blocks[-1].validators
    known = {key.validator_key for key in network.keys}
    assert known == {validator.public_key for validator in validators}
    return TrustRoot(node.chain, 0, wall_clock() - 60_000, validators)


def test_proofs_are_vouched_for_by_two_thirds(network: Network, desk: ledgers.Desk) -> None:
    node = network.nodes[0]
    final = node.submit(desk.note("to-be-proved")).result(SECONDS)
    judging = Judging(wall_clock(), [root_of(network, node)])
    file = read_file(codec.encode(node.prove_receipt(final.item_id)))
    assert isinstance(file, ReceiptFile)
    verdict = check_receipt(file, {}, judging)
    assert verdict.height == final.height
    assert verdict.vouched.committed is not None
    assert len(verdict.vouched.committed.signed) >= 3
    assert verdict.vouched.by_somebody_trusted
    history = check_history(node.prove_history(ACCOUNT), {}, judging)
    assert history.vouched.by_somebody_trusted
    value, vouched = check_state(node.prove_state(b"\x01nothing"), {}, judging)
    assert value is None
    assert vouched.by_somebody_trusted


def test_validators_change_and_old_readers_follow(network: Network, desk: ledgers.Desk) -> None:
    node = network.nodes[0]
    root = root_of(network, node)
    out = network.keys[3].validator_key
    node.submit(desk.sign(ChangeValidator(public_key=out, power=0))).result(SECONDS)
    final = node.submit(desk.note("after")).result(SECONDS)
    for number in range(2):
        final = node.submit(desk.note(f"after-{number}")).result(SECONDS)
        agree(network, final.height)
    verdict = check_receipt(node.prove_receipt(final.item_id), {}, Judging(wall_clock(), [root]))
    assert verdict.vouched.committed is not None
    assert len(verdict.vouched.committed.validators) == 3
    with pytest.raises(Refused, match=r"kernel\.quorum_lost"):
        node.submit(desk.sign(ChangeValidator(public_key=bytes(32), power=100))).result(SECONDS)
    final = node.submit(desk.sign(ChangeValidator(public_key=out, power=10))).result(SECONDS)
    agree(network, final.height)


def test_folders_are_opened_again_where_they_were_left(network: Network, desk: ledgers.Desk, tmp_path: Path) -> None:
    final = network.nodes[2].submit(desk.note("before-the-restart")).result(SECONDS)
    network.nodes.pop(2).close()
    again = network.open(2)
    assert again.find(final.item_id) == final
    final = again.submit(desk.note("after-the-restart")).result(SECONDS)
    agree(network, final.height)
