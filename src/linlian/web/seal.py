"""The seal 印: a small picture of a record's transaction id. The same record, the same seal, on screen and on paper.

Rules
- The picture is 7 × 7, its left half mirrored: the first 28 bits of the id, row by row. Beneath it stand six
  characters of Crockford's base 32 (no I, L, O, U), 30 bits from the fifth byte on, to be compared by telephone.
- A seal looks like a proof and is none: it lets people notice that two records are not the same. The receipt proves.
- Only what stands on the ledger bears one; what is sent but not final has it in outline, what failed a check, broken.

`frontend/src/look/seal.ts` draws the same; a test compares them.

    >>> letters(bytes.fromhex("f3a1c44b9d"))
    '...'
"""

from __future__ import annotations

from enum import StrEnum
from html import escape

SIZE = 7
_HALF = 4
_FRAME = (
    '<rect x="1.25" y="1.25" width="31.5" height="31.5" rx="6" fill="none" stroke="currentColor" stroke-width="1.5"/>'
)
_CRACK = '<path class="crack" d="M22 0L15 13l6 5-7 16" fill="none" stroke-width="2.5"/>'
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class SealKind(StrEnum):
    """`line` stands in lists, `own` on the record's page, `sent` before it is final, `broken` after a failed check."""

    LINE = "line"
    OWN = "own"
    SENT = "sent"
    BROKEN = "broken"


def cells(identifier: bytes) -> list[tuple[int, int]]:
    """The dark cells as (column, row), of an id of at least 4 bytes."""
    bits = int.from_bytes(identifier[:4], "big") >> 4
    dark = []
    for row in range(SIZE):
        for column in range(_HALF):
            if bits >> (_HALF * SIZE - 1 - (row * _HALF + column)) & 1:
                dark += [(column, row)] if column == SIZE - 1 - column else [(column, row), (SIZE - 1 - column, row)]
    return sorted(dark, key=lambda cell: (cell[1], cell[0]))


def letters(identifier: bytes) -> str:
    """Six characters of an id of at least 8 bytes."""
    bits = int.from_bytes(identifier[4:8], "big") >> 2
    return "".join(_ALPHABET[bits >> shift & 31] for shift in range(25, -1, -5))


def seal_svg(identifier: bytes, kind: SealKind, label: str) -> str:
    """An SVG of 34 × 34 units in the colour of its class; `label` is what a screen reader says."""
    path = "".join(f"M{6.5 + 3 * column:g} {6.5 + 3 * row:g}h3v3h-3z" for column, row in cells(identifier))
    crack = _CRACK if kind is SealKind.BROKEN else ""
    return (
        f'<svg class="seal {kind.value}" viewBox="0 0 34 34" role="img" aria-label="{escape(label)}">'
        f'{_FRAME}<path d="{path}" fill="currentColor"/>{crack}</svg>'
    )
