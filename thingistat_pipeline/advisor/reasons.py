"""What went wrong, as clients are told it."""

from thingistat_pipeline.settings import Settings

_FOLDER = "the data folder"


def reason_of(problem: Exception | str, settings: Settings) -> str:
    """Return an error in words that do not tell strangers where on the machine the data are."""
    text = str(problem)
    folder = settings.data_dir.absolute()
    for each in {str(folder), str(folder.resolve())} - {"/"}:
        text = text.replace(each, _FOLDER)
    return text
