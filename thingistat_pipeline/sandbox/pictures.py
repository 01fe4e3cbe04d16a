"""Pictures of things: shaded shapes, drawn by the site or seen as if through a camera.

A picture shows a shape of the thing's family (`shape_families`). One drawn by the site stands on a
flat grey-blue ground in one colour and one light, always from the same side; a photograph has a
table with grain, a shadow, a colour cast, other things about, a soft focus and noise. The bytes
are a pure function of (seed, thing, picture, size).

The painter's algorithm (draw faces from far to near) suffices for such meshes and needs nothing
but polygons; everything is drawn at twice the size and then reduced.
"""

from colorsys import hsv_to_rgb
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from thingistat_pipeline.sandbox.addresses import ORIGINAL_SIZE, SIZES, Address, Picture
from thingistat_pipeline.sandbox.catalogue import Thing
from thingistat_pipeline.sandbox.randomness import Dice
from thingistat_pipeline.sandbox.shape_families import FAMILIES
from thingistat_pipeline.sandbox.shapes import Mesh
from thingistat_pipeline.sandbox.texts import subcategory_of

RENDER_GROUND = (205, 214, 224)
"""The flat colour behind every picture that the site draws."""

_RENDER_COLOUR = (0.36, 0.58, 0.82)
_RENDER_LIGHT = (-0.4, 0.8, 0.75)

Colour = tuple[float, float, float]


class View(NamedTuple):
    """Where a shape is seen from and lit from: angles in radians, light as a direction."""

    azimuth: float
    elevation: float
    light: tuple[float, float, float]
    fill: float


class Projected(NamedTuple):
    """Faces from far to near: outlines in pixels, brightness (0 to about 1.2), and the shadow's."""

    outlines: list[NDArray[np.float64]]
    brightness: NDArray[np.float64]
    shadows: list[NDArray[np.float64]]


def picture_bytes(seed: int, thing: Thing, address: Address) -> bytes:
    """Return a picture of a thing as JPEG, or as PNG where it is an original drawn by the site.

    Parameters
    ----------
    seed : int
        The catalogue's seed.
    thing : Thing
        The thing that the picture belongs to.
    address : Address
        Which of its pictures, in which size.
    """
    size = SIZES.get(address.size, ORIGINAL_SIZE)
    original = address.size not in SIZES
    image = _drawn(seed, thing, address.picture, size)
    out = BytesIO()
    if original and address.picture.rendered:
        image.save(out, "PNG", compress_level=1)
    else:
        image.save(out, "JPEG", quality=88)
    return out.getvalue()


def _drawn(seed: int, thing: Thing, picture: Picture, size: tuple[int, int]) -> Image.Image:
    # All pictures of a thing show the same shape; each has its own view.
    mesh = FAMILIES[subcategory_of(thing).shape](Dice(seed, "shape", thing.id))
    number = 512 * thing.id + 2 * picture.number + picture.rendered
    dice = Dice(seed, "picture", number)
    if picture.rendered:
        return _render(mesh, size)
    return _photograph(mesh, size, dice, Dice(seed, "filament", thing.id))


def _render(mesh: Mesh, size: tuple[int, int]) -> Image.Image:
    view = View(azimuth=0.65, elevation=0.5, light=_RENDER_LIGHT, fill=0.8)
    wide = (2 * size[0], 2 * size[1])
    image = Image.new("RGB", wide, RENDER_GROUND)
    _paint(image, _project(mesh, view, wide), _RENDER_COLOUR)
    return image.reduce(2)


def _photograph(mesh: Mesh, size: tuple[int, int], dice: Dice, filament: Dice) -> Image.Image:
    view = View(
        azimuth=dice.between(0.2, 1.2) + (np.pi if dice.chance(0.2) else 0.0),
        elevation=dice.between(0.3, 0.8),
        light=(dice.between(-0.8, 0.8), dice.between(0.5, 1.0), dice.between(0.2, 0.9)),
        fill=dice.between(0.5, 0.85),
    )
    colour = hsv_to_rgb(
        filament.random(), filament.between(0.05, 0.9), filament.between(0.35, 0.95)
    )
    # Large pictures are drawn at their own size: nobody sees the difference, everybody waits.
    factor = 2 if size[0] < 300 else 1
    wide = (factor * size[0], factor * size[1])
    image = _table(wide, dice)
    _clutter(image, dice)
    projected = _project(mesh, view, wide)
    image = _with_shadow(image, projected, dice.between(0.35, 0.65))
    _paint(image, projected, colour)
    image = image.reduce(2) if factor > 1 else image
    return _through_the_lens(image, dice)


