"""`make bench`: every figure that the ledger promises, as one table, with the machine named.

make bench                        all of it, about a quarter of an hour
make bench ARGS=--quick           a tenth of the sizes
make bench ARGS="--only proofs"   one part
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from bench import abci, api, funds, grants, large, ledger, machine, pages, proofs, readmodel, several
from bench.report import Row, show
from tests.imports.__main__ import trial
from tests.imports.data import SHARED

SIZES = (0, 100_000, 1_000_000)


def main() -> None:
    """Run the parts and print their tables."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    parser.add_argument(
        "--only",
        choices=(
            *("throughput", "lone", "proofs", "api", "pages", "funds", "large", "readmodel", "several", "grants"),
            "import",
        ),
        help="one part",
    )
    options = parser.parse_args()
    shrink = 10 if options.quick else 1
    print(f"machine: {machine.describe()}")
    limit = machine.verifications_a_second()
    print(f"one core checks {limit:,.0f} Ed25519 signatures a second\n")
    parts: dict[str, Callable[[], list[Row]]] = {
        "throughput": lambda: _throughput(shrink, limit),
        "lone": ledger.lone,
        "proofs": lambda: proofs.proofs(100_000 // shrink, 4_000),
        "api": lambda: api.api(5_000 // shrink, 20_000 // shrink, 5_000 // shrink),
        "pages": pages.pages,
        "funds": lambda: funds.funds(100_000 // shrink),
        "large": lambda: [*large.large(1_000_000 // shrink), *large.large(1_000, 1_000_000 // shrink)],
        "several": lambda: [*abci.abci_layer(300_000 // shrink), *several.several(100_000 // shrink, 48_000 // shrink)],
        "readmodel": lambda: readmodel.readmodel(100_000 // shrink, 10_000 // shrink),
        "grants": lambda: grants.grants(20_000 // shrink),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            print(f"measuring: {name}", file=sys.stderr)
            show(name, part())
    if options.only in (None, "import"):
        print("measuring: import", file=sys.stderr)
        _import()


def _import() -> None:
    """Rows a second of the published service requests, where they stand beside the project."""
    if SHARED.is_dir():
        trial(SHARED)
    else:
        print(f"import: not measured, {SHARED} is not on this machine")


def _throughput(shrink: int, limit: float) -> list[Row]:
    rows = []
    for keys in SIZES:
        rows += ledger.by_phase(keys // shrink, 20_000)
        rows += ledger.end_to_end(keys // shrink, 30_000, limit)
    return rows


if __name__ == "__main__":
    main()
