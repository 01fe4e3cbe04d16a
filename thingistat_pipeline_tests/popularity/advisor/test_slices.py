import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, r2_score

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.advisor.slices import slices


def held_out(
    rows: int, columns: dict[str, np.ndarray], *, creators: int = 200, seed: int = 0
) -> AdvisorRows:
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 4000, rows).astype(np.float64)
    return AdvisorRows(
        ids=np.arange(rows),
        creators=rng.integers(0, creators, rows),
        X=np.stack(list(columns.values()), axis=1).astype(np.float32),
        y=np.log1p(age) / 2 + rng.normal(size=rows),
        age_days=age,
        added=np.full(rows, np.datetime64("2020-01-01", "us")),
        features=list(columns),
        left_out={},
        rows_dropped={},
    )


def test_each_band_of_age_is_judged_by_itself():
    rows = held_out(1000, {"files": np.zeros(1000)})
    predicted = np.log1p(rows.age_days) / 2
    found = slices(rows, predicted, seed=1)
    assert [(part["slice"], part["value"]) for part in found] == [
        ("age", "0 to 90 days"),
        ("age", "91 to 365 days"),
        ("age", "1 to 3 years"),
        ("age", "3 to 6 years"),
        ("age", "over 6 years"),
    ]
    inside = (rows.age_days >= 366) & (rows.age_days < 1096)
    actual, said = rows.y[inside], predicted[inside]
    part = found[2]
    assert (part["n"], part["n_creators"]) == (inside.sum(), len(set(rows.creators[inside])))
    assert part["scores"]["r2_log"]["value"] == pytest.approx(r2_score(actual, said))
    assert part["scores"]["spearman"]["value"] == pytest.approx(spearmanr(actual, said)[0])
    assert part["scores"]["mae_log"]["value"] == pytest.approx(mean_absolute_error(actual, said))
    assert part["bias"]["value"] == pytest.approx((actual - said).mean())
    for score in (*part["scores"].values(), part["bias"]):
        assert score["low"] < score["value"] < score["high"]


def test_the_largest_ten_categories_are_judged_the_largest_first():
    rng = np.random.default_rng(1)
    columns = {f"category_kind-{k}": rng.random(2000) < 0.3 - k / 50 for k in (3, 1, 2, 0)}
    columns |= {f"category_small-{k}": rng.random(2000) < 0.03 for k in range(8)}
    rows = held_out(2000, {**columns, "category_count": np.zeros(2000)})
    found = [part for part in slices(rows, rows.y, seed=1) if part["slice"] == "category"]
    assert [part["value"] for part in found[:4]] == ["kind 0", "kind 1", "kind 2", "kind 3"]
    assert [part["n"] for part in found] == sorted((part["n"] for part in found), reverse=True)
    assert found[0]["n"] == columns["category_kind-0"].sum()
    assert len(found) == 10


def test_creators_new_to_the_sample_are_told_from_those_with_earlier_designs():
    earlier = np.array([0.0] * 100 + [1.0, 9.0] * 100 + [np.nan] * 40)
    rows = held_out(340, {"creator_earlier_designs": earlier})
    predicted = rows.y - np.where(earlier == 0, 0.5, 0.0)
    found = [part for part in slices(rows, predicted, seed=1) if part["slice"] == "creator"]
    assert [(part["value"], part["n"]) for part in found] == [
        ("new to the sample", 100),
        ("with earlier designs", 200),
        ("unknown", 40),
    ]
    assert [part["bias"]["value"] for part in found] == pytest.approx([0.5, 0.0, 0.0])


@pytest.mark.parametrize(
    ("things", "creators", "judged"),
    [(29, 29, False), (30, 30, True), (60, 9, False), (60, 10, True)],
)
def test_a_small_slice_is_listed_without_scores(things: int, creators: int, judged: bool):
    rows = held_out(things, {"category_art": np.ones(things)})
    rows.creators[:] = np.arange(things) % creators
    (part,) = (part for part in slices(rows, rows.y, seed=1) if part["slice"] == "category")
    assert (part["n"], part["n_creators"]) == (things, creators)
    assert (part["scores"] is not None) == (part["bias"] is not None) == judged
