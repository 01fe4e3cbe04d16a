"""ThingiPano's folder of JSON files into a snapshot of ours."""

from benchmarks.stage import Facts, require_equal

TITLE = "import of ThingiPano's files"
REFERENCE = (
    "what the data set's own example notebook does: `json.loads` of every file, designs and users. "
    "Nothing is written; ours checks, converts, hashes likers and writes compressed parts"
)
NEEDS: tuple[str, ...] = ("designs",)


def agreement(ours: Facts, reference: Facts) -> list[str]:
    """Compare the number of designs, and of those without a page or taken down."""
    require_equal(ours, reference, "rows", "gone", "moderated")
    return [
        f"Import of ThingiPano's files: {ours['rows']:,} designs out of "
        f"{reference['bytes'] / 1e6:.1f} MB of JSON, among them {ours['gone']} not found and "
        f"{ours['moderated']} taken down, as generated; {ours['rejected']} rejected; "
        f"{ours['compared']} designs, evenly spread, were compared with what the generator made."
    ]
