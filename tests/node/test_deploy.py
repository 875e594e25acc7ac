"""What `deploy/` says of the folders that `linlian network make` makes is true."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from linlian.kernel.crypto import SoftwareKey
from linlian.node.network import write_network_file
from linlian.node.several import make_network

ROOT = Path(__file__).parents[2]
CODES = ("street", "property", "owners", "auditor")
KINDS = ("government", "property_company", "owners_committee", "third_party")


@pytest.mark.parametrize("times", [1, 2])
def test_in_containers_the_nodes_find_one_another_by_name(tmp_path: Path, times: int) -> None:
    keys = {code: SoftwareKey("ed25519", bytes([number + 1]) * 32) for number, code in enumerate(CODES)}
    founders = [(kind, code, "ed25519", keys[code].public_key) for code, kind in zip(CODES, KINDS, strict=True)]
    made = make_network(tmp_path, "sunrise", founders)
    write_network_file(tmp_path, made)
    for _ in range(times):
        subprocess.run([sys.executable, str(ROOT / "deploy" / "in_containers.py"), str(tmp_path)], check=True)
    for node in made.nodes:
        told = tomllib.loads((node.folder / "cometbft" / "config" / "config.toml").read_text())
        peers = {f"{other.keys.node_id}@{other.code}:26656" for other in made.nodes if other != node}
        assert set(told["p2p"]["persistent_peers"].split(",")) == peers
        assert told["p2p"]["laddr"] == "tcp://0.0.0.0:26656"
        assert told["rpc"]["laddr"] == "tcp://127.0.0.1:26657"
        assert tomllib.loads((node.folder / "linlian.toml").read_text())["http"] == "0.0.0.0:8420"


def test_the_compose_file_has_a_service_for_each_usual_founder() -> None:
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    for code in CODES:
        assert f"  {code}:\n" in text
        assert f"../nodes/{code}:/var/lib/linlian" in text
