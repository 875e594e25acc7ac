"""Grants that others published as 360Giving, brought in, and given away again.

    work = GrantWork(Path("grants.json"), target)
    work.rehearse().awarded                      # {"GBP": 2175779327}
    work.bring_in(Importer(account, key)).imported

The life of a grant: `packages` reads and judges the file by the types of `standard`, `running` seals, signs and hands
in what is not on the ledger yet, `giving` opens it again for others.
"""

from __future__ import annotations

import time as system_time
from dataclasses import dataclass
from pathlib import Path

from linlian.imports.grants.giving import Given, Unnamed, give_grants
from linlian.imports.grants.packages import read_package
from linlian.imports.grants.running import GrantReport, GrantRun
from linlian.imports.requests import Target, quietly
from linlian.imports.signing import Importer
from linlian.imports.survey import Progress


@dataclass(frozen=True)
class GrantWork:
    """One file of grants and the ledger that it is for."""

    path: Path
    target: Target
    encoding: str = ""

    def rehearse(self) -> GrantReport:
        """Say what an import would do, and write nothing. Raises ImportFailed."""
        started = system_time.monotonic()
        run = self._opened()
        run.report.imported = len(run.compare())
        run.report.seconds = system_time.monotonic() - started
        return run.report

    def bring_in(self, importer: Importer, leave_out: bool = False, progress: Progress = quietly) -> GrantReport:
        """Do it; with a grant that is wrong nothing, unless it is `leave_out`. Raises ImportFailed.

        The importer is a clerk. The same again brings in nothing twice: it goes on where it stopped.
        """
        return self._opened().carry_out(importer, leave_out, progress)

    def _opened(self) -> GrantRun:
        clock = self.target.ledger.clock()
        return GrantRun(read_package(self.path, clock, self.encoding), self.target)


__all__ = ["Given", "GrantReport", "GrantWork", "Unnamed", "give_grants"]
