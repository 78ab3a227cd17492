"""The Merkle tree of RFC 6962 §2.1: leaf and node hashes, the root, and proofs that a leaf is in it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

HASH_SIZE: Final = 32
#: The root of a tree without leaves.
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The 32-byte hash of a leaf. The leading zero keeps a leaf from being passed off as a node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    """Pairs hashed together; a last one without a partner rises as it is. Same tree as the RFC's recursive split."""
    above = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in order; `EMPTY_ROOT` for none."""
    level: Sequence[bytes] = leaves
    while len(level) > 1:
        level = _level_above(level)
    return level[0] if level else EMPTY_ROOT


class Growing:
    """The root of a tree to which leaves are added one at a time, without keeping them: only the complete subtrees that
    stand side by side, at most one of each height.
    """

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One more leaf hash at the end."""
        self.size += 1
        subtrees, complete = self._subtrees, self.size
        while not complete % 2:
            leaf = node_hash(subtrees.pop(), leaf)
            complete //= 2
        subtrees.append(leaf)

    def root(self) -> bytes:
        """The root over all leaves so far, the same as `root` over their list; `EMPTY_ROOT` for none."""
        if not self._subtrees:
            return EMPTY_ROOT
        *others, found = self._subtrees
        for left in reversed(others):
            found = node_hash(left, found)
        return found


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from leaf `index` (from 0) to the root, lowest first. IndexError if there is no such leaf."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    proof = []
    level: Sequence[bytes] = leaves
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        level = _level_above(level)
        index //= 2
    return proof


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that `leaf` (a leaf hash) stands at `index` in the tree of `size` leaves with this root.

    Anything malformed is simply False: a hash that is not 32 bytes, an index outside the tree, a proof too long or too
    short. The algorithm is RFC 9162 §2.1.3.2, which reads RFC 6962's trees.
    """
    if not 0 <= index < size or any(len(part) != HASH_SIZE for part in (leaf, root, *proof)):
        return False
    position, last, computed = index, size - 1, leaf
    for part in proof:
        if last == 0:
            return False
        if position % 2 or position == last:
            computed = node_hash(part, computed)
            while position % 2 == 0 and position:
                position //= 2
                last //= 2
        else:
            computed = node_hash(computed, part)
        position //= 2
        last //= 2
    return last == 0 and computed == root
