"""Whether the node lives and whether it can serve, for whoever keeps it running.

    GET /healthz   200 as long as the process answers: if it does not, start it again
    GET /readyz    200, or 503 with reasons: send people elsewhere until it is
    GET /metrics   figures, for whoever asks from this machine or its own network, and not through a proxy

Rules
- A reason is a code with its sentence; nothing of the community's is told, and nothing costs more than a look.
- Ready means: the ledger takes transactions, and the rows are no more than `BEHIND_BLOCKS_MAX` blocks behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from linlian.kernel.errors import LinlianError
from linlian.web.call import Call
from linlian.web.errors import WebError
from linlian.web.metrics import CONTENT_TYPE
from linlian.web.operation import JSON, Answer, Operation
from linlian.web.shapes import BOTH, TEXT, list_of, object_of
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


async def healthz(call: Call) -> Response:
    """That it lives."""
    return call.json({"alive": True})


async def readyz(call: Call) -> Response:
    """Whether it can serve, and if not, why."""
    reasons = await call.run(call.house.reasons_against)
    return call.json(readiness(reasons, call.desk.words), 503 if reasons else 200)


async def metrics(call: Call) -> Response:
    """The figures."""
    if not is_near(call.request):
        raise WebError("web.no_such_route", path=call.request.url.path)
    return Response(await call.run(call.house.figures.text), media_type=CONTENT_TYPE)


def is_near(request: Request) -> bool:
    """Whether it was asked from a machine of one's own, directly."""
    through = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    try:
        return not through and request.client is not None and ip_address(request.client.host).is_private
    except ValueError:
        return False


REASON = object_of(code=TEXT, sentences=BOTH)
READINESS = object_of(ready={"type": "boolean"}, reasons=list_of(REASON))

OPERATIONS = (
    Operation(
        "healthz",
        "GET",
        "/healthz",
        healthz,
        "node",
        (Answer(200, JSON, object_of(alive={"type": "boolean"})),),
        signed=False,
    ),
    Operation(
        "readyz",
        "GET",
        "/readyz",
        readyz,
        "node",
        (Answer(200, JSON, READINESS), Answer(503, JSON, READINESS)),
        signed=False,
    ),
    Operation(
        "metrics",
        "GET",
        "/metrics",
        metrics,
        "node",
        (Answer(200, CONTENT_TYPE),),
        problems=("web.no_such_route",),
        signed=False,
    ),
)
