"""Our side of each stage by itself, as `benchmarks.growth` measures it at several sizes.

One module a stage with ``prepare(inputs) -> Task``; a stage finds what the ones before it made in
the folder of the run.
"""

TITLES = {
    "load": "raw parts → warehouse",
    "publish": "warehouse → published file",
    "features": "read + features",
    "import_thingistat": "import of ThingiStat's database",
    "model": "tuning, fit and importances",
}
"""The stages in the order in which they run."""
