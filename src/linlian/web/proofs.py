"""What can be checked without trusting this node: the head, headers, where a transaction stands, and proof files.

Everybody    the checkpoint, headers with the leaf hashes of their receipts, where a transaction stands in the log, and
             for whoever was told its id a redacted receipt: that it was, when, and with what outcome
Parties      receipts and complete histories of what concerns them, as files for `linlian verify`
Auditors     every block, receipt, history and row

Rules
- A leaf hash says nothing of what it commits to. Which leaves belong to one house or one person cannot be seen in them.
- A receipt holds the command and the events, so it is for whoever may read the history of something that it names.
"""

from __future__ import annotations

from typing import Annotated, Any

from starlette.responses import Response

from linlian.engine.ledger import Ledger
from linlian.kernel import codec
from linlian.kernel.block import Block, entry_digests, receipt_leaf, run_id
from linlian.kernel.codec import Count, Hash, Label, Meta
from linlian.kernel.contract import Table
from linlian.kernel.keys import KEYS
from linlian.kernel.operator import KEY as OPERATOR_KEY
from linlian.kernel.operator import OPERATORS
from linlian.kernel.proof import Anchor, ReceiptFile
from linlian.kernel.release import RELEASES
from linlian.kernel.rolls import Roll
from linlian.kernel.transaction import open_transaction
from linlian.kernel.withholding import redact
from linlian.web.call import Call
from linlian.web.errors import WebError
from linlian.web.operation import CBOR, JSON, LATER, Answer, Operation, Parameter
from linlian.web.shapes import COUNT, HEX, HEX32, TEXT, TIME, list_of, object_of

SubjectBytes = Annotated[bytes, Meta(min_length=1, max_length=codec.SUBJECT_BYTES_MAX)]
RowKey = Annotated[bytes, Meta(min_length=1, max_length=256)]
PUBLIC_TABLES: tuple[Table[Any], ...] = (OPERATORS, RELEASES)
"""Rows that say who signs for the ledger and by which rules it is made."""


async def checkpoint(call: Call) -> Response:
    """The head's signed checkpoint, with the header that it covers."""
    anchor = await call.run(_anchor, call.house.ledger)
    return call.json(anchor_json(anchor))


def _anchor(ledger: Ledger) -> Anchor:
    return ledger.prove_state(OPERATORS.key(OPERATOR_KEY)).anchor


def anchor_json(anchor: Anchor) -> dict[str, Any]:
    """The last header, its path in the log, and the note over that size or the light blocks that lead to it."""
    return {
        "note": anchor.note.decode(),
        "header": codec.encode(anchor.header),
        "height": anchor.header.height,
        "path": list(anchor.path),
        "light_blocks": [codec.encode(block) for block in anchor.light_blocks],
    }


async def show_block(call: Call) -> Response:
    """A header and the leaf hash of each of its receipts."""
    block = await call.run(_block, call.house.ledger, call.values["height"])
    header = block.header
    told = {"header": codec.encode(header), "height": header.height, "time": header.time, "leaves": leaves_of(block)}
    return call.json({**told, "hash": header.leaf(), "receipts_root": header.receipts_root})


async def block_bytes(call: Call) -> Response:
    """A whole block: `[header, body]`."""
    if not call.reader.audits:
        raise WebError("web.not_for_you" if call.reader.account else "web.sign_in")
    block = await call.run(_block, call.house.ledger, call.values["height"])
    return call.bytes(codec.encode_plain([codec.encode(block.header), block.encode_body()]))


def _block(ledger: Ledger, height: int) -> Block:
    if height > ledger.head.height:
        raise WebError("web.nothing_there")
    blocks = ledger.follow(height)
    block = next(iter(blocks), None)
    if block is None:
        raise WebError("web.nothing_there")
    return block


def leaves_of(block: Block) -> list[bytes]:
    """The leaf hashes of a block's receipts tree."""
    height = block.header.height
    return [
        receipt_leaf(block.item_id(index), item, receipt.outcome, entry_digests(height, index, receipt.entries))
        for index, (item, receipt) in enumerate(zip(block.items, block.receipts, strict=True))
    ]


async def inclusion(call: Call) -> Response:
    """Where a transaction stands: its leaf, the leaf's path to the header, the header's path to the checkpoint."""
    file = await call.run(_receipt, call, call.values["transaction"])
    told = {
        "leaf": _leaf(file),
        "index": file.index,
        "height": file.header.height,
        "header": codec.encode(file.header),
        "receipt_path": list(file.receipt_path),
        "header_path": list(file.header_path),
        "anchor": anchor_json(file.anchor),
    }
    return call.json(told)


def _leaf(file: ReceiptFile) -> bytes:
    height, index, header = file.header.height, file.index, file.header
    run = file.run
    item_id = run_id(header.chain, height, index, file.item) if run else open_transaction(file.item, header.chain).id
    return receipt_leaf(item_id, file.item, file.outcome, entry_digests(height, index, file.entries))


async def receipt(call: Call) -> Response:
    """The receipt of a transaction, as a file that anybody checks offline."""
    item_id: bytes = call.values["transaction"]
    await _require(call, await call.run(call.house.may_read_item, item_id, call.reader))
    file = await call.run(_receipt, call, item_id)
    name = f"{item_id.hex()[:12]}.receipt"
    return call.bytes(codec.encode(file), {"Content-Disposition": f'attachment; filename="{name}"'})


