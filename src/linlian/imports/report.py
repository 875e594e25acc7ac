"""What is said about an import, and the rows that stayed out, as a file beside the source.

The rejected file has the line, the code and facts, and then the source's own columns: mend it and import it, with the
same mapping, and just those rows go in.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linlian.imports.problems import ImportFailed, RowRejected
from linlian.imports.reading import Row
from linlian.imports.records import OURS
from linlian.imports.running import Outcome
from linlian.imports.survey import Survey


@dataclass(frozen=True, slots=True)
class Report:
    """One import, or the rehearsal of one. `rejected` are rows and why, in the order of the file."""

    rows: int
    records: int
    states: Counter[str]
    categories: Counter[str]
    timeliness: Counter[str]
    imported: int
    already_there: int
    places: int
    rejected: list[tuple[Row, RowRejected]]
    rejected_file: Path | None
    seconds: float

    def reasons(self) -> Counter[str]:
        """How often each code."""
        return Counter(problem.code for _, problem in self.rejected)

    def as_plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "rows": self.rows,
            "records": self.records,
            "states": dict(self.states.most_common()),
            "categories": dict(self.categories.most_common()),
            "timeliness": dict(self.timeliness.most_common()),
            "imported": self.imported,
            "already_there": self.already_there,
            "places": self.places,
            "rejected": [{"line": row.line, "code": why.code, "facts": why.facts} for row, why in self.rejected],
            "rejected_file": str(self.rejected_file or ""),
            "milliseconds": int(self.seconds * 1000),
        }


def report(survey: Survey, outcome: Outcome, rejected_file: Path | None) -> Report:
    """Put together what the survey found and what became of it."""
    rejected = sorted(survey.rejected + outcome.refused, key=lambda entry: entry[0].line)
    counts = survey.counts
    return Report(
        rows=survey.rows,
        records=len(survey),
        states=counts.states,
        categories=counts.categories,
        timeliness=counts.timeliness,
        imported=outcome.imported,
        already_there=outcome.already_there,
        places=outcome.places,
        rejected=rejected,
        rejected_file=rejected_file if rejected else None,
        seconds=outcome.seconds,
    )


def rejected_path(source: Path) -> Path:
    """`cases.csv.gz` → `cases.rejected.csv` beside it, or here if nothing can be written there."""
    name = source.name.removesuffix(".gz")
    stem = name[: -len(Path(name).suffix)] if Path(name).suffix else name
    folder = source.parent if os.access(source.parent, os.W_OK) else Path()
    return folder / f"{stem}.rejected.csv"


def write_rejected(path: Path, rejected: Sequence[tuple[Row, RowRejected]]) -> None:
    """Write the rows that stayed out, each with why. Raises ImportFailed (`import.report_unwritable`)."""
    columns = [name for name in dict.fromkeys(name for row, _ in rejected for name in row.values) if name not in OURS]
    try:
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            table = csv.writer(file)
            table.writerow((*OURS, *columns))
            for row, why in rejected:
                table.writerow((row.line, str(why), *(row.values.get(name, "") for name in columns)))
    except OSError as error:
        raise ImportFailed("import.report_unwritable", path=str(path), reason=error.strerror or "") from error
