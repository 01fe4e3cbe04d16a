from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from thingistat_pipeline.popularity.advisor.rows import advisor_rows
from thingistat_pipeline.popularity.explanation.actions import ACTIONS
from thingistat_pipeline.popularity.explanation.advice import (
    ADVICE_SCHEMA,
    EVIDENCE,
    Advice,
    advice,
)
from thingistat_pipeline.popularity.explanation.effects import PartialEffect
from thingistat_pipeline.popularity.explanation.evidence import ModelView, evidence_for, remark
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame

FRAME = sandbox_frame(2_000, seed=5)
CURVES = pl.DataFrame(
    {
        "feature": ["photo_count"] * 3 + ["is_customized"] * 2 + ["tag_count"] * 2,
        "x": [0.0, 1.0, 2.0, 0.0, 1.0, 0.0, 20.0],
        "effect": [-0.1, 0.2, 0.3, 0.1, -0.2, 0.1, -0.1],
    }
)
GROUPS = {"pictures": ["photo_count", "image_count"], "kind": ["is_customized"]}
IMPORTANCES = pl.DataFrame(
    {
        "group": ["pictures", "kind"],
        "mean": [0.05, 0.01],
        "low": [0.03, -0.01],
        "high": [0.07, 0.03],
    }
)


@pytest.fixture(scope="module")
def advised() -> Advice:
    return advice(
        advisor_rows(FRAME),
        FRAME,
        seed=3,
        curves=CURVES,
        importances=IMPORTANCES,
        groups=GROUPS,
    )


def row(advised: Advice, key: str) -> dict[str, Any]:
    return advised.table.row(by_predicate=pl.col("action") == key, named=True)


def partial(low: float, high: float, **changes: Any) -> PartialEffect:
    plain = PartialEffect(
        effect=(low + high) / 2,
        error=0.1,
        sampling_low=low,
        sampling_high=high,
        allowance=0.0,
        low=low,
        high=high,
        p_value=0.001,
        n_rows=500,
        n_creators=400,
        n_trimmed=0,
    )
    return replace(plain, **changes)


def test_what_moves_downloads_leads_and_what_does_not_has_no_evidence(advised):
    leading = advised.table["action"].to_list()[:4]
    assert {"first-photograph", "original"} <= {*leading}
    for null in ("longer-description", "longer-instructions", "weekend", "allow-commercial-use"):
        found = row(advised, null)
        assert found["evidence"] == "no evidence"
        assert found["note"].startswith("No evidence")


def test_the_table_has_the_promised_columns_and_ranks_by_evidence(advised):
    table = advised.table
    assert dict(table.schema) == ADVICE_SCHEMA
    assert table["rank"].to_list() == [*range(1, table.height + 1)]
    levels = [EVIDENCE.index(evidence) for evidence in table["evidence"]]
    assert levels == sorted(levels)
    assert (
        (table["low"] <= table["sampling_low"]) & (table["high"] >= table["sampling_high"])
    ).all()
    np.testing.assert_allclose(table["factor_low"], np.exp(table["low"]))


def test_every_change_is_examined_or_said_not_to_be_and_why(advised):
    named = [*advised.table["action"], *advised.not_examined["action"]]
    assert sorted(named) == sorted(action.key for action in ACTIONS)
    why = dict(advised.not_examined.select("action", "why").iter_rows())
    assert why["photograph-as-cover"] == "Not examined: it is the same for all."
    assert why["headings"] == "Not examined: these data have no heading_count."


def test_things_before_and_after_are_counted(advised):
    photograph = row(advised, "first-photograph")
    with_photographs = FRAME.filter(pl.col("photo_count") > 0).height
    assert photograph["support"] == with_photographs
    assert photograph["could"] == photograph["support_before"] == FRAME.height - with_photographs
    assert (
        row(advised, "evening")["support"]
        == FRAME.filter(pl.col("published_hour").is_between(17, 22)).height
    )


def test_what_the_model_says_stands_beside_each_change(advised):
    photograph = row(advised, "first-photograph")
    typical = float(np.median(FRAME.filter(pl.col("photo_count") > 0)["photo_count"]))
    expected = np.interp(typical, [0.0, 1.0, 2.0], [-0.1, 0.2, 0.3]) + 0.1
    assert photograph["ale"] == pytest.approx(expected)
    assert (photograph["group"], photograph["group_importance"]) == ("pictures", 0.05)
    assert photograph["evidence"] == "strong"
    # the curve falls by 0.3 from no to yes, so that undoing it gains 0.3; its group may be chance
    original = row(advised, "original")
    assert original["ale"] == pytest.approx(0.3)
    assert original["evidence"] == "moderate"
    # the made-up curve of tags has the other sign
    assert row(advised, "more-tags")["evidence"] == "weak"
    assert "other sign" in row(advised, "more-tags")["note"]
    assert row(advised, "weekend")["ale"] is None


