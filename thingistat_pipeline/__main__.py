"""``python -m thingistat_pipeline``: the `thingistat` command."""

from thingistat_pipeline.cli import main

main()
