"""Each ABCI call: from its message to the application and back.

What the application cannot know stands here too: which sort of answer the engine wants, and that a refusal to let a
transaction into the mempool is an answer while any other error is the end of the connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from linlian import __version__
from linlian.engine.cometbft.answering import answer_query
from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.attendance import Attendance
from linlian.engine.cometbft.messages import ACCEPT, RECHECK, REJECT_PROPOSAL, milliseconds
from linlian.engine.cometbft.records import Committed, Misbehaviour
from linlian.engine.cometbft.sender import Sender
from linlian.engine.cometbft.snapshots import Snapshots
from linlian.kernel.errors import LinlianError, Rejected
from linlian.kernel.limits import BLOCK_BYTES_MAX

APP_STATE: Final = "linlian"
"""The key under which the engine's genesis file holds our genesis document, in hex."""
CODESPACE: Final = "linlian"
KINDS: Final = {1: "duplicate_vote", 2: "light_client_attack"}
ABSENT: Final = 1
"""VoteInfo.block_id_flag of a validator whose signature is not under the block."""


class Calls:
    """`handle` is what an `AbciServer` calls. `block_count_max` says how many transactions to propose at most."""

    def __init__(
        self,
        application: Application,
        snapshots: Snapshots,
        *,
        block_count_max: Callable[[], int],
        sender: Sender,
        committed: Callable[[Committed], None],
        attendance: Attendance,
    ) -> None:
        self._app = application
        self._snapshots = snapshots
        self._block_count_max = block_count_max
        self._sender = sender
        self._committed = committed
        self._attendance = attendance
        self._calls: dict[str, Callable[[Any, Any], None]] = {
            "echo": self._echo,
            "flush": lambda _request, _response: None,
            "info": self._info,
            "init_chain": self._init_chain,
            "query": self._query,
            "check_tx": self._check_tx,
            "prepare_proposal": self._prepare_proposal,
            "process_proposal": self._process_proposal,
            "extend_vote": lambda _request, _response: None,
            "verify_vote_extension": self._verify_vote_extension,
            "finalize_block": self._finalize_block,
            "commit": self._commit,
            "list_snapshots": self._list_snapshots,
            "offer_snapshot": self._offer_snapshot,
            "load_snapshot_chunk": self._load_snapshot_chunk,
            "apply_snapshot_chunk": self._apply_snapshot_chunk,
        }

    def handle(self, kind: str, request: Any, response: Any) -> None:
        """Answer one call. Raises LinlianError for what must end the connection."""
        self._calls[kind](request, response)

    def _echo(self, request: Any, response: Any) -> None:
        response.message = request.message

    def _info(self, _: Any, response: Any) -> None:
        position = self._app.info()
        response.data, response.version, response.app_version = "linlian", __version__, 1
        response.last_block_height = position.height
        if position.height:
            response.last_block_app_hash = position.app_hash

    def _init_chain(self, request: Any, response: Any) -> None:
        try:
            document = bytes.fromhex(json.loads(request.app_state_bytes)[APP_STATE])
        except (ValueError, KeyError, TypeError) as error:
            raise LinlianError("engine.genesis_malformed") from error
        if request.initial_height != 1:
            raise LinlianError("engine.genesis_malformed")
        given = {update.pub_key.ed25519: update.power for update in request.validators}
        response.app_hash = self._app.init_chain(request.chain_id, document, given)

    def _query(self, request: Any, response: Any) -> None:
        answer_query(self._app, request, response)

    def _check_tx(self, request: Any, response: Any) -> None:
        try:
            if request.type == RECHECK:
                self._app.recheck(request.tx)
            else:
                self._app.check(request.tx)
                self._sender.checked(request.tx)
        except Rejected as rejection:
            self._sender.dropped(request.tx)
            response.code, response.codespace, response.log = 1, CODESPACE, str(rejection)

    def _prepare_proposal(self, request: Any, response: Any) -> None:
        size_bytes_max = min(request.max_tx_bytes, BLOCK_BYTES_MAX)
        time = milliseconds(request.time)
        response.txs.extend(self._app.prepare(request.txs, size_bytes_max, time, self._block_count_max()))

    def _process_proposal(self, request: Any, response: Any) -> None:
        fine = self._app.process(list(request.txs), request.height, milliseconds(request.time), request.hash)
        response.status = ACCEPT if fine else REJECT_PROPOSAL
        if not fine:
            proposer = request.proposer_address.hex()
            self._app.alarms.append(
                f"proposal for block {request.height} refused: malformed or too large, by {proposer}"
            )

    def _verify_vote_extension(self, _: Any, response: Any) -> None:
        response.status = ACCEPT

    def _finalize_block(self, request: Any, response: Any) -> None:
        votes = request.decided_last_commit.votes
        there = {vote.validator.address: vote.block_id_flag != ABSENT for vote in votes}
        self._app.alarms.extend(self._attendance.signed(request.height, there))
        told = [_misbehaviour(what, request.height) for what in request.misbehavior]
        self._app.alarms.extend(
            f"{what.kind} by validator {what.address.hex()} at block {what.height}" for what in told
        )
        time = milliseconds(request.time)
        finalized = self._app.finalize(list(request.txs), request.height, time, request.hash, told)
        response.app_hash = finalized.app_hash
        for _ in request.txs:
            response.tx_results.add()
        for public_key, power in finalized.validators.items():
            response.validator_updates.add(power=power).pub_key.ed25519 = public_key

    def _commit(self, _: Any, response: Any) -> None:
        committed = self._app.commit()
        response.retain_height = 0
        self._committed(committed)
        self._snapshots.committed(committed)

    def _list_snapshots(self, _: Any, response: Any) -> None:
        for snapshot in self._snapshots.listed():
            response.snapshots.add(**snapshot._asdict())

    def _offer_snapshot(self, request: Any, response: Any) -> None:
        response.result = self._snapshots.offer(request.snapshot, request.app_hash)

    def _load_snapshot_chunk(self, request: Any, response: Any) -> None:
        response.chunk = self._snapshots.chunk(request.height, request.format, request.chunk)

    def _apply_snapshot_chunk(self, request: Any, response: Any) -> None:
        result = self._snapshots.apply(request.index, request.chunk)
        response.result = result.result
        if result.refetch:
            response.refetch_chunks.append(request.index)
            response.reject_senders.append(request.sender)


def _misbehaviour(told: Any, height: int) -> Misbehaviour:
    kind, time = KINDS.get(told.type, "unknown"), milliseconds(told.time)
    return Misbehaviour(kind=kind, address=told.validator.address, height=told.height, time=time, told_at=height)
