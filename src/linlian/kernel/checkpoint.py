"""Checkpoints: the head of the ledger's log, signed by its operator and cosigned by witnesses.

Rules (C2SP signed-note, tlog-checkpoint and tlog-cosignature, version 1)
- The text of a checkpoint is three lines: `linlian/<chain id>`, the number of headers, their root in base64.
- A note is a text, an empty line, and one line for each signature: `— <name> <base64(key hash ‖ signature)>`. The
  key hash, 4 bytes, only finds the key; trust comes from the caller's list of names and keys.
- An operator signs the text itself (type 1). A witness signs a time and the text (type 4), and so says that it has
  seen no other history of this log up to then.
- Signatures of unknown keys are passed over; a wrong one of a known key, or none of any, makes the note invalid.
- Bytes are read strictly: one base64 for each value, no leading zeros, no control characters, no extension lines.

    >>> text = checkpoint_text(chain, size, root)
    >>> note = text + b"\\n" + sign_checkpoint(text, "example.org/operator", key)
    >>> verify_note(note, {"example.org/operator": [key.public_key]})
    [Signer(name='example.org/operator', public_key=b'...', time=None)]
    >>> parse_checkpoint(parse_note(note).text)
    Checkpoint(chain='...', size=1, root=b'...')
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from linlian.kernel.crypto import SoftwareKey, sha256, verify
from linlian.kernel.errors import NoteInvalid

ED25519: Final = 1
COSIGNATURE_V1: Final = 4
"""Signature types of the signed-note specification: a text's own signature, a witness's with its time."""

NOTE_BYTES_MAX: Final = 64 * 1024
NOTE_SIGNATURES_MAX: Final = 100
SIZE_MAX: Final = 2**53 - 1

_ORIGIN: Final = b"linlian/"
_CHAIN_CHARS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-")
_CHAIN_CHARS_MAX: Final = 49
_DASH: Final = b"\xe2\x80\x94 "
# Every character with the Unicode property White_Space, written out so that no table of the interpreter decides.
_SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)


class Checkpoint(NamedTuple):
    """The log of `chain` with `size` headers has this 32-byte root."""

    chain: str
    size: int
    root: bytes


class NoteSignature(NamedTuple):
    """One signature line: who says to have signed, the 4-byte key hash, and the signature's bytes."""

    name: str
    key_hash: bytes
    signature: bytes


class Note(NamedTuple):
    """A well-formed note; nothing in it is verified. The text ends in a newline."""

    text: bytes
    signatures: tuple[NoteSignature, ...]


class Signer(NamedTuple):
    """A known key that signed: `time` is None for the text's own signature, else a witness's, in Unix seconds."""

    name: str
    public_key: bytes
    time: int | None


def checkpoint_text(chain: str, size: int, root: bytes) -> bytes:
    """The text that operators and witnesses sign. Raises NoteInvalid if it could not be read back."""
    text = b"%b%b\n%d\n%b\n" % (_ORIGIN, chain.encode(), size, b2a_base64(root, newline=False))
    parse_checkpoint(text)
    return text


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read a checkpoint's text strictly. Raises NoteInvalid with `kernel.checkpoint_…`."""
    lines = text.split(b"\n")
    if len(lines) != 4 or lines[3]:
        raise NoteInvalid("kernel.checkpoint_not_three_lines", lines=len(lines) - 1)
    origin, size, root = lines[0], lines[1], lines[2]
    chain = origin[len(_ORIGIN) :]
    if not origin.startswith(_ORIGIN) or not 0 < len(chain) <= _CHAIN_CHARS_MAX or not _CHAIN_CHARS.issuperset(chain):
        raise NoteInvalid("kernel.checkpoint_origin_wrong", origin=_shown(origin))
    root_hash = _base64(root)
    if root_hash is None or len(root_hash) != 32:
        raise NoteInvalid("kernel.checkpoint_root_wrong", root=_shown(root))
    return Checkpoint(chain.decode("ascii"), _decimal(size), root_hash)


def note_key_hash(name: str, signature_type: int, public_key: bytes) -> bytes:
    """SHA-256(name ‖ 0A ‖ type ‖ public key), its first 4 bytes."""
    return sha256(b"%b\n%c%b" % (name.encode(), signature_type, public_key))[:4]


def verifier_key(name: str, signature_type: int, public_key: bytes) -> str:
    """The key as other tools of transparency logs take it: `<name>+<key hash in hex>+<base64(type ‖ public key)>`."""
    key = b2a_base64(b"%c%b" % (signature_type, public_key), newline=False)
    return f"{name}+{note_key_hash(name, signature_type, public_key).hex()}+{key.decode('ascii')}"


def sign_checkpoint(text: bytes, name: str, key: SoftwareKey) -> bytes:
    """The operator's signature line over a checkpoint's text, with its newline. Signs nothing but a checkpoint."""
    parse_checkpoint(text)
    return _line(name, ED25519, key, key.sign(text))


def cosign_checkpoint(text: bytes, name: str, key: SoftwareKey, time: int) -> bytes:
    """A witness's signature line over a checkpoint's text as seen at `time`, in Unix seconds."""
    parse_checkpoint(text)
    return _line(name, COSIGNATURE_V1, key, time.to_bytes(8, "big") + key.sign(_cosigned(time, text)))


