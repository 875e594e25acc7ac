"""Somebody comes late, is let in by vote, and leaves; what would cost the quorum is refused."""

from __future__ import annotations

import time
from functools import partial

from linlian.community.council.rules import ProposeAdmission, ProposeRemoval, Vote
from linlian.community.council.rules_validators import ProposeValidator
from linlian.community.identity import OrganisationKind
from linlian.engine.ledger import Final, Ledger
from linlian.kernel.contract import Command
from linlian.kernel.validators import current_validators
from linlian.node import folder as place
from linlian.node.founding import FIRST_POWER
from linlian.store.sqlite import SqliteStore
from tests.trials.network import wait_until, with_fault
from tests.trials.people import new_key
from tests.trials.phases_crashes import DOWN_S, go_on
from tests.trials.phases_dishonest import ALL_BLOCKS_S, run_with
from tests.trials.trial import Phase, Trial

NEWCOMER = "plumbers"
SNAPSHOT_S = 60.0
VOTERS = ("property", "owners")


def decide(ledger: Ledger, trial: Trial, command: Command, voters: tuple[str, ...] = VOTERS) -> Final:
    """Street proposes, the others vote; the last vote's answer."""
    community, book = trial.network.community, trial.load.book
    proposal = community.sign("street", command)
    (final,) = book.hand_in(ledger, [proposal])
    assert final is not None, "the proposal was not taken"
    assert final.outcome == "accepted", final.entries()
    identifier = next(fields["proposal"] for _, _, fields in final.entries() if "proposal" in fields)
    for voter in voters:
        (final,) = book.hand_in(ledger, [community.sign(voter, Vote(proposal=identifier, in_favour=True))])
        assert final is not None, f"{voter}'s vote was not taken"
    return final


def refusal(final: Final) -> str:
    """The code with which it was refused."""
    assert final.outcome == "refused", "it was accepted"
    return str(final.entries()[0][2]["code"])


def join_by_state_sync(trial: Trial) -> str:
    """A fifth organisation is admitted; its node has the genesis and its keys, and takes a snapshot."""
    network, ledger = trial.network, trial.network.ledger("street")
    wait_until(
        lambda: all(_snapshots(trial, code) for code in ("street", "property")), SNAPSHOT_S, "snapshots are made"
    )
    once = new_key()
    admission = ProposeAdmission(
        suite="ed25519", public_key=once.public_key, kind=OrganisationKind.SERVICE_PROVIDER, code=NEWCOMER
    )
    try:
        proposal = network.community.sign("street", admission)
        (proposed,) = trial.load.book.hand_in(ledger, [proposal])
        assert proposed is not None, "the admission was not taken"
        fields = next(fields for _, _, fields in proposed.entries() if "officer" in fields and "organisation" in fields)
        for voter in VOTERS:
            vote = Vote(proposal=_proposal_of(proposed), in_favour=True)
            trial.load.book.hand_in(ledger, [network.community.sign(voter, vote)])
        network.community.accept(ledger, {NEWCOMER: (fields["officer"], once)})
    finally:
        ledger.close()
    run_with(trial, "auditor", with_fault("snapshot"))
    network.admit(NEWCOMER, "service_provider")
    network.adopt(NEWCOMER, fields["organisation"], fields["officer"])
    rpc = [network.nodes[code].addresses.rpc for code in ("street", "property")]
    commit = network.engine_says("street", "commit")["signed_header"]
    trusted = int(commit["header"]["height"])
    network.join_links(NEWCOMER, (rpc, trusted, commit["commit"]["block_id"]["hash"]))
    trial.recovering()
    network.start(NEWCOMER)
    trial.following = [*trial.following, NEWCOMER]
    trial.load.begin(NEWCOMER)
    store = SqliteStore(network.folder(NEWCOMER) / place.LEDGER, read_only=True)
    begins = store.begins_at()
    store.close()
    assert begins is not None, "it fetched all blocks"
    trial.begins[NEWCOMER] = begins.height
    lies = network.said("auditor").count("a false chunk")
    run_with(trial, "auditor", None)
    return f"admitted by vote; it took a snapshot of block {begins.height}; auditor had offered it {lies} false chunks"


def _proposal_of(final: Final) -> bytes:
    found: bytes = next(fields["proposal"] for _, _, fields in final.entries() if "proposal" in fields)
    return found


