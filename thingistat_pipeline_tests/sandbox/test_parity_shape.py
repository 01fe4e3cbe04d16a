"""ThingiStat's forest on the simulated catalogue behaves as it does on the real site."""

from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

ENGAGEMENT = ("like_count", "collect_count", "comment_count", "make_count", "remix_count")
OTHERS = ("followers", "designs", "description_length", "instructions_length", "file_count")


def test_r2_is_near_three_quarters_and_engagement_leads(things: dict[str, Any]) -> None:
    scores, importances = [], []
    for sample in range(5):
        rows = np.random.default_rng(sample).choice(len(things["id"]), 2_000, replace=False)
        added_images = things["photos"] + things["renders"] - things["file_count"]
        columns = [things[name][rows] for name in ENGAGEMENT + OTHERS]
        columns += [added_images[rows], (things["ancestor"] > 0)[rows]]
        columns += [(things["top"] == top)[rows] for top in range(10)]
        matrix = np.column_stack(columns).astype(float)
        split = train_test_split(matrix, things["download_count"][rows], random_state=12)
        forest = RandomForestRegressor(
            150, max_depth=12, min_samples_split=6, max_features="sqrt", random_state=0
        )
        forest.fit(split[0], split[2])
        scores.append(forest.score(split[1], split[3]))
        importances.append(forest.feature_importances_)
    assert 0.6 < np.mean(scores) < 0.88, scores
    mean = np.mean(importances, axis=0)
    assert mean[: len(ENGAGEMENT)].sum() > 0.6
    assert set(np.argsort(-mean)[:3]) <= set(range(len(ENGAGEMENT)))
