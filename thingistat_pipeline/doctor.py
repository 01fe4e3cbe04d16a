"""What could be wrong with an installation, and how to mend it.

Each examination looks at one thing and returns a finding in words. None prints the token. The
requests that are sent count against the limit like all others.
"""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import requests
from pydantic import SecretStr

from thingistat_pipeline import __version__
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.orchestration.assets.looks import LOOKS
from thingistat_pipeline.orchestration.health import health
from thingistat_pipeline.orchestration.partitions import FIRST_NIGHT
from thingistat_pipeline.orchestration.resources import open_client, thingiverse_client
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.popularity.parity import PARITY
from thingistat_pipeline.recommender.model_names import RANKING
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import ModelRefusedError, read_version
from thingistat_pipeline.thingiverse.auth import find_token
from thingistat_pipeline.thingiverse.client import Answer, BearerToken
from thingistat_pipeline.thingiverse.sessions import PlainSession

BYTES_PER_THING = 20_000
"""Disk for one thing in raw, warehouse and published form, generously."""
LEAST_FREE_BYTES = 2_000_000_000
LIBRARIES = ("dagster", "duckdb", "polars", "scikit-learn", "optuna", "numba", "requests")
TIMEOUT_SECONDS = 20
_MODELS = (PARITY, ADVISOR, RANKING, LOOKS)
NEWEST = {"type": "things", "per_page": "1", "sort": "newest"}


@dataclass(frozen=True)
class Finding:
    """What one examination found; `mend` says what to do where it is not fine."""

    subject: str
    fine: bool
    found: str
    mend: str = ""

    def as_dict(self) -> dict[str, str | bool]:
        """Return the finding as JSON holds it."""
        return asdict(self)

    def as_line(self) -> str:
        """Return the finding as a line for the terminal."""
        mark = "ok  " if self.fine else "BAD "
        remedy = f" -> {self.mend}" if self.mend and not self.fine else ""
        return f"{mark}{self.subject:<14} {self.found}{remedy}"


def examine(settings: Settings) -> list[Finding]:
    """Look at versions, disk, and the source that the settings name."""
    findings = [_versions(), _disk(settings), _folder(settings), _models(settings)]
    findings += _state(settings)
    findings.append(_sandbox(settings))
    return [*findings, *_api(settings)]


def _state(settings: Settings) -> Iterator[Finding]:
    """Yield what is unhealthy in the data folder, or what was last done where nothing is."""
    found = health(settings)
    for problem in found["problems"]:
        yield Finding(problem["subject"], False, problem["found"], problem["mend"])
    night, published = found["last_night"], found["last_publish"]
    last = f"{night['night']} with {night['live_things']} live things" if night else "none yet"
    yield Finding("last night", True, last)
    yield Finding("published", True, f"at {published['at']}" if published else "nothing yet")
    failed = found["runs"]["failed_in_7_days"]
    yield Finding("recent runs", True, f"{failed} failed in the last 7 days")


def _versions() -> Finding:
    found = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return Finding(
        "versions", True, f"ThingiStat {__version__}, Python {platform.python_version()}, {found}"
    )


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(_nearest_existing(settings.data_dir)).free
    needed = max(LEAST_FREE_BYTES, settings.things_per_night * BYTES_PER_THING * 3)
    return Finding(
        "disk",
        free >= needed,
        f"{free / 1e9:.1f} GB free where {settings.data_dir} lies, {needed / 1e9:.1f} GB wanted",
        "free some space, or choose another folder with --data-dir",
    )


def _folder(settings: Settings) -> Finding:
    folder = _nearest_existing(settings.data_dir)
    return Finding(
        "data folder",
        os.access(folder, os.W_OK),
        f"{settings.data_dir} ({'exists' if settings.data_dir.exists() else 'will be made'})",
        f"this user may not write to {folder}; choose another folder with --data-dir",
    )


def _models(settings: Settings) -> Finding:
    return Finding("models", True, "; ".join(_stored(settings, name) for name in _MODELS))


def _stored(settings: Settings, name: str) -> str:
    try:
        found = read_version(settings.models_dir, name)
    except ModelRefusedError:
        return f"{name}: none yet"
    things = found.metrics.get("n_rows", found.metrics.get("things"))
    said = f"{name} {found.version}" + (f", {things} things" if things is not None else "")
    return said if found.fitted else f"{said}: not fitted, too little to learn from"


def _sandbox(settings: Settings) -> Finding:
    try:
        with open_client(settings.with_changes(source="sandbox"), FIRST_NIGHT) as client:
            newest = client.newest_id()
    except ThingistatError as error:
        return Finding("sandbox", False, str(error))
    return Finding("sandbox", True, f"the embedded sandbox answers; its newest id is {newest}")


def _api(settings: Settings) -> Iterator[Finding]:
    try:
        token = find_token(settings.token, settings.auth_file)
    except ThingistatError as error:
        wanted = settings.source == "thingiverse"
        yield Finding("token", not wanted, str(error) if wanted else "none; the sandbox needs none")
        return
    yield Finding("token", True, "found (not shown)")
    given = settings.contact != Settings.model_fields["contact"].default
    advice = "; set THINGISTAT_CONTACT, so that the site's keepers can reach you if need be"
    yield Finding("contact", True, settings.contact + ("" if given else advice))
    try:
        with thingiverse_client(settings, token) as client:
            answer = client.get("/search/", NEWEST)
    except ThingistatError as error:
        yield Finding(
            "reachability",
            False,
            str(error),
            "check the network, a proxy, and THINGISTAT_API_URL",
        )
        return
    yield Finding("reachability", True, f"{settings.api_url} answers with status {answer.status}")
    yield _rate_headers(answer, settings)
    yield _etag_support(answer, settings, token)


def _rate_headers(answer: Answer, settings: Settings) -> Finding:
    named = {
        name: value
        for name, value in answer.headers.items()
        if "ratelimit" in name.lower() or name.lower() == "retry-after"
    }
    told = ", ".join(f"{name}: {value}" for name, value in named.items()) or "none sent"
    share = settings.share_of_limit * settings.requests_per_5_minutes
    return Finding(
        "rate headers", True, f"{told}; we keep to {share:.0f} requests in any 5 minutes"
    )


def _etag_support(answer: Answer, settings: Settings, token: SecretStr) -> Finding:
    etag = answer.headers.get("ETag")
    if etag is None:
        return Finding(
            "ETag", True, "not sent: an unchanged thing costs a whole answer when seen again"
        )
    try:
        with (
            PlainSession(headers_within=TIMEOUT_SECONDS) as session,
            session.get(
                f"{settings.api_url}/search/",
                params=NEWEST,
                headers={"If-None-Match": etag},
                auth=BearerToken(token),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,  # the status says it; nobody knows how long the answer is
            ) as again,
        ):
            status = again.status_code
    except requests.RequestException as error:
        return Finding("ETag", True, f"sent; asking again with it failed ({type(error).__name__})")
    honoured = "honoured" if status == requests.codes.not_modified else "not honoured"
    return Finding("ETag", True, f"sent, and {honoured}")


def _nearest_existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
