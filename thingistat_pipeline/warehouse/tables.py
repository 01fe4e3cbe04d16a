"""Every table of the warehouse, with the comments that a reader of the file sees.

Counts are BIGINT, times are TIMESTAMP in UTC, flags are BOOLEAN, and NULL always means "not
known". The order of the entries is the order in which the tables are filled. Those that models
write are declared in `model_tables`.
"""

from thingistat_pipeline.warehouse.model_tables import MODEL_TABLES
from thingistat_pipeline.warehouse.schema import Column, Table
from thingistat_pipeline.warehouse.text_measures import MEASURES

_THING_ID = Column("thing_id", "BIGINT", "Thing: things.id")
_THING_ID_TRIED = Column("thing_id", "BIGINT", "The id that was tried")
_POSITION = Column("position", "BIGINT", "Place in the thing's own list, from 1")
_LOAD = Column("load", "VARCHAR", "Load (night or snapshot) that brought the row: meta.loads.load")
_SOURCE = Column(
    "source",
    "VARCHAR",
    "World of the load: sandbox (simulated), thingiverse (the live site) or snapshot (published)",
)

_COUNTS = (
    Column("like_count", "BIGINT", "Users who like the thing"),
    Column("collect_count", "BIGINT", "Collections that hold the thing"),
    Column("comment_count", "BIGINT", "Comments, replies included"),
    Column("root_comment_count", "BIGINT", "Comments without replies"),
    Column("download_count", "BIGINT", "Downloads; every file of a thing counts when clicked"),
    Column("view_count", "BIGINT", "Page views; the site stopped counting them in 2020"),
    Column("remix_count", "BIGINT", "Things that name this one as an ancestor"),
    Column("make_count", "BIGINT", "Prints that users reported"),
    Column("file_count", "BIGINT", "Files; the length of the list of files where not stated"),
    Column("image_count", "BIGINT", "Pictures, renders included; the length of the list if unsaid"),
)

THINGS = Table(
    "main",
    "things",
    "The latest live state of each thing ever seen live: one row a thing. Whether it has been "
    "removed since is in attempts",
    ("id",),
    (
        Column("id", "BIGINT", "The site's number of the thing; unique"),
        Column("name", "VARCHAR", "Title"),
        Column("thumbnail", "VARCHAR", "Address of the small picture"),
        Column("default_image_url", "VARCHAR", "Address of the large picture shown first"),
        Column("public_url", "VARCHAR", "Address of the thing's page"),
        Column("creator_id", "BIGINT", "Who published it: creators.id"),
        Column("added", "TIMESTAMP", "When it was published, UTC"),
        Column("modified", "TIMESTAMP", "When it was last edited, UTC"),
        Column("observed_at", "TIMESTAMP", "When this state was seen, UTC"),
        _LOAD,
        _SOURCE,
        Column("is_published", "BOOLEAN", "Is public"),
        Column("is_wip", "BOOLEAN", "Is marked as work in progress"),
        Column("is_featured", "BOOLEAN", "Was featured by the site's editors"),
        Column("is_nsfw", "BOOLEAN", "Is marked as not safe for work"),
        Column("is_ai", "BOOLEAN", "Is marked as made with AI"),
        Column("is_private", "BOOLEAN", "Is private"),
        Column("is_derivative", "BOOLEAN", "Is a remix of another thing"),
        Column("allows_derivatives", "BOOLEAN", "Its licence allows remixes"),
        Column("can_comment", "BOOLEAN", "Comments are open"),
        *_COUNTS,
        Column("print_history_count", "BIGINT", "Prints sent through the site's print service"),
        Column("app_count", "BIGINT", "Apps (Customizer and others) that offer the thing"),
        Column("app_id", "BIGINT", "App that made the thing, if any"),
        Column(
            "average_download_count",
            "DOUBLE",
            "Mean downloads of the thing's files; computed from the list where not stated",
        ),
        Column(
            "added_images_count",
            "BIGINT",
            "image_count - file_count: pictures beyond the one the site renders of each file",
        ),
        Column("description", "VARCHAR", "Summary text, as written"),
        Column("instructions", "VARCHAR", "Printing instructions, as written"),
        Column("details", "VARCHAR", "All sections of the page as HTML"),
        Column("print_settings", "MAP(VARCHAR, VARCHAR)", "Printer settings by the site's labels"),
        Column("license", "VARCHAR", "Name of the licence"),
        Column("moderation", "VARCHAR", "State of moderation, if any"),
        Column("likers_truncated", "BOOLEAN", "The list in likes was cut at a cap"),
    ),
)