def _line(name: str, signature_type: int, key: SoftwareKey, signature: bytes) -> bytes:
    if key.suite != "ed25519" or not _is_name(name):
        raise ValueError("a note is signed by an Ed25519 key under a name without spaces and plus signs")
    hashed = note_key_hash(name, signature_type, key.public_key)
    return b"%b%b %b\n" % (_DASH, name.encode(), b2a_base64(hashed + signature, newline=False))


def _cosigned(time: int, text: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n%b" % (time, text)


def parse_note(note: bytes) -> Note:
    """Split a note into text and signatures. Raises NoteInvalid with `kernel.note_…` and the line where it stands."""
    if len(note) > NOTE_BYTES_MAX:
        raise NoteInvalid("kernel.note_too_large", size_bytes=len(note), size_bytes_max=NOTE_BYTES_MAX)
    try:
        note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteInvalid("kernel.note_not_utf8", at_byte=error.start) from error
    for at_byte, value in enumerate(note):
        if value < 0x20 and value != 0x0A:
            raise NoteInvalid("kernel.note_control_character", at_byte=at_byte, value=value)
    text, blank, signed = note.rpartition(b"\n\n")
    if not blank or not text:
        raise NoteInvalid("kernel.note_without_signatures")
    lines = signed.split(b"\n")
    if lines.pop():
        raise NoteInvalid("kernel.note_cut_off")
    if not 0 < len(lines) <= NOTE_SIGNATURES_MAX:
        raise NoteInvalid("kernel.note_signature_count", count=len(lines), count_max=NOTE_SIGNATURES_MAX)
    return Note(text + b"\n", tuple(_parse_line(line, number) for number, line in enumerate(lines, 1)))


def _parse_line(line: bytes, number: int) -> NoteSignature:
    """`number` counts signature lines from 1."""
    name, space, encoded = line[len(_DASH) :].partition(b" ")
    if not line.startswith(_DASH) or not space or not _is_name(name.decode("utf-8")):
        raise NoteInvalid("kernel.note_signature_malformed", signature=number)
    signature = _base64(encoded)
    if signature is None or len(signature) < 5:
        raise NoteInvalid("kernel.note_signature_malformed", signature=number)
    return NoteSignature(name.decode("utf-8"), signature[:4], signature[4:])


def verify_note(note: bytes, keys: Mapping[str, Sequence[bytes]]) -> list[Signer]:
    """As `known_signers`, but raises NoteInvalid with `kernel.note_signed_by_nobody_known` if there is none."""
    signers = known_signers(note, keys)
    if not signers:
        raise NoteInvalid("kernel.note_signed_by_nobody_known")
    return signers


def known_signers(note: bytes, keys: Mapping[str, Sequence[bytes]]) -> list[Signer]:
    """Who of `keys` signed, in the note's order; perhaps nobody.

    A name, key and type of signature count once, by their first line: one key may stand here as a text's signer and
    as a witness.

    `keys` holds Ed25519 public keys by name, checked with `crypto.check_key` when they came to be trusted. A signature
    of a known key that is wrong makes the whole note invalid: raises NoteInvalid with `kernel.note_signature_wrong`.
    """
    text, signatures = parse_note(note)
    signers: dict[tuple[str, bytes], list[Signer]] = {}
    for line in signatures:
        known = _known(line, keys.get(line.name, ()))
        if not known or (line.name, line.key_hash) in signers:
            continue
        found = [signer for of_type, key in known if (signer := _signer(text, line, of_type, key)) is not None]
        if not found:
            raise NoteInvalid("kernel.note_signature_wrong", name=line.name, key_hash=line.key_hash)
        signers[line.name, line.key_hash] = found
    return [signer for found in signers.values() for signer in found]


def _known(line: NoteSignature, public_keys: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """The (signature type, public key) that the line's name and key hash stand for; with 4 bytes, rarely two."""
    return [
        (signature_type, key)
        for key in public_keys
        for signature_type in (ED25519, COSIGNATURE_V1)
        if note_key_hash(line.name, signature_type, key) == line.key_hash
    ]


def _signer(text: bytes, line: NoteSignature, signature_type: int, public_key: bytes) -> Signer | None:
    """The signer if this key made this line's signature."""
    if signature_type == ED25519:
        good = verify("ed25519", public_key, text, line.signature)
        return Signer(line.name, public_key, None) if good else None
    time = int.from_bytes(line.signature[:8], "big")
    good = verify("ed25519", public_key, _cosigned(time, text), line.signature[8:])
    return Signer(line.name, public_key, time) if good else None


def _is_name(name: str) -> bool:
    return name != "" and not any(char in _SPACES or char == "+" or char < " " for char in name)


def _shown(field: bytes) -> str:
    """A field of unknown bytes, short and readable, for an error's facts."""
    return field[:80].decode("utf-8", "replace")


def _base64(encoded: bytes) -> bytes | None:
    """The bytes if this is the one base64 (RFC 4648 section 4) that encodes them."""
    try:
        decoded = a2b_base64(encoded, strict_mode=True)
    except Base64Error:
        return None
    return decoded if b2a_base64(decoded, newline=False) == encoded else None


def _decimal(digits: bytes) -> int:
    """An ASCII decimal without leading zeros, at most 2^53 − 1."""
    number = 0
    if 0 < len(digits) <= 16 and all(0x30 <= d <= 0x39 for d in digits) and (digits == b"0" or digits[0] != 0x30):
        for digit in digits:
            number = number * 10 + digit - 0x30
        if number <= SIZE_MAX:
            return number
    raise NoteInvalid("kernel.checkpoint_size_wrong", size=_shown(digits))
