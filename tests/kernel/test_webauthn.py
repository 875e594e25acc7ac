"""WebAuthn assertions: each part must be what it must be, byte for byte."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linlian.kernel import crypto
from linlian.kernel.crypto import UNBOUND, Binding, SoftwareKey, check_key, verify
from linlian.kernel.errors import KeyInvalid
from tests.kernel.authenticator import BACKED_UP, BACKUP_ELIGIBLE, USER_PRESENT, USER_VERIFIED, Authenticator

SEED = bytes(range(32))
MESSAGE = b"open the gate"
ORIGIN = "https://town.example"
PHONE = Authenticator(SEED)


def data() -> bytes:
    return PHONE.authenticator_data()


def client(client_data: bytes) -> bytes:
    return PHONE.assertion(data(), client_data)


def altered(old: bytes, new: bytes, count: int = -1) -> bytes:
    """An assertion whose client data had something replaced before it was signed."""
    before = PHONE.client_data(MESSAGE)
    after = before.replace(old, new, count)
    assert after != before
    return client(after)


def reordered() -> bytes:
    before = PHONE.client_data(MESSAGE)
    return client(before.replace(b'"type":"webauthn.get",', b"").replace(b"}", b',"type":"webauthn.get"}'))


def said(
    rp_id: str = "",
    flags: int = USER_PRESENT | USER_VERIFIED,
    counter: int = 0,
    extensions: bytes = b"",
    origin: str = "",
    kind: str = "webauthn.get",
    rest: str = "",
) -> bytes:
    authenticator_data = PHONE.authenticator_data(rp_id, flags, counter, extensions)
    return PHONE.assertion(authenticator_data, PHONE.client_data(MESSAGE, origin, kind, rest))


def upper_s(assertion: bytes) -> bytes:
    s = crypto.P256_ORDER - int.from_bytes(assertion[-32:], "big")
    return assertion[:-32] + s.to_bytes(32, "big")


Said = Callable[[], bytes]

ACCEPTED: dict[str, Said] = {
    "as it should be": lambda: PHONE.sign(MESSAGE),
    "crossOrigin false follows": lambda: said(rest=',"crossOrigin":false'),
    "something new follows": lambda: said(rest=',"topOrigin":"x","other_keys_can_be_added_here":"y"'),
    "a synced passkey": lambda: said(flags=USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP),
    "a counter": lambda: said(counter=2**32 - 1),
    "extension data": lambda: said(flags=0x85, extensions=b"\xa1\x61a\xf5"),
}
REFUSED: dict[str, Said] = {
    "wrong rp": lambda: said(rp_id="evil.example"),
    "a subdomain as rp": lambda: said(rp_id="a.town.example"),
    "wrong origin": lambda: said(origin="https://evil.example"),
    "origin goes on: a host": lambda: said(origin=ORIGIN + ".evil"),
    "origin goes on: a port": lambda: said(origin=ORIGIN + ":8443"),
    "origin goes on: a path": lambda: said(origin=ORIGIN + "/"),
    "origin cut short": lambda: said(origin=ORIGIN[:-1]),
    "origin over http": lambda: said(origin="http://town.example"),
    "origin in capitals": lambda: said(origin="https://TOWN.example"),
    "origin escaped": lambda: said(origin="https:\\/\\/town.example"),
    "inside somebody's frame": lambda: said(rest=',"crossOrigin":true'),
    "inside somebody's frame, named": lambda: said(rest=',"crossOrigin":true,"topOrigin":"https://e.example"'),
    "no user verification": lambda: said(flags=USER_PRESENT),
    "no user presence": lambda: said(flags=USER_VERIFIED),
    "neither": lambda: said(flags=0),
    "a registration": lambda: said(kind="webauthn.create"),
    "a payment": lambda: said(kind="payment.get"),
    "another message": lambda: PHONE.sign(MESSAGE + b"!"),
    "challenge padded": lambda: altered(b'","origin', b'=","origin'),
    "challenge empty": lambda: client(b'{"type":"webauthn.get","challenge":"","origin":"https://town.example"}'),
    "white space": lambda: altered(b":", b": ", 1),
    "white space before": lambda: altered(b"{", b" {"),
    "white space after": lambda: altered(b"}", b"} "),
    "a byte order mark": lambda: altered(b"{", b"\xef\xbb\xbf{"),
    "another order": reordered,
    "key before type": lambda: altered(b'{"type"', b'{"a":1,"type"'),
    "no client data": lambda: client(b""),
    "36 bytes of authenticator data": lambda: PHONE.assertion(data()[:36], PHONE.client_data(MESSAGE)),
    "no authenticator data": lambda: PHONE.assertion(b"", PHONE.client_data(MESSAGE)),
    "upper s": lambda: upper_s(PHONE.sign(MESSAGE)),
    "one byte short": lambda: PHONE.sign(MESSAGE)[:-1],
    "one byte more": lambda: PHONE.sign(MESSAGE) + b"\0",
    "a bare signature": lambda: SoftwareKey("p256", SEED).sign(MESSAGE),
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_an_assertion_counts_with_what_browsers_and_phones_add(case: str) -> None:
    assert verify("webauthn-p256", PHONE.public_key, MESSAGE, ACCEPTED[case](), PHONE.binding)


@pytest.mark.parametrize("case", REFUSED)
def test_an_assertion_does_not_count_if_one_part_is_not_what_it_must_be(case: str) -> None:
    assert not verify("webauthn-p256", PHONE.public_key, MESSAGE, REFUSED[case](), PHONE.binding)


def test_no_truncated_assertion_counts() -> None:
    whole = PHONE.sign(MESSAGE)
    for size in range(len(whole)):
        assert not verify("webauthn-p256", PHONE.public_key, MESSAGE, whole[:size], PHONE.binding)


def test_any_flipped_byte_breaks_an_assertion() -> None:
    whole = PHONE.sign(MESSAGE)
    for at in range(len(whole)):
        broken = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        assert not verify("webauthn-p256", PHONE.public_key, MESSAGE, broken, PHONE.binding), at


BINDINGS = {
    Binding("town.example", "https://town.example"): "",
    Binding("localhost", "http://localhost:8000"): "",
    Binding("town.example", "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck"): "",
    Binding("x" * 253, "https://" + "x" * 504): "",
    Binding("x" * 254, "https://town.example"): "kernel.key_rp_id_invalid",
    Binding("town.example", "https://" + "x" * 505): "kernel.key_origin_invalid",
    UNBOUND: "kernel.key_rp_id_invalid",
    Binding("", "https://town.example"): "kernel.key_rp_id_invalid",
    Binding("https://town.example", "https://town.example"): "kernel.key_rp_id_invalid",
    Binding("Town.example", "https://town.example"): "kernel.key_rp_id_invalid",
    Binding("社区.example", "https://town.example"): "kernel.key_rp_id_invalid",
    Binding("town.example", ""): "kernel.key_origin_invalid",
    Binding("town.example", 'https://town.example","x":"'): "kernel.key_origin_invalid",
    Binding("town.example", "https://town.example\\"): "kernel.key_origin_invalid",
    Binding("town.example", "https://town.example "): "kernel.key_origin_invalid",
    Binding("town.example", "https://town.example\n"): "kernel.key_origin_invalid",
    Binding("town.example", "https://社区.example"): "kernel.key_origin_invalid",
}


@pytest.mark.parametrize("binding", BINDINGS, ids=repr)
def test_a_webauthn_key_is_bound_to_a_host_and_an_origin(binding: Binding) -> None:
    if BINDINGS[binding]:
        with pytest.raises(KeyInvalid) as refusal:
            check_key("webauthn-p256", PHONE.public_key, binding)
        assert refusal.value.code == BINDINGS[binding]
    else:
        check_key("webauthn-p256", PHONE.public_key, binding)
        bound = Authenticator(SEED, binding)
        assert verify("webauthn-p256", PHONE.public_key, MESSAGE, bound.sign(MESSAGE), binding)


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
def test_a_software_key_has_no_binding(suite: str) -> None:
    with pytest.raises(KeyInvalid, match="key_binding_unwanted"):
        check_key(suite, SoftwareKey(suite, SEED).public_key, PHONE.binding)
