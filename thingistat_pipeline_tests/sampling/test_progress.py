"""What people and logs see of a night."""

import logging

import pytest

from thingistat_pipeline.sampling import progress
from thingistat_pipeline.sampling.progress import ProgressBar, ProgressLog, Status


def test_the_log_says_how_far_a_night_is(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LOG_SECONDS", 0.0)
    caplog.set_level(logging.INFO)
    log = ProgressLog("2026-09-01")
    log.show(Status(live=35, target=200, tried=100, requests=170))
    log.show(Status(live=70, target=200, tried=200, requests=340))
    assert "night=2026-09-01 live=70 wanted=200 tried=200 hit_rate=0.350 " in caplog.messages[-1]


def test_the_log_is_quiet_for_half_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = ProgressLog("2026-09-01")
    for live in range(50):
        log.show(Status(live=live, target=200, tried=live, requests=live))
    assert caplog.messages == []


def test_the_bar_shows_things_hit_rate_and_requests(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar("2026-09-01")
    bar.show(Status(live=0, target=200, tried=0, requests=1))
    bar.show(Status(live=50, target=200, tried=200, requests=300))
    bar.close()
    shown = capsys.readouterr().err
    assert "Night 2026-09-01:  25%" in shown
    assert "50/200" in shown
    assert "25% live" in shown
    assert "requests/s" in shown
