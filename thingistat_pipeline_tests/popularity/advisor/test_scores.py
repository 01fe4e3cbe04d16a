import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import mean_absolute_error, r2_score

from thingistat_pipeline.popularity.advisor import scores as scores_module
from thingistat_pipeline.popularity.advisor.scores import METRICS, CreatorBootstrap, Score
from thingistat_pipeline.popularity.evaluation import BOOTSTRAP_RESAMPLES

NOTHING = Score(None, None, None)


def simulated(rows: int, creators: int, *, seed: int = 0):
    rng = np.random.default_rng(seed)
    creator = rng.integers(0, creators, rows)
    age = rng.integers(0, 300, rows).astype(float)
    actual = np.log1p(rng.poisson(np.exp(1 + rng.normal(size=creators)[creator])))
    predicted = np.round(actual / 2 + rng.normal(size=rows), 1)
    return creator, actual, predicted, age


def limits(score: Score) -> tuple[float, float]:
    assert score.low is not None
    assert score.high is not None
    return score.low, score.high


def width(score: Score) -> float:
    low, high = limits(score)
    return high - low


def test_scores_are_those_of_scikit_learn_and_scipy():
    creator, actual, predicted, age = simulated(500, 80)
    said = CreatorBootstrap(creator, seed=1).scores(actual, predicted, age, smearing=1.4)
    downloads = np.clip(1.4 * np.exp(predicted) - 1, 0, None)
    assert tuple(said) == METRICS
    assert said["r2_log"].value == pytest.approx(r2_score(actual, predicted), abs=1e-12)
    assert said["r2_raw"].value == pytest.approx(r2_score(np.expm1(actual), downloads), abs=1e-12)
    assert said["spearman"].value == pytest.approx(spearmanr(actual, predicted)[0], abs=1e-12)
    assert said["mae_log"].value == pytest.approx(mean_absolute_error(actual, predicted))


def test_predicted_downloads_are_not_negative():
    actual = np.log1p(np.array([0.0, 3.0, 0.0, 5.0]))
    predicted = np.array([-4.0, np.log(4.0), -9.0, np.log(6.0)])
    said = CreatorBootstrap(np.arange(4), seed=1).scores(actual, predicted, np.zeros(4))
    assert said["r2_raw"].value == pytest.approx(1.0)


def test_every_creator_counts_the_same_in_pairwise_accuracy():
    # Creator 1: pairs (1,2) right, (1,3) right, (2,3) tied prediction: 2.5 of 3.
    # Creator 2: one pair, wrong. Creator 3: equal downloads, no pair. Creator 4: a single thing.
    creator = np.array([1, 2, 1, 3, 2, 1, 3, 4])
    actual = np.array([1.0, 1.0, 2.0, 5.0, 2.0, 3.0, 5.0, 9.0])
    predicted = np.array([0.0, 7.0, 1.0, 2.0, 3.0, 1.0, 4.0, 0.0])
    said = CreatorBootstrap(creator, seed=1).scores(actual, predicted, np.zeros(8))
    assert said["pairwise"].value == pytest.approx((2.5 / 3 + 0.0) / 2)


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(12)))
def test_pairwise_accuracy_within_one_creator_is_kendalls_tau_moved_to_0_to_1(order: list[int]):
    actual, predicted = np.linspace(0, 1, 12), np.array(order, dtype=np.float64)
    said = CreatorBootstrap(np.zeros(12), seed=1).scores(
        actual, predicted, np.zeros(12), metrics=["pairwise"]
    )
    tau = kendalltau(actual, predicted).statistic
    assert said["pairwise"].value == pytest.approx((tau + 1) / 2)


def test_a_creator_with_very_many_things_is_compared_over_a_limited_distance(monkeypatch):
    monkeypatch.setattr(scores_module, "FURTHEST_PAIR", 1)
    # Of the neighbours (0,1), (1,2), (2,3) the model is right on the first and the last.
    said = CreatorBootstrap(np.zeros(4), seed=1).scores(
        np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 0.0, 5.0]), np.zeros(4)
    )
    assert said["pairwise"].value == pytest.approx(2 / 3)


def test_without_two_things_of_one_creator_there_is_no_pairwise_accuracy():
    _, actual, predicted, age = simulated(40, 40)
    said = CreatorBootstrap(np.arange(40), seed=1).scores(actual, predicted, age)
    assert said["pairwise"] == NOTHING


