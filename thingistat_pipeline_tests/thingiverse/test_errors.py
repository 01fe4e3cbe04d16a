"""What answers mean, beyond the bodies that were recorded."""

import pytest

from thingistat_pipeline.thingiverse.errors import Verdict, is_retryable, judge

CLOUDFLARE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"


@pytest.mark.parametrize(
    ("status", "kind", "body", "verdict"),
    [
        (404, "text/html", b"<html><h1>404 Not Found</h1></html>", Verdict.TRANSIENT),
        (404, "application/json", b"[]", Verdict.TRANSIENT),
        (404, "application/json", b"", Verdict.TRANSIENT),
        (410, "application/json", b'{"error":"Gone"}', Verdict.GONE),
        (500, "application/json", b'{"error":"Thing 5 does not exist"}', Verdict.TRANSIENT),
        (502, "", b"[]", Verdict.TRANSIENT),
        (503, "text/html", CLOUDFLARE, Verdict.BLOCKED),
        (200, "text/html", CLOUDFLARE, Verdict.BLOCKED),
        (200, "text/html", b"<html>maintenance</html>", Verdict.TRANSIENT),
        (200, "application/json", b'{"id": 5', Verdict.TRANSIENT),
        (200, "application/json", b"", Verdict.TRANSIENT),
        (200, "application/json", b"null", Verdict.TRANSIENT),
        (200, "application/json", b"5", Verdict.OK),  # certainly no thing: not to be asked again
        (200, "application/json", b'"x"', Verdict.OK),
        (200, "application/json", b"true", Verdict.OK),
        (200, "text/plain", b'{"id": 5}', Verdict.OK),
        (200, "application/json", b'{"id":5,"description":"Just a moment..."}', Verdict.OK),
        (200, "application/json", b'{"error":"Thing is private"}', Verdict.PRIVATE),
        (200, "application/json", b'{"error":"try later"}', Verdict.TRANSIENT),
        (302, "text/html", b"", Verdict.TRANSIENT),
        (401, "", b"", Verdict.TOKEN_REJECTED),
        (401, "application/json", b'{"error":"whatever"}', Verdict.TOKEN_REJECTED),
        (403, "text/plain", b"Access denied", Verdict.REFUSED),
        (403, "text/html", CLOUDFLARE, Verdict.BLOCKED),
        (403, "application/json", b'{"error":"Forbidden"}', Verdict.REFUSED),
        (420, "", b"", Verdict.RATE_LIMITED),
        (429, "application/json", b'{"error":"Thing 5 does not exist"}', Verdict.RATE_LIMITED),
        (200, "text/plain", b"You can only send 300 requests", Verdict.RATE_LIMITED),
    ],
)
def test_status_kind_and_body_together_decide(
    status: int, kind: str, body: bytes, verdict: Verdict
) -> None:
    assert judge(status, kind, body).verdict is verdict


def test_only_what_may_pass_by_itself_is_asked_again() -> None:
    assert {verdict for verdict in Verdict if is_retryable(verdict)} == {
        Verdict.TRANSIENT,
        Verdict.RATE_LIMITED,
    }
