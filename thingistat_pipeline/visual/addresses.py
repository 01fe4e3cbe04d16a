"""Which picture stands for a thing, in which size, and whether its address may be asked at all.

An address comes from a stranger's payload. It is taken apart, compared with the site's own picture
hosts and put together again from the parts, so that what was judged is what is asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from thingistat_pipeline.thingiverse.records import Thing
from thingistat_pipeline.thingiverse.wire import WireImage
from thingistat_pipeline.visual.pictures import Reason

PICTURE_HOSTS = frozenset(
    {
        "cdn.thingiverse.com",
        "thingiverse-production.s3.amazonaws.com",  # in answers up to 2014 or so
        "thingiverse-production-new.s3.amazonaws.com",  # in those of some years after
    }
)
LONGER_SIDES = {
    ("display", "large"): 720,
    ("display", "medium"): 550,
    ("display", "small"): 330,
    ("preview", "large"): 628,
    ("preview", "birdwing"): 628,
    ("preview", "card"): 294,
    ("preview", "featured"): 294,
    ("preview", "medium"): 222,
    ("thumb", "large"): 160,
}
"""Pixels by type and size as an answer lists them; a ``display`` shows all of the picture."""

_STAND_INS = "/site/img/"
_RENDERS = "/renders/"
_SAFE = "/%:@!$&'()*+,;=~-._"
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Cover(NamedTuple):
    """Where a thing's cover picture is, or the reason why it is not to be asked for."""

    thing_id: int
    address: str | None
    reason: Reason | None = None


@dataclass(frozen=True)
class PictureHosts:
    """Who may be asked for pictures.

    Parameters
    ----------
    names : frozenset of str
        Hosts that are asked over https, on its own port.
    loopback : str, optional
        One origin on this machine, such as ``http://127.0.0.1:8765``, whose pictures may be asked
        for too: that of a simulated site.
    """

    names: frozenset[str] = PICTURE_HOSTS
    loopback: str | None = None

    def permitted(self, address: str) -> str | None:
        """Return an address as it may be asked, or ``None`` where it may not.

        Plain http to one of the hosts, as old answers have it, becomes https.
        """
        if "\\" in address or not address.isprintable():
            return None
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            return None
        host = (parts.hostname or "").lower()
        if "@" in parts.netloc or not parts.path.startswith("/"):
            return None
        if self.loopback is not None and f"{parts.scheme}://{parts.netloc}" == self.loopback:
            return _rebuilt(self.loopback, parts)
        if host not in self.names or port not in (None, _DEFAULT_PORTS.get(parts.scheme)):
            return None
        return _rebuilt(f"https://{host}", parts) if parts.scheme in _DEFAULT_PORTS else None


def cover_of(thing: Thing, image: WireImage | None, hosts: PictureHosts, *, pixels: int) -> Cover:
    """Return where to get a thing's cover picture in a size.

    Parameters
    ----------
    thing : Thing
        Its record names the thumbnail.
    image : WireImage, optional
        The ``default_image`` of its answer, which lists all sizes. Each size of an uploaded picture
        has an address that cannot be guessed from another.
    hosts : PictureHosts
        Who may be asked.
    pixels : int
        The smallest size with a longer side of at least this is chosen.
    """
    named = list(_addresses(thing, image, pixels))
    shown = [address for address in named if not _path(address).startswith(_STAND_INS)]
    if not shown:
        return Cover(thing.id, None, "no_picture")
    for address in shown:
        permitted = hosts.permitted(address)
        if permitted is not None:
            return Cover(thing.id, permitted)
    return Cover(thing.id, None, "foreign_host")


def _addresses(thing: Thing, image: WireImage | None, pixels: int) -> Iterator[str]:
    """Yield the addresses of a thing's picture, the best first."""
    wanted = _kinds(pixels)
    listed = {
        (str(each.type), str(each.size)): str(each.url)
        for each in (image.sizes if image is not None else None) or []
        if each.url
    }
    yield from (listed[kind] for kind in wanted if kind in listed)
    if thing.thumbnail:
        other = _render_in(thing.thumbnail, wanted[0])
        yield from (other, thing.thumbnail) if other else (thing.thumbnail,)
    if thing.default_image_url:
        yield thing.default_image_url


def _kinds(pixels: int) -> list[tuple[str, str]]:
    """Return types and sizes: the large enough from the smallest on, then the others downwards."""
    enough = [kind for kind, side in LONGER_SIDES.items() if side >= pixels]
    less = [kind for kind, side in LONGER_SIDES.items() if side < pixels]
    return [
        *sorted(enough, key=lambda kind: LONGER_SIDES[kind]),
        *sorted(less, key=lambda kind: -LONGER_SIDES[kind]),
    ]


def _render_in(address: str, kind: tuple[str, str]) -> str | None:
    """Return a render's address in another size: these differ in their ending only."""
    stem, dot, ending = address.rpartition(".")
    for each in LONGER_SIDES:
        suffix = f"_{each[0]}_{each[1]}"
        if _RENDERS in stem and stem.endswith(suffix):
            return f"{stem.removesuffix(suffix)}_{kind[0]}_{kind[1]}{dot}{ending}"
    return None


def _rebuilt(origin: str, parts: SplitResult) -> str:
    query = f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else ""
    return f"{origin}{quote(parts.path, safe=_SAFE)}{query}"


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""
