"""The features that are not content: creator, circumstances, what came after, the outcome."""

from thingistat_pipeline.features.families import YES_OR_NO, Family, Feature


def _creator(name: str, unit: str, meaning: str) -> Feature:
    return Feature(name, Family.CREATOR_AT_PUBLISH, unit, meaning)


def _context(name: str, unit: str, meaning: str) -> Feature:
    return Feature(name, Family.CONTEXT, unit, meaning)


def _engagement(name: str, unit: str, meaning: str) -> Feature:
    return Feature(name, Family.ENGAGEMENT, unit, meaning)


CREATOR_AT_PUBLISH = (
    _creator(
        "count_of_followers",
        "people",
        "Followers of the creator, read when the thing was observed and so later than its "
        "publication: a stand-in for the reach on that day.",
    ),
    _creator(
        "count_of_following",
        "people",
        "Users whom the creator follows, read when the thing was observed.",
    ),
    _creator(
        "count_of_designs",
        "things",
        "Things the creator has published, read when the thing was observed.",
    ),
    _creator("accepts_tips", YES_OR_NO, "The creator accepts tips, read when it was observed."),
    _creator(
        "creator_earlier_designs",
        "things",
        "Sampled things that the creator had published before this one.",
    ),
    _creator(
        "creator_days_since_first",
        "days",
        "Days since the creator's first sampled thing; unknown for that one itself.",
    ),
    _creator(
        "creator_days_since_previous",
        "days",
        "Days since the creator's last sampled thing before this one; unknown for the first.",
    ),
    _creator(
        "creator_earlier_median_downloads",
        "downloads",
        "Median downloads of the sampled things that the creator had published before this one, "
        "counted when they were observed and so later than its publication; unknown for the first.",
    ),
    _creator(
        "creator_earlier_most_downloads",
        "downloads",
        "Downloads of the most downloaded of them.",
    ),
)

CONTEXT = (
    _context(
        "age_days",
        "days",
        "Calendar days (UTC) from publication to observation; unknown where the observation "
        "lies before the publication.",
    ),
    _context(
        "log_age_days",
        "log(days)",
        "Natural logarithm of one more than the age in days: downloads come fast at first and "
        "slowly later.",
    ),
    _context("published_weekday", "day of the week", "Day of publication (UTC), Monday 1 to 7."),
    _context("published_hour", "hour", "Hour of publication (UTC), 0 to 23."),
)

ENGAGEMENT = (
    _engagement("like_count", "likes", "Likes received."),
    _engagement("collect_count", "collections", "Collections it was put into."),
    _engagement("comment_count", "comments", "Comments, replies among them."),
    _engagement(
        "root_comment_count",
        "comments",
        "Comments that open a thread; the creator's own count too.",
    ),
    _engagement("make_count", "makes", "Prints that others have shown."),
    _engagement("remix_count", "things", "Things derived from this one."),
    _engagement(
        "view_count",
        "views",
        "Page views; the site stopped counting in 2020, so it is unknown or stale for newer ones.",
    ),
    _engagement(
        "edited_later",
        YES_OR_NO,
        "Edited more than a day after publication. Creators look after what is noticed, and the "
        "old had more time for it: as much a consequence of popularity as a cause.",
    ),
)

OUTCOME = (
    Feature(
        "download_count",
        Family.OUTCOME,
        "downloads",
        "Downloads of the thing, as the site counts them. It does not say how the downloads of "
        "single files enter: the files' own counters often add up to more.",
    ),
    Feature(
        "average_download_count",
        Family.OUTCOME,
        "downloads per file",
        "Mean of its files' own download counts.",
    ),
    Feature(
        "top_file_downloads",
        Family.OUTCOME,
        "downloads",
        "Downloads of its most downloaded file, the nearest that the site tells to how many people "
        "took it; unknown where a file's own count is.",
    ),
)
