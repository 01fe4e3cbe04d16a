"""Known things as drafts, where what is known of them is more than a form can hold."""

from pathlib import Path

import pytest

from thingistat_pipeline.advisor.asked import MOST_MEGABYTES
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.existing import existing_draft
from thingistat_pipeline_tests.advisor.populations import population
from thingistat_pipeline_tests.advisor.small_worlds import small_world
from thingistat_pipeline_tests.warehouse.support import live


@pytest.mark.parametrize(("file_bytes", "megabytes"), [(5e6, 5), (1e15, MOST_MEGABYTES)])
def test_a_thing_with_more_in_its_files_than_a_form_can_say_has_the_most_it_can(
    tmp_path: Path, file_bytes: float, megabytes: float
):
    settings = small_world(tmp_path, [live(1, public_url=None)])
    database = Database(settings.published_file)
    known = population({"file_bytes": [file_bytes]})
    found = existing_draft(database, known, 1)
    database.close()
    assert found is not None
    assert found.draft.megabytes == pytest.approx(megabytes)
    assert found.answer().card.url is None
