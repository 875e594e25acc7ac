"""The program with a fault, for trials only:  … faulty FAULT ARGUMENT -- up --config FILE

clock FILE        its clock is off by as many milliseconds as stand in the file, read anew each time
rules             it triages repairs by a rule of its own, and calls itself the voted release all the same
payments          it has no rule that a list is approved before it is paid, nor that no more is paid than was decided
snapshot          every chunk of a snapshot that it hands over has one bit changed
proposer FOLDER   what it proposes is followed by every file of the folder as an engine transaction, and it votes for it
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from linlian.cli import start
from linlian.community import repairs
from linlian.community.programmes import rules as planned
from linlian.community.repairs.rules import cases
from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.ledger import CometLedger
from linlian.engine.cometbft.snapshots import Snapshots
from linlian.engine.embedded import wall_clock
from linlian.kernel.contract import Context, replace


def wrong_clock(file: str) -> None:
    """As if this machine's clock were set wrong."""
    path = Path(file)

    def clock() -> int:
        return wall_clock() + int(path.read_text())

    defaults = CometLedger.__init__.__kwdefaults__
    assert defaults is not None, "its clock can be given"
    defaults["clock"] = clock


def other_rules(_: str) -> None:
    """Whoever triages here opens the case a second earlier, which nobody would see in an event."""
    spec = repairs.contract.commands["repairs.triage_repair"]
    honest = spec.handler

    def handler(ctx: Context, command: Any) -> None:
        honest(ctx, command)
        row = cases.get(ctx, command.case)
        assert row is not None, "it has been triaged"
        cases.put(ctx, command.case, replace(row, opened_at=row.opened_at - 1000))

    repairs.contract.commands["repairs.triage_repair"] = replace_handler(spec, handler)


def payments_unchecked(_: str) -> None:
    """Whatever this node's organisation wants to pay, it lets itself pay."""
    vars(planned)["_check_payable"] = lambda *_: None


def false_chunks(_: str) -> None:
    """Whoever comes late and asks here is lied to."""
    honest = Snapshots.chunk

    def chunk(self: Snapshots, height: int, kind: int, number: int) -> bytes:
        data = bytearray(honest(self, height, kind, number))
        if data:
            data[len(data) // 2] ^= 1
            print(f"a false chunk {number} was handed over", flush=True)
        return bytes(data)

    Snapshots.chunk = chunk  # type: ignore[method-assign]


def replace_handler(spec: Any, handler: Callable[[Context, Any], None]) -> Any:
    """A copy of a frozen description with another handler."""
    return type(spec)(spec.name, spec.kind, handler, spec.internal)


def dishonest_proposer(folder: str) -> None:
    """The engine asks it what to propose, and gets more than was waiting."""
    honest = Application.prepare

    def prepare(self: Application, txs: Sequence[bytes], size_bytes_max: int, time: int, count_max: int) -> list[bytes]:
        packed = [path.read_bytes() for path in sorted(Path(folder).glob("*.tx"))]
        return [*honest(self, txs, size_bytes_max, time, count_max), *packed]

    def process(self: Application, txs: Sequence[bytes], height: int, time: int, block_hash: bytes) -> bool:
        return True

    Application.prepare = prepare  # type: ignore[method-assign]
    Application.process = process  # type: ignore[method-assign]


FAULTS: dict[str, Callable[[str], None]] = {
    "clock": wrong_clock,
    "rules": other_rules,
    "payments": payments_unchecked,
    "snapshot": false_chunks,
    "proposer": dishonest_proposer,
}


def main() -> None:
    """Put the fault in, then run what was asked for."""
    cut = sys.argv.index("--")
    fault, *arguments = sys.argv[1:cut]
    FAULTS[fault](arguments[0] if arguments else "")
    sys.argv = ["linlian", *sys.argv[cut + 1 :]]
    start.main()
