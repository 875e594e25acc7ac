"""What a sealed content belongs to: the event that first names its commitment, and whom that event is about.

    BoundContent(event="repairs.repair_reported", field="words", signer=…, roles=("case", "place"), subjects=(…, …))

Rules
- Bound by the kernel whenever an event names content, so that no business can forget it.
- The first event binds, for good. Who names a commitment again, in a case of their own say, moves nothing: whether
  somebody may open a content is asked of what it was first put to.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, get_args, get_type_hints

from linlian.kernel.codec import (
    SUBJECT_BYTES_MAX,
    Content,
    Fields,
    Hash,
    Id,
    Label,
    Meta,
    Row,
    subject_fields,
)
from linlian.kernel.contract import Event, Reader, Table

SUBJECTS_MAX = 16
_Subject = Annotated[bytes, Meta(max_length=SUBJECT_BYTES_MAX)]


class BoundContent(Row):
    """Keyed by commitment. `roles` are the fields under which the event names each of its first 16 `subjects`."""

    event: Label
    field: Label
    signer: Id
    ciphertext_hash: Hash
    roles: Annotated[tuple[Label, ...], Meta(max_length=SUBJECTS_MAX)]
    subjects: Annotated[tuple[_Subject, ...], Meta(max_length=SUBJECTS_MAX)]

    def named(self, role: str) -> bytes | None:
        """The subject that the event names in this field; the first if there are several."""
        return next((subject for name, subject in zip(self.roles, self.subjects, strict=True) if name == role), None)


CONTENTS = Table("kernel.content", BoundContent)


def bound_content(reader: Reader, commitment: bytes) -> BoundContent | None:
    """What a content belongs to; None if no event has named it."""
    return CONTENTS.get(reader, commitment)


@cache
def content_fields(kind: type[Fields]) -> tuple[str, ...]:
    """The fields of a record that hold content: one, none or several of it."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(name for name in kind.__struct_fields__ if _holds_content(hints[name]))


def contents_of(event: Event) -> list[tuple[str, Content]]:
    """(field, content) for each content that an event names."""
    found: list[tuple[str, Content]] = []
    for name in content_fields(type(event)):
        value = getattr(event, name)
        parts = value if isinstance(value, tuple) else () if value is None else (value,)
        found += [(name, part) for part in parts]
    return found


def binding(name: str, field: str, content: Content, event: Event, signer: bytes) -> BoundContent:
    """The row of a content that an event of this wire name is the first to tell of."""
    pairs: list[tuple[str, bytes]] = []
    for role, many in subject_fields(type(event)):
        value = getattr(event, role)
        parts = value if many else () if value is None else (value,)
        pairs += [(role, part) for part in parts]
    roles, subjects = [role for role, _ in pairs], [subject for _, subject in pairs]
    return BoundContent(
        event=name,
        field=field,
        signer=signer,
        ciphertext_hash=content.ciphertext_hash,
        roles=tuple(roles[:SUBJECTS_MAX]),
        subjects=tuple(subjects[:SUBJECTS_MAX]),
    )


def _holds_content(annotation: Any) -> bool:
    return annotation is Content or any(_holds_content(part) for part in get_args(annotation))
