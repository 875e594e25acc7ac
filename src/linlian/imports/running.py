"""The import itself: round by round, each record one signed transaction through the front door.

    survey → what is not on the ledger yet → places and rows sealed → signed → handed in, 500 at a time → answers

Rules
- What is on the ledger decides what is left to do. So a run that was cut off, by whatever, is continued by running it
  again, and the ledger itself refuses a second record of the same identity.
- Rows are sealed and on the disk before their commitments are handed in: nothing on the ledger points to nothing.
- A refusal concerns its row: it is reported and the others go on. Whatever else goes wrong stops the run.
- A round is prepared while the ledger rests, and waited for while the importer does: in one process they would take
  the interpreter from each other at every signature, which makes both half as fast.
"""

from __future__ import annotations

import json
import time as system_time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from linlian.engine.ledger import Final, Ledger
from linlian.imports.places import NewPlace, Places, SideTable, Tables
from linlian.imports.problems import ImportFailed, RowRejected
from linlian.imports.reading import Row
from linlian.imports.records import Record
from linlian.imports.signing import Signer
from linlian.imports.survey import Progress, Survey
from linlian.kernel.codec import Content
from linlian.kernel.contract import Reader
from linlian.kernel.errors import Busy, LinlianError, Refused

ROUND_RECORDS = 1000
BATCH_TRANSACTIONS = 500
BUSY_S_MAX = 60.0

RECORD = "repairs.record_history"
REGISTER = "places.register_place"


class Sealer(Protocol):
    """Where sealed content is kept; `vault.Contents`."""

    def put_many(self, plaintexts: Sequence[bytes]) -> list[Content]:
        """Seal and keep all, durably."""

    def open(self, ledger: Ledger, reading: bytes, reader: bytes, commitment: bytes) -> bytes:
        """The plaintext, for a committed reading. Raises LinlianError if it is not here, or may not be opened."""


