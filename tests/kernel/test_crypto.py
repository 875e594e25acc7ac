"""Keys, signatures and hashes as the chain wants them; odd ones are made from the curve itself."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.kernel import crypto
from linlian.kernel.crypto import UNBOUND, Binding, SoftwareKey, Suite, check_key, key_id, verify, verify_many
from linlian.kernel.errors import KeyInvalid, NodeMustStop
from tests.kernel import edwards, odd_signatures
from tests.kernel.authenticator import Authenticator
from tests.kernel.edwards import Signed

SEED = bytes(range(32))
MESSAGE = b"open the gate"
PHONE = Authenticator(SEED)


def accepted(signed: Signed) -> bool:
    return verify("ed25519", signed.public_key, signed.message, signed.signature)


def refused_key(suite: str, public_key: bytes, binding: Binding = UNBOUND) -> str:
    with pytest.raises(KeyInvalid) as refusal:
        check_key(suite, public_key, binding)
    return refusal.value.code


# Hashes


def test_every_domain_is_one_byte_and_no_two_are_the_same() -> None:
    names = (
        *("LOG_LEAF", "LOG_NODE", "STATE_BUCKET", "STATE_NODE", "STATE_EMPTY", "STATE_VALUE", "STATE_PATH"),
        *(
            "SUBJECT_HEAD",
            "SUBJECT_LINK",
            "ENTRY",
            "SALT",
            "IDENTIFIER",
            "CONTENT",
            "KEY_ID",
            "GENESIS",
            "TIMER_RUN",
            "ENTROPY",
        ),
    )
    domains = [getattr(crypto, name) for name in names]
    assert b"".join(domains) == bytes((*range(0x07), *range(0x10, 0x1A)))


def test_a_digest_is_sha256_of_domain_and_parts() -> None:
    assert crypto.digest(crypto.ENTRY, b"a", b"", b"bc") == sha256(b"\x12abc").digest()
    assert crypto.digest(crypto.STATE_EMPTY) == sha256(b"\x04").digest()
    assert crypto.sha256(b"abc") == sha256(b"abc").digest()


def test_a_content_commitment_hashes_salt_plaintext_and_size() -> None:
    salt, plaintext = bytes(range(32)), b"a photo of the lift"
    expected = sha256(b"\x15" + salt + sha256(plaintext).digest() + b"\0\0\0\0\0\0\0\x13").digest()
    assert crypto.content_commitment(salt, sha256(plaintext).digest(), len(plaintext)) == expected


@pytest.mark.parametrize(("salt", "plaintext_hash"), [(bytes(31), bytes(32)), (bytes(32), bytes(33))])
def test_a_content_commitment_wants_32_bytes_of_each(salt: bytes, plaintext_hash: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        crypto.content_commitment(salt, plaintext_hash, 1)


# Key ids


def test_a_key_id_hashes_suite_and_key_with_their_lengths() -> None:
    public_key = SoftwareKey("ed25519", SEED).public_key
    assert key_id("ed25519", public_key) == sha256(b"\x16\x07ed25519\x00\x20" + public_key).digest()


def test_a_bound_key_id_hashes_rp_id_and_origin_too() -> None:
    written = b"\x16\x0dwebauthn-p256\x00\x21" + PHONE.public_key
    written += b"\x00\x0ctown.example" + b"\x00\x14https://town.example"
    assert PHONE.key_id == sha256(written).digest()


def test_one_public_key_under_two_origins_is_two_keys() -> None:
    other = Authenticator(SEED, Binding("town.example", "https://desk.town.example"))
    assert other.public_key == PHONE.public_key
    assert other.key_id != PHONE.key_id


# Software keys


def test_an_ed25519_seed_is_that_of_rfc_8032() -> None:
    key = SoftwareKey("ed25519", bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert key.public_key.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert key.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
def test_a_software_key_signs_what_its_suite_accepts(suite: str) -> None:
    key = SoftwareKey(suite, SEED)
    check_key(suite, key.public_key)
    signature = key.sign(MESSAGE)
    assert len(signature) == 64
    assert key.key_id == key_id(suite, key.public_key)
    assert verify(suite, key.public_key, MESSAGE, signature)
    assert not verify(suite, key.public_key, MESSAGE + b"!", signature)
    assert not verify(suite, SoftwareKey(suite, bytes(32)).public_key, MESSAGE, signature)


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
def test_seed_and_message_alone_decide_key_and_signature(suite: str) -> None:
    one, again = SoftwareKey(suite, SEED), SoftwareKey(suite, SEED)
    assert (one.public_key, one.sign(MESSAGE)) == (again.public_key, again.sign(MESSAGE))


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
@pytest.mark.parametrize("seed", [b"\x00" * 32, b"\xff" * 32])
def test_every_32_bytes_are_a_seed(suite: str, seed: bytes) -> None:
    key = SoftwareKey(suite, seed)
    check_key(suite, key.public_key)
    assert verify(suite, key.public_key, MESSAGE, key.sign(MESSAGE))


@pytest.mark.parametrize("size_bytes", [0, 31, 33, 64])
def test_a_seed_is_32_bytes(size_bytes: int) -> None:
    with pytest.raises(KeyInvalid, match="seed_wrong_size"):
        SoftwareKey("ed25519", bytes(size_bytes))


@pytest.mark.parametrize("suite", ["webauthn-p256", "sm2", ""])
def test_only_ed25519_and_p256_keys_are_made_in_software(suite: str) -> None:
    with pytest.raises(KeyInvalid, match="key_not_software"):
        SoftwareKey(suite, SEED)


def test_a_software_key_does_not_print_its_secret() -> None:
    assert SEED.hex() not in repr(SoftwareKey("ed25519", SEED))
    assert not hasattr(SoftwareKey("ed25519", SEED), "__dict__")


# Odd Ed25519 signatures


def test_an_ordinary_signature_is_accepted() -> None:
    assert accepted(odd_signatures.plain())


@pytest.mark.parametrize("times", range(1, 16))
def test_s_must_be_below_the_group_order(times: int) -> None:
    assert not accepted(odd_signatures.s_raised(times))


def test_there_are_fourteen_encodings_of_small_order() -> None:
    encodings = edwards.small_order_encodings()
    assert len(encodings) == len(set(encodings)) == 14


@pytest.mark.parametrize("encoding", edwards.small_order_encodings(), ids=bytes.hex)
def test_a_of_small_order_is_refused_in_every_encoding(encoding: bytes) -> None:
    assert not accepted(odd_signatures.small_order_key(encoding))
    assert refused_key("ed25519", encoding) == "kernel.key_not_a_point"


@pytest.mark.parametrize("encoding", edwards.small_order_encodings(), ids=bytes.hex)
def test_r_of_small_order_is_refused_in_every_encoding(encoding: bytes) -> None:
    assert not accepted(odd_signatures.small_order_r(encoding))


@pytest.mark.parametrize("times", range(1, 8))
def test_what_only_the_cofactored_equation_accepts_is_refused(times: int) -> None:
    assert not accepted(odd_signatures.torsion_in_r(times))
    assert not accepted(odd_signatures.mixed_key(times, cofactorless=False))


@pytest.mark.parametrize("times", range(1, 8))
def test_the_equation_holds_for_a_key_outside_the_prime_order_group_but_no_such_key_is_taken(
    times: int,
) -> None:
    signed = odd_signatures.mixed_key(times, cofactorless=True)
    assert accepted(signed)
    assert refused_key("ed25519", signed.public_key) == "kernel.key_not_a_point"


@pytest.mark.parametrize("y", range(19))
@pytest.mark.parametrize("sign", [0, 1])
def test_a_coordinate_above_the_field_is_refused(y: int, sign: int) -> None:
    encoding = edwards.little(y + edwards.P | sign << 255)
    assert refused_key("ed25519", encoding) == "kernel.key_not_a_point"
    assert not verify("ed25519", encoding, MESSAGE, odd_signatures.plain().signature)


@pytest.mark.parametrize("y", [y for y in range(2, 60) if edwards.recover_x(y, 0) is None])
def test_a_coordinate_off_the_curve_is_refused(y: int) -> None:
    assert refused_key("ed25519", edwards.little(y)) == "kernel.key_not_a_point"


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_32_bytes_are_a_key_exactly_if_they_are_a_point_of_the_prime_order_group(encoding: bytes) -> None:
    number = int.from_bytes(encoding, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    x = edwards.recover_x(y, sign) if y < edwards.P else None
    if x is not None and y != 1 and edwards.multiply(edwards.L, (x, y)) == edwards.IDENTITY:
        check_key("ed25519", encoding)
    else:
        assert refused_key("ed25519", encoding) == "kernel.key_not_a_point"


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
def test_any_flipped_bit_breaks_a_signature(suite: str) -> None:
    key = SoftwareKey(suite, SEED)
    signature = key.sign(MESSAGE)
    for bit in range(512):
        broken = bytearray(signature)
        broken[bit // 8] ^= 1 << bit % 8
        assert not verify(suite, key.public_key, MESSAGE, bytes(broken))


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
def test_a_signature_of_another_length_is_refused_even_where_the_message_would_make_up_for_it(
    suite: str,
) -> None:
    key = SoftwareKey(suite, SEED)
    signature = key.sign(MESSAGE)
    assert not verify(suite, key.public_key, signature[-1:] + MESSAGE, signature[:-1])
    assert not verify(suite, key.public_key, MESSAGE[1:], signature + MESSAGE[:1])
    assert not verify(suite, key.public_key, signature + MESSAGE, b"")


@pytest.mark.parametrize("suite", ["ed25519", "p256", "webauthn-p256"])
def test_a_key_of_another_length_is_refused(suite: str) -> None:
    good = Authenticator(SEED) if suite == "webauthn-p256" else SoftwareKey(suite, SEED)
    binding = good.binding if isinstance(good, Authenticator) else UNBOUND
    signature = good.sign(MESSAGE)
    for public_key in (b"", good.public_key[:-1], good.public_key + b"\0"):
        assert not verify(suite, public_key, MESSAGE, signature, binding)
        assert refused_key(suite, public_key, binding) == "kernel.key_wrong_size"


# Odd P-256 keys and signatures


def p256_signature() -> tuple[bytes, int, int]:
    key = SoftwareKey("p256", SEED)
    signature = key.sign(MESSAGE)
    return key.public_key, int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_the_upper_s_is_refused() -> None:
    public_key, r, s = p256_signature()
    assert s <= crypto.P256_ORDER // 2
    assert verify("p256", public_key, MESSAGE, raw(r, s))
    assert not verify("p256", public_key, MESSAGE, raw(r, crypto.P256_ORDER - s))


def test_r_and_s_outside_their_range_are_refused() -> None:
    public_key, r, s = p256_signature()
    n = crypto.P256_ORDER
    for wrong in ((0, s), (r, 0), (0, 0), (n, s), (r, n), (r, n // 2 + 1), (2**256 - 1, s)):
        assert not verify("p256", public_key, MESSAGE, raw(*wrong))


def test_s_of_exactly_half_the_order_is_in_range() -> None:
    """s = (n − 1)/2 is the highest lower s; a key for it follows from Q = (sR − hG)/r with R = G."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    n, s = crypto.P256_ORDER, crypto.P256_ORDER // 2
    r = ec.derive_private_key(1, ec.SECP256R1()).public_key().public_numbers().x % n
    h = int.from_bytes(sha256(MESSAGE).digest(), "big")
    key = ec.derive_private_key((s - h) * pow(r, n - 2, n) % n, ec.SECP256R1()).public_key()
    public_key = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    assert verify("p256", public_key, MESSAGE, raw(r, s))
    assert not verify("p256", public_key, MESSAGE, raw(r, s + 1))


