"""Who may see which event: one rule for everything that tells of events, streams and webhooks alike.

Rules
- An event is seen in full by its own signer, by whoever may read the whole history of somebody it names, and by
  auditors. Everybody else may know that there was one, of which type, when.
- What somebody may do is read from the ledger's state at the moment of telling.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from linlian.community import identity
from linlian.community.identity import AccountStatus, OrganisationStatus, Role
from linlian.kernel import codec
from linlian.kernel.block import REFUSED
from linlian.kernel.contract import Reader as State
from linlian.kernel.rulebook import Rulebook
from linlian.node import source
from linlian.readmodel.audience import Reader
from linlian.readmodel.entries import FollowedEntry
from linlian.readmodel.view import Reads


class Sight:
    """Implements `notify.telling.Sight` over a ledger's state."""

    def __init__(self, state: State, rulebook: Rulebook):
        self._state = state
        self._subjects = {
            name: tuple(field for field, _ in codec.subject_fields(kind)) for name, kind in rulebook.events.items()
        }

    def named(self, entry: FollowedEntry) -> tuple[bytes, ...]:
        """Whom an entry names: the subjects in whose histories it stands."""
        fields: dict[str, Any] = json.loads(entry.fields)
        names = ("about",) if entry.type == REFUSED else self._subjects.get(entry.type, ())
        values = (fields.get(name) for name in names)
        found = [one for value in values for one in (value if isinstance(value, list) else [value])]
        return tuple(dict.fromkeys(bytes.fromhex(one) for one in found if isinstance(one, str)))

    def sees_all(
        self, db: Reads, reader: Reader, entries: Sequence[FollowedEntry]
    ) -> list[tuple[bool, tuple[bytes, ...]]]:
        """Of each entry, whether it is seen in full, and whom it names."""
        known: dict[bytes, bool] = {}
        found = []
        for entry in entries:
            named = self.named(entry)
            own = reader.account != b"" and entry.signer == reader.account
            full = reader.audits or own or any(self._may_read(db, reader, subject, known) for subject in named)
            found.append((full, named))
        return found

    def sees(self, db: Reads, viewer: bytes, entry: FollowedEntry) -> bool:
        """Whether an account, or an organisation as a whole, sees an entry in full."""
        reader = account_reader(self._state, viewer) or organisation_reader(self._state, viewer)
        return reader is not None and self.sees_all(db, reader, [entry])[0][0]

    def _may_read(self, db: Reads, reader: Reader, subject: bytes, known: dict[bytes, bool]) -> bool:
        if subject not in known:
            known[subject] = may_read(db, reader, subject)
        return known[subject]


def may_read(db: Reads, reader: Reader, subject: bytes) -> bool:
    """Whether a reader may have the whole history of a subject. An outsider never may."""
    if reader.audits or not (reader.account or reader.organisation):
        return reader.audits
    return any(audience.sees(db, reader, {"subject": subject}) for audience in source.subject_audiences())


def account_reader(state: State, account: bytes) -> Reader | None:
    """What an account is at this moment; None if it may not act (any more)."""
    found = identity.account(state, account)
    if found is None or found.status is not AccountStatus.ACTIVE:
        return None
    member = identity.member(state, account)
    if member is None:
        return Reader(account)
    employer = identity.organisation(state, member.organisation)
    if employer is None or employer.status is not OrganisationStatus.ACTIVE:
        return Reader(account)
    roles = frozenset(str(role) for role in member.roles)
    return Reader(account, member.organisation, str(employer.kind), roles, Role.AUDITOR in member.roles)


def organisation_reader(state: State, organisation: bytes) -> Reader | None:
    """An organisation's own systems, which see what its desks see; None if it is not active."""
    found = identity.organisation(state, organisation)
    if found is None or found.status is not OrganisationStatus.ACTIVE:
        return None
    return Reader(b"", organisation, str(found.kind), frozenset((str(Role.DESK), str(Role.DISPATCHER))))
