"""The table of who may do what in which state: as it is meant, as it is written, as it is told, as it behaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from linlian.community.repairs.rules import contract
from linlian.community.repairs.rules_steps import STEPS, TABLE, Standing, State
from linlian.community.repairs.tests.scene import Scene, found_scene

README = Path(__file__).parents[1] / "README.md"

# Letters: Reporter's side, Occupant, Witness, Executor, desK, Dispatcher, Clock; then the state that follows.
MEANT = """
step              reported    triaged     assigned     accepted     on_site       diagnosed    done         disputed     deferred    closed       cancelled
triage_repair     K>triaged   K>triaged   K>triaged    K>triaged    K>triaged     K>triaged    -            K>triaged    -           -            -
assign_repair     -           D>assigned  D>assigned   D>assigned   D>assigned    D>assigned   -            D>assigned   -           -            -
accept_repair     -           -           E>accepted   -            -             -            -            -            -           -            -
arrive_on_site    -           -           -            E>on_site    -             -            -            E>on_site    -           -            -
diagnose_repair   -           -           -            -            E>diagnosed   E>diagnosed  -            -            -           -            -
finish_repair     -           -           -            -            -             E>done       -            -            -           -            -
confirm_repair    -           -           -            -            -             -            ROW>closed   -            -           -            -
dispute_repair    -           -           -            -            -             -            ROW>disputed -            -           -            -
defer_repair      -           ED>deferred ED>deferred  ED>deferred  ED>deferred   ED>deferred  -            -            -           -            -
resume_repair     -           -           -            -            -             -            -            -            ED>back     -            -
cancel_repair     R>cancelled RK>cancelled RK>cancelled RK>cancelled RK>cancelled RK>cancelled -            R>cancelled  RK>cancelled -           -
reopen_repair     -           -           -            -            -             -            -            -            -           ROWK>reported ROWK>reported
wake_repair       -           -           -            -            -             -            -            -            C>back      -            -
close_unanswered  -           -           -            -            -             -            C>closed     -            -           -            -
"""  # noqa: E501 - a table is read by its columns
LETTERS = {
    Standing.REPORTER: "R",
    Standing.OCCUPANT: "O",
    Standing.WITNESS: "W",
    Standing.EXECUTOR: "E",
    Standing.DESK: "K",
    Standing.DISPATCHER: "D",
    Standing.CLOCK: "C",
}
BY_PEOPLE = tuple(name for name, step in STEPS.items() if step.by != (Standing.CLOCK,))


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    scene = found_scene()
    yield scene
    scene.town.check_invariants()


def meant() -> dict[tuple[str, str], str]:
    """(step, state) → cell, as the table above says it."""
    heading, *lines = (line.split() for line in MEANT.strip().splitlines())
    return {
        (step, state): cell
        for step, *cells in lines
        for state, cell in zip(heading[1:], cells, strict=True)
        if cell != "-"
    }


def test_the_table_says_what_is_meant() -> None:
    written = {
        (step.name, state.value): f"{''.join(LETTERS[by] for by in cell.by)}>{cell.to or 'back'}"
        for step in STEPS.values()
        for state, cell in step.cells.items()
    }
    assert written == meant()


def test_every_state_and_every_step_of_a_case_is_in_the_table() -> None:
    assert {state for _, state in meant()} == {state.value for state in State}
    outside = {"report_repair", "record_history", "notice_overdue"}
    assert {f"repairs.{name}" for name in {*STEPS} | outside} == {*contract.commands}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", BY_PEOPLE)
def test_a_step_is_taken_where_the_table_has_it_and_nowhere_else(scene: Scene, step: str, state: State) -> None:
    case_id = scene.in_state(state)
    before = scene.case(case_id)
    name, command = scene.command(step, case_id)
    cell = meant().get((step, state.value))
    if cell is None:
        nobody_is_executor = name == "repairer" and before.executor != scene.account(name)
        expected = "repairs.not_yours" if nobody_is_executor else "repairs.wrong_state"
        assert scene.refusal(name, command) == expected
        assert scene.case(case_id) == before
    else:
        scene.do(name, command)
        to = cell.partition(">")[2]
        assert scene.case(case_id).state == (before.back if to == "back" else to)


def test_the_readme_shows_this_table() -> None:
    lines = [
        f"| `{name}` | {', '.join(states)} | {', '.join(by)} | {to or '*the state before*'} |"
        for name, states, by, to in TABLE
    ]
    told = README.read_text(encoding="utf-8")
    missing = [line for line in lines if line not in told]
    assert not missing, "README.md lacks:\n" + "\n".join(missing)
    shown = [line for line in told.splitlines() if line.startswith("| `") and line.count("|") == 5]
    assert shown == lines
