"""What is different from the model before: its scores, and the things that it was fitted on.

Compares two stored metrics, of which either may be from another version of the code: what one of
them lacks is left out. A night on which the features moved has scores that mean something else.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.popularity.advisor.scores import METRICS

MOST_FEATURES = 10
MOVED = 0.1
"""A mean that moved by more than so many standard deviations is flagged; Austin, "Balance
diagnostics", Statistics in Medicine 28 (2009), calls less than that negligible."""
KNOWN_MOVED = 0.05
"""A share of known values that moved by more than this is listed."""

_HEADLINE = (ADVISOR, "creator")

Metrics = Mapping[str, Any]


def drift(previous: Metrics, current: Metrics) -> dict[str, list[Any]]:
    """Compare the metrics of two fits of the advisor's model.

    Parameters
    ----------
    previous, current : mapping
        The `metrics.json` of both; incomplete ones are fine.

    Returns
    -------
    dict

        - `scores`: metric, before, now (each value, low, high) of the forest on held-out creators.
        - `features`: the ten whose mean moved most: feature, before, now (means),
          standardised_difference (None where it was constant both times, but different) and
          moved, whether by more than 0.1.
        - `appeared`, `vanished`: names of features that only one of them has.
        - `known`: feature, before, now (share of things of which it is known) where that moved by
          more than 5 points.
    """
    before, now = _mapping(previous, "feature_summary"), _mapping(current, "feature_summary")
    both = [name for name in now if name in before]
    return {
        "scores": list(_scores(_forest_scores(previous), _forest_scores(current))),
        "features": _moved_most(before, now, both),
        "appeared": sorted(set(now) - set(before)) if before else [],
        "vanished": sorted(set(before) - set(now)) if now else [],
        "known": list(_known(before, now, both)),
    }


def previous_version(versions: Mapping[str, Metrics], current_version: str) -> str | None:
    """Return the version to compare with: the latest fitted one before the current one.

    Parameters
    ----------
    versions : mapping of str to mapping
        The metrics of all stored versions, by version; those that say they were not fitted are
        passed over.
    current_version : str

    Returns
    -------
    str or None
        Versions are ordered by the last day observed, then by rows, then by name. None where the
        current one is the first, or not among them.
    """
    if current_version not in versions:
        return None
    current = _age_of(current_version, versions[current_version])
    earlier = [
        found
        for version, metrics in versions.items()
        if metrics.get("fitted", True) and (found := _age_of(version, metrics)) < current
    ]
    return max(earlier)[-1] if earlier else None


def _age_of(version: str, metrics: Metrics) -> tuple[str, float, str]:
    return str(metrics.get("observed_through") or ""), _number(metrics, "n_rows") or 0.0, version


def _forest_scores(metrics: Metrics) -> Metrics:
    models = metrics.get("models")
    for model in models if isinstance(models, list) else []:
        if isinstance(model, Mapping) and (model.get("model"), model.get("split")) == _HEADLINE:
            return _mapping(model, "scores")
    return {}


def _scores(before: Metrics, now: Metrics) -> Iterator[dict[str, Any]]:
    for metric in METRICS:
        was, is_now = _mapping(before, metric), _mapping(now, metric)
        if _number(was, "value") is not None and _number(is_now, "value") is not None:
            yield {"metric": metric, "before": _figure(was), "now": _figure(is_now)}


def _figure(score: Metrics) -> dict[str, float | None]:
    return {part: _number(score, part) for part in ("value", "low", "high")}


def _moved_most(before: Metrics, now: Metrics, both: list[str]) -> list[dict[str, Any]]:
    found = []
    for name in both:
        was, is_now = _mapping(before, name), _mapping(now, name)
        old, new = _number(was, "mean"), _number(is_now, "mean")
        old_sd, new_sd = _number(was, "sd"), _number(is_now, "sd")
        if old is None or new is None or old_sd is None or new_sd is None:
            continue
        by = _standardised(new - old, math.hypot(old_sd, new_sd) / math.sqrt(2.0))
        moved = by is None or abs(by) > MOVED
        found.append(
            {
                "feature": name,
                "before": old,
                "now": new,
                "standardised_difference": by,
                "moved": moved,
            }
        )
    return sorted(found, key=_by_size)[:MOST_FEATURES]


def _standardised(difference: float, deviation: float) -> float | None:
    """Return a difference in standard deviations; None where it is beyond any number of them."""
    if difference == 0:
        return 0.0
    by = difference / deviation if deviation > 0 else math.inf
    return by if math.isfinite(by) else None


def _by_size(moved: dict[str, Any]) -> tuple[float, str]:
    by = moved["standardised_difference"]
    return -math.inf if by is None else -abs(by), moved["feature"]


def _known(before: Metrics, now: Metrics, both: list[str]) -> Iterator[dict[str, Any]]:
    for name in both:
        was = _number(_mapping(before, name), "known")
        is_now = _number(_mapping(now, name), "known")
        if was is not None and is_now is not None and abs(is_now - was) > KNOWN_MOVED:
            yield {"feature": name, "before": was, "now": is_now}


def _mapping(parent: Metrics, key: str) -> Metrics:
    found = parent.get(key)
    return found if isinstance(found, Mapping) else {}


def _number(parent: Metrics, key: str) -> float | None:
    found = parent.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        return None
    return float(found)
