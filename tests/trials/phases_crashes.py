"""Killed, stopped and restarted: one, two, all of them, at any moment."""

from __future__ import annotations

import random
import time
from functools import partial

from linlian.kernel.errors import Busy, LinlianError
from tests.trials.network import wait_until
from tests.trials.trial import Phase, Trial

DOWN_S = 2.0
PAUSED_S = 6.0
NODES = ("street", "property", "owners", "auditor")
HOW = {
    "kill": "Linlian and engine of {node} are killed (SIGKILL); started again after {down:.0f} s",
    "kill-node": "the Linlian process of {node} alone is killed; its engine ends by itself; started again",
    "kill-engine": "the engine of {node} alone is killed; its node starts it again",
}


def work_across_nodes(trial: Trial) -> str:
    """A repair is reported at one node, worked on at another, and seen at a third."""
    community, book = trial.network.community, trial.load.book
    home, company, office = (trial.network.ledger(code) for code in ("owners", "property", "street"))
    try:
        report = community.report()
        started = time.monotonic()
        (reported,) = book.hand_in(home, [report])
        assert reported is not None, "the report was not taken"
        wait_until(lambda: company.find(report.id) == reported, 10, "the company's node has the report")
        last = reported
        for step in community.life_of(report.record):
            (final,) = book.hand_in(company, [community.sign(*step)])
            assert final is not None, f"{step} was not taken"
            assert final.outcome == "accepted", final.entries()
            last = final
        done = time.monotonic()
        wait_until(lambda: office.find(last.item_id) == last, 10, "the street office's node has the whole life")
        seen = time.monotonic() - done
    finally:
        for ledger in (home, company, office):
            ledger.close()
    trial.recovering()
    return f"8 steps in {done - started:.1f} s, seen at the third node {seen:.1f} s after the last was final"


def break_one(node: str, how: str, trial: Trial) -> str:
    network = trial.network
    if how == "kill-engine":
        before = network.engine_process(node)
        trial.recovering()
        network.break_node(node, how)
        seconds = wait_until(lambda: network.engine_process(node) != before, 20, "the engine is started again")
        return f"the node started its engine again after {seconds:.1f} s"
    network.break_node(node, how)
    time.sleep(DOWN_S)
    alive = go_on(trial, "property" if node != "property" else "street")
    trial.recovering()
    network.start(node)
    return f"the others went on, {alive:.1f} s for a report meanwhile"


def go_on(trial: Trial, code: str) -> float:
    """Seconds until a report handed in at this node is final, while another is broken."""
    started = time.monotonic()
    ledger = trial.network.ledger(code)
    try:
        (final,) = trial.load.book.hand_in(ledger, [trial.network.community.report()])
    finally:
        ledger.close()
    assert final is not None, f"{code} cannot go on"
    return time.monotonic() - started


def lose_quorum(trial: Trial) -> str:
    """Two of four are gone: nothing can be decided, and nobody is told that it was."""
    network = trial.network
    network.kill("owners", "auditor")
    said = hand_in_without_quorum(trial)
    trial.recovering()
    network.start("owners", "auditor")
    return said


def pause_two(trial: Trial) -> str:
    """Two of four stand still and come back without having been restarted."""
    network = trial.network
    for code in ("street", "property"):
        network.break_node(code, "pause")
    said = hand_in_without_quorum(trial, "owners")
    trial.recovering()
    for code in ("street", "property"):
        network.break_node(code, "resume")
    return said


def hand_in_without_quorum(trial: Trial, code: str = "street") -> str:
    """What a node answers while there is no quorum; each answer goes into the book."""
    ledger, community = trial.network.ledger(code), trial.network.community
    try:
        time.sleep(2)  # a block that was nearly decided may still come
        head = ledger.head
        lasting = [community.report(60_000) for _ in range(20)]
        short = [community.report(3_000) for _ in range(20)]
        waiting = [(each, ledger.submit_many([each.raw])[0]) for each in (*lasting, *short)]
        codes = set()
        for each, answer in waiting[20:]:
            final = trial.load.book.enter(each.id, answer, 25)
            assert final is None, "there is no quorum, and yet it is final"
            codes.add(answer.exception().code if isinstance(answer.exception(), LinlianError) else "?")  # type: ignore[union-attr]
        busy = _fill(trial, code)
        assert ledger.head == head, "a block without a quorum"
    finally:
        ledger.close()
    for each, _ in waiting[:20]:
        trial.load.book.undecided.add(each.id)
    return f"no block; too late meanwhile: {', '.join(sorted(codes))}; refused at the door: {busy} × kernel.busy"


