"""`linlian verify`: a receipt, a history, a state proof, a backup or a whole ledger, checked offline.

One clear verdict: what was proved, who vouches for it, and what nobody vouches for; or the first thing that is wrong.
A proof file that follows from itself is not verified by that: anybody can invent a whole ledger. It is verified when
somebody whom the reader's trust file names has signed its checkpoint, or validators to whom the trust file leads have
signed its light block.
Exit codes: 0 verified · 1 not verified · 2 the file cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from time import time as clock
from typing import Any

from linlian.cli.rolls import items_of
from linlian.cli.session import LedgerReport, Session
from linlian.cli.telling import Teller
from linlian.cli.trust import FILE as TRUST_FILE
from linlian.cli.trust import Signers, TrustFile, read_trust, vouchers
from linlian.cli.verb import FINE, NO, Argument, Given, Option, Usage, Verb
from linlian.kernel import codec
from linlian.kernel.block import Header
from linlian.kernel.crypto import sha256
from linlian.kernel.errors import EncodingInvalid, KeyInvalid, ProofInvalid, Rejected, Unproven
from linlian.kernel.foreign import foreign_trust
from linlian.kernel.grounds import Ground
from linlian.kernel.proof import (
    FILE_BYTES_MAX,
    History,
    HistoryFile,
    Judging,
    ProofFile,
    ReceiptFile,
    RedactedFile,
    RedactedVerdict,
    StateFile,
    Verdict,
    Vouched,
    check_grounds_of,
    check_history,
    check_receipt,
    check_redacted,
    check_state,
    read_file,
)
from linlian.kernel.rolls import check_roll
from linlian.words import clock_time

MANIFEST = "backup.toml"
SQLITE_MAGIC = b"SQLite format 3\x00"


def run(session: Session, given: Given) -> int:
    """Find out what the file is, and check it."""
    path = Path(given.argument("file"))
    data = _read(path)
    if data is None or data.startswith(SQLITE_MAGIC):
        return _verify_ledger(session, given, path)
    try:
        file = read_file(data)
        return _verify_proof(session, given, file)
    except (Unproven, EncodingInvalid, KeyInvalid, Rejected) as error:
        if error.code == "kernel.unknown_format":
            raise Usage("cli.not_verifiable", path=str(path)) from error
        session.output.text("verify.not", style="bold red", path=str(path))
        session.output.error(error)
        session.output.value({"verified": False, "code": error.code, "facts": error.facts})
        return NO


def _read(path: Path) -> bytes | None:
    """The bytes of a proof file; of a ledger, the first ones; None for a folder. Raises Usage."""
    if path.is_dir():
        return None
    try:
        with path.open("rb") as file:
            start = file.read(len(SQLITE_MAGIC))
            return start if start == SQLITE_MAGIC else start + file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Usage("cli.file_unreadable", path=str(path), reason=error.strerror or "") from error


def _verify_proof(session: Session, given: Given, file: ProofFile) -> int:
    """Check a proof file, compare it with an anchor if there is one, and say who vouches."""
    if given.flag("strict") and not isinstance(file, ReceiptFile):
        raise Usage("cli.strict_is_for_receipts")
    if given.maybe("list") and not isinstance(file, StateFile):
        raise Usage("cli.list_is_for_rolls")
    found, teller = _trust(session, given, file.chain), Teller(session.tongue, session.folder)
    trust = found or TrustFile()
    judging = Judging(judging_time(given), trust.roots)
    if isinstance(file, ReceiptFile):
        verdict = check_receipt(file, trust.signers, judging)
        told, vouched = _tell_receipt(session, given, teller, file, verdict), verdict.vouched
    elif isinstance(file, HistoryFile):
        history = check_history(file, trust.signers, judging)
        told, vouched = _tell_history(session, teller, history), history.vouched
    elif isinstance(file, RedactedFile):
        shown_outside = check_redacted(file, trust.signers, judging)
        told, vouched = _tell_redacted(session, teller, shown_outside), shown_outside.vouched
    else:
        value, vouched = check_state(file, trust.signers, judging)
        shown = value.hex() if value is not None else session.tongue.text("verify.absent")
        text, style = _headline("state", vouched)
        session.output.text(text, style=style, key=file.key.hex(), value=shown, height=vouched.height)
        told = {"key": file.key, "value": value, **_check_list(session, given, file, value)}
    _compare_anchor(session, given, file)
    text, facts = vouchers(vouched, trust)
    verified = vouched.by_somebody_trusted
    session.output.text(text, style="green" if verified else "yellow", **facts)
    session.output.value(
        {
            "verified": verified,
            "vouched": text.partition(".")[2],
            "trusted": [signer.name for signer in vouched.trusted],
            "operator": vouched.operator,
            "validators": _validators(vouched, trust),
            "anchor_height": vouched.height,
            "anchor_time": vouched.time,
            "chain": vouched.chain,
            **told,
        }
    )
    if not verified and found is not None:
        session.output.text("verify.nobody-trusted", style="bold red")
    return FINE if verified else NO


def _check_list(session: Session, given: Given, file: StateFile, value: bytes | None) -> dict[str, Any]:
    """That a list is the whole of what the row counts. Raises ProofInvalid (`kernel.roll_incomplete`)."""
    path = given.maybe("list")
    if path is None:
        return {}
    roll = check_roll(file.key, value, items_of(path))
    session.output.text("verify.list", path=path, count=roll.count)
    return {"listed": roll.count}


def _validators(vouched: Vouched, trust: TrustFile) -> list[dict[str, Any]]:
    """The validators of the anchor's last light block, if there is one, and which of them signed it."""
    if vouched.committed is None:
        return []
    signed = vouched.committed.signed
    return [
        {"name": trust.name(key), "public_key": key, "power": one.power, "signed": key in signed}
        for one in vouched.committed.validators
        for key in (one.public_key,)
    ]