def _project(mesh: Mesh, view: View, size: tuple[int, int]) -> Projected:
    """Return the faces that are seen, as a camera on the given side sees them."""
    corners = np.concatenate(mesh)
    counts = np.array([len(face) for face in mesh])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    ca, sa = np.cos(view.azimuth), np.sin(view.azimuth)
    ce, se = np.cos(view.elevation), np.sin(view.elevation)
    # Rows: right, up on the picture, towards the camera.
    camera = np.array([[ca, sa, 0.0], [-sa * se, ca * se, ce], [sa * ce, -ca * ce, se]])
    light = np.array(view.light) / np.linalg.norm(view.light)
    seen = corners @ camera.T
    ground = corners.copy()
    in_world = light @ camera
    in_world[2] = max(float(in_world[2]), 0.45)
    low = corners[:, 2].min()
    ground -= ((corners[:, 2] - low) / in_world[2])[:, None] * in_world
    ground[:, 2] = low
    fallen = ground @ camera.T

    middle = (seen.max(axis=0) + seen.min(axis=0)) / 2
    extent = np.ptp(seen, axis=0)
    scale = view.fill * min(size[0] / extent[0], size[1] / extent[1])
    depth = 1.0 / (1.0 - 0.12 * (seen[:, 2] - middle[2]) / max(extent))

    def on_picture(points: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float64]:
        flat = (points[:, :2] - middle[:2]) * by[:, None] * scale
        return np.column_stack([size[0] / 2 + flat[:, 0], size[1] / 2 - flat[:, 1]])

    flat, shadow = on_picture(seen, depth), on_picture(fallen, depth)
    normals = _normals(seen, starts, counts)
    facing = normals[:, 2] > 1e-9
    near = np.add.reduceat(seen[:, 2], starts) / counts
    # A broad cap lies under whatever stands on it: it is as far as its farthest corner.
    near = np.where(counts > 6, np.minimum.reduceat(seen[:, 2], starts), near)
    order = np.argsort(near)
    order = order[facing[order]]
    diffuse = np.clip(normals @ light, 0.0, None)
    half = light + np.array([0.0, 0.0, 1.0])
    shine = np.clip(normals @ (half / np.linalg.norm(half)), 0.0, None) ** 24
    brightness = 0.36 + 0.66 * diffuse + 0.25 * shine
    return Projected(
        [flat[starts[k] : starts[k] + counts[k]] for k in order],
        brightness[order],
        [shadow[starts[k] : starts[k] + counts[k]] for k in order],
    )


