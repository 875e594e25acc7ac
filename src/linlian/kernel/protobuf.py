"""Protocol Buffers, written by hand: the few messages whose bytes CometBFT hashes or signs (proto3, encoding).

Rules
- A field is its tag, a uvarint of number × 8 + wire type, and its value; fields stand in ascending order.
- proto3 leaves out a number that is zero and bytes that are empty. A message inside a message may be empty and is still
  written where CometBFT's Go types hold it by value, so that is the caller's to say: `message` always writes.

    >>> integer(1, 5) + octets(2, b"ab")
    b'\\x08\\x05\\x12\\x02ab'
"""

from __future__ import annotations


def uvarint(number: int) -> bytes:
    """Seven bits a byte, lowest first, the top bit set on all but the last. Nothing here is ever below zero."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def delimited(data: bytes) -> bytes:
    """The bytes behind their length as a uvarint."""
    return uvarint(len(data)) + data


def integer(field: int, number: int) -> bytes:
    """An int32, int64, uint64 or enum."""
    return uvarint(field << 3) + uvarint(number) if number else b""


def sfixed64(field: int, number: int) -> bytes:
    """Eight bytes, little-endian."""
    return uvarint(field << 3 | 1) + number.to_bytes(8, "little") if number else b""


def octets(field: int, data: bytes) -> bytes:
    """Bytes, or text in UTF-8."""
    return message(field, data) if data else b""


def message(field: int, encoded: bytes) -> bytes:
    """A message that is written even if it is empty."""
    return uvarint(field << 3 | 2) + delimited(encoded)
