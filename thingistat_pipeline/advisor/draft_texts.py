"""What is counted in a draft's texts, and what the site makes of them."""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import duckdb
import numpy as np

from thingistat_pipeline.advisor.population import Population
from thingistat_pipeline.features.frame import query_named

_UNKNOWN = float("nan")
_BLANKS = str.maketrans("\t\n\r\u00a0", "    ")
_TEXT_HEARD = 120
"""Characters of a text that its language is told by."""
_FEWEST_PAGES, _ORDINARY = 10, 0.95


@dataclass(frozen=True, slots=True)
class PageGrowth:
    """How long a post's page is, which nobody writes: the site makes it of the texts.

    Attributes
    ----------
    description, instructions : float
        Bytes that go with a character of either.
    least : float
        Bytes of the shortest page.
    """

    description: float
    instructions: float
    least: float

    @classmethod
    def among(cls, known: Population) -> "PageGrowth":
        """Learn it from the known things, by least squares over those of ordinary lengths."""
        names = ("description_length", "instructions_length", "page_length")
        if any(name not in known.places for name in names):
            return cls(0.0, 0.0, 0.0)
        columns = np.column_stack([known.column(name).astype(np.float64) for name in names])
        columns = columns[~np.isnan(columns).any(axis=1)]
        if len(columns) < _FEWEST_PAGES:
            return cls(0.0, 0.0, 0.0)
        columns = columns[(columns <= np.quantile(columns, _ORDINARY, axis=0)).all(axis=1)]
        design = np.column_stack([np.ones(len(columns)), columns[:, :2]])
        slopes = np.linalg.lstsq(design, columns[:, 2])[0][1:].clip(0.0).tolist()
        return cls(slopes[0], slopes[1], float(columns[:, 2].min()))


class LanguageTeller:
    """Tells the language of a text by the things' own query, each beginning of a text once."""

    def __init__(self) -> None:
        self._con = duckdb.connect(":memory:", config={"threads": 1})
        self._con.execute("SET enable_external_access = false")
        self._query = (
            "WITH things AS (SELECT 1 AS id, $text::VARCHAR AS description) "
            f"SELECT * EXCLUDE (id) FROM ({query_named('content_language')})"
        )
        self._lock = Lock()
        self._told = lru_cache(maxsize=1024)(self._ask)

    def features(self, text: str) -> dict[str, float]:
        """Return the features of a language, unknown where it cannot be told."""
        return dict(self._told(text[:_TEXT_HEARD]))

    def _ask(self, text: str) -> dict[str, float]:
        with self._lock:
            found = self._con.execute(self._query, {"text": text})
            names = [column[0] for column in found.description or ()]
            row = found.fetchone() or ()
        return {
            name: _UNKNOWN if value is None else float(value)
            for name, value in zip(names, row, strict=True)
        }


def words_of(text: str) -> int:
    """Return the number of words of a text, as `warehouse.text_measures` counts them."""
    return sum(word != "" for word in text.translate(_BLANKS).split(" "))
