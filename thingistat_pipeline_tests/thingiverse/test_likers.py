"""Likers: same user, same hash; no key, no user."""

import hashlib
import stat
from pathlib import Path

import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.thingiverse.likers import (
    hash_liker,
    hash_liker_name,
    hash_likers,
    liker_key,
)


def test_a_hash_is_63_bits_of_keyed_blake2b() -> None:
    digest = hashlib.blake2b(b"2712150", key=b"k" * 32, digest_size=8).digest()
    expected = int.from_bytes(digest, "big") % 2**63
    assert hash_liker(2712150, b"k" * 32) == expected
    assert hash_liker(2712150, b"j" * 32) != expected


def test_many_users_have_the_hashes_that_each_has_alone() -> None:
    users = [2712150, 1, 0, 2**63 - 1, 1]
    assert hash_likers(users, b"k" * 32) == [hash_liker(user, b"k" * 32) for user in users]
    with pytest.raises(ValueError, match="key is empty"):
        hash_likers([], b"")


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "raw" / "likers.key"
    key = liker_key(path, "thingiverse", 12)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert liker_key(path, "thingiverse", 13) == key
    assert liker_key(tmp_path / "other.key", "thingiverse", 12) != key
    assert [each.name for each in path.parent.iterdir()] == ["likers.key"]


def test_the_sandbox_needs_no_file(tmp_path: Path) -> None:
    path = tmp_path / "likers.key"
    assert liker_key(path, "sandbox", 12) == liker_key(path, "sandbox", 12)
    assert liker_key(path, "sandbox", 12) != liker_key(path, "sandbox", 13)
    assert not path.exists()


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "likers.key"
    path.write_bytes(b"short")
    with pytest.raises(ThingistatError, match="Restore it from a backup"):
        liker_key(path, "thingiverse", 12)


def test_a_name_has_a_hash_of_its_own_that_depends_on_the_key():
    assert hash_liker_name("123", b"key") == hash_liker_name("123", b"key") >= 0
    others = {hash_liker_name("124", b"key"), hash_liker_name("123", b"other")}
    others.add(hash_liker(123, b"key"))  # a name made of digits is not the user of that number
    assert hash_liker_name("123", b"key") not in others
    assert len(others) == 3
    with pytest.raises(ValueError, match="key is empty"):
        hash_liker_name("123", b"")