async def redacted_receipt(call: Call) -> Response:
    """The receipt of a transaction without what it says: for outsiders, and for handing on to them."""
    item_id: bytes = call.values["transaction"]
    file = await call.run(_receipt, call, item_id)
    name = f"{item_id.hex()[:12]}.redacted.receipt"
    return call.bytes(codec.encode(redact(file)), {"Content-Disposition": f'attachment; filename="{name}"'})


def _receipt(call: Call, item_id: bytes) -> ReceiptFile:
    try:
        return call.house.ledger.prove_receipt(item_id)
    except LookupError as error:
        raise WebError("web.nothing_there") from error


async def history(call: Call) -> Response:
    """The complete history of a subject, as a file that proves that nothing is left out."""
    subject: bytes = call.values["subject"]
    await _require(call, await call.run(call.house.may_read, subject, call.reader))
    file = await call.run(call.house.ledger.prove_history, subject)
    name = f"{subject.hex()[:12]}.history"
    return call.bytes(codec.encode(file), {"Content-Disposition": f'attachment; filename="{name}"'})


async def row(call: Call) -> Response:
    """A row of the state, or its absence, as a file that proves it."""
    table = next((each for name, each in _tables(call).items() if name == call.values["table"]), None)
    if table is None:
        raise WebError("web.nothing_there")
    await _require(call, await call.run(_may_see_row, call, table, call.values["key"]))
    file = await call.run(call.house.ledger.prove_state, table.key(call.values["key"]))
    return call.bytes(codec.encode(file))


def _tables(call: Call) -> dict[str, Table[Any]]:
    return call.house.rulebook.tables


def _may_see_row(call: Call, table: Table[Any], key: bytes) -> bool:
    """Auditors see every row, everybody the public ones and how long lists are, and an account its own keys."""
    if call.reader.audits or table in PUBLIC_TABLES or table.kind is Roll:
        return True
    if table is not KEYS or not call.reader.account:
        return False
    found = KEYS.get(call.house.ledger, key)
    return found is not None and found.account == call.reader.account


async def _require(call: Call, fine: bool) -> None:
    if not fine:
        raise WebError("web.not_for_you" if call.reader.account else "web.sign_in")


PATH = list_of(HEX32, maxItems=64)
ANCHOR = object_of(note=TEXT, header=HEX, height=COUNT, path=PATH, light_blocks=list_of(HEX, maxItems=64))
NOT_YOURS = ("web.sign_in", "web.not_for_you")
TRANSACTION = Parameter("transaction", "path", Hash, about="transaction")
HEIGHT = Parameter("height", "path", Count, about="height")
OPERATIONS = (
    Operation("checkpoint", "GET", "/api/v1/checkpoint", checkpoint, "proofs", (Answer(200, JSON, ANCHOR),)),
    Operation(
        "show_block",
        "GET",
        "/api/v1/blocks/{height}",
        show_block,
        "proofs",
        (
            Answer(
                200,
                JSON,
                object_of(header=HEX, height=COUNT, time=TIME, leaves=list_of(HEX32), hash=HEX32, receipts_root=HEX32),
            ),
        ),
        parameters=(HEIGHT,),
        problems=("web.nothing_there", *LATER),
    ),
    Operation(
        "block_bytes",
        "GET",
        "/api/v1/blocks/{height}/bytes",
        block_bytes,
        "proofs",
        (Answer(200, CBOR),),
        parameters=(HEIGHT,),
        problems=("web.nothing_there", *NOT_YOURS, *LATER),
        seen_by=("auditors",),
    ),
    Operation(
        "inclusion",
        "GET",
        "/api/v1/transactions/{transaction}/inclusion",
        inclusion,
        "proofs",
        (
            Answer(
                200,
                JSON,
                object_of(
                    leaf=HEX32,
                    index=COUNT,
                    height=COUNT,
                    header=HEX,
                    receipt_path=PATH,
                    header_path=PATH,
                    anchor=ANCHOR,
                ),
            ),
        ),
        parameters=(TRANSACTION,),
        problems=("web.nothing_there", *LATER),
    ),
    Operation(
        "receipt",
        "GET",
        "/api/v1/receipts/{transaction}",
        receipt,
        "proofs",
        (Answer(200, CBOR, headers=("Content-Disposition",)),),
        parameters=(TRANSACTION,),
        problems=("web.nothing_there", *NOT_YOURS, *LATER),
        seen_by=("parties", "auditors"),
    ),
    Operation(
        "redacted_receipt",
        "GET",
        "/api/v1/receipts/{transaction}/redacted",
        redacted_receipt,
        "proofs",
        (Answer(200, CBOR, headers=("Content-Disposition",)),),
        parameters=(TRANSACTION,),
        problems=("web.nothing_there", *LATER),
    ),
    Operation(
        "history",
        "GET",
        "/api/v1/histories/{subject}",
        history,
        "proofs",
        (Answer(200, CBOR, headers=("Content-Disposition",)),),
        parameters=(Parameter("subject", "path", SubjectBytes, about="subject"),),
        problems=(*NOT_YOURS, *LATER),
        seen_by=("parties", "auditors"),
    ),
    Operation(
        "state_row",
        "GET",
        "/api/v1/states/{table}/{key}",
        row,
        "proofs",
        (Answer(200, CBOR),),
        parameters=(
            Parameter("table", "path", Label, about="table"),
            Parameter("key", "path", RowKey, about="key"),
        ),
        problems=("web.nothing_there", *NOT_YOURS, *LATER),
        seen_by=("auditors",),
    ),
)
