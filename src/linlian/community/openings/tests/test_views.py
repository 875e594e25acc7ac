"""Openings as rows: the person concerned finds each look and each refusal."""

from __future__ import annotations

import tomllib
from pathlib import Path

from linlian.community import BUSINESSES
from linlian.community.appointments.rules import Window
from linlian.community.appointments.rules_agreeing import ProposeWindows
from linlian.community.handovers.rules import OfferRepair
from linlian.community.openings import views as ask
from linlian.community.openings.rules import names_content
from linlian.community.openings.rules_table import Purpose, ReadAs
from linlian.community.openings.tests.reading_room import ASSIGNED, WORDS, ReadingRoom, reported
from linlian.community.repairs.tests.scene import HOUR
from linlian.kernel.contents import content_fields
from linlian.testing.rows import reading

NEEDED = (*ask.views.needs, ask.views)


def test_whoever_it_concerns_finds_every_look_and_every_refusal(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED)
    room.opened("repairer", WORDS, Purpose.REPAIR)
    room.opened("repairer", "a photo", Purpose.REPAIR)
    room.refusal("second", WORDS, Purpose.REPAIR)
    room.opened("auditor", WORDS, Purpose.AUDIT, authority="order-7")
    with reading(room.scene.town.blocks, *NEEDED) as db:
        tess = ask.openings_of_person(db, room.scene.account("tess"))
        assert [(row.reader, row.standing, row.code) for row in tess] == [
            (room.scene.account("auditor"), "auditor", ""),
            (room.scene.account("second"), "", "openings.not_yours"),
            (room.scene.account("repairer"), "executor", ""),
            (room.scene.account("repairer"), "executor", ""),
        ]
        assert tess[0].authority == "order-7"
        assert ask.openings_of_case(db, case) == tess
        assert ask.openings_of_person(db, room.scene.account("anna")) == []
        assert ask.openings_of_person(db, room.scene.account("tess"), limit=1) == tess[:1]
        since = tess[1].time
        assert ask.openings_of_person(db, room.scene.account("tess"), since=since) == tess[:2]


def test_a_reader_is_followed_through_what_they_opened_and_tried(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED)
    room.opened("repairer", WORDS, Purpose.REPAIR)
    room.opened("repairer", "door 301", Purpose.REPAIR, case=case)
    room.refusal("repairer", "door 301", Purpose.REPAIR)
    repairer = room.scene.account("repairer")
    with reading(room.scene.town.blocks, *NEEDED) as db:
        rows = ask.openings_by_reader(db, repairer)
        assert [row.code for row in rows] == ["openings.not_yours", "", ""]
        assert [row.matter for row in rows] == ["", "address", "case"]
        assert len(ask.openings_by_reader(db, repairer, standing=ReadAs.EXECUTOR)) == 2
        grants = ask.grants_of_case(db, case)
        assert sorted(grant.openings for grant in grants) == [1, 1]
        assert ask.openings_of_place(db, room.scene.flat)[0].code == "openings.not_yours"


def test_what_is_sealed_is_listed_by_what_it_belongs_to(room: ReadingRoom) -> None:
    case = reported(room)
    room.scene.report("cai", place=room.scene.stair, photos=(room.sealed["a photo"],))
    with reading(room.scene.town.blocks, *NEEDED) as db:
        found = {row.field: row for row in ask.sealed_contents(db, case_id=case)}
        assert {*found} == {"words", "photos"}
        assert found["words"].commitment == room.sealed[WORDS].commitment
        assert found["photos"].account == room.scene.account("tess")
        homes = [row for row in ask.sealed_contents(db, place=room.scene.flat) if not row.case_id]
        assert [row.commitment for row in homes] == [room.sealed["door 301"].commitment]


def test_what_any_business_seals_is_listed_and_has_a_label() -> None:
    """Whoever adds a business that seals something adds it to what openings need, and says what it is."""
    heard = {kind for _, kind, _ in ask.views.handlers}
    sealing = [kind for each in BUSINESSES for kind in each.events.values() if names_content(kind)]
    assert [kind.__name__ for kind in sealing if kind not in heard] == []
    texts = tomllib.loads((Path(ask.__file__).parent / "words.toml").read_text(encoding="utf-8"))["texts"]
    fields = {field for kind in sealing for field in content_fields(kind)}
    assert {field for field in fields if f"openings.field.{field}" not in texts} == set()


def test_an_appointment_and_a_handover_are_among_what_a_case_has_sealed(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED, "accept")
    second = room.scene.account("second")
    room.scene.do("repairer", OfferRepair(case=case, colleague=second, handover_note=room.seal("half done")))
    window = Window(starts=room.scene.town.time + HOUR, ends=room.scene.town.time + 2 * HOUR)
    room.scene.do("repairer", ProposeWindows(case=case, windows=(window,), words=room.seal("after lunch")))
    with reading(room.scene.town.blocks, *NEEDED) as db:
        listed = {(row.event, row.field) for row in ask.sealed_contents(db, case_id=case)}
        assert listed >= {
            ("handovers.handover_offered", "handover_note"),
            ("appointments.windows_proposed", "words"),
        }
        assert "handover_note" in {row.field for row in ask.sealed_for_case(db, case)}


def test_a_folder_of_contents_holds_no_plain_word(room: ReadingRoom, tmp_path: Path) -> None:
    reported(room)
    for path in (tmp_path / "contents").rglob("*"):
        assert path.is_dir() or WORDS.encode() not in path.read_bytes()
