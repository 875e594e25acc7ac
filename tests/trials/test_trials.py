"""The short run of `make network-trial`: a handful of phases. How fast a node comes back depends on a busy machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cometbft.network import binary
from tests.trials.report import NAME, write_report
from tests.trials.suites import ALL, SHORT

PHASES_MIN = 31
PATIENCE_S = 60.0


@pytest.mark.timeout(300)
def test_nothing_is_lost_whatever_happens_to_one_of_four(tmp_path: Path) -> None:
    binary()
    with SHORT.running(tmp_path, limit_s=PATIENCE_S) as trial:
        outcomes = [trial.undergo(phase) for phase in SHORT.phases]
    write_report(tmp_path, outcomes, complete=True)
    assert all(outcome.verdict == "passed" for outcome in outcomes), (tmp_path / f"{NAME}.md").read_text()
    assert all(outcome.acknowledged > 0 and outcome.lost == 0 and outcome.roots_equal for outcome in outcomes)


def test_each_phase_is_told_from_the_others() -> None:
    for suite in ALL:
        names = [phase.name for phase in suite.phases]
        assert len(set(names)) == len(names), suite.name
    assert sum(len(suite.phases) for suite in ALL) >= PHASES_MIN
