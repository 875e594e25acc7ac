"""`make simulate`: many seeds, or one of them with its trace."""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import nullcontext

from tests.simulation.planted import BUGS
from tests.simulation.run import Failed, run
from tests.simulation.seeds import ANOTHER_TRACE, HASH_SEEDS, Campaign, campaign, work


def main() -> int:
    """0 if no seed failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--trace", action="store_true", help="with what happens, line by line")
    parser.add_argument("--plant", choices=sorted(BUGS), metavar="BUG", help=f"with one of {', '.join(sorted(BUGS))}")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    if options.seed is not None:
        return _one(options.seed, options.trace, options.plant)
    if options.worker is not None:
        work(seeds, options.worker, options.processes, options.plant)
        return 0
    return _many(seeds, options.processes, options.plant)


def _one(seed: int, trace: bool, plant: str | None) -> int:
    with BUGS[plant].patch() if plant else nullcontext():
        try:
            print(run(seed, print if trace else None))
        except Failed as failed:
            print(failed, file=sys.stderr)
            return 1
    return 0


def _many(seeds: range, processes: int, plant: str | None) -> int:
    started = time.monotonic()

    def tell(sofar: Campaign, failure: str | None) -> None:
        done = sofar.ran + len(sofar.failures)
        if failure is not None:
            print(f"\r{failure}\n    {replay_command(failure, plant)}", file=sys.stderr)
        if done % 50 == 0:
            print(f"\r{done}/{len(seeds)} seeds, {len(sofar.failures)} failed", end="", file=sys.stderr)

    found = campaign(seeds, processes, plant, tell)
    seconds = time.monotonic() - started
    print(
        f"\r{found.ran} seeds of {len(seeds)}, {len(found.failures)} failed, {found.shared} twice alike; "
        f"{found.heights} blocks of the engine, {found.transactions} transactions, {found.timers} timers, "
        f"{found.stops} stops; {found.ran / seconds:.1f} seeds a second"
    )
    return 1 if found.failures else 0


def replay_command(failure: str, plant: str | None = None) -> str:
    """How to see a failing seed again, alone; if two processes differ, in both."""
    seed = failure.split(":")[0].split(",")[0].removeprefix("seed ")
    command = f".venv/bin/python -m tests.simulation --seed {seed} --trace" + (f" --plant {plant}" if plant else "")
    if not failure.endswith(ANOTHER_TRACE):
        return command
    return "diff " + " ".join(f"<(PYTHONHASHSEED={hash_seed} {command})" for hash_seed in HASH_SEEDS[:2])


if __name__ == "__main__":
    sys.exit(main())
