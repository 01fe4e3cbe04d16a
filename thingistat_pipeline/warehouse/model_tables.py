"""The tables that models write: what matters, what to change, what is alike, how they scored."""

from thingistat_pipeline.warehouse.schema import Column, Table

_MODEL = Column("model", "VARCHAR", "Name of the model, as in the folder models/")
_VERSION = Column("version", "VARCHAR", "Version of the model, as in the folder models/")

FEATURE_IMPORTANCE = Table(
    "main",
    "feature_importance",
    "How much each feature, or group of features, matters to the latest version of each model",
    ("model", "version", "method", "split", "feature"),
    (
        _MODEL,
        _VERSION,
        Column(
            "method",
            "VARCHAR",
            "mean_decrease_in_variance or permutation of a feature; group_permutation or "
            "drop_group (fitted again without it) of a group of features",
        ),
        Column("split", "VARCHAR", "Rows on which it was measured: train or test (held out)"),
        Column("feature", "VARCHAR", "Name of the feature; of the group for methods of groups"),
        Column("mean", "DOUBLE", "Importance: share of variance, or fall of R2 without it"),
        Column("std", "DOUBLE", "Standard deviation over trees or repeats; NULL for drop_group"),
        Column("low", "DOUBLE", "Lower end of the 95 % interval over creators, if measured"),
        Column("high", "DOUBLE", "Upper end of the 95 % interval over creators, if measured"),
    ),
)

FEATURE_GROUPS = Table(
    "main",
    "feature_groups",
    "Which features move together, and are therefore shuffled or left out together",
    ("model", "version", "group_name", "feature"),
    (
        _MODEL,
        _VERSION,
        Column("group_name", "VARCHAR", "Name of the group"),
        Column("feature", "VARCHAR", "A feature in it"),
    ),
)

FEATURE_EFFECTS = Table(
    "main",
    "feature_effects",
    "Accumulated local effects: how the model's prediction is associated with a feature that a "
    "creator can change, point by point",
    ("model", "version", "feature", "x"),
    (
        _MODEL,
        _VERSION,
        Column("feature", "VARCHAR", "Name of the feature"),
        Column("x", "DOUBLE", "Value of the feature, in its own unit"),
        Column("effect", "DOUBLE", "Change of log(1 + downloads) against the average thing"),
        Column("low", "DOUBLE", "Lower edge of the 95 % band"),
        Column("high", "DOUBLE", "Upper edge of the 95 % band"),
        Column("things", "BIGINT", "Things that the stretch up to this value rests on"),
    ),
)

ADVICE = Table(
    "main",
    "advice",
    "What a creator could change before posting, ranked, with how much more such things are "
    "downloaded and how sure that is. Associations, not causes",
    ("model", "version", "rank"),
    (
        _MODEL,
        _VERSION,
        Column("rank", "BIGINT", "Place in the list, from 1"),
        Column("action", "VARCHAR", "Key of the change"),
        Column("change", "VARCHAR", "The change, as a sentence"),
        Column("feature", "VARCHAR", "Feature that the change moves"),
        Column("before", "VARCHAR", "How the thing looks before it"),
        Column("after", "VARCHAR", "How the thing looks after it"),
        Column("effect", "DOUBLE", "Difference of log(1 + downloads) between after and before"),
        Column("low", "DOUBLE", "Lower end of the 95 % interval, hidden traits allowed for"),
        Column("high", "DOUBLE", "Upper end of the 95 % interval, hidden traits allowed for"),
        Column("sampling_low", "DOUBLE", "Lower end of the 95 % interval of sampling alone"),
        Column("sampling_high", "DOUBLE", "Upper end of the 95 % interval of sampling alone"),
        Column("factor", "DOUBLE", "exp(effect): by what downloads are multiplied"),
        Column("factor_low", "DOUBLE", "exp(low)"),
        Column("factor_high", "DOUBLE", "exp(high)"),
        Column("support", "BIGINT", "Training things that look as after the change"),
        Column("support_before", "BIGINT", "Training things that look as before the change"),
        Column("could", "BIGINT", "Things that could make this change"),
        Column("evidence", "VARCHAR", "strong, moderate, weak or no evidence"),
        Column("ale", "DOUBLE", "The same change as the model's own predictions have it"),
        Column("group", "VARCHAR", "Group of features that the feature belongs to"),
        Column("group_importance", "DOUBLE", "Fall of R2 when that group is shuffled"),
        Column("note", "VARCHAR", "What else to know before making the change"),
    ),
)

