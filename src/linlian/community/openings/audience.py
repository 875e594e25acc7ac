"""Who may see who looked: the person concerned, the parties of a case, whoever lives there, whoever looked, auditors.

What is told is that somebody looked, never what they saw. Of a home its present occupants learn it from the day on
which they moved in: who looked before that was none of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linlian.community.places.audience import lives_there
from linlian.community.repairs import audience as repairs_audience
from linlian.readmodel.audience import AUDITORS, Audience, Reader, oneself
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Reads


def _lives_since(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    since = lives_there(db, reader.account, asked["place"], time_of(db, 0)) if reader.account else None
    return since is not None and asked["since"] >= since


CONCERNED = oneself("account") | AUDITORS
READER = oneself("reader") | AUDITORS
CASE = repairs_audience.CASE
HOME = Audience("openings.occupants_since", _lives_since) | AUDITORS
"""`since` has to say so."""
