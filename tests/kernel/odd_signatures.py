"""Odd Ed25519 signatures, made from the group itself: what an attacker can sign and libraries disagree about.

`a` and `r` are a fixed private scalar and nonce, A = aB and R = rB. `T` is a point of order 8.
Each function returns what it says in its name; the equation that does hold is given beside it.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.kernel import edwards
from tests.kernel.edwards import BASE, TORSION, Signed, add, compress, little, multiply, scalar

_a, _r = scalar(b"linlian: private scalar"), scalar(b"linlian: nonce")
_A, _R = multiply(_a, BASE), multiply(_r, BASE)
_T = TORSION[1]
_MESSAGE = b"linlian"


def _signed(public_key: bytes, r_bytes: bytes, message: bytes, r: int) -> Signed:
    s = (r + scalar(r_bytes, public_key, message) * _a) % edwards.L
    return Signed(public_key, message, r_bytes + little(s))


def plain() -> Signed:
    """An ordinary signature: SB = R + hA."""
    return _signed(compress(_A), compress(_R), _MESSAGE, _r)


def s_raised(times: int) -> Signed:
    """S + nL in place of S, the same signature modulo L."""
    signed = plain()
    s = int.from_bytes(signed.signature[32:], "little") + times * edwards.L
    return signed._replace(signature=signed.signature[:32] + little(s))


def small_order_key(encoding: bytes) -> Signed:
    """A of small order and a message for which hA is the identity, so that R = rB, S = r satisfies SB = R + hA."""
    y = (int.from_bytes(encoding, "little") & (1 << 255) - 1) % edwards.P
    point = next(p for p in TORSION if p[1] == y and (p[0] == 0 or p[0] & 1 == encoding[31] >> 7))
    r_bytes = compress(_R)
    message = _message_where(lambda m: multiply(scalar(r_bytes, encoding, m), point) == edwards.IDENTITY)
    return Signed(encoding, message, r_bytes + little(_r))


def small_order_r(encoding: bytes) -> Signed:
    """R of small order and S = ha: satisfies SB = R + hA for the identity, 8SB = 8R + 8hA for the others."""
    return _signed(compress(_A), encoding, _MESSAGE, 0)


def torsion_in_r(order_eight_times: int) -> Signed:
    """R + nT: satisfies 8SB = 8R + 8hA, never SB = R + hA."""
    return _signed(compress(_A), compress(add(_R, TORSION[order_eight_times])), _MESSAGE, _r)


def mixed_key(order_eight_times: int, *, cofactorless: bool) -> Signed:
    """A + nT as the key.

    With `cofactorless` over a message for which hnT is the identity, so that SB = R + hA; else 8SB = 8R + 8hA only.
    """
    torsion = TORSION[order_eight_times]
    public_key, r_bytes = compress(add(_A, torsion)), compress(_R)
    message = _message_where(
        lambda m: (multiply(scalar(r_bytes, public_key, m), torsion) == edwards.IDENTITY) is cofactorless
    )
    return _signed(public_key, r_bytes, message, _r)


def _message_where(wanted: Callable[[bytes], bool]) -> bytes:
    return next(m for m in (b"%d" % n for n in range(4096)) if wanted(m))