def _normals(
    points: NDArray[np.float64], starts: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return unit normals of all faces (Newell's method, which bears bent and concave faces)."""
    following = np.arange(len(points)) + 1
    following[starts + counts - 1] = starts
    here, there = points, points[following]
    terms = np.cross(here, there)
    normals = np.add.reduceat(terms, starts)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def _paint(image: Image.Image, projected: Projected, colour: Colour) -> None:
    draw = ImageDraw.Draw(image)
    shades = np.clip(255 * projected.brightness[:, None] * np.array(colour), 0, 255)
    # Beyond full light a surface turns white, as plastic does.
    glare = np.clip(projected.brightness - 0.95, 0, 1)[:, None] * 200
    tones = np.clip(shades + glare, 0, 255).astype(int).tolist()
    for outline, tone in zip(projected.outlines, tones, strict=True):
        # The outline in the same tone closes the hairlines between neighbouring faces.
        draw.polygon(outline.ravel().tolist(), fill=tuple(tone), outline=tuple(tone))


def _table(size: tuple[int, int], dice: Dice) -> Image.Image:
    """Return a table top running into a wall, with grain and uneven light."""
    generator = np.random.default_rng(int(dice.random() * 2**52))
    width, height = size[0] // 2 + 1, size[1] // 2 + 1
    wood = dice.chance(0.5)
    hue = dice.between(0.05, 0.12) if wood else dice.random()
    tint = np.array(
        hsv_to_rgb(
            hue,
            dice.between(0.25, 0.6) if wood else dice.between(0, 0.25),
            dice.between(0.45, 0.92),
        )
    )
    wall = np.array(hsv_to_rgb(dice.random(), dice.between(0, 0.2), dice.between(0.35, 0.95)))
    y = np.linspace(0, 1, height)[:, None, None]
    x = np.linspace(-1, 1, width)[None, :, None]
    edge = dice.between(0.18, 0.4)
    mix = 1 / (1 + np.exp(-(y - edge) * dice.between(12, 60)))
    grain = generator.normal(0, 1, (height, 1 + width // 12, 1)).repeat(12, axis=1)[:, :width]
    surface = tint * (1 + 0.05 * grain * wood) * (0.75 + 0.35 * y)
    ground = wall * (1 - mix) + surface * mix
    ground = ground * (
        1 - dice.between(0.1, 0.35) * ((x - dice.between(-0.6, 0.6)) ** 2 + (y - 0.5) ** 2)
    )
    pixels = np.clip(255 * ground, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)


def _clutter(image: Image.Image, dice: Dice) -> None:
    """Draw out-of-focus things behind: discs and strips in odd colours."""
    if dice.chance(0.35):
        return
    layer = image.copy()
    draw = ImageDraw.Draw(layer)
    width, height = image.size
    for _ in range(1 + dice.below(4)):
        tone = tuple(int(255 * c) for c in hsv_to_rgb(dice.random(), 0.5, dice.between(0.2, 0.9)))
        x, y = dice.between(-0.1, 1.0) * width, dice.between(0.0, 0.35) * height
        w, h = dice.between(0.1, 0.35) * width, dice.between(0.08, 0.3) * height
        if dice.chance(0.5):
            draw.ellipse((x, y, x + w, y + h), fill=tone)
        else:
            draw.rectangle((x, y, x + w, y + h), fill=tone)
    # Blurred at a quarter of the size: as soft, and much faster.
    small = layer.resize((max(1, width // 4), max(1, height // 4)), Image.Resampling.BOX)
    soft = small.filter(ImageFilter.GaussianBlur(max(1.0, width / 160)))
    image.paste(soft.resize(image.size, Image.Resampling.BILINEAR))


def _with_shadow(image: Image.Image, projected: Projected, strength: float) -> Image.Image:
    quarter = (max(1, image.width // 4), max(1, image.height // 4))
    mask = Image.new("L", quarter, 255)
    draw = ImageDraw.Draw(mask)
    tone = int(255 * (1 - strength))
    for outline in projected.shadows:
        draw.polygon((outline / 4).ravel().tolist(), fill=tone, outline=tone)
    soft = mask.filter(ImageFilter.GaussianBlur(max(1.0, quarter[0] / 60)))
    soft = soft.resize(image.size, Image.Resampling.BILINEAR)
    return ImageChops.multiply(image, Image.merge("RGB", (soft, soft, soft)))


def _through_the_lens(image: Image.Image, dice: Dice) -> Image.Image:
    """Return the picture with a soft focus, a colour cast, an exposure and noise."""
    blur = dice.between(0.0, 0.005) * image.width
    if blur > 0.3:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    cast = np.array([dice.between(0.92, 1.1), 1.0, dice.between(0.85, 1.06)]) * dice.between(
        0.85, 1.12
    )
    generator = np.random.default_rng(int(dice.random() * 2**52))
    noise = generator.standard_normal((image.height, image.width, 1), dtype=np.float32)
    pixels = np.asarray(image, dtype=np.float32) * cast.astype(np.float32)
    pixels += noise * np.float32(dice.between(1.5, 6.0))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@lru_cache(maxsize=16)
def gears_bytes(size: str) -> bytes:
    """Return the site's own picture, shown where a thing has none: a grey gear."""
    width, height = SIZES.get(size, ORIGINAL_SIZE)
    image = Image.new("RGB", (2 * width, 2 * height), (236, 240, 244))
    view = View(azimuth=0.3, elevation=0.9, light=_RENDER_LIGHT, fill=0.6)
    _paint(
        image, _project(FAMILIES["gear"](Dice(0, "gears", 0)), view, image.size), (0.75, 0.78, 0.82)
    )
    out = BytesIO()
    image.reduce(2).save(out, "JPEG", quality=88)
    return out.getvalue()
