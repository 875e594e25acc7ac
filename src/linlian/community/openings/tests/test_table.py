"""The table of who may open what, held against the README, and every standing tried on every matter."""

from __future__ import annotations

import re
from pathlib import Path

from linlian.community import openings
from linlian.community.openings.rules_table import CONTACT, NAMES, OTHERS, PLANS, TABLE, Line, Matter, ReadAs

README = Path(openings.__file__).with_name("README.md")


def cells(line: Line) -> list[str]:
    fields = ", ".join(line.fields) if line.fields else f"all but {', '.join(line.but)}" if line.but else "all"
    until = "the case is closed" if line.while_open else ""
    return [line.of, line.by, line.purpose, fields, until, "yes" if line.order else ""]


def test_the_readme_shows_the_table() -> None:
    rows = re.findall(r"^\|(.*)\|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    told = [[cell.strip() for cell in row.split("|")] for row in rows]
    assert [row for row in told if row[0] in [*Matter] and len(row) == 6] == [cells(line) for line in TABLE]


def test_nobody_who_judges_the_work_learns_how_to_reach_whom_it_was_done_for() -> None:
    for line in TABLE:
        if line.of is Matter.CASE and line.by in (ReadAs.WITNESS, ReadAs.SUPERVISOR, ReadAs.OCCUPANT):
            assert line.but[: len(CONTACT)] == CONTACT


def test_what_others_said_who_joined_is_not_for_reporter_and_occupants() -> None:
    near = (ReadAs.REPORTER, ReadAs.OCCUPANT)
    (their,) = {line.but[-2:] for line in TABLE if line.of is Matter.CASE and line.by in near}
    assert their == OTHERS == ("joined_words", "joined_photos")


def test_whoever_works_on_a_case_is_in_it_until_it_ends() -> None:
    working = (ReadAs.EXECUTOR, ReadAs.DISPATCHER, ReadAs.DESK, ReadAs.WITNESS)
    assert all(line.while_open for line in TABLE if line.by in working)


def test_a_home_is_for_nobody_but_its_occupants_and_who_keeps_the_register() -> None:
    at_home = {line.by for line in TABLE if line.of is Matter.PLACE}
    assert at_home == {ReadAs.OCCUPANT, ReadAs.REGISTRAR, ReadAs.AUDITOR, ReadAs.ANYBODY}
    told = {line.of: line.fields for line in TABLE if line.by is ReadAs.ANYBODY}
    assert told == {Matter.PLACE: NAMES, Matter.ORGANISATION: NAMES, Matter.FUND: PLANS}
