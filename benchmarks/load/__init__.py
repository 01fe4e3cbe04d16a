"""Raw parts into a database that analysts can open."""

from benchmarks.stage import Facts, require_equal

TITLE = "raw parts → published database"
PARTS = (("load_warehouse", "raw parts → warehouse"),)
REFERENCE = (
    "reads the same parts and adds each thing the way ThingiStat does: for every thing it opens "
    "the SQLite file anew, asks for the number of columns before every insert, adds creator, "
    "thing, tags and categories with `INSERT OR IGNORE`, commits and closes; files and pictures "
    "are left out. Ours checks the parts, loads all tables into the warehouse and publishes them; "
    "*raw parts → warehouse* is our `load_warehouse` alone, against the same reference"
)
NEEDS: tuple[str, ...] = ()


def agreement(ours: Facts, reference: Facts) -> list[str]:
    """Compare what both databases hold, and their sizes."""
    require_equal(ours, reference, "rows", "creators", "downloads")
    sizes = {name: side["bytes"] / 1e6 for name, side in (("ours", ours), ("sqlite", reference))}
    raw = reference["raw_bytes"] / 1e6
    return [
        f"Database: {sizes['ours']:.1f} MB published (and {ours['working_bytes'] / 1e6:.1f} MB "
        f"working file) against {sizes['sqlite']:.1f} MB of SQLite, "
        f"{sizes['ours'] / sizes['sqlite']:.2f} times; raw parts {raw:.1f} MB. Both hold the same "
        "number of things, creators and downloads."
    ]
