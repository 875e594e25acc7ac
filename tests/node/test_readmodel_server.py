"""A node whose rows for queries are on a server: from the settings to `linlian status`, also while it is away."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from linlian import node
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import LinlianError
from linlian.settings import Settings
from tests.readmodel.server import PASSWORD, Server, new_schema, running_server

KINDS = ("government", "property_company", "owners_committee")


def community(folder: Path, address: str) -> Settings:
    """A founded one, whose rows go to the server."""
    settings = Settings(folder=folder, wait_s=1, readmodel=address, readmodel_password=PASSWORD, http="127.0.0.1:0")
    keys = [SoftwareKey("ed25519", secrets.token_bytes(32)) for _ in KINDS]
    founders = [(kind, kind[:5], key.suite, key.public_key) for kind, key in zip(KINDS, keys, strict=True)]
    node.create_community(settings, "sunrise", founders)
    return settings


def status(settings: Settings, language: str = "en") -> dict[str, object]:
    """What `linlian status` says, as programs read it and as people do."""
    told = {"FOLDER": str(settings.folder), "READMODEL": settings.readmodel, "READMODEL_PASSWORD": PASSWORD}
    environment = {**os.environ, **{f"LINLIAN_{name}": value for name, value in told.items()}}
    command = [sys.executable, "-m", "linlian.cli.main", "--lang", language, "status"]
    plain = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    spoken = subprocess.run([*command, "--json"], env=environment, capture_output=True, text=True, check=True)
    assert PASSWORD not in plain.stdout + plain.stderr + spoken.stdout
    return {**json.loads(spoken.stdout), "said": plain.stdout + plain.stderr}


def test_rows_are_on_the_server_and_not_in_the_folder(postgres: Server, tmp_path: Path) -> None:
    settings = community(tmp_path / "node", postgres.address(new_schema()))
    with node.open_node(settings, serve=True) as running, node.open_node(settings) as caller:
        assert caller.ask("ledger.recent_blocks", {}) == running.ask("ledger.recent_blocks", {}) != []
        assert caller.rows() == running.rows() == (settings.readmodel, 0, None)
        founding = running.ask("ledger.items_of", {"signer": bytes(16)})[0].item_id  # type: ignore[attr-defined]
        assert running.find_ids(founding.hex()[:8]) == [founding]
    assert not (settings.folder / "readmodel.sqlite").exists()
    told = status(settings)
    assert told["readmodel"] == {"where": settings.readmodel, "height": 0, "trouble": ""}
    assert settings.readmodel in str(told["said"])


def test_two_communities_do_not_take_one_schema(postgres: Server, tmp_path: Path) -> None:
    address = postgres.address(new_schema())
    first = community(tmp_path / "first", address)
    with node.open_node(first) as opened:
        rows = opened.ask("ledger.recent_blocks", {})
    second = community(tmp_path / "second", address)
    with pytest.raises(LinlianError, match=r"readmodel\.other_chain") as told:
        node.open_node(second)
    assert told.value.facts["chain"] == opened.ledger.chain
    with node.open_node(first) as opened:
        assert opened.ask("ledger.recent_blocks", {}) == rows


def test_a_wrong_password_or_address_stops_the_start(postgres: Server, tmp_path: Path) -> None:
    settings = community(tmp_path / "node", postgres.address(new_schema()))
    for wrong, code in (
        (Settings(folder=settings.folder, readmodel=settings.readmodel), "readmodel.not_admitted"),
        (Settings(folder=settings.folder, readmodel="server"), "readmodel.wrong_address"),
    ):
        with pytest.raises(LinlianError) as told:
            node.open_node(wrong)
        assert told.value.code == code
    with node.open_node(settings):
        pass  # nothing was left locked


def test_the_node_works_while_the_server_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linlian.readmodel.follower.PATIENCE_S", 0.2)
    with running_server() as server:
        settings = community(tmp_path / "node", server.address("plum"))
        server.stop()
        with node.open_node(settings, serve=True) as running:
            assert running.ledger.head.height == 0
            running.check()
            with pytest.raises(LinlianError, match=r"readmodel\.unreachable"):
                running.ask("ledger.recent_blocks", {})
            trouble = running.rows().trouble
            assert trouble is not None
            for language, words in (("en", "cannot be reached"), ("zh", "连不上")):
                told = status(settings, language)
                assert told["readmodel"] == {"where": settings.readmodel, "height": -1, "trouble": trouble.code}
                assert words in str(told["said"])
            server.start()
            monkeypatch.setattr("linlian.readmodel.follower.PATIENCE_S", 60.0)
            (founding,) = running.ask("ledger.recent_blocks", {})
            assert running.rows() == (settings.readmodel, 0, None)
            assert status(settings)["items"] == founding[4] == 2, "the community and its first year of days off"
