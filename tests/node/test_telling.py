"""A node at work tells others: webhooks of what their owners may see, from the command line to the receiver."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from linlian import node
from linlian.settings import Settings
from tests.cli.shell import Shell
from tests.notify.receiver import Receiver


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A founded community whose webhooks may go to this machine."""
    shell = Shell(tmp_path / "node")
    shell.fine("init", "sunrise")
    monkeypatch.setattr("linlian.cli.main.settings.load", lambda *_: settings_of(shell))
    return shell


def settings_of(shell: Shell, **more: Any) -> Settings:
    return Settings(folder=shell.folder, http="127.0.0.1:0", webhook_hosts="127.0.0.1", **more)


@pytest.fixture
def running(shell: Shell) -> Iterator[node.Node]:
    with node.open_node(settings_of(shell), serve=True) as opened:
        yield opened


def until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def invite(shell: Shell) -> None:
    """The property company invites a desk: an event that names the company and the new account."""
    key = shell.json("key", "new", f"once-{time.monotonic_ns()}")
    shell.fine(
        *("do", "identity.invite-member", "--as", "property", "--suite", "ed25519"),
        *("--public-key", key["public_key"], "--roles", "desk"),
    )


def test_an_owner_hears_of_what_concerns_them_and_others_hear_nothing(shell: Shell, running: node.Node) -> None:
    ours, theirs = Receiver(), Receiver()
    with ours.listening(), theirs.listening():
        made = shell.json("webhook", "add", ours.url, "--as", "property", "--type", "identity.")
        shell.fine("webhook", "add", theirs.url, "--as", "owners-org", "--type", "identity.")
        assert made["secret"].startswith("whsec_")
        invite(shell)
        until(lambda: len(ours.accepted) == 1)
        (message,) = ours.accepted
        told = Webhook(made["secret"]).verify(message.body, message.headers)
        assert told["type"] == "identity.member_invited"
        assert told["data"]["height"] == running.ledger.head.height
        answer = httpx.get(told["data"]["link"])
        assert (answer.status_code, answer.json()["transaction"]) == (200, told["data"]["transaction"])
        (one, other) = sorted(shell.json("webhook", "list"), key=lambda one: -one["delivered"])
        assert (one["id"], one["delivered"], one["answer"], other["delivered"]) == (made["id"], 1, "204", 0)
    assert theirs.seen == []
    figures = httpx.get(f"{running.address}/metrics").text
    assert 'linlian_webhook_attempts_total{answer="accepted"} 1.0' in figures
    assert 'linlian_webhook_subscriptions{status="active"} 2.0' in figures


def test_a_subscription_is_stopped_seen_and_taken_up_again(shell: Shell, running: node.Node) -> None:
    receiver = Receiver(answers=[410])
    with receiver.listening():
        made = shell.json("webhook", "add", receiver.url, "--as", "property", "--scheme", "v1a")
        assert made["secret"].startswith("whpk_")
        invite(shell)
        stopped: list[Any] = []

        def heard() -> bool:
            stopped.extend(running.stopped_webhooks())
            return bool(stopped)

        until(heard)
        assert [(one.id, one.host, one.why) for one in stopped] == [(made["id"], "127.0.0.1", "notify.gone")]
        said = shell("webhook", "list")
        assert "is switched off" in said.err
        assert made["secret"] not in said.out
        shell.fine("webhook", "enable", made["id"][:6])
        until(lambda: len(receiver.accepted) == 1)
        shell.fine("webhook", "replay", made["id"], "--after", str(running.ledger.head.height - 1))
        until(lambda: len(receiver.accepted) == 2)
        assert receiver.accepted[0].id == receiver.accepted[1].id
        shell.fine("webhook", "remove", made["id"])
        assert shell.json("webhook", "list") == []


def test_what_was_committed_while_the_node_was_down_is_told_when_it_is_up(shell: Shell) -> None:
    receiver = Receiver()
    with receiver.listening():
        shell.fine("webhook", "add", receiver.url, "--as", "property-org")
        invite(shell)
        assert receiver.seen == []
        with node.open_node(settings_of(shell), serve=True):
            until(lambda: len(receiver.accepted) == 1)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("add", "http://city.example/", "--as", "property"), (3, "notify.url_not_https")),
        (("add", "https://192.168.0.1/", "--as", "property"), (3, "notify.address_not_public")),
        (("add", "https://city.example/", "--as", "property", "--type", "no.such"), (3, "notify.unknown_type")),
        (("add", "https://city.example/", "--as", "property", "--secret", "x"), (3, "notify.secret_invalid")),
        (("add", "https://city.example/", "--as", "0" * 32), (3, "notify.no_such_owner")),
        (("add", "https://city.example/"), (2, "cli.option_missing")),
        (("add", "https://city.example/", "--as", "property", "--scheme", "v2"), (2, "cli.value_wrong")),
        (("add", "https://city.example/", "--as", "property", "--after", "x"), (2, "readmodel.wrong_place")),
        (("enable", "ffff"), (3, "notify.no_such")),
        (("enable",), (2, "cli.argument_missing")),
        (("shout",), (2, "cli.value_wrong")),
    ],
)
def test_what_cannot_be_subscribed_is_said_to_be_so(
    shell: Shell, typed: tuple[str, ...], code: tuple[int, str]
) -> None:
    assert shell.refused("webhook", *typed) == code


def test_apps_are_allowed_listed_and_forbidden(shell: Shell) -> None:
    made = shell.json("open311", "allow", "city-app", "--as", "street")
    assert len(made["api_key"]) >= 32
    assert shell.json("open311", "list") == [{"name": "city-app", "key": "street"}]
    assert made["api_key"] not in shell.fine("open311", "list")
    shell.fine("open311", "forbid", "city-app")
    assert shell.refused("open311", "forbid", "city-app") == (3, "node.no_such_app")
    assert shell.refused("open311", "allow", "city-app", "--as", "nobody") == (3, "cli.no_such_key")
    assert shell.refused("open311", "allow", "city-app") == (2, "cli.option_missing")


def test_a_node_that_cannot_read_its_layout_says_so_and_leaves_the_folder_free(shell: Shell) -> None:
    (shell.folder / "open311.toml").write_text("jurisdiction = 1", encoding="utf-8")
    with pytest.raises(node.NodeError, match=r"node\.open311_wrong"):
        node.open_node(settings_of(shell), serve=True)
    (shell.folder / "open311.toml").unlink()
    with node.open_node(settings_of(shell), serve=True) as opened:
        assert opened.runs_here
