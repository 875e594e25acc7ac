"""The scene of repairs, with those who look after others' work, and a shortcut for each command."""

from __future__ import annotations

from linlian.community import supervision
from linlian.community.identity import Role
from linlian.community.repairs import Clock, State
from linlian.community.repairs.tests.scene import DAY, Scene, content, found_scene, hire
from linlian.community.supervision.rules_extending import AskExtension, DecideExtension, ExtensionReason
from linlian.community.supervision.rules_oversight import NoteProgress, OverseeRepair
from linlian.community.supervision.rules_returning import DecideReturn, ReturnReason, ReturnRepair

WORDS = content("words")


def found_office() -> Scene:
    scene = found_scene(supervision.contract)
    hire(scene, "harmony", "boss", Role.SUPERVISOR)
    hire(scene, "swift", "swift_desk", Role.DESK)
    hire(scene, "owners", "chair", Role.SUPERVISOR, Role.DESK)
    return scene


def ask(scene: Scene, case_id: bytes, days: int = 5, clock: Clock = Clock.FINISH) -> AskExtension:
    """For so many days more than what is promised."""
    until = scene.case(case_id).finish_by + days * DAY
    return AskExtension(case=case_id, clock=clock, until=until, reason=ExtensionReason.PARTS, words=WORDS)


def decide(case_id: bytes, granted: bool = True) -> DecideExtension:
    return DecideExtension(case=case_id, granted=granted)


def back(scene: Scene, case_id: bytes, proposed: str = "swift") -> ReturnRepair:
    reason = ReturnReason.NOT_OUR_DUTY
    return ReturnRepair(case=case_id, reason=reason, words=WORDS, proposed=scene.organisation(proposed))


def rule(scene: Scene, case_id: bytes, organisation: str) -> DecideReturn:
    return DecideReturn(case=case_id, responsible=scene.organisation(organisation), words=WORDS)


def oversee(scene: Scene, case_id: bytes, days: int = 3) -> OverseeRepair:
    return OverseeRepair(case=case_id, reply_by=scene.town.time + days * DAY, words=WORDS)


def progress(case_id: bytes) -> NoteProgress:
    return NoteProgress(case=case_id, words=WORDS)


def accepted(scene: Scene) -> bytes:
    return scene.in_state(State.ACCEPTED)
