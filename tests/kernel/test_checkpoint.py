"""Notes and checkpoints: read strictly, signed by operators and witnesses whom the reader knows."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel import checkpoint
from linlian.kernel.checkpoint import (
    COSIGNATURE_V1,
    ED25519,
    Checkpoint,
    Signer,
    checkpoint_text,
    cosign_checkpoint,
    known_signers,
    note_key_hash,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
    verifier_key,
    verify_note,
)
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import NoteInvalid

CHAIN = "town-00112233445566778899aabbccddeeff"
ROOT = bytes(range(32))
TEXT = b"linlian/town-00112233445566778899aabbccddeeff\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
OPERATOR, WITNESS, OTHER = (SoftwareKey("ed25519", bytes([n]) * 32) for n in (1, 2, 3))
OPERATOR_NAME, WITNESS_NAME = f"linlian/{CHAIN}/operator", "witness.example/w1"
OPERATOR_LINE = sign_checkpoint(TEXT, OPERATOR_NAME, OPERATOR)
WITNESS_LINE = cosign_checkpoint(TEXT, WITNESS_NAME, WITNESS, 1_679_315_147)
NOTE = TEXT + b"\n" + OPERATOR_LINE + WITNESS_LINE
KEYS = {OPERATOR_NAME: [OPERATOR.public_key], WITNESS_NAME: [WITNESS.public_key]}


def invalid_note(note: bytes) -> str:
    with pytest.raises(NoteInvalid) as error:
        parse_note(note)
    return error.value.code


def line(name: str, payload: bytes) -> bytes:
    return f"— {name} {b64encode(payload).decode()}\n".encode()


# Checkpoints


def test_a_checkpoint_is_three_lines() -> None:
    assert checkpoint_text(CHAIN, 7, ROOT) == TEXT
    assert parse_checkpoint(TEXT) == Checkpoint(CHAIN, 7, ROOT)


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_every_checkpoint_reads_back(size: int, root: bytes) -> None:
    assert parse_checkpoint(checkpoint_text(CHAIN, size, root)) == Checkpoint(CHAIN, size, root)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"linlian/", b"", "origin_wrong"),
        (b"linlian/", b"Linlian/", "origin_wrong"),
        (b"linlian/", b"linlian//", "origin_wrong"),
        (b"town-", b"Town-", "origin_wrong"),
        (b"town-", b"town ", "origin_wrong"),
        (b"town-", b"\xe7\xa4\xbe-", "origin_wrong"),
        (b"town-", b"a-name-of-seventeen-", "origin_wrong"),
        (b"town-00112233445566778899aabbccddeeff", b"", "origin_wrong"),
        (b"\n7\n", b"\n\n", "size_wrong"),
        (b"\n7\n", b"\n07\n", "size_wrong"),
        (b"\n7\n", b"\n00\n", "size_wrong"),
        (b"\n7\n", b"\n-7\n", "size_wrong"),
        (b"\n7\n", b"\n+7\n", "size_wrong"),
        (b"\n7\n", b"\n 7\n", "size_wrong"),
        (b"\n7\n", b"\n7 \n", "size_wrong"),
        (b"\n7\n", b"\n7_0\n", "size_wrong"),
        (b"\n7\n", b"\n0x7\n", "size_wrong"),
        (b"\n7\n", "\n٧\n".encode(), "size_wrong"),
        (b"\n7\n", "\n７\n".encode(), "size_wrong"),
        (b"\n7\n", b"\n9007199254740992\n", "size_wrong"),
        (b"\n7\n", b"\n" + b"9" * 5000 + b"\n", "size_wrong"),
        (b"Hh8=\n", b"Hh8\n", "root_wrong"),
        (b"Hh8=\n", b"Hh9=\n", "root_wrong"),
        (b"Hh8=\n", b"Hh8=A\n", "root_wrong"),
        (b"Hh8=\n", b"Hh8= \n", "root_wrong"),
        (b"AAEC", b"AA EC", "root_wrong"),
        (b"AAEC", b"AA-C", "root_wrong"),
        (b"AAEC", b"", "root_wrong"),
        (b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", b"", "root_wrong"),
        (b"=\n", b"=\nextension\n", "not_three_lines"),
        (b"=\n", b"=\n\n", "not_three_lines"),
        (b"=\n", b"=", "not_three_lines"),
        (b"\n7\n", b"\n", "not_three_lines"),
    ],
)
def test_anything_else_is_no_checkpoint(old: bytes, new: bytes, code: str) -> None:
    text = TEXT.replace(old, new)
    assert text != TEXT
    with pytest.raises(NoteInvalid) as error:
        parse_checkpoint(text)
    assert error.value.code == f"kernel.checkpoint_{code}"


@pytest.mark.parametrize(
    ("chain", "size", "root"),
    [
        ("", 1, ROOT),
        ("Town", 1, ROOT),
        ("a\nb", 1, ROOT),
        (CHAIN, -1, ROOT),
        (CHAIN, 2**53, ROOT),
        (CHAIN, 1, b""),
    ],
)
def test_no_text_is_written_that_could_not_be_read(chain: str, size: int, root: bytes) -> None:
    with pytest.raises(NoteInvalid):
        checkpoint_text(chain, size, root)


@pytest.mark.parametrize("text", [b"", b"any other text\n", TEXT[:-1], TEXT + b"more\n"])
def test_nothing_but_a_checkpoint_is_signed(text: bytes) -> None:
    with pytest.raises(NoteInvalid):
        sign_checkpoint(text, OPERATOR_NAME, OPERATOR)
    with pytest.raises(NoteInvalid):
        cosign_checkpoint(text, WITNESS_NAME, WITNESS, 0)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b", "a\u00a0b"])
def test_no_line_is_signed_under_a_name_that_cannot_be_read(name: str) -> None:
    with pytest.raises(ValueError, match="without spaces"):
        sign_checkpoint(TEXT, name, OPERATOR)


def test_a_note_is_signed_with_ed25519_only() -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        sign_checkpoint(TEXT, OPERATOR_NAME, SoftwareKey("p256", bytes(32)))


# Known answers of others


def test_a_note_from_the_documentation_of_go_is_verified() -> None:
    """The example of golang.org/x/mod/sumdb/note, whose text is no checkpoint."""
    key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    note = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    ).encode()
    public_key = bytes.fromhex("1a5cd907143c384c41e830c5bce12aa8817ec5649aaabf2c31388b35b2d744d6")
    assert verifier_key("PeterNeumann", ED25519, public_key) == key
    assert verify_note(note, {"PeterNeumann": [public_key]}) == [Signer("PeterNeumann", public_key, None)]


# Signers


def test_operator_and_witness_are_told_apart() -> None:
    assert verify_note(NOTE, KEYS) == [
        Signer(OPERATOR_NAME, OPERATOR.public_key, None),
        Signer(WITNESS_NAME, WITNESS.public_key, 1_679_315_147),
    ]
    assert parse_checkpoint(parse_note(NOTE).text) == Checkpoint(CHAIN, 7, ROOT)


def test_a_cosignature_is_made_as_its_specification_says() -> None:
    name, key_hash, signature = parse_note(NOTE).signatures[1]
    assert (name, key_hash) == (WITNESS_NAME, note_key_hash(WITNESS_NAME, COSIGNATURE_V1, WITNESS.public_key))
    assert signature[:8] == (1_679_315_147).to_bytes(8, "big")
    assert signature[8:] == WITNESS.sign(b"cosignature/v1\ntime 1679315147\n" + TEXT)


def test_unknown_signers_are_passed_over() -> None:
    assert [signer.name for signer in verify_note(NOTE, {WITNESS_NAME: [WITNESS.public_key]})] == [WITNESS_NAME]
    with_other_key = {OPERATOR_NAME: [OTHER.public_key], WITNESS_NAME: [WITNESS.public_key]}
    assert [signer.name for signer in verify_note(NOTE, with_other_key)] == [WITNESS_NAME]


@pytest.mark.parametrize(
    "keys", [{}, {OPERATOR_NAME: []}, {OPERATOR_NAME: [OTHER.public_key]}, {"x": [OPERATOR.public_key]}]
)
def test_a_note_that_nobody_known_signed_is_invalid(keys: dict[str, list[bytes]]) -> None:
    assert known_signers(NOTE, keys) == []
    with pytest.raises(NoteInvalid, match="note_signed_by_nobody_known"):
        verify_note(NOTE, keys)


def test_any_of_the_keys_under_a_name_may_have_signed() -> None:
    keys = {OPERATOR_NAME: [OTHER.public_key, OPERATOR.public_key]}
    assert verify_note(NOTE, keys) == [Signer(OPERATOR_NAME, OPERATOR.public_key, None)]


@pytest.mark.parametrize("at", [0, 1], ids=["operator", "witness"])
def test_a_wrong_signature_of_a_known_key_makes_the_note_invalid(at: int) -> None:
    signature = parse_note(NOTE).signatures[at]
    payload = bytearray(signature.key_hash + signature.signature)
    payload[-1] ^= 1
    lines = [OPERATOR_LINE, WITNESS_LINE]
    lines[at] = line(signature.name, bytes(payload))
    with pytest.raises(NoteInvalid, match="note_signature_wrong"):
        verify_note(TEXT + b"\n" + b"".join(lines), KEYS)


def test_an_altered_text_makes_the_note_invalid() -> None:
    for altered in (
        NOTE.replace(b"\n7\n", b"\n8\n"),
        NOTE.replace(b"AAEC", b"AAED"),
        NOTE.replace(b"town-", b"towm-"),
    ):
        with pytest.raises(NoteInvalid, match="note_signature_wrong"):
            verify_note(altered, {WITNESS_NAME: [WITNESS.public_key]})


def test_an_altered_time_makes_a_cosignature_wrong() -> None:
    signature = parse_note(NOTE).signatures[1]
    later = (1_679_315_148).to_bytes(8, "big") + signature.signature[8:]
    note = TEXT + b"\n" + line(WITNESS_NAME, signature.key_hash + later)
    with pytest.raises(NoteInvalid, match="note_signature_wrong"):
        verify_note(note, KEYS)


@pytest.mark.parametrize("size_bytes", [1, 7, 8, 63, 64, 71, 73])
def test_a_cosignature_of_another_size_is_wrong(size_bytes: int) -> None:
    key_hash = note_key_hash(WITNESS_NAME, COSIGNATURE_V1, WITNESS.public_key)
    with pytest.raises(NoteInvalid, match="note_signature_wrong"):
        verify_note(TEXT + b"\n" + line(WITNESS_NAME, key_hash + bytes(size_bytes)), KEYS)


def test_a_plain_signature_does_not_pass_as_a_cosignature_nor_the_other_way_round() -> None:
    plain, cosigned = OPERATOR.sign(TEXT), parse_note(NOTE).signatures[1].signature
    as_cosignature = note_key_hash(OPERATOR_NAME, COSIGNATURE_V1, OPERATOR.public_key) + bytes(8) + plain
    as_plain = note_key_hash(WITNESS_NAME, ED25519, WITNESS.public_key) + cosigned[8:]
    for note in (line(OPERATOR_NAME, as_cosignature), line(WITNESS_NAME, as_plain)):
        with pytest.raises(NoteInvalid, match="note_signature_wrong"):
            verify_note(TEXT + b"\n" + note, KEYS)


def test_a_key_counts_once_however_often_it_signs() -> None:
    twice = NOTE + cosign_checkpoint(TEXT, WITNESS_NAME, WITNESS, 1_679_315_999) + OPERATOR_LINE
    assert verify_note(twice, KEYS) == verify_note(NOTE, KEYS)


def test_a_shared_key_hash_is_settled_by_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "note_key_hash", lambda *_: b"same")
    note = TEXT + b"\n" + sign_checkpoint(TEXT, "a", OPERATOR)
    assert verify_note(note, {"a": [OTHER.public_key, OPERATOR.public_key]}) == [Signer("a", OPERATOR.public_key, None)]


# Notes


def test_names_hold_no_unicode_white_space() -> None:
    """The list in checkpoint.py is the White_Space property; U+001C…1F are in Python's, and no note may hold them."""
    spaces = {char for char in map(chr, range(0x110000)) if char.isspace()} - set("\x1c\x1d\x1e\x1f")
    assert set(checkpoint._SPACES) == spaces


