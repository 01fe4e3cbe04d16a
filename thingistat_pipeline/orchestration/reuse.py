"""What was learned before from the same, in the same way, is not learned again.

Learning to rank takes minutes to hours, and an asset is materialized again for many reasons: a week
has passed, a later step failed, somebody pressed the button. A recipe tells everything that a
result depends on; a stored version that it made is the result.
"""

import shutil
from collections.abc import Callable, Mapping

from thingistat_pipeline.orchestration.provenance import (
    library_versions,
    package_code_version,
    sources_version,
    version_of,
)
from thingistat_pipeline.recommender.store import Stored, load_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import (
    ModelRefusedError,
    make_latest,
    prune_versions,
    version_folder,
    version_made_by,
)

SOURCES = (
    *("recommender", "nearest.py"),
    *("visual/compression.py", "orchestration/picture_vectors.py"),
)
"""What of this package's code decides what is learned from likes."""


def recipe_of(
    settings: Settings, inputs: Mapping[str, str], *, code_version: str, **options: object
) -> str:
    """Return what tells all that a result depends on, in one word.

    Parameters
    ----------
    settings : Settings
        Of which seed and effort count.
    inputs : Mapping of str to str
        Versions of what it is made from.
    code_version : str
        Of the asset. The text of the code that learns counts too.
    **options
        What else the asset takes from the settings.
    """
    return version_of(
        dict(inputs),
        settings.seed,
        settings.effort,
        options,
        library_versions(),
        package_code_version(code_version),
        sources_version(*SOURCES),
    )


def stored_or_made(
    settings: Settings, name: str, recipe: str, make: Callable[[], object]
) -> tuple[Stored, bool]:
    """Return what a recipe made, as the latest version, and whether it was there already.

    Parameters
    ----------
    settings : Settings
    name : str
        Name of the model.
    recipe : str
        `recipe_of` it.
    make : callable
        Learns and stores it, with the recipe in its provenance. Called where there is none, or
        none that is whole: a damaged version is removed. Old versions are removed afterwards.
    """
    version = version_made_by(settings.models_dir, name, recipe)
    if version is not None:
        try:
            stored = load_version(settings.models_dir, name, version=version)
        except ModelRefusedError:
            shutil.rmtree(version_folder(settings.models_dir, name, version))
        else:
            make_latest(stored.folder)
            return stored, True
    make()
    prune_versions(settings.models_dir, name)
    return load_version(settings.models_dir, name), False
