"""Fixtures that tests of every layer share."""

from pathlib import Path

import pytest

from thingistat_pipeline_tests.command import Shell

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "real"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real API answers and data sets; a test that needs it is skipped elsewhere."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real answers (../shared/real beside the repository) are not here")
    return REAL_DATA


@pytest.fixture
def thingistat(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    """Runs the `thingistat` command in a folder of the test's own."""
    return Shell(capsys, tmp_path)