@dataclass(slots=True)
class Outcome:
    """What became of the records: how many are on the ledger now, and what the ledger refused."""

    imported: int = 0
    already_there: int = 0
    places: int = 0
    refused: list[tuple[Row, RowRejected]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def answered(self) -> int:
        """How many records it is known of."""
        return self.imported + self.already_there + len(self.refused)


class Present:
    """What of a source the ledger has already: its records, and the places where they were."""

    def __init__(self, source: str, ledger: Reader, tables: Tables, side: SideTable):
        self.source = source
        self.places = Places(source, ledger, tables, side)
        self._ledger = ledger
        self._imported, self._cases = tables["repairs.imported"], tables["repairs.case"]

    def has(self, record: Record) -> bool:
        """Whether the ledger has it, whoever imported it. If so, it says where it was."""
        found = self._imported.get(self._ledger, record.external)
        if found is None:
            return False
        case = self._cases.get(self._ledger, found.case)
        assert case is not None, "an imported record is a case"
        self.places.learn(record, case.place)
        return True


def rehearse(survey: Survey, present: Present, progress: Progress) -> Outcome:
    """What there would be to do; nothing is written anywhere."""
    outcome = Outcome()
    for number, record in enumerate(survey.records(), 1):
        if present.has(record):
            outcome.already_there += 1
        else:
            present.places.need(record)
        if number % ROUND_RECORDS == 0:
            progress(number, len(survey))
    outcome.places = len(present.places.new)
    return outcome


class Run:
    """One import into a ledger."""

    def __init__(self, present: Present, ledger: Ledger, signer: Signer, sealer: Sealer):
        self._present = present
        self._places = present.places
        self._ledger = ledger
        self._signer = signer
        self._sealer = sealer
        self.outcome = Outcome()

    def carry_out(self, survey: Survey, progress: Progress) -> Outcome:
        """Import all that is not there. Raises ImportFailed; then the same again continues."""
        started = system_time.monotonic()
        waiting: list[Record] = []
        for record in survey.records():
            if self._present.has(record):
                self.outcome.already_there += 1
                continue
            waiting.append(record)
            if len(waiting) == ROUND_RECORDS:
                self._round(waiting)
                waiting.clear()
                progress(self.outcome.answered, len(survey))
        self._round(waiting)
        progress(self.outcome.answered, len(survey))
        self.outcome.seconds = system_time.monotonic() - started
        return self.outcome

    def _round(self, records: list[Record]) -> None:
        """Import some records and wait until it is known what became of each."""
        if not records:
            return
        for record in records:
            self._places.need(record)
        named = [place for place in self._places.new if place.name]
        sealed = self._sealer.put_many([*(p.name.encode() for p in named), *(r.original for r in records)])
        names = {place.key: content for place, content in zip(named, sealed, strict=False)}
        time = self._ledger.clock()
        places = self._places.register(lambda place: self._registration(place, names.get(place.key), time))
        raws = places + [
            self._signer.transaction(RECORD, self._fields(record, content), time)
            for record, content in zip(records, sealed[len(named) :], strict=True)
        ]
        answers = hand_in(self._ledger, raws)
        self._settle(answers[: len(places)], records, answers[len(places) :])

    def _registration(self, place: NewPlace, name: Content | None, time: int) -> tuple[bytes, bytes]:
        fields: dict[str, Any] = dict(place.fields)
        if place.holder:
            fields["parent"] = self._places.id_of(place.holder)
        if name is not None:
            fields["name"] = plain_content(name)
        return self._signer.founding(REGISTER, fields, time)

    def _fields(self, record: Record, remainder: Content) -> dict[str, Any]:
        """The command's fields as they are encoded: a time that is none is left out."""
        fields: dict[str, Any] = {
            "source": self._present.source,
            "external": record.external,
            "place": self._places.id_of(record.place),
            "category": record.category,
            "reported_at": record.reported_at,
            "timeliness": record.timeliness,
            "remainder": plain_content(remainder),
        }
        if record.target_at:
            fields["target_at"] = record.target_at
        if record.closed_at:
            fields["closed_at"] = record.closed_at
        return fields

    def _settle(self, places: list[Future[Final]], records: list[Record], answers: list[Future[Final]]) -> None:
        """Wait for the answers of a round and count them."""
        for answer in places:
            no = refusal(answer)
            if no is not None:
                raise _stopped(no) from no
            self.outcome.places += 1
        for record, answer in zip(records, answers, strict=True):
            no = refusal(answer)
            if no is None:
                self.outcome.imported += 1
            elif no.code == "repairs.already_imported":
                self.outcome.already_there += 1
            else:
                row = Row(record.line, json.loads(record.original))
                self.outcome.refused.append((row, RowRejected(no.code, **no.facts)))


def hand_in(ledger: Ledger, raws: Sequence[bytes]) -> list[Future[Final]]:
    """Submit, some hundreds at a time, coming back when a busy engine says so. Raises ImportFailed (`stopped`)."""
    answers: list[Future[Final]] = []
    until = system_time.monotonic() + BUSY_S_MAX
    while len(answers) < len(raws):
        try:
            answers += ledger.submit_many(raws[len(answers) : len(answers) + BATCH_TRANSACTIONS])
            until = system_time.monotonic() + BUSY_S_MAX
        except Busy as busy:
            if system_time.monotonic() > until:
                raise _stopped(busy) from busy
            system_time.sleep(busy.retry_after_ms / 1000)
        except LinlianError as error:
            raise _stopped(error) from error
    return answers


def refusal(answer: Future[Final]) -> Refused | None:
    """Why a transaction was refused, None if it was not. Raises ImportFailed for all that is not about one row."""
    try:
        answer.result()
    except Refused as no:
        if no.code.startswith("identity."):
            raise ImportFailed("import.not_allowed", because=no.code) from no
        return no
    except LinlianError as error:
        raise _stopped(error) from error
    return None


def _stopped(error: LinlianError) -> ImportFailed:
    """`because` is the code of what was in the way; its facts follow."""
    facts = {name: value for name, value in error.facts.items() if name != "because"}
    return ImportFailed("import.stopped", because=error.code, **facts)


def plain_content(content: Content) -> dict[str, bytes]:
    """Content as a field of a command."""
    return {"commitment": content.commitment, "ciphertext_hash": content.ciphertext_hash}
