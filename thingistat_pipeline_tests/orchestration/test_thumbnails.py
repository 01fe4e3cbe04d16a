"""The asset `thumbnails`: one night's pictures, from a sandbox and from a site of strangers."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.orchestration.assets.visual import thumbnails
from thingistat_pipeline.orchestration.build import build_definitions
from thingistat_pipeline.orchestration.covers import night_covers
from thingistat_pipeline.orchestration.resources import (
    SANDBOX_PUBLIC_URL,
    open_pictures,
    picture_hosts,
    sample_night,
)
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import read_records
from thingistat_pipeline.visual.addresses import PICTURE_HOSTS, PictureHosts
from thingistat_pipeline.visual.thumbnails import Thumbnails, read_night
from thingistat_pipeline_tests.thingiverse.fake_api import TOKEN, FakeApi, Reply, newest, ok, served
from thingistat_pipeline_tests.visual.picture_files import jpeg, png_claiming

NIGHT = date(2026, 9, 1)


def materialized(settings: Settings) -> dg.AssetMaterialization:
    result = dg.materialize(
        [thumbnails],
        selection=[thumbnails],
        partition_key=NIGHT.isoformat(),
        resources={"settings": settings},
    )
    (event,) = result.asset_materializations_for_node("thumbnails")
    return event


def figure(event: dg.AssetMaterialization, name: str) -> Any:
    return event.metadata[name].value


def version_of(event: dg.AssetMaterialization) -> str:
    return (event.tags or {})["dagster/data_version"]


@pytest.fixture(scope="module")
def sandbox_night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), things_per_night=40)
    sample_night(settings, NIGHT)
    return settings


def test_a_sandbox_night_has_its_pictures_in_the_size_asked_for(sandbox_night: Settings) -> None:
    event = materialized(sandbox_night)
    manifest = read_night(sandbox_night.thumbnails_dir, NIGHT.isoformat())
    assert manifest is not None
    assert len(manifest.pictures) == figure(event, "live_things") == 40
    stand_ins = {
        record.thing_id
        for record in read_records(sandbox_night.nights_dir / NIGHT.isoformat())
        if record.thing is not None and "/site/img/" in str(record.thing.thumbnail)
    }
    held = {each.thing_id: each.held for each in manifest.pictures if each.held}
    assert held.keys() == {each.thing_id for each in manifest.pictures} - stand_ins
    assert {(each.width, each.height) for each in held.values()} == {(330, 248)}
    assert figure(event, "obtained") == len(held)
    assert figure(event, "share_obtained") == pytest.approx(len(held) / 40)
    assert figure(event, "failed") == len(stand_ins)
    assert figure(event, "data").startswith("SANDBOX")
    assert "data:image/jpeg;base64," in figure(event, "sample")
    assert all(
        each.address is None or each.address.startswith(f"{SANDBOX_PUBLIC_URL}/")
        for each in manifest.pictures
    )


def test_the_pictures_are_the_same_wherever_and_whenever_they_are_fetched(
    sandbox_night: Settings, tmp_path: Path
) -> None:
    first = materialized(sandbox_night)
    path = sandbox_night.thumbnails_dir / NIGHT.isoformat() / "manifest.json"
    written = path.stat().st_mtime_ns
    assert version_of(materialized(sandbox_night)) == version_of(first)
    assert path.stat().st_mtime_ns == written
    elsewhere = sandbox_night.with_changes(data_dir=tmp_path / "data")
    sample_night(elsewhere, NIGHT)
    assert version_of(materialized(elsewhere)) == version_of(first)


def _thing(number: int, url: str, thumbnail: str | None) -> dict[str, Any]:
    return {"id": number, "name": f"Thing {number}", "thumbnail": thumbnail, "is_nsfw": number == 9}


class Site:
    """An API and its pictures on one address; things 1 to 9, of which each has another cover."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.covers: dict[int, tuple[str, Reply | None]] = {
            1: (f"{api.url}/assets/1/large_display_a.jpg", Reply(body=jpeg(shade=1))),
            2: (f"{api.url}/assets/2/large_display_a.stl", Reply(body=b"solid part" + bytes(99))),
            3: (f"{api.url}/assets/3/large_display_a.jpg", Reply(body=b"<html>" + bytes(99))),
            4: (f"{api.url}/assets/4/large_display_a.jpg", None),
            5: (f"{api.url}/site/img/default/Gears_display_large.jpg", Reply(body=jpeg())),
            6: ("https://tracker.example/a.jpg", None),
            7: (f"{api.url}/assets/7/large_display_a.jpg", Reply(body=png_claiming(60_000, 9_000))),
            8: (f"{api.url}/assets/8/large_display_a.jpg", Reply(status=403)),
            9: (f"{api.url}/renders/9/a_display_large.jpg", Reply(body=jpeg(shade=9))),
        }
        api.fallback = self.reply

    def reply(self, target: str) -> Reply:
        path = urlsplit(target).path
        if path == "/search/":
            return newest(9)
        if path.startswith("/things/"):
            _, _, number, *rest = path.split("/")
            cover, _ = self.covers[int(number)]
            return ok([] if rest else _thing(int(number), self.api.url, cover))
        picture = self.covers[int(path.split("/")[2])][1]
        return picture or Reply(status=404)


