"""What pictures measure, kept by their content, and none measured twice.

The measures lie in a folder that is named by the version of the code that makes them, in parts that
are only ever added: ``measures-000001.parquet``, a row for each picture with the SHA-256 of its
bytes, its fingerprint and its features. A part appears whole, so that a run killed at any moment
loses at most one.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import whole_file
from thingistat_pipeline.visual.fingerprint import fingerprint
from thingistat_pipeline.visual.picture_features import FEATURES, picture_features
from thingistat_pipeline.visual.working_picture import Picture

SHA256, FINGERPRINT = "sha256", "fingerprint"
SCHEMA = pl.Schema(
    {SHA256: pl.String(), FINGERPRINT: pl.UInt64(), **dict.fromkeys(FEATURES, pl.Float64())}
)
_PREFIX = "measures-"


@dataclass(frozen=True)
class MeasureStore:
    """The measures made so far by one version of the code.

    Attributes
    ----------
    folder : Path
        Made when the first part is written.
    """

    folder: Path

    def known(self) -> frozenset[str]:
        """Return the digests of the pictures that are measured."""
        return frozenset(
            digest for part in self._parts() for digest in _read(part, [SHA256])[SHA256]
        )

    def add(self, measures: pl.DataFrame) -> None:
        """Append a part.

        Parameters
        ----------
        measures : polars.DataFrame
            Of the schema `SCHEMA`.

        Raises
        ------
        ThingistatError
            If a number is unknown or not finite.
        """
        rows = measures.select(*SCHEMA).cast(SCHEMA)
        if not rows.select(
            pl.all_horizontal(pl.col(FEATURES).is_finite().fill_null(False)).all()
        ).item():
            raise ThingistatError(
                f"Some of the measures of {rows.height} pictures are not finite. Nothing was "
                "stored; this is a bug in the package `visual`."
            )
        numbers = [int(part.stem.removeprefix(_PREFIX)) for part in self._parts()]
        target = self.folder / f"{_PREFIX}{max(numbers, default=0) + 1:06d}.parquet"
        with whole_file(target) as draft:
            rows.write_parquet(draft, compression="zstd")

    def measures(self, digests: Collection[str]) -> pl.DataFrame:
        """Return what is measured of some pictures, of the schema `SCHEMA`, sorted by digest.

        Pictures that are not measured are passed over.
        """
        wanted = pl.Series(SHA256, sorted(set(digests)), dtype=pl.String)
        parts = [
            _read(part, list(SCHEMA)).filter(pl.col(SHA256).is_in(wanted.implode()))
            for part in self._parts()
        ]
        return pl.concat([pl.DataFrame(schema=SCHEMA), *parts]).sort(SHA256)

    def keep_only(self, digests: Collection[str]) -> int:
        """Forget the measures of all other pictures, and return how many those were."""
        wanted = pl.Series(SHA256, sorted(set(digests)), dtype=pl.String)
        removed = 0
        for part in self._parts():
            rows = _read(part, list(SCHEMA))
            kept = rows.filter(pl.col(SHA256).is_in(wanted.implode()))
            if kept.is_empty():
                part.unlink()
            elif kept.height < rows.height:
                with whole_file(part) as draft:
                    kept.write_parquet(draft, compression="zstd")
            removed += rows.height - kept.height
        return removed

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob(f"{_PREFIX}*.parquet"))


def add_missing(
    store: MeasureStore, pictures: Iterable[tuple[str, Picture]], *, part: int = 256
) -> Iterator[int]:
    """Measure the pictures that are not measured yet, and yield how many were looked through.

    Parameters
    ----------
    store : MeasureStore
    pictures : iterable of (digest, ndarray of uint8, shape (height, width, 3))
        One is held at a time.
    part : int, default=256
        Pictures in a part: what a run that is killed loses at most.
    """
    known = set(store.known())
    waiting: list[pl.DataFrame] = []
    for number, (digest, picture) in enumerate(pictures, start=1):
        if digest not in known:
            known.add(digest)
            waiting.append(measured(digest, picture))
        if len(waiting) >= part:
            store.add(pl.concat(waiting))
            waiting.clear()
        yield number
    if waiting:
        store.add(pl.concat(waiting))


def measured(digest: str, picture: Picture) -> pl.DataFrame:
    """Return what one picture measures: one row of the schema `SCHEMA`."""
    row = (digest, int(fingerprint(picture)), *map(float, picture_features(picture)))
    return pl.DataFrame([row], schema=SCHEMA, orient="row")


def _read(part: Path, columns: list[str]) -> pl.DataFrame:
    try:
        return pl.read_parquet(part, columns=columns)
    except (OSError, pl.exceptions.PolarsError) as problem:
        raise ThingistatError(
            f"{part} cannot be read: {problem}. Delete the folder {part.parent}; its measures are "
            "made anew from the pictures."
        ) from problem
