"""Who may see what a query gives. Nobody, unless the query says otherwise.

    @views.query(seen_by=parties | AUDITORS)
    def request(db: Reads, case_id: Id) -> RequestRow | None: ...

Rules
- An audience is asked before the query runs, with the reader as the ledger has them at this moment, and with the
  values that the query is asked with. It answers yes or no; "there is none" and "not for you" look alike.
- An audience reads rows and nothing else. Those of a business stand in its `audience.py`, with a label in words.
- Whoever runs the node reads its rows directly (`linlian show`); audiences are for everybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Sees: TypeAlias = Callable[[Any, "Reader", Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever asks. An outsider has no account; a resident no organisation; `audits` is an auditor's right."""

    account: bytes = b""
    organisation: bytes = b""
    kind: str = ""
    roles: frozenset[str] = frozenset()
    audits: bool = False


OUTSIDER = Reader()


@dataclass(frozen=True, slots=True)
class Audience:
    """A named yes or no. `a | b` is whoever is in one of them."""

    name: str
    sees: Sees

    @property
    def names(self) -> tuple[str, ...]:
        """The names it is made of."""
        return tuple(self.name.split(" | "))

    def __or__(self, other: Audience) -> Audience:
        return Audience(
            f"{self.name} | {other.name}",
            lambda db, reader, asked: self.sees(db, reader, asked) or other.sees(db, reader, asked),
        )


NOBODY = Audience("nobody", lambda _db, _reader, _asked: False)
EVERYBODY = Audience("everybody", lambda _db, _reader, _asked: True)
"""Outsiders too: what it gives must not let two cases of one dwelling or one person be linked."""
KNOWN = Audience("known", lambda _db, reader, _asked: reader.account != b"")
"""Whoever has an account here."""
AUDITORS = Audience("auditors", lambda _db, reader, _asked: reader.audits)


def oneself(parameter: str) -> Audience:
    """Whoever asks about their own account."""
    return Audience("oneself", lambda _db, reader, asked: reader.account != b"" and asked[parameter] == reader.account)


def own_organisation(parameter: str) -> Audience:
    """The people of the organisation that is asked about."""
    return Audience(
        "own_organisation",
        lambda _db, reader, asked: reader.organisation != b"" and asked[parameter] == reader.organisation,
    )
