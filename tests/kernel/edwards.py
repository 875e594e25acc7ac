"""Ed25519's curve in plain integers (RFC 8032 section 5.1), slow and independent of every library.

Honest libraries cannot make the signatures that an attacker would; with the group at hand they are a few lines.
Points are affine `(x, y)` integers modulo P. Nothing here is secret and nothing is constant-time.
"""

from __future__ import annotations

from hashlib import sha512
from typing import NamedTuple

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, P - 2, P) % P

Point = tuple[int, int]
IDENTITY: Point = (0, 1)


class Signed(NamedTuple):
    """A public key, a message and a signature over it: 32, any and 64 bytes."""

    public_key: bytes
    message: bytes
    signature: bytes


def recover_x(y: int, sign: int) -> int | None:
    """The x of the point with this y whose lowest bit is `sign`, or None if the curve has none."""
    square = (y * y - 1) * pow(_D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def add(p: Point, q: Point) -> Point:
    k = _D * p[0] * q[0] * p[1] * q[1] % P
    x = (p[0] * q[1] + q[0] * p[1]) * pow(1 + k, P - 2, P)
    y = (p[1] * q[1] + p[0] * q[0]) * pow(1 - k, P - 2, P)
    return x % P, y % P


def multiply(scalar: int, p: Point) -> Point:
    product = IDENTITY
    while scalar:
        if scalar & 1:
            product = add(product, p)
        p, scalar = add(p, p), scalar >> 1
    return product


def compress(p: Point) -> bytes:
    return little(p[1] | (p[0] & 1) << 255)


def little(number: int) -> bytes:
    return number.to_bytes(32, "little")


def scalar(*parts: bytes) -> int:
    """SHA-512 of the parts, little-endian, modulo L: the challenge of RFC 8032 and a source of fixed scalars."""
    return int.from_bytes(sha512(b"".join(parts)).digest(), "little") % L


def _base() -> Point:
    y = 4 * pow(5, P - 2, P) % P
    x = recover_x(y, 0)
    assert x is not None
    return x, y


def _order_eight() -> Point:
    """The first point of order 8 met by clearing the large subgroup out of y = 2, 3, 4 …"""
    for y in range(2, 64):
        x = recover_x(y, 0)
        if x is not None and multiply(4, torsion := multiply(L, (x, y))) != IDENTITY:
            return torsion
    raise AssertionError("no point of order 8")


BASE = _base()
TORSION = tuple(multiply(n, _order_eight()) for n in range(8))
"""The eight points of small order: entry n has order 8/gcd(8, n)."""


def small_order_encodings() -> list[bytes]:
    """Every 32 bytes that some library decodes to a point of small order, canonical or not: 14 of them."""
    return [
        little(written | sign << 255)
        for x, y in TORSION
        for written in ((y, y + P) if y + P < 2**255 else (y,))
        for sign in ((0, 1) if x == 0 else (x & 1,))
    ]
