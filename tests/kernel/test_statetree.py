"""The authenticated map against the definition of its tree, written out here once more as a recursion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.kernel.errors import ProofInvalid
from linlian.kernel.stateproof import StateProof, check_absence, check_membership, path_of, value_hash
from linlian.kernel.statetree import StateTree

EMPTY = sha256(b"\x04").digest()
Model = dict[bytes, bytes]
Batch = dict[bytes, bytes | None]
Runs = list[tuple[str, int, int, int]]


def hashed(number: int) -> bytes:
    return sha256(number.to_bytes(4, "big")).digest()


def digit(path: bytes, depth: int) -> int:
    return path[depth // 4] >> 6 - 2 * (depth % 4) & 3


def naive_root(entries: Model, depth: int = 0) -> bytes:
    if not entries:
        return EMPTY
    if len(entries) <= 16:
        return sha256(b"\x02" + b"".join(path + entries[path] for path in sorted(entries))).digest()
    children = [{path: entries[path] for path in entries if digit(path, depth) == child} for child in range(4)]
    return sha256(b"\x03" + b"".join(naive_root(child, depth + 1) for child in children)).digest()


def path_number(spread: str, number: int) -> bytes:
    """Paths as they are (`even`), and such as no hash will give: crowded at the top, and at the greatest depth."""
    places = {"even": hashed(number), "top": (number << 244).to_bytes(32, "big"), "deep": number.to_bytes(32, "big")}
    return places[spread]


def batch_of(runs: Runs) -> Batch:
    """Set (or with value 0 remove) runs of neighbouring numbers, so that buckets overflow and empty again."""
    return {
        path_number(spread, number): hashed(1000 * value + number) if value else None
        for spread, start, count, value in runs
        for number in range(start, start + count)
    }


spreads = st.sampled_from(["even", "top", "deep"])
runs = st.tuples(spreads, st.integers(0, 99), st.integers(1, 60), st.integers(0, 2))
few_runs = st.lists(runs, min_size=1, max_size=5)
batches = st.lists(few_runs, max_size=5)


def applied(model: Model, batch: Batch) -> Model:
    changed = {path: digest for path, digest in batch.items() if digest is not None}
    return {path: digest for path, digest in model.items() if path not in batch} | changed


def tree_of(model: Model) -> StateTree:
    tree = StateTree()
    tree.build(sorted(model.items()))
    return tree


def contents(tree: StateTree) -> tuple[dict[int, bytes], dict[int, bytes], int]:
    return dict(tree._buckets), {place: bytes(node) for place, node in tree._nodes.items()}, len(tree)


def holds(root: bytes, path: bytes, digest: bytes | None, proof: StateProof) -> bool:
    """Whether the checker accepts the claim: this value hash, or none."""
    try:
        if digest is None:
            check_absence(root, path, proof)
        else:
            check_membership(root, path, digest, proof)
    except ProofInvalid:
        return False
    return True


def code_of(root: bytes, path: bytes, digest: bytes | None, proof: StateProof) -> str:
    """The code with which the checker refuses the claim."""
    check = partial(check_absence, root, path) if digest is None else partial(check_membership, root, path, digest)
    with pytest.raises(ProofInvalid) as refusal:
        check(proof)
    return refusal.value.code


def test_a_path_is_the_hash_of_chain_table_and_key_with_their_lengths() -> None:
    key = b"\x0bplaces.unit\x00\xff"
    assert path_of("town-1f", key) == sha256(b"\x06\x07town-1f" + key).digest()
    assert value_hash(b"salt and value") == sha256(b"\x05salt and value").digest()


def test_a_chain_id_one_byte_too_long_has_no_path() -> None:
    path_of("c" * 255, b"\x01tk")
    with pytest.raises(OverflowError):
        path_of("c" * 256, b"\x01tk")


@given(batches)
def test_every_batch_leads_to_the_root_of_the_definition(changes: list[Runs]) -> None:
    tree = StateTree()
    model: Model = {}
    assert tree.root() == EMPTY
    for batch in map(batch_of, changes):
        tree.update(batch.items())
        model = applied(model, batch)
        assert (tree.root(), len(tree)) == (naive_root(model), len(model))
        assert contents(tree) == contents(tree_of(model))


@given(few_runs)
def test_building_in_one_go_gives_the_same_root(given_runs: Runs) -> None:
    model = applied({}, batch_of(given_runs))
    assert tree_of(model).root() == naive_root(model)


@given(batches)
def test_undo_restores_every_earlier_state_exactly(changes: list[Runs]) -> None:
    tree = StateTree()
    history = []
    for batch in map(batch_of, changes):
        before = contents(tree)
        history.append((before, tree.update(batch.items())))
    for before, undo in reversed(history):
        tree.undo(undo)
        assert contents(tree) == before
    assert tree.root() == EMPTY


@settings(deadline=None)
@given(batches, st.tuples(spreads, st.integers(0, 150)))
def test_values_and_absences_are_proved_now_and_at_earlier_states(changes: list[Runs], asked: tuple[str, int]) -> None:
    tree = StateTree()
    model: Model = {}
    states = [(tree.root(), model)]
    undos = []
    for batch in map(batch_of, changes):
        undos.append(tree.update(batch.items()))
        model = applied(model, batch)
        states.append((tree.root(), model))
    for number, (root, then) in enumerate(states):
        for path in [path_number(*asked), *list(then)[::10], *list(model)[::10]]:
            proof = tree.prove(path, undos[number:])
            assert holds(root, path, then.get(path), proof)
            assert not holds(root, path, None if path in then else hashed(0), proof)
            assert not holds(root, path, hashed(0), proof)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit >> 3 & 31] ^= 1 << (bit & 7)
    return bytes(changed)


def changed_buckets(bucket: tuple[tuple[bytes, bytes], ...], bit: int) -> Iterator[tuple[tuple[bytes, bytes], ...]]:
    yield (*bucket, (b"\xff" * 32, hashed(0)))
    yield ((bytes(32), hashed(0)), *bucket)
    yield bucket[::-1]
    for at, (path, digest) in enumerate(bucket):
        before, after = bucket[:at], bucket[at + 1 :]
        yield (*before, *after)
        yield (*before, (path, digest), (path, digest), *after)
        for wrong in ((flipped(path, bit), digest), (path, flipped(digest, bit)), (digest, path)):
            yield (*before, wrong, *after)
        for wrong in ((path[:-1], digest), (path, digest[:-1]), (path + digest[:1], digest[1:])):
            yield (*before, wrong, *after)


def changed_proofs(proof: StateProof, bit: int) -> Iterator[StateProof]:
    """Every neighbour of a proof: one part turned over, left out, added, cut short or in another place."""
    levels = proof.siblings
    for bucket in changed_buckets(proof.bucket, bit):
        yield replace(proof, bucket=bucket)
    yield replace(proof, siblings=(*levels, (EMPTY, EMPTY, EMPTY)))
    yield replace(proof, siblings=((EMPTY, EMPTY, EMPTY), *levels))
    yield replace(proof, siblings=levels[::-1])
    for at, (first, second, third) in enumerate(levels):
        before, after = levels[:at], levels[at + 1 :]
        yield replace(proof, siblings=(*before, *after))
        for level in (
            (second, first, third),
            (first, third, second),
            (third, second, first),
            (flipped(first, bit), second, third),
            (first, flipped(second, bit), third),
            (first, second, flipped(third, bit)),
            (first[:-1], second, third),
            (first, second + b"\0", third),
            (first + second[:1], second[1:], third),
        ):
            yield replace(proof, siblings=(*before, level, *after))


@settings(deadline=None)
@given(few_runs, spreads, st.integers(0, 150), st.integers(0, 255))
def test_no_changed_proof_is_accepted(given_runs: Runs, spread: str, number: int, bit: int) -> None:
    model = applied({}, batch_of(given_runs))
    tree = tree_of(model)
    root, path = tree.root(), path_number(spread, number)
    proof, digest = tree.prove(path), model.get(path)
    assert holds(root, path, digest, proof)
    for wrong in changed_proofs(proof, bit):
        assert wrong == proof or not holds(root, path, digest, wrong)
    assert not holds(flipped(root, bit), path, digest, proof)
    assert not holds(root, path[:-1], digest, proof)


@settings(deadline=None)
@given(few_runs, st.lists(st.tuples(spreads, st.integers(0, 150)), min_size=2, max_size=12))
def test_a_proof_for_another_path_proves_no_falsehood(given_runs: Runs, asked: list[tuple[str, int]]) -> None:
    model = applied({}, batch_of(given_runs))
    tree = tree_of(model)
    paths = [path_number(*place) for place in asked]
    for proof in map(tree.prove, paths):
        for path in paths:
            assert not holds(tree.root(), path, None if path in model else hashed(0), proof)


def forged(siblings: tuple[tuple[bytes, bytes, bytes], ...], entries: list[bytes]) -> tuple[bytes, StateProof]:
    """A proof over any bucket whatever, below children 0, and the root to which its hashes do lead."""
    bucket = tuple((path, hashed(0)) for path in entries)
    root = sha256(b"\x02" + b"".join(path + digest for path, digest in bucket)).digest()
    for level in reversed(siblings):
        root = sha256(b"\x03" + root + b"".join(level)).digest()
    return root, StateProof(siblings, bucket)


def test_a_bucket_of_one_entry_too_many_is_refused() -> None:
    paths = [path_number("deep", number) for number in range(17)]
    full, proof = forged((), paths[:16])
    assert holds(full, paths[0], hashed(0), proof)
    overfull, proof = forged((), paths)
    assert code_of(overfull, paths[0], hashed(0), proof) == "kernel.proof_bucket_too_large"


def test_a_proof_of_one_level_too_many_is_refused() -> None:
    level = (EMPTY, EMPTY, EMPTY)
    root, proof = forged((level,) * 128, [bytes(32)])
    assert holds(root, bytes(32), hashed(0), proof)
    root, proof = forged((level,) * 129, [bytes(32)])
    assert code_of(root, bytes(32), hashed(0), proof) == "kernel.proof_too_deep"


def test_a_bucket_out_of_order_could_hide_an_entry_and_is_refused() -> None:
    first, second = path_number("deep", 1), path_number("deep", 2)
    for paths in ([second, first], [first, first]):
        root, proof = forged((), paths)
        assert code_of(root, first, hashed(0), proof) == "kernel.proof_bucket_disordered"


def test_an_entry_must_stand_where_its_path_leads() -> None:
    here, elsewhere = path_number("deep", 1), path_number("top", 1 << 10)
    root, proof = forged(((EMPTY, EMPTY, EMPTY),), [here, elsewhere])
    assert code_of(root, here, hashed(0), proof) == "kernel.proof_entry_elsewhere"
    assert code_of(root, elsewhere, hashed(0), proof) == "kernel.proof_entry_elsewhere"


def test_a_refusal_tells_a_wrong_value_from_a_missing_row() -> None:
    tree = tree_of({hashed(1): hashed(2)})
    present, absent = tree.prove(hashed(1)), tree.prove(hashed(3))
    assert code_of(tree.root(), hashed(1), hashed(9), present) == "kernel.proof_value_differs"
    assert code_of(tree.root(), hashed(3), hashed(9), absent) == "kernel.proof_row_absent"
    assert code_of(tree.root(), hashed(1), None, present) == "kernel.proof_row_present"
    assert code_of(EMPTY, hashed(1), hashed(2), present) == "kernel.proof_root_differs"
    cut = StateProof((), ((hashed(1)[:31], hashed(2)),))
    assert code_of(tree.root(), hashed(1), hashed(2), cut) == "kernel.proof_hash_size"


def test_a_bucket_cannot_pass_for_a_node() -> None:
    # A bucket of two entries and a node are 128 bytes each. Were their domains one, this bucket would be a node with
    # an empty first child, and would prove the absence of every path that begins with digit 0.
    entries = sorted([(EMPTY, hashed(1)), (b"\xff" * 32, hashed(2))])
    tree = tree_of(dict(entries))
    (path0, digest0), (path1, digest1) = entries
    assert tree.root() == sha256(b"\x02" + path0 + digest0 + path1 + digest1).digest()
    proof = StateProof(((digest0, path1, digest1),), ())
    assert path0 == EMPTY
    assert code_of(tree.root(), bytes(32), None, proof) == "kernel.proof_root_differs"


def test_a_node_cannot_pass_for_a_bucket() -> None:
    # Were their domains one, a node's first child would be a path with its second child for a value.
    for shift in range(50):
        tree = tree_of({hashed(number): hashed(number + 1) for number in range(shift, shift + 40)})
        node = bytes(tree._nodes[1])
        first, second, third, fourth = (node[at : at + 32] for at in range(1, 129, 32))
        if first < third:
            break
    else:
        pytest.fail("no node with ascending children")
    assert tree.root() == sha256(b"\x03" + first + second + third + fourth).digest()
    proof = StateProof((), ((first, second), (third, fourth)))
    assert code_of(tree.root(), first, second, proof) == "kernel.proof_root_differs"


def test_an_empty_child_proves_absence() -> None:
    model = {path_number("deep", number): hashed(number) for number in range(40)}
    proof = tree_of(model).prove(b"\xff" * 32)
    assert proof == StateProof((proof.siblings[0],), ())
    assert holds(naive_root(model), b"\xff" * 32, None, proof)


def test_seventeen_neighbours_reach_the_greatest_depth_and_return() -> None:
    paths = [path_number("deep", number) for number in range(17)]
    tree = StateTree()
    undo = tree.update([(path, hashed(1)) for path in paths])
    assert tree.root() == naive_root(dict.fromkeys(paths, hashed(1)))
    assert len(tree.prove(paths[0]).siblings) == 126
    tree.update([(paths[16], None)])
    assert tree.prove(paths[0]).siblings == ()
    assert tree.root() == naive_root(dict.fromkeys(paths[:16], hashed(1)))
    with pytest.raises(ValueError, match="newest first"):
        tree.undo(undo)


def test_thousands_of_rows_come_and_go() -> None:
    tree = StateTree()
    model: Model = {}
    for start in range(0, 4000, 1000):
        batch: Batch = {hashed(number): hashed(-number % 977) for number in range(start, start + 1000)}
        batch |= {hashed(number): None for number in range(start // 2, start // 2 + 300)}
        tree.update(batch.items())
        model = applied(model, batch)
        assert (tree.root(), len(tree)) == (naive_root(model), len(model))
    tree.update([(path, None) for path in model])
    assert contents(tree) == contents(StateTree())


def test_removing_what_is_not_there_changes_nothing() -> None:
    tree = tree_of({hashed(number): hashed(0) for number in range(50)})
    before = contents(tree)
    tree.update([(hashed(99), None)])
    assert contents(tree) == before


@pytest.mark.parametrize(
    "items",
    [
        [(hashed(1), hashed(0)), (hashed(1), hashed(0))],
        [(b"\2" * 32, hashed(0)), (b"\1" * 32, hashed(0))],
        [(b"\1" * 31, hashed(0))],
        [(b"\1" * 32, hashed(0) + b"\0")],
    ],
)
def test_building_wants_whole_hashes_in_strict_order(items: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(ValueError, match="strictly ascending"):
        StateTree().build(items)


def test_building_wants_an_empty_tree() -> None:
    tree = tree_of({hashed(1): hashed(0)})
    with pytest.raises(ValueError, match="empty"):
        tree.build([])


@pytest.mark.parametrize(("path", "digest"), [(bytes(31), hashed(0)), (hashed(1), b"\0" * 31), (hashed(2), b"")])
def test_an_entry_of_another_size_is_refused(path: bytes, digest: bytes) -> None:
    tree = tree_of({hashed(1): hashed(0)})
    with pytest.raises(ValueError, match="32 bytes"):
        tree.update([(path, digest)])


def test_records_of_another_history_prove_nothing() -> None:
    tree, other = StateTree(), tree_of({hashed(number): hashed(0) for number in range(200)})
    undo = other.update([(hashed(number), None) for number in range(195)])
    with pytest.raises(ValueError, match="records"):
        tree.prove(hashed(0), [replace(undo, nodes={})])
