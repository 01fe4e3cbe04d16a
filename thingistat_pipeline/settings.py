"""Every setting, in one place; the only module that reads the environment.

Settings come, strongest first, from arguments, from environment variables with the prefix
``THINGISTAT_``, from a ``.env`` file in the working folder, and from the defaults below.
"""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Source = Literal["sandbox", "thingiverse"]
Effort = Literal["quick", "full"]
Subresource = Literal["categories", "likes", "files", "images"]
NetworkName = Literal["efficientnet-lite0", "efficientnet-lite1"]

LARGEST_SEED = 2**32 - 1001
"""NumPy and scikit-learn take 32 bits, and what needs several seeds counts up from this one."""
SHORTEST_TOKEN = 16
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class Settings(BaseSettings):
    """What a run needs to know. Immutable; `with_changes` makes an altered copy."""

    model_config = SettingsConfigDict(
        env_prefix="THINGISTAT_", env_file=".env", extra="ignore", frozen=True
    )

    data_dir: Path = Field(Path("data"), description="Folder that holds everything a run keeps")
    source: Source = Field("sandbox", description="Where things are sampled from")
    token: SecretStr | None = Field(None, description="Bearer token of the Thingiverse API")
    auth_file: Path = Field(Path("auth.json"), description="ThingiStat's auth.json, if any")
    api_url: str = Field("https://api.thingiverse.com", description="Base address of the API")
    contact: str = Field(
        "no contact given", description="How the site's keepers reach you, for the User-Agent"
    )
    things_per_night: int = Field(2000, ge=0, description="Live things a night asks for")
    requests_per_5_minutes: int = Field(300, ge=1, description="The API's request limit")
    share_of_limit: float = Field(0.8, gt=0, le=1, description="Share of the limit we use")
    subresources: tuple[Subresource, ...] = Field(
        ("categories", "likes", "files"), description="What is asked for each live thing"
    )
    likers_per_thing: int = Field(300, ge=0, description="Cap on the likers fetched for a thing")
    panel_share: float = Field(0.2, ge=0, le=1, description="Share of a night for the panel")
    panel_fraction: float = Field(0.05, ge=0, le=1, description="Share of ids that form the panel")
    quarantine_share_allowed: float = Field(
        0.01,
        ge=0,
        le=1,
        description=(
            "Share of the newest night's things that may have an answer that was not understood; "
            "with more, nothing is published until somebody has looked"
        ),
    )
    thumbnail_pixels: int = Field(
        320, ge=200, le=400, description="Longer side that a thing's picture should have at least"
    )
    thumbnail_bytes: int = Field(
        2_000_000, ge=50_000, description="Bytes that a thing's picture may have at most"
    )
    pictures_per_second: float = Field(
        2.0, gt=0, description="Pictures asked of the site's picture hosts, at most"
    )
    network: NetworkName = Field(
        "efficientnet-lite0", description="Network that looks at pictures; the other is an extra"
    )
    exact_look_alikes_up_to: int = Field(
        20_000, ge=1, description="Things that are all compared in full; with more, nearly all are"
    )
    likes_per_user: int = Field(5, ge=1, description="Likes a user needs to be learned from")
    likes_per_thing: int = Field(5, ge=1, description="Likes a thing needs to be learned from")
    things_per_tag: int = Field(5, ge=1, description="Live things a tag must be on to be learned")
    pictures_in_ranker: bool = Field(
        False, description="Tell the ranker what things look like, beside tags and the like"
    )
    models_kept: int = Field(
        10, ge=2, description="Versions of each model that stay; scores of older ones stay too"
    )
    reports_kept: int = Field(10, ge=1, description="Reports that stay, the newest first")
    serve_token: SecretStr | None = Field(
        None, description="Token that the web app asks for; needed to serve beyond this machine"
    )
    serve_names: tuple[str, ...] = Field(
        (), description="Host names under which others reach the web app"
    )
    serve_requests_per_minute: int = Field(
        1200, ge=60, description="Requests that the web app answers a client in a minute"
    )
    seed: int = Field(12, description="Seed of the frame, the split and the models")
    effort: Effort = Field("quick", description="Size of searches and bootstraps")
    keep_personal_data: bool = Field(False, description="Keep creators' real names and location")

    @field_validator("api_url")
    @classmethod
    def _https_except_on_loopback(cls, url: str) -> str:
        parts = urlsplit(url)
        secure = parts.scheme == "https" and parts.hostname
        local = parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
        if not (secure or local):
            raise ValueError(
                "must be an https address (plain http is accepted for loopback only, because "
                "the token would travel in the clear)"
            )
        return url.rstrip("/")

    @field_validator("serve_token")
    @classmethod
    def _hard_to_guess(cls, token: SecretStr | None) -> SecretStr | None:
        if token is None:
            return None
        text = token.get_secret_value()
        if len(text) < SHORTEST_TOKEN or not (text.isascii() and text.isprintable()):
            raise ValueError(
                f"must be at least {SHORTEST_TOKEN} printable ASCII characters, because it is all "
                "that keeps others out"
            )
        return token

    @field_validator("seed")
    @classmethod
    def _fits_in_32_bits(cls, seed: int) -> int:
        if not 0 <= seed <= LARGEST_SEED:
            raise ValueError(
                f"must be a whole number from 0 to {LARGEST_SEED}, because NumPy and scikit-learn "
                "take seeds of 32 bits"
            )
        return seed

    @field_validator("contact")
    @classmethod
    def _fits_a_header(cls, text: str) -> str:
        if not (text.isascii() and text.isprintable()):
            raise ValueError("must be printable ASCII, because it is part of a request header")
        return text

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        folder = folder.expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"{folder} is a file; name a folder")
        return folder

    def with_changes(self, **changes: object) -> Self:
        """Return a copy with some settings replaced and checked again; ``None`` means unchanged."""
        given = {name: value for name, value in changes.items() if value is not None}
        return type(self)(**{**self.model_dump(), **given})

    @property
    def raw_dir(self) -> Path:
        """Folder of all that was fetched and cannot be rebuilt."""
        return self.data_dir / "raw"

    @property
    def nights_dir(self) -> Path:
        """Folder of the nights' raw partitions, one subfolder a night."""
        return self.data_dir / "raw" / "things"

    @property
    def snapshots_dir(self) -> Path:
        """Folder of imported snapshots, one subfolder each."""
        return self.data_dir / "raw" / "snapshots"

    @property
    def thumbnails_dir(self) -> Path:
        """Folder of the things' pictures: one subfolder a night, and the contents."""
        return self.data_dir / "raw" / "thumbnails"

    @property
    def liker_key_file(self) -> Path:
        """File that holds the secret key with which likers are hashed."""
        return self.data_dir / "raw" / "likers.key"

    @property
    def request_window_file(self) -> Path:
        """SQLite file that remembers the requests of the last five minutes."""
        return self.data_dir / "raw" / "request-window.sqlite"

    @property
    def warehouse_file(self) -> Path:
        """The working DuckDB file, which only the pipeline opens."""
        return self.data_dir / "warehouse" / "warehouse.duckdb"

    @property
    def published_file(self) -> Path:
        """The DuckDB file that users open: a link to the newest published version."""
        return self.data_dir / "thingistat.duckdb"

    @property
    def health_file(self) -> Path:
        """What the last run left to be scraped by a monitor."""
        return self.data_dir / "health.json"

    @property
    def published_dir(self) -> Path:
        """Folder of the published versions of the database."""
        return self.data_dir / "published"

    @property
    def features_dir(self) -> Path:
        """Folder of the feature frames."""
        return self.data_dir / "features"

    @property
    def models_dir(self) -> Path:
        """Folder of the stored models, ``<model>/<version>/``."""
        return self.data_dir / "models"

    @property
    def reports_dir(self) -> Path:
        """Folder of the reports, ``<version>/`` and ``latest``."""
        return self.data_dir / "reports"

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's own history (DAGSTER_HOME)."""
        return self.data_dir / "dagster"
