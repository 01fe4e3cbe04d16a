"""The features of a thing's cover picture: what is told of each, and how they join the others.

What they are called and what they mean belongs here, beside the other features. How they are
measured does not: pixels are the business of the package `visual`, which is above this one.
"""

import polars as pl

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.families import Family, Feature

PREFIX = "picture_"
PHOTOGRAPH = "picture_photograph"
"""Not measured but estimated, by a model that learns it from the other features of a picture."""

_SQUARE = "The picture is squeezed or stretched to 256 x 256 pixels before anything is measured."
_SHARE = "share"
_CORRELATION = "correlation"


def _look(name: str, unit: str, meaning: str) -> Feature:
    return Feature(PREFIX + name, Family.CONTENT, unit, f"{meaning} {_SQUARE}")


def _kernel(name: str, meaning: str) -> Feature:
    return _look(
        name,
        _CORRELATION,
        f"Whether what stands out of the cover picture is {meaning}: correlation of how much each "
        "part stands out with a pattern; 0 where nothing does.",
    )


COLOUR = (
    _look("brightness", _SHARE, "Mean lightness of the cover picture (CIELAB), 1 is white."),
    _look(
        "contrast_rms", _SHARE, "Standard deviation of the cover picture's lightness (CIELAB, 0-1)."
    ),
    _look(
        "contrast_range",
        _SHARE,
        "Lightness (CIELAB, 0-1) that 98 % of the cover picture stay below, minus the one that 2 % "
        "do.",
    ),
    _look("saturation_mean", _SHARE, "Mean saturation of the cover picture (HSV); grey is 0."),
    _look(
        "saturation_spread", _SHARE, "Standard deviation of the cover picture's saturation (HSV)."
    ),
    _look(
        "colourfulness",
        "grey values",
        "Colourfulness of the cover picture after Hasler and Süsstrunk; 15 is slight, 59 quite "
        "colourful, 109 extreme.",
    ),
    _look(
        "hue_entropy",
        "bits",
        "How many hues the cover picture has: entropy of its colour over twelve hues; one hue or "
        "none is 0, all alike 3.6.",
    ),
    _look(
        "warmth",
        "-1 to 1",
        "How warm the cover picture's colours are: pure orange is 1, pure azure -1, grey 0.",
    ),
)

TEXTURE = (
    _look(
        "sharpness",
        "log(1 + variance)",
        "Sharpness of the cover picture: logarithm of the variance of the Laplacian of its grey "
        "values.",
    ),
    _look("edge_density", _SHARE, "Share of the cover picture that is an edge (Canny)."),
    _look("entropy", "bits", "Entropy of the cover picture's 256 grey values; one value is 0."),
)

SUBJECT = (
    _look(
        "subject_area",
        _SHARE,
        "Share of the cover picture that stands out from its borders: the subject; 0 where nothing "
        "does.",
    ),
    _look(
        "subject_x",
        "picture widths",
        "How far the subject of the cover picture is to the right of the middle; 0 without one.",
    ),
    _look(
        "subject_y",
        "picture heights",
        "How far the subject of the cover picture is below the middle; 0 without one.",
    ),
    _look(
        "subject_off_centre",
        "picture sides",
        "Distance of the subject of the cover picture from the middle; 0 without one.",
    ),
    _look(
        "subject_box",
        _SHARE,
        "Share of the cover picture that the smallest upright box around the subject takes.",
    ),
    _look(
        "subject_fill",
        _SHARE,
        "Share of that box that the subject fills; a disc fills 0.79; 0 without a subject.",
    ),
    _look(
        "subject_touches_border",
        _SHARE,
        "Share of the cover picture's outermost pixels that belong to the subject.",
    ),
    _look(
        "subject_contrast",
        "CIELAB",
        "Distance of the subject's mean colour from that of the background of the cover picture; "
        "2.3 can just be seen; 0 without a subject.",
    ),
    _look(
        "background_unevenness",
        "CIELAB",
        "Root mean square distance of the background of the cover picture from its mean colour; 0 "
        "is one colour all over.",
    ),
)

COMPOSITION = (
    _kernel("centre", "in the middle"),
    _kernel("thirds", "where lines at the thirds cross"),
    _kernel("border", "along the border"),
    _kernel("diagonal_falling", "on the diagonal from top left to bottom right"),
    _kernel("diagonal_rising", "on the diagonal from bottom left to top right"),
    _kernel("band_horizontal", "on a horizontal band through the middle"),
    _kernel("band_vertical", "on a vertical band through the middle"),
    _kernel("balance_left", "on the left (positive) or on the right (negative)"),
    _kernel("balance_top", "above (positive) or below (negative)"),
    _look(
        "symmetry",
        _CORRELATION,
        "How much the left of the cover picture mirrors the right: correlation of how much each "
        "part stands out with the same, mirrored; 1 where nothing stands out.",
    ),
)

SHAPE = (
    Feature(
        f"{PREFIX}aspect",
        Family.CONTENT,
        "width / height",
        "Width of the cover picture by its height, as downloaded; the site cuts most sizes to one.",
    ),
)

ESTIMATED = (
    Feature(
        PHOTOGRAPH,
        Family.CONTENT,
        "probability",
        "How likely the cover picture is one that the creator uploaded, a photograph for the most "
        "part, and not the site's drawing of a file: a logistic regression on the other features "
        "of the picture, learned where the picture's name tells; unknown where too few do.",
    ),
)

MEASURED_LOOKS = (*COLOUR, *TEXTURE, *SUBJECT, *COMPOSITION, *SHAPE)
LOOKS = (*MEASURED_LOOKS, *ESTIMATED)


def with_looks(frame: pl.DataFrame, looks: pl.DataFrame) -> pl.DataFrame:
    """Return the features of things with those of their cover pictures beside them.

    Parameters
    ----------
    frame : polars.DataFrame
        What `popularity_frame` returns: one row a thing, `id`.
    looks : polars.DataFrame
        `thing_id` (Int64) and all of `LOOKS` (Float64), at most one row a thing. Things that are
        not in `frame` are passed over.

    Returns
    -------
    polars.DataFrame
        The rows and columns of `frame`, then those of `LOOKS`: null where a thing has no picture
        or a value is not finite.

    Raises
    ------
    ThingistatError
        If a column is missing or a thing has two rows.
    """
    names = [feature.name for feature in LOOKS]
    if absent := {"thing_id", *names} - set(looks.columns):
        raise ThingistatError(
            f"The features of the pictures lack {', '.join(sorted(absent))}. They were made by "
            "another version; make them again."
        )
    if looks["thing_id"].is_duplicated().any():
        raise ThingistatError(
            "The features of the pictures hold a thing twice, so that nobody can tell which of its "
            "pictures is the cover. Make them again, from one picture a thing."
        )
    known = [pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in names]
    return frame.join(
        looks.select(pl.col("thing_id").alias("id"), *known),
        on="id",
        how="left",
        maintain_order="left",
    )
