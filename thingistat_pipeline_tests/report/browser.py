"""A real headless Chromium, driven over its DevTools protocol, for tests of pages.

Nothing is downloaded: the browser is the machine's own, and a test that needs it is skipped where
there is none.
"""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "about:blank",
)  # fmt: skip
_START_SECONDS = 60


class Tab:
    """One page: commands go out, events are kept."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result, keeping what happens meanwhile."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == self._number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self.events.append(message)
        raise TimeoutError(method)

    def value(self, expression: str) -> Any:
        """Evaluate JavaScript (a promise is waited for) and return its value."""
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, page: Path, *, width: int, height: int = 900, dark: bool = False) -> None:
        """Load a file at a width in CSS pixels and wait until it has settled; forget the past."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self.call("Page.navigate", url="about:blank")
        self.call("Log.clear")
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        self.wait()

    def resize(self, width: int, height: int = 900) -> None:
        """Set the width of the window in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def wait(self) -> None:
        """Wait until the document is complete and two frames have been drawn."""
        deadline = time.monotonic() + 60
        while self.value("document.readyState + location.protocol") != "completefile:":
            assert time.monotonic() < deadline, "the page did not load"
            time.sleep(0.05)
        self.value("new Promise(r => setTimeout(() => requestAnimationFrame(() => r(1)), 400))")

    def screenshot(self, file: Path) -> None:
        """Save the whole page as a picture."""
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(picture))

    def named(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of the events of a kind."""
        return [event["params"] for event in self.events if event.get("method") == method]

    @property
    def complaints(self) -> list[str]:
        """What the console holds against the page: errors, warnings, broken policies."""
        thrown = [str(event) for event in self.named("Runtime.exceptionThrown")]
        logged = [
            event["entry"]["text"]
            for event in self.named("Log.entryAdded")
            if event["entry"]["level"] in {"error", "warning"}
        ]
        said = [
            str(event["args"])
            for event in self.named("Runtime.consoleAPICalled")
            if event["type"] in {"error", "warning", "assert"}
        ]
        return thrown + logged + said

    @property
    def foreign_requests(self) -> list[str]:
        """Addresses asked for beyond the file itself and data inside it."""
        asked = [event["request"]["url"] for event in self.named("Network.requestWillBeSent")]
        return [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


@contextmanager
def chromium(profile: Path) -> Iterator[Tab]:
    """Start a browser with a profile of its own and yield its tab; skip where there is none."""
    client = pytest.importorskip("websockets.sync.client", reason="websockets is not installed")
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip(f"no headless browser here (looked for {', '.join(_NAMES)})")
    process = subprocess.Popen(
        [program, f"--user-data-dir={profile}", *_SWITCHES],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with client.connect(_address(process, profile, client), max_size=None) as socket:
            yield Tab(socket)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], profile: Path, client: Any) -> str:
    """Return the address of the first tab, once the browser listens."""
    port_file = profile / "DevToolsActivePort"
    deadline = time.monotonic() + _START_SECONDS
    while not (port_file.exists() and port_file.read_text().count("\n")):
        assert process.poll() is None, "the browser ended before it listened"
        assert time.monotonic() < deadline, "the browser did not listen in time"
        time.sleep(0.1)
    port, path = port_file.read_text().split("\n")[:2]
    with client.connect(f"ws://127.0.0.1:{port}{path}", max_size=None) as socket:
        targets = Tab(socket).call("Target.getTargets")["targetInfos"]
    page = next(target["targetId"] for target in targets if target["type"] == "page")
    return f"ws://127.0.0.1:{port}/devtools/page/{page}"
