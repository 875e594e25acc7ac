"""What the engine's `abci_query` answers: two roots, with proofs that the stock light client checks by itself.

    /store/linlian/key   data `log`: root of the log over headers 0…h       data `state`: state root at h

An answer is of the height whose app hash the engine's own chain has signed already, so that a light client who asks
for the next header finds it. Everything else is asked at the node's own address, with proofs of our own from there on.
"""

from __future__ import annotations

from typing import Any, Final

from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.messages import message
from linlian.kernel.apphash import LOG, STATE, app_hash_proof_ops

PATH: Final = "/store/linlian/key"
UNKNOWN_PATH: Final = 1
UNKNOWN_KEY: Final = 2
NOT_THERE: Final = 3
_ValueOp: Final = message("ValueOp")


def answer_query(app: Application, request: Any, response: Any) -> None:
    """Fill in the answer; `code` is not 0 for a path, key or height that cannot be had."""
    key = request.data.decode("ascii", "replace")
    if request.path != PATH:
        response.code, response.log = UNKNOWN_PATH, "unknown path"
        return
    if key not in (LOG, STATE):
        response.code, response.log = UNKNOWN_KEY, "unknown key"
        return
    roots = app.signed_roots(request.height)
    if roots is None:
        response.code, response.log = NOT_THERE, "only the latest height is kept"
        return
    response.height, response.key = roots.height, request.data
    response.value = roots.log if key == LOG else roots.state
    if request.prove:
        for op in app_hash_proof_ops(key, roots.log, roots.state):
            data = _ValueOp(key=op.key)
            data.proof.total, data.proof.index, data.proof.leaf_hash = op.total, op.index, op.leaf_hash
            data.proof.aunts.extend(op.aunts)
            response.proof_ops.ops.add(type="simple:v", key=op.key, data=data.SerializeToString())
