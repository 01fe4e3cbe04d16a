"""The importer of ThingiStat's database; a few hundred things are compared afterwards."""

from benchmarks.import_thingistat.ours import prepare

__all__ = ["prepare"]
