"""`linlian import grants` and `linlian export grants`: grants of 360Giving that others published, in and out.

linlian import grants grants.json --dry-run
linlian import grants grants.json --as clerk
linlian export grants --out again.json --as clerk
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from linlian import imports
from linlian.cli.keyring import Keyring
from linlian.cli.names import Finder
from linlian.cli.session import OpenNode, Session
from linlian.cli.verb import FINE, NO, Given, Option, Usage, read
from linlian.words import LANGUAGES, Words, money

WHAT = "grants"
ROWS_SHOWN = 20
PUBLICATIONS_MAX = 1_000
ID_BYTES = 16
GIVING = (
    Option("out", hint="file", about="export.out"),
    Option("as", hint="key", required=True, about="do.as"),
    Option("publication", hint="id", about="export.publication"),
)


def run_grants(session: Session, given: Given) -> int:
    """Rehearse or bring in a package; 1 if a grant of it is wrong."""
    dry_run, name, path = given.flag("dry-run"), given.maybe("as"), Path(given.argument("file"))
    if name is None and not dry_run:
        raise Usage("cli.option_missing", option="as", verb="import")
    with session.node() as node, session.output.progress("importing.progress", file=path.name) as show:
        target = imports.Target(node.ledger, node.rulebook, node.contents, node.folder)
        work = imports.GrantWork(path, target, given.maybe("encoding") or "")
        if dry_run or name is None:
            report = work.rehearse()
        else:
            report = work.bring_in(_importer(node, name), given.flag("leave-out"), show)
    _tell(session, report, path, dry_run, given.flag("leave-out"))
    return NO if report.rejected else FINE


def give(session: Session, rest: Sequence[str]) -> int:
    """Write what one's own organisation brought in as a package of 360Giving; 1 if one may not. Raises Usage."""
    typed = read("export", (), GIVING, rest)
    try:
        return _give(session, typed)
    except imports.ImportFailed as error:
        if error.code in ("import.not_allowed", "import.not_opened"):
            session.output.error(error)
            return NO
        if error.code == "import.nothing_to_give":
            raise Usage(error.code, **error.facts) from error
        raise


def _give(session: Session, typed: Given) -> int:
    out = typed.maybe("out")
    if not out:
        raise Usage("cli.option_missing", option="out", verb="export")
    text = session.tongue.text
    unnamed = imports.Unnamed(text("granting.to_somebody"), text("granting.not_named"))
    with session.node() as node, session.output.progress("granting.giving", file=out) as show:
        giver = _importer(node, typed.maybe("as") or "")
        target = imports.Target(node.ledger, node.rulebook, node.contents, node.folder)
        chosen = typed.maybe("publication")
        wanted = [Finder(node).find(chosen, ID_BYTES)] if chosen else _own(node, giver)
        given = imports.give_grants(wanted, target, giver, unnamed, show)
    try:
        Path(out).write_bytes(given.package)
    except OSError as error:
        raise Usage("cli.file_unwritable", path=out, reason=error.strerror or "") from error
    session.output.text("granting.given", grants=f"{given.grants:,}", sums=_sums(given.awarded), file=out)
    session.output.value({"grants": given.grants, "awarded_minor": given.awarded, "file": out})
    return FINE


def _importer(node: OpenNode, name: str) -> imports.Importer:
    key = Keyring(node.folder).get(name)
    return imports.Importer(key.account_on(node.ledger), key.key)


def _own(node: OpenNode, giver: imports.Importer) -> list[bytes]:
    """The publications that the giver's organisation brought in, in the order in which they came."""
    members = node.rulebook.tables["identity.member"]
    member = members.get(node.ledger, giver.account)
    rows = node.ask("grants.all_publications", {"limit": PUBLICATIONS_MAX})
    if len(rows) == PUBLICATIONS_MAX:
        raise Usage("cli.option_missing", option="publication", verb="export")
    names = [name for name, _ in node.queries["grants.all_publications"].columns]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    ours = [row for row in found if member is not None and row["organisation"] == member.organisation]
    return [row["publication"] for row in reversed(ours)]


def _sums(sums: Mapping[str, int]) -> str:
    return " + ".join(money(minor, currency) for currency, minor in sorted(sums.items())) or "0"


def _tell(session: Session, report: imports.GrantReport, path: Path, dry_run: bool, leave_out: bool) -> None:
    """Sums by currency, what is wrong and where, and what it came to."""
    output, text = session.output, session.tongue.text
    rows = [
        (currency, money(minor, currency), money(report.disbursed[currency], currency))
        for currency, minor in sorted(report.awarded.items())
    ]
    output.table([text(f"column.{name}") for name in ("currency", "awarded", "disbursed")], rows, right=(1, 2))
    if report.rejected:
        wrong = [(str(each.facts.get("at", "")), session.tongue.error(each)) for each in report.rejected[:ROWS_SHOWN]]
        output.table([text("column.at"), text("column.meaning")], wrong)
        output.text("granting.rejected_file", file=str(_write_rejected(session, report, path)))
    facts = {
        "grants": f"{report.grants:,}",
        "imported": f"{report.imported:,}",
        "already_there": f"{report.already_there:,}",
        "rejected": f"{len(report.rejected):,}",
        "seconds": f"{report.seconds:.1f}",
    }
    kept_out = report.rejected and not leave_out and not dry_run
    verdict = "granting.rehearsed" if dry_run else "granting.nothing_in" if kept_out else "granting.done"
    output.text(verdict, style="bold", **facts)
    if report.publication:
        output.text("granting.publication", publication=report.publication.hex(), digest=report.digest.hex())
    output.value(report.as_plain() | {"dry_run": dry_run})


def _write_rejected(session: Session, report: imports.GrantReport, path: Path) -> Path:
    """Every grant that is wrong: where, its code, and why in both languages, beside the package."""
    words = Words.load(session.house.businesses())
    tongues = [words.tongue(language) for language in LANGUAGES]
    target = imports.rejected_path(path)
    try:
        with target.open("w", encoding="utf-8-sig", newline="", errors="backslashreplace") as file:
            table = csv.writer(file)
            table.writerow(["位置 at", "代码 code", "原因", "reason"])
            for each in report.rejected:
                table.writerow([each.facts.get("at", ""), each.code, *(tongue.error(each) for tongue in tongues)])
    except OSError as error:
        raise imports.ImportFailed("import.report_unwritable", path=str(target), reason=error.strerror or "") from error
    return target
