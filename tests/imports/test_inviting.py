"""To whom of a home a letter is written, and files that would unpack to far more than they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from linlian.imports.lists import sheets
from linlian.imports.lists.doors import Door
from linlian.imports.lists.inviting import addressed, secret_here
from linlian.imports.lists.layout import Capacity
from linlian.imports.lists.records import Person, Where
from linlian.imports.problems import ImportFailed
from linlian.kernel.crypto import SoftwareKey
from tests.imports.untidy import Row, Untidy


def people(*told: tuple[str, Capacity]) -> list[Person]:
    return [
        Person(Where("", line), Door.read(door), f"名{line}", "", "", capacity, 0, 0, 0, 0, absent=False)
        for line, (door, capacity) in enumerate(told)
    ]


@pytest.mark.parametrize(
    ("capacities", "first"),
    [
        (("owner",), 0),
        (("tenant", "owner"), 1),
        (("co_owner", "owner", "owner"), 1),
        (("family", "tenant", "agent"), 1),
        (("agent", "family"), 1),
        (("tenant", "company"), 1),
        (("family", "family"), 0),
    ],
)
def test_a_home_has_one_letter_to_its_first_owner(capacities: tuple[Capacity, ...], first: int) -> None:
    listed = people(*(("1-1-101", capacity) for capacity in capacities))
    assert addressed(listed, one_a_home=True) == {Where("", first)}
    assert addressed(listed, one_a_home=False) == {person.where for person in listed}


def test_every_home_has_one() -> None:
    listed = people(("1-1-101", "owner"), ("1-1-102", "family"), ("1-1-101", "family"), ("1-1-102", "tenant"))
    assert addressed(listed, one_a_home=True) == {Where("", 0), Where("", 3)}


def test_a_secret_made_here_is_of_the_key_that_is_told() -> None:
    public_key, secret = secret_here()
    assert SoftwareKey("ed25519", secret).public_key == public_key
    assert secret_here()[1] != secret


def test_what_would_unpack_to_far_more_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "houses.xlsx"
    Untidy({"表": [Row(["清册", ""]), Row([""]), Row(["房号", "面积"]), Row(["1-1-101", 80])]}).write(path)
    assert len(sheets.read_sheets(path)) == 1
    monkeypatch.setattr(sheets, "UNPACKED_BYTES_MAX", 1_000)
    with pytest.raises(ImportFailed) as no:
        sheets.read_sheets(path)
    assert no.value.code == "import.file_too_large"
