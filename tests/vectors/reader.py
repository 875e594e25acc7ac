"""A second implementation of docs/format, from the documents alone: hashlib, cbor2 and `cryptography`, nothing of ours.

It reads what the product writes and says whether it is right; so our code is not its own only judge. Whatever is
wrong raises AssertionError.
"""

from __future__ import annotations

from base64 import b64decode, b64encode, urlsafe_b64encode
from hashlib import sha256, sha512
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

# encoding.md


def encode(value: Any) -> bytes:
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes) -> Any:
    try:
        value = cbor2.loads(data)
    except cbor2.CBORError as error:
        raise AssertionError("no CBOR") from error
    check_value(value, 1)
    assert encode(value) == data, "not canonical"
    return value


def check_value(value: Any, depth: int) -> None:
    assert depth <= 32, "nested too deep"
    if isinstance(value, dict):
        assert all(type(key) is str for key in value)
    if isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            check_value(part, depth + 1)
        return
    assert type(value) in (int, bool, bytes, str), f"{value!r} is outside the subset"
    assert not isinstance(value, int) or abs(value) < 2**53, "an integer too large"


def hashed(domain: int, *parts: bytes) -> bytes:
    return sha256(bytes([domain]) + b"".join(parts)).digest()


def u(bits: int, number: int) -> bytes:
    return number.to_bytes(bits // 8, "big")


def sized(data: bytes | str, bits: int = 8) -> bytes:
    raw = data.encode() if isinstance(data, str) else data
    return u(bits, len(raw)) + raw


# transaction.md


def chain_id(document: bytes) -> str:
    return f"{decode(document)['name']}-{hashed(0x17, document).hex()[:32]}"


def signing_bytes(chain: str, body: bytes) -> bytes:
    return b"linlian/transaction/1\x00" + sized(chain) + body


def key_id(suite: str, public_key: bytes, rp_id: str = "", origin: str = "") -> bytes:
    bound = sized(rp_id, 16) + sized(origin, 16) if rp_id or origin else b""
    return hashed(0x16, sized(suite), sized(public_key, 16), bound)


def salt(entropy: bytes, nonce: bytes, number: int) -> bytes:
    return hashed(0x13, entropy, nonce, u(32, number))[:16]


def identifier(transaction: bytes, nonce: bytes, number: int) -> bytes:
    return hashed(0x14, transaction, nonce, u(32, number))[:16]


def is_signed(
    suite: str, public_key: bytes, message: bytes, signature: bytes, rp_id: str = "", origin: str = ""
) -> bool:
    """Whether a signature is good."""
    if suite == "ed25519":
        return len(signature) == 64 and _ed25519(public_key, message, signature)
    if suite == "p256":
        return _p256(public_key, message, signature)
    assert suite == "webauthn-p256"
    end = 2 + int.from_bytes(signature[:2], "big")
    start = end + 2 + int.from_bytes(signature[end : end + 2], "big")
    data, client = signature[2:end], signature[end + 2 : start]
    challenge = urlsafe_b64encode(sha256(message).digest()).rstrip(b"=").decode()
    expected = f'{{"type":"webauthn.get","challenge":"{challenge}","origin":"{origin}"'.encode()
    rest = client[len(expected) :]
    return (
        len(data) >= 37
        and data[:32] == sha256(rp_id.encode()).digest()
        and data[32] & 5 == 5
        and client.startswith(expected)
        and (rest == b"}" or (rest[:1] == b"," and not rest.startswith(b',"crossOrigin":true')))
        and _p256(public_key, data + sha256(client).digest(), signature[start:])
    )


def _p256(public_key: bytes, message: bytes, signature: bytes) -> bool:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or len(public_key) != 33 or not (0 < r < order and 0 < s <= order // 2):
        return False
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def point(encoded: bytes) -> Point | None:
    """RFC 8032 section 5.1.3, and no second encoding of any point."""
    y, sign = int.from_bytes(encoded, "little") % 2**255, encoded[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x, y)


def add(one: Point, other: Point) -> Point:
    (a, b), (c, d) = one, other
    product = D * a * b * c * d % P
    return ((a * d + b * c) * pow(1 + product, -1, P) % P, (b * d + a * c) * pow(1 - product, -1, P) % P)


def times(number: int, base: Point) -> Point:
    total = (0, 1)
    while number:
        total = add(total, base) if number & 1 else total
        base, number = add(base, base), number >> 1
    return total


def is_key(suite: str, public_key: bytes) -> bool:
    """Whether a new key is taken into the state."""
    if suite == "ed25519":
        a = point(public_key) if len(public_key) == 32 else None
        return a is not None and a != (0, 1) and times(L, a) == (0, 1)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError:
        return False
    return len(public_key) == 33


def _ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """S < L, A and R canonical and not of small order, and SB = R + hA without the cofactor."""
    a, r, s = point(public_key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or (0, 1) in (times(8, a), times(8, r)):
        return False
    base = point(bytes.fromhex("58" + "66" * 31))
    assert base is not None
    h = int.from_bytes(sha512(signature[:32] + public_key + message).digest(), "little") % L
    good = times(s, base) == add(r, times(h, a))
    if good:
        ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    return good


# block.md


def leaf_hash(data: bytes) -> bytes:
    return hashed(0x00, data)


def tree_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256().digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashed(0x01, tree_root(leaves[:k]), tree_root(leaves[k:]))


def check_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2."""
    assert 0 <= index < size
    fn, sn, r = index, size - 1, leaf
    for p in path:
        assert sn
        if fn & 1 or fn == sn:
            r = hashed(0x01, p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = hashed(0x01, r, p)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    assert r == root


def check_consistency(first: int, second: int, first_root: bytes, second_root: bytes, path: list[bytes]) -> None:
    """RFC 9162 section 2.1.4.2."""
    if first == second:
        assert not path
        assert first_root == second_root
        return
    path = [first_root, *path] if first & (first - 1) == 0 else path
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        assert sn
        if fn & 1 or fn == sn:
            fr, sr = hashed(0x01, c, fr), hashed(0x01, c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hashed(0x01, sr, c)
        fn, sn = fn >> 1, sn >> 1
    assert (fr, sr, sn) == (first_root, second_root, 0)


def entry_digest(height: int, receipt: int, event: int, entry: bytes) -> bytes:
    return hashed(0x12, u(64, height), u(32, receipt), u(16, event), entry)


def run_id(chain: str, height: int, index: int, run: bytes) -> bytes:
    return hashed(0x18, sized(chain), u(64, height), u(32, index), run)


def receipt_leaf(item_id: bytes, item: bytes, outcome: str, digests: list[bytes]) -> bytes:
    return leaf_hash(encode([1, item_id, sha256(item).digest(), outcome, digests]))


# state.md


def full_key(table: str, key: bytes) -> bytes:
    return sized(table) + key


def path_of(chain: str, key: bytes) -> bytes:
    return hashed(0x06, sized(chain), key)


def value_hash(row: bytes) -> bytes:
    return hashed(0x05, row)


def state_root(entries: list[tuple[bytes, bytes]], depth: int = 0) -> bytes:
    """The root over all (path, value hash), from the definition."""
    if not entries:
        return hashed(0x04)
    if len(entries) <= 16:
        return hashed(0x02, *(path + value for path, value in sorted(entries)))
    digits: list[list[tuple[bytes, bytes]]] = [[], [], [], []]
    for path, value in entries:
        digits[path[depth // 4] >> (6 - 2 * (depth % 4)) & 3].append((path, value))
    return hashed(0x03, *(state_root(child, depth + 1) for child in digits))


def check_state(chain: str, key: bytes, row: bytes, proof: dict[str, Any], root: bytes) -> None:
    """That `row` (none if empty) stands under the full key."""
    path, siblings, bucket = path_of(chain, key), proof.get("siblings", []), proof.get("bucket", [])
    depth = len(siblings)
    bits = [f"{int.from_bytes(each, 'big'):0256b}" for each, _ in bucket]
    walked = f"{int.from_bytes(path, 'big'):0256b}"[: 2 * depth]
    assert bits == sorted(set(bits))
    assert all(each.startswith(walked) for each in bits)
    assert len(bucket) <= 16
    node = hashed(0x02, *(a + b for a, b in bucket)) if bucket else hashed(0x04)
    for level in reversed(range(depth)):
        children = list(siblings[level])
        children.insert(int(walked[2 * level : 2 * level + 2], 2), node)
        assert len(children) == 4
        node = hashed(0x03, *children)
    assert node == root
    assert dict(bucket).get(path) == (value_hash(row) if row else None)


# history.md


def subject_head(chain: str, subject: bytes, digests: list[bytes]) -> bytes:
    head = hashed(0x10, sized(chain), sized(subject))
    for number, digest in enumerate(digests, 1):
        head = hashed(0x11, head, u(64, number), digest)
    return head


# checkpoint.md


def open_note(note: str, keys: dict[str, bytes]) -> tuple[str, int, bytes, list[str]]:
    """(chain, size, root, who signed of these names) of a signed checkpoint."""
    text, lines = note.rsplit("\n\n", 1)
    text += "\n"
    origin, size, root, end = text.split("\n")
    assert (origin[:8], end) == ("linlian/", "")
    assert b64encode(b64decode(root)).decode() == root
    signed = []
    for line in lines.splitlines():
        dash, name, encoded = line.split(" ")
        raw = b64decode(encoded, validate=True)
        assert dash == "—"
        for kind in (1, 4):
            key = keys.get(name, b"")
            if raw[:4] == sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]:
                time = int.from_bytes(raw[4:12], "big")
                said = text if kind == 1 else f"cosignature/v1\ntime {time}\n{text}"
                assert is_signed("ed25519", key, said.encode(), raw[4:] if kind == 1 else raw[12:])
                signed.append(name)
    return origin[8:], int(size), b64decode(root), signed
