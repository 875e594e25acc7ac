"""Many seeds, by several processes, each with a hash seed of its own.

Rules
- A seed is run by one process, but one in `SHARED` by all of them, and its traces must have the same hash: what hangs
  on the order of a set of texts, or on an address in memory, differs there if it differs anywhere.
- A worker says one line for each seed. One that dies is a failure of the seed it was at.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from tests.simulation.planted import BUGS
from tests.simulation.run import Failed, Outcome, run

ROOT: Final = Path(__file__).parents[2]
SHARED: Final = 17
"""Prime, so that every sort of seed is among them."""
ANOTHER_TRACE: Final = "another trace in another process"
HASH_SEEDS: Final = ("0", "1", "2026", "77", "12345", "5", "6", "7")


@dataclass
class Campaign:
    """What was seen: failures by seed, and sums over the others."""

    ran: int = 0
    shared: int = 0
    failures: dict[int, str] = field(default_factory=dict)
    heights: int = 0
    transactions: int = 0
    timers: int = 0
    stops: int = 0
    _digests: dict[int, str] = field(default_factory=dict)

    def take(self, told: dict[str, Any]) -> str | None:
        """One line of a worker; the failure, if it is a new one."""
        seed = int(told["seed"])
        if "why" in told:
            new = seed not in self.failures
            self.failures.setdefault(seed, str(told["why"]))
            return self.failures[seed] if new else None
        outcome = Outcome(**told)
        if seed in self._digests:
            self.shared += 1
            if self._digests[seed] != outcome.digest:
                self.failures[seed] = f"seed {seed}: {ANOTHER_TRACE}"
                return self.failures[seed]
            return None
        self._digests[seed] = outcome.digest
        self.ran += 1
        self.heights += outcome.heights
        self.transactions += outcome.transactions
        self.timers += outcome.timers
        self.stops += outcome.stops
        return None


def campaign(
    seeds: range, processes: int, plant: str | None = None, tell: Callable[[Campaign, str | None], None] | None = None
) -> Campaign:
    """Run all of these seeds; `tell` hears of each line that comes in, and of each failure."""
    found, lines = Campaign(), SimpleQueue[dict[str, Any] | None]()
    with ThreadPoolExecutor(processes) as pool:
        for place in range(processes):
            pool.submit(_listen, seeds, place, processes, plant, lines)
        working = processes
        while working:
            told = lines.get()
            if told is None:
                working -= 1
                continue
            failure = found.take(told)
            if tell is not None:
                tell(found, failure)
    return found


def _listen(seeds: range, place: int, of: int, plant: str | None, lines: SimpleQueue[dict[str, Any] | None]) -> None:
    """Start a worker and pass on what it says."""
    command = [sys.executable, "-m", "tests.simulation", "--worker", str(place), "--processes", str(of)]
    command += ["--first", str(seeds.start), "--seeds", str(len(seeds))] + (["--plant", plant] if plant else [])
    environment = {
        **os.environ,
        "PYTHONHASHSEED": HASH_SEEDS[place % len(HASH_SEEDS)],
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    mine = iter([*share(seeds, place, of), None])
    try:
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            for line in worker.stdout:
                lines.put(json.loads(line))
                next(mine)
        at = next(mine)
        if at is not None:
            lines.put({"seed": at, "why": f"seed {at}: the process died"})
    finally:
        lines.put(None)


def share(seeds: range, place: int, of: int) -> Iterator[int]:
    """The seeds of one of several workers."""
    return (seed for seed in seeds if seed % SHARED == 0 or seed % of == place)


def work(seeds: range, place: int, of: int, plant: str | None) -> None:
    """What a worker does."""
    with BUGS[plant].patch() if plant else nullcontext():
        for seed in share(seeds, place, of):
            try:
                told: dict[str, Any] = asdict(run(seed))
            except Failed as failed:
                told = {"seed": seed, "why": str(failed)}
            print(json.dumps(told), flush=True)
