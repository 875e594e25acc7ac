"""The businesses of a build, taken together: every command, event and table by its wire name."""

from __future__ import annotations

from typing import Any

from linlian.kernel.contents import CONTENTS
from linlian.kernel.contract import CommandSpec, Contract, Event, Table
from linlian.kernel.entropy import ENTROPIES
from linlian.kernel.keys import KEYS
from linlian.kernel.operator import OPERATORS
from linlian.kernel.release import RELEASES
from linlian.kernel.replay import replay_contract
from linlian.kernel.timers import TIMERS
from linlian.kernel.trustroots import TRUST_ROOTS
from linlian.kernel.validators import VALIDATORS

_KERNEL_TABLES: tuple[Table[Any], ...] = (
    CONTENTS,
    ENTROPIES,
    KEYS,
    OPERATORS,
    RELEASES,
    TIMERS,
    TRUST_ROOTS,
    VALIDATORS,
)


class Rulebook:
    """What the transition runs by. The order of `contracts` is the order of founding and part of consensus.

    `numbers` are the releases that this build carries; `source_hash` is what its own source hashes to.
    """

    def __init__(
        self, contracts: tuple[Contract, ...], numbers: tuple[int, ...] = (1,), source_hash: bytes = bytes(32)
    ):
        _check_needs(contracts)
        self.contracts = (replay_contract, *contracts)
        self.numbers = numbers
        self.source_hash = source_hash
        self.commands: dict[str, CommandSpec] = {}
        self.events: dict[str, type[Event]] = {}
        self.tables: dict[str, Table[Any]] = {table.name: table for table in _KERNEL_TABLES}
        self.command_names: dict[type, str] = {}
        self.event_names: dict[type, str] = {}
        for contract in self.contracts:
            self.commands.update(contract.commands)
            self.events.update(contract.events)
            self.tables.update(contract.tables)
        self.command_names = {spec.kind: name for name, spec in self.commands.items()}
        if len(self.command_names) != len(self.commands):
            raise TypeError("two businesses handle the same kind of command")
        self.event_names = {kind: name for name, kind in self.events.items()}

    def carries(self, release: int, source_hash: bytes) -> bool:
        """Whether this build makes the blocks of a release: its newest only under its own source hash."""
        return release in self.numbers and (release < max(self.numbers) or source_hash == self.source_hash)


def _check_needs(contracts: tuple[Contract, ...]) -> None:
    """A business has a name of its own and comes after those it needs, so needs cannot form a circle."""
    seen: list[Contract] = []
    for contract in contracts:
        if contract.name in (replay_contract.name, *(earlier.name for earlier in seen)):
            raise TypeError(f"two businesses are named {contract.name}")
        missing = [need.name for need in contract.needs if need not in seen]
        if missing:
            raise TypeError(f"{contract.name} needs {', '.join(missing)}: name them before it in BUSINESSES")
        seen.append(contract)
