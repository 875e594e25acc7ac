"""`make crash`: the long run."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.crash.trial import Trial


def main() -> None:
    """Kill the node at many random moments and say what was seen. Exit code 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--moments", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder) / "ledger", options.seed)

        def progress(death: int) -> None:
            if death % 25 == 0 or death == options.moments:
                print(f"\r{death}/{options.moments} deaths, {trial.acknowledged} acknowledged", end="", file=sys.stderr)

        trial.run(options.moments, 100, progress)
        slowest = max(trial.restarts_s)
        size_mb = (Path(folder) / "ledger" / "ledger.sqlite").stat().st_size / 1e6
    print(
        f"\n{trial.deaths} deaths, {trial.acknowledged} transactions acknowledged, none lost; "
        f"height {trial.height}, {size_mb:.0f} MB; slowest restart {slowest:.2f} s"
    )


if __name__ == "__main__":
    main()
