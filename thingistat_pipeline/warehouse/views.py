"""The views in the shape of ThingiStat's four tables, so that its notebooks run on ours."""

from thingistat_pipeline.warehouse.schema import Column, View

_AS_TEXT = "ISO 8601 text with +00:00, as ThingiStat wrote it"
_FLAG = "0, 1 or NULL"
_OLD_CLIENTS = "DuckDB 1.2 to 1.4: open the file itself, do not ATTACH it under another name"

VIEWS = (
    View(
        "thingistat",
        "things",
        "things in the columns of ThingiStat's database. What is unknown or empty is NULL (its "
        "first version wrote the text 'NULL'); lists are JSON text. "
        f"{_OLD_CLIENTS}. The file's name comes first there: thingistat.thingistat.things",
        (
            Column("id", "BIGINT", "Number of the thing"),
            Column("name", "VARCHAR", "Title"),
            Column("thumbnail", "VARCHAR", "Address of the small picture"),
            Column("public_url", "VARCHAR", "Address of the thing's page"),
            Column("added", "VARCHAR", f"When it was published: {_AS_TEXT}"),
            Column("modified", "VARCHAR", f"When it was last edited: {_AS_TEXT}"),
            Column("is_wip", "INTEGER", f"Work in progress: {_FLAG}"),
            Column("is_featured", "INTEGER", f"Featured: {_FLAG}"),
            Column("is_nsfw", "INTEGER", f"Not safe for work: {_FLAG}"),
            Column("like_count", "BIGINT", "Likes"),
            Column("collect_count", "BIGINT", "Collections that hold it"),
            Column("comment_count", "BIGINT", "Comments"),
            Column("description", "VARCHAR", "Summary text"),
            Column("instructions", "VARCHAR", "Printing instructions"),
            Column("details", "VARCHAR", "All sections as HTML"),
            Column("license", "VARCHAR", "Licence"),
            Column("allows_derivatives", "INTEGER", f"Remixes allowed: {_FLAG}"),
            Column("file_count", "BIGINT", "Files"),
            Column("print_history_count", "BIGINT", "Prints through the print service"),
            Column("download_count", "BIGINT", "Downloads"),
            Column("view_count", "BIGINT", "Views"),
            Column("remix_count", "BIGINT", "Remixes"),
            Column("make_count", "BIGINT", "Makes"),
            Column("root_comment_count", "BIGINT", "Comments without replies"),
            Column("is_derivative", "INTEGER", f"Is a remix: {_FLAG}"),
            Column("can_comment", "INTEGER", f"Comments open: {_FLAG}"),
            Column("added_images_count", "BIGINT", "Pictures minus files"),
            Column(
                "likes_ids",
                "VARCHAR",
                "JSON list of likers, as keyed hashes in place of ThingiStat's user numbers and "
                "in the order of the hashes",
            ),
            Column(
                "average_download_count", "BIGINT", "Mean downloads a file, cut to a whole number"
            ),
            Column("tags", "VARCHAR", "JSON list of tag keys"),
            Column("ancestor_ids", "VARCHAR", "JSON list of ancestors' numbers"),
            Column("creator_id", "BIGINT", "Creator"),
            Column("accessed", "VARCHAR", f"When it was observed: {_AS_TEXT}"),
            Column("categories", "VARCHAR", "JSON list of category names"),
        ),
    ),
    View(
        "thingistat",
        "creators",
        f"creators in the columns of ThingiStat's database. {_OLD_CLIENTS}",
        (
            Column("id", "BIGINT", "Number of the user"),
            Column("name", "VARCHAR", "User name"),
            Column("first_name", "VARCHAR", "NULL unless personal data are kept"),
            Column("last_name", "VARCHAR", "NULL unless personal data are kept"),
            Column("public_url", "VARCHAR", "Address of the user's page"),
            Column("count_of_followers", "BIGINT", "Followers"),
            Column("count_of_following", "BIGINT", "Followed users"),
            Column("count_of_designs", "BIGINT", "Published things"),
            Column("accepts_tips", "INTEGER", f"Accepts tips: {_FLAG}"),
            Column("location", "VARCHAR", "NULL unless personal data are kept"),
        ),
    ),
    View(
        "thingistat",
        "tags",
        "tags in the columns of ThingiStat's database, one row a tag (its first version added one "
        f"for every use). {_OLD_CLIENTS}",
        (
            Column("name", "VARCHAR", "The tag as written"),
            Column("tag", "VARCHAR", "Normalised key"),
            Column("absolute_url", "VARCHAR", "Address of the tag's page"),
            Column("count", "BIGINT", "Things on the whole site that bear it"),
        ),
    ),
    View(
        "thingistat",
        "categories",
        f"categories in the columns of ThingiStat's database. {_OLD_CLIENTS}",
        (
            Column("id", "BIGINT", "Number of the category"),
            Column("name", "VARCHAR", "Name"),
            Column("count", "BIGINT", "Things on the whole site in it"),
            Column("slug", "VARCHAR", "Name in addresses"),
        ),
    ),
)
