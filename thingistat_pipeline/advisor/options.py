"""What the fields of a draft can be."""

from collections.abc import Sequence

import polars as pl

from thingistat_pipeline.advisor.answered import Choice, Options
from thingistat_pipeline.advisor.draft_features import FILE_KINDS, FILES
from thingistat_pipeline.advisor.population import Population
from thingistat_pipeline.features.frame import TopCategory
from thingistat_pipeline.report.feature_names import feature_words
from thingistat_pipeline.report.wording import plain

_SETTINGS = {
    "supports": "whether supports are needed",
    "rafts": "whether a raft is needed",
    "resolution": "resolution",
    "infill": "infill",
}
_LONGEST_CATEGORY, _LONGEST_LICENCE = 200, 100


def options_of(categories: Sequence[TopCategory], licences: pl.DataFrame) -> Options:
    """Return the options that the published data have, those of most things first.

    Parameters
    ----------
    categories : sequence of TopCategory
    licences : polars.DataFrame
        thing_id, licence.
    """
    counted = licences.group_by("licence").len().sort("len", "licence", descending=[True, False])
    return Options(
        categories=[
            Choice(key=top.name, label=plain(top.name), things=top.things)
            for top in categories
            if len(top.name) <= _LONGEST_CATEGORY
        ],
        licences=[
            Choice(key=name, label=plain(name), things=things)
            for name, things in counted.iter_rows()
            if len(name) <= _LONGEST_LICENCE
        ],
        file_kinds=[Choice(key=kind, label=feature_words(FILES + kind)) for kind in FILE_KINDS],
        print_settings=[Choice(key=key, label=label) for key, label in _SETTINGS.items()],
    )


def with_files(options: Options, known: Population) -> Options:
    """Return the options with how many things have files of each kind."""
    told = [kind for kind in FILE_KINDS if FILES + kind in known.places]
    counts = (known.columns([FILES + kind for kind in told]) > 0).sum(axis=0).tolist()
    things = dict(zip(told, counts, strict=True))
    kinds = [
        kind.model_copy(update={"things": things.get(kind.key, 0)}) for kind in options.file_kinds
    ]
    return options.model_copy(update={"file_kinds": kinds})
