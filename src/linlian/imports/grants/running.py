"""Bringing a package in: what is not there yet, sealed, signed, handed in and waited for.

Rules
- Before anything is written all of the file has been judged. If a grant of it is wrong nothing is brought in, unless
  whoever brings it in says that the wrong ones stay out.
- What is on the ledger decides what is left to do: the same file again changes nothing, or goes on where it stopped.
- A grant that is there with other sums, another day or another funder is no repetition but a contradiction; it is told.
- Content is sealed and on the disk before its commitment is handed in.
"""

from __future__ import annotations

import time as system_time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from linlian.imports.grants.packages import Entry, Package
from linlian.imports.problems import ImportFailed, RowRejected
from linlian.imports.requests import Target
from linlian.imports.running import hand_in, plain_content, refusal
from linlian.imports.signing import Importer, Signer
from linlian.imports.survey import Progress
from linlian.kernel.contract import compose

ROUND_GRANTS = 500

PUBLISH = "grants.record_publication"
RECORD = "grants.record_grant"


@dataclass(slots=True)
class GrantReport:
    """What became of a package. `awarded` and `disbursed` are hundredths by currency, of all that is right in it."""

    grants: int
    awarded: Counter[str] = field(default_factory=Counter)
    disbursed: Counter[str] = field(default_factory=Counter)
    to_persons: int = 0
    imported: int = 0
    already_there: int = 0
    rejected: list[RowRejected] = field(default_factory=list)
    publication: bytes = b""
    digest: bytes = b""
    seconds: float = 0.0

    def reasons(self) -> Counter[str]:
        """How often each code."""
        return Counter(problem.code for problem in self.rejected)

    def as_plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "grants": self.grants,
            "awarded_minor": dict(self.awarded),
            "disbursed_minor": dict(self.disbursed),
            "to_persons": self.to_persons,
            "imported": self.imported,
            "already_there": self.already_there,
            "rejected": [{"code": each.code, "facts": each.facts} for each in self.rejected],
            "publication": self.publication.hex(),
            "digest": self.digest.hex(),
            "milliseconds": int(self.seconds * 1000),
        }


class GrantRun:
    """One package and the ledger that it is for."""

    def __init__(self, package: Package, target: Target):
        self._package = package
        self._target = target
        self._tables = target.rules.tables
        self.report = GrantReport(package.grants, digest=package.digest, rejected=list(package.rejected))

    def compare(self) -> list[Entry]:
        """What is not on the ledger yet. What is there and says otherwise is reported as rejected."""
        waiting, report = [], self.report
        grants = self._tables["grants.grant"]
        for entry in self._package.entries:
            known = grants.get(self._target.ledger, entry.external)
            differs = [] if known is None else _differences(entry, known)
            if differs:
                report.rejected.append(RowRejected("import.differs_from_ledger", at=entry.at, fields=",".join(differs)))
                continue
            if known is None:
                waiting.append(entry)
            else:
                report.already_there += 1
            report.awarded[entry.currency] += entry.amount_minor
            report.disbursed[entry.currency] += entry.disbursed_minor
            report.to_persons += entry.to_person
        report.rejected.sort(key=_place_of)
        return waiting

    def carry_out(self, importer: Importer, leave_out: bool, progress: Progress) -> GrantReport:
        """Bring in all that is not there. Raises ImportFailed; then the same again goes on."""
        started = system_time.monotonic()
        waiting = self.compare()
        if waiting and (leave_out or not self.report.rejected):
            signer = Signer(self._target.ledger.chain, importer)
            self.report.publication = self._publication(signer, importer, len(waiting))
            for start in range(0, len(waiting), ROUND_GRANTS):
                self._round(signer, waiting[start : start + ROUND_GRANTS])
                progress(start + len(waiting[start : start + ROUND_GRANTS]), len(waiting))
        self.report.seconds = system_time.monotonic() - started
        return self.report

    def _publication(self, signer: Signer, importer: Importer, grants: int) -> bytes:
        """The one that was begun with this file and is not whole, or a new one."""
        ledger, package = self._target.ledger, self._package
        begun = self._begun(importer)
        if begun:
            return begun
        (content,) = self._target.sealer.put_many([package.around])
        fields = {
            "digest": package.digest,
            "size_bytes": package.size_bytes,
            "grants": grants,
            "package": plain_content(content),
        }
        raw, identifier = signer.founding(PUBLISH, fields, ledger.clock())
        (answer,) = hand_in(ledger, [raw])
        no = refusal(answer)
        if no is not None:
            raise ImportFailed("import.stopped", because=no.code) from no
        return identifier

    def _begun(self, importer: Importer) -> bytes:
        ledger, tables = self._target.ledger, self._tables
        member = tables["identity.member"].get(ledger, importer.account)
        key = b"" if member is None else compose(member.organisation, self._package.digest)
        file = tables["grants.file"].get(ledger, key) if key else None
        found = None if file is None else tables["grants.publication"].get(ledger, file.publication)
        return file.publication if file is not None and found is not None and found.recorded < found.grants else b""

    def _round(self, signer: Signer, entries: Sequence[Entry]) -> None:
        """Bring in some, and wait until it is known what became of each."""
        sealed = self._target.sealer.put_many(
            [part for each in entries for part in (each.remainder, each.person) if part]
        )
        contents, time = iter(sealed), self._target.ledger.clock()
        raws = []
        for entry in entries:
            fields = _fields(entry, self.report.publication)
            fields["remainder"] = plain_content(next(contents))
            if entry.person:
                fields["person"] = plain_content(next(contents))
            raws.append(signer.transaction(RECORD, fields, time))
        for entry, answer in zip(entries, hand_in(self._target.ledger, raws), strict=True):
            no = refusal(answer)
            if no is None:
                self.report.imported += 1
            elif no.code == "grants.grant_known":
                self.report.already_there += 1
            elif no.code in ("grants.not_yours", "grants.publication_whole", "grants.unknown_publication"):
                raise ImportFailed("import.stopped", because=no.code) from no
            else:
                self.report.rejected.append(RowRejected(no.code, at=entry.at, **no.facts))


def _fields(entry: Entry, publication: bytes) -> dict[str, Any]:
    """The command's fields as they are encoded: what is empty is left out."""
    fields: dict[str, Any] = {
        "publication": publication,
        "external": entry.external,
        "funder": entry.funder,
        "currency": entry.currency,
        "amount_minor": entry.amount_minor,
        "awarded_at": entry.awarded_at,
    }
    if entry.disbursed_minor:
        fields["disbursed_minor"] = entry.disbursed_minor
    if entry.to_person:
        fields["to_person"] = True
    return fields


def _differences(entry: Entry, known: Any) -> list[str]:
    names = ("funder", "currency", "amount_minor", "disbursed_minor", "awarded_at", "to_person")
    return [name for name in names if getattr(entry, name) != getattr(known, name)]


def _place_of(problem: RowRejected) -> tuple[int, str]:
    at = str(problem.facts.get("at", ""))
    number = at.removeprefix("/grants/").partition("/")[0]
    return (int(number) if number.isdecimal() else 0, at)
