"""Who likes a thing, without saying who: keyed hashes of user numbers.

The key is a secret of the data folder. With it equal users get equal hashes in every load, so
that tastes can be studied; without it nobody can find out which user a hash stands for (an unkeyed
hash of a seven-digit number is undone in a second by trying them all).
"""

import os
import secrets
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import flush_to_disk
from thingistat_pipeline.thingiverse.manifest import Source

KEY_BYTES = 32

_MASK = (1 << 63) - 1
_NO_KEY = "the liker key is empty; without a key the hashes could be undone"


def hash_liker(user_id: int, key: bytes) -> int:
    """Return the keyed hash of a user number.

    Parameters
    ----------
    user_id : int
        The site's number of the user.
    key : bytes
        The data folder's secret, 1 to 64 bytes.

    Returns
    -------
    int
        63 bits of BLAKE2b (RFC 7693) over the number in decimal digits: never negative, so that
        it fits a signed 64-bit column.

    Raises
    ------
    ValueError
        When the key is empty or too long.
    """
    if not key:
        raise ValueError(_NO_KEY)
    digest = blake2b(str(user_id).encode(), digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big") & _MASK


def hash_likers(user_ids: Iterable[int], key: bytes) -> list[int]:
    """Return what `hash_liker` returns for every one of many users, in less time."""
    if not key:
        raise ValueError(_NO_KEY)
    keyed = blake2b(digest_size=8, key=key)
    hashes = []
    for user_id in user_ids:
        state = keyed.copy()
        state.update(str(user_id).encode())
        hashes.append(int.from_bytes(state.digest(), "big") & _MASK)
    return hashes


def hash_liker_name(name: str, key: bytes) -> int:
    """Return the keyed hash of a user whose number is not known, only the public name.

    Names have a namespace of their own (BLAKE2b's personalisation), so that a user called ``123``
    is not taken for the user with that number.

    Parameters
    ----------
    name : str
        The user's public name.
    key : bytes
        The data folder's secret, 1 to 64 bytes.

    Returns
    -------
    int
        63 bits, never negative.

    Raises
    ------
    ValueError
        When the key is empty or too long.
    """
    if not key:
        raise ValueError(_NO_KEY)
    digest = blake2b(name.encode(), digest_size=8, key=key, person=b"user name").digest()
    return int.from_bytes(digest, "big") & _MASK


def liker_key(key_file: Path, source: Source, seed: int) -> bytes:
    """Return the key for hashing likers.

    Parameters
    ----------
    key_file : Path
        Where the key of real things is kept, made at first use, readable by its owner only.
    source : {"sandbox", "thingiverse", "snapshot"}
        The sandbox's people are invented: their key follows from its seed, needs no file and makes
        runs reproducible.
    seed : int
        The sandbox's seed.

    Raises
    ------
    ThingistatError
        When the file holds no key.
    """
    if source == "sandbox":
        return blake2b(f"sandbox {seed}".encode(), digest_size=KEY_BYTES).digest()
    key = secret_key(key_file)
    if len(key) != KEY_BYTES:
        raise ThingistatError(
            f"{key_file} does not hold a key of {KEY_BYTES} bytes. Restore it from a backup: with "
            "another key the likers of new nights would not match those already stored. If no "
            "likers are stored yet, delete the file and a new key is made."
        )
    return key


def secret_key(key_file: Path) -> bytes:
    """Return the content of a file with a secret key, which is made at first use."""
    if not key_file.exists():
        _make_key(key_file)
    return key_file.read_bytes()


def _make_key(key_file: Path) -> None:
    """Put a new key in place at once, unless another process has been faster."""
    key_file.parent.mkdir(parents=True, exist_ok=True)
    temporary = key_file.with_name(f".{key_file.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, key_file)
        except FileExistsError:
            return
        flush_to_disk(key_file.parent)
    finally:
        temporary.unlink(missing_ok=True)