def _fill(trial: Trial, code: str) -> int:
    """Hand in until the node says that it has enough."""
    ledger, community = trial.network.ledger(code), trial.network.community
    try:
        for _ in range(100):
            signed = [community.report(60_000) for _ in range(100)]
            try:
                ledger.submit_many([each.raw for each in signed])
            except Busy:
                trial.load.book.codes["kernel.busy"] += 1
                trial.load.book.denied.update(each.id for each in signed)
                return 1
            trial.load.book.undecided.update(each.id for each in signed)
    finally:
        ledger.close()
    raise AssertionError("ten thousand are waiting, and nobody says busy")


def pause_one(trial: Trial) -> str:
    network = trial.network
    network.break_node("auditor", "pause")
    time.sleep(PAUSED_S)
    alive = go_on(trial, "street")
    trial.recovering()
    network.break_node("auditor", "resume")
    return f"the others went on, {alive:.1f} s for a report meanwhile"


def pause_proposer(trial: Trial) -> str:
    """Whoever's turn it is stands still: the others take the next round."""
    network = trial.network
    proposer = network.proposer("street")
    other = next(code for code in NODES if code != proposer)
    network.break_node(proposer, "pause")
    alive = go_on(trial, other)
    time.sleep(PAUSED_S)
    trial.recovering()
    network.break_node(proposer, "resume")
    return f"it was {proposer}'s turn; a report was final after {alive:.1f} s all the same"


def restart_one_after_another(trial: Trial) -> str:
    """As for an upgrade of the machines: each is stopped and started while the others go on."""
    network, slowest = trial.network, 0.0
    for code in NODES:
        started = time.monotonic()
        network.stop(code)
        trial.recovering()
        network.start(code)
        slowest = max(slowest, time.monotonic() - started)
        trial.until_well()
    return f"four restarts; the slowest took {slowest:.1f} s until it answered"


def restart_all(trial: Trial) -> str:
    network = trial.network
    network.stop()
    trial.recovering()
    network.start()
    return "all were stopped (SIGTERM), then started at once"


def kill_all(trial: Trial) -> str:
    network = trial.network
    network.kill(*NODES)
    trial.recovering()
    network.start()
    return "all were killed (SIGKILL), then started at once"


def kill_at_random(trial: Trial, times: int = 6, seed: int = 7) -> str:
    """Whoever, however, at whatever moment of the load."""
    network, chance, done = trial.network, random.Random(seed), []
    for _ in range(times):
        node, how = chance.choice(NODES), chance.choice(list(HOW))
        time.sleep(chance.uniform(0.0, 2.0))
        network.break_node(node, how)
        time.sleep(chance.uniform(0.0, 1.0))
        trial.recovering()
        network.start(node)
        done.append(f"{node} {how}")
        if chance.random() < 0.5:
            trial.until_well()
    return "; ".join(done)


CALM = Phase(
    "work across nodes", "a repair is reported at one node, worked on at another, seen at a third", work_across_nodes
)
ONE_EACH = tuple(
    Phase(f"{how}: {node}", what.format(node=node, down=DOWN_S), partial(break_one, node, how))
    for how, what in HOW.items()
    for node in NODES
)
QUORUM_LOST = Phase("quorum lost", "two of four are killed; submissions meanwhile; both are started", lose_quorum)
CRASHES = (
    CALM,
    *ONE_EACH,
    QUORUM_LOST,
    Phase("pause: auditor", f"all of auditor stands still (SIGSTOP) for {PAUSED_S:.0f} s and goes on", pause_one),
    Phase("pause: the proposer", "the node whose turn it is to propose stands still and goes on", pause_proposer),
    Phase("pause: two", "two of four stand still; submissions meanwhile; both go on", pause_two),
    Phase("rolling restart", "each is stopped and started, one after another", restart_one_after_another),
    Phase("restart of all", "all are stopped and started at once", restart_all),
    Phase("kill of all", "all are killed and started at once", kill_all),
    Phase("random kills", "six kills of any kind at random moments under load", kill_at_random),
)
