"""Who of a list is invited, and whose hands hold the secrets of the one-time keys.

    Invite(secret_here)                              # made here; they leave in the sealed file of letters
    Invite(pool.take, one_a_home=True)               # made elsewhere: only public halves ever come here

Rules
- `fresh` gives the public half of a one-time key, and what is remembered of it until the letters are written.
- With `one_a_home` a home has one letter: to its first owner on the list, else to whoever stands first of the others.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import NamedTuple

from linlian.imports.lists.records import Person, Where
from linlian.kernel.crypto import SoftwareKey

RANKS = ("owner", "co_owner", "company", "tenant", "family", "agent")


class Invite(NamedTuple):
    """How newcomers are invited."""

    fresh: Callable[[], tuple[bytes, bytes]]
    one_a_home: bool = False


def secret_here() -> tuple[bytes, bytes]:
    """A one-time key of this process: its public half, and its secret."""
    secret = secrets.token_bytes(32)
    return SoftwareKey("ed25519", secret).public_key, secret


def addressed(people: Iterable[Person], one_a_home: bool) -> frozenset[Where]:
    """The rows of those to whom a letter may be written."""
    people = list(people)
    if not one_a_home:
        return frozenset(person.where for person in people)
    first: dict[tuple[str, ...], Person] = {}
    for person in people:
        before = first.setdefault(person.door.key, person)
        if RANKS.index(person.capacity) < RANKS.index(before.capacity):
            first[person.door.key] = person
    return frozenset(person.where for person in first.values())
