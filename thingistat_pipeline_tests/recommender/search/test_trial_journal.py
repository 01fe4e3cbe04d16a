"""The journal of a search: what was finished is found again, whatever happened to the file."""

import json
from pathlib import Path

import pytest

from thingistat_pipeline.recommender.search.trial_journal import open_trial_journal

ROWS = [{"number": number, "value": number / 7, "curve": [[3, 0.1]]} for number in range(3)]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "journal.jsonl"
    with open_trial_journal(path, "this search") as kept:
        for row in ROWS:
            kept.append(row)
    return path


def found(path: Path | None, key: str = "this search"):
    with open_trial_journal(path, key) as kept:
        return kept.found


def test_finished_trials_are_found_again_to_the_last_bit(journal: Path):
    assert found(journal) == ROWS


def test_a_journal_of_another_search_is_begun_anew(journal: Path):
    assert found(journal, "another search") == []
    assert found(journal) == []


def test_wherever_the_file_was_cut_its_whole_lines_are_found_and_can_be_gone_on_from(
    journal: Path,
):
    whole = journal.read_bytes()
    header, *lines = whole.splitlines(keepends=True)
    for length in range(len(whole) + 1):
        journal.write_bytes(whole[:length])
        left = sum(
            len(header) + sum(map(len, lines[: number + 1])) <= length for number in range(3)
        )
        with open_trial_journal(journal, "this search") as kept:
            assert kept.found == ROWS[:left], length
            for row in ROWS[left:]:
                kept.append(row)
        assert journal.read_bytes() == whole


@pytest.mark.parametrize(
    "damaged",
    [b"{", b"[1]", b"\x00\xff\xfe", b'{"number": 2}', b'{"value": 1}', b""],
    ids=["torn", "no object", "no text", "out of turn", "no number", "empty"],
)
def test_nothing_behind_a_damaged_line_is_believed(journal: Path, damaged: bytes):
    lines = journal.read_bytes().splitlines()
    lines[2] = damaged
    journal.write_bytes(b"\n".join(lines) + b"\n")
    assert found(journal) == ROWS[:1]
    assert len(journal.read_text().splitlines()) == 2


def test_an_appended_trial_is_in_the_file_at_once(tmp_path: Path):
    path = tmp_path / "journal.jsonl"
    with open_trial_journal(path, "this search") as kept:
        kept.append(ROWS[0])
        assert json.loads(path.read_text().splitlines()[-1]) == ROWS[0]


def test_without_a_path_nothing_is_kept():
    with open_trial_journal(None, "this search") as kept:
        kept.append(ROWS[0])
    assert found(None) == []
