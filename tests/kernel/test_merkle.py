"""The Merkle trees against the recursive definitions of RFC 6962 section 2.1, written out here once more."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel import merkle
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.merkle import Log, check_consistency, check_inclusion

SIZE_MAX = 130
LEAVES = [merkle.leaf_hash(number.to_bytes(2, "big")) for number in range(SIZE_MAX)]
sizes = st.integers(1, SIZE_MAX)
bits = st.integers(0, 255)


def split_of(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def naive_root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = split_of(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def naive_inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = split_of(len(leaves))
    if index < split:
        return [*naive_inclusion(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_inclusion(index - split, leaves[split:]), naive_root(leaves[:split])]


def naive_consistency(size: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [naive_root(leaves)]
    split = split_of(len(leaves))
    if size <= split:
        return [*naive_consistency(size, leaves[:split], whole), naive_root(leaves[split:])]
    return [*naive_consistency(size - split, leaves[split:], False), naive_root(leaves[:split])]


def flipped(data: bytes, bit: int) -> bytes:
    """The same bytes with one bit turned over."""
    changed = bytearray(data)
    changed[bit >> 3 & 31] ^= 1 << (bit & 7)
    return bytes(changed)


def wrong_proofs(proof: list[bytes], bit: int) -> list[list[bytes]]:
    """Every neighbour of a proof: a bit turned, a hash left out, doubled, cut short or exchanged with the next."""
    wrong = [[*proof, LEAVES[0]], [LEAVES[0], *proof], [*proof, b""]]
    for at, item in enumerate(proof):
        before, after = proof[:at], proof[at + 1 :]
        wrong += [[*before, part, *after] for part in (flipped(item, bit), item[:-1], item + b"\0")]
        wrong += [[*before, *after], [*before, item, item, *after]]
        if after:
            wrong.append([*before, after[0], item, *after[1:]])
    return wrong


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert merkle.tree_root([]) == Log().root() == merkle.EMPTY_ROOT == sha256().digest()


def test_leaves_and_nodes_are_hashed_in_domains_of_their_own() -> None:
    left, right = LEAVES[:2]
    assert merkle.leaf_hash(left + right) == sha256(b"\x00" + left + right).digest()
    assert merkle.node_hash(left, right) == sha256(b"\x01" + left + right).digest()


@given(sizes)
def test_roots_and_proofs_are_those_of_the_recursive_definition(size: int) -> None:
    leaves = LEAVES[:size]
    log = Log(LEAVES)
    assert merkle.tree_root(leaves) == log.root(size) == naive_root(leaves)
    assert merkle.frontier_root(log.frontier(size)) == naive_root(leaves)
    for index in range(size):
        proof = merkle.inclusion_proof(leaves, index)
        assert proof == log.inclusion_proof(index, size) == naive_inclusion(index, leaves)
        check_inclusion(leaves[index], index, size, proof, log.root(size))


@given(sizes, sizes)
def test_consistency_proofs_are_those_of_the_recursive_definition(one: int, other: int) -> None:
    size1, size2 = sorted((one, other))
    log = Log(LEAVES)
    proof = log.consistency_proof(size1, size2)
    assert proof == naive_consistency(size1, LEAVES[:size2])
    check_consistency(size1, size2, log.root(size1), log.root(size2), proof)


@given(sizes, st.data(), bits)
def test_no_changed_inclusion_proof_is_accepted(size: int, data: st.DataObject, bit: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    log = Log(LEAVES)
    leaf, root, proof = LEAVES[index], log.root(size), log.inclusion_proof(index, size)
    cases = [(leaf, index, size, wrong, root) for wrong in wrong_proofs(proof, bit)]
    cases += [(leaf, other, size, proof, root) for other in range(-1, size + 2) if other != index]
    cases += [(flipped(leaf, bit), index, size, proof, root), (leaf[:-1], index, size, proof, root)]
    cases += [(leaf, index, size, proof, flipped(root, bit)), (leaf, index, 0, proof, root)]
    cases.append((leaf, index, size << 1 | 1, proof, root))
    for case in cases:
        with pytest.raises(ProofInvalid):
            check_inclusion(*case)


@given(st.tuples(sizes, sizes).filter(lambda pair: pair[0] != pair[1]).map(sorted), bits)
def test_no_changed_consistency_proof_is_accepted(pair: list[int], bit: int) -> None:
    size1, size2 = pair
    log = Log(LEAVES)
    root1, root2, proof = log.root(size1), log.root(size2), log.consistency_proof(size1, size2)
    cases = [(size1, size2, root1, root2, wrong) for wrong in wrong_proofs(proof, bit)]
    cases += [(size1, size2, flipped(root1, bit), root2, proof), (size1, size2, root1, flipped(root2, bit), proof)]
    cases += [(size1, size2, root2, root1, proof), (size2, size1, root2, root1, proof), (0, size2, root1, root2, proof)]
    cases += [(size2, size2, root1, root2, []), (size1, size2, root1, root2, [])]
    for case in cases:
        with pytest.raises(ProofInvalid):
            check_consistency(*case)


def test_a_refusal_names_its_reason() -> None:
    log = Log(LEAVES[:3])
    proof = log.inclusion_proof(0)
    cases = [
        (LEAVES[0], 3, proof, "kernel.proof_index_beyond_size"),
        (LEAVES[0], 0, proof[:1], "kernel.proof_length"),
        (LEAVES[0], 0, [proof[0], b""], "kernel.proof_hash_size"),
        (LEAVES[1], 0, proof, "kernel.proof_root_differs"),
    ]
    for leaf, index, shown, code in cases:
        with pytest.raises(ProofInvalid) as refusal:
            check_inclusion(leaf, index, 3, shown, log.root())
        assert refusal.value.code == code
    with pytest.raises(ProofInvalid) as refusal:
        check_consistency(0, 3, merkle.EMPTY_ROOT, log.root(), [])
    assert refusal.value.code == "kernel.proof_sizes_disordered"


def test_hashes_of_other_sizes_that_join_to_the_same_bytes_are_refused() -> None:
    left, right = LEAVES[:2]
    joined = left + right
    with pytest.raises(ProofInvalid):
        check_inclusion(joined[:31], 0, 2, [joined[31:]], merkle.node_hash(left, right))
    with pytest.raises(ProofInvalid):
        check_inclusion(b"no hash", 0, 1, [], b"no hash")
    root1, root2 = merkle.tree_root(LEAVES[:2]), merkle.tree_root(LEAVES[:3])
    check_consistency(2, 3, root1, root2, [LEAVES[2]])
    with pytest.raises(ProofInvalid):
        check_consistency(2, 3, root1[:31], root2, [root1[31:] + LEAVES[2]])


def test_equal_trees_need_no_proof_and_suffer_none() -> None:
    root = merkle.tree_root(LEAVES[:3])
    check_consistency(3, 3, root, root, [])
    with pytest.raises(ProofInvalid):
        check_consistency(3, 3, root, root, [LEAVES[0]])


@given(st.lists(st.integers(0, 40), max_size=12))
def test_a_truncated_log_is_the_log_that_never_grew(steps: list[int]) -> None:
    log = Log()
    leaves: list[bytes] = []
    for step, target in enumerate(steps):
        if target < len(log):
            log.truncate(target)
            del leaves[target:]
        for number in range(len(log), target):
            leaves.append(merkle.leaf_hash(bytes((step, number))))
            log.append(leaves[-1])
    assert len(log) == len(leaves)
    assert [log.root(size) for size in range(len(log) + 1)] == [naive_root(leaves[:n]) for n in range(len(log) + 1)]


@given(st.integers(0, 70), st.integers(0, 60))
def test_a_log_resumed_from_its_frontier_goes_on_as_before(size: int, more: int) -> None:
    whole = Log(LEAVES[: size + more])
    resumed = Log.resume(size, whole.frontier(size))
    for leaf in LEAVES[size : size + more]:
        resumed.append(leaf)
    assert len(resumed) == size + more
    for at in range(size, size + more + 1):
        assert resumed.root(at) == whole.root(at)
        assert resumed.frontier(at) == whole.frontier(at)
        for index in range(size, at):
            assert resumed.inclusion_proof(index, at) == whole.inclusion_proof(index, at)
        if size:
            assert resumed.consistency_proof(size, at) == whole.consistency_proof(size, at)
    resumed.truncate(size)
    assert resumed.root() == whole.root(size)


def test_a_resumed_log_says_what_it_does_not_hold() -> None:
    resumed = Log.resume(5, Log(LEAVES[:5]).frontier())
    with pytest.raises(LookupError, match="resumed at 5"):
        resumed.inclusion_proof(0)
    with pytest.raises(LookupError, match="resumed at 5"):
        resumed.truncate(4)
    with pytest.raises(LookupError, match="resumed at 5"):
        resumed.root(3)
    with pytest.raises(ValueError, match="2 hashes"):
        Log.resume(5, LEAVES[:3])


def test_asking_beyond_the_end_is_an_index_error() -> None:
    log = Log(LEAVES[:4])
    with pytest.raises(IndexError):
        log.root(5)
    with pytest.raises(IndexError):
        log.truncate(5)
    with pytest.raises(IndexError):
        log.inclusion_proof(3, 3)
    with pytest.raises(IndexError):
        log.consistency_proof(0, 4)
    with pytest.raises(IndexError):
        log.consistency_proof(4, 3)
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES[:4], 4)
    with pytest.raises(ValueError, match="32 bytes"):
        log.append(b"short")
