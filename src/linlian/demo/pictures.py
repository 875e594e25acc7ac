"""Small drawings in the place of photographs: a PNG of its own for each number, made from nothing but the number.

>>> draw(7)[:8]
b'\\x89PNG\\r\\n\\x1a\\n'
"""

from __future__ import annotations

import struct
import zlib
from functools import cache

WIDTH, HEIGHT = 48, 36
PALETTE = ((0xFB, 0xF8, 0xF3), (0x0F, 0x6B, 0x5C), (0xF0, 0xB2, 0x3C), (0x24, 0x57, 0xA6), (0x8C, 0x85, 0x78))


def draw(number: int) -> bytes:
    """A wall, a pipe across it, and a valve somewhere on the pipe."""
    level, valve = 6 + number * 7 % 25, 6 + number * 13 % 37
    colour = 1 + number % 4
    rows = b"".join(b"\x00" + _row(y, level, valve, colour) for y in range(HEIGHT))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(bytes(entry) for entry in PALETTE)),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _row(y: int, level: int, valve: int, colour: int) -> bytes:
    """One line of it: the wall, or the pipe; and what of the valve stands on this height."""
    row = bytearray(bytes((colour,)) * WIDTH if abs(y - level) < 2 else _wall(y))
    if abs(y - level) < 4:
        for x in range(max(0, valve - 3), min(WIDTH, valve + 4)):
            if (x - valve) ** 2 + (y - level) ** 2 < 13:
                row[x] = 2 if colour != 2 else 3
    return bytes(row)


@cache
def _wall(y: int) -> bytes:
    """Bricks."""
    return bytes(4 if y % 6 == 0 or (x + 8 * (y // 6 % 2)) % 16 == 0 else 0 for x in range(WIDTH))


def _chunk(kind: bytes, data: bytes) -> bytes:
    """PNG (ISO/IEC 15948) section 5.3: length, type, data, CRC-32 of type and data."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
