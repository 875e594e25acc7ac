"""Rows of the lending ledger of `tests.store.lending`: one table of each kind of key, one handler of each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from linlian.kernel.codec import Id, Millis
from linlian.readmodel.database import Database
from linlian.readmodel.stream import in_order
from linlian.readmodel.view import Fact, Limit, Reads, Rows, View, where
from tests.store.lending import LoanOverdue, ToolAdded, ToolLent, ToolReturned, contract

views = View(contract)


class ToolRow(NamedTuple):
    tool: bytes
    owner: bytes
    times: int
    lent: bool


class LoanRow(NamedTuple):
    loan: bytes
    tool: bytes
    member: bytes
    lent_at: int
    overdue: bool


class StepRow(NamedTuple):
    loan: bytes
    height: int
    receipt: int
    event: int
    what: str
    time: int


class MemberCount(NamedTuple):
    member: bytes
    loans: int
    overdue: int


tools = views.table("tool", ToolRow, indexes=("owner",))
loans = views.table("loan", LoanRow, indexes=("member, lent_at", "tool"))
steps = views.table("step", StepRow, key=4)


@views.on(ToolAdded)
def added(db: Rows, event: ToolAdded, fact: Fact) -> None:
    db.put(tools, ToolRow(event.tool, event.owner, 0, lent=False))


@views.on(ToolLent)
def lent(db: Rows, event: ToolLent, fact: Fact) -> None:
    tool = db.the(tools, event.tool)
    db.put(tools, tool._replace(times=tool.times + 1, lent=True))
    db.put(loans, LoanRow(event.loan, event.tool, event.member, fact.time, overdue=False))
    db.add(steps, StepRow(event.loan, fact.height, fact.receipt, fact.event, "lent", fact.time))


@views.on(ToolReturned)
def returned(db: Rows, event: ToolReturned, fact: Fact) -> None:
    db.put(tools, db.the(tools, event.tool)._replace(lent=False))
    db.delete(loans, event.loan)


@views.on(LoanOverdue)
def overdue(db: Rows, event: LoanOverdue, fact: Fact) -> None:
    db.put(loans, db.the(loans, event.loan)._replace(overdue=True))
    assert db.under(steps, event.loan)[0].what == "lent"
    db.add(steps, StepRow(event.loan, fact.height, fact.receipt, fact.event, "overdue", fact.time))


@views.query
def open_loans(
    db: Reads, member: Id | None = None, since: Millis = 0, overdue: bool | None = None, limit: Limit = 100
) -> list[LoanRow]:
    """Loans that are not returned, the oldest first.

    `overdue` keeps one kind of them.
    """
    matching = where("lent_at >= :since", member=member, overdue=overdue)
    given: dict[str, Any] = {"member": member, "overdue": overdue}
    sql = f"SELECT * FROM lending_loan{matching} ORDER BY lent_at, loan LIMIT :limit"
    return db.all(LoanRow, sql, since=since, limit=limit, **{k: v for k, v in given.items() if v is not None})


@views.query
def tool(db: Reads, tool: Id) -> ToolRow | None:
    """One tool."""
    return db.one(ToolRow, "SELECT * FROM lending_tool WHERE tool = :tool", tool=tool)


@views.query
def loans_by_member(db: Reads) -> list[MemberCount]:
    """How many loans each member has."""
    sql = """SELECT member, COUNT(*) AS loans, COUNT(*) FILTER (WHERE overdue) AS overdue
             FROM lending_loan GROUP BY member ORDER BY member"""
    return db.all(MemberCount, sql)


def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in key order."""
    found = {}
    with database.reading() as db:
        for view in in_order(database.views[1:]):
            for table in view.tables.values():
                key = ", ".join(table.names[: table.key_size])
                found[table.name] = [*db.all(table.kind, f"SELECT * FROM {table.name} ORDER BY {key}")]
    return found


def database_file(folder: Path) -> Path:
    return folder / "readmodel.sqlite"
