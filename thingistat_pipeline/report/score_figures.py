"""The advisor's model beside its challengers and simple rules, and the search that shaped it."""

from collections.abc import Mapping
from typing import Any

from thingistat_pipeline.report.advisor_results import (
    ADVISOR,
    HEADLINE,
    LABELS,
    STRESS,
    Advisor,
    Candidate,
)
from thingistat_pipeline.report.blocks import Column, Figure, Table
from thingistat_pipeline.report.estimates import (
    Estimate,
    factor_on_two_lines,
    in_words,
    on_two_lines,
)
from thingistat_pipeline.report.style import MAIN, SECOND
from thingistat_pipeline.report.whiskers import Series, line_at, span, whiskers
from thingistat_pipeline.report.wording import counted, known, number, plain, plot_text

LOWEST_DRAWN = -0.6
RESAMPLED = "95 % bootstrap intervals over held-out creators, the models held fixed"
SPLIT_WORDS = {HEADLINE: "creators never seen", STRESS: "the newest quarter"}


def models_figure(advisor: Advisor) -> Figure | None:
    """Draw R² on logarithms of every model on both splits."""
    ordered = [item for item in advisor.on(HEADLINE) if item.r2.is_measured]
    if not ordered:
        return None
    held_out = [item.r2 for item in ordered]
    newest = [_on_newest(advisor, item.key) for item in ordered]
    low, high = span([held_out, newest], include=(0.0,), floor=LOWEST_DRAWN, ceiling=1.0)
    lowest = min(v for item in (*held_out, *newest) for v in item.ends() if v is not None)
    series = [
        Series(
            name=SPLIT_WORDS[HEADLINE],
            estimates=held_out,
            colour=MAIN,
            hollow=[item.is_baseline for item in ordered],
            hovers=[_hover(item, HEADLINE, item.r2) for item in ordered],
        )
    ]
    if any(item.is_measured for item in newest):
        series.append(
            Series(
                name=SPLIT_WORDS[STRESS],
                estimates=newest,
                colour=SECOND,
                symbol="diamond",
                hollow=[item.is_baseline for item in ordered],
                hovers=[_hover(item, STRESS, r2) for item, r2 in zip(ordered, newest, strict=True)],
                shift=0.24,
            )
        )
    return Figure(
        key="models",
        title="The forest, its challengers and simple rules",
        finding=winner_in_words(advisor),
        shows="R² on logarithms of downloads: 1 is perfect, 0 no better than the mean of the "
        "things predicted. Hollow marks are simple rules. The numbers at the right are those on "
        "creators never seen."
        + (
            f" What lies below {number(LOWEST_DRAWN, 1)} is drawn there; the lowest end is "
            f"{number(lowest, 2)}."
            if lowest < LOWEST_DRAWN
            else ""
        ),
        data=tested_on(advisor),
        uncertainty=f"Bars are {RESAMPLED}.",
        panels=(
            whiskers(
                "models",
                [plot_text(item.label, 30) for item in ordered],
                [in_words(item.r2) for item in ordered],
                series,
                axis={"title": {"text": "R² on logarithms of downloads"}, "range": [low, high]},
                lines=[line_at(0.0)],
            ),
        ),
        width="beside",
    )


def winner_in_words(advisor: Advisor) -> str:
    """Say which model predicts best on creators never seen, by how much, and what is used."""
    forest = advisor.find(ADVISOR)
    ranked = [item for item in advisor.on(HEADLINE) if item.r2.is_measured]
    if forest is None or not ranked:
        return "No score could be measured on held-out creators."
    winner = advisor.best
    if winner is not None and winner.key != ADVISOR:
        return (
            f"{winner.label} wins: its R² on held-out creators is {in_words(winner.r2)}, which is "
            f"{in_words(winner.difference)} above the random forest’s {number(forest.r2.value, 2)}"
            ". The advisor uses it."
        )
    others = [item for item in ranked if item.key != ADVISOR]
    opening = f"The random forest’s R² on held-out creators is {in_words(forest.r2)}"
    if not others:
        return f"{opening}; nothing was measured beside it."
    best = others[0]
    if (best.r2.value or 0) > (forest.r2.value or 0):
        return (
            f"{opening}. {best.label} reaches {number(best.r2.value, 2)}, "
            f"{in_words(best.difference)} more: not enough to take its place, so the forest stays."
        )
    behind = best.difference
    apart = behind.high is not None and behind.high < 0
    return (
        f"{opening}, the best of all. {best.label} follows with {number(best.r2.value, 2)}"
        f"; the difference is {in_words(behind)}"
        + ("." if apart else ", so the two may well be equal.")
    )


def models_table(advisor: Advisor, split: str) -> Table | None:
    """List every model's metrics on one split."""
    ordered = advisor.on(split)
    if not ordered:
        return None
    title = (
        "Tried on creators never seen (the headline)"
        if split == HEADLINE
        else "Tried on the newest quarter (the stress test)"
    )
    return Table(
        key=f"models-{split}",
        title=title,
        caption="Second lines: 95 % bootstrap intervals over creators. R² log: on logarithms of "
        "downloads; R² raw: on downloads. Spearman: agreement of the order. Typical miss: "
        "exponential of the mean absolute error on logarithms. Pairs: share of two things of one "
        "creator put in the right order. Best of 4: how many times as often the thing is "
        "downloaded that the model picks of four of like age, against one picked at random. "
        "Against forest: R² log minus the random forest’s, paired. "
        + (tested_on(advisor) if split == HEADLINE else _tested_on_newest(advisor)),
        columns=(
            Column(name="Model"),
            Column(name="R² log", numeric=True),
            Column(name="Against forest", numeric=True),
            Column(name="R² raw", numeric=True),
            Column(name="Spearman", numeric=True),
            Column(name="Typical miss", numeric=True),
            Column(name="Pairs", numeric=True),
            Column(name="Best of 4", numeric=True),
        ),
        rows=tuple(_model_row(advisor, item) for item in ordered),
    )


