"""`linlian history` and `linlian receipt`: what the ledger can prove, shown and handed over as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from linlian.cli.names import Finder
from linlian.cli.session import OpenNode, Session
from linlian.cli.showing import tell_history
from linlian.cli.telling import Teller
from linlian.cli.verb import FINE, Argument, Given, Option, Usage, Verb
from linlian.kernel import codec
from linlian.kernel.proof import ProofFile, check_history, check_receipt
from linlian.kernel.withholding import redact

PAGE = 1_000


def run_history(session: Session, given: Given) -> int:
    """The complete history of whatever an identifier stands for; `--proof` writes the file that proves it."""
    with session.node() as node:
        finder = Finder(node)
        teller = Teller(session.tongue, node.folder)
        subject = finder.find(given.argument("id"))
        file = node.ledger.prove_history(subject)
        history = check_history(file, {})
        entries = entries_of(node, subject, vouched_height=history.vouched.height)
    session.output.say(f"{teller.id(subject)} · {subject.hex()}", "bold")
    tell_history(session, teller, entries)
    vouched = history.vouched
    session.output.text("history.complete", count=history.count, height=vouched.height, time=vouched.time)
    earlier = sum(1 for entry in entries if entry["height"] < 0)
    if earlier:
        session.output.text("history.earlier", count=earlier)
    out = given.maybe("proof")
    if out is not None:
        write_proof(out, file)
        session.output.text("history.written", path=out)
    session.output.value({"subject": subject, "count": history.count, "height": vouched.height, "entries": entries})
    return FINE


def entries_of(node: OpenNode, subject: bytes, vouched_height: int) -> list[dict[str, Any]]:
    """The entries of a subject up to a height, read page by page; those of earlier chains have heights below 0."""
    columns = [name for name, _ in node.queries["ledger.history"].columns]
    entries: list[dict[str, Any]] = []
    while True:
        rows = node.ask("ledger.history", {"subject": subject, "after": len(entries), "limit": PAGE})
        entries += [dict(zip(columns, row, strict=True)) for row in rows]
        if len(rows) < PAGE:
            return [entry for entry in entries if entry["height"] <= vouched_height]


def run_receipt(session: Session, given: Given) -> int:
    """Write the receipt of a transaction: one file that anybody checks offline."""
    with session.node() as node:
        identifier = transaction_of(node, Finder(node), given.argument("id"))
        try:
            file = node.ledger.prove_receipt(identifier, strict=given.flag("strict"))
        except LookupError as error:
            raise Usage("cli.unknown_id", id=identifier) from error
    verdict = check_receipt(file, {})
    handed: ProofFile = redact(file) if given.flag("redacted") else file
    out = given.maybe("file") or f"{identifier.hex()[:12]}.receipt"
    size = write_proof(out, handed)
    outcome = session.tongue.value("", verdict.outcome)
    session.output.text("receipt.written", path=out, size_bytes=size, outcome=outcome, height=verdict.height)
    session.output.text("receipt.next", style="dim", path=out)
    session.output.value({"file": out, "size_bytes": size, "outcome": verdict.outcome, "height": verdict.height})
    return FINE


def transaction_of(node: OpenNode, finder: Finder, text: str) -> bytes:
    """A transaction's id; of a named thing that has a history, the transaction of its last entry."""
    named = finder.names.get(text)
    if named is None or len(named) == 32:
        return finder.find(text, 32)
    entries = entries_of(node, named, node.ledger.head.height)
    if not entries:
        raise Usage("cli.unknown_id", id=text)
    last: bytes = entries[-1]["item_id"]
    return last


def write_proof(out: str, file: ProofFile) -> int:
    """Write a proof file; its size. Raises Usage (`cli.file_unwritable`)."""
    data = codec.encode(file)
    try:
        Path(out).write_bytes(data)
    except OSError as error:
        raise Usage("cli.file_unwritable", path=out, reason=error.strerror or "") from error
    return len(data)


VERBS = {
    verb.name: verb
    for verb in (
        Verb("history", "work", run_history, (Argument("id"),), (Option("proof", hint="file"),)),
        Verb(
            "receipt",
            "proof",
            run_receipt,
            (Argument("id"), Argument("file", required=False)),
            (Option("strict", flag=True), Option("redacted", flag=True)),
        ),
    )
}
