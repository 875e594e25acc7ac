"""What a real network of CometBFT 0.39.4 said of itself, as light blocks: see tools/vectors/network.py.

Heights 1 and 2: four validators, all signed. 6: one of them is stopped. 7: a fifth comes with ten times the power, and
the others vote for no block. 14: one of the first is gone. 20: another new one. 27: two more of the first are gone. 33:
the last of them has more power than before.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from linlian.engine.light_blocks import light_block_from_rpc
from linlian.kernel.light import LightBlock

FILE = Path(__file__).resolve().parents[1] / "vectors" / "network.json"
TOLD: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
CHAIN: str = TOLD["chain"]
RAW: dict[int, dict[str, Any]] = {int(one["validators"]["block_height"]): one for one in TOLD["blocks"]}


def recorded() -> dict[int, LightBlock]:
    """Height → light block."""
    return {height: light_block_from_rpc(one["commit"], one["validators"]) for height, one in RAW.items()}
