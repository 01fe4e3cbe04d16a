from dataclasses import replace

from thingistat_pipeline.recommender.ranking.ranker import Loss
from thingistat_pipeline.recommender.search.grown_trials import worth_trying_again
from thingistat_pipeline.recommender.search.ranker_trials import Outcome, RankerParameters, Trial


def test_the_best_the_first_and_the_best_of_every_loss_are_worth_trying_again():
    usual = RankerParameters(8, 0.1, "warp", 5, 0.0, 0.0, "uniform", 3, None)

    def trial(number: int, value: float, state: Outcome = "complete", loss: Loss = "warp") -> Trial:
        return Trial(number, state, value, replace(usual, loss=loss), ((3, value),), False)

    trials = [
        *(trial(0, 0.1), trial(1, 0.05, "failed")),
        *(trial(number, number / 10) for number in range(2, 12)),
        *(trial(12, 0.01, loss="bpr"), trial(13, 0.02, loss="bpr"), trial(14, 9.0, "pruned")),
    ]
    found = [one.number for one in worth_trying_again(trials, 2)]
    assert found == [0, 6, 7, 8, 9, 10, 11, 13]
