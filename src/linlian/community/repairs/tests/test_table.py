"""The table of who may do what in which state: as it is meant, as it is written, as it behaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.identity import NOBODY
from linlian.community.repairs.rules import contract
from linlian.community.repairs.rules_steps import STEPS, Standing, State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import AssignRepair
from linlian.community.repairs.rules_working import DeferReason, DeferRepair
from linlian.community.repairs.tests.scene import DAY, Scene, found_scene

# Letters: Reporter's side, Occupant, Witness, Executor, any rePairer, Assistant, desK, Dispatcher, Supervisor, Clock,
# Joined, outsider (X), Gateway; then the state that follows.
MEANT = """
step             reported    triaged      assigned       accepted       on_site       diagnosed       done            checked         disputed    deferred       merged  closed           cancelled
triage_repair    K>triaged   K>triaged    K>triaged      K>triaged      K>triaged     K>triaged       -               -               K>triaged   -              -       -                -
give_back        -           KS>reported  KS>reported    KS>reported    KS>reported   KS>reported     -               -               KS>reported -              -       -                -
assign_repair    -           D>assigned   D>assigned     D>assigned     D>assigned    D>assigned      -               -               D>assigned  -              -       -                -
take_repair      -           P>accepted   P>accepted     -              -             -               -               -               -           -              -       -                -
hand_over        -           -            P>assigned     P>accepted     P>on_site     P>diagnosed     -               -               P>disputed  P>deferred     -       -                -
call_help        -           D>triaged    D>assigned     D>accepted     D>on_site     D>diagnosed     -               -               D>disputed  -              -       -                -
note_help        -           A>triaged    A>assigned     A>accepted     A>on_site     A>diagnosed     A>done          -               A>disputed  -              -       -                -
accept_repair    -           -            E>accepted     -              -             -               -               -               -           -              -       -                -
arrive_on_site   -           -            -              E>on_site      -             -               -               -               E>on_site   -              -       -                -
make_safe        -           -            -              -              E>on_site     E>diagnosed     -               -               -           -              -       -                -
diagnose_repair  -           -            -              -              E>diagnosed   E>diagnosed     -               -               -           -              -       -                -
finish_repair    -           -            -              -              -             E>done          -               -               -           -              -       -                -
serve_notice     -           -            -              -              -             -               KDXG>done       -               -           -              -       -                -
tell_all         -           -            -              -              -             -               KDE>done        -               -           -              -       -                -
check_repair     -           -            -              -              -             -               W>checked       -               -           -              -       -                -
confirm_repair   -           -            -              -              -             -               ROXG>closed     -               -           -              -       -                -
dispute_repair   -           -            -              -              -             -               ROWJXG>disputed ROWJXG>disputed -           -              -       -                -
defer_repair     -           ED>deferred  ED>deferred    ED>deferred    ED>deferred   ED>deferred     -               -               -           -              -       -                -
review_repair    -           -            -              -              -             -               -               -               -           D>deferred     -       -                -
resume_repair    -           -            -              -              -             -               -               -               -           ED>back        -       -                -
pause_clocks     -           -            RODS>assigned  RODS>accepted  RODS>on_site  RODS>diagnosed  -               -               -           RODS>deferred  -       -                -
resume_clocks    -           -            EDROS>assigned EDROS>accepted EDROS>on_site EDROS>diagnosed -               -               -           EDROS>deferred -       -                -
merge_repair     KR>merged   KR>merged    KR>merged      KR>merged      KR>merged     KR>merged       -               -               KR>merged   -              -       -                -
split_repair     -           -            -              -              -             -               -               -               -           -              KR>back -                -
cancel_repair    R>cancelled RK>cancelled RK>cancelled   RK>cancelled   RK>cancelled  RK>cancelled    -               -               R>cancelled RK>cancelled   -       -                -
reopen_repair    -           -            -              -              -             -               -               -               -           -              -       ROWJXGK>reported ROWJXGK>reported
wake_repair      -           -            -              -              -             -               -               -               -           C>back         -       -                -
close_checked    -           -            -              -              -             -               -               C>closed        -           -              -       -                -
close_unanswered -           -            -              -              -             -               C>closed        -               -           -              -       -                -
"""  # noqa: E501 - a table is read by its columns
LETTERS = {
    Standing.REPORTER: "R",
    Standing.OCCUPANT: "O",
    Standing.WITNESS: "W",
    Standing.EXECUTOR: "E",
    Standing.REPAIRER: "P",
    Standing.ASSISTANT: "A",
    Standing.DESK: "K",
    Standing.DISPATCHER: "D",
    Standing.SUPERVISOR: "S",
    Standing.CLOCK: "C",
    Standing.JOINED: "J",
    Standing.OUTSIDER: "X",
    Standing.GATEWAY: "G",
}
DOORS = ("give_back", "hand_over", "tell_all", "pause_clocks", "resume_clocks", "merge_repair", "split_repair")
"""Steps that other businesses take by the front door; see `test_doors`."""
BY_PEOPLE = tuple(name for name, step in STEPS.items() if step.by != (Standing.CLOCK,) and name not in DOORS)


@pytest.fixture(scope="module", params=State)
def state(request: pytest.FixtureRequest) -> State:
    assert isinstance(request.param, State)
    return request.param


@pytest.fixture(scope="module")
def scene(state: State) -> Iterator[Scene]:
    """One for each state: nobody has more than 64 cases in hand."""
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
    outside = {"report_repair", "record_history", "notice_overdue", "ask_for_review", "end_pause"}
    assert {f"repairs.{name}" for name in ({*STEPS} | outside) - {*DOORS}} == {*contract.commands}


@pytest.mark.parametrize("step", BY_PEOPLE)
def test_a_step_is_taken_where_the_table_has_it_and_nowhere_else(scene: Scene, step: str, state: State) -> None:
    place = scene.stair if step == "check_repair" else scene.flat
    case_id = scene.in_state(state, place=place, category=Category.WINDOW_BROKEN)
    prepare(scene, case_id, step)
    before = scene.case(case_id)
    name, command = scene.command(step, case_id)
    cell = meant().get((step, state.value))
    if cell is None:
        nobody_is_executor = name == "repairer" and before.executor != scene.account(name)
        other = (step == "take_repair" and before.executing == NOBODY) or (step == "note_help" and not before.helpers)
        expected = "repairs.not_yours" if nobody_is_executor or other else "repairs.wrong_state"
        assert scene.refusal(name, command) == expected
        assert scene.case(case_id) == before
    else:
        scene.do(name, command)
        to = cell.partition(">")[2]
        assert scene.case(case_id).state == (before.back if to == "back" else to)


def prepare(scene: Scene, case_id: bytes, step: str) -> None:
    """What a step needs besides the state: a list to take from, an organisation that helps, a date to look again."""
    case = scene.case(case_id)
    if step == "take_repair" and case.state is State.ASSIGNED:
        scene.do("dispatcher", AssignRepair(case=case_id))
    if step == "note_help" and case.state in STEPS["call_help"].cells:
        scene.take(case_id, "call_help")
    if step == "note_help" and case.state is State.DONE:
        scene.take(case_id, "dispute", "call_help", "arrive_on_site", "diagnose", "finish")
    if step == "review_repair" and case.state is State.DEFERRED:
        until = scene.town.time + DAY
        scene.take(case_id, "resume")
        scene.do("dispatcher", DeferRepair(case=case_id, until=until, reason=DeferReason.PARTS, review=True))
