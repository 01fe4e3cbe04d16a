"""What a camera makes is made smaller by the browser before it is sent."""

import io
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page

from thingistat_pipeline_tests.advisor.pages.drafting import open_draft, opened

MOST_SENT = 8_000_000

SHRINK = """async ([bytes, type]) => {
    const address = document.querySelector("script[src$='/draft.js']").src;
    const { shrunk } = await import(address.replace("draft.js", "shrink.js"));
    const file = new File([new Uint8Array(bytes)], "a", { type });
    const made = await shrunk(file);
    if (made === file) return null;
    const opened = await createImageBitmap(made);
    const canvas = new OffscreenCanvas(1, 1);
    const brush = canvas.getContext("2d");
    brush.drawImage(opened, 0, 0);
    const corner = [...brush.getImageData(0, 0, 1, 1).data];
    return { type: made.type, size: [opened.width, opened.height], corner };
}"""


def written(picture: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def shrunk(page: Page, content: bytes, kind: str) -> Any:
    return page.evaluate(SHRINK, [list(content), kind])


def test_a_photograph_that_is_too_large_to_be_sent_is_ranked(browser: Browser, address: str):
    noise = np.random.default_rng(0).integers(0, 256, (2600, 3900, 3), dtype=np.uint8)
    content = written(Image.fromarray(noise), "JPEG", quality=90)
    assert len(content) > MOST_SENT
    picture: FilePayload = {"name": "camera.jpg", "mimeType": "image/jpeg", "buffer": content}
    with opened(browser) as page:
        open_draft(page, address)
        page.set_input_files("#pictures", picture)
        page.wait_for_selector(".candidate .speaks")


def test_only_what_is_large_is_drawn_anew_on_white_and_upright(browser: Browser, address: str):
    turned = Image.Exif()
    turned[0x0112] = 6  # to be shown a quarter turned
    with opened(browser) as page:
        open_draft(page, address)
        small = written(Image.new("RGBA", (1600, 40), (0, 0, 0, 0)), "PNG")
        assert shrunk(page, small, "image/png") is None
        large = written(Image.new("RGBA", (3200, 800), (0, 0, 0, 0)), "PNG")
        assert shrunk(page, large, "image/png") == {
            "type": "image/jpeg", "size": [1600, 400], "corner": [255] * 4
        }  # fmt: skip
        sideways = written(Image.new("RGB", (3200, 800)), "JPEG", exif=turned)
        assert shrunk(page, sideways, "image/jpeg")["size"] == [400, 1600]
        assert shrunk(page, b"no picture", "image/png") is None


def test_what_is_too_large_and_cannot_be_made_smaller_is_turned_down(
    browser: Browser, address: str
):
    broken: FilePayload = {
        "name": "broken.png", "mimeType": "image/png", "buffer": b"x" * (MOST_SENT + 1)
    }  # fmt: skip
    with opened(browser) as page:
        open_draft(page, address)
        page.set_input_files("#pictures", broken)
        refused = page.locator(".candidate .refused")
        refused.wait_for()
        assert refused.inner_text() == "It cannot be opened here, and is larger than 8 MB."
