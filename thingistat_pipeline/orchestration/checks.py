"""Asset checks: what must hold before anything is published, and what deserves a second look.

Blocking checks (severity ERROR) stop everything below them. Warnings never stop a run: a strange
hit rate may be the site's doing. Each check's text says what it compares.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
from dagster import AssetCheckSeverity

from thingistat_pipeline.features.intervals import wilson_interval
from thingistat_pipeline.features.storage import read_frame
from thingistat_pipeline.orchestration.assets.advisor import advisor_forest
from thingistat_pipeline.orchestration.assets.popularity import FEATURES, parity_forest
from thingistat_pipeline.orchestration.assets.raw import raw_snapshots, raw_things
from thingistat_pipeline.orchestration.assets.warehouse import published_database
from thingistat_pipeline.orchestration.metadata import preview
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.popularity.parity import PARITY
from thingistat_pipeline.popularity.splits import read_split
from thingistat_pipeline.sampling.plan import read_plan
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import LATEST, read_metrics
from thingistat_pipeline.thingiverse.manifest import loads_in, read_records
from thingistat_pipeline.warehouse.contents import (
    missing_share_by_load,
    repeated_ids,
    schema_differences,
)
from thingistat_pipeline.warehouse.quarantine import REMEDY, Quarantine, newest_quarantine
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.working import working_connection

USUAL_HIT_RATE = (0.25, 0.45)
"""Around .353, the share of live ids among 10,000 random ones that were tried in the field."""
DRIFT_POINTS = 0.10
FEW_ATTEMPTS = 200
USUAL_COVERAGE = (0.75, 0.85)
"""What an 80 % interval is aimed to hold of the held-out things."""
FEW_HELD_OUT = 200
"""Below that a share misses the aim by chance too often to warn of."""


@dg.asset_check(asset=raw_things, blocking=True)
def every_part_of_every_night_is_there(
    settings: dg.ResourceParam[Settings],
) -> dg.AssetCheckResult:
    """Parts listed in the manifests exist with their size, and their lines add up."""
    problems = []
    for folder, manifest in loads_in(settings.nights_dir):
        for part in manifest.parts:
            path = folder / part.name
            if not path.is_file() or path.stat().st_size != part.bytes:
                problems.append(f"{manifest.name}/{part.name} is missing or has another size")
        lines = sum(part.lines for part in manifest.parts)
        if lines != manifest.counts.attempted:
            problems.append(
                f"{manifest.name} has {lines} lines for {manifest.counts.attempted} ids"
            )
    return verdict(problems, "restore the raw folder from a backup")


@dg.asset_check(asset="things", blocking=True, pool="warehouse")
def ids_are_unique(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """One row a thing, one row a creator."""
    with working_connection(settings.warehouse_file, read_only=True) as con:
        repeated = {table: repeated_ids(con, table) for table in ("things", "creators")}
    problems = [f"{table}: {count} repeated ids" for table, count in repeated.items() if count]
    return verdict(problems, "delete the warehouse folder; it is rebuilt from raw")


@dg.asset_check(asset="things", blocking=True, pool="warehouse")
def schema_is_as_declared(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Tables, columns and types of the file are those that the code declares."""
    with working_connection(settings.warehouse_file, read_only=True) as con:
        problems = schema_differences(con)
    return verdict(problems, "delete the warehouse folder; it is rebuilt from raw")


