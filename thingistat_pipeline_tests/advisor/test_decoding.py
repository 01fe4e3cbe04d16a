"""Strangers' pictures through a real process: opened as in the pipeline, refused, outlived."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from thingistat_pipeline.advisor import decoding_worker
from thingistat_pipeline.advisor.decoding import LARGEST_FILE, Decoder, Picture, Refused
from thingistat_pipeline.advisor.decoding_worker import ANSWERED
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.visual.cover_pictures import pixels_of
from thingistat_pipeline_tests.advisor import echoing_worker
from thingistat_pipeline_tests.visual.picture_files import encoded, jpeg_with_many_scans, two_halves
from thingistat_pipeline_tests.visual.test_hostile_pictures import HONEST, JPEG, REFUSED

SAID = {
    "empty": "is empty",
    "not_a_picture": "no JPEG, PNG or WebP",
    "too_many_pixels": "more pixels than we open: at most 8,192 on a side",
    "too_few_pixels": "too small: at least 16 pixels",
    "broken": "damaged or cut off",
}


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as opened:
        yield opened


def picture(found: Picture | Refused) -> Picture:
    assert not isinstance(found, Refused), found
    return found


def refusal(found: Picture | Refused) -> str:
    assert isinstance(found, Refused)
    return found.reason


def worker_of(decoder: Decoder) -> int:
    return decoder._worker._process.pid


def test_every_honest_picture_is_opened_as_the_pipeline_opens_it(decoder: Decoder) -> None:
    found = decoder.decoded(list(HONEST.values()))
    for name, each in zip(HONEST, found, strict=True):
        assert np.array_equal(picture(each), pixels_of(HONEST[name])), name


def test_every_hostile_one_is_refused_in_words_and_harms_nobody_after_it(decoder: Decoder) -> None:
    contents = [content for hostile, _ in REFUSED.values() for content in (hostile, JPEG)]
    found = decoder.decoded(contents)
    for (_, reason), each in zip(REFUSED.values(), found[::2], strict=True):
        assert SAID[reason] in refusal(each)
    for each in found[1::2]:
        assert picture(each).shape == (72, 96, 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "no JPEG"),
        (b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aa">]><svg/>', "no JPEG"),
        (b"%PDF-1.7\n" + JPEG, "no JPEG"),
        (b"GIF89a" + bytes(40), "no JPEG"),
        (bytes(4) + b"ftypavif" + bytes(40), "no JPEG"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(40), "damaged"),
        (jpeg_with_many_scans(200), "damaged"),
        (JPEG + bytes(LARGEST_FILE), "larger than 8 MB"),
    ],
    ids=["svg", "entities", "pdf", "gif", "avif", "webp of nought", "many scans", "8 MB and more"],
)
def test_other_uploads_are_refused_in_words(decoder: Decoder, content: bytes, said: str) -> None:
    assert said in refusal(*decoder.decoded([content]))


def test_a_large_picture_comes_back_small(decoder: Decoder) -> None:
    (found,) = decoder.decoded([encoded(two_halves(3_000, 1_000))])
    assert picture(found).shape == (240, 720, 3)


def test_nothing_asked_nothing_answered(decoder: Decoder) -> None:
    assert decoder.decoded([]) == []


def test_threads_that_ask_at_once_get_each_their_own_answer(decoder: Decoder) -> None:
    files = {width: encoded(two_halves(width, 40)) for width in range(40, 72, 4)}
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda width: decoder.decoded([files[width]] * 3), files))
    for width, each in zip(files, found, strict=True):
        assert [picture(one).shape for one in each] == [(40, width, 3)] * 3


def test_a_picture_that_takes_too_long_costs_its_process_and_the_next_meets_another() -> None:
    with Decoder(seconds=2) as decoder:
        first = picture(*decoder.decoded([JPEG]))
        stuck = worker_of(decoder)
        os.kill(stuck, signal.SIGSTOP)
        assert "takes too long" in refusal(*decoder.decoded([JPEG]))
        with pytest.raises(ProcessLookupError):
            os.kill(stuck, 0)
        decoder._seconds = 60
        assert np.array_equal(picture(*decoder.decoded([JPEG])), first)


def test_a_process_that_died_meanwhile_is_replaced_unnoticed() -> None:
    with Decoder() as decoder:
        decoder.decoded([JPEG])
        os.kill(worker_of(decoder), signal.SIGSEGV)
        os.waitid(os.P_PID, worker_of(decoder), os.WEXITED | os.WNOWAIT)
        assert picture(*decoder.decoded([JPEG])).shape == (72, 96, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound addresses")
def test_a_picture_that_takes_too_much_memory_is_refused_and_the_next_is_opened() -> None:
    greedy = encoded(Image.new("RGBA", (4_000, 4_000)), "PNG", compress_level=1)
    with Decoder(memory=200 << 20) as decoder:
        refused, opened = decoder.decoded([greedy, JPEG])
    assert "too much memory" in refusal(refused)
    assert picture(opened).shape == (72, 96, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_the_process_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THINGISTAT_TOKEN", "a secret of ours")
    with Decoder() as decoder:
        decoder.decoded([JPEG])
        told = Path(f"/proc/{worker_of(decoder)}/environ").read_bytes()
        limits = Path(f"/proc/{worker_of(decoder)}/limits").read_text()
    assert b"secret" not in told
    assert b"PYTHONPATH" in told
    (written,) = (line for line in limits.splitlines() if line.startswith("Max file size"))
    assert written.split()[3:5] == ["0", "0"]


@pytest.mark.parametrize(
    "answer",
    [
        ANSWERED.pack(60_000, 60_000, 0),
        ANSWERED.pack(0, 0, 0),
        ANSWERED.pack(0, 720, 0),
        ANSWERED.pack(0, 0, 60_000) + bytes(60_000),
        ANSWERED.pack(1, 1, 1) + b"?",
    ],
    ids=["huge", "nothing", "no height", "a long word", "an unknown word"],
)
def test_what_a_process_that_was_taken_over_answers_is_not_believed(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding_worker, "__name__", echoing_worker.__name__)
    with Decoder() as decoder:
        assert "damaged" in refusal(*decoder.decoded([answer]))


def test_the_pixels_of_an_answer_are_those_that_were_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding_worker, "__name__", echoing_worker.__name__)
    with Decoder() as decoder:
        (found,) = decoder.decoded([ANSWERED.pack(1, 2, 0) + bytes(range(6))])
    assert picture(found).tolist() == [[[0, 1, 2], [3, 4, 5]]]


def test_a_process_that_cannot_start_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding_worker, "__name__", "no_such_module")
    with Decoder() as decoder, pytest.raises(ThingistatError, match="memory"):
        decoder.decoded([JPEG])


def test_once_closed_it_opens_nothing_and_leaves_no_process() -> None:
    with Decoder() as decoder:
        decoder.decoded([JPEG])
        process = worker_of(decoder)
    with pytest.raises(ThingistatError, match="closed"):
        decoder.decoded([JPEG])
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    decoder.close()