TEXT_MEASURES = Table(
    "main",
    "text_measures",
    "What can be counted in each thing's description, instructions and page (details), so that "
    "nobody has to read them to count: one row a thing",
    ("thing_id",),
    (_THING_ID, *MEASURES),
)

OBSERVATIONS = Table(
    "main",
    "observations",
    "Every time a thing was seen live: its counts then. Two rows of a thing give its growth",
    ("thing_id", "observed_at", "load"),
    (
        _THING_ID,
        Column("observed_at", "TIMESTAMP", "When it was seen, UTC"),
        _LOAD,
        _SOURCE,
        Column(
            "panel", "BOOLEAN", "Seen as a member of the panel that is observed again and again"
        ),
        *_COUNTS,
        Column("creator_id", "BIGINT", "Who published it: creators.id"),
        Column("count_of_followers", "BIGINT", "Followers of the creator then"),
        Column("count_of_following", "BIGINT", "Users whom the creator followed then"),
        Column("count_of_designs", "BIGINT", "Things that the creator had published then"),
    ),
)

CREATORS = Table(
    "main",
    "creators",
    "Who publishes things: the latest state seen, one row a creator",
    ("id",),
    (
        Column("id", "BIGINT", "The site's number of the user; unique"),
        Column("name", "VARCHAR", "User name"),
        Column("public_url", "VARCHAR", "Address of the user's page"),
        Column("count_of_followers", "BIGINT", "Followers"),
        Column("count_of_following", "BIGINT", "Users whom the creator follows"),
        Column("count_of_designs", "BIGINT", "Things that the creator has published"),
        Column("accepts_tips", "BOOLEAN", "Accepts tips"),
        Column("first_name", "VARCHAR", "First name; NULL unless personal data are kept"),
        Column("last_name", "VARCHAR", "Last name; NULL unless personal data are kept"),
        Column("location", "VARCHAR", "Place; NULL unless personal data are kept"),
        Column("observed_at", "TIMESTAMP", "When this state was seen, UTC"),
    ),
)

TAGS = Table(
    "main",
    "tags",
    "Every tag seen, one row a tag, as last seen",
    ("tag",),
    (
        Column("tag", "VARCHAR", "Normalised key (lower case, underscores); unique"),
        Column("name", "VARCHAR", "The tag as a creator wrote it"),
        Column("absolute_url", "VARCHAR", "Address of the tag's page"),
        Column("count", "BIGINT", "Things on the whole site that bear the tag"),
    ),
)

THING_TAGS = Table(
    "main",
    "thing_tags",
    "Which thing bears which tag",
    ("thing_id", "tag"),
    (_THING_ID, Column("tag", "VARCHAR", "Tag: tags.tag"), _POSITION),
)

CATEGORIES = Table(
    "main",
    "categories",
    "Every category seen, one row a category, as last seen",
    ("name",),
    (
        Column("name", "VARCHAR", "Name; unique"),
        Column("slug", "VARCHAR", "Name in addresses"),
        Column("id", "BIGINT", "The site's number of the category"),
        Column("count", "BIGINT", "Things on the whole site in the category"),
    ),
)

THING_CATEGORIES = Table(
    "main",
    "thing_categories",
    "Which thing is in which category",
    ("thing_id", "category"),
    (_THING_ID, Column("category", "VARCHAR", "Category: categories.name"), _POSITION),
)

LIKES = Table(
    "main",
    "likes",
    "Who likes what, as far as the list was fetched (see things.likers_truncated)",
    ("thing_id", "liker"),
    (
        _THING_ID,
        Column("liker", "BIGINT", "Keyed hash of a user number; says nothing of who it is"),
    ),
)

FILES = Table(
    "main",
    "files",
    "The files of each thing",
    ("thing_id", "position"),
    (
        _THING_ID,
        Column("file_id", "BIGINT", "The site's number of the file"),
        Column("name", "VARCHAR", "File name"),
        Column("size_bytes", "BIGINT", "Size in bytes"),
        Column("download_count", "BIGINT", "Downloads of this file"),
        Column("added", "TIMESTAMP", "When it was added, UTC"),
        Column("kind", "VARCHAR", "Lower-case extension of the name, without the dot"),
        _POSITION,
    ),
)

