from pathlib import Path

import polars as pl
import pytest

from thingistat_pipeline_tests.features.database import Row, frame_of

HEX = "0123456789abcdef0123456789abcdef"
ASSETS = "https://example.org/assets/aa/bb/cc/dd/ee"
RENDERS = "https://example.org/renders/aa/bb/cc/dd/ee"


def files(thing: int, *names: str | None, size: int | None = 10) -> list[Row]:
    return [
        {
            "thing_id": thing,
            "position": position,
            "name": name,
            "kind": name.rpartition(".")[2].lower() if name else None,
            "size_bytes": size,
        }
        for position, name in enumerate(names, 1)
    ]


def images(thing: int, *names: str | None, url: str | None = None) -> list[Row]:
    return [
        {"thing_id": thing, "position": position, "name": name, "url": url}
        for position, name in enumerate(names, 1)
    ]


def kinds_of(frame: pl.DataFrame) -> list[dict[str, int]]:
    kinds = [name for name in frame.columns if name.startswith("files_")]
    return [{k: n for k, n in row.items() if n} for row in frame.select(kinds).rows(named=True)]


def test_files_are_counted_by_kind(tmp_path: Path):
    names = ("a.stl", "b.STL", "c.scad", "d.stp", "e.dxf", "f.skp", "g.png", "h.unheard")
    frame = frame_of(tmp_path, things=[{"id": 1, "file_count": 8}], files=files(1, *names))
    expected = {"files_stl": 2, "files_scad": 1, "files_step": 1, "files_drawing": 1}
    assert kinds_of(frame) == [{**expected, "files_other_cad": 1, "files_picture": 1}]
    assert frame["files_gcode"].to_list() == [0]


def test_where_files_are_not_listed_there_are_none_only_if_the_thing_says_so(tmp_path: Path):
    things: list[Row] = [{"id": 1, "file_count": 0}, {"id": 2, "file_count": 3}, {"id": 3}]
    frame = frame_of(tmp_path, things=things)
    assert frame["files_stl"].to_list() == [0, None, None]
    assert frame["file_bytes"].to_list() == [0, None, None]
    assert frame["largest_file_bytes"].to_list() == [None, None, None]


def test_sizes_add_up_only_where_all_are_known(tmp_path: Path):
    things: list[Row] = [{"id": 1}, {"id": 2}, {"id": 3}]
    rows = [*files(1, "a.stl"), *files(1, "b.stl", size=32)]
    rows[1]["position"] = 2
    partly = [*files(2, "a.stl", "b.stl")]
    partly[1]["size_bytes"] = None
    frame = frame_of(tmp_path, things=things, files=[*rows, *partly])
    assert frame["file_bytes"].to_list() == [42, None, None]
    assert frame["largest_file_bytes"].to_list() == [32, None, None]


def test_a_file_without_a_name_leaves_the_kinds_unknown_but_not_the_size(tmp_path: Path):
    frame = frame_of(tmp_path, things=[{"id": 1}], files=files(1, "a.stl", None))
    assert frame.select("files_stl", "file_bytes").rows() == [(None, 20)]


def test_sizes_beyond_64_bits_are_unknown_in_total(tmp_path: Path):
    rows = files(1, "a.stl", "b.stl", size=2**63 - 1)
    frame = frame_of(tmp_path, things=[{"id": 1}], files=rows)
    assert frame.select("file_bytes", "largest_file_bytes").rows() == [(None, 2**63 - 1)]


def test_pictures_named_after_a_file_are_the_sites_and_the_others_the_creators(tmp_path: Path):
    frame = frame_of(
        tmp_path,
        things=[{"id": 1, "image_count": 4}, {"id": 2, "image_count": 1}],
        files=[*files(1, "box_lid.stl", "box.stl"), *files(2, "other.stl")],
        images=[
            *images(1, "box_lid.png", "box.jpg", "IMG_0001.jpg", "other.png"),
            *images(2, "box.png"),  # named after another thing's file
        ],
    )
    assert frame.select("photo_count", "render_count").rows() == [(2, 2), (1, 0)]


def test_pictures_are_not_told_apart_without_the_names_of_the_files(tmp_path: Path):
    things: list[Row] = [
        {"id": 1, "image_count": 1, "file_count": 2},
        {"id": 2, "image_count": 0, "file_count": 2},
        {"id": 3, "image_count": 1, "file_count": 0},  # known to have no file to be drawn
        {"id": 4, "image_count": 3, "file_count": 0},  # pictures are not listed
    ]
    frame = frame_of(
        tmp_path, things=things, images=[*images(1, "box.png"), *images(3, "IMG_1.jpg")]
    )
    assert frame["photo_count"].to_list() == [None, 0, 1, None]
    assert frame["render_count"].to_list() == [None, 0, 0, None]


def test_an_address_tells_where_a_picture_has_no_name(tmp_path: Path):
    frame = frame_of(
        tmp_path,
        things=[{"id": n, "image_count": 1} for n in (1, 2, 3)],
        files=[*files(1, "box.stl"), *files(2, "box.stl"), *files(3, "box.stl")],
        images=[
            *images(1, None, url=f"{RENDERS}/box_preview_featured.jpg"),
            *images(2, None, url=f"{RENDERS}/photo_preview_featured.jpg"),
            *images(3, None, url=f"{RENDERS}/{HEX}_preview_featured.jpg"),  # tells nothing
        ],
    )
    assert frame.select("photo_count", "render_count").rows() == [(0, 1), (1, 0), (None, None)]


@pytest.mark.parametrize(
    ("thumbnail", "rendered_if_files_known", "rendered_if_not"),
    [
        (f"{ASSETS}/large_display_box.stl", True, True),
        (f"{ASSETS}/large_display_box.png", True, None),
        (f"{RENDERS}/box_display_large.jpg", True, None),
        (f"{RENDERS}/box_thumb_medium.jpg", True, None),
        (f"{RENDERS}/Photo_1_display_large.jpg", False, None),
        (f"{ASSETS}/large_display_IMG_1.jpg", False, False),
        (f"{RENDERS}/{HEX}_display_large.jpg", None, None),
        ("https://example.org/site/img/default/Gears_display_large.jpg", None, None),
        (None, None, None),
    ],
)
def test_a_thumbnail_is_a_drawing_if_it_bears_the_name_of_a_file(
    tmp_path: Path,
    thumbnail: str | None,
    rendered_if_files_known: bool | None,
    rendered_if_not: bool | None,
):
    frame = frame_of(
        tmp_path,
        things=[{"id": n, "thumbnail": thumbnail, "file_count": 1} for n in (1, 2)],
        files=files(1, "box.stl"),
    )
    assert frame["thumbnail_is_render"].to_list() == [rendered_if_files_known, rendered_if_not]


def test_gears_stand_for_a_missing_picture(tmp_path: Path):
    addresses = [
        "https://example.org/site/img/default/Gears_display_large.jpg",
        f"{ASSETS}/large_display_Gears.jpg",
        None,
    ]
    frame = frame_of(
        tmp_path, things=[{"id": n, "thumbnail": url} for n, url in enumerate(addresses)]
    )
    assert frame["thumbnail_is_placeholder"].to_list() == [True, False, None]
