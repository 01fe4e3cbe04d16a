"""Assets renew themselves when their data changed enough, and not otherwise."""

import dagster as dg
import pytest

from thingistat_pipeline.orchestration.automation import (
    WHEN_INPUTS_CHANGED,
    WHEN_RAW_CHANGED,
    when_inputs_and_raw_changed,
    when_other_inputs_changed,
    when_worth_training,
)

NIGHTS = dg.DailyPartitionsDefinition(start_date="2026-09-01", end_date="2026-09-04")


@dg.asset(partitions_def=NIGHTS)
def raw_things() -> None: ...


@dg.asset(deps=[raw_things], automation_condition=WHEN_RAW_CHANGED)
def things() -> None: ...


@dg.asset
def popularity_features() -> None: ...


@dg.asset(
    deps=[popularity_features],
    automation_condition=when_worth_training("parity_forest", "popularity_features"),
)
def parity_forest() -> None: ...


@dg.asset(
    deps=[popularity_features],
    automation_condition=when_worth_training("advisor_forest", "popularity_features"),
)
def advisor_forest() -> None: ...


@dg.asset(deps=[popularity_features, parity_forest], automation_condition=WHEN_INPUTS_CHANGED)
def report() -> None: ...


@dg.asset
def interactions() -> None: ...


@dg.asset(
    deps=[interactions],
    automation_condition=when_worth_training("ranking_model", "interactions", fall=0.05),
)
def ranking_model() -> None: ...


@dg.asset(
    deps=[ranking_model, raw_things], automation_condition=when_other_inputs_changed(raw_things)
)
def ranking_evaluation() -> None: ...


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def night_sampled(instance: dg.DagsterInstance, night: str, version: str) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            "raw_things", partition=night, tags={"dagster/data_version": version}
        )
    )


def features_made(
    instance: dg.DagsterInstance, rows: int, version: str, frame: str = "popularity_features"
) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            frame,
            metadata={"dagster/row_count": rows},
            tags={"dagster/data_version": version},
        )
    )


def forest_trained(instance: dg.DagsterInstance, rows: int, forest: str = "parity_forest") -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(forest, metadata={"rows_offered": rows})
    )


def requested(instance: dg.DagsterInstance, *assets: dg.AssetsDefinition, cursor=None):
    return dg.evaluate_automation_conditions(
        defs=dg.Definitions(assets=list(assets)), instance=instance, cursor=cursor
    )


def test_a_new_night_renews_the_warehouse_although_other_nights_were_never_sampled(instance):
    first = requested(instance, raw_things, things)
    assert first.total_requested == 0
    night_sampled(instance, "2026-09-02", "a")
    second = requested(instance, raw_things, things, cursor=first.cursor)
    assert second.get_num_requested(things.key) == 1


def test_a_model_is_trained_for_the_first_time_when_there_are_features(instance):
    first = requested(instance, popularity_features, parity_forest)
    assert first.total_requested == 0
    features_made(instance, 1000, "a")
    second = requested(instance, popularity_features, parity_forest, cursor=first.cursor)
    assert second.get_num_requested(parity_forest.key) == 1


@pytest.mark.parametrize(("rows", "expected"), [(1049, 0), (1051, 1), (999, 1)])
def test_a_model_is_trained_again_after_five_per_cent_of_growth(instance, rows, expected):
    features_made(instance, 1000, "a")
    forest_trained(instance, 1000)
    first = requested(instance, popularity_features, parity_forest)
    assert first.total_requested == 0
    features_made(instance, rows, "b")
    second = requested(instance, popularity_features, parity_forest, cursor=first.cursor)
    assert second.get_num_requested(parity_forest.key) == expected


def test_each_model_counts_the_rows_since_its_own_training(instance):
    assets = (popularity_features, parity_forest, advisor_forest)
    features_made(instance, 1000, "a")
    forest_trained(instance, 1000)
    forest_trained(instance, 960, "advisor_forest")
    first = requested(instance, *assets)
    assert first.total_requested == 0
    features_made(instance, 1010, "b")  # 1 % more than 1000, 5.2 % more than 960
    second = requested(instance, *assets, cursor=first.cursor)
    assert second.get_num_requested(parity_forest.key) == 0
    assert second.get_num_requested(advisor_forest.key) == 1


