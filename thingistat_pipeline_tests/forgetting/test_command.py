"""`thingistat forget`: asks, says what it removed, finishes what was interrupted."""

import pytest

from thingistat_pipeline.forgetting.course import begin
from thingistat_pipeline.forgetting.lock import NOTE
from thingistat_pipeline.orchestration.forget import find
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.command import Shell
from thingistat_pipeline_tests.forgetting.traces import traces
from thingistat_pipeline_tests.forgetting.world import THING, TITLE


def test_it_asks_and_removes_nothing_unless_the_answer_is_yes(
    thingistat: Shell, world: Settings, monkeypatch: pytest.MonkeyPatch
):
    before = traces(world.raw_dir, numbers=(THING,), words=())
    ended = thingistat("forget", THING, "--data-dir", world.data_dir)  # nobody answers
    assert ended.code == 1
    assert TITLE in ended.err
    assert "cannot be undone" in ended.err
    assert traces(world.raw_dir, numbers=(THING,), words=()) == before
    assert not (world.raw_dir / NOTE).exists()


def test_with_yes_it_says_what_was_removed(thingistat: Shell, world: Settings):
    words = ("--yes", "--no-rebuild", "--data-dir", world.data_dir)
    ended = thingistat("forget", THING, *words)
    assert ended.code == 0
    assert "1  pictures" in ended.out
    assert "4  versions of models" in ended.out
    assert "backups" in ended.err
    assert traces(world.data_dir, numbers=(THING,), words=(TITLE,)) == []


def test_without_a_target_it_finishes_what_was_interrupted_or_says_that_nothing_is(
    thingistat: Shell, world: Settings
):
    words = ("forget", "--no-rebuild", "--data-dir", world.data_dir)
    assert "No forgetting is unfinished" in thingistat(*words).err
    begin(world, find(world, str(THING), is_creator=False))
    assert thingistat(*words).code == 0
    assert traces(world.data_dir, numbers=(THING,), words=(TITLE,)) == []


def test_a_blank_target_is_misuse(thingistat: Shell, world: Settings):
    assert thingistat("forget", " ", "--data-dir", world.data_dir).code == 2
