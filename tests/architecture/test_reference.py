"""docs/reference says what the code and its words say. A page that does not is stale: `make docs` writes it anew."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from linlian.community import BUSINESSES, identity
from linlian.community.identity import Role
from linlian.community.repairs import rules_acting, rules_answering, rules_history
from linlian.kernel.contract import Context, Refused
from tests.architecture.source import COMMUNITY
from tools.reference import FOLDER, stale, write
from tools.reference.business import reach_of
from tools.reference.kinds import field_type


def test_the_reference_is_up_to_date() -> None:
    found = stale(FOLDER)
    assert not found, f"docs/reference is stale ({', '.join(found)}): make docs"


def test_a_stale_page_is_found(tmp_path: Path) -> None:
    first = write(tmp_path)
    assert "repairs.md" in first
    assert stale(tmp_path) == []
    (tmp_path / "repairs.md").write_text("an earlier text\n", encoding="utf-8")
    (tmp_path / "limits.md").unlink()
    (tmp_path / "gone.md").write_text("a business that is no more\n", encoding="utf-8")
    assert stale(tmp_path) == ["gone.md", "limits.md", "repairs.md"]
    assert write(tmp_path) == ["gone.md", "limits.md", "repairs.md"]
    assert stale(tmp_path) == []


def test_every_refusal_stands_at_a_command() -> None:
    """Whatever a business has words for is met on the way from some command, or from what neighbours may call."""
    reached = {code for contract in BUSINESSES for spec in contract.commands.values() for code in _codes(spec.handler)}
    for contract in BUSINESSES:
        door = vars(import_module(f"linlian.community.{contract.name}"))
        reached |= {code for part in door.values() if isinstance(part, FunctionType) for code in _codes(part)}
        told = tomllib.loads((COMMUNITY / contract.name / "words.toml").read_text(encoding="utf-8"))
        missing = sorted({*told["refusals"]} - reached)
        assert not missing, f"{contract.name}: no command leads to {', '.join(missing)}"


def test_what_a_command_asks_for_is_read_from_its_source() -> None:
    recorded = reach_of(rules_history.record_history)
    assert list(recorded.roles) == [(("clerk", "gateway"), ())]
    assert recorded.acts
    confirmed = reach_of(rules_answering.confirm_repair)
    assert [step.name for step, _ in confirmed.steps] == ["confirm_repair"]
    assert "repairs.own_work" in confirmed.codes


def test_what_is_caught_or_conditional_is_told_apart() -> None:
    found = reach_of(_example)
    assert [code for code in found.codes if code.startswith("parking.")] == ["parking.always"]
    assert "identity.wrong_kind_of_organisation" in found.codes
    assert list(found.roles) == [(("clerk",), ())]
    assert list(found.sometimes) == [(("officer",), ("government",))]
    assert "identity.role_missing" not in reach_of(rules_acting.step).codes


@pytest.mark.parametrize(
    ("record", "field", "takes"),
    [
        (rules_history.RecordHistory, "reported_at", "time"),
        (rules_history.RecordHistory, "place", "place id"),
        (rules_history.RecordHistory, "source", "code, up to 24 characters"),
        (rules_history.HistoryRecorded, "case", "case id"),
        (rules_answering.CancelRepair, "reason", "[CancelReason](#cancelreason)"),
        (rules_answering.CancelRepair, "words", "sealed content"),
    ],
)
def test_what_a_field_takes_is_read_from_its_type(record: type[Any], field: str, takes: str) -> None:
    assert field_type(record, field).text == takes


def _codes(handler: Any) -> list[str]:
    return list(reach_of(handler).codes)


def _example(ctx: Context) -> None:
    """Not run: what the walk is shown."""
    try:
        raise Refused("parking.caught")
    except Refused:
        ctx.new_id()
    identity.require_role(ctx, Role.CLERK)
    if ctx.height:
        identity.require_office(ctx, (identity.OrganisationKind.GOVERNMENT,), Role.OFFICER)
    raise Refused("parking.always")
