"""ThingiStat's published database into a snapshot of ours."""

from benchmarks.stage import Facts, require_equal

TITLE = "import of ThingiStat's database"
REFERENCE = (
    "a floor, not a rival: Python's sqlite3 reads every row of the four tables and writes it as "
    "zstd JSON lines (the level of our parts), without any check, conversion or join. Ours "
    "recognises, checks, joins, hashes likers, rejects with reasons, and can be resumed"
)
NEEDS: tuple[str, ...] = ("snapshot",)


def agreement(ours: Facts, reference: Facts) -> list[str]:
    """Compare the number of things."""
    require_equal(ours, reference, "rows")
    return [
        f"Import of ThingiStat's database: {ours['rows']:,} things out of "
        f"{reference['bytes'] / 1e6:.1f} MB of SQLite into {ours['bytes'] / 1e6:.1f} MB of parts, "
        f"{ours['rejected']} rows rejected; {ours['compared']} things, evenly spread, were "
        "compared field by field with what the generator made, and are equal."
    ]
