"""What anybody may know of the node: which chain, where its head stands, what time it is, which rules hold."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from linlian.kernel.operator import current_operator
from linlian.kernel.release import KEY as RELEASE_KEY
from linlian.kernel.release import RELEASES
from linlian.web.call import Call
from linlian.web.operation import JSON, LATER, Answer, Operation
from linlian.web.shapes import COUNT, HEX, HEX32, TEXT, TIME, object_of


async def info(call: Call) -> Response:
    """The node's facts; clients take the time from here."""
    return call.json(await call.run(_facts, call))


def _facts(call: Call) -> dict[str, Any]:
    ledger = call.house.ledger
    head, release, operator = ledger.head, RELEASES.get(ledger, RELEASE_KEY), current_operator(ledger)
    return {
        "chain": ledger.chain,
        "height": head.height,
        "head": head.leaf(),
        "head_time": head.time,
        "time": ledger.clock(),
        "engine": "embedded" if call.house.standing() is None else "cometbft",
        "release": release.number if release else 0,
        "release_hash": release.source_hash if release else b"",
        "operator_key": operator.public_key if operator else b"",
    }


OPERATIONS = (
    Operation(
        "node_info",
        "GET",
        "/api/v1/node",
        info,
        "node",
        (
            Answer(
                200,
                JSON,
                object_of(
                    chain=TEXT,
                    height=COUNT,
                    head=HEX32,
                    head_time=TIME,
                    time=TIME,
                    engine=TEXT,
                    release=COUNT,
                    release_hash=HEX,
                    operator_key=HEX,
                ),
            ),
        ),
        problems=LATER,
        signed=False,
    ),
)
