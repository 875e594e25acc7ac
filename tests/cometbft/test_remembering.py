"""What was found good is not checked again, what was not is, and no memory grows without end."""

from __future__ import annotations

import pytest

from linlian.engine.cometbft import remembering
from linlian.engine.cometbft.remembering import Remembered
from linlian.kernel.crypto import UNBOUND, SignatureCheck, SoftwareKey, verify_many

KEY = SoftwareKey("ed25519", bytes(range(32)))


def check_of(number: int) -> SignatureCheck:
    message = b"message %d" % number
    return ("ed25519", KEY.public_key, message, KEY.sign(message), UNBOUND)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[SignatureCheck]:
    """What was really checked, in order."""
    seen: list[SignatureCheck] = []

    def verify(checks: list[SignatureCheck]) -> list[bool]:
        seen.extend(checks)
        return verify_many(checks)

    monkeypatch.setattr(remembering, "verify_many", verify)
    return seen


def test_a_good_signature_is_checked_once(checked: list[SignatureCheck]) -> None:
    remembered = Remembered()
    assert remembered.verify([check_of(1), check_of(2)]) == [True, True]
    assert remembered.verify([check_of(2), check_of(3), check_of(1)]) == [True, True, True]
    assert checked == [check_of(1), check_of(2), check_of(3)]


def test_a_bad_one_is_checked_each_time(checked: list[SignatureCheck]) -> None:
    suite, key, _, signature, binding = check_of(1)
    bad = (suite, key, b"another message", signature, binding)
    remembered = Remembered()
    assert remembered.verify([check_of(1), bad]) == [True, False]
    assert remembered.verify([bad, check_of(1)]) == [False, True]
    assert checked == [check_of(1), bad, bad]


def test_the_oldest_are_forgotten_first(checked: list[SignatureCheck], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "SIGNATURES_MAX", 10)
    remembered = Remembered()
    for number in range(25):
        assert remembered.verify([check_of(number)]) == [True]
    checked.clear()
    assert remembered.verify([check_of(number) for number in range(25)]) == [True] * 25
    assert checked == [check_of(number) for number in range(15)]
