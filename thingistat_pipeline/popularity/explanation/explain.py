"""Which model is explained, on which rows, and the measurements one after the other.

The model that serves is explained, so that what is said fits what is predicted. Where that is none
of trees that add up to a prediction (the linear model, or rates on top of a curve of age), the
forest is explained in its place, and the result says so.
"""

from dataclasses import dataclass, replace
from functools import partial

import polars as pl
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from thingistat_pipeline.popularity.advisor.model import Advisor
from thingistat_pipeline.popularity.advisor.rows import ADVISOR, AdvisorRows, advisor_rows
from thingistat_pipeline.popularity.advisor.search import parameters_for
from thingistat_pipeline.popularity.explanation.actions import ACTIONABLE
from thingistat_pipeline.popularity.explanation.advice import Advice, advice
from thingistat_pipeline.popularity.explanation.drop_group import drop_group
from thingistat_pipeline.popularity.explanation.effects_curve import (
    accumulated_effects,
    half_sample_models,
)
from thingistat_pipeline.popularity.explanation.ensemble import PackedEnsemble
from thingistat_pipeline.popularity.explanation.group_importance import group_importance
from thingistat_pipeline.popularity.explanation.groups import feature_groups
from thingistat_pipeline.popularity.explanation.packing import packed
from thingistat_pipeline.popularity.explanation.small_forest import ParametersFor
from thingistat_pipeline.popularity.splits import Progress, Roles, roles_in
from thingistat_pipeline.settings import Effort

