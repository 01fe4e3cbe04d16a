"""Shapes of useful things: for the home, the printer and the workshop."""

import numpy as np

from thingistat_pipeline.sandbox.randomness import Dice
from thingistat_pipeline.sandbox.shapes import (
    TAU,
    Mesh,
    Points,
    ball,
    box,
    circle,
    extrude,
    moved,
    revolve,
    rod,
    scaled,
    sweep,
    torus,
    tube,
    turned,
)


def bowl(d: Dice) -> Mesh:
    """Return a bowl or cup, sometimes with a handle."""
    r, h, foot = d.between(0.8, 1.2), d.between(0.6, 1.8), d.between(0.4, 0.7)
    mesh = revolve(
        [
            (1e-6, 0),
            (foot, 0),
            (r * 0.9, h * 0.5),
            (r, h),
            (r - 0.08, h),
            (r * 0.8, h * 0.5),
            (1e-6, 0.1),
        ]
    )
    if d.chance(0.5):
        mesh += moved(
            turned(torus(h * 0.3, 0.07), 0, np.pi / 2), (r * 0.95 + h * 0.12, 0.07, h * 0.55)
        )
    return mesh


def bottle(d: Dice) -> Mesh:
    """Return a bottle with a cap."""
    r, h, neck = d.between(0.4, 0.65), d.between(1.2, 2.0), d.between(0.14, 0.24)
    body = revolve([(1e-6, 0), (r, 0), (r, h), (neck, h + 0.35), (neck, h + 0.7), (1e-6, h + 0.7)])
    return body + moved(rod(neck * 1.4, 0.25), (0, 0, h + 0.6))


def vase(d: Dice) -> Mesh:
    """Return a vase with a wavy profile, sometimes twisted ribs."""
    h, waves, phase = d.between(1.8, 2.8), d.between(1.0, 2.0), d.between(0, 3)
    heights = np.linspace(0, h, 16)
    radii = 0.6 + 0.25 * np.sin(heights / h * np.pi * waves + phase)
    outer = [(float(r), float(z)) for r, z in zip(radii, heights, strict=True)]
    inner = [(max(r - 0.07, 0.05), z) for r, z in reversed(outer[1:])]
    mesh = revolve([(1e-6, 0.0), *outer, *inner], 28)
    twist, ribs = d.between(-1.5, 1.5), 4 + d.below(6)
    if d.chance(0.5):
        return [_rippled(face, twist, ribs) for face in mesh]
    return mesh


def _rippled(face: Points, twist: float, ribs: int) -> Points:
    angle = np.arctan2(face[:, 1], face[:, 0]) + twist * face[:, 2]
    return np.asarray(
        face * np.column_stack([1 + 0.1 * np.cos(ribs * angle)] * 2 + [np.ones(len(face))])
    )


def case(d: Dice) -> Mesh:
    """Return a box, its lid beside it, on it or missing."""
    x, y, z, t = d.between(1.2, 2.2), d.between(0.9, 1.5), d.between(0.4, 1.0), 0.08
    mesh = box(x, y, t) + box(t, y, z, (-x / 2, 0, 0)) + box(t, y, z, (x / 2, 0, 0))
    mesh += box(x, t, z, (0, -y / 2, 0)) + box(x, t, z, (0, y / 2, 0))
    kind = d.below(3)
    if kind == 0:
        mesh += moved(turned(box(x, y, t), 0, 0.6), (0, y * 0.75, z * 0.8))
    elif kind == 1:
        for k in range(1, 2 + d.below(3)):
            mesh += box(t * 0.7, y, z * 0.85, (-x / 2 + x * k / 4, 0, 0))
    return mesh


def desk_stand(d: Dice) -> Mesh:
    """Return a stand for a phone or tablet."""
    w, lean = d.between(0.7, 1.4), d.between(0.3, 0.6)
    side = np.array(
        [
            (0, 0),
            (1.4, 0),
            (1.4, 0.35),
            (1.25, 0.35),
            (1.2, 0.12),
            (0.6, 0.12),
            (lean, 1.6),
            (lean - 0.14, 1.6),
        ]
    )
    return moved(turned(extrude(side, w), 0, np.pi / 2), (0, w / 2, 0))


