"""Give the nodes that `linlian network make` made the addresses that they have in containers.

    python3 deploy/in_containers.py nodes

Inside its container each node has the same ports; the others are reached by the names of their services. Only
`linlian.toml` and the engine's `config.toml` are changed, so it may be done again.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

P2P, RPC, HTTP = 26656, 26657, 8420
LADDR = {"rpc": f"tcp://127.0.0.1:{RPC}", "p2p": f"tcp://0.0.0.0:{P2P}"}


def main() -> int:
    """0 if all nodes of the folder have been given theirs."""
    root = Path(sys.argv[1])
    codes = [node["code"] for node in tomllib.loads((root / "network.toml").read_text())["node"]]
    homes = {code: root / code / "cometbft" / "config" / "config.toml" for code in codes}
    by_port = {_port(tomllib.loads(home.read_text())["p2p"]["laddr"]): code for code, home in homes.items()}
    for code, home in homes.items():
        told = home.read_text()
        if len(by_port) == len(codes):
            told = re.sub(r"@127\.0\.0\.1:(\d+)", lambda found: f"@{by_port[int(found[1])]}:{P2P}", told)
        for table, laddr in LADDR.items():
            told = re.sub(rf'(\[{table}\]\nladdr = )"[^"]*"', rf'\g<1>"{laddr}"', told)
        home.write_text(told)
        (root / code / "linlian.toml").write_text(f'folder = "."\nhttp = "0.0.0.0:{HTTP}"\n')
    return 0


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


if __name__ == "__main__":
    sys.exit(main())
