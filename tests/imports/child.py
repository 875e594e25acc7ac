"""An import in a process of its own, to be killed: `python -m tests.imports.child FOLDER FILE`, of requests or grants.

Says on its output how many records have their answer, a line for each round of a hundred.
"""

from __future__ import annotations

import sys
from pathlib import Path

from linlian.imports import GrantWork, Source, import_requests, running
from linlian.imports.grants import running as granting
from tests.imports.community import HARMONY, open_community
from tests.imports.generated import MAPPING


def main() -> None:
    folder, file = map(Path, sys.argv[1:])
    running.ROUND_RECORDS = granting.ROUND_GRANTS = 100

    def tell(done: int, _of: int) -> None:
        print(done, flush=True)

    with open_community(folder) as community:
        print(0, flush=True)
        if file.suffix == ".json":
            GrantWork(file, community.target).bring_in(HARMONY, progress=tell)
        else:
            import_requests(Source(file, MAPPING), community.target, HARMONY, importing=tell)


if __name__ == "__main__":
    main()
