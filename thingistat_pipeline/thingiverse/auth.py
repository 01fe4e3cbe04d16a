"""Where the token comes from: a setting, or ThingiStat's ``auth.json``. It is never shown."""

import logging
import os
import stat
from pathlib import Path

import msgspec
from msgspec import Struct
from pydantic import SecretStr

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.thingiverse.answers import NO_JSON

_HOW_TO_GET_ONE = (
    "Register an app at https://www.thingiverse.com/apps/create (type: Web App), copy its App "
    "Token and set it as THINGISTAT_TOKEN (in the environment or in a .env file), or put it into "
    '{file} as {{"client_id": "…", "client_secret": "…", "app_token": "…", "access_token": "…"}}. '
    "To try everything without a token, use the source sandbox."
)

_log = logging.getLogger(__name__)


class _AuthFile(Struct):
    """ThingiStat's auth.json; the client's id and secret are not needed here."""

    access_token: str | None = None
    app_token: str | None = None


def find_token(token: SecretStr | None, auth_file: Path) -> SecretStr:
    """Return the bearer token: the one given, else the access or app token of `auth_file`.

    Raises
    ------
    ThingistatError
        When there is none, or the file cannot be understood; says how to get one.
    """
    given = token.get_secret_value().strip() if token else ""
    if given:
        return _checked(given, "THINGISTAT_TOKEN")
    try:
        content = auth_file.read_bytes()
    except OSError as error:
        found = "there is no file" if isinstance(error, FileNotFoundError) else error.strerror
        raise ThingistatError(
            f"No Thingiverse token: THINGISTAT_TOKEN is not set, and {auth_file} cannot be read "
            f"({found}). {_HOW_TO_GET_ONE.format(file=auth_file)}"
        ) from None
    if os.name == "posix" and stat.S_IMODE(auth_file.stat().st_mode) & 0o077:
        _log.warning("%s can be read by other users; run: chmod 600 %s", auth_file, auth_file)
    try:
        entries = msgspec.json.decode(content, type=_AuthFile)
    except NO_JSON:
        entries = None
    if entries is None:  # outside of the handler, so that no content travels with the error
        raise ThingistatError(
            f"{auth_file} is not a JSON object of texts (its content is not shown here because it "
            f"may hold a secret). {_HOW_TO_GET_ONE.format(file=auth_file)}"
        )
    found_token = (entries.access_token or "").strip() or (entries.app_token or "").strip()
    if not found_token:
        raise ThingistatError(
            f"{auth_file} holds neither an access_token nor an app_token. "
            f"{_HOW_TO_GET_ONE.format(file=auth_file)}"
        )
    return _checked(found_token, str(auth_file))


def _checked(token: str, place: str) -> SecretStr:
    """Refuse what cannot travel in a header, before a library quotes it in an error."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ThingistatError(
            f"The token in {place} holds blanks, line ends or other characters that no token has. "
            "Copy it again, without quotes."
        )
    return SecretStr(token)