def test_uplift_compares_the_models_choice_of_four_with_their_mean():
    # Ages 1 and 2: fours (0, 1, 2, 3) and (4, 4, 0, 0). The first choice is 3 (mean 1.5); in the
    # second two are ranked highest, a 4 and a 0, so 2 on average (mean 2). Gains 1.5 and 0.
    actual = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 4.0, 0.0, 0.0, 99.0])
    predicted = np.array([0.0, 0.0, 0.0, 1.0, 5.0, 0.0, 5.0, 0.0, 0.0])
    age = np.array([1.0] * 4 + [2.0] * 4 + [3.0])
    said = CreatorBootstrap(np.arange(9), seed=1).scores(actual, predicted, age)
    assert said["uplift"].value == pytest.approx(np.exp(0.75))
    assert said["uplift"].low is None


def test_a_model_that_says_the_same_of_all_has_no_uplift_and_no_ranks():
    creator, actual, _, age = simulated(200, 60)
    said = CreatorBootstrap(creator, seed=1).scores(actual, np.full(200, 2.5), age)
    assert said["spearman"] == NOTHING
    for metric, value in {"uplift": 1.0, "pairwise": 0.5}.items():
        assert said[metric].value == pytest.approx(value)
        assert limits(said[metric]) == pytest.approx((value, value))


@pytest.mark.parametrize("actual", [[], [2.0], [0.1] * 7])
def test_what_is_undefined_is_none(actual: list[float]):
    rows = len(actual)
    bootstrap = CreatorBootstrap(np.arange(rows), seed=1)
    said = bootstrap.scores(np.array(actual), np.linspace(0, 1, rows), np.zeros(rows))
    assert said["r2_log"] == said["r2_raw"] == said["spearman"] == said["pairwise"] == NOTHING
    assert bootstrap.difference(np.array(actual), np.zeros(rows), np.ones(rows)) == NOTHING


def test_predictions_beyond_all_numbers_cost_only_the_score_on_raw_downloads():
    creator, actual, predicted, age = simulated(200, 60)
    predicted[7] = 1000.0
    said = CreatorBootstrap(creator, seed=1).scores(actual, predicted, age)
    assert said["r2_raw"] == NOTHING
    assert said["r2_log"].value == pytest.approx(r2_score(actual, predicted))


def test_resamples_are_scored_as_if_the_drawn_creators_rows_were_repeated():
    creator, actual, predicted, age = simulated(300, 50)
    said = CreatorBootstrap(creator, seed=9).scores(actual, predicted, age)
    rng = np.random.default_rng(9)
    explained, error = [], []
    creators = len(np.unique(creator))
    for _ in range(BOOTSTRAP_RESAMPLES["quick"]):
        drawn = np.bincount(rng.integers(creators, size=creators), minlength=creators)
        weight = drawn[np.unique(creator, return_inverse=True)[1]]
        explained.append(r2_score(actual, predicted, sample_weight=weight))
        error.append(mean_absolute_error(actual, predicted, sample_weight=weight))
    for metric, resampled in {"r2_log": explained, "mae_log": error}.items():
        expected = np.quantile(resampled, [0.025, 0.975])
        assert limits(said[metric]) == pytest.approx(expected)


def test_more_things_that_say_the_same_make_no_interval_narrower():
    creator, actual, predicted, age = simulated(300, 50)
    once = CreatorBootstrap(creator, seed=1).scores(actual, predicted, age)
    five_times = CreatorBootstrap(np.tile(creator, 5), seed=1).scores(
        *(np.tile(each, 5) for each in (actual, predicted, age))
    )
    for metric in ("r2_log", "r2_raw", "spearman", "mae_log"):
        assert limits(five_times[metric]) == pytest.approx(limits(once[metric]))


def test_the_order_of_the_rows_does_not_matter():
    creator, actual, predicted, _ = simulated(300, 50)
    age = np.random.default_rng(1).random(300)
    shuffled = np.random.default_rng(2).permutation(300)
    said = CreatorBootstrap(creator, seed=1).scores(actual, predicted, age)
    other = CreatorBootstrap(creator[shuffled], seed=1).scores(
        actual[shuffled], predicted[shuffled], age[shuffled]
    )
    for metric in METRICS:
        assert other[metric].value == pytest.approx(said[metric].value)
        assert limits(other[metric]) == pytest.approx(limits(said[metric]))


def test_the_interval_of_a_mean_has_the_width_that_theory_gives_it():
    # 1,000 creators of 3 equal things each: standard error 1 / sqrt(1000); 4,000 resamples.
    creator = np.repeat(np.arange(1000), 3)
    values = np.random.default_rng(0).normal(size=1000)[creator]
    score = CreatorBootstrap(creator, seed=1, effort="full").mean(values)
    error = values.std() / np.sqrt(1000)
    assert score.value == pytest.approx(values.mean())
    assert width(score) == pytest.approx(2 * 1.96 * error, rel=0.06)


