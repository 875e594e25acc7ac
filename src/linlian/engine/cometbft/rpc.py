"""What a node asks of its own engine: JSON-RPC over HTTP, one connection, kept open.

    engine = Rpc("127.0.0.1:26657")
    engine.broadcast(envelope)       # handed to the mempool, or MempoolFull, Rejected, EngineAway
    engine.ask("status")

Source: rpc/openapi/openapi.yaml of CometBFT v0.39.4.
"""

from __future__ import annotations

import http.client
import json
import threading
from base64 import b64encode
from typing import Any, Final

from linlian.kernel.errors import LinlianError, Rejected

TIMEOUT_S: Final = 10.0


class EngineAway(LinlianError):
    """Nobody answers at the engine's address, or not to the end."""


class MempoolFull(LinlianError):
    """The engine takes no more until the next block."""


class Rpc:
    """`address` is host:port. Several threads take turns."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()

    def broadcast(self, tx: bytes) -> None:
        """Hand a transaction to the mempool; one that is in it already is fine.

        Raises MempoolFull, EngineAway, Rejected (`engine.not_taken`, with what CheckTx said).
        """
        try:
            result = self.ask("broadcast_tx_sync", tx=b64encode(tx).decode())
        except RpcError as error:
            if "already exists in cache" in error.reason:
                return
            if "mempool is full" in error.reason:
                raise MempoolFull("engine.mempool_full") from error
            raise
        if result["code"] != 0:
            raise Rejected("engine.not_taken", reason=str(result["log"])[:200])

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a call. Raises EngineAway, RpcError."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        try:
            with self._lock:
                answer = json.loads(self._post(body))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise EngineAway("engine.away", address=self._address) from error
        if "error" in answer:
            told = answer["error"]
            raise RpcError(str(told.get("data") or told.get("message"))[:300])
        result: dict[str, Any] = answer["result"]
        return result

    def _post(self, body: str) -> bytes:
        """Send and read; a connection that the other side has closed meanwhile is opened once more."""
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._address, timeout=TIMEOUT_S)
            try:
                self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
                return self._connection.getresponse().read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError("the loop returns or raises")

    def close(self) -> None:
        """Hang up; the next call opens a connection again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class RpcError(LinlianError):
    """The engine answered with an error; `reason` is its own text."""

    def __init__(self, reason: str) -> None:
        super().__init__("engine.rpc_error", reason=reason)
        self.reason = reason