IMAGES = Table(
    "main",
    "images",
    "The pictures of each thing, in the order in which its page shows them",
    ("thing_id", "position"),
    (
        _THING_ID,
        Column("image_id", "BIGINT", "The site's number of the picture"),
        Column("name", "VARCHAR", "File name"),
        Column("url", "VARCHAR", "Address of the picture"),
        _POSITION,
    ),
)

ANCESTORS = Table(
    "main",
    "ancestors",
    "Which things a thing is a remix of; most ancestors are not in the sample themselves",
    ("thing_id", "ancestor_id"),
    (_THING_ID, Column("ancestor_id", "BIGINT", "Number of the ancestor thing"), _POSITION),
)

ATTEMPTS = Table(
    "main",
    "attempts",
    "Every id ever tried and what came of it; the things of snapshots are here as well",
    ("thing_id", "observed_at", "load"),
    (
        _THING_ID_TRIED,
        Column("observed_at", "TIMESTAMP", "When, UTC"),
        _LOAD,
        _SOURCE,
        Column("outcome", "VARCHAR", "ok, gone, private, moderated, retry or quarantined"),
        Column("status", "BIGINT", "HTTP status of the answer; NULL for snapshots"),
        Column("reason", "VARCHAR", "Why, in words, where there is more to say"),
        Column("panel", "BOOLEAN", "Tried as a member of the panel"),
    ),
)

QUARANTINE = Table(
    "main",
    "quarantine",
    "Answers that were not understood: what they were about is left out or unknown in the other "
    "tables, everything else is there. Rows of snapshots that were refused are in their ledgers",
    ("thing_id", "observed_at", "night", "resource"),
    (
        _THING_ID_TRIED,
        Column("observed_at", "TIMESTAMP", "When it answered, UTC"),
        Column("night", "VARCHAR", "Night that asked: meta.loads.load"),
        _SOURCE,
        Column("resource", "VARCHAR", "Asked for: thing, categories, likes, files or images"),
        Column("place", "VARCHAR", "JSON path of what was not understood; NULL if all"),
        Column("reason", "VARCHAR", "Why, in words"),
        Column(
            "text",
            "VARCHAR",
            "The answer as JSON without personal data, its first 20,000 characters; NULL where it "
            "could not be written down, and for likes, which name people",
        ),
    ),
)

LOADS = Table(
    "meta",
    "loads",
    "The loads in this file: nights of sampling and imported snapshots",
    ("load",),
    (
        Column("load", "VARCHAR", "Name: the night's date or the snapshot's name; unique"),
        Column("kind", "VARCHAR", "night or snapshot"),
        _SOURCE,
        Column("content_hash", "VARCHAR", "SHA-256 over the raw parts and counts"),
        Column("loaded_at", "TIMESTAMP", "When it was loaded, UTC"),
        Column("run_id", "VARCHAR", "Run that loaded it"),
        Column("records", "BIGINT", "Ids tried"),
        Column("live", "BIGINT", "Ids that were live things"),
        Column("rejected", "BIGINT", "Rows of a snapshot that could not be read, kept in a ledger"),
    ),
)

PROVENANCE = Table(
    "meta",
    "provenance",
    "Where each artefact came from",
    ("artefact", "version"),
    (
        Column("artefact", "VARCHAR", "Name of a model, report or table"),
        Column("version", "VARCHAR", "Its version"),
        Column("created_at", "TIMESTAMP", "When it was made, UTC"),
        Column("run_id", "VARCHAR", "Run that made it"),
        Column("record", "VARCHAR", "Inputs, parameters, seeds and versions, as JSON text"),
    ),
)

TABLES = (
    THINGS,
    TEXT_MEASURES,
    OBSERVATIONS,
    CREATORS,
    TAGS,
    THING_TAGS,
    CATEGORIES,
    THING_CATEGORIES,
    LIKES,
    FILES,
    IMAGES,
    ANCESTORS,
    ATTEMPTS,
    QUARANTINE,
    *MODEL_TABLES,
    LOADS,
    PROVENANCE,
)
