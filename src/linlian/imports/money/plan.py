"""What a sheet of money is brought in with: where, for which fund, and what the node knows besides.

Rules
- The ledger's own state says what is there already; what is known besides only helps to find it.
- Only managers of the fund: what a comparison tells is who receives already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from linlian.engine.ledger import Final
from linlian.imports.lists.records import Where
from linlian.imports.money.same import key_of, mark_of
from linlian.imports.problems import ImportFailed, RowRejected
from linlian.imports.requests import Target
from linlian.imports.running import hand_in, refusal

Money = Literal["recipients", "payments", "statement"]
NOTHING = bytes(16)


class Record(NamedTuple):
    """Something that moved the fund's money and stands in no line of its statement. `kind`: gift, hop or refund;
    `reference` is what a bank's line may quote."""

    kind: str
    id: bytes
    amount_minor: int
    incoming: bool
    at: int
    recipient: bytes
    reference: str


@dataclass(frozen=True)
class Known:
    """What rows say and the state cannot be asked: the list's lines by number, and what no line of the bank is yet."""

    lines: Mapping[int, bytes] = field(default_factory=dict)
    records: Sequence[Record] = ()


class Round(NamedTuple):
    """A cycle with its programme and fund, as the state has them."""

    key: bytes
    cycle: Any
    programme: Any
    fund_key: bytes
    fund: Any


@dataclass(frozen=True)
class Desk:
    """The state, what seals, and the key of marks: what all three kinds of sheets need."""

    target: Target
    account: bytes

    def row(self, table: str, key: bytes) -> Any:
        """A row of a business's table, or None."""
        return self.target.rules.tables[table].get(self.target.ledger, key)

    def fund(self, key: bytes) -> Any:
        """An open fund that the account manages. Raises ImportFailed: `import.no_such_fund`, `import.not_a_manager`."""
        found = self.row("funds.fund", key) if len(key) == len(NOTHING) else None
        if found is None or found.state != "open":
            raise ImportFailed("import.no_such_fund")
        if self.account not in found.managers:
            raise ImportFailed("import.not_a_manager")
        return found

    def round(self, key: bytes) -> Round:
        """Raises ImportFailed, besides: `import.no_such_round`."""
        cycle = self.row("programmes.cycle", key) if len(key) == len(NOTHING) else None
        if cycle is None:
            raise ImportFailed("import.no_such_round")
        programme = self.row("programmes.programme", cycle.programme)
        return Round(key, cycle, programme, cycle.fund, self.fund(cycle.fund))

    @cached_property
    def key(self) -> bytes:
        return key_of(self.target.folder)

    def mark(self, fund: bytes, what: str, *parts: str | int) -> bytes:
        return mark_of(self.key, fund, what, *parts)

    @property
    def now(self) -> int:
        return self.target.ledger.clock()


@dataclass
class Answers:
    """Commands that are to be handed in, and to which row each answer belongs."""

    raws: list[bytes] = field(default_factory=list)
    rows: list[tuple[Where, ...]] = field(default_factory=list)

    def add(self, raw: bytes, *rows: Where) -> None:
        self.raws.append(raw)
        self.rows.append(rows)

    def hand_in(self, desk: Desk) -> dict[Where, RowRejected]:
        """Hand in all, in order; the first refusal of each row. Raises ImportFailed."""
        refused: dict[Where, RowRejected] = {}
        answers: Sequence[Future[Final]] = hand_in(desk.target.ledger, self.raws)
        for rows, answer in zip(self.rows, answers, strict=True):
            no = refusal(answer)
            for where in rows if no is not None else ():
                refused.setdefault(where, RowRejected(no.code, **no.facts))  # type: ignore[union-attr]
        return refused


def sealed_text(told: Mapping[str, str], heads: Mapping[str, str]) -> bytes:
    """What is sealed of a row, as whoever opens it reads it: a line for each cell, under the sheet's own heading."""
    return "\n".join(f"{heads.get(name, name)}: {text}" for name, text in told.items()).encode()


Progress = Callable[[int, int], None]
