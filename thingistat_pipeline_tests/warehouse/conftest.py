"""Fixtures of the warehouse's tests."""

from pathlib import Path

import pytest

from thingistat_pipeline_tests.warehouse.support import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An empty data folder."""
    return Places(tmp_path / "data")
