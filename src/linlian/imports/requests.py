"""`linlian import requests`: a file of service requests, from the first look to the report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from linlian.engine.ledger import Ledger
from linlian.imports.mapping import Mapping
from linlian.imports.places import SideTable
from linlian.imports.report import Report, rejected_path, report, write_rejected
from linlian.imports.running import Present, Run, Sealer, rehearse
from linlian.imports.signing import Importer, Signer
from linlian.imports.survey import Progress, Survey, survey
from linlian.kernel.rulebook import Rulebook

SIDE_TABLE = "imports.sqlite"


def quietly(_done: int, _of: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where it goes: a ledger and its rules, what seals for it, and the node's folder."""

    ledger: Ledger
    rules: Rulebook
    sealer: Sealer
    folder: Path


@dataclass(frozen=True, slots=True)
class Source:
    """What is imported: a file, how it is to be read, and its encoding if that is neither UTF-8 nor in the mapping."""

    path: Path
    mapping: Mapping
    encoding: str = ""


def rehearse_requests(
    source: Source, target: Target, reading: Progress = quietly, importing: Progress = quietly
) -> Report:
    """Say what an import would do, and write nothing. Raises ImportFailed."""
    with _prepared(source, target, reading, keep=False) as (found, present):
        return report(found, rehearse(found, present, importing), None)


def import_requests(
    source: Source, target: Target, importer: Importer, reading: Progress = quietly, importing: Progress = quietly
) -> Report:
    """Import a file. Raises ImportFailed.

    The importer is a clerk of the property company or of a government office. The same again imports nothing twice:
    it continues what was cut off.
    """
    with _prepared(source, target, reading, keep=True) as (found, present):
        run = Run(present, target.ledger, Signer(target.ledger.chain, importer), target.sealer)
        told = report(found, run.carry_out(found, importing), rejected_path(source.path))
        if told.rejected_file is not None:
            write_rejected(told.rejected_file, told.rejected)
        return told


@contextmanager
def _prepared(source: Source, target: Target, reading: Progress, keep: bool) -> Iterator[tuple[Survey, Present]]:
    """The file read through, and what the ledger has of its source."""
    with (
        closing(survey(source.path, source.mapping, source.encoding, target.ledger.clock(), reading)) as found,
        closing(SideTable(target.folder / SIDE_TABLE, keep)) as side,
    ):
        yield found, Present(source.mapping.source, target.ledger, target.rules.tables, side)
