"""The journal: torn tails, damage, and one writer at a time."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.sampling.journal import (
    Answered,
    Tried,
    close_journal,
    exclusive,
    journal_lines,
    open_journal,
    visits,
)

DAY = "2026-09-01T12:00:00Z"


def answered(thing_id: int) -> Answered:
    return Answered(thing_id=thing_id, resource="thing", observed_at=DAY, tree=Raw(b'{"id":5}'))


def tried(thing_id: int, attempts: int = 1) -> Tried:
    return Tried(
        thing_id=thing_id,
        why="frame",
        outcome="ok",
        observed_at=DAY,
        fetched_at=DAY,
        requests=1,
        attempts=attempts,
    )


def filled(folder: Path) -> Path:
    with open_journal(folder) as journal:
        for line in (answered(5), tried(5), answered(6), tried(6)):
            journal.append(line)
    return folder / "journal.jsonl"


def test_lines_come_back_as_visits_with_their_answers(tmp_path: Path) -> None:
    filled(tmp_path)
    read = list(visits(tmp_path))
    assert [visit.tried for visit in read] == [tried(5), tried(6)]
    assert [bytes(visit.answers[0].tree) for visit in read] == [b'{"id":5}'] * 2


def test_a_torn_journal_line_is_cut_on_resume_wherever_it_is_torn(tmp_path: Path) -> None:
    path = filled(tmp_path)
    whole = path.read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        with open_journal(tmp_path) as journal:
            journal.append(tried(7))
        lines = list(journal_lines(tmp_path))
        assert lines == [answered(5), tried(5), answered(6), tried(7)]


@pytest.mark.parametrize("tail", [b"\0" * 50, b"\0" * 50 + b"\n", b'{"type":"tried"}\n'])
def test_a_tail_that_is_no_line_is_cut_too(tmp_path: Path, tail: bytes) -> None:
    path = filled(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    with open_journal(tmp_path):
        pass
    assert path.read_bytes() == whole


def test_damage_in_the_middle_is_not_passed_over(tmp_path: Path) -> None:
    path = filled(tmp_path)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], b"{", *lines[2:]]))
    with pytest.raises(ThingistatError, match=r"damaged at line 2"):
        list(journal_lines(tmp_path))


def test_a_closed_journal_that_is_cut_off_is_not_taken_for_a_short_one(tmp_path: Path) -> None:
    filled(tmp_path)
    close_journal(tmp_path)
    assert len(list(journal_lines(tmp_path))) == 4
    closed = tmp_path / "journal.jsonl.zst"
    closed.write_bytes(closed.read_bytes()[:-2])
    with pytest.raises(ThingistatError, match="is damaged"):
        list(journal_lines(tmp_path))


def test_a_closed_journal_names_nobody_unless_it_is_to(tmp_path: Path) -> None:
    people = Raw(b'{"id":5,"creator":{"name":"nick","first_name":"Canary","email":null}}')
    line = msgspec.structs.replace(answered(5), tree=people)
    with open_journal(tmp_path) as journal:
        for each in (line, tried(5), answered(6)):
            journal.append(each)
    close_journal(tmp_path, keep_personal_data=True)
    assert list(journal_lines(tmp_path)) == [line, tried(5), answered(6)]
    close_journal(tmp_path)
    first, *others = journal_lines(tmp_path)
    assert isinstance(first, Answered)
    assert bytes(first.tree) == b'{"id":5,"creator":{"name":"nick"}}'
    assert others == [tried(5), answered(6)]


HOLDER = """
import sys
from pathlib import Path
from thingistat_pipeline.sampling.journal import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_cannot_sample_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            told = pytest.raises(ThingistatError, match=rf"process \(id {holder.pid}\)")
            with told, exclusive(tmp_path):
                pass
        finally:
            holder.kill()
    with exclusive(tmp_path):  # the killed one's lock is gone
        pass
