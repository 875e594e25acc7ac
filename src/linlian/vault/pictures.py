"""Pictures as they may be sealed: whole, still, small enough to draw, and with nothing in them but the picture.

A photograph from a telephone says where it was taken, by which device and when; a file may go on behind the end of its
picture; a few kilobytes may unfold to more than a telephone can hold. `bare` walks over the parts of a file and
decodes nothing, so that hostile bytes meet only the lines below.

Rules
- What has the mark of a JPEG, PNG or WebP picture is one, from its first part to its last, or is refused.
- Of the parts those remain that drawing needs: the picture, its colours and, of a JPEG's Exif, which side is up.
- What is sealed is bare already (`check`): the commitment stands for exactly the bytes that their sender has seen.

    bare(photo) == bare(bare(photo))
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from linlian.vault.seal import VaultError

PIXELS_MAX = 25_000_000
"""What a telephone draws without giving up: a hundred megabytes once unfolded."""
PARTS_MAX = 20_000
SCANS_MAX = 64
"""Of a progressive JPEG, each of which draws the whole picture anew; cameras make about ten."""

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
_PNG_MARK = b"\x89PNG\r\n\x1a\n"


class Size(NamedTuple):
    """In points."""

    width: int
    height: int


class _Broken(Exception):
    """These bytes are not what the format says."""


def kind_of(data: bytes) -> str:
    """The content type of a picture by its mark; "" for what is none."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(_PNG_MARK):
        return PNG
    return WEBP if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def check(data: bytes) -> None:
    """Let pass what is no picture, and pictures that are bare.

    VaultError: `vault.picture_tells_more`, and those of `bare`.
    """
    if bare(data) != data:
        raise VaultError("vault.picture_tells_more")


def bare(data: bytes) -> bytes:
    """The same picture and nothing else; what is no picture comes back as it is.

    VaultError: `vault.picture_broken`, `vault.picture_moves`, `vault.picture_too_large`.
    """
    kind = kind_of(data)
    if not kind:
        return data
    try:
        size, found = {JPEG: _jpeg, PNG: _png, WEBP: _webp}[kind](data)
    except (_Broken, struct.error) as error:
        raise VaultError("vault.picture_broken") from error
    if size.width * size.height > PIXELS_MAX:
        raise VaultError(
            "vault.picture_too_large", width=size.width, height=size.height, million_points_max=PIXELS_MAX // 10**6
        )
    return found


def _sure(fine: bool) -> None:
    if not fine:
        raise _Broken


# --- JPEG (ITU-T T.81): segments FF xx, length, body; behind a start of scan the coded picture ---

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_FRAMES = (0xC0, 0xC1, 0xC2)
"""Baseline, extended, progressive; no browser draws the others."""
_TABLES = (0xC4, 0xDB, 0xDD)
_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_BEHIND_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
_JFIF = b"JFIF\x00"
_EXIF = b"Exif\x00\x00"
_COLOURS = {0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
"""The only applications' segments that change how it looks."""
_ORIENTATION = 0x0112


def _jpeg(data: bytes) -> tuple[Size, bytes]:
    size, scans, upright = Size(0, 0), 0, 1
    head, body = b"", []
    for marker, segment, coded in _segments(data):
        inner = segment[4:]
        if marker in _FRAMES:
            _sure(size == (0, 0) and inner[:1] == b"\x08")
            height, width = struct.unpack_from(">HH", inner, 1)
            size = Size(width, height)
            _sure(width > 0 and height > 0)
        elif marker == _SOS:
            scans += 1
            _sure(size != (0, 0) and scans <= SCANS_MAX)
        elif marker == 0xE0 and inner.startswith(_JFIF) and not head:
            head = (
                segment if inner[12:] == bytes(2) else b""
            )  # a small picture within it may show more than the large one
            continue
        elif marker == 0xE1 and inner.startswith(_EXIF):
            upright = _orientation(inner[len(_EXIF) :])
            continue
        elif 0xE0 <= marker <= 0xEF or marker == 0xFE:
            if marker not in _COLOURS or not inner.startswith(_COLOURS[marker]):
                continue
        else:
            _sure(marker in _TABLES)
        body += [segment, coded]
    _sure(scans > 0)
    return size, b"".join((b"\xff\xd8", head, _turned(upright), *body, b"\xff\xd9"))


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, whole segment, and what is coded behind it; up to the end of the picture."""
    place = 2
    for _ in range(PARTS_MAX):
        found = _MARKER.match(data, place)
        _sure(found is not None)
        assert found is not None
        marker, place = found[1][0], found.end()
        if marker == _EOI:
            return
        (length,) = struct.unpack_from(">H", data, place)
        end = place + length
        _sure(length >= 2 and end <= len(data))
        segment = bytes((0xFF, marker)) + data[place:end]
        place = end
        if marker == _SOS:
            behind = _BEHIND_SCAN.search(data, end)
            _sure(behind is not None)
            assert behind is not None
            place = behind.start()
        yield marker, segment, data[end:place]
    raise _Broken


def _orientation(tiff: bytes) -> int:
    """Which side is up, by the first list of an Exif; 1, as it is, where that is not said well."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (place,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, place)
        for number in range(entries):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, place + 2 + 12 * number)
            if tag == _ORIENTATION:
                return value if kind == 3 and 1 <= value <= 8 else 1
    except struct.error:
        pass  # a list that goes on behind its end says nothing either
    return 1


