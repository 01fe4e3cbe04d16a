"""The model card: what the advisor's model is for, made of, and worth, as Markdown.

After Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019). Every text that comes from
outside goes through `escaped`, so that it can be neither markup nor HTML. Nothing in the card
differs between two runs on the same data with the same code.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from thingistat_pipeline.features.registry import (
    CATEGORY_PREFIX,
    YES_OR_NO,
    Family,
    feature_named,
    is_feature,
)
from thingistat_pipeline.report.advisor_results import (
    ADVISOR,
    HEADLINE,
    STRESS,
    Advisor,
    Candidate,
    changes,
)
from thingistat_pipeline.report.calibration_figures import coverage_in_words
from thingistat_pipeline.report.estimates import (
    Estimate,
    factor_in_words,
    in_words,
)
from thingistat_pipeline.report.limits import limits
from thingistat_pipeline.report.looks_card import looks_card
from thingistat_pipeline.report.markdown import bullets, escaped, table
from thingistat_pipeline.report.ranking_results import Ranking
from thingistat_pipeline.report.recommender_card import recommender_card
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.score_figures import winner_in_words
from thingistat_pipeline.report.wording import counted, number, percent

_FAMILY_TITLES = {
    Family.CONTENT: "Content of the post",
    Family.CREATOR_AT_PUBLISH: "Creator",
    Family.CONTEXT: "Circumstances",
}
_RECORDED = ("artefact", "version", "code_version", "source", "seed", "effort", "git_commit",
             "inputs", "libraries")  # fmt: skip


def model_card(data: ReportData) -> str:
    """Return the card of the advisor's model, or of its absence, as a Markdown document."""
    advisor = Advisor.of(data)
    parts = [
        _title(data),
        *(_fitted(data, advisor) if advisor.is_fitted else _not_fitted(data, advisor)),
        _section("The recommender", recommender_card(Ranking.of(data), data.ranking_version)),
        _section("Cover pictures", looks_card(data.looks)),
        _section("Limits", bullets(f"**{escaped(p.topic)}.** {escaped(p.sentence, 3000)}"
                                    for p in limits(data))),
        _section("Ethical considerations", _ETHICS),
        _section("Provenance", _provenance(data)),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


_INTENDED = (
    "For makers who want to know what goes with downloads before they post, and for those who "
    "study Thingiverse. It predicts how often a thing will have been downloaded at a given age "
    "from what is known when it is posted. Not for judging people, nor for promising a number of "
    "downloads: what it finds are associations. Likes, comments, makes and remixes are not among "
    "its features, because they follow from downloads."
)
_ETHICS = (
    "The data hold no names, addresses or mail of creators, and those who liked a thing only as "
    "keyed hashes. Advice that many follow changes what it was measured on. The model favours what "
    "was popular, which is not what is good or useful; makers with few followers, new ones above "
    "all, should read the figures for new creators before they trust a prediction."
)


def _title(data: ReportData) -> str:
    label = (
        "> **SANDBOX: every number here describes a simulated Thingiverse, not the real site.**"
        if data.card.is_synthetic
        else "> Real data."
    )
    return f"# Model card: what goes with downloads\n\n{label}"


def _fitted(data: ReportData, advisor: Advisor) -> list[str]:
    return [
        _section("Model", _details(data, advisor)),
        _section("Intended use", _INTENDED),
        _section("Data", _data(data, advisor)),
        _section("Features", _features(advisor)),
        _section("Training and splits", _training(advisor)),
        _section("Metrics", _metrics(advisor)),
        _section("Cautions", _cautions(advisor)),
        _section("Parts of the data", _slices(advisor)),
        _section("Advice drawn from it", _advice(data)),
    ]


def _not_fitted(data: ReportData, advisor: Advisor) -> list[str]:
    return [
        _section("Model", f"There is no model. {escaped(advisor.reason, 600)}"),
        _section("Intended use", f"{_INTENDED} None of this holds here, as no model was trained."),
        _section("Data", _data(data, advisor)),
        _section("Cautions", _cautions(advisor)),
    ]


def _details(data: ReportData, advisor: Advisor) -> str:
    best = advisor.best
    chosen = advisor.metrics.get("best_params") or {}
    lines = [
        f"- Advises: {escaped(best.label if best else advisor.winner)}, version "
        f"{escaped(data.advisor_version or 'not known')}.",
        f"- {winner_in_words(advisor)}",
        "- The forest’s parameters: "
        + ", ".join(f"{escaped(name)} {_short(value)}" for name, value in sorted(chosen.items()))
        + ".",
        "- Target: natural logarithm of one more than the downloads.",
        f"- Effort: {escaped(advisor.metrics.get('effort', 'not known'))}; seed "
        f"{escaped(advisor.metrics.get('seed', 'not known'))}.",
    ]
    return "\n".join(lines)


def _data(data: ReportData, advisor: Advisor) -> str:
    card = data.card
    lines = [
        f"- Source: {escaped(card.source)}; {counted(card.things, 'thing')} in the sample.",
        f"- Used: {counted(advisor.rows, 'thing')} of {counted(advisor.creators, 'creator')}"
        f", observed through {escaped(advisor.metrics.get('observed_through') or 'not known')}.",
    ]
    if card.live_share is not None:
        lines.append(
            f"- {percent(card.live_share)} of the ids tried were live (95 % interval "
            f"{percent(card.live_low)} to {percent(card.live_high)}); the rest is not in the data."
        )
    for why, count in sorted((advisor.metrics.get("rows_dropped") or {}).items()):
        lines.append(f"- Left out: {counted(int(count), 'thing')} ({escaped(why)}).")
    return "\n".join(lines)


def _cautions(advisor: Advisor) -> str:
    return bullets(escaped(text, 500) for text in advisor.warnings) or "None was raised."


def _features(advisor: Advisor) -> str:
    """List the features by family, with unit and meaning."""
    parts = []
    names = [str(name) for name in advisor.metrics.get("features") or ()]
    for family, title in _FAMILY_TITLES.items():
        ours = [n for n in names if is_feature(n) and feature_named(n).family == family]
        categories = [n for n in ours if n.startswith(CATEGORY_PREFIX)]
        if ours:
            rows = [
                (escaped(n), escaped(feature_named(n).unit), escaped(feature_named(n).meaning, 400))
                for n in ours
                if n not in categories
            ]
            rows += _categories(categories)
            parts.append(f"### {title}\n\n{table(('Column', 'Unit', 'Meaning'), rows)}")
    others = [name for name in names if not is_feature(name)]
    if others:
        parts.append(f"### Not registered\n\n{', '.join(escaped(name) for name in others)}")
    left_out = advisor.metrics.get("features_left_out") or {}
    if left_out:
        reasons = [(escaped(name), escaped(why)) for name, why in sorted(left_out.items())]
        parts.append(f"### Left out\n\n{table(('Column', 'Why'), reasons)}")
    return "\n\n".join(parts)


def _categories(names: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return one line for all one-hot columns of categories."""
    if not names:
        return []
    slugs = ", ".join(escaped(name.removeprefix(CATEGORY_PREFIX)) for name in names)
    column = f"{escaped(CATEGORY_PREFIX)}… ({counted(len(names), 'column')})"
    return [(column, YES_OR_NO, f"Filed under the category: {slugs}.")]


def _training(advisor: Advisor) -> str:
    metrics = advisor.metrics
    search, later = metrics.get("search") or {}, metrics.get("time_split") or {}
    lines = [
        f"- {number(metrics.get('n_train'))} things to train, "
        f"{number(metrics.get('n_calibration'))} to set the intervals, "
        f"{number(metrics.get('n_test'))} of "
        f"{counted(advisor.test_creators, 'creator')} held out. No creator is on two sides.",
        f"- Stress test: {_stress_test(later)}",
        f"- Search: {counted(len(search.get('trials') or ()), 'trial')} over "
        f"{counted(int(search.get('folds') or 0), 'fold')} of creators. "
        f"{escaped(search.get('stopped') or '', 300)}",
    ]
    return "\n".join(lines)


def _stress_test(split: Mapping[str, Any]) -> str:
    """Say what the split by time was, or why there is none."""
    if split.get("reason"):
        return f"none. {escaped(split['reason'], 400)}"
    return (
        f"trained on {number(split.get('n_train'))} things, tried on the "
        f"{number(split.get('n_test'))} published from {escaped(split.get('cutoff', 'not known'))}"
        f" on. {escaped(split.get('remark') or '', 500)}"
    ).strip()


def _metrics(advisor: Advisor) -> str:
    parts = []
    for split, title in ((HEADLINE, "Creators never seen"), (STRESS, "The newest quarter")):
        found = advisor.on(split)
        if found:
            parts.append(
                f"### {title}\n\n"
                + table(
                    ("Model", "R² log", "R² raw", "Spearman", "Typical miss", "Best of 4"),
                    [_metric_row(item) for item in found],
                )
            )
    parts.append(
        "In brackets: 95 % bootstrap intervals over held-out creators. Typical miss: exponential "
        "of the mean absolute error on logarithms."
    )
    parts.append(coverage_in_words(advisor))
    return "\n\n".join(parts)


def _metric_row(item: Candidate) -> tuple[str, ...]:
    return (
        escaped(item.label),
        in_words(item.r2),
        in_words(item.score("r2_raw")),
        in_words(item.score("spearman")),
        factor_in_words(item.score("mae_log").exp()),
        factor_in_words(item.score("uplift")),
    )


def _slices(advisor: Advisor) -> str:
    entries = advisor.metrics.get("slices") or ()
    rows = [
        (
            escaped(f"{entry['slice']}: {entry['value']}"),
            number(entry.get("n")),
            in_words(Estimate.of((entry.get("scores") or {}).get("r2_log"))),
            factor_in_words(Estimate.of(entry.get("bias")).exp()),
        )
        for entry in entries
    ]
    if not rows:
        return "None was large enough."
    return table(("Part", "Things", "R² log", "Bias"), rows)


def _advice(data: ReportData) -> str:
    found = changes(data)
    shown = [change for change in found if change.has_evidence]
    lines = [
        f"- {escaped(change.sentence)}: {factor_in_words(change.factor)} downloads, "
        f"{escaped(change.evidence)} evidence, {counted(change.support, 'thing')} like it."
        for change in shown
    ]
    lines.append(
        f"- No evidence for {number(len(found) - len(shown))} of {counted(len(found), 'change')} "
        "examined."
    )
    if data.file_verdict:
        lines.append(f"- {escaped(data.file_verdict, 600)}")
    return "\n".join(lines)


def _provenance(data: ReportData) -> str:
    record = data.provenance
    rows = [
        (escaped(name), escaped(_flat(record[name]), 600)) for name in _RECORDED if name in record
    ]
    rows.append((escaped(ADVISOR), escaped(data.advisor_version or "not known")))
    hash_of_training = data.advisor.get("training_hash")
    if hash_of_training:
        rows.append(("training data", escaped(hash_of_training)))
    return table(("What", "Value"), rows)


def _short(value: object) -> str:
    """Return a parameter as few digits as tell it."""
    return f"{value:.3g}" if isinstance(value, float) else escaped(value)


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in sorted(value.items()))
    return str(value)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"
