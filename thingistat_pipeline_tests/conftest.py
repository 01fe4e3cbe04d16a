"""Fixtures that tests of every layer share."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "real"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real API answers and data sets; a test that needs it is skipped elsewhere."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real answers (../shared/real beside the repository) are not here")
    return REAL_DATA
