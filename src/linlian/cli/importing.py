"""`linlian import`: past cases of another system as history on the ledger, lists of houses and people
(`listing`), and grants that others published (`granting`).

linlian import requests cases.csv.gz --mapping boston-311 --dry-run
linlian import requests cases.csv.gz --mapping boston-311 --as clerk
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from linlian import imports
from linlian.cli import granting
from linlian.cli.keyring import Keyring
from linlian.cli.listing import LISTS, read_letters, run_list
from linlian.cli.session import Session
from linlian.cli.verb import FINE, NO, Argument, Given, Option, Usage, Verb

WHAT = ("requests", *LISTS, granting.WHAT, "letters")
CATEGORIES_SHOWN = 15
LEDGERS_OWN = ("import.stopped", "import.side_table_damaged", "import.no_room", "import.report_unwritable")
"""What is not the fault of what was typed or of a file."""


def run(session: Session, given: Given) -> int:
    """Rehearse or import a file; 1 if rows were rejected, or the ledger does not let this key import."""
    what = given.argument("what")
    if what not in WHAT:
        raise Usage("cli.value_wrong", option="what", value=what, wanted="|".join(WHAT))
    if what == "letters":
        return read_letters(session, given)
    try:
        if what == granting.WHAT:
            return granting.run_grants(session, given)
        return run_list(session, given, what) if what in LISTS else _run_requests(session, given)
    except imports.ImportFailed as error:
        if error.code in LEDGERS_OWN:
            raise
        if error.code == "import.not_allowed":
            session.output.error(error)
            return NO
        raise Usage(error.code, **error.facts) from error


def _run_requests(session: Session, given: Given) -> int:
    dry_run, name = given.flag("dry-run"), given.maybe("as")
    for option in ("mapping", "as"):
        if given.maybe(option) is None and not (option == "as" and dry_run):
            raise Usage("cli.option_missing", option=option, verb="import")
    report = _import(session, given, None if dry_run else name)
    _tell(session, report, dry_run)
    return NO if report.rejected else FINE


def _import(session: Session, given: Given, name: str | None) -> imports.Report:
    mapping = imports.load(given.maybe("mapping") or "")
    source = imports.Source(Path(given.argument("file")), mapping, given.maybe("encoding") or "")
    with session.node() as node, session.output.progress("importing.progress", file=source.path.name) as show:

        def tell(done: int, of: int) -> None:
            show(done, of or done)  # how many rows a file has is known once it has been read

        target = imports.Target(node.ledger, node.rulebook, node.contents, node.folder)
        if name is None:
            return imports.rehearse_requests(source, target, tell, tell)
        key = Keyring(node.folder).get(name)
        importer = imports.Importer(key.account_on(node.ledger), key.key)
        return imports.import_requests(source, target, importer, tell, tell)


def _tell(session: Session, report: imports.Report, dry_run: bool) -> None:
    """The counts, then what was rejected and why, then what it came to."""
    output, tongue = session.output, session.tongue
    rows: list[tuple[str, str, str]] = []
    counted: list[tuple[str, Mapping[str, int]]] = [
        ("state", report.states),
        ("timeliness", report.timeliness),
        ("category", report.categories),
    ]
    for field, counts in counted:
        for value, number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:CATEGORIES_SHOWN]:
            rows.append((tongue.field("repairs", field), tongue.value("repairs", value), f"{number:,}"))
    more = len(report.categories) - CATEGORIES_SHOWN
    if more > 0:
        rows.append((tongue.field("repairs", "category"), tongue.text("importing.more", categories=more), ""))
    columns = [tongue.text(f"column.{name}") for name in ("counted", "value", "records")]
    output.table(columns, rows, right=(2,))
    _tell_rejected(session, report)
    facts = {
        "records": f"{report.records:,}",
        "imported": f"{report.imported:,}",
        "already_there": f"{report.already_there:,}",
        "places": f"{report.places:,}",
        "rejected": f"{len(report.rejected):,}",
        "seconds": f"{report.seconds:.1f}",
    }
    output.text("importing.rehearsed" if dry_run else "importing.done", style="bold", **facts)
    output.value(report.as_plain() | {"dry_run": dry_run})


def _tell_rejected(session: Session, report: imports.Report) -> None:
    if not report.rejected:
        return
    tongue, reasons = session.tongue, report.reasons()
    rows = []
    for code, number in reasons.most_common():
        line, problem = next((row.line, problem) for row, problem in report.rejected if problem.code == code)
        rows.append((f"{number:,}", f"{line:,}", tongue.error(problem)))
    columns = [tongue.text(f"column.{name}") for name in ("rejected", "first_line", "meaning")]
    session.output.table(columns, rows, right=(0, 1))
    if report.rejected_file is not None:
        session.output.text("importing.rejected_file", file=str(report.rejected_file))


VERBS = {
    "import": Verb(
        "import",
        "work",
        run,
        (Argument("what"), Argument("file")),
        (
            Option("mapping", hint="name|file"),
            Option("as", hint="key", about="do.as"),
            Option("dry-run", flag=True),
            Option("encoding", hint="name"),
            Option("leave-out", flag=True),
            Option("under", hint="place"),
            Option("letters", hint="file"),
            Option("opening", hint="hex"),
        ),
    )
}
