"""`linlian backup` and `linlian restore`."""

from __future__ import annotations

from pathlib import Path

from linlian.cli.session import Session
from linlian.cli.trust import write_trust
from linlian.cli.verb import FINE, NO, Argument, Given, Option, Verb


def run_backup(session: Session, given: Given) -> int:
    """Write a backup into a new folder, while the node runs or not."""
    target = Path(given.argument("target"))
    with session.output.progress("progress.backup") as tell:
        kept = session.house.back_up(session.settings, target, with_keys=given.flag("with-keys"), progress=tell)
    facts = {"chain": kept.chain, "height": kept.height, "contents": kept.contents}
    session.output.text("backup.done", style="bold", path=str(target), **facts)
    session.output.text("backup.with-keys" if given.flag("with-keys") else "backup.without-keys", style="yellow")
    session.output.value({"path": str(target), **facts})
    return FINE


def run_restore(session: Session, given: Given) -> int:
    """Verify a backup, then let the community go on from it: on the same chain if it may, else on a new one."""
    house, output, path = session.house, session.output, Path(given.argument("backup"))
    found = house.own_anchor(path)
    with output.progress("progress.verifying", path=str(path)) as tell:
        report = house.check_ledger(path, anchor=found[1] if found else None, progress=tell)
    if report.audit.finding is not None:
        output.text("verify.not", style="bold red", path=str(path))
        output.error(report.audit.finding)
        output.value({"restored": False, "code": report.audit.finding.code, "facts": report.audit.finding.facts})
        return NO
    flags = {"new_chain": given.flag("new-chain"), "replace": given.flag("replace")}
    with output.progress("progress.restoring") as tell:
        restored = house.restore(session.settings, path, **flags, progress=tell)
    if restored.predecessor:
        write_trust(session.folder, restored.chain, restored.operator_key)
    facts = {"chain": restored.chain, "height": restored.height, "predecessor": restored.predecessor}
    output.text("restore.new" if restored.predecessor else "restore.done", style="bold", **facts)
    output.value({"restored": True, **facts})
    return FINE


VERBS = {
    verb.name: verb
    for verb in (
        Verb("backup", "keep", run_backup, (Argument("target"),), (Option("with-keys", flag=True),)),
        Verb(
            "restore",
            "keep",
            run_restore,
            (Argument("backup"),),
            (Option("new-chain", flag=True), Option("replace", flag=True)),
        ),
    )
}
