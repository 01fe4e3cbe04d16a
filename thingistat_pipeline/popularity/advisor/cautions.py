"""Why the advisor's figures are weaker than they look, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from thingistat_pipeline.popularity.advisor.rows import ADVISOR

FEW_THINGS, FEW_TEST_CREATORS = 2_000, 200
WIDE_INTERVAL = 0.15
AIM = (0.75, 0.85)
"""Between these the coverage of a nominal 80 % is as it should be."""
MANY_DROPPED = 0.1


def cautions(metrics: Mapping[str, Any]) -> list[str]:
    """Return what a reader of a fitted model's metrics has to bear in mind."""
    return [*_of_the_sample(metrics), *_of_the_skill(metrics), *_of_the_intervals(metrics)]


def dropped_things(rows_dropped: Mapping[str, int], kept: int) -> list[str]:
    """Say how many things were left out and why, if they are many."""
    dropped = sum(rows_dropped.values())
    if dropped <= MANY_DROPPED * (dropped + kept):
        return []
    share = dropped / (dropped + kept)
    reasons = ", ".join(f"{why}: {n:,}" for why, n in rows_dropped.items())
    return [f"{dropped:,} things ({share:.0%}) were left out ({reasons})."]


def _of_the_sample(metrics: Mapping[str, Any]) -> Iterator[str]:
    if metrics["n_rows"] < FEW_THINGS:
        yield (
            f"The model rests on {metrics['n_rows']:,} things only: small effects cannot be told "
            "from chance."
        )
    if metrics["n_test_creators"] < FEW_TEST_CREATORS:
        yield (
            f"Only {metrics['n_test_creators']:,} creators were held out, so that the intervals "
            "themselves are rough."
        )
    yield from dropped_things(metrics["rows_dropped"], metrics["n_rows"])


def _of_the_skill(metrics: Mapping[str, Any]) -> Iterator[str]:
    rows = {(row["model"], row["split"]): row["scores"]["r2_log"] for row in metrics["models"]}
    serving = rows[metrics["winner"], "creator"]
    if serving["low"] is None or serving["high"] is None:
        yield "There are too few held-out creators for intervals of the scores."
    elif serving["high"] - serving["low"] > WIDE_INTERVAL:
        yield (
            f"The skill on held-out creators is not known well: R² on logs lies between "
            f"{serving['low']:.2f} and {serving['high']:.2f} (95 % interval)."
        )
    gained = metrics["against_age_only"]["low"]
    if gained is not None and gained <= 0.0:
        yield (
            "The model does not do better than the age alone by more than the noise: what it says "
            "about anything else means little."
        )
    forest, later = rows[ADVISOR, "creator"]["value"], rows.get((ADVISOR, "time"))
    if later and forest is not None and later["value"] is not None:
        fall = forest - later["value"]
        if fall > WIDE_INTERVAL:
            yield (
                f"On things newer than all it was fitted on, the forest's R² on logs is "
                f"{later['value']:.2f} instead of {forest:.2f}. Part of that is that new things "
                "are more alike in age; the rest is that it does not carry over well to what comes."
            )


def _of_the_intervals(metrics: Mapping[str, Any]) -> Iterator[str]:
    intervals = metrics["intervals"]
    named = [("overall", intervals["overall"])]
    named += [(f"for things of {band['band']}", band) for band in intervals["bands"]]
    for where, found in named:
        if found["coverage"] is None:
            continue
        # A band's own uncertainty counts: only what is surely outside is worth a warning.
        outside = not AIM[0] <= found["coverage"] <= AIM[1]
        sure = where == "overall" or _apart(found)
        if outside and sure:
            yield (
                f"The prediction intervals hold {found['coverage']:.0%} of the held-out things "
                f"{where}, where 80 % were meant."
            )


def _apart(found: Mapping[str, Any]) -> bool:
    """Say whether even the coverage's own interval lies outside the aim."""
    if found["low"] is None or found["high"] is None:
        return False
    return bool(found["high"] < AIM[0] or found["low"] > AIM[1])
