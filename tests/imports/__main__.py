"""`make import-trial`: the published sets into a ledger, with figures."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.imports.counted import BOSTON, NEW_YORK
from tests.imports.data import SHARED
from tests.imports.trial import run


def main() -> None:
    """Read where the data is, and try."""
    parser = argparse.ArgumentParser(prog="make import-trial", description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED, help="where service-requests/ is")
    trial(parser.parse_args().data)


def trial(data: Path) -> None:
    """Import each set and say what was seen. Raises AssertionError if anything is not as it is in the file."""
    for told in (BOSTON, NEW_YORK):
        print(f"\n{told.name}")
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder), told, data / told.path, lambda name, text: print(f"  {name:<26}{text}"))


if __name__ == "__main__":
    main()
