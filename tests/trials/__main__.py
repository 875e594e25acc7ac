"""`make network-trial`: all phases, and a report. `ARGS="--only proposer"` for some, `--list` for their names."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from linlian.kernel.errors import LinlianError
from tests.trials.report import NAME, summary, write_report
from tests.trials.suites import ALL, Suite
from tests.trials.trial import Outcome, Phase


def main() -> int:
    """0 if no phase failed."""
    parser = argparse.ArgumentParser(prog="make network-trial", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="phases and suites whose names contain one of these")
    parser.add_argument("--list", action="store_true", help="say which phases there are")
    parser.add_argument("--report", type=Path, default=Path("build") / NAME, help="the folder of the report")
    options = parser.parse_args()
    chosen = [(suite, wanted) for suite in ALL if (wanted := _wanted(suite, options.only))]
    if options.list:
        for suite, phases in chosen:
            for phase in phases:
                print(f"{suite.name:8} {phase.name:34} {phase.what}")
        return 0
    outcomes: list[Outcome] = []
    for suite, phases in chosen:
        with tempfile.TemporaryDirectory(prefix="linlian-trial-", ignore_cleanup_errors=True) as folder:
            _run(suite, phases, Path(folder), outcomes, options.report)
    write_report(options.report, outcomes, complete=True)
    print(f"{summary(outcomes)} The report: {options.report / NAME}.md")
    return int(any(outcome.verdict.startswith("failed") for outcome in outcomes))


def _wanted(suite: Suite, words: list[str]) -> list[Phase]:
    if not words or suite.name in words:
        return list(suite.phases)
    return [phase for phase in suite.phases if any(word in phase.name for word in words)]


def _run(suite: Suite, phases: list[Phase], folder: Path, outcomes: list[Outcome], report: Path) -> None:
    """One network and its phases; what was seen is written down after each."""
    reason = suite.needs()
    if reason:
        outcomes += [Outcome(phase.name, phase.what, verdict=f"skipped: {reason}") for phase in phases]
        return
    try:
        with suite.running(folder) as trial:
            for phase in phases:
                outcome = trial.undergo(phase)
                outcomes.append(outcome)
                write_report(report, outcomes, complete=False)
                _tell(len(outcomes), outcome)
    except LinlianError as error:
        outcomes.append(Outcome(suite.name, "its four nodes are started", verdict=f"failed: {error}"))
        _tell(len(outcomes), outcomes[-1])


def _tell(number: int, outcome: Outcome) -> None:
    print(
        f"{number:3} {outcome.name:34} {outcome.acknowledged:5} acknowledged {outcome.lost} lost"
        f" {outcome.recovery_s:5.1f} s  {outcome.verdict}",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
