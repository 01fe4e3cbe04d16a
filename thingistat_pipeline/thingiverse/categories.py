"""Categories by their slug, for sources that know the address of a category but not its name.

The site's own rule makes a name from nearly every slug: words joined by hyphens, "and" for "&".
The exceptions are few enough to be named word by word.

Source: the addresses and names of the site's 10 categories and 71 subcategories, as public crawlers
and upload tools list them.
"""

from functools import lru_cache

from thingistat_pipeline.thingiverse.records import Category

_WORDS = {
    "and": "&",
    "2d": "2D",
    "3d": "3D",
    "diy": "DIY",
    "rc": "R/C",
    "videogames": "Video Games",
}


@lru_cache(maxsize=1024)
def category_of(slug: str) -> Category:
    """Return the category with a slug, under the name by which the API calls it.

    A slug that nobody has listed gets the name that the site's rule makes of it.
    """
    words = (_WORDS.get(word, word[:1].upper() + word[1:]) for word in slug.split("-") if word)
    return Category(name=" ".join(words) or slug, slug=slug)