def _snapshots(trial: Trial, code: str) -> bool:
    folder = trial.network.folder(code) / place.SNAPSHOTS
    return folder.is_dir() and any((each / "manifest").exists() for each in folder.iterdir() if each.name.isdecimal())


def change_power(code: str, power: int, trial: Trial) -> str:
    """By vote; from the block after the next it counts."""
    network, ledger = trial.network, trial.network.ledger("street")
    node = network.nodes[code]
    command = ProposeValidator(organisation=node.organisation, validator_key=node.validator_key, power=power)
    try:
        final = decide(ledger, trial, command)
        assert final.outcome == "accepted", final.entries()
        count = len(current_validators(ledger))
    finally:
        ledger.close()
    trial.recovering()
    signs = wait_until(lambda: (code in network.signers("street")) == (power > 0), 30, "the change counts")
    now = "stood under the blocks" if power else "was no longer there"
    return f"decided by vote; after {signs:.1f} s its signature {now}; {count} validators"


def one_of_five_is_killed(trial: Trial) -> str:
    network = trial.network
    network.kill("auditor")
    time.sleep(DOWN_S)
    alive = go_on(trial, NEWCOMER)
    trial.recovering()
    network.start("auditor")
    return f"four of five went on, {alive:.1f} s for a report handed in at the newcomer"


def refuse_to_lose_the_quorum(trial: Trial) -> str:
    """Powers are raised until one node alone would be missed; then nobody can take it out, or drown the others."""
    ledger, node = trial.network.ledger("street"), trial.network.nodes["auditor"]
    stranger = new_key().public_key

    def propose(power: int, key: bytes = node.validator_key) -> Final:
        return decide(ledger, trial, ProposeValidator(organisation=node.organisation, validator_key=key, power=power))

    try:
        codes = {refusal(propose(1_000, stranger))}
        for power in (29, 58, 60):
            assert propose(power).outcome == "accepted", power
        codes.add(refusal(propose(0)))
        assert propose(FIRST_POWER).outcome == "accepted"
    finally:
        ledger.close()
    trial.recovering()
    assert codes == {"kernel.quorum_lost"}, codes
    return "a stranger with a thousand votes, and the removal of a node with two thirds of them: kernel.quorum_lost"


def remove_organisation(trial: Trial) -> str:
    """Its validator leaves with it; its node may go on reading."""
    network, ledger = trial.network, trial.network.ledger("street")
    try:
        before = len(current_validators(ledger))
        final = decide(ledger, trial, ProposeRemoval(organisation=network.nodes[NEWCOMER].organisation))
        assert final.outcome == "accepted", final.entries()
        after = len(current_validators(ledger))
    finally:
        ledger.close()
    assert after == before - 1, (before, after)
    trial.recovering()
    wait_until(lambda: NEWCOMER not in network.signers("street"), 30, "it no longer signs")
    return f"{before} validators became {after}; its node follows"


def newcomer_leaves(trial: Trial) -> str:
    trial.load.spared.add(NEWCOMER)
    trial.following = [code for code in trial.following if code != NEWCOMER]
    trial.network.stop(NEWCOMER)
    trial.recovering()
    return "its node is switched off; the four go on"


IN, OUT = partial(change_power, NEWCOMER, FIRST_POWER), partial(change_power, NEWCOMER, 0)
QUORUM_KEPT = Phase("removal refused", "changes of validators that would lose the quorum", refuse_to_lose_the_quorum)
MEMBERS = (
    Phase(
        "late join by state sync",
        "a fifth organisation takes a snapshot, of which auditor hands over false chunks",
        join_by_state_sync,
        limit_s=ALL_BLOCKS_S,
    ),
    Phase("validator by vote", "the organisations let the newcomer's node vote on blocks", IN),
    Phase("one of five killed", f"auditor is killed and started again after {DOWN_S:.0f} s", one_of_five_is_killed),
    Phase("validator removed by vote", "the newcomer's node no longer votes; it goes on following", OUT),
    Phase("validator once more", "the newcomer's node votes again", IN),
    Phase("organisation removed by vote", "the newcomer is removed, and its validator with it", remove_organisation),
    Phase("newcomer switched off", "the removed organisation switches its node off", newcomer_leaves),
    QUORUM_KEPT,
)
