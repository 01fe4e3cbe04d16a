"""The feature frame from the published file."""

from benchmarks.features.ours import prepare

__all__ = ["prepare"]
