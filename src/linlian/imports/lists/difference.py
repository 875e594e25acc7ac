"""What a list would change, or has changed: each row new, changed, unchanged, conflicting or rejected."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from linlian.imports.lists.records import Rejected, Survey, Where
from linlian.kernel.errors import LinlianError


class Result(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CONFLICTING = "conflicting"
    REJECTED = "rejected"


class Finding(NamedTuple):
    """`what` names the columns that changed; `problem` says why a row stays out; `amount_minor` is what a new row
    of money comes to."""

    result: Result
    where: Where
    what: tuple[str, ...] = ()
    problem: LinlianError | None = None
    amount_minor: int = 0


@dataclass
class Difference:
    """One comparison, or one import. `made` counts what was registered besides: buildings, floors, rolls.

    `forgotten` counts sealed names and documents of the ledger that were neither remembered nor looked into: what they
    name counts as new here.
    """

    findings: list[Finding] = field(default_factory=list)
    passed_over: int = 0
    made: Counter[str] = field(default_factory=Counter)
    rolls: list[bytes] = field(default_factory=list)
    letters: list[tuple[str, str, bytes, bytes]] = field(default_factory=list)
    """Door, name and account of whom a letter is to be written, and the secret of the one-time key, or its public
    half where the secret is elsewhere."""
    seconds: float = 0.0
    forgotten: int = 0
    commands: int = 0
    """How many commands a sheet of money takes."""
    currency: str = ""

    @staticmethod
    def of(survey: Survey[Any]) -> Difference:
        """What a list alone says."""
        found = Difference(passed_over=survey.passed_over)
        found.add_all(Result.REJECTED, survey.rejected)
        found.add_all(Result.CONFLICTING, survey.conflicting)
        return found

    def add_all(self, result: Result, rejected: list[Rejected]) -> None:
        self.findings += [Finding(result, where, problem=problem) for where, problem in rejected]

    def add(
        self, result: Result, where: Where, what: tuple[str, ...] = (), problem: LinlianError | None = None
    ) -> None:
        self.findings.append(Finding(result, where, what, problem))

    def counts(self) -> dict[str, int]:
        counted = Counter(finding.result for finding in self.findings)
        return {str(result): counted[result] for result in Result}

    def sums(self) -> list[int]:
        """What each new row of money comes to."""
        return [finding.amount_minor for finding in self.findings if finding.amount_minor and not finding.problem]

    @property
    def is_clean(self) -> bool:
        """Whether every row is on the ledger as the list has it, or would be."""
        return not any(finding.problem for finding in self.findings)

    def in_order(self) -> list[Finding]:
        """By sheet and line."""
        return sorted(self.findings, key=lambda finding: finding.where)

    def as_plain(self) -> dict[str, Any]:
        """For programs: counts, and every row but the unchanged."""
        told = [_plain(finding) for finding in self.in_order() if finding.result is not Result.UNCHANGED]
        return {
            "counts": self.counts(),
            "passed_over": self.passed_over,
            "forgotten": self.forgotten,
            "made": dict(self.made),
            "rolls": list(self.rolls),
            "rows": told,
            "milliseconds": int(self.seconds * 1000),
        }


def _plain(finding: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {"result": str(finding.result), "sheet": finding.where.sheet, "line": finding.where.line}
    if finding.what:
        told["changed"] = list(finding.what)
    if finding.problem is not None:
        told |= {"code": finding.problem.code, "facts": dict(finding.problem.facts)}
    return told