def tree(d: Dice) -> Mesh:
    """Return a conifer, a cactus in a pot or a plant pot."""
    pot = revolve(
        [(1e-6, 0), (0.4, 0), (0.55, 0.6), (0.62, 0.6), (0.62, 0.75), (0.5, 0.75), (1e-6, 0.7)]
    )
    if d.chance(0.5):
        mesh = rod(0.14, 0.7)
        for k in range(2 + d.below(3)):
            r = 0.95 - 0.2 * k
            mesh += moved(revolve([(1e-6, 0), (r, 0), (1e-6, 0.9)]), (0, 0, 0.5 + 0.5 * k))
        return mesh
    cactus = scaled(ball(0.35), 1, 1, d.between(1.4, 2.2))
    arm = scaled(ball(0.16), 1, 1, 2.2)
    return (
        pot + moved(cactus, (0, 0, 0.6)) + moved(arm, (0.42, 0, 0.9)) + moved(arm, (-0.4, 0, 1.1))
    )


def bracket(d: Dice) -> Mesh:
    """Return an angle bracket with a rib."""
    a, b, w, t = (
        d.between(0.9, 1.7),
        d.between(0.9, 1.7),
        d.between(0.6, 1.2),
        d.between(0.12, 0.24),
    )
    mesh = box(a, w, t, (a / 2, 0, 0)) + box(t, w, b, (t / 2, 0, 0))
    rib = np.array([(t, t), (a * 0.7, t), (t, b * 0.7)])
    mesh += moved(turned(extrude(rib, 0.1), 0, np.pi / 2), (0, 0.05, 0))
    for k in range(1 + d.below(2)):
        mesh += moved(
            tube(circle(0.16, 16), circle(0.09, 16), 0.06, t), (a * (0.9 - 0.5 * k), w * 0.3, 0)
        )
    return mesh


