"""Which phases follow one another on which network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from linlian.engine.cometbft.process import find_binary
from tests.trials import engines
from tests.trials.namespaces import Namespaces, may_be_made
from tests.trials.network import TrialNetwork
from tests.trials.phases_crashes import CALM, CRASHES, ONE_EACH, QUORUM_LOST, lose_quorum
from tests.trials.phases_cuts import CUTS, cut_off_one, flap, split_in_two
from tests.trials.phases_damage import AUDIT, DAMAGE
from tests.trials.phases_dishonest import ALTERED, CLOCKS, PROPOSERS, TWICE
from tests.trials.phases_members import MEMBERS
from tests.trials.phases_upgrades import OVERLOAD, RULES, WRONG_ENGINE, to_engine
from tests.trials.trial import LIMIT_S, Phase, Trial

SNAPSHOT_EVERY = 50
PINNED = "v0.39.4"


def usual_engine() -> Path | None:
    return find_binary()


@dataclass(frozen=True)
class Suite:
    """A network of its own, and what happens to it. `engine` finds its program."""

    name: str
    phases: tuple[Phase, ...]
    engine: Callable[[], Path | None] = usual_engine
    in_namespaces: bool = False
    needs: Callable[[], str] = lambda: ""

    @contextmanager
    def running(self, root: Path, limit_s: float = LIMIT_S) -> Iterator[Trial]:
        """Four nodes at work under load. Raises LinlianError where they do not start."""
        program = self.engine()
        assert program is not None, "it was looked for before"
        network = TrialNetwork(
            root / self.name, self.name, program, snapshot_every=SNAPSHOT_EVERY, relayed=not self.in_namespaces
        )
        cables = Namespaces(network) if self.in_namespaces else None
        try:
            network.start()
            trial = Trial(network, limit_s)
            trial.begin()
            try:
                yield trial
            finally:
                trial.end()
        finally:
            network.close()
            if cables is not None:
                cables.close()


def _in_namespaces(phase: Phase, run: Callable[[Trial], str]) -> Phase:
    return replace(phase, name=f"{phase.name} (namespaces)", run=run)


def _on(engine: str, *phases: Phase) -> tuple[Phase, ...]:
    return tuple(replace(phase, name=f"{phase.name} ({engine})") for phase in phases)


OLD, NEW = engines.OTHERS
RESTART_ALL = next(phase for phase in CRASHES if phase.name == "restart of all")
ALL = (
    Suite(
        "trial",
        (
            *CRASHES,
            *CUTS,
            *CLOCKS,
            *TWICE,
            *PROPOSERS,
            *ALTERED,
            *DAMAGE,
            OVERLOAD,
            WRONG_ENGINE,
            *MEMBERS,
            *RULES,
            AUDIT,
        ),
    ),
    Suite(
        "cables",
        (
            _in_namespaces(CUTS[0], cut_off_one),
            _in_namespaces(CUTS[2], split_in_two),
            _in_namespaces(CUTS[4], flap),
            _in_namespaces(QUORUM_LOST, lose_quorum),
        ),
        in_namespaces=True,
        needs=may_be_made,
    ),
    Suite(
        "older",
        (
            *_on(OLD, CALM, ONE_EACH[0], RESTART_ALL, *ALTERED),
            to_engine(PINNED),
            to_engine(NEW),
            *_on(NEW, ONE_EACH[1], AUDIT),
        ),
        engine=lambda: engines.find_or_build(OLD),
        needs=lambda: engines.missing(OLD),
    ),
    Suite(
        "newer",
        _on(NEW, CALM, ONE_EACH[2], RESTART_ALL, *ALTERED),
        engine=lambda: engines.find_or_build(NEW),
        needs=lambda: engines.missing(NEW),
    ),
)
SHORT = Suite("short", (CALM, ONE_EACH[0], ONE_EACH[9], PROPOSERS[1]))
"""A handful for `make test`: work, a node killed, an engine killed, a proposer that lies."""
