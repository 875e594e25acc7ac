"""A network of nodes on this machine: made, started, stopped, looked at, and broken on purpose.

    root/network.toml              the chain, and for each node its name, its kind and its ports
    root/<node>/                   a node's folder, as `node.folder` says
    root/<node>/output.log         what it said          root/<node>/process.pid    its process

It is for trying: real organisations each run one folder on a machine of their own (`deploy/`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from linlian.engine.cometbft.process import PID_FILE, find_binary
from linlian.engine.cometbft.rpc import EngineAway, Rpc, RpcError
from linlian.engine.local import LocalLedger
from linlian.kernel.errors import LinlianError
from linlian.node import folder as place
from linlian.node.folder import NodeError
from linlian.node.several import MadeNetwork, rpc_of
from linlian.settings import FILE_NAME

FILE = "network.toml"
PID = "process.pid"
LOG = "output.log"
READY_S = 90.0
END_S = 20.0
LOOK_AGAIN_S = 0.1
WAYS = ("kill", "kill-node", "kill-engine", "pause", "resume")
"""How a node can be broken: all of it, its own process alone, its engine alone; stopped, and let go on."""
PROGRAM = (sys.executable, "-c", "from linlian.cli.start import main; main()")
"""The program `linlian`, whatever it is called on this machine."""


class NodePlace(NamedTuple):
    """A node of the network as its file says."""

    code: str
    kind: str
    folder: Path
    http: str


class NodeStatus(NamedTuple):
    """How a node stands; heights of −1 and "" where it does not answer."""

    code: str
    kind: str
    folder: Path
    http: str
    process: int
    height: int
    state_root: str
    engine_height: int
    peers: int


def write_network_file(root: Path, made: MadeNetwork) -> None:
    """Say what is in a root, for `start` and the rest."""
    lines = [f'chain = "{made.chain}"']
    for node in made.nodes:
        lines += ["", "[[node]]", f'code = "{node.code}"', f'kind = "{node.kind}"', f'http = "{node.http}"']
    (root / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_network_file(root: Path) -> tuple[str, list[NodePlace]]:
    """The chain and its nodes. Raises NodeError (`node.no_network_here`)."""
    try:
        told = tomllib.loads((root / FILE).read_text(encoding="utf-8"))
        nodes = [NodePlace(one["code"], one["kind"], root / one["code"], one["http"]) for one in told["node"]]
        return str(told["chain"]), nodes
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NodeError("node.no_network_here", folder=str(root)) from error


def start_network(
    root: Path,
    codes: Sequence[str] = (),
    told: Callable[[str], None] = lambda _: None,
    program: Sequence[str] = PROGRAM,
) -> None:
    """Start the nodes, or those named, and wait until each answers; `told` hears of each that does.

    `program` is what runs them, if it is another build, or this one under another command.
    Raises NodeError (`node.did_not_start` with the last line of its log), or as `find_binary`.
    """
    find_binary()
    starting = {}
    for node in _named(root, codes):
        if _process_of(node) is None:
            starting[node] = _spawn(node, program)
    for node in _named(root, codes):
        _wait_until_ready(node, starting.get(node))
        told(node.code)


def stop_network(root: Path, codes: Sequence[str] = ()) -> None:
    """Ask the nodes to end, and wait; those that do not are killed."""
    running = [(node, process) for node in _named(root, codes) if (process := _process_of(node)) is not None]
    for _, process in running:
        os.killpg(process, signal.SIGCONT)
        os.kill(process, signal.SIGTERM)
    until = time.monotonic() + END_S
    for node, process in running:
        while _alive(process) and time.monotonic() < until:
            time.sleep(LOOK_AGAIN_S)
        if _alive(process):
            os.killpg(process, signal.SIGKILL)
        (node.folder / PID).unlink(missing_ok=True)


def break_node(root: Path, code: str, how: str) -> None:
    """Do one of `WAYS` to a node. Raises NodeError (`node.no_such_node`, `node.not_running`)."""
    (node,) = _named(root, [code])
    process = _process_of(node)
    if process is None:
        raise NodeError("node.not_running", node=code)
    if how == "kill":
        os.killpg(process, signal.SIGKILL)
    elif how == "kill-node":
        os.kill(process, signal.SIGKILL)
    elif how == "kill-engine":
        os.kill(int((node.folder / place.ENGINE / PID_FILE).read_text()), signal.SIGKILL)
    else:
        os.killpg(process, signal.SIGSTOP if how == "pause" else signal.SIGCONT)


def network_status(root: Path) -> list[NodeStatus]:
    """How each node stands."""
    return [_status(node) for node in read_network_file(root)[1]]


def _status(node: NodePlace) -> NodeStatus:
    process = _process_of(node)
    status = NodeStatus(*node, process or 0, -1, "", -1, 0)
    if process is None:
        return status
    try:
        ledger = LocalLedger(node.folder / place.SOCKET)
        try:
            head = ledger.head
        finally:
            ledger.close()
        status = status._replace(height=head.height, state_root=head.state_root.hex())
    except LinlianError:
        pass  # it does not answer: that is what the row says
    rpc = Rpc(rpc_of(node.folder))
    try:
        height = int(rpc.ask("status")["sync_info"]["latest_block_height"])
        return status._replace(engine_height=height, peers=int(rpc.ask("net_info")["n_peers"]))
    except (EngineAway, RpcError):
        return status
    finally:
        rpc.close()


def _named(root: Path, codes: Sequence[str]) -> list[NodePlace]:
    nodes = {node.code: node for node in read_network_file(root)[1]}
    for code in codes:
        if code not in nodes:
            raise NodeError("node.no_such_node", node=code, known=", ".join(nodes))
    return [nodes[code] for code in codes] if codes else list(nodes.values())


def _spawn(node: NodePlace, program: Sequence[str]) -> subprocess.Popen[bytes]:
    """The node in a session of its own, so that it outlives whoever started it."""
    command = [*program, "up", "--config", str(node.folder / FILE_NAME)]
    with (node.folder / LOG).open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (node.folder / PID).write_text(f"{process.pid}\n")
    # Whoever started it goes on meanwhile, and leaves no dead process behind.
    threading.Thread(target=process.wait, name=f"linlian-{node.code}", daemon=True).start()
    return process


def _wait_until_ready(node: NodePlace, process: subprocess.Popen[bytes] | None) -> None:
    until = time.monotonic() + READY_S
    while True:
        try:
            LocalLedger(node.folder / place.SOCKET).close()
        except LinlianError as error:
            if (process is not None and process.poll() is not None) or time.monotonic() > until:
                lines = (node.folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
                raise NodeError("node.did_not_start", node=node.code, reason=lines[-1] if lines else "") from error
            time.sleep(LOOK_AGAIN_S)
        else:
            return


def _process_of(node: NodePlace) -> int | None:
    try:
        process = int((node.folder / PID).read_text())
    except (OSError, ValueError):
        return None
    return process if _alive(process) else None


def _alive(process: int) -> bool:
    """Whether it runs; one that has ended and that nobody has asked for yet does not."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
    except PermissionError:
        return True