@pytest.mark.parametrize(("likes", "expected"), [(1049, 0), (1051, 1), (951, 0), (949, 1)])
def test_a_ranker_is_trained_again_after_five_per_cent_more_likes_or_fewer(
    instance, likes, expected
):
    assets = (popularity_features, interactions, ranking_model)
    features_made(instance, 1000, "a", "interactions")
    forest_trained(instance, 1000, "ranking_model")
    first = requested(instance, *assets)
    assert first.total_requested == 0
    features_made(instance, 9000, "b")  # more things are not more likes
    features_made(instance, likes, "b", "interactions")
    second = requested(instance, *assets, cursor=first.cursor)
    assert second.get_num_requested(ranking_model.key) == expected


def model_trained(instance: dg.DagsterInstance, version: str) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization("ranking_model", tags={"dagster/data_version": version})
    )


def test_a_model_is_judged_when_it_is_new_whatever_the_inputs_passed_over_do(instance):
    assets = (raw_things, ranking_model, ranking_evaluation)
    first = requested(instance, *assets)
    model_trained(instance, "a")
    second = requested(instance, *assets, cursor=first.cursor)
    assert second.get_num_requested(ranking_evaluation.key) == 1
    instance.report_runless_asset_event(dg.AssetMaterialization("ranking_evaluation"))
    third = requested(instance, *assets, cursor=second.cursor)
    night_sampled(instance, "2026-09-02", "b")
    fourth = requested(instance, *assets, cursor=third.cursor)
    assert (third.total_requested, fourth.total_requested) == (0, 0)


@dg.asset(
    deps=[raw_things, popularity_features],
    automation_condition=when_inputs_and_raw_changed(raw_things),
)
def below_both() -> None: ...


def test_what_lies_below_nights_and_tables_waits_for_the_tables_and_follows_both(instance):
    assets = (raw_things, popularity_features, below_both)
    first = requested(instance, *assets)
    night_sampled(instance, "2026-09-02", "a")
    second = requested(instance, *assets, cursor=first.cursor)
    assert (first.total_requested, second.total_requested) == (0, 0)
    features_made(instance, 1000, "a")
    third = requested(instance, *assets, cursor=second.cursor)
    assert third.get_num_requested(below_both.key) == 1
    instance.report_runless_asset_event(dg.AssetMaterialization("below_both"))
    fourth = requested(instance, *assets, cursor=third.cursor)
    night_sampled(instance, "2026-09-03", "b")
    fifth = requested(instance, *assets, cursor=fourth.cursor)
    assert fourth.total_requested == 0
    assert fifth.get_num_requested(below_both.key) == 1


def test_a_night_sampled_again_with_the_same_content_renews_nothing(instance):
    night_sampled(instance, "2026-09-02", "a")
    first = requested(instance, raw_things, things)
    instance.report_runless_asset_event(
        dg.AssetMaterialization("things", tags={"dagster/data_version": "x"})
    )
    second = requested(instance, raw_things, things, cursor=first.cursor)
    night_sampled(instance, "2026-09-02", "a")
    third = requested(instance, raw_things, things, cursor=second.cursor)
    assert (second.total_requested, third.total_requested) == (0, 0)
    night_sampled(instance, "2026-09-03", "b")
    fourth = requested(instance, raw_things, things, cursor=third.cursor)
    assert fourth.get_num_requested(things.key) == 1


def test_a_report_waits_until_its_model_is_there_and_then_follows_new_features(instance):
    assets = (popularity_features, parity_forest, report)
    first = requested(instance, *assets)
    features_made(instance, 1000, "a")
    second = requested(instance, *assets, cursor=first.cursor)
    assert second.get_num_requested(parity_forest.key) == 1
    alone = requested(instance, popularity_features, report, cursor=None)
    assert alone.total_requested == 0
    forest_trained(instance, 1000)
    instance.report_runless_asset_event(dg.AssetMaterialization("report"))
    third = requested(instance, *assets, cursor=second.cursor)
    features_made(instance, 1001, "b")
    fourth = requested(instance, *assets, cursor=third.cursor)
    assert fourth.get_num_requested(report.key) == 1
    assert fourth.get_num_requested(parity_forest.key) == 0
