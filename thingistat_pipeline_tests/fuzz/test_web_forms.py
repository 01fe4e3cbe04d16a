"""Whatever a browser sends: a model or a form within bounds, or a status that says whose fault."""

import json
from typing import Any

from fastapi import FastAPI, Request
from hypothesis import strategies as st
from pydantic import BaseModel

from thingistat_pipeline.advisor.asked import DraftPost, TagsAsked
from thingistat_pipeline.advisor.uploads import PICTURE_BYTES, uploaded_pictures
from thingistat_pipeline_tests.advisor.asgi import answer
from thingistat_pipeline_tests.fuzz.fuzzing import fuzzed
from thingistat_pipeline_tests.fuzz.hostile import bytes_like, changed, texts, trees

DRAFT = {
    "title": "Cup",
    "description": "A cup",
    "category": "Household",
    "tags": ["cup", "lid"],
    "licence": "cc",
    "files": {"stl": 2},
    "megabytes": 1.5,
    "photographs": 3,
    "remix": False,
    "print_settings": ["supports"],
    "weekday": 3,
    "hour": 12,
    "creator": {"followers": 3, "earlier_median_downloads": 2.5},
    "cover": {"sharpness": 0.5},
    "based_on": 4711,
}
PART = (
    b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="a.png"\r\n'
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n\r\n"
)
FORMS = (PART + b"--b--\r\n", PART * 3 + b"--b--\r\n", PART.replace(b"pictures", b"other"))
KIND = "multipart/form-data; boundary=b"

app = FastAPI()


@app.post("/pictures")
async def pictures(request: Request) -> list[int]:
    return [len(each.content) for each in await uploaded_pictures(request)]


def test_the_honest_ones_are_taken() -> None:
    assert DraftPost.model_validate(DRAFT).title == "Cup"
    found = answer(app, "POST", "/pictures", headers={"content-type": KIND}, body=[FORMS[1]])
    assert (found.status, json.loads(found.body)) == (200, [6, 6, 6])


@fuzzed(
    body=(changed((DRAFT,)) | trees).map(lambda tree: json.dumps(tree).encode())
    | bytes_like(json.dumps(DRAFT).encode()),
    model=st.sampled_from([DraftPost, TagsAsked]),
    examples=150,
)
def test_any_body_is_a_draft_or_invalid(body: bytes, model: type[BaseModel]) -> None:
    try:
        found = model.model_validate_json(body)
    except ValueError:
        return
    assert len(found.model_dump_json()) < 500_000


@fuzzed(
    body=bytes_like(*FORMS),
    kind=st.just(KIND) | texts.map(lambda text: f"multipart/form-data; boundary={text!a}"),
    pieces=st.integers(1, 5),
)
def test_any_form_is_a_list_of_pictures_or_refused(body: bytes, kind: str, pieces: int) -> None:
    size = max(len(body) // pieces, 1)
    parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    found = answer(app, "POST", "/pictures", headers={"content-type": kind}, body=parts)
    assert found.status in (200, 413, 415, 422)
    if found.status == 200:
        sizes: list[Any] = json.loads(found.body)
        assert sizes
        assert max(sizes) <= PICTURE_BYTES
