"""The same proofs on likes that people gave: MovieLens small, where it is at hand.

F. M. Harper and J. A. Konstan, "The MovieLens datasets: history and context", ACM Transactions on
Interactive Intelligent Systems 5, 2015. A rating of 4 stars or more counts as a like.
"""

from pathlib import Path

import polars as pl
import pytest

from thingistat_pipeline.recommender.likes.interactions import interactions_from, with_enough
from thingistat_pipeline.recommender.likes.side_information import side_information
from thingistat_pipeline_tests.recommender.scores.planted_tastes import Tastes
from thingistat_pipeline_tests.recommender.scores.proofs import is_better, ranked, ranked_cold

_RATINGS = ["user", "thing_id", "stars", "moment"]
_MOVIES = ["thing_id", "title", "genres"]


@pytest.fixture(scope="module")
def tastes(real_data: Path) -> Tastes:
    folder = real_data / "implicit" / "ml-latest-small"
    if not folder.is_dir():
        pytest.skip("MovieLens small (implicit/ml-latest-small of the real data) is not here")
    ratings = pl.read_csv(folder / "ratings.csv", has_header=False, new_columns=_RATINGS)
    liked = ratings.filter(pl.col("stars") >= 4)
    likes, _ = with_enough(interactions_from(liked["user"], liked["thing_id"]))
    return Tastes(likes, side_information(_features(folder), likes.things))


def _features(folder: Path) -> pl.DataFrame:
    """Return the genres as categories, and the tags that people wrote."""
    movies = pl.read_csv(folder / "movies.csv", has_header=False, new_columns=_MOVIES)
    genres = movies.select(
        "thing_id", kind=pl.lit("category"), feature=pl.col("genres").str.split("|")
    ).explode("feature")
    tags = pl.read_csv(folder / "tags.csv").select(
        thing_id="movieId",
        kind=pl.lit("tag"),
        feature=pl.col("tag").str.to_lowercase().str.strip_chars(),
    )
    return pl.concat([genres.filter(pl.col("feature") != "(no genres listed)"), tags])


def test_warp_beats_bpr_beats_most_popular(tastes: Tastes):
    found = ranked(tastes)
    assert is_better(found["warp", "bpr"])
    assert is_better(found["bpr", "most popular"])
    assert is_better(found["warp", "bpr as long"])


def test_side_information_helps_the_cold_start(tastes: Tastes):
    """Against the popularity of features, it is the whole list that tells.

    Its first ten are a matter of a few blockbusters, and what is seen most is tagged most: there
    the ranker is ahead too, but other new films might turn that around.
    """
    things, found = ranked_cold(tastes)
    assert things > 300
    assert is_better(found["ranker_features", "chance", "ndcg_at_10"])
    assert is_better(found["ranker_features", "content_neighbours", "ndcg_at_10"])
    assert is_better(found["ranker_features", "feature_popularity", "auc"])
