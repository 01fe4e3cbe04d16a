"""Dagster's own home: history and settings inside the data folder."""

import os
from importlib.resources import files
from pathlib import Path

from thingistat_pipeline.files import write_whole

COMMAND_SETTINGS = "command.yaml"
"""Settings of runs in a command's own process: their output goes to the terminal, not to a file."""


def prepare_dagster_home(home: Path) -> Path:
    """Make `home` a Dagster home with our settings and point this process at it.

    The settings (telemetry off, pools of one, run monitoring and retries) are written anew each
    time, so that an upgrade of this package reaches old data folders.

    Parameters
    ----------
    home : Path
        The folder; made if it is missing. Dagster demands an absolute path.
    """
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    everywhere, command = _packaged("dagster.yaml"), _packaged(COMMAND_SETTINGS)
    _keep(home / "dagster.yaml", everywhere)
    _keep(home / COMMAND_SETTINGS, everywhere + command)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def _packaged(name: str) -> str:
    return files("thingistat_pipeline.orchestration").joinpath(name).read_text()


def _keep(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        write_whole(path, text)