def check_proof(file: ProofFile, trust: Signers, judging: Judging) -> Vouched:
    """Check a proof file of any kind, and who vouches for it. Raises LinlianError."""
    if isinstance(file, ReceiptFile):
        return check_receipt(file, trust, judging).vouched
    if isinstance(file, HistoryFile):
        return check_history(file, trust, judging).vouched
    if isinstance(file, RedactedFile):
        return check_redacted(file, trust, judging).vouched
    return check_state(file, trust, judging)[1]


def judging_time(given: Given) -> int:
    """The time of judging in ms: the one that was typed, else now. Raises Usage (`cli.time_wrong`)."""
    typed = given.maybe("at")
    if typed is None:
        return int(clock() * 1000)
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError as error:
        raise Usage("cli.time_wrong", time=typed) from error
    return int((moment if moment.tzinfo else moment.astimezone()).timestamp() * 1000)


def _tell_receipt(
    session: Session, given: Given, teller: Teller, file: ReceiptFile, verdict: Verdict
) -> dict[str, Any]:
    steps = check_grounds_of(file, session.house.rulebook()) if given.flag("strict") else None
    tongue, output = session.tongue, session.output
    text, style = _headline("receipt", verdict.vouched)
    output.text(
        text,
        style=style,
        command=tongue.command(verdict.command),
        outcome=tongue.value("", verdict.outcome),
        signer=teller.id(verdict.signer),
        height=verdict.height,
        time=verdict.time,
    )
    for type_, _, fields in verdict.entries:
        output.say(f"  {teller.entry(type_, fields)}")
    if verdict.occurred_at != verdict.time:
        output.text("verify.occurred", time=verdict.occurred_at)
    if verdict.withheld:
        output.text("verify.withheld", count=verdict.withheld)
    if steps is not None:
        _tell_grounds(session, teller, file, steps)
    entries = [{"type": kind, "occurred_at": when, "fields": fields} for kind, when, fields in verdict.entries]
    told = asdict(verdict) | {"entries": entries}
    told["grounds"] = None if steps is None else [asdict(step) for step in steps]
    del told["vouched"]
    return told


def _tell_redacted(session: Session, teller: Teller, verdict: RedactedVerdict) -> dict[str, Any]:
    tongue, output = session.tongue, session.output
    text, style = _headline("redacted", verdict.vouched)
    outcome = tongue.value("", verdict.outcome)
    output.text(text, style=style, id=verdict.item_id, outcome=outcome, height=verdict.height, time=verdict.time)
    for type_, _, fields in verdict.entries:
        output.say(f"  {teller.entry(type_, fields)}")
    output.text("verify.redacted-what", count=verdict.withheld)
    entries = [{"type": kind, "occurred_at": when, "fields": fields} for kind, when, fields in verdict.entries]
    told = asdict(verdict) | {"entries": entries}
    del told["vouched"]
    return told


def _tell_grounds(session: Session, teller: Teller, file: ReceiptFile, steps: Sequence[Ground]) -> None:
    """By which signed commands the key came to its account."""
    session.output.text("verify.grounds-run" if file.run else "verify.grounds", count=len(steps))
    for step in steps:
        command, signer = session.tongue.command(step.command), teller.id(step.signer)
        session.output.text("verify.ground", command=command, signer=signer, height=step.height, time=step.time)


def _tell_history(session: Session, teller: Teller, history: History) -> dict[str, Any]:
    vouched, opened = history.vouched, history.entries
    text, style = _headline("history", vouched)
    session.output.text(
        text,
        style=style,
        subject=teller.id(history.subject),
        count=history.count,
        height=vouched.height,
        time=vouched.time,
    )
    rows = [(str(height), clock_time(when), teller.entry(kind, fields)) for height, kind, when, fields in opened]
    session.output.table(
        [session.tongue.field("", name) for name in ("height", "occurred_at", "type")], rows, right=(0,)
    )
    if history.withheld:
        session.output.text("verify.withheld", count=history.withheld)
    entries = [
        {"height": height, "type": kind, "occurred_at": when, "fields": fields} for height, kind, when, fields in opened
    ]
    return {"subject": history.subject, "count": history.count, "withheld": history.withheld, "entries": entries}


