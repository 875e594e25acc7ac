"""Picture files as cameras and ill-wishers make them. Pillow, which the product does not use, writes the good ones."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from PIL import Image, PngImagePlugin

GPS_INFO, MAKE, ORIENTATION, LATITUDE = 0x8825, 0x010F, 0x0112, 2
SECRET = b"Kamera-7431"
FORMATS = ("JPEG", "PNG", "WEBP")


def drawn(width: int = 48, height: int = 32) -> Image.Image:
    """Something with a top and a left."""
    image = Image.new("RGB", (width, height), (250, 248, 243))
    image.paste((200, 60, 40), (0, 0, width // 2, height // 4))
    return image


def saved(format_: str, image: Image.Image | None = None, **options: Any) -> bytes:
    """A file of that format."""
    file = io.BytesIO()
    (image or drawn()).save(file, format_, **options)
    return file.getvalue()


def exif(upright: int = 1) -> bytes:
    """What a telephone writes into a photograph: where, with what, and which side is up."""
    told = Image.Exif()
    told[MAKE] = SECRET.decode()
    told[ORIENTATION] = upright
    told.get_ifd(GPS_INFO)[LATITUDE] = (39.0, 54.0, 27.0)
    return told.tobytes()


def photographs() -> dict[str, bytes]:
    """Good pictures that tell more than they show."""
    comment = PngImagePlugin.PngInfo()
    comment.add_text("Comment", SECRET.decode())
    return {
        "a JPEG with a place": saved("JPEG", exif=exif()),
        "a JPEG lying on its side": saved("JPEG", exif=exif(6)),
        "a progressive JPEG with a comment": saved("JPEG", progressive=True, comment=SECRET),
        "a JPEG with XMP": saved("JPEG", xmp=b"<x:xmpmeta>" + SECRET),
        "a grey JPEG with a place": saved("JPEG", drawn().convert("L"), exif=exif()),
        "a PNG with a place": saved("PNG", exif=exif()),
        "a PNG with a text": saved("PNG", pnginfo=comment),
        "a WebP with a place": saved("WEBP", exif=exif()),
        "a WebP with a place, nothing lost": saved("WEBP", lossless=True, exif=exif(), xmp=SECRET),
        "a WebP one sees through": saved("WEBP", drawn().convert("RGBA"), exif=exif()),
        "a JPEG and a page": saved("JPEG") + b"<script>alert(1)</script>",
        "a PNG and an archive": saved("PNG") + b"PK\x03\x04" + bytes(40),
        "a WebP and a page": saved("WEBP") + b"<html>",
        "a JPEG with a page before it": with_segment(saved("JPEG"), 0xEF, b"<script>alert(1)</script>"),
        "a JPEG with a small picture in it": with_thumbnail(saved("JPEG")),
    }


def with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG with one more segment in front."""
    return data[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + data[2:]


def with_thumbnail(data: bytes) -> bytes:
    """JFIF 1.01 has room for a small picture, which may show what was cut from the large one."""
    (length,) = struct.unpack_from(">H", data, 4)
    head = data[6 : 4 + length - 2] + b"\x02\x02" + bytes(12)
    return data[:2] + b"\xff\xe0" + struct.pack(">H", len(head) + 2) + head + data[4 + length :]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, chunks: Sequence[bytes] = ()) -> bytes:
    """Of that size, as far as its head says, and empty."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + rows + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    """A small JPEG whose frame claims another size."""
    data = saved("JPEG")
    place = data.index(b"\xff\xc0")
    return data[: place + 5] + struct.pack(">HH", height, width) + data[place + 9 :]


def webp(width: int, height: int) -> bytes:
    """A small WebP, nothing lost, whose first bits claim another size."""
    data = saved("WEBP", lossless=True)
    place = data.index(b"VP8L") + 9
    (bits,) = struct.unpack_from("<I", data, place)
    bits = bits & ~0xFFFFFFF | (width - 1) | (height - 1) << 14
    return data[:place] + struct.pack("<I", bits) + data[place + 4 :]


def gif(width: int, height: int) -> bytes:
    """A small GIF whose first picture is larger than its screen."""
    data = saved("GIF", drawn().convert("P"))
    place = data.index(b"\x2c", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    return data[: place + 5] + struct.pack("<HH", width, height) + data[place + 9 :]


def moving(format_: str) -> bytes:
    """Two pictures that take turns."""
    second = drawn().rotate(180)
    return saved(format_, save_all=True, append_images=[second], duration=100, loop=0)


BOMBS = {
    "a PNG": png(30_000, 30_000),
    "a PNG of the largest size": png(2**31 - 1, 2**31 - 1),
    "a JPEG": jpeg(65_500, 65_500),
    "a WebP": webp(16_384, 16_384),
}
