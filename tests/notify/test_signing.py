"""Signatures that others verify, secrets that cannot be mistaken for one another, addresses that cannot be tricked."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from linlian.notify import NotifyError, Secret, check_url, make_secret, read_secret
from linlian.notify.addresses import Target, allowed_hosts, is_public, judge
from linlian.notify.signing import sign

PUBLISHED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""The secret of the specification's own example."""


def test_the_example_of_the_specification() -> None:
    headers = sign(read_secret(PUBLISHED), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(key=st.binary(min_size=24, max_size=64), body=st.text(), time_s=st.integers(0, 2**32))
def test_an_independent_signer_signs_alike(key: bytes, body: str, time_s: int) -> None:
    secret = Secret("v1", key)
    headers = sign(secret, "msg_1", time_s, body.encode())
    signed = Webhook(secret.text).sign("msg_1", datetime.fromtimestamp(time_s, UTC), body)
    assert headers["webhook-signature"] == signed


def test_a_public_key_is_enough_to_check_ed25519() -> None:
    secret = make_secret("v1a")
    headers = sign(secret, "msg_1", 1_700_000_000, b"{}")
    version, _, signature = headers["webhook-signature"].partition(",")
    assert (version, secret.for_receiver[:5]) == ("v1a", "whpk_")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(secret.for_receiver[5:]))
    key.verify(base64.b64decode(signature), b"msg_1.1700000000.{}")
    assert secret.text.startswith("whsk_")
    assert read_secret(secret.text) == secret


@pytest.mark.parametrize("scheme", ["v1", "v1a"])
def test_a_secret_is_read_as_it_was_written_and_never_shown_by_accident(scheme: str) -> None:
    secret = make_secret("v1" if scheme == "v1" else "v1a")
    assert read_secret(secret.text) == secret
    assert secret.text not in repr(secret)
    assert str(secret.key) not in repr(secret)


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!", "whsk_AAAA", "MfKQ9r8G", "whpk_" + "A" * 44]
)
def test_what_is_no_secret_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NotifyError, match=r"notify\.secret_invalid"):
        read_secret(text)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://city.example/", "notify.url_invalid"),
        ("https://", "notify.url_invalid"),
        ("//city.example/x", "notify.url_invalid"),
        ("https://user:pass@city.example/", "notify.url_invalid"),
        ("https://city.example/#part", "notify.url_invalid"),
        ("https://city.example/" + "x" * 2_000, "notify.url_invalid"),
        ("https://city.example:99999/", "notify.url_invalid"),
        ("http://city.example/", "notify.url_not_https"),
        ("https://10.0.0.1/", "notify.address_not_public"),
        ("https://[::1]/", "notify.address_not_public"),
    ],
)
def test_an_address_that_will_not_do_is_refused_at_once(url: str, code: str) -> None:
    with pytest.raises(NotifyError) as error:
        check_url(url, ())
    assert error.value.code == code


def test_a_host_that_the_settings_name_may_be_anywhere() -> None:
    allowed = allowed_hosts("intranet.example, 10.0.0.5 [::1]")
    assert allowed == ("intranet.example", "10.0.0.5", "::1")
    assert check_url("http://INTRANET.example:8080/x", allowed).port == 8080
    assert check_url("http://[::1]/x", allowed).trusted
    assert check_url("https://city.example/x", allowed)[1:] == ("city.example", 443, False)


def test_a_name_with_one_bad_address_is_bad() -> None:
    target = Target("https://city.example/", "city.example", 443, trusted=False)
    assert judge(target, ["93.184.216.34"]) == "93.184.216.34"
    with pytest.raises(NotifyError, match=r"notify\.address_not_public"):
        judge(target, ["93.184.216.34", "192.168.0.1"])
    with pytest.raises(NotifyError, match=r"notify\.no_address"):
        judge(target, [])
