"""Whether the node lives and whether it can serve, for whoever keeps it running.

    GET /healthz   200 as long as the process answers: if it does not, start it again
    GET /readyz    200, or 503 with reasons: send people elsewhere until it is

Rules
- A reason is a code with its sentence; nothing of the community's is told, and nothing costs more than a look.
- Ready means: the ledger takes transactions, and the rows are no more than `BEHIND_BLOCKS_MAX` blocks behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linlian.kernel.errors import LinlianError
from linlian.words import LANGUAGES, Words

BEHIND_BLOCKS_MAX = 1_000


def reasons_against(check: Callable[[], None], height: int, reached: int) -> list[LinlianError]:
    """Why the node is not ready; empty if it is. `check` raises what has stopped the ledger or the rows."""
    found: list[LinlianError] = []
    try:
        check()
    except LinlianError as error:
        found.append(error)
    if height - reached > BEHIND_BLOCKS_MAX:
        found.append(LinlianError("readmodel.behind", height=height, reached=reached))
    return found


def readiness(reasons: list[LinlianError], words: Words) -> dict[str, Any]:
    """What `/readyz` says."""
    told = [
        {"code": error.code, "sentences": {each: words.tongue(each).error(error) for each in LANGUAGES}}
        for error in reasons
    ]
    return {"ready": not reasons, "reasons": told}
