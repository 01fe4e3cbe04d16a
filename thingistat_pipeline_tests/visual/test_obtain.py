"""A night's pictures: obtained once, gone on with after every interruption, and never a crash."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.visual.addresses import Cover
from thingistat_pipeline.visual.obtain import JOURNAL, LOCK, Fetch, obtain_night
from thingistat_pipeline.visual.pictures import PictureRefusedError, Reason
from thingistat_pipeline.visual.thumbnails import (
    NightManifest,
    Thumbnails,
    content_file,
    read_night,
)
from thingistat_pipeline_tests.visual.picture_files import jpeg, png_claiming

NIGHT = "2026-09-01"


class Host:
    """Gives out a picture for every address, or what a test puts in its place."""

    def __init__(self) -> None:
        self.instead: dict[str, bytes | Reason | type[BaseException]] = {}
        self.asked: list[str] = []
        self.opened = 0

    def fetch(self, address: str) -> bytes:
        self.asked.append(address)
        given = self.instead.get(address, jpeg(shade=int(address)))
        if isinstance(given, str):
            raise PictureRefusedError(given)
        if isinstance(given, bytes):
            return given
        raise given

    @contextmanager
    def open(self) -> Iterator[Fetch]:
        self.opened += 1
        yield self.fetch


@pytest.fixture
def host() -> Host:
    return Host()


Obtain = Callable[..., NightManifest]


@pytest.fixture
def obtain(host: Host, tmp_path: Path) -> Obtain:
    def run(covers: list[Cover], night: str = NIGHT, **options: object) -> NightManifest:
        return obtain_night(
            tmp_path,
            night,
            covers,
            host.open,
            source="sandbox",
            pixels=320,
            now=lambda: datetime(2026, 9, 1, 12, tzinfo=UTC),
            **options,  # type: ignore[arg-type]
        )

    return run


def covers_of(*numbers: int) -> list[Cover]:
    """Covers whose address is the thing's number, for the host above."""
    return [Cover(number, str(number)) for number in numbers]


def reasons(manifest: NightManifest) -> dict[int, Reason | None]:
    return {each.thing_id: each.reason for each in manifest.pictures}


def test_all_pictures_of_a_night_are_obtained_and_listed(
    obtain: Obtain, host: Host, tmp_path: Path
) -> None:
    manifest = obtain(covers_of(3, 1, 2))
    assert [each.thing_id for each in manifest.pictures] == [1, 2, 3]
    for each in manifest.pictures:
        assert each.held is not None
        assert (each.held.format, each.held.width, each.held.height) == ("JPEG", 64, 48)
        assert each.held.bytes == len(jpeg(shade=each.thing_id))
        assert each.tried_at == "2026-09-01T12:00:00Z"
        assert Thumbnails(tmp_path).picture(each.thing_id) == jpeg(shade=each.thing_id)
    assert read_night(tmp_path, NIGHT) == manifest
    assert not (tmp_path / NIGHT / JOURNAL).exists()
    assert host.opened == 1


def test_a_finished_night_asks_nobody_and_stays_as_it_is(
    obtain: Obtain, host: Host, tmp_path: Path
) -> None:
    covers = [*covers_of(1, 2), Cover(3, None, "no_picture"), Cover(4, None, "foreign_host")]
    first = obtain(covers)
    written = (tmp_path / NIGHT / "manifest.json").stat().st_mtime_ns
    assert obtain(covers) == first
    assert host.opened == 1
    assert (tmp_path / NIGHT / "manifest.json").stat().st_mtime_ns == written


def test_a_night_of_no_things_and_one_of_no_pictures_open_no_connection(
    obtain: Obtain, host: Host
) -> None:
    assert obtain([], "2026-09-01").pictures == []
    manifest = obtain([Cover(5, None, "no_picture")], "2026-09-02")
    assert reasons(manifest) == {5: "no_picture"}
    assert host.opened == 0


def test_bytes_that_are_no_picture_are_a_reason_and_are_not_kept(
    obtain: Obtain, host: Host, tmp_path: Path
) -> None:
    host.instead = {
        "1": png_claiming(50_000, 50_000),
        "2": jpeg()[:200],
        "3": b"<svg/>",
        "4": "gone",
        "5": "host_is_down",
    }
    manifest = obtain(covers_of(1, 2, 3, 4, 5, 6))
    assert reasons(manifest) == {
        1: "too_many_pixels",
        2: "broken",
        3: "not_a_picture",
        4: "gone",
        5: "host_is_down",
        6: None,
    }
    assert Thumbnails(tmp_path).things() == (6,)
    assert len([path for path in (tmp_path / "content").rglob("*") if path.is_file()]) == 1


def test_only_what_may_have_passed_is_asked_for_again(obtain: Obtain, host: Host) -> None:
    host.instead = {
        "1": "unavailable",
        "2": "host_is_down",
        "3": "gone",
        "4": b"",
        "5": jpeg()[:99],
    }
    obtain(covers_of(1, 2, 3, 4, 5, 6))
    host.asked, host.instead = [], {"2": "refused"}
    manifest = obtain(covers_of(1, 2, 3, 4, 5, 6))
    assert host.asked == ["1", "2", "4"]
    assert reasons(manifest) == {1: None, 2: "refused", 3: "gone", 4: None, 5: "broken", 6: None}


