"""What a run of the trials saw: a table to be read, and the same for programs.

network-trial.md      network-trial.json
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import describe
from tests.trials.trial import LIMIT_S, Outcome

NAME = "network-trial"
HOW = (
    "After each phase every node was asked for every transaction that had been acknowledged since the last, and for"
    " those denied and undecided; the last headers were compared, which commit to all before them and to the state;"
    f" and a report handed in at each node had to be final everywhere within {LIMIT_S:.0f} s (within a minute where a"
    " node comes late, or fetches and executes every block of the chain again)."
)


def write_report(folder: Path, outcomes: Sequence[Outcome], complete: bool) -> None:
    """Both files, over those of the last time."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe(),
        "complete": complete,
        "limit_s": LIMIT_S,
        "phases": [asdict(outcome) for outcome in outcomes],
    }
    (folder / f"{NAME}.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / f"{NAME}.md").write_text(_markdown(outcomes, complete), encoding="utf-8")


def _markdown(outcomes: Sequence[Outcome], complete: bool) -> str:
    unfinished = "" if complete else " The run is not complete."
    lines = [
        "# Live trials of a network of four nodes",
        "",
        f"{summary(outcomes)}{unfinished} {describe()}, {datetime.now(UTC):%Y-%m-%d}.",
        "",
        HOW,
        "",
        "| | phase | what was done | acknowledged | lost | roots equal | recovery s | verdict |",
        "|---:|---|---|---:|---:|---|---:|---|",
    ]
    for number, each in enumerate(outcomes, 1):
        recovery = f"{each.recovery_s:.1f}" if each.recovery_s >= 0 else "–"
        equal = "yes" if each.roots_equal else "–"
        lines.append(
            f"| {number} | {each.name} | {_cell(each.what)} | {each.acknowledged} | {each.lost} | {equal} | {recovery}"
            f" | {_cell(each.verdict)} |"
        )
    lines += ["", "## What was seen", ""]
    for number, each in enumerate(outcomes, 1):
        codes = ", ".join(f"{count} × {code}" for code, count in sorted(each.codes.items()))
        lines.append(f"{number}. **{each.name}**: {each.seen or '–'}. Answers: {codes or 'none'}.")
    return "\n".join(lines) + "\n"


def summary(outcomes: Sequence[Outcome]) -> str:
    """One sentence."""
    passed = sum(each.verdict == "passed" for each in outcomes)
    skipped = sum(each.verdict.startswith("skipped") for each in outcomes)
    acknowledged, lost = sum(each.acknowledged for each in outcomes), sum(each.lost for each in outcomes)
    slowest = max((each.recovery_s for each in outcomes), default=0.0)
    failed = len(outcomes) - passed - skipped
    return (
        f"{len(outcomes)} phases: {passed} passed, {failed} failed, {skipped} skipped; {acknowledged} transactions"
        f" acknowledged, {lost} lost; slowest recovery {slowest:.1f} s."
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
