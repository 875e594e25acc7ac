from __future__ import annotations

import stat
from pathlib import Path

import pytest

from linlian.vault import Contents, VaultError, seal

WORDS = "厨房水管漏水".encode()


def test_what_was_put_can_be_got_by_another_process_of_the_folder(tmp_path: Path) -> None:
    content = Contents(tmp_path).put(WORDS)
    assert Contents(tmp_path)._unsealed(content) == WORDS


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    contents = Contents(tmp_path / "contents")
    contents.put(WORDS)
    files = list(contents.files())
    assert [path.suffix for path in files] == [".sealed", ".opening"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600, 0o600]


def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    Contents(tmp_path).put(WORDS)
    assert not list(tmp_path.rglob("*.new"))


def test_erasing_what_opens_it_leaves_sealed_bytes_that_say_nothing(tmp_path: Path) -> None:
    contents = Contents(tmp_path)
    content = contents.put(WORDS)
    assert contents.erase(content.commitment)
    with pytest.raises(VaultError, match=r"vault\.no_opening"):
        contents._unsealed(content)
    assert [path.suffix for path in contents.files()] == [".sealed"]
    assert not contents.erase(content.commitment)


def test_sealed_bytes_without_what_opens_them_can_be_kept(tmp_path: Path) -> None:
    contents = Contents(tmp_path)
    content, opening, sealed = seal(WORDS)
    contents.keep(content, None, sealed)
    with pytest.raises(VaultError, match=r"vault\.no_opening"):
        contents._unsealed(content)
    contents.keep(content, opening, sealed)
    assert contents._unsealed(content) == WORDS


def test_content_that_rests_elsewhere_is_not_here(tmp_path: Path) -> None:
    content, _, _ = seal(WORDS)
    with pytest.raises(VaultError, match=r"vault\.not_here"):
        Contents(tmp_path)._unsealed(content)


def test_a_damaged_file_is_found_out(tmp_path: Path) -> None:
    contents = Contents(tmp_path)
    content = contents.put(WORDS)
    sealed, opening = contents.files()
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"\x00")
    with pytest.raises(VaultError, match=r"vault\.sealed_bytes_differ"):
        contents._unsealed(content)
    opening.write_bytes(b"short")
    with pytest.raises(VaultError, match=r"vault\.wrong_opening"):
        Contents(tmp_path)._unsealed(content)


def test_a_disk_that_cannot_be_written_is_told_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "sealed").write_text("a file where a folder belongs")
    with pytest.raises(VaultError, match=r"vault\.disk_failed"):
        Contents(tmp_path).put(WORDS)