def test_a_text_may_hold_empty_lines_and_any_language() -> None:
    text = "第一行\n\n\nè subito sera\n".encode()
    note = text + b"\n" + line("证人.example", b"hash" + bytes(64)) + line("b", b"hash" + bytes(1))
    parsed = parse_note(note)
    assert parsed.text == text
    assert [signature.name for signature in parsed.signatures] == ["证人.example", "b"]


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (b"", "without_signatures"),
        (TEXT, "without_signatures"),
        (TEXT + OPERATOR_LINE, "without_signatures"),
        (b"\n" + OPERATOR_LINE, "without_signatures"),
        (b"\n\n" + OPERATOR_LINE, "without_signatures"),
        (TEXT + b"\n", "signature_count"),
        (NOTE[:-1], "cut_off"),
        (NOTE[:-2], "cut_off"),
        (NOTE + b" ", "cut_off"),
        (NOTE + b"x", "cut_off"),
        (NOTE + b"\n", "signature_count"),
        (NOTE + b"x\n", "signature_malformed"),
        (NOTE + b"\xe2\x80\x94\n", "signature_malformed"),
        (NOTE + b"\xe2\x80\x94 \n", "signature_malformed"),
        (NOTE + b"\xe2\x80\x94 name\n", "signature_malformed"),
        (NOTE + b"\xe2\x80\x94 name \n", "signature_malformed"),
        (NOTE + b"\xe2\x80\x94  AAAAAAAA\n", "signature_malformed"),
        (NOTE + b"- name AAAAAAAA\n", "signature_malformed"),
        (NOTE + "– name AAAAAAAA\n".encode(), "signature_malformed"),
        (NOTE + "— na+me AAAAAAAA\n".encode(), "signature_malformed"),
        (NOTE + "— na\u00a0me AAAAAAAA\n".encode(), "signature_malformed"),
        (NOTE + "— na\u2028me AAAAAAAA\n".encode(), "signature_malformed"),
        (NOTE + "— na\u0085me AAAAAAAA\n".encode(), "signature_malformed"),
        (NOTE + "— name AAAAAAAA \n".encode(), "signature_malformed"),
        (NOTE + "— name AAAAAAA\n".encode(), "signature_malformed"),
        (NOTE + "— name AAAAAB==\n".encode(), "signature_malformed"),
        (NOTE + "— name AAAAAA==\n".encode(), "signature_malformed"),
        (NOTE + "— name AAAA_AAA\n".encode(), "signature_malformed"),
        (NOTE + "— name AAAA=AAAA\n".encode(), "signature_malformed"),
        (NOTE.replace(b"\n", b"\r\n"), "control_character"),
        (b"a\tb" + NOTE, "control_character"),
        (b"a\0b" + NOTE, "control_character"),
        (b"\xff" + NOTE, "not_utf8"),
        (b"\xed\xa0\x80" + NOTE, "not_utf8"),
        (b"\xc0\xaf" + NOTE, "not_utf8"),
    ],
)
def test_a_malformed_note_is_refused(note: bytes, code: str) -> None:
    assert invalid_note(note) == f"kernel.note_{code}"


def test_a_note_as_large_as_allowed_is_read_and_one_byte_more_is_not() -> None:
    padded = b"x" * (checkpoint.NOTE_BYTES_MAX - len(NOTE)) + NOTE
    assert len(parse_note(padded).signatures) == 2
    assert invalid_note(b"x" + padded) == "kernel.note_too_large"


def test_as_many_signatures_as_allowed_are_read_and_one_more_is_not() -> None:
    full = TEXT + b"\n" + OPERATOR_LINE * checkpoint.NOTE_SIGNATURES_MAX
    assert len(parse_note(full).signatures) == checkpoint.NOTE_SIGNATURES_MAX
    assert invalid_note(full + OPERATOR_LINE) == "kernel.note_signature_count"


@given(st.binary(max_size=200), st.integers(0, len(NOTE)))
def test_any_bytes_are_read_or_refused_and_never_crash(noise: bytes, at: int) -> None:
    for note in (noise, NOTE[:at] + noise + NOTE[at:], NOTE[:at] + noise):
        try:
            verify_note(note, KEYS)
        except NoteInvalid:
            continue
        assert note[: len(TEXT)] == TEXT