def _model_row(advisor: Advisor, item: Candidate) -> tuple[str, ...]:
    remark = "advises" if item.key == advisor.winner else "rule" if item.is_baseline else ""
    return (
        f"{item.label}\n{remark}" if remark else item.label,
        on_two_lines(item.r2),
        "–" if item.key == ADVISOR else on_two_lines(item.difference),
        on_two_lines(item.score("r2_raw")),
        on_two_lines(item.score("spearman")),
        factor_on_two_lines(item.score("mae_log").exp()),
        on_two_lines(item.score("pairwise").times(100), 0, suffix=" %"),
        factor_on_two_lines(item.score("uplift")),
    )


def search_table(advisor: Advisor) -> Table | None:
    """List the optimiser's trials, folded, with why it stopped."""
    search = advisor.metrics.get("search") or {}
    trials = list(search.get("trials") or ())
    if not advisor.is_fitted or not trials:
        return None
    best = search.get("best")
    return Table(
        key="advisor-search",
        title=f"The search: {counted(len(trials), 'trial')}",
        caption=f"{_ended(search)} Score: R² on logarithms over "
        f"{counted(int(search.get('folds') or 0), 'fold')} without a creator on both sides, of "
        f"{counted(int(search.get('rows') or 0), 'thing')} by "
        f"{counted(int(search.get('creators') or 0), 'creator')} used for training, mean and "
        "standard deviation over folds. A pruned trial was given up early.",
        columns=(
            Column(name="Trial", numeric=True),
            Column(name="Features at a split", numeric=True),
            Column(name="Things per tree", numeric=True),
            Column(name="Smallest leaf", numeric=True),
            Column(name="Depth", numeric=True),
            Column(name="Trees", numeric=True),
            Column(name="R²", numeric=True),
            Column(name="± sd", numeric=True),
            Column(name="State"),
        ),
        rows=tuple(
            (
                plain(trial.get("number")),
                _parameter(trial.get("max_features")),
                _parameter(trial.get("max_samples")),
                _parameter(trial.get("min_samples_leaf")),
                _parameter(trial.get("max_depth"), absent="no bound"),
                _parameter(trial.get("n_estimators")),
                number(trial["score"], 4) if known(trial.get("score")) else "–",
                number(trial["std"], 4) if known(trial.get("std")) else "–",
                "chosen" if trial.get("number") == best else plain(trial.get("state") or "", 20),
            )
            for trial in trials
        ),
        folded=True,
    )


def panel_table(advisor: Advisor) -> Table | None:
    """Say for each span of days whether downloads per day could be learnt from two visits."""
    entries = list(advisor.metrics.get("panel") or ())
    if not entries:
        return None
    return Table(
        key="panel",
        title="Downloads per day between two visits",
        caption="A further target where the panel has visited a thing twice, about so many days "
        "apart: R² on logarithms with its 95 % bootstrap interval over creators, held out.",
        columns=(
            Column(name="Apart"),
            Column(name="Things", numeric=True),
            Column(name="R² log", numeric=True),
            Column(name="Remark"),
        ),
        rows=tuple(
            (
                f"about {counted(int(entry['days']), 'day')}",
                number(entry.get("n_rows") or 0),
                on_two_lines(Estimate.of((entry.get("scores") or {}).get("r2_log"))),
                plain(entry.get("reason") or "", 300),
            )
            for entry in entries
        ),
    )


def tested_on(advisor: Advisor) -> str:
    """Name the held-out things."""
    trained = int(advisor.metrics.get("n_train") or 0)
    return (
        f"{counted(advisor.test_rows, 'held-out thing')} of "
        f"{counted(advisor.test_creators, 'creator')} of whom no thing was trained on; trained on "
        f"{number(trained)}."
    )


def _tested_on_newest(advisor: Advisor) -> str:
    split = advisor.metrics.get("time_split") or {}
    return (
        f"{counted(int(split.get('n_test') or 0), 'thing')} published from "
        f"{plain(split.get('cutoff') or 'an unknown day', 20)} on; trained on "
        f"{number(int(split.get('n_train') or 0))} published before. "
        + plain(split.get("remark") or "", 500)
    ).strip()


def _on_newest(advisor: Advisor, key: str) -> Estimate:
    item = advisor.find(key, STRESS)
    return item.r2 if item else Estimate()


def _hover(item: Candidate, split: str, r2: Estimate) -> str:
    return f"{plot_text(item.label)}, {SPLIT_WORDS[split]}<br>R² {in_words(r2)}"


def _ended(search: Mapping[str, Any]) -> str:
    sentence = plain(search.get("stopped") or "", 300)
    return sentence if not sentence or sentence.endswith(".") else f"{sentence}."


def _parameter(value: object, *, absent: str = "–") -> str:
    if value is None:
        return absent
    if isinstance(value, float):
        return f"{value:.3g}"
    return plain(value, 20)


def label_of(key: str) -> str:
    """Return a model's name in words."""
    return LABELS.get(key) or plain(key.replace("_", " "), 40)
