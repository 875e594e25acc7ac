"""What is sealed of a picture is the picture: nothing rides along, nothing unfolds, and Pillow still sees the same."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from linlian.vault import Contents, VaultError, bare, kind_of
from linlian.vault.pictures import PIXELS_MAX, SCANS_MAX, check
from tests.vault.hostile_pictures import (
    BOMBS,
    FORMATS,
    ORIENTATION,
    SECRET,
    chunk,
    drawn,
    exif,
    jpeg,
    moving,
    photographs,
    png,
    saved,
    webp,
    with_segment,
)

PHOTOGRAPHS = photographs()
GOOD = {format_: saved(format_) for format_ in FORMATS}


def pixels(data: bytes) -> bytes:
    """As they are seen, the right side up."""
    with Image.open(io.BytesIO(data)) as image:
        return ImageOps.exif_transpose(image).convert("RGBA").tobytes()


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_what_tells_more_than_it_shows_is_not_sealed_and_bare_it_shows_the_same(name: str, tmp_path: Path) -> None:
    photo = PHOTOGRAPHS[name]
    with pytest.raises(VaultError, match=r"vault\.picture_tells_more"):
        Contents(tmp_path).put(photo)
    with pytest.raises(VaultError, match=r"vault\.picture_tells_more"):
        Contents(tmp_path).put_many([b"words", photo])
    assert not list(Contents(tmp_path).files())
    found = bare(photo)
    assert pixels(found) == pixels(photo)
    assert SECRET not in found
    assert b"script" not in found
    assert bare(found) == found
    Contents(tmp_path).put(found)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_of_what_a_camera_writes_the_upright_side_alone_remains(name: str) -> None:
    with Image.open(io.BytesIO(bare(PHOTOGRAPHS[name]))) as image:
        assert set(image.getexif()) <= {ORIENTATION}
        told = {"xmp", "comment", "Comment", "exif"} & {*image.info}
        assert told == ({"exif"} if name == "a JPEG lying on its side" else set())


@pytest.mark.parametrize(
    ("format_", "mode"),
    [
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("PNG", mode) for mode in ("RGB", "L", "RGBA", "LA", "P", "1", "I;16")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
    ],
)
@pytest.mark.parametrize("profile", [b"", bytes(3000)])
def test_colours_survive(format_: str, mode: str, profile: bytes) -> None:
    data = saved(format_, drawn(37, 21).convert("L" if mode == "I;16" else mode).convert(mode), icc_profile=profile)
    check(bare(data))
    assert pixels(bare(data)) == pixels(data)


@pytest.mark.parametrize("upright", range(1, 9))
def test_a_photograph_taken_sideways_stays_sideways(upright: int) -> None:
    with Image.open(io.BytesIO(bare(saved("JPEG", exif=exif(upright))))) as image:
        assert image.getexif().get(ORIENTATION, 1) == upright


@pytest.mark.parametrize("name", BOMBS)
def test_a_few_bytes_that_unfold_to_gigabytes_are_not_sealed(name: str, tmp_path: Path) -> None:
    assert len(BOMBS[name]) < 2_000
    with pytest.raises(VaultError, match=r"vault\.picture_too_large"):
        Contents(tmp_path).put(BOMBS[name])


def test_the_bound_is_exact() -> None:
    for make in (png, jpeg, webp):
        check(make(5_000, PIXELS_MAX // 5_000))
        with pytest.raises(VaultError, match=r"vault\.picture_too_large"):
            check(make(5_000, PIXELS_MAX // 5_000 + 1))


@pytest.mark.parametrize("format_", ["PNG", "WEBP"])
def test_what_moves_is_not_sealed(format_: str) -> None:
    with pytest.raises(VaultError, match=r"vault\.picture_moves"):
        check(moving(format_))


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_that_ends_too_early_is_not_sealed(format_: str) -> None:
    data = GOOD[format_]
    for size in range(12, len(data)):
        with pytest.raises(VaultError, match=r"vault\.picture_(broken|tells_more)"):
            check(data[:size])


BROKEN = {
    "a JPEG with two frames": with_segment(GOOD["JPEG"], 0xC0, b"\x08\x00\x10\x00\x10\x01\x01\x11\x00"),
    "a JPEG without a height": jpeg(48, 0),
    "a JPEG of nothing but an end": b"\xff\xd8\xff\xd9",
    "a JPEG that scans for ever": GOOD["JPEG"][:-2] + GOOD["JPEG"][GOOD["JPEG"].index(b"\xff\xda") : -2] * SCANS_MAX,
    "a JPEG in a form nobody draws": GOOD["JPEG"].replace(b"\xff\xc0", b"\xff\xc9"),
    "a JPEG of empty tables": b"\xff\xd8" + b"\xff\xdb\x00\x02" * 500_000,
    "a JPEG of nothing but fillings": b"\xff\xd8" + b"\xff" * 5_000_000,
    "a PNG of no height": png(5, 0),
    "a PNG with a part that must be known": png(5, 5, [chunk(b"EVIL", b"")]),
    "a PNG with two heads": png(5, 5, [chunk(b"IHDR", bytes(13))]),
    "a PNG with a wrong sum": GOOD["PNG"][:-1] + b"\x00",
    "a PNG of empty parts": png(5, 5, [chunk(b"tEXt", b"")] * 100_000),
    "a WebP that claims another canvas": bytes(saved("WEBP", drawn().convert("RGBA"), exif=exif())).replace(
        b"\x2f\x00\x00\x1f\x00\x00", b"\x30\x00\x00\x1f\x00\x00"
    ),
    "a WebP without a picture": b"RIFF\x0c\x00\x00\x00WEBPICCP\x00\x00\x00\x00",
    "a WebP with an empty head": b"RIFF\x0c\x00\x00\x00WEBPVP8X\x00\x00\x00\x00",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_what_its_format_says_is_not_sealed(name: str) -> None:
    assert kind_of(BROKEN[name]) or name == "a JPEG of nothing but an end"
    with pytest.raises(VaultError, match=r"vault\.picture_broken"):
        check(BROKEN[name])


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_no_changed_byte_gets_past_as_something_else(format_: str, data: st.DataObject) -> None:
    """Whatever comes: refused with a code, or a picture whose bare form is its own bare form."""
    whole = bytearray(PHOTOGRAPHS[f"a {'WebP' if format_ == 'WEBP' else format_} with a place"])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    found = b""
    with suppress(VaultError):
        found = bare(bytes(whole))
    assert bare(found) == found


@given(st.binary(max_size=300))
def test_what_is_no_picture_is_left_as_it_is(data: bytes) -> None:
    assert kind_of(data) or bare(data) == data
