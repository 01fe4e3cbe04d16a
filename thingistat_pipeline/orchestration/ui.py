"""The Dagster UI and its daemon as two child processes that end together.

The daemon is what runs schedules, automation conditions, run monitoring and retries; the web
server alone would show them without doing them.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.orchestration.forget import finish_interrupted
from thingistat_pipeline.orchestration.instance import prepare_dagster_home
from thingistat_pipeline.orchestration.runners import Runner, at_work
from thingistat_pipeline.settings import Settings

DEFINITIONS = ("-m", "thingistat_pipeline.definitions")
POLL_SECONDS = 1.0
GRACE_SECONDS = 15.0


def serve_ui(settings: Settings, *, port: int) -> None:
    """Serve the Dagster UI on loopback until interrupted.

    Parameters
    ----------
    settings : Settings
        Names the data folder; the children read the same one.
    port : int
        Where the UI listens.

    Raises
    ------
    ThingistatError
        When the port is taken, or one of the two processes ends by itself.
    """
    _require_free(port)
    home = prepare_dagster_home(settings.dagster_home)
    environment = {
        **os.environ,
        "THINGISTAT_DATA_DIR": str(settings.data_dir),
        "THINGISTAT_SOURCE": settings.source,
    }
    commands = {
        "web server": ["dagster_webserver", "-h", "127.0.0.1", "-p", str(port), *DEFINITIONS],
        "daemon": ["dagster._daemon", "run", *DEFINITIONS],
    }
    _end_on_either_signal()
    with at_work(home, Runner.UI) as lock:
        finish_interrupted(settings)
        children = {name: _start(words, environment, lock) for name, words in commands.items()}
        try:
            _wait_until_one_ends(children)
        except KeyboardInterrupt:
            return
        finally:
            _stop(list(children.values()))


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ThingistatError(
                f"Port {port} of this machine is taken ({error.strerror}). Another UI may be "
                "running there; otherwise choose another port with --port."
            ) from None


def _end_on_either_signal() -> None:
    # a shell that starts us in the background has SIGINT ignored
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)


def _start(words: Sequence[str], environment: dict[str, str], lock: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 (fixed words, no shell)
        [sys.executable, "-m", *words],
        env=environment,
        # a session of its own, so that Ctrl-C reaches only us and we stop both in order
        start_new_session=True,
        # should we be killed, a child that lives on still holds the lock
        pass_fds=(lock,),
    )


def _wait_until_one_ends(children: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        for name, child in children.items():
            try:
                code = child.wait(timeout=POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            raise ThingistatError(
                f"Dagster's {name} ended by itself with exit code {code}; its last lines above "
                "say why."
            )


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
    for child in children:
        try:
            child.wait(timeout=GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
