"""The node in the foreground, spoken to by other processes, stopped and killed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.cli.shell import Shell

pytestmark = pytest.mark.timeout(90)
TRIAGE = ("do", "triage-repair", "--case", "leak", "--urgency", "minor", "--as", "property")


def wait_until_up(shell: Shell, node: subprocess.Popen[str]) -> None:
    """Wait for its socket."""
    until = time.monotonic() + 30
    while not (shell.folder / "node.socket").exists():
        assert node.poll() is None, node.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


def wait_until_asked(shell: Shell) -> None:
    """Wait until somebody is connected to the node's socket, besides the node that listens."""
    path, until = str((shell.folder / "node.socket").resolve()), time.monotonic() + 30
    while sum(line.endswith(f" {path}") for line in Path("/proc/net/unix").read_text().splitlines()) < 2:
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_node_works_for_others_and_stops_cleanly(shell: Shell, number: signal.Signals) -> None:
    node = shell.start("up")
    wait_until_up(shell, node)
    assert shell.json("status")["runs_here"] is False
    said = shell.json(*TRIAGE)
    assert shell.json("show", "timeline", "leak")[-1]["height"] == said["height"]
    assert shell.json("history", "leak")["count"] == 2
    assert shell.refused(*TRIAGE[:-1], "anna")[0] == 1
    assert shell.refused("up") == (3, "node.already_up")
    node.send_signal(number)
    out, err = node.communicate(timeout=30)
    assert (node.returncode, err) == (0, "")
    assert "The node is up" in out
    assert out.rstrip().endswith("Stopped.")
    assert not (shell.folder / "node.socket").exists()
    assert shell.json("status")["runs_here"] is True
    assert shell.json("verify", str(shell.folder), "--replay")["verified"] is True


def test_a_killed_node_leaves_nothing_in_the_way(shell: Shell) -> None:
    node = shell.start("up")
    wait_until_up(shell, node)
    said = shell.json(*TRIAGE)
    node.kill()
    node.communicate(timeout=30)
    assert (shell.folder / "node.socket").exists()
    assert shell.json("status")["height"] == said["height"]
    again = shell.start("up")
    wait_until_up(shell, again)
    until = time.monotonic() + 30
    while shell.json("status")["runs_here"] and time.monotonic() < until:
        time.sleep(0.1)
    assert shell.json("status")["runs_here"] is False
    again.send_signal(signal.SIGINT)
    assert again.wait(timeout=30) == 0
    again.communicate()


def test_two_commands_at_once_wait_for_each_other(shell: Shell) -> None:
    report = ("do", "report-repair", "--place", "flat", "--category", "water.leak", "--as", "anna")
    before = shell.json("status")["height"]
    both = [shell.start("--json", *report) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, out + err
    assert shell.json("status")["height"] == before + 2


def test_somebody_interrupted_while_waiting_leaves_nothing_broken(shell: Shell) -> None:
    node = shell.start("up")
    wait_until_up(shell, node)
    node.send_signal(signal.SIGSTOP)
    waiting = shell.start("status")
    wait_until_asked(shell)
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=30)
    assert waiting.returncode == 130, out + err
    assert "Traceback" not in err
    node.send_signal(signal.SIGCONT)
    assert shell.json(*TRIAGE)["outcome"] == "accepted"
    node.send_signal(signal.SIGINT)
    assert node.wait(timeout=30) == 0
    node.communicate()


@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.2, 0.35, 0.5, 0.8])
def test_interrupted_at_any_moment_a_command_is_done_or_leaves_no_trace(shell: Shell, after_s: float) -> None:
    before = shell.json("status")["height"]
    process = shell.start("--json", *TRIAGE)
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    if "Traceback" in err:
        assert "linlian" not in err, "only Python itself, before a line of ours ran, may be at a loss"
    else:
        assert process.returncode in (0, 130, -signal.SIGINT)
    height = shell.json("status")["height"]
    assert height == before + 1 if out else height in (before, before + 1)


def test_a_backup_is_taken_while_the_node_works(shell: Shell) -> None:
    node = shell.start("up", "--json")
    wait_until_up(shell, node)
    shell.json(*TRIAGE)
    target = shell.folder.parent / "backup"
    height = shell.json("backup", str(target))["height"]
    assert height == shell.json("status")["height"]
    assert shell.json("verify", str(target), "--replay")["vouched_until"] == height
    node.send_signal(signal.SIGINT)
    assert node.wait(timeout=30) == 0
    node.communicate()


def test_the_address_is_told_and_answers(shell: Shell) -> None:
    node = shell.start("up", "--json")
    wait_until_up(shell, node)
    assert node.stdout is not None
    address = json.loads(node.stdout.readline())["address"]
    told = httpx.get(f"{address}/api/v1/node").json()
    assert told["chain"] == shell.json("status")["chain"]
    assert "<h1>" in httpx.get(address).text
    node.send_signal(signal.SIGINT)
    assert node.wait(timeout=30) == 0
    node.communicate()


def test_a_port_in_use_is_said_before_anything_else(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = shell.with_settings(http=address)("--json", "up")
    error = json.loads(said.err)["error"]
    assert (said.code, error["code"], error["facts"]["address"]) == (3, "web.port_in_use", address)
    assert shell.json("status")["runs_here"] is True


@pytest.mark.parametrize("address", ["8420", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", ":8420"])
def test_an_address_that_is_none_is_named(shell: Shell, address: str) -> None:
    said = shell.with_settings(http=address)("--json", "up")
    assert (said.code, json.loads(said.err)["error"]["code"]) == (3, "web.address_wrong")