def test_more_files_are_no_advice_where_they_can_be_clicks(advised):
    files = row(advised, "more-files")
    assert advised.file_claim.judged == "clicks"
    assert files["evidence"] == "no evidence"
    assert advised.file_claim.verdict in files["note"]


def test_it_is_said_how_many_changes_could_show_up_by_chance(advised):
    tried = advised.table.height
    assert advised.chance.startswith(f"{tried} changes were examined.")
    assert f"about {0.05 * tried:.1f} of them" in advised.chance


def test_too_few_things_give_no_advice_and_the_reason():
    frame = sandbox_frame(299)
    found = advice(advisor_rows(frame), frame, seed=1)
    assert found.table.is_empty()
    assert dict(found.table.schema) == ADVICE_SCHEMA
    assert "at least 300 things" in (found.reason or "")
    assert found.not_examined.height == len(ACTIONS)
    assert found.n_rows == 299


def test_random_downloads_give_no_evidence_for_anything():
    shuffled = FRAME.head(800).with_columns(pl.col("download_count").shuffle(seed=1))
    found = advice(advisor_rows(shuffled), shuffled, seed=1)
    assert (found.table["evidence"] == "no evidence").all()


def test_the_same_things_in_another_order_give_the_same_advice():
    frame = sandbox_frame(500, seed=5)
    other = frame.sample(fraction=1.0, shuffle=True, seed=1)
    first = advice(advisor_rows(frame), frame, seed=3)
    second = advice(advisor_rows(other), other, seed=3)
    assert first.table.equals(second.table)
    assert first.file_claim.table.equals(second.file_claim.table)


@pytest.mark.parametrize(
    ("effect", "significant", "support", "view", "expected"),
    [
        (partial(0.1, 0.3), False, 500, ModelView(), "no evidence"),
        (partial(-0.1, 0.5), True, 500, ModelView(), "weak"),  # a hidden trait could do it
        (partial(0.1, 0.3, allowance=None), True, 500, ModelView(), "weak"),
        (partial(0.1, 0.3), True, 99, ModelView(), "weak"),
        (partial(0.01, 0.04), True, 500, ModelView(), "weak"),  # 2.5 %
        (partial(0.1, 0.3), True, 500, ModelView(ale=-0.1), "weak"),
        (partial(0.1, 0.3), True, 500, ModelView(), "moderate"),
        (partial(0.1, 0.3), True, 500, ModelView(ale=0.1), "moderate"),
        (partial(0.1, 0.3), True, 500, ModelView(0.1, "g", 0.02, -0.01), "moderate"),
        (partial(0.1, 0.3), True, 100, ModelView(0.1, "g", 0.02, 0.01), "strong"),
        (partial(-0.3, -0.1), True, 100, ModelView(-0.1, "g", 0.02, 0.01), "strong"),
    ],
)
def test_evidence_is_as_strong_as_its_weakest_part(effect, significant, support, view, expected):
    found = evidence_for(effect, significant=significant, support=support, view=view)
    assert found == expected


def test_a_change_for_the_worse_is_said_to_be_one():
    said = remark(partial(-0.3, -0.1), "moderate", support=500, view=ModelView())
    assert said == "It goes with fewer downloads, not more."


def test_several_tests_are_judged_together(monkeypatch, advised):
    # Benjamini & Hochberg (1995), section 4.1: of these 15 p-values, four are rejected at 5 %
    published = [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
    ]
    assert (stats.false_discovery_control(published) <= 0.05).sum() == 4
    examined = [action for action in ACTIONS if action.key in {*advised.table["action"]}]
    module = "thingistat_pipeline.popularity.explanation.advice"
    monkeypatch.setattr(f"{module}.ACTIONS", tuple(examined[:15]))
    given = iter(published)
    monkeypatch.setattr(
        f"{module}.partial_effect",
        lambda *_, **__: partial(0.1, 0.3, p_value=next(given)),
    )
    found = advice(advisor_rows(FRAME), FRAME, seed=1)
    assert (found.table["evidence"] == "moderate").sum() == 4
