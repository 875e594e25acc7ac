"""What to write instead, where a field of a record is not of the ledger's vocabulary: whoever imports it is told."""

from __future__ import annotations

from typing import Any

EMPTY = (
    "as a default is left out of the bytes, so it must be empty (0, '', None, False, ()). Write the field without it;"
    " whoever sends it says what they mean"
)
NO_NULL = "null is never written: give a command's or event's field `= None`; in a Row write an empty value instead"
VOCABULARY = "is no bool, bounded int, str or bytes, StrEnum, Literal, record, or bounded tuple of one of these"
TYPES: dict[Any, str] = {
    int: "has no bounds: write Count, Millis or Int, or Annotated[int, Meta(ge=…, le=…)] within ±(2⁵³-1)",
    str: "has no bound: write Label, or add Meta(max_length=…); what people write is a Content, which is sealed",
    bytes: "has no bound: write Id, Hash or Blob, or add Meta(max_length=…)",
    tuple: "has no bound: write Annotated[tuple[…, ...], Meta(max_length=…)], of one type that is never None",
    float: "differs between machines: count in whole units (cents, millilitres, thousandths)",
}
