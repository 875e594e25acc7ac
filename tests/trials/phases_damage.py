"""Disks: a byte that changed, a copy of last week, no room left."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from linlian.node import check_ledger
from linlian.node import folder as place
from linlian.node.folder import NodeError
from linlian.store.sqlite import SqliteStore
from tests.trials.network import wait_until
from tests.trials.phases_crashes import go_on
from tests.trials.phases_dishonest import ALL_BLOCKS_S, forget_ledger, rebuild
from tests.trials.trial import Phase, Trial

MEANWHILE_S = 4.0
DISK_MB = 160


def change_a_byte(trial: Trial) -> str:
    """Of a block in the middle. The node must not start on it."""
    network, code = trial.network, "owners"
    network.stop(code)
    path = network.folder(code) / place.LEDGER
    with sqlite3.connect(path) as db:
        (height,) = db.execute("SELECT max(height) / 2 FROM block").fetchone()
        (body,) = db.execute("SELECT body FROM block WHERE height = ?", (height,)).fetchone()
    db.close()
    data = bytearray(path.read_bytes())
    data[data.index(body[:64]) + 40] ^= 1
    path.write_bytes(data)
    said = refused_start(trial, code)
    assert "store.damaged" in said or "damaged" in said, said
    alive = go_on(trial, "street")
    rebuild(code, trial)
    return f"not started: {said}; the others went on ({alive:.1f} s for a report); fetched again from them"


def refused_start(trial: Trial, code: str) -> str:
    """What a node says that does not start."""
    try:
        trial.network.start(code)
    except NodeError as error:
        return str(error.facts.get("reason", error))
    raise AssertionError(f"{code} has started")


def restore_an_old_copy(trial: Trial) -> str:
    """The ledger as it was a while ago, with the engine's data of now."""
    network, code = trial.network, "property"
    path, aside = network.folder(code) / place.LEDGER, network.root / "old-copy.sqlite"
    network.stop(code)
    shutil.copy(path, aside)
    network.start(code)
    time.sleep(MEANWHILE_S)
    trial.until_well()
    network.stop(code)
    for left in network.folder(code).glob("ledger.sqlite-*"):
        left.unlink()
    shutil.copy(aside, path)
    trial.recovering()
    network.start(code)
    return "the engine gave it the blocks again that it lacked; it came to the same root"


def restore_an_old_engine(trial: Trial) -> str:
    """The engine's data as it was a while ago, with the ledger of now: it may have forgotten what it signed."""
    network, code = trial.network, "property"
    data, aside = network.engine_home(code) / "data", network.root / "old-data"
    network.stop(code)
    shutil.copytree(data, aside)
    network.start(code)
    time.sleep(MEANWHILE_S)
    trial.until_well()
    network.stop(code)
    signed = (data / "priv_validator_state.json").read_bytes()
    shutil.rmtree(data)
    aside.rename(data)
    said = ""
    with suppress(NodeError):
        network.start(code)
    wait_until(
        lambda: "cometbft ended" in network.said(code) or "engine." in network.said(code)[-500:], 30, "it says so"
    )
    said = "engine ahead of its blocks" if "AppBlockHeight" in network.engine_said(code) else ""
    network.stop(code)
    (data / "priv_validator_state.json").write_bytes(signed)
    forget_ledger(trial, code)
    trial.recovering()
    network.start(code)
    why = said or "see its log"
    return f"the engine does not go on behind its application ({why}); rebuilt, with what it has signed kept"


def fill_the_disk(trial: Trial) -> str:
    """A node on a disk of its own that becomes full under load, and has room again."""
    network, code = trial.network, "owners"
    folder = network.folder(code)
    network.stop(code)
    disk = network.root / "owners-before"
    folder.rename(disk)
    folder.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "tmpfs", str(folder)], check=True)
    try:
        shutil.copytree(disk, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.socket"))
        network.start(code)
        trial.until_well()
        fill(folder / "filling")
        time.sleep(MEANWHILE_S)
        alive = go_on(trial, "street")
        time.sleep(2 * MEANWHILE_S)
        running = network.is_running(code)
        said = [line for line in network.said(code).splitlines() if line][-1]
        (folder / "filling").unlink()
        trial.recovering()
        network.start(code)
        trial.until_well()
    finally:
        network.stop(code)
        shutil.rmtree(disk)
        shutil.copytree(folder, disk, ignore=shutil.ignore_patterns("*.socket"))
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()
        disk.rename(folder)
        network.start(code)
    state = "still ran" if running else "had ended"
    return f"the others went on ({alive:.1f} s for a report); its process {state}, saying: {said[:120]}"


def fill(path: Path) -> None:
    """Until not a byte more fits."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(65_536)):
            pass
    with suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(b"\x00"):
            pass


def may_mount() -> str:
    return "" if os.geteuid() == 0 and shutil.which("mount") else "only root can mount a small disk"


DAMAGE = (
    Phase(
        "tampered store",
        "a byte of owners' ledger is changed while it is stopped; it is fetched again from the others",
        change_a_byte,
        limit_s=ALL_BLOCKS_S,
    ),
    Phase("old copy of the ledger", "property's ledger is put back to an earlier copy", restore_an_old_copy),
    Phase(
        "old copy of the engine",
        "property's engine is put back to an earlier copy, its ledger not; all is fetched again from the others",
        restore_an_old_engine,
        limit_s=ALL_BLOCKS_S,
    ),
    Phase("disk full", f"owners' disk of {DISK_MB} MB is filled under load, then emptied", fill_the_disk, may_mount),
)


def look_at_everything(trial: Trial) -> str:
    """At the end all are stopped, and their ledgers opened offline: audited, and asked for all that was ever told."""
    network, book = trial.network, trial.load.book
    with trial.load.resting():
        trial.until_level()
        network.stop()
        for code in trial.following:
            finding = check_ledger(network.folder(code)).audit.finding
            assert finding is None, f"{code}: {finding}"
            store = SqliteStore(network.folder(code) / place.LEDGER, read_only=True)
            try:
                missing = [
                    identifier
                    for identifier, final in book.acknowledged.items()
                    if store.find(identifier) != (final.height, final.index)
                ]
            finally:
                store.close()
            assert not missing, f"{code} lacks {len(missing)}"
        trial.recovering()
        network.start(*trial.following)
    return f"{len(book.acknowledged)} acknowledged transactions in each of {len(trial.following)} audited ledgers"


AUDIT = Phase("everything once more", "all are stopped; their ledgers are audited and searched", look_at_everything)
