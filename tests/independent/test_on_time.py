"""The figures of the demo's year, its festivals and pauses, as a script that knows nothing of Linlian counts them."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("on_time.py")
LINLIAN = (sys.executable, "-m", "linlian.cli.main")
STEPS = "SELECT time, type, fields FROM ledger_entry WHERE type LIKE 'repairs.%' ORDER BY height, receipt, event"


def run(folder: Path, *typed: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINLIAN_")}
    there = kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(typed, cwd=folder, env=there, capture_output=True, text=True, check=True).stdout


def test_the_demos_year_is_counted_alike_from_its_export(tmp_path: Path) -> None:
    run(tmp_path, *LINLIAN, "demo", "--tell", "--houses", "3")
    run(tmp_path, *LINLIAN, "export", "--sql", STEPS, "--out", "steps.csv")
    theirs = csv.reader(io.StringIO(run(tmp_path, sys.executable, "-I", str(SCRIPT), "steps.csv")))
    counted = {(int(month), measure, value): int(amount) for month, measure, value, amount in theirs}
    ours = csv.DictReader(io.StringIO(run(tmp_path, *LINLIAN, "export", "repairs.monthly")))
    told = {(int(row["month"]), row["measure"], row["value"]): int(row["amount"]) for row in ours}
    assert counted == told
    assert sum(amount for (_, measure, _), amount in counted.items() if measure == "done") > 250
    assert {value for (_, measure, value) in counted if measure == "done"} == {"on_time", "overdue"}
    measures = {"reported", "repeated", "done", "unpaused", "disputed", "closed", "caused"}
    assert {measure for _, measure, _ in counted} == measures