ADVICE_REMARKS = Table(
    "main",
    "advice_remarks",
    "What to know beside the table advice: how much of it may be chance, what the claim about "
    "files comes to, and which changes could not be examined",
    ("model", "version", "about", "position"),
    (
        _MODEL,
        _VERSION,
        Column("about", "VARCHAR", "advice, file_claim or not_examined"),
        Column("position", "BIGINT", "Place among the remarks about it, from 1"),
        Column("change", "VARCHAR", "The change that was not examined; otherwise NULL"),
        Column("remark", "VARCHAR", "The remark, a sentence or two"),
    ),
)

FILE_CLAIM = Table(
    "main",
    "file_claim",
    "Whether more files mean more downloads, or only more clicks: the same association for "
    "several outcomes",
    ("model", "version", "outcome"),
    (
        _MODEL,
        _VERSION,
        Column("outcome", "VARCHAR", "What is counted"),
        Column("effect", "DOUBLE", "Change of its logarithm for each doubling of the files"),
        Column("low", "DOUBLE", "Lower end of the 95 % interval"),
        Column("high", "DOUBLE", "Upper end of the 95 % interval"),
        Column("n", "BIGINT", "Things that it rests on"),
    ),
)

METRICS_HISTORY = Table(
    "main",
    "metrics_history",
    "Scores of every stored version of the advisor's models, night after night; made anew each "
    "time from the stored versions",
    ("observed_through", "n_rows", "version", "model", "split", "metric"),
    (
        Column("model", "VARCHAR", "Model scored: the advisor's, a challenger or a baseline"),
        Column("version", "VARCHAR", "Version of the advisor's forest it was scored beside"),
        Column("observed_through", "DATE", "Day of the last observation that it learnt from"),
        Column("n_rows", "BIGINT", "Things, held-out ones included"),
        Column("effort", "VARCHAR", "quick or full: size of searches and bootstraps"),
        Column("source", "VARCHAR", "World of the things: sandbox, thingiverse, snapshot"),
        Column("split", "VARCHAR", "What was held out: creator (whole ones) or time (the newest)"),
        Column("metric", "VARCHAR", "Name of the score; coverage is that of the 80 % intervals"),
        Column("value", "DOUBLE", "The score"),
        Column("low", "DOUBLE", "Lower end of its 95 % interval over creators"),
        Column("high", "DOUBLE", "Upper end of its 95 % interval over creators"),
    ),
)

_RANK = Column("rank", "BIGINT", "Place in the list, from 1")

SIMILAR_THINGS = Table(
    "main",
    "similar_things",
    "The things most similar to each live thing: by who likes what where there are enough likes, "
    "otherwise by what the things are about",
    ("model", "version", "thing_id", "rank"),
    (
        _MODEL,
        _VERSION,
        Column("thing_id", "BIGINT", "Thing: things.id"),
        Column("neighbour_id", "BIGINT", "A thing that is like it: things.id"),
        _RANK,
        Column("score", "DOUBLE", "How alike: comparable within one list only"),
        Column(
            "basis",
            "VARCHAR",
            "likes: both things have enough likes, and likes alone say so; both: likes and what "
            "the things are about, added; features: the same, but one of them has too few likes "
            "and stands where its tags, category, creator and licence put it; content: what they "
            "are about alone",
        ),
    ),
)

TAG_THINGS = Table(
    "main",
    "tag_things",
    "The things closest to each tag, whether they bear it or not: closeness, not popularity",
    ("model", "version", "tag", "rank"),
    (
        _MODEL,
        _VERSION,
        Column("tag", "VARCHAR", "Tag: tags.tag"),
        Column("thing_id", "BIGINT", "Thing: things.id"),
        _RANK,
        Column("score", "DOUBLE", "How close: comparable within one list only"),
    ),
)