@dg.asset_check(asset="attempts", blocking=True, pool="warehouse")
def warehouse_covers_every_night(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Every finished night and snapshot is loaded, with the content that its manifest states."""
    finished = {
        manifest.name: manifest.content_hash
        for folder in (settings.nights_dir, settings.snapshots_dir)
        for _, manifest in loads_in(folder)
    }
    with working_connection(settings.warehouse_file, read_only=True) as con:
        loaded = dict(con.sql("SELECT load, content_hash FROM meta.loads").fetchall())
    problems = [f"{name} is not loaded" for name in sorted(finished.keys() - loaded.keys())]
    problems += [f"{name} has no raw folder" for name in sorted(loaded.keys() - finished.keys())]
    problems += [
        f"{name} is loaded in an older state"
        for name in sorted(finished.keys() & loaded.keys())
        if finished[name] != loaded[name]
    ]
    return verdict(problems, "materialize the warehouse tables again")


@dg.asset_check(asset="attempts")
def hit_rate_is_usual(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """The latest night's share of live ids is compatible with what was seen in the field."""
    nights = loads_in(settings.nights_dir)
    outcomes = _outcomes_drawn(nights[-1][0]) if nights else []
    if len(outcomes) < FEW_ATTEMPTS:
        return dg.AssetCheckResult(
            passed=True, description="Not applicable: too few ids were drawn to tell."
        )
    plan = read_plan(nights[-1][0])
    live, drawn = outcomes.count("ok"), len(outcomes)
    low, high = map(float, wilson_interval(live, drawn))
    # Where snapshots are left out of the frame, fewer of the ids that remain are live.
    lowest, highest = 0.0 if plan and plan.known else USUAL_HIT_RATE[0], USUAL_HIT_RATE[1]
    return dg.AssetCheckResult(
        passed=high >= lowest and low <= highest,
        severity=AssetCheckSeverity.WARN,
        description=(
            f"{live} of {drawn} drawn ids live; 95 % interval {low:.3f} to {high:.3f}, "
            f"usual {lowest} to {highest}. Far off, the API may refuse us or the frame's end be "
            "wrong."
        ),
        metadata={"hit_rate": live / drawn, "low": low, "high": high},
    )


def _outcomes_drawn(night: Path) -> list[str]:
    """Return what became of the ids that a night drew from the frame, the panel's left out."""
    return [record.outcome for record in read_records(night) if not record.panel]


@dg.asset_check(asset="observations", pool="warehouse")
def answers_did_not_drift(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """No column is missing much more often in the latest load than in the earlier ones."""
    with working_connection(settings.warehouse_file, read_only=True) as con:
        shares = missing_share_by_load(con)
    jumped = shares.filter(pl.col("latest") - pl.col("earlier") > DRIFT_POINTS)
    return dg.AssetCheckResult(
        passed=jumped.is_empty(),
        severity=AssetCheckSeverity.WARN,
        description=(
            "Share of missing values in the latest load against the earlier ones: "
            + (
                "; ".join(
                    f"{column} {latest:.0%} against {earlier:.0%}"
                    for column, latest, earlier in jumped.iter_rows()
                )
                or "no column jumped by more than 10 points."
            )
        ),
    )


@dg.asset_check(asset="quarantine", blocking=True, pool="warehouse")
def most_answers_were_understood(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """No more of the newest night is in quarantine than the settings allow; else no publishing."""
    found = _quarantine(settings)
    allowed = settings.quarantine_share_allowed
    too_much = found.is_too_much(allowed)
    return dg.AssetCheckResult(
        passed=not too_much,
        severity=AssetCheckSeverity.ERROR,
        description=(
            f"{_sentence(found)} {REMEDY}"
            if too_much
            else f"{found.held:,} of {found.answered:,} things, {allowed:.1%} is allowed."
        ),
        metadata={"share": found.share, "allowed": allowed},
    )


@dg.asset_check(asset="quarantine", pool="warehouse")
def every_answer_was_understood(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Nothing of the newest night is in quarantine."""
    found = _quarantine(settings)
    before = f"Of earlier nights {found.earlier:,} answers are in quarantine."
    reasons = pl.DataFrame(
        {
            "resource": [each.resource for each in found.findings],
            "field": [each.field for each in found.findings],
            "answers": [each.times for each in found.findings],
            "example": [each.thing_id for each in found.findings],
            "reason": [each.reason for each in found.findings],
        }
    )
    return dg.AssetCheckResult(
        passed=not found.held,
        severity=AssetCheckSeverity.WARN,
        description=(
            f"{_sentence(found)} Their texts are in the table `quarantine`. {before}"
            if found.held
            else f"Nothing. {before}"
        ),
        metadata={
            "things_of_the_newest_night": found.held,
            "answers_of_earlier_nights": found.earlier,
            **({} if reasons.is_empty() else {"by_reason": preview(reasons, rows=60)}),
        },
    )


def _sentence(found: Quarantine) -> str:
    told = found.told()
    return f"{told[:1].upper()}{told[1:]}."


def _quarantine(settings: Settings) -> Quarantine:
    with working_connection(settings.warehouse_file, read_only=True) as con:
        return newest_quarantine(con)


@dg.asset_check(asset=published_database, blocking=True)
def readers_see_what_was_loaded(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """The published file opens read-only and holds every load."""
    expected = len(loads_in(settings.nights_dir)) + len(loads_in(settings.snapshots_dir))
    with open_published(settings.published_file) as con:
        loads, things = con.sql(
            "SELECT (SELECT count(*) FROM meta.loads), (SELECT count(*) FROM things)"
        ).fetchall()[0]
    problems = [f"it holds {loads} of {expected} loads"] if loads != expected else []
    result = verdict(problems, "materialize published_database again")
    return result._replace(metadata={"things": things, "loads": loads})


@dg.asset_check(asset=parity_forest, blocking=True)
def train_and_test_do_not_overlap(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """No thing is both in the training and in the held-out rows, and none is there twice."""
    split = read_split(settings.models_dir / PARITY / LATEST)
    repeated = split.height - split["id"].n_unique()
    problems = [f"{repeated} ids stand in it more than once"] if repeated else []
    return verdict(problems, "train again; this is a bug in popularity/splits.py")


@dg.asset_check(asset=parity_forest)
def forest_beats_the_mean(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """The lower end of the forest's held-out R² lies above that of predicting the mean."""
    metrics = read_metrics(settings.models_dir, PARITY)
    low, floor = metrics["r2_test_low"], metrics["baselines"]["mean"]["r2_test"]
    known = low is not None and floor is not None
    return dg.AssetCheckResult(
        passed=known and low > floor,
        severity=AssetCheckSeverity.WARN,
        description=(
            f"The 95 % interval of the held-out R² begins at {low:.2f}; always predicting the mean "
            f"has {floor:.2f}."
            if known
            else "The held-out R² is undefined: too few things were held out."
        ),
    )


@dg.asset_check(asset=advisor_forest, blocking=True)
def advisor_split_has_no_overlap(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """No thing has two roles, and no creator has things that were fitted on and others held out."""
    if not read_metrics(settings.models_dir, ADVISOR)["fitted"]:
        return _not_fitted()
    split = read_split(settings.models_dir / ADVISOR / LATEST)
    creators = read_frame(settings.features_dir, FEATURES).frame.select("id", "creator_id")
    repeated = split.height - split["id"].n_unique()
    problems = [f"{repeated} ids stand in it more than once"] if repeated else []
    shared = creators_on_both_sides(split, creators)
    problems += [f"{shared} creators have things on both sides"] if shared else []
    return verdict(problems, "train again; this is a bug in popularity/splits.py")


@dg.asset_check(asset=advisor_forest)
def advisor_beats_age_only(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """The forest's R² on logs lies above that of the age alone, on held-out creators."""
    metrics = read_metrics(settings.models_dir, ADVISOR)
    if not metrics["fitted"]:
        return _not_fitted()
    (found,) = (
        model["difference"]
        for model in metrics["models"]
        if (model["model"], model["split"]) == ("age_only", "creator")
    )
    value, low, high = (found[end] for end in ("value", "low", "high"))
    return dg.AssetCheckResult(
        passed=high is not None and high < 0,
        severity=AssetCheckSeverity.WARN,
        description=(
            f"R² on logs of the age alone minus the forest's: {value:.3f}, 95 % interval {low:.3f} "
            f"to {high:.3f}."
            if high is not None
            else "The difference has no interval: too few creators were held out."
        ),
    )


@dg.asset_check(asset=advisor_forest)
def intervals_cover(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """The 80 % intervals hold 75 to 85 % of the held-out things, as far as so many can tell."""
    metrics = read_metrics(settings.models_dir, ADVISOR)
    if not metrics["fitted"]:
        return _not_fitted()
    intervals = metrics["intervals"]
    parts = [("all", intervals["overall"]), *((band["band"], band) for band in intervals["bands"])]
    judged = [(name, part) for name, part in parts if part["n"] >= FEW_HELD_OUT]
    outside = [name for name, part in judged if _is_clearly_outside(part)]
    return dg.AssetCheckResult(
        passed=not outside,
        severity=AssetCheckSeverity.WARN,
        description=(
            "Share of held-out things in their 80 % interval: "
            + "; ".join(f"{name} {part['coverage']:.0%} of {part['n']}" for name, part in judged)
            + "."
            if judged
            else f"Not applicable: fewer than {FEW_HELD_OUT} things were held out."
        ),
    )


def _is_clearly_outside(part: Mapping[str, Any]) -> bool:
    """Say whether a coverage's 95 % interval lies outside what is usual: a share is uncertain."""
    lowest, highest = USUAL_COVERAGE
    low, high = part["low"], part["high"]
    return low is not None and (high < lowest or low > highest)


def _not_fitted() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=True, description="Not applicable: there was too little to fit a model on."
    )


@dg.asset_check(asset=raw_snapshots)
def few_rows_were_rejected(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """At most one row in a hundred of any snapshot could not be read."""
    problems = [
        f"{manifest.name}: {manifest.counts.rejected} rows, reasons in {folder / 'rejects.jsonl'}"
        for folder, manifest in loads_in(settings.snapshots_dir)
        if manifest.counts.rejected > 0.01 * (manifest.counts.ok + manifest.counts.rejected)
    ]
    return verdict(problems, "read the ledger", severity=AssetCheckSeverity.WARN)


def creators_on_both_sides(split: pl.DataFrame, creators: pl.DataFrame) -> int:
    """Return how many known creators have things in more than one role.

    Parameters
    ----------
    split : polars.DataFrame
        id, split.
    creators : polars.DataFrame
        id, creator_id; a thing whose creator is unknown is nobody's.
    """
    roles = split.join(creators.drop_nulls(), on="id").group_by("creator_id")
    return roles.agg(pl.col("split").n_unique()).filter(pl.col("split") > 1).height


def verdict(
    problems: list[str],
    remedy: str,
    *,
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    """Return that a check passed, or what is wrong and how to mend it."""
    return dg.AssetCheckResult(
        passed=not problems,
        severity=severity,
        description=f"{'; '.join(problems)}. To mend it: {remedy}." if problems else None,
    )
