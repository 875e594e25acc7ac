"""Another engine, and other rules: all together, at a height that was voted, and never by surprise."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import linlian
from linlian.community.council.rules import ProposeAdmission, ProposeRelease
from linlian.community.identity import OrganisationKind
from linlian.kernel.release import current_release
from linlian.node import source
from linlian.node.folder import NodeError
from tests.trials import engines
from tests.trials.flood import flood
from tests.trials.network import from_tree, wait_until
from tests.trials.people import new_key
from tests.trials.phases_crashes import go_on
from tests.trials.phases_members import decide
from tests.trials.trial import Phase, Trial

LEFT_BEHIND = "auditor"
UPGRADED = ("street", "property", "owners")
AHEAD = 12
"""Blocks between the vote and the height."""
RULE = ("community/council/rules.py", "PROPOSAL_MS = 14 * DAY_MS", "PROPOSAL_MS = 10 * DAY_MS")
OTHER_RULES = ("engine.other_rules", "node.other_rules")


def upgrade_engine(version: str, trial: Trial) -> str:
    """All together, from a stop: two lines of the engine never run one chain."""
    network = trial.network
    program = engines.find_or_build(version)
    assert program is not None, "it was looked for before"
    before = max(network.engine_height(code) for code in network.codes)
    network.stop()
    network.use_engine(program)
    trial.recovering()
    network.start()
    trial.until_well()
    after = network.engine_height("street")
    assert after > before, "the chain goes on"
    return f"stopped at the engine's block {before}, all started with {version}, block {after} a moment later"


def refuse_engine(trial: Trial) -> str:
    """A version that was withdrawn: the node does not start with it, and says which one it wants."""
    network, code = trial.network, "owners"
    good, withdrawn = network.engine, engines.find_or_build(engines.WITHDRAWN)
    assert withdrawn is not None, "it was looked for before"
    network.stop(code)
    network.engine = withdrawn
    network.write_settings(code)
    try:
        network.start(code)
    except NodeError as error:
        said = str(error.facts["reason"])
    else:
        raise AssertionError("it has started")
    finally:
        network.engine = good
        network.write_settings(code)
    assert "engine.wrong_version" in said, said
    trial.recovering()
    network.start(code)
    return f"not started: {said[:160]}"


def vote_new_rules(trial: Trial) -> str:
    """The organisations vote a release in; every node stops before its height, for none has it."""
    network, ledger = trial.network, trial.network.ledger("street")
    tree = network.root / "next-build"
    digest = write_build(tree)
    height = ledger.head.height + AHEAD
    try:
        release = current_release(ledger)
        command = ProposeRelease(number=release.number, source_hash=digest, at_height=height)
        final = decide(ledger, trial, command)
        assert final.outcome == "accepted", final.entries()
        assert final.height < height, "the vote came too late"
    finally:
        ledger.close()
    wait_until(lambda: not any(network.is_running(code) for code in trial.following), 60, "all stop before the height")
    last = {code: _last_height(network.said(code)) for code in trial.following}
    said = {code: network.said(code)[-300:] for code in trial.following}
    assert all(any(no in text for no in OTHER_RULES) for text in said.values()), said
    for code in UPGRADED:
        network.programs[code] = from_tree(tree)
    trial.following = [*UPGRADED]
    trial.load.spared.add(LEFT_BEHIND)
    trial.recovering()
    network.start(*UPGRADED)
    return (
        f"voted for height {height}; all four stopped before it (engine.other_rules, last seen at block"
        f" {max(last.values())}); three went on with the new build"
    )


def _last_height(said: str) -> int:
    return max((int(number) for number in re.findall(r"block (\d+) \(", said)), default=-1)


def write_build(tree: Path) -> bytes:
    """The next build: these sources with one rule changed. Its source hash."""
    package = Path(linlian.__file__).parent
    shutil.copytree(package, tree / "linlian", ignore=shutil.ignore_patterns("__pycache__", "tests", "static"))
    shutil.copytree(package / "web" / "static", tree / "linlian" / "web" / "static")
    path, old, new = RULE
    file = tree / "linlian" / path
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, "the rule is where it was"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return source.hash_files(tree / "linlian", source.consensus_files(tree / "linlian"))


def left_behind(trial: Trial) -> str:
    """Who has only the old build does not start, and says so; the others go on by the new rule."""
    network = trial.network
    try:
        network.start(LEFT_BEHIND)
    except NodeError as error:
        said = str(error.facts["reason"])
    else:
        wait_until(lambda: not network.is_running(LEFT_BEHIND), 30, "it stops again")
        said = network.said(LEFT_BEHIND).splitlines()[-1]
    assert any(no in said for no in OTHER_RULES), said
    days = days_of_a_proposal(trial)
    assert days == 10, days
    alive = go_on(trial, "street")
    trial.recovering()
    return f"not started: {said[:100]}…; the others went on ({alive:.1f} s), a proposal is open for {days} days now"


def days_of_a_proposal(trial: Trial) -> int:
    """The rule that the new build changed, seen from outside."""
    network, ledger = trial.network, trial.network.ledger("street")
    key = new_key().public_key
    kind = OrganisationKind.SERVICE_PROVIDER
    command = ProposeAdmission(suite="ed25519", public_key=key, kind=kind, code="roofers")
    try:
        (final,) = trial.load.book.hand_in(ledger, [network.community.sign("street", command)])
    finally:
        ledger.close()
    assert final is not None, "the proposal was not taken"
    until = next(fields["until"] for name, _, fields in final.entries() if name == "council.admission_proposed")
    return round((int(until) - final.time) / 86_400_000)


def catch_up_with_new_rules(trial: Trial) -> str:
    network = trial.network
    network.programs[LEFT_BEHIND] = network.programs["street"]
    trial.recovering()
    network.start(LEFT_BEHIND)
    trial.load.spared.discard(LEFT_BEHIND)
    trial.following = [*UPGRADED, LEFT_BEHIND]
    return "started with the new build, it took the blocks that it lacked"


def overload(trial: Trial) -> str:
    """As fast as the nodes take it, then twice that: what is too much is refused, and the rate holds."""
    with trial.load.resting():
        best = flood(trial, seconds=6.0, rate=None)
        twice = flood(trial, seconds=8.0, rate=2 * best.rate)
        trial.recovering()
    share = twice.rate / best.rate
    assert twice.busy > 0, "nobody said busy"
    return (
        f"best {best.rate:.0f} tx/s; offered {twice.offered / twice.seconds:.0f} tx/s, final {twice.rate:.0f} tx/s"
        f" ({100 * share:.0f} %), {twice.busy} × busy"
    )


def _needs(*versions: str) -> Callable[[], str]:
    return partial(engines.missing, *versions)


def to_engine(version: str) -> Phase:
    what = f"all are stopped and started with CometBFT {version}"
    return Phase(f"engine upgraded to {version}", what, partial(upgrade_engine, version), _needs(version))


WRONG_ENGINE = Phase(
    "engine v1.0.1 refused", "owners is started with the withdrawn version", refuse_engine, _needs(engines.WITHDRAWN)
)
OVERLOAD = Phase("overload", "offered twice what the network can do", overload)
RULES = (
    Phase("rules upgraded at a height", "a release is voted in that no node has; three get it", vote_new_rules),
    Phase("left behind without the release", "auditor is started with the old build", left_behind),
    Phase("release caught up", "auditor gets the new build too", catch_up_with_new_rules),
)
