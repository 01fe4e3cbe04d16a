import pytest

from thingistat_pipeline.report import learning_figures
from thingistat_pipeline.report.ranking_results import Ranking
from thingistat_pipeline_tests.report import ranking_samples


def drawn(**changes):
    """Return the figure, which must be there."""
    scores = ranking_samples.ranking_scores(**changes)
    figure = learning_figures.learning_figure(Ranking.from_metrics({}, scores))
    assert figure is not None
    return figure


def test_learning_curves_show_both_splits_of_both_rankers_on_one_scale():
    figure = drawn()
    assert [panel.title for panel in figure.panels] == [
        "Ranker with tags: Precision@5", "Ranker with tags: NDCG@10",
        "Ranker, likes only: Precision@5", "Ranker, likes only: NDCG@10",
    ]  # fmt: skip
    ndcg = [figure.panels[i].plot["layout"]["yaxis"]["range"] for i in (1, 3)]
    assert ndcg[0] == ndcg[1]
    lines = [t for t in figure.panels[1].plot["data"] if t.get("name")]
    assert [line["name"] for line in lines] == ["learned from", "hidden"]
    assert lines[0]["x"] == [1, 2, 3, 6, 9, 12, 18, 24, 36, 48]


def curve(*values, half=0.01):
    return [
        {"method": "ranker", "split": "test", "epoch": epoch, "measure": "ndcg_at_10",
         "value": value, "low": value - half, "high": value + half}
        for epoch, value in enumerate(values, start=1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((0.1, 0.2, 0.3), "best after 3 epochs (NDCG@10 0.300), the last one drawn"),
        ((0.1, 0.3, 0.2), "at epoch 3 it is 0.200, clearly less: it learns by heart."),
        ((0.1, 0.3, 0.295), "at epoch 3 it is 0.295, which may be the same."),
    ],
)
def test_the_curve_says_where_learning_stopped_and_whether_it_went_too_far(values, verdict):
    figure = drawn(learning_curves=curve(*values))
    assert verdict in figure.finding


def test_without_curves_nothing_is_drawn():
    nothing = Ranking.from_metrics({}, ranking_samples.ranking_scores(learning_curves=[]))
    assert learning_figures.learning_figure(nothing) is None
