"""Spreadsheets of houses and people, as communities keep them, compared with the ledger and brought in.

    work = ListWork("places", Path("houses.xlsx"), target, layout)
    work.compare().counts()                      # {"new": 1000, "changed": 0, …}
    work.bring_in(Importer(account, key))

The life of a row: `sheets` fills merged cells, `layout` finds the columns, `cells` and `doors` understand what is in
them, `records` says what a row is, `houses` and `people` compare it with the ledger and sign what is to be done,
`side` remembers which is which, `recover` finds that out anew, `difference` is what is told.
"""

from __future__ import annotations

import time as system_time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from linlian.imports.lists.difference import Difference
from linlian.imports.lists.houses import Houses
from linlian.imports.lists.inviting import Invite
from linlian.imports.lists.layout import NOTHING_SAID, Layout, find_tables
from linlian.imports.lists.people import People
from linlian.imports.lists.records import survey_houses, survey_people
from linlian.imports.lists.recover import forgotten, recover
from linlian.imports.lists.sheets import read_sheets
from linlian.imports.lists.side import FILE, Side
from linlian.imports.requests import Target, quietly
from linlian.imports.signing import Importer, Signer
from linlian.imports.survey import Progress

What = Literal["places", "people"]


class _Open(NamedTuple):
    houses: Houses
    people: People
    forgotten: int


@dataclass(frozen=True)
class ListWork:
    """One file of houses or people. `root` is the community's place, b"" if there is none yet or it is remembered.

    `data` is the file's content where it did not come from a disk; then `path` is its name alone.
    """

    what: What
    path: Path
    target: Target
    layout: Layout = NOTHING_SAID
    encoding: str = ""
    root: bytes = b""
    data: bytes | None = None

    def compare(self, progress: Progress = quietly, importer: Importer | None = None) -> Difference:
        """Say what an import would do, and do none of it. Raises ImportFailed.

        With an importer what the side table has lost is looked into first, which is on the record; without one nothing
        is written on the ledger, and the difference says how much was not looked into (`forgotten`).
        """
        started = system_time.monotonic()
        with self._opened(importer) as (houses, people, lost):
            tables = find_tables(read_sheets(self.path, self.encoding, self.data), self.what, self.layout)
            if self.what == "places":
                found = houses.compare(survey_houses(tables, self.layout))
            else:
                found = people.compare(survey_people(tables, self.layout))
        progress(len(found.findings), len(found.findings))
        found.forgotten = lost
        found.seconds = system_time.monotonic() - started
        return found

    def bring_in(self, importer: Importer, progress: Progress = quietly, invite: Invite | None = None) -> Difference:
        """Do it. Raises ImportFailed. The importer is a clerk; the same again changes nothing, or continues."""
        started = system_time.monotonic()
        with self._opened(importer) as (houses, people, _):
            tables = find_tables(read_sheets(self.path, self.encoding, self.data), self.what, self.layout)
            if self.what == "places":
                signer = Signer(self.target.ledger.chain, importer)
                found = houses.bring_in(survey_houses(tables, self.layout), signer, progress)
            else:
                found = people.bring_in(survey_people(tables, self.layout), progress, invite)
        found.seconds = system_time.monotonic() - started
        return found

    def letters_written(self) -> None:
        """The letters are in their file; the secrets need not be kept here."""
        with closing(Side(self.target.folder / FILE)) as side:
            side.letters_written()

    @contextmanager
    def _opened(self, importer: Importer | None) -> Iterator[_Open]:
        """What is remembered, brought up to the ledger's head if somebody looks."""
        with closing(Side(self.target.folder / FILE)) as side:
            houses = Houses(self.target, side, self.root)
            people = People(self.target, side, houses, importer)
            if importer is not None:
                recover(self.target, side, houses, people, importer)
            lost = 0 if importer is not None else forgotten(self.target, side).many
            yield _Open(houses, people, lost)


__all__ = ["Difference", "ListWork", "What"]
