import json
from dataclasses import replace

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
    assert all(isinstance(sentence, str) for sentence in metrics["takeaways"])


def test_what_json_cannot_hold_becomes_null_and_last_bits_are_dropped():
    parity = {**samples.parity(), "r2_train": float("nan"), "r2_test": 0.1 + 0.2}
    metrics = json.loads(metrics_json(report_metrics(samples.large(parity=parity))))
    assert metrics["parity_forest"]["r2_train"] is None
    assert metrics["parity_forest"]["r2_test"] == 0.3


def test_the_summary_opens_with_the_world_and_gives_figures_with_their_uncertainty():
    lines = report_summary(report_metrics(samples.large()))
    assert 5 <= len(lines) <= 8
    assert lines[0].startswith("SANDBOX")
    text = "\n".join(lines)
    assert "R² 0.74 held out (95 % interval 0.61 to 0.82), 0.91 on training data" in text
    assert "like_count 0.412 ± 0.031" in text
    assert "15 of 23 features cannot be told from 0" in text


def test_the_summary_of_a_small_real_sample_warns_and_praises_no_feature():
    lines = report_summary(report_metrics(samples.small()))
    assert 5 <= len(lines) <= 8
    assert lines[0] == "Real data (snapshot)."
    text = "\n".join(lines)
    assert "SANDBOX" not in text
    assert "not applicable" in text
    assert "Caution: 9 held-out things only" in text
    assert "ranks highest" not in text


def test_the_summary_without_an_interval_says_that_there_is_none():
    parity = {**samples.parity(), "r2_test_low": None, "r2_test_high": None}
    text = "\n".join(report_summary(report_metrics(samples.large(parity=parity))))
    assert "R² 0.74 held out (no interval could be measured), 0.91 on training data" in text
    assert "not available" not in text


def test_the_summary_can_be_made_from_the_file():
    metrics = report_metrics(samples.large())
    assert report_summary(json.loads(metrics_json(metrics))) == report_summary(metrics)


def test_the_summary_survives_a_report_without_any_importance():
    data = samples.large(importances=samples.importances().clear())
    assert any("R² 0.74" in line for line in report_summary(report_metrics(data)))


def test_no_line_of_the_summary_can_move_a_terminals_cursor():
    hostile = samples.importances().with_columns(
        feature=samples.importances()["feature"].replace("like_count", "\x1b[2Jlike\nname")
    )
    lines = report_summary(report_metrics(samples.large(importances=hostile)))
    assert not any("\x1b" in line or "\n" in line for line in lines)
