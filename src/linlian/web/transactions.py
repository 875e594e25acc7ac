"""Handing in signed transactions, one or up to 500 at once, and asking what became of one.

    POST /api/v1/transactions            the transaction's bytes        201 Final · 200 if it was there already
    POST /api/v1/transactions/batch      an array of byte strings       200 with an answer for each, in order
    GET  /api/v1/transactions/{id}                                      200 Final · 404

Rules
- The id is the idempotency key: bytes that are on the ledger already are answered with what became of them.
- An answer is given when the block is durable. `?wait=no` answers 202 as soon as it is in the queue.
- `Record-Refusal: true` asks for a refusal to stand on the ledger; then the problem names its place there. Whoever asks
  to look into sealed content is not asked: those it concerns see who tried.
- What a transaction led to names others than its sender, so its entries are told to whoever hands it in first (nobody
  else has its bytes), and afterwards to its signer, parties and auditors. Whoever has the id is told the outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from enum import StrEnum
from typing import Any

from starlette.responses import Response

from linlian.engine.ledger import Final
from linlian.kernel import codec
from linlian.kernel.codec import Hash
from linlian.kernel.errors import EncodingInvalid, LinlianError, Refused, Rejected
from linlian.kernel.limits import TRANSACTION_BYTES_MAX
from linlian.kernel.transaction import open_transaction
from linlian.web.call import Call
from linlian.web.errors import WebError
from linlian.web.operation import BYTES, CBOR, JSON, LATER, Answer, Body, Operation, Parameter
from linlian.web.problems import problem, problem_response
from linlian.web.shapes import FINAL_REF, HEX32, PROBLEM_REF, list_of, object_of, one_of

BATCH_MAX = 500
BATCH_BYTES_MAX = 4 * 1024 * 1024
RECORD = "Record-Refusal"
ALWAYS_RECORDED = frozenset({"openings.open_content"})
"""Commands whose refusal stands on the ledger whatever their sender wants."""
THERE_ALREADY = ("kernel.repeated", "kernel.expired")
"""What the ledger says to bytes that it may hold already."""


class Wait(StrEnum):
    """Until when the answer waits."""

    DURABLE = "durable"
    NO = "no"


async def submit(call: Call) -> Response:
    """Hand in one transaction."""
    raw, ledger = call.body, call.house.ledger
    opened = open_transaction(raw, ledger.chain)
    answer = ledger.submit(raw, record_refusal=call.values[RECORD] or opened.body.command in ALWAYS_RECORDED)
    where = {"Location": f"/api/v1/transactions/{opened.id.hex()}"}
    if call.values["wait"] == Wait.NO and not answer.done():
        return call.json({"transaction": opened.id}, 202, where)
    try:
        final = await asyncio.wrap_future(answer)
    except Rejected as rejection:
        known = await call.run(ledger.find, opened.id) if rejection.code in THERE_ALREADY else None
        if known is None:
            raise
        entries = await call.run(call.house.may_read_item, opened.id, call.reader)
        return call.json(final_json(known, entries), 200, where)
    if final.outcome == "accepted":
        return call.json(final_json(final, entries=True), 201, where)
    more = {"transaction": final_json(final, entries=True)}
    return problem_response(recorded_no(final), call.desk.words, call.language, more)


async def submit_batch(call: Call) -> Response:
    """Hand in several; each has an answer of its own."""
    raws = read_batch(call.body)
    ledger = call.house.ledger
    record = call.values[RECORD] or any(_is_recorded(raw, ledger.chain) for raw in raws)
    answers = ledger.submit_many(raws, record_refusal=record)
    await all_done(answers)
    results = await call.run(_results, call, raws, answers)
    return call.json({"answers": results})


def _is_recorded(raw: bytes, chain: str) -> bool:
    """Whether a refusal of this is recorded in any case; what cannot be read never enters a block."""
    try:
        return open_transaction(raw, chain).body.command in ALWAYS_RECORDED
    except (Rejected, EncodingInvalid):
        return False


def read_batch(body: bytes) -> list[bytes]:
    """The transactions of a batch: one CBOR array of byte strings. Raises WebError, EncodingInvalid."""
    try:
        raws = codec.decode_plain(body)
    except EncodingInvalid as error:
        raise WebError("web.not_cbor", reason=str(error.facts.get("reason", error.code))) from error
    if not isinstance(raws, list) or not all(isinstance(raw, bytes) for raw in raws):
        raise WebError("web.not_cbor", reason="an array of byte strings")
    if not 0 < len(raws) <= BATCH_MAX:
        raise WebError("web.batch_size", most=BATCH_MAX, given=len(raws))
    return raws


async def all_done(answers: Sequence[Future[Final]]) -> None:
    """Wait for all of them, waking the loop once."""
    loop, done, left = asyncio.get_running_loop(), asyncio.Event(), len(answers)

    def count(_answer: Future[Final]) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()

    def tell(answer: Future[Final]) -> None:
        loop.call_soon_threadsafe(count, answer)

    waiting = [answer for answer in answers if not answer.done()]
    left = len(waiting)
    for answer in waiting:
        answer.add_done_callback(tell)
    if waiting:
        await done.wait()


def _results(call: Call, raws: list[bytes], answers: Sequence[Future[Final]]) -> list[dict[str, Any]]:
    return [_result(call, raw, answer) for raw, answer in zip(raws, answers, strict=True)]


def _result(call: Call, raw: bytes, answer: Future[Final]) -> dict[str, Any]:
    """What became of one of a batch: a Final, or a problem."""
    error = answer.exception()
    if error is None:
        final = answer.result()
        if final.outcome == "accepted":
            return {"status": 201, "final": final_json(final, entries=True)}
        error = recorded_no(final)
        told = problem(error, call.desk.words, call.language, {"transaction": final_json(final, entries=True)})
        return {"status": told["status"], "problem": told}
    if not isinstance(error, LinlianError):
        raise error
    if error.code in THERE_ALREADY:
        opened = open_transaction(raw, call.house.ledger.chain)
        known = call.house.ledger.find(opened.id)
        if known is not None:
            return {"status": 200, "final": final_json(known, call.house.may_read_item(opened.id, call.reader))}
    told = problem(error, call.desk.words, call.language)
    return {"status": told["status"], "problem": told}


async def find(call: Call) -> Response:
    """What became of a transaction."""
    item_id: bytes = call.values["transaction"]
    final = await call.run(call.house.ledger.find, item_id)
    if final is None:
        raise WebError("web.nothing_there")
    entries = await call.run(call.house.may_read_item, item_id, call.reader)
    return call.json(final_json(final, entries=entries))


def recorded_no(final: Final) -> LinlianError:
    """The refusal that stands on the ledger, as an error again."""
    ((_, _, fields),) = final.entries()
    if final.outcome == "broken":
        return Refused("kernel.broken", command=str(fields.get("command", "")))
    return Refused(fields["code"], **fields.get("facts", {}))


def final_json(final: Final, entries: bool) -> dict[str, Any]:
    """A Final for programs."""
    told: dict[str, Any] = {
        "transaction": final.item_id,
        "height": final.height,
        "index": final.index,
        "time": final.time,
        "outcome": final.outcome,
    }
    if entries:
        told["entries"] = [
            {"type": type_, "occurred_at": occurred_at, "fields": fields}
            for type_, occurred_at, fields in final.entries()
        ]
    return told


TRANSACTION = Body((CBOR, BYTES), TRANSACTION_BYTES_MAX)
REJECTIONS = (
    "kernel.malformed",
    "kernel.wrong_chain",
    "kernel.transaction_too_large",
    "kernel.early",
    "kernel.expired",
    "kernel.claim_ahead",
    "kernel.unknown_command",
    "kernel.key_not_in_force",
    "kernel.not_signers_key",
    "kernel.wrong_signature",
    "kernel.repeated",
    "kernel.block_full",
    "kernel.busy",
    "kernel.too_much",
    *LATER,
)
HOW = (Parameter(RECORD, "header", bool, default=False, about="record_refusal"),)
OPERATIONS = (
    Operation(
        "submit_transaction",
        "POST",
        "/api/v1/transactions",
        submit,
        "transactions",
        (
            Answer(201, JSON, FINAL_REF, ("Location",)),
            Answer(200, JSON, FINAL_REF, ("Location",)),
            Answer(202, JSON, object_of(transaction=HEX32), ("Location",)),
        ),
        parameters=(*HOW, Parameter("wait", "query", Wait, default=Wait.DURABLE, about="wait")),
        body=TRANSACTION,
        problems=REJECTIONS,
        refuses=True,
    ),
    Operation(
        "submit_batch",
        "POST",
        "/api/v1/transactions/batch",
        submit_batch,
        "transactions",
        (
            Answer(
                200,
                JSON,
                object_of(
                    answers=list_of(
                        one_of(
                            object_of(status={"type": "integer", "enum": [200, 201]}, final=FINAL_REF),
                            object_of(status={"type": "integer"}, problem=PROBLEM_REF),
                        ),
                        maxItems=BATCH_MAX,
                    )
                ),
            ),
        ),
        parameters=HOW,
        body=Body((CBOR, BYTES), BATCH_BYTES_MAX),
        problems=("web.not_cbor", "web.batch_size", "kernel.busy", *LATER),
    ),
    Operation(
        "find_transaction",
        "GET",
        "/api/v1/transactions/{transaction}",
        find,
        "transactions",
        (Answer(200, JSON, FINAL_REF),),
        parameters=(Parameter("transaction", "path", Hash, about="transaction"),),
        problems=("web.nothing_there", *LATER),
    ),
)
