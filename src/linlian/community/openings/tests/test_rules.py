"""Who looks into what: now, for a purpose, on the record; and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community.delegations.rules import GrantDelegation
from linlian.community.handovers.rules import AcceptHandover, OfferRepair
from linlian.community.identity import Scope
from linlian.community.openings.rules import OpenContent
from linlian.community.openings.rules_table import Purpose, ReadAs
from linlian.community.openings.tests.reading_room import (
    ASSIGNED,
    CLOSED,
    WORDS,
    ReadingRoom,
    move_in,
    move_out,
    reported,
)
from linlian.community.places import PlaceKind
from linlian.community.places.rules import RegisterPlace, places
from linlian.community.repairs.rules_answering import ConfirmRepair
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from linlian.community.repairs.tests import neighbour
from linlian.community.repairs.tests.scene import DAY
from linlian.kernel.codec import decode_plain
from linlian.kernel.contract import Refused

P = Purpose
MAY = [
    # who             purpose          order    at work                 over
    ("tess", P.OWN_MATTER, "", ReadAs.AUTHOR, ReadAs.AUTHOR),
    ("uli", P.OWN_MATTER, "", ReadAs.OCCUPANT, ReadAs.OCCUPANT),
    ("repairer", P.REPAIR, "", ReadAs.EXECUTOR, "openings.case_over"),
    ("dispatcher", P.REPAIR, "", ReadAs.DISPATCHER, "openings.case_over"),
    ("desk", P.REPAIR, "", ReadAs.DESK, "openings.case_over"),
    ("supervisor", P.SUPERVISION, "order-7", ReadAs.SUPERVISOR, ReadAs.SUPERVISOR),
    ("auditor", P.AUDIT, "order-7", ReadAs.AUDITOR, ReadAs.AUDITOR),
    ("second", P.REPAIR, "", "openings.not_yours", "openings.not_yours"),
    ("swift_repairer", P.REPAIR, "", "openings.not_yours", "openings.not_yours"),
    ("swift_dispatcher", P.REPAIR, "", "openings.not_yours", "openings.not_yours"),
    ("street_desk", P.REPAIR, "", "openings.not_yours", "openings.not_yours"),
    ("clerk", P.REGISTRATION, "", "openings.not_yours", "openings.not_yours"),
    ("harmony_officer", P.REPAIR, "", "openings.not_yours", "openings.not_yours"),
    ("their_supervisor", P.SUPERVISION, "order-7", "openings.not_yours", "openings.not_yours"),
    ("grid_worker", P.CHECK, "", "openings.not_yours", "openings.not_yours"),
    ("vera", P.OWN_MATTER, "", "openings.not_yours", "openings.not_yours"),
    ("cai", P.OWN_MATTER, "", "openings.not_yours", "openings.not_yours"),
]


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize(("name", "purpose", "order", "at_work", "afterwards"), MAY)
def test_who_may_look_into_a_case_at_home(
    room: ReadingRoom, name: str, purpose: Purpose, order: str, at_work: str, afterwards: str, over: bool
) -> None:
    case = reported(room, *(CLOSED if over else ASSIGNED))
    if over:
        room.scene.do("tess", ConfirmRepair(case=case))
    expected = afterwards if over else at_work
    if isinstance(expected, ReadAs):
        event = room.opened(name, WORDS, purpose, authority=order)
        assert event.standing is expected
        assert (event.case, event.place, event.fields) == (case, None, ("words",))
        assert room.scene.account("tess") in event.concerned
    else:
        assert room.refusal(name, WORDS, purpose, authority=order) == expected


def test_what_is_looked_for_must_be_the_purpose_of_the_standing(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED)
    assert room.refusal("repairer", WORDS, Purpose.AUDIT) == "openings.other_purpose"
    for name, purpose in (("auditor", Purpose.AUDIT), ("supervisor", Purpose.SUPERVISION)):
        assert room.refusal(name, WORDS, purpose) == "openings.no_authority"


def test_whoever_had_the_case_before_is_refused(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED)
    first = room.opened("repairer", WORDS, Purpose.REPAIR).grant
    assert room.opened("repairer", "a photo", Purpose.REPAIR).grant == first
    room.scene.do("dispatcher", AssignRepair(case=case, executor=room.scene.account("second")))
    assert room.refusal("repairer", WORDS, Purpose.REPAIR) == "openings.not_yours"
    assert room.opened("second", WORDS, Purpose.REPAIR).grant != first


def test_a_tenant_who_left_keeps_their_own_and_the_next_one_sees_nothing(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED)
    for name in ("tess", "uli"):
        move_out(room, name)
    room.scene.town.advance(days=3)
    move_in(room, "vera")
    assert room.opened("tess", WORDS, Purpose.OWN_MATTER).standing is ReadAs.AUTHOR
    assert room.refusal("uli", WORDS, Purpose.OWN_MATTER) == "openings.not_yours"
    assert room.refusal("vera", WORDS, Purpose.OWN_MATTER) == "openings.not_yours"
    assert room.opened("vera", "door 301", Purpose.OWN_MATTER).standing is ReadAs.OCCUPANT
    assert room.refusal("tess", "door 301", Purpose.OWN_MATTER) == "openings.not_yours"


def test_who_stands_for_the_reporter_needs_a_delegation_to_see(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED)
    for scopes, expected in (((Scope.REPORT,), ""), ((Scope.SEE,), "helper")):
        helper = room.scene.account("helper")
        until = room.scene.town.time + 9 * DAY
        room.scene.do("tess", GrantDelegation(delegate=helper, scopes=scopes, until=until))
        if expected:
            event = room.opened("helper", WORDS, Purpose.OWN_MATTER)
            assert (event.standing, event.basis) == (ReadAs.REPORTER, expected)
        else:
            assert room.refusal("helper", WORDS, Purpose.OWN_MATTER) == "openings.not_yours"


def test_a_door_number_is_opened_for_a_repair_at_that_door(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED)
    assert room.refusal("repairer", "door 301", Purpose.REPAIR) == "openings.not_yours"
    event = room.opened("repairer", "door 301", Purpose.REPAIR, case=case)
    assert (event.case, event.place, event.concerned) == (case, None, (room.scene.account("tess"),))
    elsewhere = room.scene.report("anna", place=room.scene.stair)
    room.scene.take(elsewhere, *ASSIGNED)
    assert room.refusal("repairer", "door 301", Purpose.REPAIR, case=elsewhere) == "openings.not_yours"
    assert room.opened("clerk", "door 301", Purpose.REGISTRATION).place == room.scene.flat


def test_the_name_of_a_common_part_is_for_anybody_and_a_home_is_not(room: ReadingRoom) -> None:
    assert room.opened("cai", "the stair", Purpose.INFORMATION).standing is ReadAs.ANYBODY
    assert room.refusal("cai", "door 301", Purpose.INFORMATION) == "openings.not_yours"


def test_a_witness_looks_at_a_case_in_common_parts(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED, place=room.scene.stair)
    assert room.opened("grid_worker", WORDS, Purpose.CHECK).standing is ReadAs.WITNESS


def test_naming_anothers_photo_in_a_case_of_ones_own_gains_nothing(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED)
    room.scene.report("cai", place=room.scene.stair, photos=(room.sealed["a photo"],))
    assert room.refusal("cai", "a photo", Purpose.OWN_MATTER) == "openings.not_yours"


def test_one_opening_is_of_one_matter(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED)
    both = (room.sealed[WORDS].commitment, room.sealed["door 301"].commitment)
    command = OpenContent(contents=both, purpose=Purpose.REPAIR, case=case)
    assert room.scene.refusal("repairer", command) == "openings.several_matters"
    photo = (room.sealed[WORDS].commitment, room.sealed["a photo"].commitment)
    event = room.scene.do("repairer", OpenContent(contents=photo, purpose=Purpose.REPAIR)).events[0]
    assert getattr(event, "fields", ()) == ("words", "photos")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (OpenContent(contents=(bytes(32),), purpose=P.REPAIR), "openings.unknown_content"),
        (lambda room: room.command("door 301", P.REPAIR, case=bytes(16)), "openings.unknown_case"),
    ],
)
def test_what_the_ledger_does_not_know_is_not_opened(room: ReadingRoom, command: Any, code: str) -> None:
    wanted = command if isinstance(command, OpenContent) else command(room)
    assert room.scene.refusal("repairer", wanted) == code


def test_a_refusal_stands_in_the_history_of_reader_case_and_person(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED)
    with pytest.raises(Refused) as no:
        room.scene.do("second", room.command(WORDS, Purpose.REPAIR))
    about = {room.scene.account("second"), case, room.scene.account("tess")}
    assert {*no.value.about} == about
    block = room.scene.town.blocks[-1]
    assert {*decode_plain(block.receipts[-1].entries[0])[3]["about"]} == about


def test_opening_writes_no_content_and_no_home(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED)
    room.opened("repairer", "door 301", Purpose.REPAIR, case=case)
    (entry,) = room.scene.town.blocks[-1].receipts[-1].entries
    for secret in (b"door 301", WORDS.encode(), room.scene.flat):
        assert secret not in entry


def test_another_home_is_named_to_its_own_occupants_alone(room: ReadingRoom) -> None:
    building = next(key for key, row in room.scene.town.rows(places) if row.kind is PlaceKind.BUILDING)
    register = RegisterPlace(kind=PlaceKind.DWELLING, parent=building, name=room.seal("door 302"))
    room.scene.do("clerk", register)
    assert room.refusal("tess", "door 302", Purpose.OWN_MATTER) == "openings.not_yours"
    assert room.opened("clerk", "door 302", Purpose.REGISTRATION).standing is ReadAs.REGISTRAR


def test_what_was_merged_is_read_by_those_who_repair_the_case_that_is_followed(room: ReadingRoom) -> None:
    scene, case = room.scene, reported(room, *ASSIGNED)
    main = scene.report("cai", place=scene.stair)
    scene.do("desk", neighbour.Merge(case=case, into=main))
    scene.do("desk", TriageRepair(case=main))
    scene.do("dispatcher", AssignRepair(case=main, executor=scene.account("second")))
    assert room.opened("second", WORDS, P.REPAIR).standing is ReadAs.EXECUTOR
    assert room.refusal("repairer", WORDS, P.REPAIR) == "openings.not_yours"
    assert room.refusal("building_head", WORDS, P.CHECK) == "openings.not_yours", "nobody else's home is looked into"
    assert room.refusal("cai", WORDS, P.OWN_MATTER) == "openings.not_yours"
    scene.do("desk", neighbour.Split(case=case))
    assert room.refusal("second", WORDS, P.REPAIR) == "openings.not_yours"
    room.opened("repairer", WORDS, P.REPAIR)


def test_who_is_asked_to_take_it_over_reads_how_far_it_is_and_nothing_else(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED, "accept")
    note = room.seal("the valve is shut, the part comes at four")
    second = room.scene.account("second")
    room.scene.do("repairer", OfferRepair(case=case, colleague=second, handover_note=note))
    opened = room.opened("second", "the valve is shut, the part comes at four", P.REPAIR)
    assert (opened.standing, opened.fields) == (ReadAs.OFFERED, ("handover_note",))
    assert room.refusal("second", WORDS, P.REPAIR) == "openings.not_these", "the rest once it is theirs"
    for name, purpose in (("tess", P.OWN_MATTER), ("uli", P.OWN_MATTER)):
        note_to = room.refusal(name, "the valve is shut, the part comes at four", purpose)
        assert note_to == "openings.not_these", "what colleagues tell each other"
    room.scene.do("second", AcceptHandover(case=case))
    assert room.opened("second", WORDS, P.REPAIR).standing is ReadAs.EXECUTOR
    assert room.refusal("repairer", WORDS, P.REPAIR) == "openings.not_yours", "theirs no more"
