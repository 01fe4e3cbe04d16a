"""A run that is stopped or started twice says so; `reliability.test_kills` kills it."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

THINGS = 60
COMMAND = [sys.executable, "-m", "thingistat_pipeline"]
PATIENCE = 240


@pytest.fixture
def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("THINGISTAT_", "DAGSTER_"))}


def started(folder: Path, environment: dict[str, str], *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_words(data_dir: str, things: int = THINGS) -> tuple[str, ...]:
    return ("run", "--things", str(things), "--data-dir", data_dir)


def wait_until_sampling(folder: Path, process: "subprocess.Popen[str]") -> None:
    journal = folder / "raw" / "things" / "2026-09-01" / "journal.jsonl"
    for _ in range(PATIENCE * 20):
        if journal.exists() and journal.stat().st_size > 20_000:
            return
        assert process.poll() is None, "the run ended before it was to be interrupted"
        time.sleep(0.05)
    raise AssertionError("sampling did not begin")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_or_a_polite_end_in_mid_step_says_how_to_go_on(
    tmp_path: Path, environment: dict[str, str], ending: signal.Signals
):
    process = started(tmp_path, environment, *run_words("data", things=2000))
    wait_until_sampling(tmp_path / "data", process)
    process.send_signal(ending)
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Run the same command again" in errors
    assert "Traceback" not in output + errors


def test_a_second_run_in_the_same_folder_is_refused_and_the_first_goes_on(
    tmp_path: Path, environment: dict[str, str]
):
    first = started(tmp_path, environment, *run_words("data", things=2000))
    wait_until_sampling(tmp_path / "data", first)
    second = started(tmp_path, environment, *run_words("data"))
    _, errors = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert "Another `thingistat` run is at work" in errors
    assert first.poll() is None
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=PATIENCE)


def test_a_terminal_shows_a_bar_with_rate_hit_rate_and_time_left(
    tmp_path: Path, environment: dict[str, str]
):
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    shown: list[bytes] = []

    def read() -> None:
        while True:
            try:
                shown.append(os.read(terminal, 4096))
            except OSError:
                return

    reader = threading.Thread(target=read)
    reader.start()
    process = subprocess.Popen(
        [*COMMAND, "sample", "--things", "150", "--data-dir", "data"],
        cwd=tmp_path,
        env=environment,
        stdout=inside,
        stderr=inside,
        stdin=inside,
    )
    os.close(inside)
    assert process.wait(timeout=PATIENCE) == 0
    reader.join(timeout=10)
    os.close(terminal)
    text = b"".join(shown).decode()
    assert "/150 [" in text
    assert "requests/s" in text
    assert "% live" in text
