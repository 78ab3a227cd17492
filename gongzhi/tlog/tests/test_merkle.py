"""The Merkle tree against known roots, public vectors and its own properties."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.tlog import merkle

#: The eight leaves and the roots over the first n of them that every implementation of RFC 6962 is tried with.
ENTRIES = [
    bytes.fromhex(text)
    for text in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
trees = st.lists(st.binary(max_size=8), min_size=1, max_size=70).map(
    lambda rows: [merkle.leaf_hash(row) for row in rows]
)


def by_the_letter(leaves: list[bytes]) -> bytes:
    """The recursive definition of RFC 6962 §2.1, as written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + by_the_letter(leaves[:split]) + by_the_letter(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    assert merkle.root([merkle.leaf_hash(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size]


@given(trees)
def test_the_root_is_the_one_the_rfc_defines(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == by_the_letter(leaves)


@given(trees)
def test_a_tree_that_grows_leaf_by_leaf_has_the_same_root_at_every_size(leaves: list[bytes]) -> None:
    tree = merkle.Growing()
    assert tree.root() == merkle.EMPTY_ROOT
    for size, leaf in enumerate(leaves, start=1):
        tree.add(leaf)
        assert (tree.size, tree.root()) == (size, merkle.root(leaves[:size]))


@given(trees, st.data())
def test_every_leaf_is_proved_and_no_other_leaf_index_or_size_is(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    size, proof, root = len(leaves), merkle.inclusion_proof(leaves, index), merkle.root(leaves)

    def holds(**changes: object) -> bool:
        values = {"index": index, "size": size, "leaf": leaves[index], "proof": proof, "root": root} | changes
        return merkle.verify_inclusion(**values)  # type: ignore[arg-type]

    assert holds()
    assert not holds(leaf=merkle.leaf_hash(b"another leaf, longer than the others"))
    assert not holds(root=bytes(32))
    assert not holds(proof=[*proof, bytes(32)])
    assert not holds(index=size)
    assert not holds(index=-1)
    if proof:
        assert not holds(proof=proof[:-1])
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not holds(proof=[*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]])
        assert not holds(proof=[part[:-1] for part in proof])


def test_there_is_no_proof_for_a_leaf_outside_the_tree() -> None:
    for index in (-1, 1):
        with pytest.raises(IndexError):
            merkle.inclusion_proof([merkle.leaf_hash(b"")], index)


@pytest.mark.real_data
def test_public_vectors_of_inclusion_proofs(real_data: Path) -> None:
    folder = real_data / "merkle" / "inclusion"
    accepted = refused = 0
    for file in sorted(folder.rglob("*.json")):
        vector = json.loads(file.read_text())
        holds = merkle.verify_inclusion(
            index=vector["leafIdx"],
            size=vector["treeSize"],
            leaf=base64.b64decode(vector["leafHash"] or ""),
            proof=[base64.b64decode(part) for part in vector["proof"] or []],
            root=base64.b64decode(vector["root"] or ""),
        )
        assert holds is not vector["wantErr"], f"{file.relative_to(folder)}: {vector['desc']}"
        accepted, refused = accepted + holds, refused + (not holds)
    # the comparison compared something, on both sides
    assert accepted >= 5
    assert refused >= 60
