"""Pictures as vectors, near each other where the pictures look alike, and none made twice.

The vectors of a network lie in a folder of their own, ``<version of the network>/``, in parts that
are only ever added: ``vectors-000001.npy`` (float16, so half the room; the cosine of two moves in
the fourth digit) and ``pictures-000001.npy``, the SHA-256 of each picture's bytes. A part counts
once its second file is there, so that a run killed at any moment loses at most one batch.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import whole_file
from thingistat_pipeline.nearest import of_length_one
from thingistat_pipeline.visual.network import DIMENSIONS

if TYPE_CHECKING:
    from thingistat_pipeline.visual.eyes import Eyes

Picture = NDArray[np.uint8]
Vectors = NDArray[np.float16]

BATCH = 32
_DIGEST_BYTES = 32


def square(picture: Picture, side: int) -> Picture:
    """Return the middle of a picture, as large a square as there is, at another size.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    side : int
        Pixels.
    """
    height, width = picture.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    middle = picture[top : top + edge, left : left + edge]
    method = cv2.INTER_AREA if edge > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(middle, (side, side), interpolation=method), dtype=np.uint8)


def embedded(eyes: "Eyes", pictures: Sequence[Picture]) -> Vectors:
    """Return the vectors of some pictures, of length 1.

    Parameters
    ----------
    eyes : Eyes
    pictures : sequence of ndarray of uint8, shapes (height, width, 3)
        A batch: as many as may be in memory at once.

    Returns
    -------
    ndarray of float16, shape (n, 1280)
    """
    if not pictures:
        return np.empty((0, DIMENSIONS), dtype=np.float16)
    side = eyes.network.resolution
    found = eyes.embeddings(np.stack([square(picture, side) for picture in pictures]))
    return of_length_one(found).astype(np.float16)


@dataclass(frozen=True)
class EmbeddingStore:
    """The vectors made so far by one network.

    Attributes
    ----------
    folder : Path
        Made when the first part is written.
    """

    folder: Path

    def known(self) -> dict[str, tuple[int, int]]:
        """Return where the vector of each picture is: its digest's part and row."""
        return {
            digest: (part, row)
            for part in self._parts()
            for row, digest in enumerate(self._digests(part))
        }

    def add(self, digests: Sequence[str], vectors: Vectors) -> None:
        """Append a part.

        Parameters
        ----------
        digests : sequence of str
            SHA-256 of each picture, hexadecimal.
        vectors : ndarray of float16, shape (len(digests), 1280)

        Raises
        ------
        ThingistatError
            If the numbers are not finite or not one vector for each picture.
        """
        if vectors.shape != (len(digests), DIMENSIONS) or not np.isfinite(vectors).all():
            raise ThingistatError(
                f"{len(digests)} pictures came with vectors of shape {vectors.shape}, or some "
                "numbers are not finite. Nothing was stored; the network's weights or a picture "
                "are broken."
            )
        part = max(self._parts(), default=0) + 1
        self.folder.mkdir(parents=True, exist_ok=True)
        raw = np.frombuffer(bytes.fromhex("".join(digests)), dtype=np.uint8)
        for path, array in (
            (self._vectors_file(part), vectors.astype(np.float16)),
            (self._pictures_file(part), raw.reshape(-1, _DIGEST_BYTES)),
        ):
            with whole_file(path) as draft, draft.open("wb") as stream:
                np.save(stream, array, allow_pickle=False)

    def vectors(self, digests: Sequence[str]) -> Vectors:
        """Return the vectors of some pictures, in the order asked for.

        Raises
        ------
        KeyError
            If a picture has none yet.
        """
        places = self.known()
        found = np.empty((len(digests), DIMENSIONS), dtype=np.float16)
        wanted: dict[int, list[tuple[int, int]]] = {}
        for position, digest in enumerate(digests):
            part, row = places[digest]
            wanted.setdefault(part, []).append((position, row))
        for part, pairs in wanted.items():
            positions, rows = np.array(pairs).T
            found[positions] = self._load(self._vectors_file(part))[rows]
        return found

    def keep_only(self, digests: Collection[str]) -> int:
        """Forget the vectors of all other pictures, and return how many those were.

        What stays of a part becomes a new part before the old one goes, so that nothing is lost
        when this is interrupted.
        """
        kept = set(digests)
        removed = 0
        for part in self._parts():
            held = self._digests(part)
            if kept.issuperset(held):
                continue
            later = {
                each for other in self._parts() if other > part for each in self._digests(other)
            }
            rows = [row for row, each in enumerate(held) if each in kept and each not in later]
            if rows:
                vectors = np.asarray(self._load(self._vectors_file(part))[rows], dtype=np.float16)
                self.add([held[row] for row in rows], vectors)
            self._pictures_file(part).unlink()
            self._vectors_file(part).unlink()
            removed += len([each for each in held if each not in kept])
        for path in self.folder.glob("vectors-*.npy"):  # left behind by a process that was killed
            if int(path.stem.removeprefix("vectors-")) not in self._parts():
                path.unlink()
        return removed

    def _parts(self) -> list[int]:
        return sorted(
            int(path.stem.removeprefix("pictures-")) for path in self.folder.glob("pictures-*.npy")
        )

    def _digests(self, part: int) -> list[str]:
        return [row.tobytes().hex() for row in self._load(self._pictures_file(part))]

    def _vectors_file(self, part: int) -> Path:
        return self.folder / f"vectors-{part:06d}.npy"

    def _pictures_file(self, part: int) -> Path:
        return self.folder / f"pictures-{part:06d}.npy"

    def _load(self, path: Path) -> NDArray[np.generic]:
        try:
            loaded: NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as problem:
            raise ThingistatError(
                f"{path} cannot be read: {problem}. Delete the folder {self.folder}; its vectors "
                "are made anew from the pictures."
            ) from problem
        return loaded


def add_missing(
    store: EmbeddingStore,
    eyes: "Eyes",
    pictures: Iterable[tuple[str, Picture]],
    *,
    part: int = 1_024,
) -> Iterator[int]:
    """Embed the pictures that have no vector yet, and yield how many were looked through so far.

    Parameters
    ----------
    store : EmbeddingStore
    eyes : Eyes
    pictures : iterable of (digest, ndarray of uint8, shape (height, width, 3))
        Only `BATCH` of them are held at once.
    part : int, default=1024
        Pictures in a part: what a run that is killed loses at most.
    """
    known = set(store.known())
    batch: dict[str, Picture] = {}
    digests: list[str] = []
    vectors: list[Vectors] = []

    def embed() -> None:
        vectors.append(embedded(eyes, list(batch.values())))
        digests.extend(batch)
        batch.clear()

    def keep() -> None:
        if digests:
            store.add(digests, np.concatenate(vectors))
        digests.clear()
        vectors.clear()

    for number, (digest, picture) in enumerate(pictures, start=1):
        if digest not in known:
            known.add(digest)
            batch[digest] = picture
        if len(batch) == BATCH:
            embed()
        if len(digests) >= part:
            keep()
        yield number
    if batch:
        embed()
    keep()