def test_a_p256_key_is_compressed_and_on_the_curve() -> None:
    public_key = SoftwareKey("p256", SEED).public_key
    check_key("p256", public_key)
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    for prefix in (0, 1, 4, 5, 6, 7, 255):
        assert refused_key("p256", bytes([prefix]) + public_key[1:]) == "kernel.key_not_a_point"
    for x in (1, p, p + 5, 2**256 - 1):
        for prefix in (2, 3):
            encoding = bytes([prefix]) + x.to_bytes(32, "big")
            assert refused_key("p256", encoding) == "kernel.key_not_a_point"
            assert not verify("p256", encoding, MESSAGE, raw(1, 1))


def test_an_unknown_suite_is_refused() -> None:
    assert refused_key("rsa", b"") == "kernel.key_suite_unknown"


# Many at once, and the self-test


def test_verify_many_answers_each_in_order() -> None:
    ed25519, p256 = SoftwareKey("ed25519", SEED), SoftwareKey("p256", SEED)
    checks = [
        ("ed25519", ed25519.public_key, MESSAGE, ed25519.sign(MESSAGE), UNBOUND),
        ("ed25519", ed25519.public_key, b"another", ed25519.sign(MESSAGE), UNBOUND),
        ("p256", p256.public_key, MESSAGE, p256.sign(MESSAGE), UNBOUND),
        ("p256", p256.public_key, MESSAGE, ed25519.sign(MESSAGE), UNBOUND),
        ("webauthn-p256", PHONE.public_key, MESSAGE, PHONE.sign(MESSAGE), PHONE.binding),
        ("webauthn-p256", PHONE.public_key, MESSAGE, p256.sign(MESSAGE), PHONE.binding),
    ]
    assert verify_many(checks) == [True, False] * 3
    assert verify_many([]) == []


