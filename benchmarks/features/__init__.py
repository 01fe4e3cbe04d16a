"""From the database to the frame that the models are fitted on."""

from benchmarks.stage import Facts, require_equal

TITLE = "read + features"
REFERENCE = (
    "reads all columns of things and creators from that SQLite file into Polars, takes the lengths "
    "of the texts and the ten most frequent categories in Python and joins; ours lets DuckDB do it "
    "and leaves the texts where they are"
)
NEEDS: tuple[str, ...] = ("databases",)

COMPARED = (
    *("download_count", "like_count", "collect_count", "comment_count", "make_count"),
    *("remix_count", "file_count", "added_images_count", "description_length"),
    *("instructions_length", "is_derivative", "count_of_followers", "count_of_designs"),
)

TOP = 10
"""Categories that become columns in ThingiStat."""


def agreement(ours: Facts, reference: Facts) -> list[str]:
    """Compare the sums of the shared columns and of the categories."""
    require_equal(ours, reference, "rows", "sums", "in_top_categories")
    return [
        f"Features: {ours['features']} columns against {reference['features']} (the frames have "
        f"{ours['columns']} and {reference['columns']} columns); the sums of the {len(COMPARED)} "
        "features that both have, and of the ten largest categories, are equal."
    ]
