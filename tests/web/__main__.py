"""`make api-trial`: the API under schemathesis for as long as it takes, another way each time.

make api-trial                         some thousand requests, as an outsider and as a desk
make api-trial ARGS="--examples 50"    more of them
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import found_whole_scene
from tests.web.community import open_community
from tests.web.stranger import asked_by_a_stranger


def main() -> None:
    """Run as each, print what was said, and fail as it does."""
    parser = argparse.ArgumentParser(prog="make api-trial", description=__doc__)
    parser.add_argument("--examples", type=int, default=10, help="requests for each operation, besides the edge cases")
    examples = parser.parse_args().examples
    scene = found_whole_scene()
    for state in State:
        scene.in_state(state)
    worst = 0
    with TemporaryDirectory() as folder, open_community(Path(folder), scene) as community:
        for name in ("", "desk"):
            code, said = asked_by_a_stranger(community, Path(folder), name, examples, "--phases", "coverage,fuzzing")
            print(said)
            worst = max(worst, code)
    sys.exit(worst)


if __name__ == "__main__":
    main()