def test_the_self_test_passes_with_the_installed_libraries() -> None:
    crypto.self_test()


def test_the_self_test_knows_the_odd_values_that_the_curve_gives() -> None:
    """The hexadecimal in crypto.py is what the group makes, and none of it is there for nothing."""
    identity, minus_identity, above = (
        edwards.little(1),
        edwards.little(1 | 1 << 255),
        edwards.little(1 + edwards.P),
    )
    made = [
        odd_signatures.plain(),
        odd_signatures.s_raised(1),
        *(odd_signatures.small_order_key(key) for key in (identity, minus_identity, above)),
        odd_signatures.small_order_key(edwards.compress(edwards.TORSION[1])),
        *(odd_signatures.small_order_r(r) for r in (identity, above)),
        odd_signatures.torsion_in_r(1),
        odd_signatures.mixed_key(1, cofactorless=True),
        odd_signatures.mixed_key(1, cofactorless=False),
    ]
    value = {name: bytes.fromhex(text) for name, text in crypto.ODD_BYTES.items()}
    listed = [
        Signed(value[key], message, value[first] + value[second])
        for suite, _, key, message, first, second in crypto.ODD_SIGNATURES
        if suite == "ed25519"
    ]
    assert listed == made
    assert value["A + 4T"] == odd_signatures.mixed_key(4, cofactorless=True).public_key
    used = {row[2] for row in crypto.ODD_KEYS} | {n for row in crypto.ODD_SIGNATURES for n in (row[2], row[4], row[5])}
    assert used == set(value)


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
@pytest.mark.parametrize("answer", [True, False])
def test_the_self_test_stops_a_node_whose_library_answers_otherwise(
    monkeypatch: pytest.MonkeyPatch, suite: str, answer: bool
) -> None:
    honest = crypto.SUITES[suite]
    careless = Suite(suite, honest.check_public_key, honest.check_binding, lambda *_: answer)
    monkeypatch.setitem(crypto.SUITES, suite, careless)
    with pytest.raises(NodeMustStop, match="crypto_library_disagrees"):
        crypto.self_test()


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
def test_the_self_test_stops_a_node_whose_library_takes_any_key(monkeypatch: pytest.MonkeyPatch, suite: str) -> None:
    honest = crypto.SUITES[suite]
    careless = Suite(suite, lambda _: None, honest.check_binding, honest.verify)
    monkeypatch.setitem(crypto.SUITES, suite, careless)
    with pytest.raises(NodeMustStop, match="crypto_library_disagrees"):
        crypto.self_test()
