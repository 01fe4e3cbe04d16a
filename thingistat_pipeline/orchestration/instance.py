"""Dagster's own home: history and settings inside the data folder."""

import os
from importlib.resources import files
from pathlib import Path

from thingistat_pipeline.files import write_whole


def prepare_dagster_home(home: Path) -> Path:
    """Make `home` a Dagster home with our settings and point this process at it.

    The settings (telemetry off, pools of one, run monitoring and retries) are written anew each
    time, so that an upgrade of this package reaches old data folders.

    Parameters
    ----------
    home : Path
        The folder; made if it is missing. Dagster demands an absolute path.
    """
    settings = files("thingistat_pipeline.orchestration").joinpath("dagster.yaml").read_text()
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists() or (home / "dagster.yaml").read_text() != settings:
        write_whole(home / "dagster.yaml", settings)
    os.environ["DAGSTER_HOME"] = str(home)
    return home
