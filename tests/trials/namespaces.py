"""Each node in a network namespace of its own, all at one bridge; who is cut off is moved to another bridge.

Frames are lost then as on a cable that is cut: connections stay, nothing is told, and TCP tries again ever later. It
needs root and `ip`; `links` does the like without.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable

from linlian.engine.cometbft.home import Addresses, Peer, write_config
from linlian.node.network import PROGRAM
from tests.trials.network import TrialNetwork, moved

P2P, RPC = 26_656, 26_657
SUBNET = "10.231.77"


def may_be_made() -> str:
    """Why there can be no namespaces here, if so."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "only root can make network namespaces, with `ip`"
    probe = f"lltry{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode:
        return "this machine permits no network namespaces"
    _ip("netns", "del", probe)
    return ""


class Namespaces:
    """The cables of a network whose nodes are not running yet; `cut` and `heal` as `links.Links`."""

    def __init__(self, network: TrialNetwork):
        self._mark = str(os.getpid() % 100_000)
        self._bridges = (f"lla{self._mark}", f"llb{self._mark}")
        self._codes = network.codes
        for bridge in self._bridges:
            _ip("link", "add", bridge, "type", "bridge")
            _ip("link", "set", bridge, "up")
        for number, code in enumerate(self._codes):
            self._make(number)
            node = network.nodes[code]
            addresses = Addresses(p2p=f"{_address(number)}:{P2P}", rpc=f"127.0.0.1:{RPC}")
            network.nodes[code] = moved(node, addresses)
            network.programs[code] = ("ip", "netns", "exec", self._name(number), *PROGRAM)
        for code, node in network.nodes.items():
            peers = [Peer(other.keys.node_id, other.addresses.p2p) for other in network.nodes.values() if other != node]
            write_config(network.engine_home(code), code, node.addresses, peers)
        network.wires = self

    def cut(self, here: Iterable[str], there: Iterable[str], *, hang_up: bool = False) -> None:
        """Those `here` are alone with one another from now on."""
        assert {*here, *there} == {*self._codes}, "everybody is on one side"
        assert not hang_up, "a cable that is cut tells nobody"
        for code in here:
            self._plug(code, self._bridges[1])

    def heal(self) -> None:
        for code in self._codes:
            self._plug(code, self._bridges[0])

    def close(self) -> None:
        """The nodes have ended before."""
        for number in range(len(self._codes)):
            _ip("netns", "del", self._name(number))
        for bridge in self._bridges:
            _ip("link", "del", bridge)

    def _make(self, number: int) -> None:
        name, ours, inside = self._name(number), self._port(number), f"lli{self._mark}-{number}"
        _ip("netns", "add", name)
        _ip("link", "add", ours, "type", "veth", "peer", "name", inside)
        _ip("link", "set", inside, "netns", name)
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "address", "add", f"{_address(number)}/24", "dev", inside)
        _ip("-n", name, "link", "set", inside, "up")
        _ip("link", "set", ours, "master", self._bridges[0], "up")

    def _plug(self, code: str, bridge: str) -> None:
        _ip("link", "set", self._port(self._codes.index(code)), "master", bridge)

    def _name(self, number: int) -> str:
        return f"ll{self._mark}-{number}"

    def _port(self, number: int) -> str:
        return f"llv{self._mark}-{number}"


def _address(number: int) -> str:
    return f"{SUBNET}.{number + 1}"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