def gear(d: Dice) -> Mesh:
    """Return a gear, sometimes two that mesh."""
    teeth, depth, h = 9 + d.below(14), d.between(0.12, 0.22), d.between(0.25, 0.5)

    def one(n: int, r: float) -> Mesh:
        steps = np.arange(4 * n)
        radius = np.where(np.isin(steps % 4, (1, 2)), r + depth, r)
        angle = TAU * steps / (4 * n)
        outer = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        return tube(outer, circle(r * d.between(0.25, 0.5), 4 * n), h)

    mesh = one(teeth, 1.0)
    if d.chance(0.4):
        mesh += moved(one(max(7, teeth // 2), 0.5), (1.62, 0, 0))
    return mesh


def spool(d: Dice) -> Mesh:
    """Return a spool lying or standing on a holder."""
    r, h = d.between(0.9, 1.2), d.between(0.6, 0.9)
    flange = tube(circle(r), circle(0.28), 0.1)
    mesh = flange + moved(tube(circle(r * d.between(0.5, 0.85)), circle(0.28), h), (0, 0, 0.1))
    mesh += moved(flange, (0, 0, h + 0.1))
    return turned(mesh, 0, np.pi / 2) if d.chance(0.6) else mesh


def frame(d: Dice) -> Mesh:
    """Return a frame of profiles, as of a printer."""
    x, y, z, t = d.between(1.2, 1.6), d.between(1.1, 1.6), d.between(1.2, 2.0), 0.12
    mesh: Mesh = []
    for sx in (-1, 1):
        for sy in (-1, 1):
            mesh += box(t, t, z, (sx * x / 2, sy * y / 2, 0))
    for level in (0.0, z - t):
        mesh += box(x, t, t, (0, -y / 2, level)) + box(x, t, t, (0, y / 2, level))
        mesh += box(t, y, t, (-x / 2, 0, level)) + box(t, y, t, (x / 2, 0, level))
    return mesh + box(x * 0.8, y * 0.8, 0.06, (0, 0, z * d.between(0.2, 0.5)))


def test_block(d: Dice) -> Mesh:
    """Return a calibration block: steps, a tower or a cube with a bump."""
    kind = d.below(3)
    mesh: Mesh = []
    if kind == 0:
        for k in range(4 + d.below(3)):
            mesh += box(0.35, 0.9, 0.25 * (k + 1), (0.35 * k, 0, 0))
    elif kind == 1:
        for k in range(5):
            mesh += box(0.9 - 0.1 * (k % 2), 0.9, 0.35, (0, 0, 0.35 * k))
    else:
        mesh = box(1.2, 1.2, 1.2) + moved(rod(0.25, 0.2), (0, 0, 1.2))
        mesh += moved(turned(rod(0.25, 0.2), 0, np.pi / 2), (0, -0.6, 0.6))
    return mesh


def hook(d: Dice) -> Mesh:
    """Return a hook on a plate."""
    r = d.between(0.4, 0.65)
    t = np.linspace(-0.2, np.pi * d.between(1.0, 1.3), 22)
    path = np.column_stack([-r * np.cos(t), 0 * t, -r * np.sin(t) + r + 0.2])
    mesh = sweep(path, d.between(0.1, 0.15), 10)
    return mesh + box(0.12, 0.7, 1.7, (-r - 0.08, 0, 0.1))


def cylinder_set(d: Dice) -> Mesh:
    """Return a holder with round pots of several heights."""
    mesh = box(2.0, 1.2, 0.12)
    for k in range(4 + d.below(3)):
        pot = tube(circle(0.24, 18), circle(0.19, 18), d.between(0.4, 1.4), 0.12)
        mesh += moved(pot, (-0.7 + 0.62 * (k % 3), -0.3 + 0.6 * (k // 3), 0))
    return mesh


def wheel(d: Dice) -> Mesh:
    """Return a wheel with spokes, standing."""
    mesh = tube(circle(1.0, 30), circle(0.72, 30), 0.45) + moved(rod(0.2, 0.5), (0, 0, -0.02))
    spokes = 4 + d.below(4)
    for k in range(spokes):
        mesh += turned(box(0.6, 0.14, 0.2, (0.46, 0, 0.12)), 2, TAU * k / spokes)
    return turned(mesh, 0, np.pi / 2 * d.between(0.6, 1.0))


def house(d: Dice) -> Mesh:
    """Return a house, sometimes a tower with a spire."""
    if d.chance(0.3):
        tower = rod(0.5, d.between(1.2, 2.0), 10)
        top = max(float(face[:, 2].max()) for face in tower)
        return tower + moved(revolve([(1e-6, 0), (0.65, 0), (1e-6, 0.9)], 10), (0, 0, top))
    w, deep, h = d.between(1.2, 1.8), d.between(1.0, 1.5), d.between(0.7, 1.1)
    gable = np.array([(-w / 2 - 0.1, 0), (w / 2 + 0.1, 0), (0, d.between(0.6, 0.9))])
    mesh = box(w, deep, h) + moved(
        turned(extrude(gable, deep + 0.2), 0, np.pi / 2), (0, deep / 2 + 0.1, h)
    )
    mesh += box(0.3, 0.06, 0.5, (0, -deep / 2 - 0.02, 0)) + box(
        0.2, 0.2, 0.5, (w * 0.3, 0.2, h + 0.3)
    )
    return mesh


def dish(d: Dice) -> Mesh:
    """Return a dish on a stand, as of a speaker or a telescope."""
    a = np.linspace(0.05, 1.2, 10)
    outer = [(float(np.sin(x)), float(1 - np.cos(x))) for x in a]
    inner = [(r * 0.95, z + 0.06) for r, z in reversed(outer)]
    plate = turned(revolve([*outer, *inner], 26), 0, d.between(0.4, 1.1))
    return moved(plate, (0, 0, 0.9)) + rod(0.1, 0.9) + rod(0.5, 0.1)


def camera(d: Dice) -> Mesh:
    """Return a camera."""
    mesh = (
        box(1.5, 0.6, 0.95)
        + box(0.5, 0.4, 0.2, (0, 0, 0.95))
        + moved(rod(0.12, 0.1), (0.5, 0, 0.95))
    )
    lens = tube(circle(d.between(0.32, 0.42), 26), circle(0.24, 26), d.between(0.3, 0.7))
    return mesh + moved(turned(lens, 0, np.pi / 2), (-0.1, -0.3, 0.47))


def controller(d: Dice) -> Mesh:
    """Return a game controller."""
    mesh = box(1.4, 0.7, 0.25, (0, 0, 0.1))
    for side in (-1, 1):
        mesh += moved(scaled(ball(0.42), 0.8, 1.3, 0.55), (side * 0.75, -0.2, 0))
        mesh += moved(rod(0.13, 0.2, 14), (side * 0.3, -0.15, 0.35))
    for x, y in ((0.55, 0.12), (0.68, 0.0), (0.42, 0.0), (0.55, -0.12)):
        mesh += moved(rod(0.05, 0.08, 8), (x, y + 0.1, 0.42))
    return turned(mesh, 0, d.between(0.2, 0.8))


def wrench(d: Dice) -> Mesh:
    """Return a spanner with an open end and a ring."""
    n, long = 24, d.between(1.6, 2.2)
    jaw = tube(circle(0.42, n), circle(0.24, n), 0.2)
    open_jaw = [
        f
        for f in jaw
        if not (f[:, 0].min() < -0.05 and np.abs(f[:, 1]).max() < 0.26 and f[:, 0].mean() < 0)
    ]
    mesh = box(long, 0.3, 0.18, (long / 2 + 0.35, 0, 0.01)) + open_jaw
    mesh += moved(tube(circle(0.36, n), circle(0.2, 6).repeat(4, axis=0), 0.2), (long + 0.65, 0, 0))
    return turned(mesh, 0, d.between(0.4, 1.0))


def ruler(d: Dice) -> Mesh:
    """Return a ruler with its marks."""
    long = d.between(2.2, 2.8)
    mesh = box(long, 0.5, 0.08)
    for k in range(18):
        mark = 0.3 if k % 5 == 0 else 0.16
        mesh += box(0.03, mark, 0.04, (-long * 0.46 + long * 0.92 * k / 17, 0.25 - mark / 2, 0.08))
    return turned(mesh, 0, d.between(0.3, 1.0))


def rack(d: Dice) -> Mesh:
    """Return a wall rack with bins."""
    mesh = box(2.0, 0.1, 1.6, (0, 0.35, 0))
    for row in range(2):
        for k in range(3):
            z = 0.15 + 0.75 * row
            mesh += box(0.55, 0.06, d.between(0.25, 0.5), (-0.65 + 0.65 * k, -0.25, z))
            mesh += box(0.55, 0.6, 0.06, (-0.65 + 0.65 * k, 0.05, z))
    return mesh


def bolt(d: Dice) -> Mesh:
    """Return a bolt with a nut."""
    long, r = d.between(1.1, 2.0), d.between(0.22, 0.34)
    mesh = extrude(circle(r * 2, 6), 0.32) + moved(rod(r * 0.9, long), (0, 0, 0.32))
    for k in range(int(long / 0.17)):
        mesh += moved(torus(r * 0.93, 0.045, 16), (0, 0, 0.42 + 0.16 * k))
    nut = tube(circle(r * 1.9, 24)[::4].repeat(4, axis=0), circle(r, 24), 0.3)
    return mesh + moved(nut, (r * 4.2, 0, 0))


def spring(d: Dice) -> Mesh:
    """Return a coil spring."""
    turns = 4 + d.below(5)
    t = np.linspace(0, TAU * turns, 18 * turns)
    r = d.between(0.5, 0.8)
    path = np.column_stack([r * np.cos(t), r * np.sin(t), 0.1 + t / TAU * d.between(0.26, 0.4)])
    return sweep(path, d.between(0.06, 0.1), 7)


def chair(d: Dice) -> Mesh:
    """Return a chair or a table."""
    w, h = d.between(0.8, 1.0), d.between(0.7, 0.9)
    if d.chance(0.35):
        w *= 1.7
    mesh = box(w, 0.9, 0.1, (0, 0, h))
    for sx in (-1, 1):
        for sy in (-1, 1):
            mesh += box(0.1, 0.1, h, (sx * (w / 2 - 0.06), sy * 0.39, 0))
    return (
        mesh if w > 1.1 else mesh + box(0.1, 0.9, d.between(0.8, 1.1), (-w / 2 + 0.05, 0, h + 0.1))
    )
