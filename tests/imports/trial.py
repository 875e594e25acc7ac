"""A published set into a new ledger, and then: is everything there, and can anybody check it?

The product is asked through its read model; what it should say was counted from the raw file (`counted`). Receipts and
the history of a place are checked as files, by nothing but `kernel.proof` and the operator's public key.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from linlian.imports import Report, Source, import_requests, load, rehearse_requests
from linlian.imports.records import LABEL_CHARS_MAX, slug
from linlian.kernel import codec
from linlian.kernel.block import PLACE_BYTES
from linlian.kernel.contract import compose
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.proof import HistoryFile, ReceiptFile, check_history, check_receipt, read_file
from linlian.node.source import queries, views
from linlian.readmodel.database import Database
from linlian.readmodel.rebuild import rebuild
from linlian.readmodel.sqlite import SqliteHome
from tests.imports.community import HARMONY, OPERATOR, Community, open_community
from tests.imports.counted import Counted, Published, count

RECEIPTS = 25
TellFigure = Callable[[str, str], None]


@dataclass
class Trial:
    """One set, imported into the ledger of `community`."""

    told: Published
    source: Source
    expected: Counted
    community: Community
    database: Database

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """Any SQL over the product's rows."""
        return self.database.plain(sql, 1_000_000)[1]

    def ask(self, name: str, **values: Any) -> list[Any]:
        """The rows of one of the product's own queries."""
        with self.database.reading() as db:
            return list(queries()[name].ask(db, values))

    def external(self, identifier: str) -> bytes:
        """How the ledger knows a record: SHA-256 of compose(source, its id)."""
        return sha256(compose(self.source.mapping.source, identifier)).digest()

    def check_counts(self) -> None:
        """By state, category, on time and overdue."""
        names = self.expected.categories
        room = LABEL_CHARS_MAX - len(self.source.mapping.source) - 1
        labels = {
            name if name in self.told.our.values() else f"{self.source.mapping.source}.{slug(name, room)}": rows
            for name, rows in names.items()
        }
        assert len(labels) == len(names)
        states = {"closed": self.expected.states["closed"], "reported": self.expected.states["open"]}
        counted = {"state": states, "category": labels, "timeliness": self.expected.timeliness}
        for column, expected in counted.items():
            found = self.ask("repairs.counts", by=column)
            assert {row.value: row.imported for row in found} == expected, column
        assert self.rows("SELECT COUNT(*) FROM repairs_request WHERE source = ''") == [(0,)]

    def check_instant(self) -> int:
        """Closed within ten minutes: the product's own count. Closed in less: what it flags."""
        (share,) = self.ask("repairs.closed_within", minutes=10)
        assert (share.requests, share.within) == (self.expected.rows, self.expected.within_ten_minutes)
        assert self.rows("SELECT COUNT(*) FROM repairs_request WHERE instant") == [(self.expected.under_ten_minutes,)]
        per_mille: int = share.within_per_mille
        return per_mille

    def check_repeats(self) -> None:
        """Exactly the pairs that the raw file holds."""
        found = self.rows(
            "SELECT r.external, e.external FROM repairs_request AS r"
            " JOIN repairs_repeat AS l ON l.case_id = r.case_id JOIN repairs_request AS e ON e.case_id = l.repeat_of"
        )
        assert {*found} == {(self.external(a), self.external(b)) for a, b in self.expected.repeats}

    def check_receipts(self, number: int) -> None:
        """Records taken at random, each proved by its receipt as a file."""
        (first, *_) = self.rows("SELECT COUNT(*) FROM repairs_request")
        assert first == (self.expected.rows,)
        known = self.rows(
            "SELECT r.external, i.item_id FROM repairs_request AS r"
            " JOIN repairs_step AS s ON s.case_id = r.case_id"
            " JOIN ledger_item AS i ON i.height = s.height AND i.receipt = s.receipt ORDER BY r.external"
        )
        for external, item_id in random.Random(1).sample(known, number):
            assert isinstance(item_id, bytes)
            file = read_file(codec.encode(self.community.ledger.prove_receipt(item_id)))
            assert isinstance(file, ReceiptFile)
            verdict = check_receipt(file, self._trust)
            assert (verdict.outcome, verdict.command) == ("accepted", "repairs.record_history")
            assert [signer.public_key for signer in verdict.vouched.trusted] == [OPERATOR.public_key]
            ((name, occurred_at, fields),) = verdict.entries
            assert (name, fields["external"]) == ("repairs.history_recorded", external)
            assert occurred_at == fields["reported_at"] < verdict.time

    def check_busiest_place(self) -> int:
        """The complete history of the place with the most records; with one left out it is no longer complete."""
        ids, number = self.expected.busiest
        ((place,),) = self.rows(f"SELECT place FROM repairs_request WHERE external = x'{self.external(ids[0]).hex()}'")
        assert isinstance(place, bytes)
        file = read_file(codec.encode(self.community.ledger.prove_history(place)))
        assert isinstance(file, HistoryFile)
        history = check_history(file, self._trust)
        assert (history.count, history.withheld) == (1 + number, 0)
        assert history.entries[0][1] == "places.place_registered"
        recorded = {fields["external"] for _, name, _, fields in history.entries if name == "repairs.history_recorded"}
        assert recorded == {self.external(identifier) for identifier in ids}
        shortened = codec.replace(
            file,
            entries=file.entries[:5] + file.entries[6:],
            places=file.places[: 5 * PLACE_BYTES] + file.places[6 * PLACE_BYTES :],
        )
        with pytest.raises(ProofInvalid, match=r"kernel\.history_incomplete"):
            check_history(shortened, self._trust)
        return history.count

    @property
    def _trust(self) -> dict[str, list[bytes]]:
        return {f"linlian/{self.community.ledger.chain}/operator": [OPERATOR.public_key]}


