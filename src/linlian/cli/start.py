"""The first thing that runs when `linlian` is typed, and the last.

Loading the rules takes a moment. Until that is done nothing has begun, and when the call is over nothing is left to do:
then Ctrl-C just ends the process, without a word. In between `main` sees to it that what was begun is finished or
leaves no trace.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Load, run one call, and leave with its exit code."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from linlian.cli import main as line  # noqa: PLC0415 – loading is what may be interrupted here

    line.load_words()
    signal.signal(signal.SIGINT, before)
    code = line.run(sys.argv[1:], dict(os.environ))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(code)


if __name__ == "__main__":
    main()