def test_intervals_cover_the_true_value_about_as_often_as_they_say():
    # Creators' own level and noise of equal variance: R² of predicting by the level is 1/2.
    rng = np.random.default_rng(5)
    creator = np.repeat(np.arange(60), 4)
    covered = 0
    for seed in range(60):
        level = rng.normal(size=60)[creator]
        score = CreatorBootstrap(creator, seed=seed).scores(
            level + rng.normal(size=240), level, np.zeros(240), metrics=["r2_log"]
        )["r2_log"]
        low, high = limits(score)
        covered += low <= 0.5 <= high
    # Binomial(60, .95) is below 51 with probability 0.1 %.
    assert covered >= 51


def test_differences_are_paired():
    creator, actual, predicted, age = simulated(300, 50)
    bootstrap = CreatorBootstrap(creator, seed=1)
    other = predicted + 0.05
    difference = bootstrap.difference(actual, predicted, other)
    assert difference.value == pytest.approx(r2_score(actual, predicted) - r2_score(actual, other))
    by_itself = bootstrap.scores(actual, predicted, age)["r2_log"]
    assert width(difference) < width(by_itself) / 4
    assert bootstrap.difference(actual, predicted, predicted) == Score(0.0, 0.0, 0.0)


def test_means_of_parts_are_those_of_the_parts_by_themselves():
    creator, actual, _, age = simulated(400, 50)
    part = (age > 100).astype(int) + (age > 250)
    said = CreatorBootstrap(creator, seed=1).means_by(actual, part, 4)
    for number in range(3):
        assert said[number].value == pytest.approx(actual[part == number].mean())
        low, high = limits(said[number])
        assert low < actual[part == number].mean() < high
    assert said[3] == NOTHING


@pytest.mark.parametrize(("creators", "has_interval"), [(9, False), (10, True)])
def test_few_creators_have_scores_without_an_interval(creators: int, has_interval: bool):
    creator, actual, predicted, age = simulated(300, creators)
    said = CreatorBootstrap(creator, seed=1).scores(actual, predicted, age)
    for metric in ("r2_log", "spearman", "mae_log", "pairwise"):
        assert said[metric].value is not None
        assert (said[metric].low is not None) == has_interval


def test_a_part_of_few_creators_has_no_interval_either():
    creator = np.array([*range(50), *[50] * 30])
    part = (creator == 50).astype(int)
    values = np.random.default_rng(0).normal(size=80)
    many, one = CreatorBootstrap(creator, seed=1).means_by(values, part, 2)
    assert many.low is not None
    assert one.low is None
    assert one.value == pytest.approx(values[50:].mean())


def test_very_many_creators_are_drawn_in_groups_with_the_same_uncertainty(monkeypatch):
    creator, actual, predicted, age = simulated(4000, 2000)
    alone = CreatorBootstrap(creator, seed=1, effort="full").scores(actual, predicted, age)
    monkeypatch.setattr(scores_module, "MOST_GROUPS", 300)
    grouped = CreatorBootstrap(creator, seed=1, effort="full").scores(actual, predicted, age)
    for metric in ("r2_log", "spearman", "mae_log", "pairwise"):
        assert grouped[metric].value == pytest.approx(alone[metric].value)
        # The spread of 300 groups is known to about 4 %; four of these.
        assert width(grouped[metric]) == pytest.approx(width(alone[metric]), rel=0.17)


def test_each_seed_always_gives_the_same_and_more_effort_resamples_more():
    creator, actual, predicted, age = simulated(300, 50)
    said = CreatorBootstrap(creator, seed=3).scores(actual, predicted, age)
    assert said == CreatorBootstrap(creator, seed=3).scores(actual, predicted, age)
    assert said != CreatorBootstrap(creator, seed=4).scores(actual, predicted, age)
    assert said != CreatorBootstrap(creator, seed=3, effort="full").scores(actual, predicted, age)


def test_differences_of_ranks_are_paired_and_those_of_scipy():
    creator, actual, predicted, _ = simulated(400, 60)
    bootstrap = CreatorBootstrap(creator, seed=1)
    other = np.round(predicted + np.random.default_rng(2).normal(size=400), 1)
    said = bootstrap.rank_difference(actual, predicted, other)
    truth = spearmanr(actual, predicted)[0] - spearmanr(actual, other)[0]
    assert said.value == pytest.approx(truth, abs=1e-12)
    # the same ranks: no difference, in no resample
    same = bootstrap.rank_difference(actual, predicted, np.exp(predicted))
    assert limits(same) == pytest.approx((0.0, 0.0), abs=1e-12)