def run(folder: Path, told: Published, file: Path, tell: TellFigure) -> None:
    """Import a set and check everything. Raises AssertionError with the first thing that differs."""
    expected = count(file, told)
    source = Source(file, load(told.mapping))
    with open_community(folder) as community:
        started = time.monotonic()
        rehearsed = rehearse_requests(source, community.target)
        tell("dry run", f"{time.monotonic() - started:.1f} s")
        started = time.monotonic()
        report = import_requests(source, community.target, HARMONY)
        seconds = time.monotonic() - started
        _check_report(report, rehearsed, expected)
        size_mb = sum(path.stat().st_size for path in folder.glob("ledger.sqlite*")) / 1e6
        tell("imported", f"{report.imported:,} records at {expected.places:,} places, {size_mb:.0f} MB of ledger")
        rates = f"{report.imported / seconds:,.0f} rows/s, {(report.imported + report.places) / seconds:,.0f} tx/s"
        tell("speed", f"{seconds:.1f} s from opening the file: {rates}")
        again = import_requests(source, community.target, HARMONY)
        assert (again.imported, again.already_there, again.places) == (0, expected.rows, 0)
        path = folder / "readmodel.sqlite"
        home = SqliteHome(path)
        rebuild(community.ledger.follow(0), community.ledger.head.height, home, views())
        database = home.open(views())
        try:
            _check(Trial(told, source, expected, community, database), tell)
        finally:
            database.close()


def _check(trial: Trial, tell: TellFigure) -> None:
    expected = trial.expected
    trial.check_counts()
    tell("counts", f"{expected.states} {expected.timeliness} {len(expected.categories)} categories")
    per_mille = trial.check_instant()
    within = f"{expected.within_ten_minutes:,} of {expected.rows:,}"
    tell("closed within ten minutes", f"{within}, {per_mille / 10:.1f} %: by SQL over the file and by the product")
    trial.check_repeats()
    tell("repeats", f"{len(expected.repeats):,}, each the same pair as by SQL over the file")
    trial.check_receipts(RECEIPTS)
    tell("receipts", f"{RECEIPTS} taken at random, each checked offline")
    tell("busiest place", f"complete history of {trial.check_busiest_place()} entries, checked offline")


def _check_report(report: Report, rehearsed: Report, expected: Counted) -> None:
    assert (report.rows, report.imported, report.already_there) == (expected.rows, expected.rows, 0)
    assert report.rejected == []
    assert report.states == rehearsed.states == expected.states
    assert report.timeliness == rehearsed.timeliness == expected.timeliness
    assert report.categories == rehearsed.categories
    assert sorted(report.categories.values()) == sorted(expected.categories.values())
    assert report.places == rehearsed.places
