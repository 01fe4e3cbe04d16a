"""The assets, one module a stage, in the order of the lineage."""
