from __future__ import annotations

import stat
from pathlib import Path

import pytest

from linlian.vault import Contents, VaultError
from linlian.vault.packs import Packs

WORDS = [f"三楼漏水 {number}".encode() for number in range(2_500)]


def test_many_contents_are_sealed_in_two_files_and_each_opens(tmp_path: Path) -> None:
    contents = Contents(tmp_path)
    sealed = contents.put_many(WORDS)
    assert [contents._unsealed(content) for content in sealed[::50]] == WORDS[::50]
    assert contents._unsealed(sealed[-1]) == WORDS[-1]
    assert len({content.commitment for content in sealed}) == len(WORDS)
    assert [path.suffix for path in contents.files()] == [".pack", ".pack"]


def test_one_of_many_is_erased_for_ever_and_the_others_stay(tmp_path: Path) -> None:
    contents = Contents(tmp_path)
    sealed = contents.put_many(WORDS[:100])
    assert contents.erase(sealed[40].commitment)
    assert not contents.erase(sealed[40].commitment)
    with pytest.raises(VaultError, match=r"vault\.no_opening"):
        contents._unsealed(sealed[40])
    others = [number for number in range(100) if number != 40]
    assert [contents._unsealed(sealed[number]) for number in others] == [WORDS[number] for number in others]


def test_an_erased_content_is_no_longer_in_the_file(tmp_path: Path) -> None:
    packs = Packs(tmp_path / "packs")
    packs.add([(bytes([number]) * 32, f"secret {number}".encode()) for number in range(20)])
    packs.erase(b"\x07" * 32)
    (pack,) = tmp_path.rglob("*.pack")
    assert b"secret 7" not in pack.read_bytes()
    assert b"secret 8" in pack.read_bytes()


def test_packs_of_several_times_are_all_searched(tmp_path: Path) -> None:
    contents = Contents(tmp_path)
    first, second = contents.put_many(WORDS[:3]), contents.put_many(WORDS[3:6])
    one = contents.put(b"alone")
    assert [contents._unsealed(content) for content in (*first, *second, one)] == [*WORDS[:6], b"alone"]
    assert contents.put_many([]) == []


def test_a_content_that_no_pack_has_is_not_here(tmp_path: Path) -> None:
    elsewhere = Contents(tmp_path / "elsewhere").put_many(WORDS[:5])
    contents = Contents(tmp_path / "here")
    contents.put_many(WORDS[5:10])
    with pytest.raises(VaultError, match=r"vault\.not_here"):
        contents._unsealed(elsewhere[0])
    assert not contents.erase(elsewhere[0].commitment)


def test_a_pack_is_its_owners_alone_and_nothing_half_written_stays(tmp_path: Path) -> None:
    Contents(tmp_path).put_many(WORDS[:3])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.suffix for path in files] == [".pack", ".pack"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_damaged_pack_is_said_and_not_believed(tmp_path: Path) -> None:
    contents = Contents(tmp_path)
    (content,) = contents.put_many(WORDS[:1])
    (pack,) = (tmp_path / "sealed").rglob("*.pack")
    whole = pack.read_bytes()
    pack.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(VaultError, match=r"vault\.sealed_bytes_differ"):
        contents._unsealed(content)
    pack.write_bytes(whole[:20])
    with pytest.raises(VaultError, match=r"vault\.disk_failed"):
        contents._unsealed(content)
