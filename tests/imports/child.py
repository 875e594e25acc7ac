"""An import in a process of its own, to be killed: `python -m tests.imports.child FOLDER FILE`.

Says on its output how many records have their answer, a line for each round of a hundred.
"""

from __future__ import annotations

import sys
from pathlib import Path

from linlian.imports import Source, import_requests, running
from tests.imports.community import HARMONY, open_community
from tests.imports.generated import MAPPING


def main() -> None:
    folder, file = map(Path, sys.argv[1:])
    running.ROUND_RECORDS = 100
    with open_community(folder) as community:
        print(0, flush=True)
        import_requests(
            Source(file, MAPPING), community.target, HARMONY, importing=lambda done, _: print(done, flush=True)
        )


if __name__ == "__main__":
    main()
