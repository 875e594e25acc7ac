"""A PNG as its grey pixels, and the QR codes in it as another program reads them."""

from __future__ import annotations

import struct
import zlib

import zxingcpp

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 6: 4}


def codes(png: bytes) -> list[str]:
    """What the QR codes of a picture say, read by ZXing."""
    width, height, grey = pixels(png)
    found = zxingcpp.read_barcodes(memoryview(grey).cast("B", shape=[height, width]))
    return [code.text for code in found if code.valid]


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and a byte of grey for each pixel, of a PNG with eight bits a channel, not interlaced."""
    assert png.startswith(SIGNATURE)
    at, data, head = len(SIGNATURE), b"", b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        head = body if kind == b"IHDR" else head
        data += body if kind == b"IDAT" else b""
        at += size + 12
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    assert (depth, interlaced) == (8, 0)
    step = CHANNELS[colour]
    lines, before = zlib.decompress(data), bytearray(width * step)
    grey = bytearray()
    for row in range(height):
        start = row * (width * step + 1)
        before = _unfiltered(lines[start], bytearray(lines[start + 1 : start + 1 + width * step]), before, step)
        grey += before[::step]
    return width, height, bytes(grey)


def _unfiltered(kind: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    """A line as it was before it was packed (PNG 1.2, section 6)."""
    for at in range(len(line)):
        left = line[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        line[at] = (
            line[at] + (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
        ) & 255
    return line


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))
