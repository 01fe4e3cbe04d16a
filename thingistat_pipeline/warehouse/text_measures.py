"""What can be counted in a thing's texts, counted once: while a load is staged.

Texts are most of what is read. They are in memory at that moment, and those of a thing that no
later load touches are never read again, whatever asks for their lengths.
"""

from thingistat_pipeline.warehouse.schema import Column
from thingistat_pipeline.warehouse.statements import statement

MEASURES = (
    Column("description_length", "BIGINT", "Characters of the description; 0 without one"),
    Column("description_words", "BIGINT", "Words of the description, between blanks"),
    Column("description_links", "BIGINT", "Addresses in the description (with ://)"),
    Column("instructions_length", "BIGINT", "Characters of the instructions; 0 without them"),
    Column("page_length", "BIGINT", "Bytes of details (UTF-8)"),
    Column("section_count", "BIGINT", "Sections of the page, by the site's own headings"),
    Column("heading_count", "BIGINT", "Headings that the creator set within the sections"),
    Column("list_item_count", "BIGINT", "Items of lists on the page"),
    Column("link_count", "BIGINT", "Links on the page"),
    Column("inline_image_count", "BIGINT", "Pictures within the texts of the page"),
    Column("names_youtube", "BOOLEAN", "The page names YouTube (links or embeds a film)"),
    Column("page_settings", "VARCHAR[]", "Names of the print settings that the page shows"),
)


def with_text_measures(texts: str) -> str:
    """Return a query that gives the columns of another one, and `MEASURES` beside them.

    Parameters
    ----------
    texts : str
        A query with the columns `description`, `instructions` and `details`.
    """
    return statement("text_measures").replace("{texts}", texts)


def measure_columns() -> dict[str, str]:
    """Return the measures' columns as ``staging.records`` holds them."""
    return {column.name: column.type for column in MEASURES}