def _turned(upright: int) -> bytes:
    """An Exif that says which side is up and nothing else; none for a picture that stands as it is."""
    if upright == 1:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, upright, 0)
    body = _EXIF + b"MM\x00*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


# --- PNG (ISO/IEC 15948): chunks of length, type, body, CRC-32 ---

_PNG_NEEDED = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_PNG_COLOURS = (b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"bKGD")
_PNG_MOVES = (b"acTL", b"fcTL", b"fdAT")


def _png(data: bytes) -> tuple[Size, bytes]:
    kept = [_PNG_MARK]
    kinds: set[bytes] = set()
    place, size = len(_PNG_MARK), Size(0, 0)
    for _ in range(PARTS_MAX):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        _sure(end <= len(data) and (kind == b"IHDR") == (not kinds))
        (check_sum,) = struct.unpack_from(">I", data, end - 4)
        _sure(zlib.crc32(data[place + 4 : end - 4]) == check_sum)
        if kind in _PNG_MOVES:
            raise VaultError("vault.picture_moves")
        if kind == b"IHDR":
            _sure(length == 13)
            size = Size(*struct.unpack_from(">II", data, place + 8))
            _sure(size.width > 0 and size.height > 0)
        _sure(kind in _PNG_NEEDED or bool(kind[0] & 0x20))
        if kind in _PNG_NEEDED or kind in _PNG_COLOURS:
            kept.append(data[place:end])
        kinds.add(kind)
        place = end
        if kind == b"IEND":
            _sure(b"IDAT" in kinds and length == 0)
            return size, b"".join(kept)
    raise _Broken


# --- WebP (RFC 9649): RIFF, with chunks of type, length, body, and a byte more where the length is odd ---

_WEBP_KEPT = (b"VP8 ", b"VP8L", b"ALPH", b"ICCP")
_WEBP_MOVES = (b"ANIM", b"ANMF")
_ALPHA, _PROFILE, _MOTION = 0x10, 0x20, 0x02


def _webp(data: bytes) -> tuple[Size, bytes]:
    (told,) = struct.unpack_from("<I", data, 4)
    end, place = 8 + told, 12
    _sure(place < end <= len(data))
    kept: list[bytes] = []
    canvas, size = None, Size(0, 0)
    for _ in range(PARTS_MAX):
        if place == end:
            break
        kind, length = struct.unpack_from("<4sI", data, place)
        body = data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2
        _sure(len(body) == length and place <= end)
        if kind in _WEBP_MOVES:
            raise VaultError("vault.picture_moves")
        if kind == b"VP8X":
            _sure(canvas is None and not kept and length == 10)
            if body[0] & _MOTION:
                raise VaultError("vault.picture_moves")
            canvas = Size(*(1 + int.from_bytes(body[at : at + 3], "little") for at in (4, 7)))
            body = bytes((body[0] & (_ALPHA | _PROFILE), 0, 0, 0)) + body[4:]
        elif kind in (b"VP8 ", b"VP8L"):
            _sure(size == (0, 0))
            size = _webp_size(kind, body)
        elif kind not in _WEBP_KEPT:
            continue
        kept.append(kind + struct.pack("<I", length) + body + bytes(length % 2))
    _sure(place == end and size != (0, 0) and canvas in (None, size))
    inner = b"WEBP" + b"".join(kept)
    return size, b"RIFF" + struct.pack("<I", len(inner)) + inner


def _webp_size(kind: bytes, body: bytes) -> Size:
    """As the picture's own first bytes say it."""
    if kind == b"VP8L":
        _sure(body[:1] == b"\x2f")
        (bits,) = struct.unpack_from("<I", body, 1)
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    _sure(body[3:6] == b"\x9d\x01\x2a")
    width, height = struct.unpack_from("<HH", body, 6)
    size = Size(width & 0x3FFF, height & 0x3FFF)
    _sure(size.width > 0 and size.height > 0)
    return size
