"""Rules that were not voted for do not run; `linlian upgrade` lets them be voted in."""

from __future__ import annotations

import pytest

from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.state import State
from linlian.node import source
from linlian.store.sqlite import SqliteStore
from tests.cli.shell import Shell

TRIAGE = ("do", "triage-repair", "--case", "leak", "--urgency", "minor", "--as", "property")
NEW_RULES = bytes(31) + b"\x02"


@pytest.fixture
def other_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process runs rules with another source hash than the one that was voted for."""
    monkeypatch.setattr(source, "source_hash", lambda: NEW_RULES)
    monkeypatch.setattr("linlian.node.source_hash", lambda: NEW_RULES)


@pytest.mark.usefixtures("other_build")
def test_a_build_with_other_rules_does_not_start_and_says_what_to_do(shell: Shell) -> None:
    said = shell("status")
    assert said.code == 3
    assert "linlian upgrade" in said.err
    assert shell.refused("status") == (3, "node.other_rules")


@pytest.mark.usefixtures("other_build")
def test_the_officers_keys_here_vote_the_new_rules_in(shell: Shell) -> None:
    said = shell.json("upgrade")
    assert (said["changed"], said["votes"]) == (True, 2)
    assert shell.json("status")["source_hash"] != NEW_RULES.hex(), "they hold from the next block on"
    final = shell.json(*TRIAGE)
    assert shell.json("status")["source_hash"] == NEW_RULES.hex()
    assert bytes.fromhex(shell.json("show", "block", str(final["height"]))["release_hash"]) == NEW_RULES
    assert shell.json("upgrade")["changed"] is False
    assert shell.json("verify", str(shell.folder))["verified"] is True


def test_the_rules_in_force_need_no_upgrade(shell: Shell) -> None:
    assert shell.json("upgrade")["changed"] is False


@pytest.mark.usefixtures("other_build")
def test_without_a_majority_here_others_are_given_time(shell: Shell) -> None:
    for name in ("street", "owners"):
        (shell.folder / "keys" / f"{name}.key").unlink()
    said = shell("--json", "upgrade", "--at", "5000")
    assert (said.code, said.json["changed"], said.json["votes"]) == (1, False, 1)
    assert shell.refused("status") == (3, "node.other_rules")


@pytest.mark.usefixtures("other_build")
def test_without_a_majority_one_proposal_stays_open(shell: Shell) -> None:
    for name in ("street", "owners"):
        (shell.folder / "keys" / f"{name}.key").unlink()
    assert shell("--json", "upgrade").json["changed"] is False
    store = SqliteStore(shell.folder / "ledger.sqlite", read_only=True)
    document = store.genesis()
    assert document is not None
    state = State(chain_id(document), open_genesis(document).work)
    store.load(state)
    store.close()
    assert len(list(state.table_rows(source.rulebook().tables["council.proposal"]))) == 1


@pytest.mark.usefixtures("other_build")
def test_without_an_officers_key_nothing_is_proposed(shell: Shell) -> None:
    for name in ("street", "owners", "property", "once"):
        (shell.folder / "keys" / f"{name}.key").unlink()
    assert shell.refused("upgrade") == (1, "identity.role_missing")
    (shell.folder / "keys" / "anna.key").unlink()
    assert shell.refused("upgrade") == (3, "cli.no_officer_key")
