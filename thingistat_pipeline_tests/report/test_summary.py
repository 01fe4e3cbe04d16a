import json
from dataclasses import replace

import polars as pl

from thingistat_pipeline.report.summary import metrics_json, report_metrics, report_summary
from thingistat_pipeline_tests.report import samples


def test_metrics_do_not_depend_on_the_order_of_rows_or_on_the_run():
    data = samples.large()
    again = replace(
        data,
        importances=data.importances.reverse(),
        provenance={**samples.provenance(), "run_id": "another", "git_commit": "another"},
    )
    assert metrics_json(report_metrics(data)) == metrics_json(report_metrics(again))


def test_metrics_name_no_run_no_commit_and_no_time_of_loading():
    text = metrics_json(report_metrics(samples.large()))
    assert samples.provenance()["run_id"] not in text
    assert samples.provenance()["git_commit"] not in text
    assert "loaded_at" not in text


def test_metrics_hold_what_others_rely_on():
    metrics = json.loads(metrics_json(report_metrics(samples.large())))
    assert metrics["source"] == "sandbox"
    assert metrics["synthetic"] is True
    assert metrics["parity_forest"]["r2_test"] == 0.742
    assert metrics["parity_forest"]["best_params"]["max_depth"] == 14
    assert metrics["data"]["ids_drawn"] == 5697
    assert metrics["data"]["outcomes"]["gone"] == 3120
    assert len(metrics["importances"]) == 3 * len(samples.FEATURES)
    assert {row["model"] for row in metrics["importances"]} == {"parity_forest"}
    assert all(isinstance(sentence, str) for sentence in metrics["takeaways"])


def test_metrics_hold_the_advisors_results_and_their_history():
    metrics = json.loads(metrics_json(report_metrics(samples.later())))
    assert metrics["advisor_forest"]["n_test_creators"] == 431
    assert [row["rank"] for row in metrics["advice"]] == [1, 2, 3, 4, 5, 6]
    assert metrics["file_claim"]["verdict"] == samples.later().file_verdict
    assert len(metrics["file_claim"]["rows"]) == 3
    assert metrics["drift"]["previous_version"] == "older2"
    assert metrics["history"][0]["observed_through"] == "2026-09-01"
    assert {row["method"] for row in metrics["advisor_importances"]} == {
        "group_permutation",
        "drop_group",
    }


def test_metrics_of_the_advisor_do_not_depend_on_the_order_of_rows():
    data = samples.later()
    shuffled = replace(
        data,
        advice=data.advice.reverse(),
        effects=data.effects.reverse(),
        groups=data.groups.reverse(),
        history=data.history.reverse(),
    )
    assert metrics_json(report_metrics(shuffled)) == metrics_json(report_metrics(data))


def test_what_json_cannot_hold_becomes_null_and_last_bits_are_dropped():
    parity = {**samples.parity(), "r2_train": float("nan"), "r2_test": 0.1 + 0.2}
    metrics = json.loads(metrics_json(report_metrics(samples.large(parity=parity))))
    assert metrics["parity_forest"]["r2_train"] is None
    assert metrics["parity_forest"]["r2_test"] == 0.3


def test_the_summary_opens_with_the_world_and_gives_figures_with_their_uncertainty():
    lines = report_summary(report_metrics(samples.large()))
    assert 5 <= len(lines) <= 9
    assert lines[0].startswith("SANDBOX")
    text = "\n".join(lines)
    assert (
        "Advisor: random forest, R² 0.41 (0.36 to 0.46) on log downloads of 497 things of creators "
        "never seen; age alone 0.12." in text
    )
    assert (
        "Advice: “Add a photograph of the print” goes with ×1.6 (×1.2 to ×2.2) downloads, strong "
        "evidence; 3 of 6 changes show any." in text
    )
    assert "Intervals: 81.3 % of held-out things lie inside their 80 % intervals" in text
    assert "Pictures: 1,871 compared; better one told in 56 % (54 to 58 %) of pairs" in text
    assert "Parity forest, a diagnosis only: R² 0.74 held out (95 % interval 0.61 to 0.82)" in text


def test_the_summary_of_a_small_real_sample_warns_and_praises_no_feature():
    lines = report_summary(report_metrics(samples.small()))
    assert 5 <= len(lines) <= 9
    assert lines[0] == "Real data (snapshot)."
    text = "\n".join(lines)
    assert "SANDBOX" not in text
    assert "not applicable" in text
    assert "Advisor: no model. 33 things of 31 creators are too few" in text
    assert "Advice: none" in text
    assert "Caution: The data are 33 things only." in text
    assert "Caution: 9 things held out of the parity forest, interval 8.12 wide" in text


def test_the_summary_without_an_interval_says_that_there_is_none():
    parity = {**samples.parity(), "r2_test_low": None, "r2_test_high": None}
    text = "\n".join(report_summary(report_metrics(samples.large(parity=parity))))
    assert "R² 0.74 held out (no interval could be measured)" in text
    assert "not available" not in text


def test_the_summary_can_be_made_from_the_file():
    metrics = report_metrics(samples.large())
    assert report_summary(json.loads(metrics_json(metrics))) == report_summary(metrics)


def test_the_summary_survives_a_report_without_any_importance():
    data = samples.large(importances=samples.importances().clear())
    assert any("R² 0.74" in line for line in report_summary(report_metrics(data)))


def test_the_summary_says_that_there_is_no_evidence_where_there_is_none():
    advice = samples.large().advice.with_columns(evidence=pl.lit("no evidence"))
    lines = report_summary(report_metrics(samples.large(advice=advice)))
    assert "Advice: no evidence for any of 6 changes examined." in lines


def test_no_line_of_the_summary_can_move_a_terminals_cursor():
    attack = "\x1b[2Jlike\nname"
    advice = samples.large().advice.with_columns(change=pl.lit(attack), evidence=pl.lit(attack))
    for advisor in (
        {**samples.large().advisor, "warnings": [attack]},
        {**samples.small().advisor, "reason": attack},
    ):
        data = samples.large(advisor=advisor, advice=advice, file_verdict=attack)
        lines = report_summary(report_metrics(data))
        assert any("like name" in line for line in lines)
        assert not any("\x1b" in line or "\n" in line for line in lines)
