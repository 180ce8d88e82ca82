"""RFC 6962 hashes against the certificate-transparency reference set."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import leaf_hash, node_hash, root

hashes = st.lists(st.binary(min_size=32, max_size=32), max_size=40)


@pytest.fixture(scope="module")
def vectors(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "test-vectors" / "rfc6962_merkle.json").read_text()))


def test_leaves_have_the_published_hashes(vectors: dict[str, Any]) -> None:
    found = [leaf_hash(bytes.fromhex(given)).hex() for given in vectors["leaf_inputs_hex"]]
    assert found == vectors["leaf_hashes_hex"]


def test_every_size_has_the_published_root(vectors: dict[str, Any]) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in vectors["leaf_hashes_hex"]]
    found = [root(leaves[:size]).hex() for size in range(len(leaves) + 1)]
    assert found == vectors["roots_by_tree_size_hex"]


def test_complete_subtrees_have_the_published_hashes(vectors: dict[str, Any]) -> None:
    levels = vectors["complete_subtree_hashes_hex"]
    for upper in range(1, len(levels)):
        below = [bytes.fromhex(node) for node in levels[str(upper - 1)]]
        pairs = [node_hash(below[i], below[i + 1]).hex() for i in range(0, len(below) - 1, 2)]
        assert pairs == levels[str(upper)]


@given(hashes)
def test_pairing_level_by_level_is_the_rfcs_recursion(leaves: list[bytes]) -> None:
    assert root(leaves) == _recursive(leaves)


def test_a_node_does_not_pass_as_a_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def _recursive(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, section 2.1, writes it down."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(_recursive(leaves[:split]), _recursive(leaves[split:]))
