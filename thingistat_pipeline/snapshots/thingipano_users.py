"""ThingiPano's users: who is behind a public name, for hundreds of thousands in little memory."""

from array import array
from hashlib import blake2b
from typing import NamedTuple

from thingistat_pipeline.snapshots.thingipano_fields import (
    UnreadableField,
    UserEntry,
    identity,
    whole,
)

_UNKNOWN = -1
_WIDTH = 4


class User(NamedTuple):
    """A user's number and public counts; ``None`` where not known."""

    id: int
    followers: int | None
    following: int | None
    designs: int | None


class Users:
    """The users by their public names."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._numbers = array("q")

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, entry: UserEntry) -> bool:
        """Take in a user, and tell whether the name is new; of equal names the last counts.

        Raises
        ------
        UnreadableField
            When the user has no name or no number, or a count is none.
        """
        if not entry.username:
            raise UnreadableField("is missing", "username")
        numbers = [identity("id", entry.id)]
        for name in ("number_followers", "number_following", "number_designs"):
            count = whole(name, getattr(entry, name))
            numbers.append(_UNKNOWN if count is None else count)
        is_new = entry.username not in self._rows
        self._rows[entry.username] = len(self._numbers) // _WIDTH
        self._numbers.extend(numbers)
        return is_new

    def id_of(self, name: str) -> int | None:
        """Return the number of the user with a name, if known."""
        row = self._rows.get(name)
        return None if row is None else self._numbers[row * _WIDTH]

    def find(self, name: str) -> User | None:
        """Return the user with a name, if known."""
        row = self._rows.get(name)
        if row is None:
            return None
        numbers = self._numbers[row * _WIDTH : (row + 1) * _WIDTH]
        followers, following, designs = (None if n == _UNKNOWN else n for n in numbers[1:])
        return User(numbers[0], followers, following, designs)


def surrogate_id(name: str) -> int:
    """Return a number for a user of whom only the public name is known.

    It is negative, which no number of the site is, and the same whenever the name is: minus one
    minus 63 bits of BLAKE2b of the name.
    """
    digest = blake2b(name.encode(), digest_size=8, person=b"creator name").digest()
    return -1 - (int.from_bytes(digest, "big") >> 1)