def test_what_another_night_brought_from_the_same_address_is_not_asked_for(
    obtain: Obtain, host: Host, tmp_path: Path
) -> None:
    obtain(covers_of(1, 2, 3))
    host.asked = []
    host.instead = {"2": jpeg(shade=99)}
    content_file(tmp_path, _hash_of(tmp_path, 3)).unlink()
    later = obtain(covers_of(1, 3, 4), "2026-09-09")
    assert host.asked == ["3", "4"]
    assert {each.thing_id: each.reused for each in later.pictures} == {1: True, 3: False, 4: False}
    assert Thumbnails(tmp_path).picture(1) == jpeg(shade=1)


def _hash_of(folder: Path, thing_id: int) -> str:
    return Thumbnails(folder).held[thing_id].sha256


def test_another_address_is_asked_for(obtain: Obtain, host: Host, tmp_path: Path) -> None:
    obtain([Cover(1, "10"), Cover(2, None, "no_picture")])
    host.asked = []
    manifest = obtain([Cover(1, "11"), Cover(2, "12")])
    assert host.asked == ["11", "12"]
    assert reasons(manifest) == {1: None, 2: None}
    assert Thumbnails(tmp_path).picture(1) == jpeg(shade=11)


def test_a_content_that_was_lost_is_obtained_again(
    obtain: Obtain, host: Host, tmp_path: Path
) -> None:
    first = obtain(covers_of(1, 2))
    content_file(tmp_path, _hash_of(tmp_path, 2)).write_bytes(b"")
    host.asked = []
    assert obtain(covers_of(1, 2)).content_hash == first.content_hash
    assert host.asked == ["2"]


def test_an_interrupted_night_goes_on_where_it_stopped(
    obtain: Obtain, host: Host, tmp_path: Path
) -> None:
    host.instead = {"3": KeyboardInterrupt}
    with pytest.raises(KeyboardInterrupt):
        obtain(covers_of(1, 2, 3, 4))
    assert read_night(tmp_path, NIGHT) is None
    assert Thumbnails(tmp_path).things() == ()
    half_written = tmp_path / "content" / "00" / ".0012.x.tmp"
    half_written.parent.mkdir(exist_ok=True)
    half_written.write_bytes(jpeg()[:50])
    with (tmp_path / NIGHT / JOURNAL).open("ab") as journal:
        journal.write(b'{"thing_id":3,"address":"3","tried_at":"2026')
    host.asked, host.instead = [], {}
    assert set(reasons(obtain(covers_of(1, 2, 3, 4))).values()) == {None}
    assert host.asked == ["3", "4"]
    assert Thumbnails(tmp_path).things() == (1, 2, 3, 4)
    assert not half_written.exists()


def test_an_interrupted_second_try_leaves_the_first_in_place(
    obtain: Obtain, host: Host, tmp_path: Path
) -> None:
    host.instead = {"2": "unavailable", "3": "unavailable"}
    first = obtain(covers_of(1, 2, 3))
    host.instead = {"3": KeyboardInterrupt}
    with pytest.raises(KeyboardInterrupt):
        obtain(covers_of(1, 2, 3))
    assert read_night(tmp_path, NIGHT) == first
    host.asked, host.instead = [], {}
    assert set(reasons(obtain(covers_of(1, 2, 3))).values()) == {None}
    assert host.asked == ["3"]


@pytest.mark.parametrize("torn", [b"\xff\xfe\n", b"{}\n", b"[]\n", b"\n", b"{"])
def test_a_journal_is_believed_up_to_its_first_damaged_line(
    obtain: Obtain, host: Host, tmp_path: Path, torn: bytes
) -> None:
    host.instead = {"3": KeyboardInterrupt}
    with pytest.raises(KeyboardInterrupt):
        obtain(covers_of(1, 2, 3))
    journal = tmp_path / NIGHT / JOURNAL
    first, second = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(first + torn + second)
    host.asked = []
    with pytest.raises(KeyboardInterrupt):
        obtain(covers_of(1, 2, 3))
    assert host.asked == ["2", "3"]
    host.asked, host.instead = [], {}
    assert set(reasons(obtain(covers_of(1, 2, 3))).values()) == {None}
    assert host.asked == ["3"]


def test_two_processes_do_not_fetch_at_once(obtain: Obtain, host: Host, tmp_path: Path) -> None:
    with FileLock(tmp_path / LOCK), pytest.raises(ThingistatError, match="Another process"):
        obtain(covers_of(1))
    assert host.asked == []
    obtain(covers_of(1))


def test_progress_is_told_picture_by_picture(obtain: Obtain) -> None:
    told: list[tuple[str, int, int]] = []
    obtain(
        [*covers_of(1, 2), Cover(3, None, "no_picture")], progress=lambda *each: told.append(each)
    )
    assert told == [("pictures", 1, 3), ("pictures", 2, 3), ("pictures", 3, 3)]
