from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel.codec import Content
from linlian.kernel.crypto import content_commitment, sha256
from linlian.vault import CONTENT_BYTES_MAX, VaultError, seal
from linlian.vault.seal import Opening, open_content

LEAK = "三楼漏水，钥匙在 302".encode()


@given(st.binary(max_size=2_000))
def test_what_was_sealed_opens(plaintext: bytes) -> None:
    content, opening, sealed = seal(plaintext)
    assert open_content(content, opening, sealed) == plaintext


def test_the_same_text_never_looks_the_same() -> None:
    first, second = seal(LEAK), seal(LEAK)
    assert first[0].commitment != second[0].commitment
    assert first[2] != second[2]


def test_the_ledger_is_committed_to_salt_hash_and_size() -> None:
    content, opening, sealed = seal(LEAK)
    assert content.commitment == content_commitment(opening.salt, sha256(LEAK), len(LEAK))
    assert content.ciphertext_hash == sha256(sealed)
    assert LEAK not in sealed


def test_a_browser_opens_it_with_nothing_but_aes_gcm() -> None:
    content, opening, sealed = seal(LEAK)
    assert AESGCM(opening.key).decrypt(bytes(12), sealed, content.commitment) == LEAK


@pytest.mark.parametrize("at", [0, 10, -1])
def test_an_altered_byte_of_what_was_sealed_is_found(at: int) -> None:
    content, opening, sealed = seal(LEAK)
    altered = bytearray(sealed)
    altered[at] ^= 1
    with pytest.raises(VaultError, match=r"vault\.sealed_bytes_differ"):
        open_content(content, opening, bytes(altered))


def test_another_key_does_not_open_it() -> None:
    content, opening, sealed = seal(LEAK)
    with pytest.raises(VaultError, match=r"vault\.wrong_opening"):
        open_content(content, Opening(opening.salt, bytes(32)), sealed)


def test_sealed_bytes_cannot_be_passed_off_under_another_commitment() -> None:
    content, opening, sealed = seal(LEAK)
    other = Content(commitment=bytes(32), ciphertext_hash=content.ciphertext_hash)
    with pytest.raises(VaultError, match=r"vault\.wrong_opening"):
        open_content(other, opening, sealed)


def test_who_seals_one_text_and_commits_to_another_is_found_out() -> None:
    salt, key = bytes(32), bytes(31) + b"\x01"
    commitment = content_commitment(salt, sha256(b"what was promised"), 17)
    sealed = AESGCM(key).encrypt(bytes(12), b"what was sealed", commitment)
    content = Content(commitment=commitment, ciphertext_hash=sha256(sealed))
    with pytest.raises(VaultError, match=r"vault\.not_committed"):
        open_content(content, Opening(salt, key), sealed)


def test_another_salt_does_not_fit_the_commitment() -> None:
    content, opening, sealed = seal(LEAK)
    with pytest.raises(VaultError, match=r"vault\.not_committed"):
        open_content(content, Opening(bytes(32), opening.key), sealed)


def test_one_byte_over_the_limit_is_not_sealed() -> None:
    seal(bytes(CONTENT_BYTES_MAX))
    with pytest.raises(VaultError, match=r"vault\.too_large"):
        seal(bytes(CONTENT_BYTES_MAX + 1))