@pytest.fixture
def site() -> Iterator[Site]:
    with served(FakeApi()) as api:
        yield Site(api)


@pytest.fixture
def real(site: Site, tmp_path: Path) -> Settings:
    """Settings of a night of the real source, which such a site passes for."""
    settings = Settings(
        data_dir=tmp_path / "data",
        source="thingiverse",
        token=TOKEN,
        api_url=site.api.url,
        things_per_night=9,
        requests_per_5_minutes=100_000,
        pictures_per_second=1_000,
        panel_share=0.0,
    )
    sample_night(settings, NIGHT)
    return settings


def test_every_cover_of_strangers_is_there_or_has_a_reason(site: Site, real: Settings) -> None:
    event = materialized(real)
    manifest = read_night(real.thumbnails_dir, NIGHT.isoformat())
    assert manifest is not None
    assert {each.thing_id: each.reason for each in manifest.pictures} == {
        1: None,
        2: "model_file",
        3: "not_a_picture",
        4: "gone",
        5: "no_picture",
        6: "foreign_host",
        7: "too_many_pixels",
        8: "refused",
        9: None,
    }
    assert Thumbnails(real.thumbnails_dir).picture(9) == jpeg(shade=9)
    assert "/renders/9/a_display_small.jpg" in site.api.asked
    assert (figure(event, "obtained"), figure(event, "failed")) == (2, 7)
    assert "tracker" not in str(event.metadata)
    assert figure(event, "data") == "real things (thingiverse)"


def test_the_token_is_sent_for_things_and_never_for_pictures(site: Site, real: Settings) -> None:
    materialized(real)
    by_kind: dict[bool, set[str | None]] = {True: set(), False: set()}
    for path, authorization in zip(site.api.asked, site.api.authorizations, strict=True):
        by_kind[path.startswith(("/assets/", "/renders/"))].add(authorization)
    assert by_kind == {True: {None}, False: {f"Bearer {TOKEN}"}}
    for path, headers in zip(site.api.asked, site.api.headers, strict=True):
        assert TOKEN not in path
        assert path.startswith(("/things/", "/search/")) or TOKEN not in str(headers)


def test_what_may_have_passed_is_asked_for_the_next_time(site: Site, real: Settings) -> None:
    before = version_of(materialized(real))
    site.covers[8] = (site.covers[8][0], Reply(body=jpeg(shade=8)))
    site.api.asked.clear()
    event = materialized(real)
    assert sorted(set(site.api.asked)) == [
        "/assets/3/large_display_a.jpg",
        "/assets/8/large_display_a.jpg",
    ]
    assert figure(event, "obtained") == 3
    assert version_of(event) != before


def test_what_is_not_for_everybody_is_not_in_the_sample(site: Site, real: Settings) -> None:
    hosts = picture_hosts(real)
    folder = real.nights_dir / NIGHT.isoformat()
    things = night_covers(folder, hosts, source="thingiverse", pixels=320)
    assert things.not_safe == {9}
    site.covers[1] = (site.covers[1][0], None)
    assert figure(materialized(real), "sample") == "No picture yet."


def test_a_night_that_was_not_sampled_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ThingistatError, match="thingistat sample --night 2026-09-03"):
        night_covers(tmp_path / "2026-09-03", PictureHosts(), source="sandbox", pixels=320)
    with pytest.raises(dg.Failure, match="not sampled yet"):
        materialized(Settings(data_dir=tmp_path / "data"))


def test_a_night_keeps_its_pictures_when_the_settings_name_another_source(real: Settings) -> None:
    materialized(real)
    with pytest.raises(dg.Failure, match="THINGISTAT_SOURCE=thingiverse"):
        materialized(real.with_changes(source="sandbox"))
    assert Thumbnails(real.thumbnails_dir).things() == (1, 9)


def test_pictures_are_not_asked_of_another_simulated_world(sandbox_night: Settings) -> None:
    with (
        pytest.raises(ThingistatError, match="THINGISTAT_SEED=12"),
        open_pictures(sandbox_night.with_changes(seed=13), NIGHT),
    ):
        pass


def test_a_sandbox_never_leads_to_the_network_and_the_site_never_to_this_machine() -> None:
    sandbox, real = Settings(source="sandbox"), Settings(source="thingiverse")
    assert picture_hosts(sandbox) == PictureHosts(frozenset(), SANDBOX_PUBLIC_URL)
    assert picture_hosts(real) == PictureHosts(PICTURE_HOSTS, None)


def test_the_asset_stands_below_the_night_and_beside_what_is_rebuilt_from_it() -> None:
    definitions = build_definitions(resources={"settings": Settings()})
    key = dg.AssetKey("thumbnails")
    graph = definitions.resolve_asset_graph()
    node = graph.get(key)
    assert node.parent_keys == {dg.AssetKey("raw_things")}
    assert node.partitions_def == graph.get(dg.AssetKey("raw_things")).partitions_def
    assert node.group_name == "visual"
    assert node.assets_def.op.pool == "picture_hosts"
    below = definitions.resolve_job_def("below_raw").asset_layer.executable_asset_keys
    assert key not in below
    whole = definitions.resolve_job_def("whole_lineage").asset_layer.executable_asset_keys
    assert key in whole
