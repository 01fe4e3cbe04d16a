"""What assets need from outside: a client for the source that the settings name.

The settings travel to the assets as a plain object, so that the token (a `SecretStr`) is never
part of a run's configuration or of the event log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.forgetting.lock import while_nothing_is_forgotten
from thingistat_pipeline.orchestration.progress import progress_bar
from thingistat_pipeline.orchestration.snapshot_tables import span
from thingistat_pipeline.sampling.harvest import finished_night, harvest_night
from thingistat_pipeline.sampling.known import KnownThings
from thingistat_pipeline.sampling.plan import seeds_in
from thingistat_pipeline.sandbox.embedded import running_sandbox
from thingistat_pipeline.settings import LOOPBACK_HOSTS, Settings
from thingistat_pipeline.snapshots.ids import read_ids
from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.thingiverse.auth import find_token
from thingistat_pipeline.thingiverse.budget import request_budget
from thingistat_pipeline.thingiverse.client import ThingiverseClient
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.likers import liker_key
from thingistat_pipeline.thingiverse.manifest import Manifest, loads_in, require_one_world
from thingistat_pipeline.visual.addresses import PictureHosts
from thingistat_pipeline.visual.download import PictureClient

SANDBOX_REQUESTS_PER_5_MINUTES = 1_000_000
SANDBOX_PUBLIC_URL = "http://127.0.0.1:8765"
"""What the sandbox's answers name as their address: where `thingistat sandbox` serves by default.

The embedded one listens wherever there is a free port; were that in its answers, no two runs would
keep the same bytes.
"""


@contextmanager
def open_client(settings: Settings, night: date) -> Iterator[ThingiverseClient]:
    """Yield a client for the settings' source, with the embedded sandbox running if that is it.

    Parameters
    ----------
    settings : Settings
        Source, address, token and limits.
    night : date
        The sandbox's "today": its counts stand as of that day.
    """
    if settings.source == "thingiverse":
        token = find_token(settings.token, settings.auth_file)
        with thingiverse_client(settings, token) as client:
            yield client
        return
    with running_sandbox(
        seed=settings.seed,
        today=night,
        requests_per_5_minutes=SANDBOX_REQUESTS_PER_5_MINUTES,
        public_url=SANDBOX_PUBLIC_URL,
    ) as sandbox:
        budget = request_budget(SANDBOX_REQUESTS_PER_5_MINUTES, share=settings.share_of_limit)
        with ThingiverseClient(
            sandbox.url, SecretStr(sandbox.token), budget=budget, contact=settings.contact
        ) as client:
            yield client


def thingiverse_client(settings: Settings, token: SecretStr) -> ThingiverseClient:
    """Return a client of the real API, whose request budget outlives this process."""
    budget = request_budget(
        settings.requests_per_5_minutes,
        share=settings.share_of_limit,
        file=settings.request_window_file,
    )
    return ThingiverseClient(settings.api_url, token, budget=budget, contact=settings.contact)


def picture_hosts(settings: Settings) -> PictureHosts:
    """Return who may be asked for the pictures of the settings' source.

    Of a simulated site that is this machine alone. An API on this machine that passes for the real
    one may have its pictures at its own address.
    """
    if settings.source == "sandbox":
        return PictureHosts(frozenset(), SANDBOX_PUBLIC_URL)
    api = urlsplit(settings.api_url)
    local = api.hostname in LOOPBACK_HOSTS
    return PictureHosts(loopback=f"{api.scheme}://{api.netloc}" if local else None)


@contextmanager
def open_pictures(settings: Settings, night: date) -> Iterator[Callable[[str], bytes]]:
    """Yield the function that fetches a picture, with the embedded sandbox running if need be.

    Parameters
    ----------
    settings : Settings
        Source, contact, rate and the largest picture.
    night : date
        The sandbox's "today".
    """
    hosts = picture_hosts(settings)
    if settings.source == "thingiverse":
        with PictureClient(
            hosts,
            contact=settings.contact,
            largest=settings.thumbnail_bytes,
            per_second=settings.pictures_per_second,
        ) as client:
            yield client.fetch
        return
    _require_one_seed(settings)
    with (
        running_sandbox(seed=settings.seed, today=night, public_url=SANDBOX_PUBLIC_URL) as sandbox,
        PictureClient(
            hosts,
            contact=settings.contact,
            largest=settings.thumbnail_bytes,
            served_at=sandbox.url,
        ) as client,
    ):
        yield client.fetch


def sample_night(settings: Settings, night: date) -> Manifest:
    """Sample one night into the data folder, or return its manifest if it is complete."""
    allowed = settings.quarantine_share_allowed
    finished = finished_night(settings.nights_dir, night.isoformat(), allowed)
    if finished is not None:
        return finished
    require_one_world(settings.nights_dir, settings.snapshots_dir, source=settings.source)
    _require_one_seed(settings)
    with open_client(settings, night) as client:
        return harvest_night(
            client,
            settings.nights_dir,
            night.isoformat(),
            source=settings.source,
            target_live=settings.things_per_night,
            subresources=settings.subresources,
            likers_cap=settings.likers_per_thing,
            liker_key=liker_key(settings.liker_key_file, settings.source, settings.seed),
            frame_seed=settings.seed,
            panel_share=settings.panel_share,
            panel_fraction=settings.panel_fraction,
            keep_personal_data=settings.keep_personal_data,
            known=known_things(settings.snapshots_dir),
            forgotten=Forgotten(settings.raw_dir),
            quarantine_share_allowed=allowed,
        )


def known_things(snapshots_dir: Path) -> tuple[KnownThings, ...]:
    """Return what the imported snapshots cover, for a night to leave out and to visit again.

    A snapshot's things count as observed on its last day. Of one whose manifest names no day
    (it has no thing) that is the day of its import.
    """
    known = []
    for folder, manifest in loads_in(snapshots_dir):
        ids = read_ids(folder)
        days = (manifest.observed_on or "", *span(manifest, "observed"))
        day = max(days) or manifest.finished_at[:10]
        known.append(KnownThings(manifest.name, date.fromisoformat(day), ids.attempted, ids.live))
    return tuple(known)


def _require_one_seed(settings: Settings) -> None:
    """Refuse another seed than the folder's: another order of ids, or another simulated world."""
    others = seeds_in(settings.nights_dir) - {settings.seed}
    if others:
        raise ThingistatError(
            f"The nights in {settings.nights_dir} were sampled with the seed {min(others)}, and "
            f"this one would be with {settings.seed}: another order of ids, and for the sandbox "
            f"another world. Set THINGISTAT_SEED={min(others)}, or name another folder with "
            "--data-dir."
        )


def bring_in_snapshot(
    settings: Settings, path: Path, *, observed_on: date | None = None, name: str | None = None
) -> Manifest:
    """Import a published data set into the data folder, with a bar for checking and reading it."""
    require_one_world(settings.nights_dir, settings.snapshots_dir, source="snapshot")
    with while_nothing_is_forgotten(settings.raw_dir), progress_bar("import") as progress:
        return import_snapshot(
            path,
            settings.snapshots_dir,
            liker_key=liker_key(settings.liker_key_file, "snapshot", settings.seed),
            observed_on=observed_on,
            keep_personal_data=settings.keep_personal_data,
            name=name,
            forgotten=Forgotten(settings.raw_dir),
            progress=progress,
        )


def today() -> date:
    """Return tonight's date in UTC, by which real nights are named."""
    return datetime.now(UTC).date()