IMPORTANCE_SCHEMA = {
    "method": pl.String,
    "split": pl.String,
    "feature": pl.String,
    "mean": pl.Float64,
    "std": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
GROUPS_SCHEMA = {"group_name": pl.String, "feature": pl.String}
REMARKS_SCHEMA = {
    "about": pl.String,
    "position": pl.Int64,
    "change": pl.String,
    "remark": pl.String,
}


@dataclass(frozen=True, eq=False, slots=True)
class Explained:
    """The model that is explained, and the things on which.

    Attributes
    ----------
    name : str
        Key of the model: the one that serves, or the forest.
    remark : str
        Why another one than the serving one is explained; empty where it is the same.
    ensemble : PackedEnsemble
    boosting : HistGradientBoostingRegressor or None
        The model itself where it is boosting, for others like it to be fitted.
    parameters : callable
        Gives the forest's for a number of rows, for those that are fitted anew to see how sure a
        result is.
    rows : AdvisorRows
    roles : Roles
        As they were when the model was fitted; things that were not there then have none.
    """

    name: str
    remark: str
    ensemble: PackedEnsemble
    boosting: HistGradientBoostingRegressor | None
    parameters: ParametersFor
    rows: AdvisorRows
    roles: Roles


@dataclass(frozen=True, eq=False, slots=True)
class Importances:
    """What matters to a model.

    Attributes
    ----------
    table : polars.DataFrame
        method (permutation, group_permutation, drop_group), split (test), feature (or group),
        mean, std, low, high.
    groups : polars.DataFrame
        group_name, feature.
    """

    table: pl.DataFrame
    groups: pl.DataFrame


@dataclass(frozen=True, eq=False, slots=True)
class Advised:
    """What can be changed.

    Attributes
    ----------
    curves : polars.DataFrame
        feature, x, effect, low, high, things: accumulated local effects of the model, on held-out
        creators, of each feature that a maker can change.
    advice : Advice
    remark : str
        Why another model than the serving one is explained; empty where it is the same.
    """

    curves: pl.DataFrame
    advice: Advice
    remark: str = ""

    def remarks(self) -> pl.DataFrame:
        """Return what is said beside the table of changes: about, position, change, remark."""
        general = [said for said in (self.advice.reason, self.advice.chance, self.remark) if said]
        said: dict[str, list[tuple[str | None, str | None]]] = {
            "advice": [(None, remark) for remark in general],
            "file_claim": [(None, self.advice.file_claim.verdict)],
            "not_examined": self.advice.not_examined.select("change", "why").rows(),
        }
        return pl.DataFrame(
            [
                (about, position, *remark)
                for about, remarks in said.items()
                for position, remark in enumerate(remarks, start=1)
            ],
            schema=REMARKS_SCHEMA,
            orient="row",
        )


def no_importances() -> Importances:
    """Return the importances of a model that was not fitted: none."""
    return Importances(
        table=pl.DataFrame(schema=IMPORTANCE_SCHEMA), groups=pl.DataFrame(schema=GROUPS_SCHEMA)
    )


def explained(advisor: Advisor, frame: pl.DataFrame, split: pl.DataFrame) -> Explained:
    """Choose the model to explain and give things the roles that they had in its training.

    Parameters
    ----------
    advisor : Advisor
        As it was stored.
    frame : polars.DataFrame
        Features; may have grown since. Things that are no longer usable are passed over.
    split : polars.DataFrame
        id, split (train, calibration, test), stored with the model.

    Raises
    ------
    ThingistatError
        If the frame lacks a column of the model.
    """
    rows = replace(
        advisor_rows(frame, features=advisor.features),
        left_out=advisor.metrics["features_left_out"],
    )
    served = advisor.estimator
    trees = isinstance(served, RandomForestRegressor | HistGradientBoostingRegressor)
    return Explained(
        name=advisor.name if trees else ADVISOR,
        remark=""
        if trees
        else f"{advisor.name} serves, but has no trees that add up to a prediction: what is "
        f"explained is the forest ({ADVISOR}), which it beat.",
        ensemble=packed(served if trees else advisor.forest),
        boosting=served if isinstance(served, HistGradientBoostingRegressor) else None,
        parameters=partial(parameters_for, advisor.metrics),
        rows=rows,
        roles=roles_in(split, rows.ids),
    )


def importances(
    model: Explained,
    *,
    seed: int,
    effort: Effort,
    threads: int = 2,
    progress: Progress | None = None,
) -> Importances:
    """Measure on held-out creators what the model leans on: features, groups, refits without them.

    Returns
    -------
    Importances
        Features and groups by the fall of R² on logs when they are shuffled; the groups that came
        out on top also by its fall when a forest is fitted without them.
    """
    tell = progress or _tell_nobody
    rows, held_out = model.rows, model.rows.taken(model.roles.test)
    groups = feature_groups(rows.X[model.roles.train], rows.features)
    tell("groups", 1, 4)
    singly = {name: [name] for name in rows.features}
    shuffled = {
        method: group_importance(
            model.ensemble, held_out, together, seed=seed, effort=effort, threads=threads
        )
        for method, together in (("permutation", singly), ("group_permutation", groups))
    }
    tell("shuffling", 3, 4)
    dropped = drop_group(
        rows,
        model.roles,
        groups,
        shuffled["group_permutation"]["group"].to_list(),
        model.parameters,
        seed=seed,
        effort=effort,
        threads=threads,
    )
    tell("fitting without groups", 4, 4)
    found = {
        **shuffled,
        "drop_group": dropped.with_columns(mean="fall", std=pl.lit(None, pl.Float64)),
    }
    return Importances(
        table=pl.concat(_named(method, table) for method, table in found.items()),
        groups=pl.DataFrame(
            [(group, name) for group, members in groups.items() for name in members],
            schema=GROUPS_SCHEMA,
            orient="row",
        ),
    )


def advised(
    model: Explained,
    frame: pl.DataFrame,
    measured: Importances,
    *,
    seed: int,
    effort: Effort,
    threads: int = 2,
    progress: Progress | None = None,
) -> Advised:
    """Draw the model's curves of what makers can change, and examine every change.

    Parameters
    ----------
    model : Explained
    frame : polars.DataFrame
        The one that its rows were made from.
    measured : Importances
        Of the same model.
    """
    tell = progress or _tell_nobody
    halves = half_sample_models(
        model.rows,
        model.roles,
        model.parameters,
        boosting=model.boosting,
        seed=seed,
        effort=effort,
        threads=threads,
    )
    tell("curves", 1, 3)
    curves = accumulated_effects(
        partial(model.ensemble.predict, threads=threads),
        halves,
        model.rows.taken(model.roles.test),
        ACTIONABLE,
        seed=seed,
        effort=effort,
        threads=threads,
    )
    tell("curves", 2, 3)
    of_groups = measured.table.filter(method="group_permutation").rename({"feature": "group"})
    members = measured.groups.group_by("group_name", maintain_order=True).agg("feature")
    found = advice(
        model.rows,
        frame,
        seed=seed,
        effort=effort,
        curves=curves,
        importances=of_groups,
        groups=dict(members.iter_rows()),
    )
    tell("changes", 3, 3)
    return Advised(curves=curves, advice=found, remark=model.remark)


def _named(method: str, table: pl.DataFrame) -> pl.DataFrame:
    # Polars' type of a schema to cast to has no place for a plain dictionary of its types.
    return table.select(
        pl.lit(method).alias("method"),
        pl.lit("test").alias("split"),
        pl.col("group").alias("feature"),
        "mean",
        "std",
        "low",
        "high",
    ).cast(IMPORTANCE_SCHEMA)  # type: ignore[arg-type]


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Do nothing: nobody asked for the progress."""
