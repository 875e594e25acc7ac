"""A part of a ledger, checked before the whole, says what the whole says of it; and its limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from linlian.kernel.block import Block
from linlian.store.audit import audit_file
from linlian.store.audit_region import check_rows
from tests.store.ledgers import raw
from tests.store.lending import Town
from tests.store.test_audit_tables import edit_chunk

HEIGHT = 33
Edit = Callable[[Path], None]


def _statement(sql: str) -> Edit:
    def edit(path: Path) -> None:
        with raw(path) as db:
            db.execute(sql, {"at": HEIGHT})

    return edit


EDITS = {
    "a missing block": _statement("DELETE FROM block WHERE height = :at"),
    "other ids": _statement("UPDATE block SET ids = zeroblob(length(ids)) WHERE height = :at"),
    "another header": _statement(
        "UPDATE header SET bytes = (SELECT bytes FROM header WHERE height = :at + 1) WHERE height = :at"
    ),
    "another body": _statement(
        "UPDATE block SET body = (SELECT body FROM block WHERE height = :at + 1) WHERE height = :at"
    ),
    "another number": _statement("UPDATE header SET first_item = first_item + 1 WHERE height = :at"),
}


@pytest.mark.parametrize("since", [1, HEIGHT - 1, HEIGHT])
def test_a_whole_ledger_has_no_finding_in_any_part(path: Path, town: Town, since: int) -> None:
    report = audit_file(path, since=since, processes=1)
    later: list[Block] = town.blocks[since:]
    assert report.finding is None
    assert report.transactions == sum(len(block.items) - block.runs for block in later)
    assert report.head == town.blocks[-1].header


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_part_finds_what_the_whole_finds(path: Path, edit: Edit) -> None:
    edit(path)
    whole, part = audit_file(path, processes=1).finding, audit_file(path, since=HEIGHT - 1, processes=1).finding
    assert whole is not None
    assert part is not None
    assert (part.code, part.facts) == (whole.code, whole.facts)


def test_a_part_says_nothing_of_what_lies_before_it_but_that_it_leads_there(path: Path) -> None:
    """Blocks before it are taken for their write-sets; a header that is not theirs is still found."""
    with raw(path) as db:
        db.execute("UPDATE header SET bytes = (SELECT bytes FROM header WHERE height = 9) WHERE height = 8")
    assert audit_file(path, since=HEIGHT, processes=1).finding is not None


def test_the_rows_of_a_whole_ledger_are_what_its_blocks_lead_to(path: Path) -> None:
    assert check_rows(path) is None


def test_an_edited_row_is_found_without_the_blocks(path: Path) -> None:
    with raw(path) as db:
        number = edit_chunk(db, lambda rows: rows.update({min(rows): bytes(20)}))
    whole, rows = audit_file(path, processes=1).finding, check_rows(path)
    assert whole is not None
    assert rows is not None
    assert (rows.code, rows.facts) == (whole.code, whole.facts)
    assert rows.facts["chunk"] == number


def test_rows_without_a_block_are_told(path: Path) -> None:
    with raw(path) as db:
        db.execute("DELETE FROM block WHERE height = ?", (HEIGHT,))
    found = check_rows(path)
    assert found is not None
    assert found.code == "store.block_missing"
