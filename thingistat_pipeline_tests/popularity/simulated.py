"""A popularity frame with planted truth: what causes downloads, what follows, what does neither."""

import numpy as np
import polars as pl


def simulated_frame(rows: int, *, seed: int = 3) -> pl.DataFrame:
    """Return a frame in which reach and age cause downloads and likes follow from them.

    Texts, files, pictures and categories have no effect at all.
    """
    rng = np.random.default_rng(seed)
    age = rng.integers(1, 4000, rows)
    followers = rng.poisson(np.exp(rng.normal(1, 1, rows)))
    rate = np.exp(0.6 * np.log1p(age) + 0.4 * np.log1p(followers) + rng.normal(0, 0.7, rows))
    downloads = rng.poisson(rate)
    category = rng.integers(0, 5, rows)
    return pl.DataFrame(
        {
            "id": np.arange(rows) * 7 + 1,
            "creator_id": rng.integers(1, rows + 2, rows),
            "age_days": age,
            "download_count": downloads,
            "like_count": rng.binomial(downloads, 0.1),
            "collect_count": rng.binomial(downloads, 0.1),
            "comment_count": rng.binomial(downloads, 0.01),
            "root_comment_count": rng.binomial(downloads, 0.01),
            "make_count": rng.binomial(downloads, 0.01),
            "remix_count": rng.binomial(downloads, 0.005),
            "description_length": np.exp(rng.normal(5, 1, rows)).astype(int),
            "instructions_length": np.exp(rng.normal(4, 1, rows)).astype(int),
            "file_count": 1 + rng.poisson(2, rows),
            "added_images_count": rng.poisson(2, rows) - 1,
            "is_derivative": rng.random(rows) < 0.2,
            "count_of_followers": followers,
            "count_of_designs": rng.poisson(20, rows),
            "category_art": category == 0,
            "category_tools": category == 1,
        }
    )
