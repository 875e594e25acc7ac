"""`linlian import places` and `linlian import people`: the lists that communities keep, compared and brought in.

linlian import places houses.xlsx --dry-run
linlian import people people.xlsx --as clerk --letters letters.sealed
linlian import letters letters.sealed --opening 8c1f…
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from linlian import imports, vault
from linlian.cli.keyring import Keyring
from linlian.cli.names import Finder
from linlian.cli.session import OpenNode, Session
from linlian.cli.verb import FINE, NO, Given, Usage
from linlian.kernel.codec import Content
from linlian.words import LANGUAGES, Words

LISTS = ("places", "people")
ROWS_SHOWN = 20
ID_BYTES = 16


def run_list(session: Session, given: Given, what: str) -> int:
    """Compare or bring in a list; 1 if a row stays out."""
    dry_run, name, letters = given.flag("dry-run"), given.maybe("as"), given.maybe("letters")
    if name is None and not dry_run:
        raise Usage("cli.option_missing", option="as", verb="import")
    path = Path(given.argument("file"))
    mapping = given.maybe("mapping")
    layout = imports.load_layout(Path(mapping) if mapping else None)
    with session.node() as node, session.output.progress("importing.progress", file=path.name) as show:
        target = imports.Target(node.ledger, node.rulebook, node.contents, node.folder)
        root = _root(node, given.maybe("under"))
        work = imports.ListWork(what, path, target, layout, given.maybe("encoding") or "", root)  # type: ignore[arg-type]
        importer = _importer(node, name)
        if dry_run or importer is None:
            found = work.compare(show, importer)
        else:
            found = work.bring_in(importer, show, invite=imports.Invite(imports.secret_here) if letters else None)
    _tell(session, found, path, dry_run)
    if letters and found.letters:
        _write_letters(session, found, Path(letters))
        work.letters_written()
    return FINE if found.is_clean else NO


def _importer(node: OpenNode, name: str | None) -> imports.Importer | None:
    if name is None:
        return None
    key = Keyring(node.folder).get(name)
    return imports.Importer(key.account_on(node.ledger), key.key)


def read_letters(session: Session, given: Given) -> int:
    """Print the letters of a sealed file as a table, for whoever has what opens it."""
    path, opening = Path(given.argument("file")), given.maybe("opening")
    if opening is None:
        raise Usage("cli.option_missing", option="opening", verb="import")
    try:
        secret, data = bytes.fromhex(opening), path.read_bytes()
        content = Content(commitment=data[:32], ciphertext_hash=data[32:64])
        plain = vault.open_content(content, vault.Opening(secret[:32], secret[32:]), data[64:])
    except OSError as error:
        raise Usage("cli.file_unreadable", path=str(path), reason=error.strerror or "") from error
    except (ValueError, vault.VaultError) as error:
        raise Usage("importing.letters_shut", path=str(path)) from error
    rows = list(csv.reader(io.StringIO(plain.decode())))
    session.output.table([session.tongue.text(f"column.{name}") for name in rows[0]], [tuple(row) for row in rows[1:]])
    session.output.value([dict(zip(rows[0], row, strict=True)) for row in rows[1:]])
    return FINE


def _root(node: OpenNode, under: str | None) -> bytes:
    """The place of the community: said, or the only one there is. Raises Usage (`importing.which_community`)."""
    if under is not None:
        found: bytes = Finder(node).find(under, ID_BYTES)
        return found
    outermost = node.ask("places.children", {"parent": None, "kind": None, "limit": 2})
    if len(outermost) > 1:
        raise Usage("importing.which_community")
    return bytes(outermost[0][0]) if outermost else b""


def _tell(session: Session, found: imports.Difference, path: Path, dry_run: bool) -> None:
    """What came of how many rows, the first that stay out and why, and where all of it is written."""
    output, tongue = session.output, session.tongue
    counts = [(tongue.text(f"importing.{result}"), f"{number:,}") for result, number in found.counts().items()]
    output.table([tongue.text("column.result"), tongue.text("column.rows")], counts, right=(1,))
    wrong = [finding for finding in found.in_order() if finding.problem is not None]
    rows = [
        (finding.where.sheet, str(finding.where.line), tongue.error(finding.problem))
        for finding in wrong[:ROWS_SHOWN]
        if finding.problem is not None
    ]
    if rows:
        columns = [tongue.text(f"column.{name}") for name in ("sheet", "line", "meaning")]
        output.table(columns, rows, right=(1,))
    if len(wrong) > ROWS_SHOWN:
        output.text("importing.more_rows", rows=f"{len(wrong) - ROWS_SHOWN:,}")
    report = _write_report(session, found, path)
    facts = {"passed_over": f"{found.passed_over:,}", "seconds": f"{found.seconds:.1f}", "file": str(report)}
    output.text("importing.compared" if dry_run else "importing.brought_in", style="bold", **facts)
    if found.forgotten:
        output.text("importing.forgotten", number=f"{found.forgotten:,}")
    for roll in found.rolls:
        output.text("importing.roll", roll=roll.hex())
    output.value(found.as_plain() | {"dry_run": dry_run, "difference_file": str(report)})


def _write_report(session: Session, found: imports.Difference, path: Path) -> Path:
    """Every row but the unchanged, with its reason in both languages, beside the list."""
    words = Words.load(session.house.businesses())
    tongues = [words.tongue(language) for language in LANGUAGES]
    report = path.with_name(f"{path.stem}.difference.csv")
    try:
        with report.open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file)
            table.writerow(["工作表 sheet", "行 line", "结果 result", "变更 changed", "原因", "reason"])
            for finding in found.in_order():
                if finding.result == "unchanged":
                    continue
                result = " ".join(tongue.text(f"importing.{finding.result}") for tongue in tongues)
                reasons = [tongue.error(finding.problem) if finding.problem else "" for tongue in tongues]
                changed = ", ".join(finding.what)
                table.writerow([finding.where.sheet, finding.where.line, result, changed, *reasons])
    except OSError as error:
        raise imports.ImportFailed("import.report_unwritable", path=str(report), reason=error.strerror or "") from error
    return report


def _write_letters(session: Session, found: imports.Difference, path: Path) -> None:
    """Seal the letters into a file of their own; what opens it is shown once and kept nowhere."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(("door", "name", "account", "once_key"))
    table.writerows((door, name, account.hex(), secret.hex()) for door, name, account, secret in found.letters)
    content, opening, sealed = vault.seal(text.getvalue().encode())
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content.commitment + content.ciphertext_hash + sealed)
    except OSError as error:
        raise imports.ImportFailed("import.report_unwritable", path=str(path), reason=error.strerror or "") from error
    shown: dict[str, Any] = {"file": str(path), "opening": (opening.salt + opening.key).hex()}
    session.output.text("importing.letters", letters=f"{len(found.letters):,}", **shown)
