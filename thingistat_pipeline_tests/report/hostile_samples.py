"""A report in which every text that comes from outside is an attack."""

from dataclasses import replace

import polars as pl

from thingistat_pipeline.report.looks_examples import AlikeThings, LookAlike, RepeatedPicture
from thingistat_pipeline_tests.report import (
    advisor_samples,
    looks_samples,
    ranking_samples,
    samples,
)


def hostile_data():
    """A report in which every text that comes from outside is an attack."""
    base, look = samples.large(), samples.exploration()
    attack = samples.HOSTILE
    card = replace(
        base.card,
        loads=(replace(base.card.loads[0], name=attack, content_hash=attack),),
        outcomes=((attack, 5), ("ok", 9)),
        missing=((attack, 0.5),),
    )
    return replace(
        base,
        card=card,
        exploration=replace(
            look,
            missing=look.missing.with_columns(column=look.missing["column"] + attack),
            flags=look.flags.with_columns(flag=look.flags["flag"] + attack),
            categories=look.categories.with_columns(name=attack + look.categories["name"]),
            tags=look.tags.with_columns(tag=attack + look.tags["tag"]),
            histograms=look.histograms.with_columns(column=look.histograms["column"] + attack),
        ),
        importances=base.importances.with_columns(feature=attack + base.importances["feature"]),
        parity={
            **base.parity,
            "warnings": [attack],
            "best_params": {attack: attack},
            "baselines": {attack: {"r2_test": 0.1}},
            "features": [attack],
        },
        provenance={attack: {attack: attack}, "list": [attack]},
        model_version=attack,
        **hostile_advice(attack),
        **hostile_recommender(attack),
        looks=hostile_looks(attack),
    )


def hostile_advice(attack):
    """What the report is told of the advisor's model, with an attack in every text."""
    metrics, drift = advisor_samples.advisor(), advisor_samples.drift()
    advice, claim = advisor_samples.advice(), advisor_samples.file_claim()
    return {
        "advisor": {
            **metrics,
            "winner_reason": attack,
            "warnings": [attack],
            "observed_through": attack,
            "training_hash": attack,
            "effort": attack,
            "best_params": {attack: attack},
            "features": [*metrics["features"], attack],
            "features_left_out": {attack: attack},
            "rows_dropped": {attack: 3},
            "time_split": {"cutoff": attack, "n_train": 10, "n_test": 5},
            "search": {**metrics["search"], "stopped": attack},
            "models": [
                {**entry, "model": attack if entry["model"] == "linear" else entry["model"],
                 "label": attack}
                for entry in metrics["models"]
            ],
            "slices": [{**entry, "value": attack + entry["value"]} for entry in metrics["slices"]]
            + [{**metrics["slices"][0], "slice": attack}],
            "panel": [{**entry, "reason": attack} for entry in metrics["panel"]],
            "intervals": {
                **metrics["intervals"],
                "bands": [{**band, "band": attack} for band in metrics["intervals"]["bands"]],
            },
        },
        "advisor_version": attack,
        "advice": advice.with_columns(
            *(pl.lit(attack).alias(name) for name in ("change", "feature", "before", "after")),
            note=pl.lit(attack),
        ),
        "advice_notes": (attack,),
        "not_examined": pl.DataFrame({"change": [attack], "remark": [attack]}),
        "file_claim": claim.with_columns(outcome=attack + claim["outcome"]),
        "file_verdict": attack,
        "effects": advisor_samples.effects().with_columns(
            feature=attack + advisor_samples.effects()["feature"]
        ),
        "groups": pl.DataFrame({"group_name": [attack], "feature": [attack]}),
        "history": advisor_samples.history().with_columns(
            version=attack + advisor_samples.history()["version"], effort=pl.lit(attack)
        ),
        "drift": {
            **drift,
            "previous_version": attack,
            "features": [{**entry, "feature": attack} for entry in drift["features"]],
            "scores": [*drift["scores"], {**drift["scores"][1], "metric": attack}],
            "appeared": [attack],
            "vanished": [attack],
            "known": [{"feature": attack, "before": 0.1, "now": 0.9}],
        },
    }  # fmt: skip


def hostile_recommender(attack):
    """What the report is told of the recommender, with an attack in every text."""
    metrics, shown = ranking_samples.ranking(), ranking_samples.examples()
    scores = ranking_samples.scores(winner=attack, remark=attack, cautions=[attack])
    thing = ranking_samples.thing(1, attack, creator=attack, picture=attack.encode())
    scripted = replace(thing, url="javascript:alert(1)")
    linked = replace(thing, url=f"https://www.thingiverse.com/{attack}")
    trials = [{**trial, "loss": attack} for trial in ranking_samples.search(True)["trials"]]
    return {
        "ranking": {
            **metrics,
            "effort": attack,
            "seed": attack,
            "choice": {**metrics["choice"], "without": {
                **ranking_samples.search(False),
                "stopped": attack,
                "trials": [*trials, {**ranking_samples.search(True)["trials"][0], "state": attack}],
                "chosen": {"loss": attack},
            }},
        },
        "ranking_scores": {
            "scores": {**scores, "methods": [
                {**entry, "method": attack if entry["method"] == "ease" else entry["method"]}
                for entry in scores["methods"]
            ]},
            "tags": ranking_samples.tags(
                offered=attack, cautions=[attack],
                methods=[ranking_samples.tag_method(attack, 0.5, 0.9)],
            ),
        },
        "ranking_version": attack,
        "examples": replace(
            shown,
            similar=(replace(shown.similar[0], thing=scripted, neighbours=((linked, "likes"),)),),
            tags=(replace(shown.tags[0], tag=attack, closest=((linked, False),)),),
            suggestions=(
                replace(shown.suggestions[0], thing=linked, tags=(attack,),
                        suggested=((attack, 3),)),
            ),
        ),
    }  # fmt: skip


def hostile_looks(attack):
    """What the report is told of cover pictures, with an attack in every text."""
    thing = ranking_samples.thing(1, attack, creator=attack, picture=attack.encode())
    scripted = replace(thing, url="javascript:alert(1)")
    linked = replace(thing, url=f"https://example.org/{attack}")
    return looks_samples.looks(
        looks=looks_samples.look_alikes(network=attack),
        choice=looks_samples.choice(names=[attack, f"picture_{attack}", *"abcde"]),
        gain=looks_samples.gain(remark=attack),
        photograph=looks_samples.photograph(cautions=[attack]),
        pictures_in_ranker={"measured": False, "reason": attack},
        version=attack,
        examples=replace(
            looks_samples.examples(),
            alike=(AlikeThings(scripted, (LookAlike(linked, 0.9, True),)),),
            repeated=(RepeatedPicture(linked, ((scripted, False),)),),
        ),
    )
