from datetime import datetime

import numpy as np
import polars as pl
import pytest
import skops.io
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from thingistat_pipeline.popularity.advisor.linear import (
    MOST_FEATURES,
    LinearFit,
    chosen_columns,
    fit_linear,
)
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows, advisor_rows
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.splits import Split, creator_folds, creator_roles
from thingistat_pipeline.popularity.store import TRUSTED_TYPES
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame


def linear_frame(n: int = 600, *, seed: int = 0) -> pl.DataFrame:
    """Return things whose log downloads are linear in log files and a flag, with little noise."""
    rng = np.random.default_rng(seed)
    files, flag, hour = rng.integers(0, 50, n), rng.random(n) < 0.4, rng.integers(0, 24, n)
    y = 3 + 0.8 * np.arcsinh(files) + 1.5 * flag + 0.7 * (hour == 20) + rng.normal(0, 0.1, n)
    return pl.DataFrame(
        {
            "id": np.arange(n),
            "creator_id": np.arange(n) // 2,
            "added": [datetime(2024, 1, 1)] * n,
            "download_count": np.expm1(y),
            "age_days": rng.integers(1, 1000, n),
            "log_age_days": rng.normal(6, 1, n),
            "file_count": files,
            "is_wip": flag,
            "published_hour": hour,
            "tag_count": [None if rng.random() < 0.3 else int(rng.integers(9)) for _ in range(n)],
        }
    )


@pytest.fixture(scope="module")
def sandbox() -> AdvisorRows:
    return advisor_rows(sandbox_frame(1500))


@pytest.fixture(scope="module")
def fitted(sandbox: AdvisorRows) -> LinearFit:
    return fit_linear(sandbox.taken(creator_roles(sandbox.creators, seed=1).train), seed=1)


def test_it_finds_what_the_outcome_is_made_of():
    rows = advisor_rows(linear_frame())
    fit = fit_linear(rows, seed=1)
    assert {"file_count", "is_wip", "published_hour is 20"} <= set(fit.columns)
    new = advisor_rows(linear_frame(seed=1), features=rows.features)
    # The noise is .01 of variance against about 1.4.
    assert r2_score(new.y, fit.model.predict(new.X)) > 0.985


def test_outliers_are_thrown_out_of_the_training_rows_and_do_no_harm():
    frame = linear_frame()
    spoilt = frame.with_columns(
        download_count=pl.when(pl.col("id") % 25 == 0)
        .then(pl.col("download_count") * 1e4)
        .otherwise("download_count")
    )
    rows, clean = advisor_rows(spoilt), advisor_rows(frame)
    fit = fit_linear(rows, seed=1)
    assert 24 <= fit.outliers <= 30  # a normal residual is beyond 3.5 once in 2,000
    assert r2_score(clean.y, fit.model.predict(clean.X)) > 0.985


def test_at_most_46_columns_are_chosen_of_many_more(fitted: LinearFit, sandbox: AdvisorRows):
    assert len(sandbox.features) > 100
    assert 1 <= len(fitted.columns) <= MOST_FEATURES
    assert len(set(fitted.columns)) == len(fitted.columns)
    assert "log_age_days" in fitted.columns
    assert len(fitted.model.named_steps["ridge"].coef_) == len(fitted.columns)


def test_held_out_things_are_predicted_with_skill(fitted: LinearFit, sandbox: AdvisorRows):
    test = sandbox.taken(creator_roles(sandbox.creators, seed=1).test)
    assert r2_score(test.y, fitted.model.predict(test.X)) > 0.5


def test_what_was_never_unknown_in_training_may_be_unknown_later(
    fitted: LinearFit, sandbox: AdvisorRows
):
    nothing = np.full((3, len(sandbox.features)), np.nan, dtype=np.float32)
    assert np.isfinite(fitted.model.predict(nothing)).all()


def test_a_column_unknown_throughout_training_does_no_harm():
    rows = advisor_rows(linear_frame())
    rows.column("tag_count")[:] = np.nan
    fit = fit_linear(rows, seed=1)
    assert not {"tag_count", "tag_count is unknown"} & set(fit.columns)
    assert r2_score(rows.y, fit.model.predict(rows.X)) > 0.985


def test_it_can_be_stored_and_read_without_trusting_types_of_our_own(
    fitted: LinearFit, sandbox: AdvisorRows
):
    content = skops.io.dumps(fitted.model)
    assert set(skops.io.get_untrusted_types(data=content)) <= set(TRUSTED_TYPES)
    again = skops.io.loads(content, trusted=list(TRUSTED_TYPES))
    assert again.predict(sandbox.X).tolist() == fitted.model.predict(sandbox.X).tolist()


def brute_force(Z: Floats, y: Floats, folds: list[Split], most: int) -> list[int]:
    """Refit without each column in turn, again and again."""
    left = list(range(Z.shape[1]))
    best, best_score = left, -np.inf
    while len(left) > 1:
        scores = {}
        for column in left:
            others = [c for c in left if c != column]
            scores[column] = np.mean(
                [
                    r2_score(
                        y[fold.test],
                        Ridge(alpha=1e-3 * len(fold.train))
                        .fit(Z[fold.train][:, others], y[fold.train])
                        .predict(Z[fold.test][:, others]),
                    )
                    for fold in folds
                ]
            )
        worst = max(scores, key=lambda column: scores[column])
        left = [c for c in left if c != worst]
        if len(left) <= most and scores[worst] > best_score:
            best, best_score = left, scores[worst]
    return best


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("most", [3, 8])
def test_columns_are_eliminated_as_by_refitting_without_each(seed: int, most: int):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(90, 8))
    Z[:, 7] = Z[:, 0] + 0.1 * rng.normal(size=90)
    y = Z[:, 0] + 0.5 * Z[:, 3] - 0.2 * Z[:, 5] + rng.normal(size=90)
    folds = creator_folds(np.arange(90) // 2, seed=seed)
    assert chosen_columns(Z, y, folds, most=most) == brute_force(Z, y, folds, most)
