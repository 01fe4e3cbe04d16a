"""The two searches that shaped the ranker: how they went, and where the good trials lie."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from thingistat_pipeline.report.blocks import Column, Figure, Panel, Table
from thingistat_pipeline.report.plots import panel
from thingistat_pipeline.report.ranking_results import Ranking, scored_trials
from thingistat_pipeline.report.style import MAIN, QUIET, SECOND
from thingistat_pipeline.report.wording import (
    compact,
    counted,
    known,
    number,
    plain,
    plot_text,
)

SEARCHES = {"without": "Likes only", "with_side": "With tags and categories"}
LOSSES = {
    "warp": ("WARP", MAIN, "circle"),
    "bpr": ("BPR", SECOND, "diamond"),
    "logistic": ("Logistic", QUIET, "square"),
}
PARAMETERS = {
    "scale": "Weight of tags against the thing itself",
    "learning_rate": "Learning rate",
    "components": "Components",
    "epochs": "Epochs",
    "item_alpha": "Penalty of things",
    "max_sampled": "Draws for a mistake",
}
MOST_ROWS = 20
MOST_TICKS = 5
_STEPS = ((1, 2, 5), (1, 3), (1,))
_MEASURED = (
    "NDCG@10 on validation likes, which are neither those learned from nor those of the test"
)
_PREFERRED = "Dots lie where the optimiser looked, most of them where it found good ones."


def progress_figure(ranking: Ranking) -> Figure | None:
    """Draw each trial in its turn, with the best so far."""
    found = {name: ranking.search(name) for name in SEARCHES if scored_trials(ranking.search(name))}
    if not found:
        return None
    values = [t["value"] for search in found.values() for t in scored_trials(search)]
    room = 0.08 * ((max(values) - min(values)) or 0.1)
    ends = (min(values) - room, max(values) + room)
    return Figure(
        key="ranking-progress",
        title="The two searches, trial by trial",
        finding=_searched_in_words(found),
        shows="Each trial’s value in its turn; crosses were given up early. The line is the best "
        "so far. The second search starts from what the first found best.",
        data="; ".join(
            f"{SEARCHES[name].lower()}: {counted(int(search.get('likes') or 0), 'like')} of "
            f"{counted(int(search.get('users') or 0), 'user')}, judged by "
            f"{counted(int(search.get('validation_users') or 0), 'user')}"
            for name, search in found.items()
        )
        + f". {_MEASURED}.",
        uncertainty="None is drawn: one fit a trial. The best of many trials is flattered by "
        "having been chosen; the test likes are not.",
        panels=tuple(_progress_panel(name, search, ends) for name, search in found.items()),
        width="beside",
        roomy=True,
    )


def _searched_in_words(found: Mapping[str, Mapping[str, Any]]) -> str:
    parts = []
    for name, search in found.items():
        best = max(scored_trials(search), key=lambda t: t["value"])
        stopped = plain(search.get("stopped") or "", 200)
        parts.append(
            f"{SEARCHES[name]}: {counted(len(search.get('trials') or ()), 'trial')}, the best "
            f"{number(best['value'], 3)}." + (f" {stopped}" if stopped else "")
        )
    return " ".join(parts)


def _progress_panel(name: str, search: Mapping[str, Any], ends: tuple[float, float]) -> Panel:
    trials = scored_trials(search)
    best, so_far = -math.inf, []
    for trial in trials:
        if trial.get("state") != "pruned":
            best = max(best, trial["value"])
        so_far.append(best if math.isfinite(best) else None)
    line = go.Scatter(
        x=[t["number"] for t in trials],
        y=so_far,
        mode="lines",
        line={"color": MAIN, "width": 2, "shape": "hv"},
        hoverinfo="skip",
        showlegend=False,
    )
    layout = {
        "xaxis": {"title": {"text": "trial"}, "showgrid": False, "nticks": 6},
        "yaxis": {"range": list(ends), "nticks": 5},
        "showlegend": True,
        "margin": {"t": 30},
    }
    key = f"ranking-progress-{name}"
    dots = [trace for loss in LOSSES if (trace := _dots(trials, loss, "number")) is not None]
    drawn = panel(key, [line, *dots], layout, 250)
    return Panel(key=key, plot=drawn.plot, height=drawn.height, title=SEARCHES[name])


def parameters_figure(ranking: Ranking) -> Figure | None:
    """Draw each trial's value against each parameter, one panel a parameter."""
    name = "with_side" if scored_trials(ranking.search("with_side")) else "without"
    search = ranking.search(name)
    trials = scored_trials(search)
    finished = [t for t in trials if t.get("state") != "pruned"]
    panels = [
        drawn
        for parameter, title in PARAMETERS.items()
        if (drawn := _parameter_panel(parameter, title, trials, search.get("best"))) is not None
    ]
    if not panels:
        return None
    return Figure(
        key="ranking-parameters",
        title="Where the good trials lie",
        finding=_chosen_in_words(search, finished),
        shows=f"{_MEASURED}, of each trial of the search “{SEARCHES[name].lower()}”, against one "
        f"parameter at a time: {_symbols(trials)}; crosses, in the same colours, were given up "
        f"early and stand at what they had reached. The ring is the one that was chosen. "
        f"{_PREFERRED}",
        data=f"{counted(len(trials), 'trial')}, {number(len(finished))} of them finished.",
        uncertainty="None is drawn. The parameters move together, so a panel shows what goes with "
        "good trials, not what each one does alone.",
        panels=tuple(panels),
    )