def _headline(kind: str, vouched: Vouched) -> tuple[str, str]:
    """The verdict's first line and its colour: only what somebody trusted vouches for is called verified."""
    return (
        (f"verify.{kind}", "bold green") if vouched.by_somebody_trusted else (f"verify.{kind}-unvouched", "bold yellow")
    )


def _compare_anchor(session: Session, given: Given, file: ProofFile) -> None:
    """Raise ProofInvalid (`cli.two_histories`) if another file holds another header of the same height."""
    path = given.maybe("anchor")
    if path is None:
        return
    anchor = session.house.anchor_of(Path(path))
    if anchor.chain not in ("", file.chain):
        raise ProofInvalid("node.other_chain", chain=file.chain, expected=anchor.chain)
    headers: list[Header] = [
        file.anchor.header,
        *([file.header] if isinstance(file, ReceiptFile | RedactedFile) else []),
    ]
    for header in headers:
        if header.height == anchor.height and not anchor.root:
            if sha256(codec.encode(header)) != anchor.header_hash:
                raise ProofInvalid("cli.two_histories", height=anchor.height, path=path)
            session.output.text("verify.anchor-agrees", height=anchor.height, path=path)
            return
    session.output.text("verify.anchor-elsewhere", height=anchor.height, path=path)


def _verify_ledger(session: Session, given: Given, path: Path) -> int:
    """Audit a whole ledger."""
    house, output = session.house, session.output
    named = given.maybe("anchor")
    found = (named, house.anchor_of(Path(named))) if named else house.own_anchor(path)
    with output.progress("progress.verifying", path=str(path)) as tell:
        report = house.check_ledger(
            path, anchor=found[1] if found else None, replay=given.flag("replay"), progress=tell
        )
    audit = report.audit
    facts: dict[str, Any] = {
        "chain": audit.chain,
        "height": audit.head.height if audit.head else -1,
        "transactions": audit.transactions,
        "runs": audit.runs,
        "entries": audit.entries,
        "rows": audit.rows,
        "replayed": audit.replayed,
        "vouched_until": audit.vouched_until,
    }
    if audit.finding is not None:
        output.text("verify.not", style="bold red", path=str(path))
        output.error(audit.finding)
        where = {"code": audit.finding.code, "facts": audit.finding.facts}
        output.value({"verified": False, **where, **facts})
        return NO
    output.text("verify.ledger", style="bold green", time=audit.head.time if audit.head else 0, **facts)
    if given.flag("replay"):
        output.text("verify.replayed", **facts)
    _tell_predecessor(session, report)
    if audit.vouched_until is not None and found is not None:
        held = named or str(path / found[0])
        text = "verify.end-noted" if found[0] == MANIFEST else "verify.end-vouched"
        output.text(text, height=audit.vouched_until, path=held)
    else:
        output.text("verify.end-open", style="yellow")
    vouched_by = (named or found[0]) if audit.vouched_until is not None and found is not None else ""
    output.value({"verified": True, "vouched_by": vouched_by, **facts})
    return FINE


def _tell_predecessor(session: Session, report: LedgerReport) -> None:
    old = report.predecessor
    if old is not None:
        text = "verify.predecessor" if report.predecessor_checked else "verify.predecessor-unchecked"
        session.output.text(text, chain=old.chain, height=old.height)


def _trust(session: Session, given: Given, chain: str) -> TrustFile | None:
    """The trust file named, or whom this folder's own community has voted to trust (`--voted`).

    Else that of the settings or of the folder, if it knows this chain; else None.
    """
    if given.flag("voted"):
        with session.node() as node:
            signers, judging = foreign_trust(node.ledger, chain, judging_time(given))
        return TrustFile({name: tuple(keys) for name, keys in signers.items()}, tuple(judging.roots))
    named = given.maybe("trust")
    if named is not None:
        return read_trust(Path(named))
    for path in (session.settings.trust, session.folder / TRUST_FILE):
        if path is not None and path.is_file():
            found = read_trust(path)
            return found if found.knows(chain) else None
    return None


VERBS = {
    "verify": Verb(
        "verify",
        "proof",
        run,
        (Argument("file"),),
        (
            Option("trust", hint="file"),
            Option("anchor", hint="file"),
            Option("list", hint="file"),
            Option("voted", flag=True),
            Option("at", hint="time"),
            Option("strict", flag=True),
            Option("replay", flag=True),
        ),
    )
}
