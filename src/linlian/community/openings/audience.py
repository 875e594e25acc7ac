"""Who may see who looked: whom it concerns, and whoever looked. Auditors see all of it; nobody else anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linlian.community.repairs.audience import CASE, OF_PLACE
from linlian.readmodel.audience import AUDITORS, Audience, Reader, oneself
from linlian.readmodel.view import Reads


def _of_case(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return asked["case_id"] is not None and CASE.sees(db, reader, asked)


PERSON = oneself("account") | AUDITORS
READER = oneself("reader") | AUDITORS
CONTENTS = oneself("account") | Audience("openings.parties", _of_case) | AUDITORS
"""Of one's own, and of a case that one may see; what is sealed of a home may be of those who lived there before."""

__all__ = ["CASE", "CONTENTS", "OF_PLACE", "PERSON", "READER"]
