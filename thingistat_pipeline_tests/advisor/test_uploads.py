"""Pictures from hostile hands, over real HTTP: a clear answer, and the server goes on."""

from collections.abc import Iterator
from io import BytesIO

import pytest
import requests
from PIL import Image

from thingistat_pipeline.advisor.answered import Problem
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.served import UNLIMITED, served
from thingistat_pipeline_tests.visual.picture_files import encoded, jpeg, png_claiming, two_halves

SECONDS = 120
MB = 1_000_000
FORM = {"content-type": "multipart/form-data; boundary=b"}
HEAD = b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="a.png"\r\n\r\n'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(scope="module")
def pictures(world: Settings) -> Iterator[str]:
    with served(world.with_changes(serve_requests_per_minute=UNLIMITED)) as url:
        yield f"{url}/api/v1/pictures"
        assert requests.get(f"{url}/health", timeout=SECONDS).json()["state"] == "ok"


def refused(reply: requests.Response, status: int) -> str:
    assert reply.status_code == status, reply.text
    return Problem.model_validate(reply.json()).error


def sent(pictures: str, *contents: bytes) -> requests.Response:
    files = [("pictures", (f"{number}.png", each)) for number, each in enumerate(contents)]
    return requests.post(pictures, files=files, timeout=SECONDS)


def animated() -> bytes:
    out = BytesIO()
    frames = [two_halves(), two_halves(48, 64).resize((64, 48))]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few hundred kilobytes that is 12,000 by 12,000 pixels."""
    return encoded(Image.new("1", (12_000, 12_000)), "PNG")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(bomb(), id="bomb"),
        pytest.param(png_claiming(20_000, 20), id="20,000 wide"),
        pytest.param(SVG, id="SVG"),
        pytest.param(b"<!doctype html><script>alert(1)</script>", id="HTML"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + SVG, id="SVG that begins as a PNG"),
        pytest.param(jpeg(200, 200)[:600], id="truncated"),
        pytest.param(b"PK\x03\x04" + bytes(300), id="ZIP"),
        pytest.param(b"%PDF-1.7" + bytes(300), id="PDF"),
        pytest.param(animated(), id="GIF"),
        pytest.param(b"", id="empty"),
        pytest.param(bytes(1000), id="zeros"),
    ],
)
def test_what_is_no_honest_picture_is_refused_in_words(pictures: str, content: bytes):
    assert refused(sent(pictures, content), 422)


def test_one_bad_picture_does_not_spoil_the_others(pictures: str):
    reply = sent(pictures, jpeg(300, 200), SVG, jpeg(200, 300, 7))
    assert reply.status_code == 200, reply.text
    ranked = reply.json()["pictures"]
    assert [picture["refused"] is None for picture in ranked] == [True, False, True]
    assert ranked[1]["place"] is None


def body(size: int) -> Iterator[bytes]:
    """A form of that many bytes, which does not say how many there are."""
    yield HEAD
    part = bytes(MB)
    for _ in range(size // MB):
        yield part
    yield b"\r\n--b--\r\n"


def test_200_megabytes_that_come_bit_by_bit_are_refused(pictures: str):
    reply = requests.post(pictures, data=body(200 * MB), headers=FORM, timeout=SECONDS)
    assert "8 MB" in refused(reply, 413)


def test_200_megabytes_that_are_announced_are_refused(pictures: str):
    reply = requests.post(pictures, data=bytes(200 * MB), headers=FORM, timeout=SECONDS)
    assert "40 MB" in refused(reply, 413)


def test_200_megabytes_of_json_are_refused(pictures: str):
    advice = pictures.replace("pictures", "advice")
    json = {"content-type": "application/json"}
    refused(requests.post(advice, data=body(200 * MB), headers=json, timeout=SECONDS), 413)


def test_a_picture_may_have_8_megabytes_and_not_a_byte_more(pictures: str):
    padding = 8 * MB - len(jpeg(300, 200))
    assert sent(pictures, jpeg(300, 200) + bytes(padding)).status_code != 413
    assert "8 MB" in refused(sent(pictures, jpeg(300, 200) + bytes(padding + 1)), 413)


def test_all_pictures_together_may_have_40_megabytes(pictures: str):
    assert "40 MB" in refused(sent(pictures, *[bytes(6 * MB)] * 7), 413)


def test_nine_pictures_are_one_too_many(pictures: str):
    assert "8" in refused(sent(pictures, *[jpeg()] * 9), 422)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"--b--\r\n", 422),
        (b"nonsense", 422),
        (HEAD + b"cut off", 422),
        (HEAD.replace(b"pictures", b"other") + b"x\r\n--b--\r\n", 422),
        (HEAD.replace(b'; filename="a.png"', b"") + b"x\r\n--b--\r\n", 422),
        (HEAD.replace(b'name="pictures"; ', b"") + b"x\r\n--b--\r\n", 422),
        (HEAD.replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"), 422),
    ],
)
def test_a_broken_form_is_refused(pictures: str, content: bytes, status: int):
    refused(requests.post(pictures, data=content, headers=FORM, timeout=SECONDS), status)


@pytest.mark.parametrize("kind", ["application/json", "image/png", "multipart/mixed", ""])
def test_another_kind_of_body_is_refused(pictures: str, kind: str):
    reply = requests.post(pictures, data=b"x", headers={"content-type": kind}, timeout=SECONDS)
    refused(reply, 415)


def test_a_form_in_an_encoding_that_cannot_be_read_is_refused(pictures: str):
    headers = {"content-type": FORM["content-type"] + "; charset=undefined"}
    content = HEAD + b"x\r\n--b--\r\n"
    refused(requests.post(pictures, data=content, headers=headers, timeout=SECONDS), 422)


def test_a_form_without_a_boundary_is_refused(pictures: str):
    headers = {"content-type": "multipart/form-data"}
    refused(requests.post(pictures, data=b"x", headers=headers, timeout=SECONDS), 422)