SUGGESTED_TAGS = Table(
    "main",
    "suggested_tags",
    "Tags that each live thing does not bear but things like it do",
    ("model", "version", "thing_id", "rank"),
    (
        _MODEL,
        _VERSION,
        Column("thing_id", "BIGINT", "Thing: things.id"),
        Column("tag", "VARCHAR", "Tag: tags.tag"),
        _RANK,
        Column("score", "DOUBLE", "How fitting: comparable within one list only"),
        Column("things", "BIGINT", "Live things that bear the tag"),
    ),
)

TAG_NEIGHBOURS = Table(
    "main",
    "tag_neighbours",
    "The tags closest to each tag, by the things that bear them",
    ("model", "version", "tag", "rank"),
    (
        _MODEL,
        _VERSION,
        Column("tag", "VARCHAR", "Tag: tags.tag"),
        Column("neighbour", "VARCHAR", "A tag that is close to it: tags.tag"),
        _RANK,
        Column("score", "DOUBLE", "How close: comparable within one list only"),
    ),
)

RANKING_SCORES = Table(
    "main",
    "ranking_scores",
    "How well likes that were hidden are found, by the ranker and by what it must beat",
    ("model", "version", "method", "split", "measure"),
    (
        _MODEL,
        _VERSION,
        Column("method", "VARCHAR", "What ranks the things for a user: a ranker or a baseline"),
        Column(
            "split",
            "VARCHAR",
            "What was hidden: test (some likes of users) or cold_start (all likes of some things)",
        ),
        Column("measure", "VARCHAR", "Name of the measure, as precision_at_5 or ndcg_at_10"),
        Column("value", "DOUBLE", "The measure"),
        Column(
            "low",
            "DOUBLE",
            "Lower end of its 95 % interval, if it has one: over users, at cold_start over users "
            "and things",
        ),
        Column(
            "high",
            "DOUBLE",
            "Upper end of its 95 % interval, if it has one: over users, at cold_start over users "
            "and things",
        ),
        Column("users", "BIGINT", "Users that it was measured on"),
    ),
)

LOOK_ALIKES = Table(
    "main",
    "look_alikes",
    "The things whose cover pictures look most like that of each thing that has one",
    ("model", "version", "thing_id", "rank"),
    (
        _MODEL,
        _VERSION,
        Column("thing_id", "BIGINT", "Thing: things.id"),
        Column("neighbour_id", "BIGINT", "A thing that looks like it: things.id"),
        _RANK,
        Column(
            "similarity",
            "DOUBLE",
            "How alike the pictures look: cosine of what a pretrained network sees in them, at "
            "most 1; comparable between lists",
        ),
        Column(
            "duplicate",
            "BOOLEAN",
            "Whether it is nearly the same picture: a thing uploaded again, or a remix that kept "
            "the picture",
        ),
    ),
)

MODEL_TABLES = (
    FEATURE_IMPORTANCE,
    FEATURE_GROUPS,
    FEATURE_EFFECTS,
    ADVICE,
    ADVICE_REMARKS,
    FILE_CLAIM,
    METRICS_HISTORY,
    SIMILAR_THINGS,
    TAG_THINGS,
    SUGGESTED_TAGS,
    TAG_NEIGHBOURS,
    RANKING_SCORES,
    LOOK_ALIKES,
)

ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    FEATURE_IMPORTANCE.name: {
        "method": ("mean_decrease_in_variance", "permutation", "group_permutation", "drop_group"),
        "split": ("train", "test"),
    },
    ADVICE.name: {"evidence": ("strong", "moderate", "weak", "no evidence")},
    ADVICE_REMARKS.name: {"about": ("advice", "file_claim", "not_examined")},
    METRICS_HISTORY.name: {"split": ("creator", "time"), "effort": ("quick", "full")},
    SIMILAR_THINGS.name: {"basis": ("likes", "both", "features", "content")},
    RANKING_SCORES.name: {"split": ("test", "cold_start")},
}
"""Words that a column may hold, by table and column."""