def _symbols(trials: Sequence[Mapping[str, Any]]) -> str:
    """Say which mark is which loss."""
    used = {trial.get("loss") for trial in trials}
    return ", ".join(
        f"{symbol}s {name}" for loss, (name, _, symbol) in LOSSES.items() if loss in used
    )


def _chosen_in_words(search: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> str:
    """Give the chosen parameters, and the best that each loss came to."""
    chosen = search.get("chosen") or {}
    parts = []
    if chosen:
        words = [
            f"{_loss(chosen)} loss",
            f"{number(chosen.get('components'))} components",
            f"learning rate {_short(chosen.get('learning_rate'))}",
            counted(int(chosen.get("epochs") or 0), "epoch"),
        ]
        if known(chosen.get("scale")):
            words.append(f"tags weighted {_short(chosen.get('scale'))}")
        parts.append(f"Chosen: {', '.join(words)}.")
    best = {
        loss: max(values)
        for loss in LOSSES
        if (values := [t["value"] for t in trials if t.get("loss") == loss])
    }
    ordered = sorted(best, key=lambda loss: -best[loss])
    if len(ordered) > 1:
        parts.append(
            "Best trial of each loss: "
            + ", ".join(f"{LOSSES[loss][0]} {number(best[loss], 3)}" for loss in ordered)
            + "."
        )
    return " ".join(parts)


def _parameter_panel(
    parameter: str, title: str, trials: Sequence[Mapping[str, Any]], best: int | None
) -> Panel | None:
    there = [t for t in trials if known(t.get(parameter))]
    positive = [t[parameter] for t in there if t[parameter] > 0]
    if len({t[parameter] for t in there}) < 2:
        return None
    is_log = len(positive) == len(there) and max(positive) / min(positive) >= 5
    ticks = _ticks(min(positive), max(positive)) if is_log else {"nticks": 5}
    key = f"ranking-parameter-{parameter.replace('_', '-')}"
    dots = [trace for loss in LOSSES if (trace := _dots(there, loss, parameter)) is not None]
    layout = {
        "xaxis": {"showgrid": False, "type": "log" if is_log else "linear", **ticks},
        "yaxis": {"nticks": 5},
        "showlegend": False,
    }
    drawn = panel(key, [*dots, *_ring(there, parameter, best)], layout, 190)
    return Panel(key=key, plot=drawn.plot, height=drawn.height, title=title)


def _ring(
    trials: Sequence[Mapping[str, Any]], parameter: str, best: int | None
) -> list[go.Scatter]:
    """Return a ring around the trial that was chosen."""
    chosen = [t for t in trials if t.get("number") == best]
    return [
        go.Scatter(
            x=[t[parameter] for t in chosen],
            y=[t["value"] for t in chosen],
            mode="markers",
            marker={"symbol": "circle-open", "size": 16, "color": SECOND, "line": {"width": 2.5}},
            hoverinfo="skip",
            showlegend=False,
        )
    ]


def _ticks(low: float, high: float) -> dict[str, Any]:
    """Return ticks on powers of ten and, where these are few, between them."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    scales = [
        [value for decade in decades for step in steps
         if low / 1.05 <= (value := step * 10.0**decade) <= high * 1.05]
        for steps in _STEPS
    ]  # fmt: skip
    inside = next((values for values in scales if len(values) <= MOST_TICKS), scales[-1])
    return {"tickvals": inside, "ticktext": [_tick(value) for value in inside], "tickangle": 0}


def _tick(value: float) -> str:
    return compact(value) if value >= 0.001 else f"{value:.0e}".replace("e-0", "e−")


def _dots(trials: Sequence[Mapping[str, Any]], loss: str, across: str) -> go.Scatter | None:
    """Return the trials of one loss; crosses are those given up early."""
    name, colour, symbol = LOSSES[loss]
    ours = [t for t in trials if t.get("loss") == loss]
    if not ours:
        return None
    return go.Scatter(
        x=[t[across] for t in ours],
        y=[t["value"] for t in ours],
        mode="markers",
        name=name,
        marker={
            "color": colour,
            "size": 7,
            "symbol": ["x-thin" if t.get("state") == "pruned" else symbol for t in ours],
            "line": {"width": 1.5, "color": colour},
            "opacity": 0.85,
        },
        customdata=[_hover(t) for t in ours],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _hover(trial: Mapping[str, Any]) -> str:
    scale = trial.get("scale")
    return (
        f"Trial {number(trial.get('number'))}: {number(trial['value'], 4)}<br>"
        f"{plot_text(_loss(trial))}, {number(trial.get('components'))} components, rate "
        f"{_short(trial.get('learning_rate'))}, {number(trial.get('epochs'))} epochs"
        + (f"<br>tags weighted {_short(scale)}" if known(scale) else "")
        + ("<br>given up early" if trial.get("state") == "pruned" else "")
    )


def trials_table(ranking: Ranking, name: str) -> Table | None:
    """List the best trials of a search, folded."""
    search = ranking.search(name)
    trials = sorted(scored_trials(search), key=lambda t: (-t["value"], t["number"]))
    if not trials:
        return None
    total, shown = len(search.get("trials") or ()), trials[:MOST_ROWS]
    failed = sum(t.get("state") == "failed" for t in search.get("trials") or ())
    return Table(
        key=f"ranking-trials-{name.replace('_', '-')}",
        title=f"Search “{SEARCHES[name].lower()}”: the {number(len(shown))} best of "
        f"{counted(total, 'trial')}",
        caption=f"{_MEASURED}. "
        + (f"{counted(failed, 'trial')} came to no finite model. " if failed else "")
        + "Negatives: how the things are drawn that a liked one is compared with.",
        columns=(
            Column(name="Trial", numeric=True),
            Column(name="Loss"),
            Column(name="Components", numeric=True),
            Column(name="Rate", numeric=True),
            Column(name="Epochs", numeric=True),
            Column(name="Tags’ weight", numeric=True),
            Column(name="Penalty, things", numeric=True),
            Column(name="Penalty, users", numeric=True),
            Column(name="Draws", numeric=True),
            Column(name="Negatives"),
            Column(name="NDCG@10", numeric=True),
            Column(name="State"),
        ),
        rows=tuple(
            (
                number(trial.get("number")),
                _loss(trial),
                number(trial.get("components")),
                _short(trial.get("learning_rate")),
                number(trial.get("epochs")),
                _short(trial.get("scale")),
                _short(trial.get("item_alpha")),
                _short(trial.get("user_alpha")),
                number(trial.get("max_sampled")),
                plain(trial.get("negatives") or "–", 20),
                number(trial["value"], 4),
                "chosen"
                if trial.get("number") == search.get("best")
                else plain(trial.get("state") or "", 20),
            )
            for trial in shown
        ),
        folded=True,
    )


def _loss(entry: Mapping[str, Any]) -> str:
    """Return a loss by its name."""
    loss = str(entry.get("loss") or "–")
    return LOSSES[loss][0] if loss in LOSSES else plain(loss, 20)


def _short(value: float | None) -> str:
    return f"{value:.3g}" if value is not None and known(value) else "–"
