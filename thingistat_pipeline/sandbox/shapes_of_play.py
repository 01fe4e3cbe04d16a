"""Shapes of things to look at, wear, learn from and play with."""

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


def ring_stack(d: Dice) -> Mesh:
    """Return two or three bangles, one upon another."""
    mesh: Mesh = []
    for k in range(2 + d.below(2)):
        r = 1.0 - 0.06 * k
        mesh += moved(tube(circle(r, 36), circle(r - 0.1, 36), 0.3), (0.05 * k, 0.04 * k, 0.33 * k))
    return mesh


def plaque(d: Dice) -> Mesh:
    """Return a sign with raised strokes."""
    w, h = d.between(1.6, 2.4), d.between(0.9, 1.5)
    mesh = box(w, 0.1, h)
    for row in range(2 + d.below(2)):
        x = -w * 0.4
        while x < w * 0.33:
            length = d.between(0.1, 0.35)
            mesh += box(length, 0.12, 0.12, (x + length / 2, -0.1, h * (0.75 - 0.28 * row)))
            x += length + 0.1
    return mesh


def coin(d: Dice) -> Mesh:
    """Return a coin with a star or a polygon on it."""
    mesh = tube(circle(1.0, 36), circle(0.86, 36), 0.2) + extrude(circle(0.86, 36), 0.12)
    points = 5 + d.below(4)
    star = circle(0.6, 2 * points)
    if d.chance(0.6):
        star[1::2] *= 0.45
    return turned(mesh + extrude(star, 0.1, 0.12), 0, np.pi * d.between(0.1, 0.4))


def knot(d: Dice) -> Mesh:
    """Return a torus knot."""
    p, q = ((2, 3), (3, 2), (2, 5), (3, 4))[d.below(4)]
    t = np.linspace(0, TAU, 110, endpoint=False)
    r = 0.75 + 0.3 * np.cos(q * t)
    path = np.column_stack([r * np.cos(p * t), r * np.sin(p * t), 0.5 + 0.4 * np.sin(q * t)])
    return sweep(path, d.between(0.09, 0.15), 9, closed=True)


def bust(d: Dice) -> Mesh:
    """Return a bust on a pedestal."""
    mesh = revolve([(1e-6, 0), (0.6, 0), (0.6, 0.15), (0.4, 0.25), (0.35, 0.5), (1e-6, 0.5)])
    mesh += moved(scaled(ball(0.55), 1.15, 0.65, 0.7), (0, 0, 0.45))
    mesh += moved(rod(0.18, 0.4), (0, 0, 1.05))
    mesh += moved(scaled(ball(0.38), 0.85, 0.95, d.between(1.1, 1.4)), (0, 0, 1.3))
    return mesh + moved(scaled(ball(0.09), 1, 1.4, 1), (0, -0.36, 1.68))


def guitar(d: Dice) -> Mesh:
    """Return a guitar."""
    body = np.concatenate([circle(0.62, 20), circle(0.45, 20) + np.array([0.0, 0.75])])
    order = np.argsort(np.arctan2(body[:, 1] - 0.35, body[:, 0]))
    outline = body[order]
    outline = outline[np.hypot(outline[:, 0], outline[:, 1] - 0.35) > 0.42]
    mesh = extrude(outline, 0.22) + box(0.16, d.between(1.5, 2.0), 0.1, (0, 1.9, 0.2))
    return turned(mesh + box(0.3, 0.4, 0.1, (0, 2.9, 0.18)), 0, np.pi * 0.45)


def car(d: Dice) -> Mesh:
    """Return a car."""
    long, roof = d.between(1.8, 2.4), d.between(0.8, 1.1)
    mesh = box(long, 0.9, 0.4, (0, 0, 0.25)) + box(roof, 0.8, 0.4, (-0.1, 0, 0.65))
    for x in (-long / 3, long / 3):
        for y in (-0.45, 0.45):
            mesh += moved(turned(rod(0.28, 0.18, 18), 0, np.pi / 2), (x, y + 0.09, 0.28))
    return mesh


def robot(d: Dice) -> Mesh:
    """Return a robot."""
    mesh = box(0.9, 0.6, 0.9, (0, 0, 0.7)) + box(0.55, 0.5, 0.45, (0, 0, 1.7))
    for side in (-1, 1):
        mesh += box(0.22, 0.3, 0.7, (side * 0.25, 0, 0))
        mesh += moved(
            turned(box(0.2, 0.25, 0.9), 1, side * d.between(0.1, 0.7)), (side * 0.62, 0, 0.75)
        )
        mesh += moved(scaled(ball(0.09), 1, 0.6, 1), (side * 0.13, -0.27, 1.85))
    return mesh + moved(rod(0.04, 0.3, 8), (0, 0, 2.15))


def dumbbell(d: Dice) -> Mesh:
    """Return a dumbbell."""
    r, length = d.between(0.4, 0.6), d.between(1.1, 1.7)
    mesh = (
        rod(0.13, length)
        + moved(rod(r, 0.35, 8), (0, 0, -0.3))
        + moved(rod(r, 0.35, 8), (0, 0, length))
    )
    return turned(mesh, 1, np.pi / 2)


def ring(d: Dice) -> Mesh:
    """Return a finger ring with a stone, standing."""
    mesh = turned(torus(0.9, d.between(0.09, 0.17), 34), 0, np.pi / 2)
    if d.chance(0.7):
        gem = revolve([(1e-6, 0), (0.3, 0.3), (0.22, 0.42), (1e-6, 0.42)], 6 + d.below(3))
        mesh = mesh + moved(gem, (0, 0, 0.95))
    return mesh


def helmet(d: Dice) -> Mesh:
    """Return a helmet with a visor and a crest."""
    a = np.linspace(0.35, np.pi / 2, 12)
    profile = [(float(np.cos(x)) + 1e-6, float(1.15 * np.sin(x))) for x in a]
    mesh = revolve([(0.9, 0.0), *profile], 26) + moved(
        scaled(ball(0.5), 1.5, 0.5, 0.45), (0, -0.8, 0.3)
    )
    return mesh + box(0.08, 1.3, d.between(0.1, 0.5), (0, 0, 1.1))


def keychain(d: Dice) -> Mesh:
    """Return a name tag with a hole and letters."""
    w = d.between(1.2, 1.9)
    mesh = box(w, 0.7, 0.12) + moved(
        tube(circle(0.3, 20), circle(0.15, 20), 0.12), (-w / 2 - 0.2, 0, 0)
    )
    letters = 3 + d.below(5)
    for k in range(letters):
        x = -w * 0.4 + w * 0.85 * k / letters
        mesh += box(0.08, d.between(0.25, 0.45), 0.12, (x, 0, 0.12))
        mesh += box(w * 0.5 / letters, 0.08, 0.12, (x + 0.05, d.between(-0.15, 0.15), 0.12))
    return turned(mesh, 0, d.between(0.2, 0.9))


def pawn(d: Dice) -> Mesh:
    """Return a chess piece: a pawn or a rook."""
    if d.chance(0.5):
        mesh = revolve(
            [
                (1e-6, 0),
                (0.6, 0),
                (0.6, 0.15),
                (0.42, 0.28),
                (0.22, 0.7),
                (0.17, 1.15),
                (0.34, 1.22),
                (0.15, 1.3),
                (1e-6, 1.3),
            ]
        )
        return mesh + moved(ball(d.between(0.27, 0.36)), (0, 0, 1.2))
    mesh = revolve(
        [
            (1e-6, 0),
            (0.6, 0),
            (0.6, 0.2),
            (0.42, 0.35),
            (0.34, 1.2),
            (0.48, 1.3),
            (0.48, 1.6),
            (0.3, 1.6),
            (0.3, 1.45),
            (1e-6, 1.45),
        ]
    )
    n = 4 + d.below(3)
    for k in range(n):
        mesh += turned(box(0.2, 0.2, 0.2, (0.39, 0, 1.6)), 2, TAU * k / n)
    return mesh


def brick(d: Dice) -> Mesh:
    """Return a building brick with studs, sometimes two."""
    columns, rows = 2 + d.below(3), 1 + d.below(2)
    mesh = box(0.5 * columns, 0.5 * rows, 0.45)
    for i in range(columns):
        for j in range(rows):
            at = (0.5 * i - 0.25 * (columns - 1), 0.5 * j - 0.25 * (rows - 1), 0.45)
            mesh += moved(rod(0.16, 0.12, 14), at)
    return mesh + (moved(mesh, (0.5, 0.0, 0.57)) if d.chance(0.4) else [])


def dice(d: Dice) -> Mesh:
    """Return one or two dice."""
    one = box(1.0, 1.0, 1.0)
    for x, z in ((-0.25, 0.75), (0.0, 0.5), (0.25, 0.25))[: 1 + d.below(3)]:
        one += moved(scaled(ball(0.1, 10), 1, 0.3, 1), (x, -0.5, z - 0.1))
        one += moved(scaled(ball(0.1, 10), 1, 1, 0.3), (x, z - 0.5, 0.97))
    other = moved(turned(one, 2, d.between(0.3, 1.2)), (1.35, d.between(-0.2, 0.5), 0))
    return one + other if d.chance(0.6) else polyhedron(d)


def board(d: Dice) -> Mesh:
    """Return a game board with pieces."""
    mesh = box(2.0, 2.0, 0.12)
    for i in range(4):
        for j in range(4):
            if (i + j) % 2:
                mesh += box(0.45, 0.45, 0.05, (0.48 * i - 0.72, 0.48 * j - 0.72, 0.12))
            elif d.chance(0.5):
                mesh += moved(
                    rod(0.15, d.between(0.2, 0.5), 12), (0.48 * i - 0.72, 0.48 * j - 0.72, 0.12)
                )
    return mesh


def puzzle(d: Dice) -> Mesh:
    """Return interlocking bars or a pile of cubes."""
    if d.chance(0.5):
        mesh: Mesh = []
        for axis in range(3):
            bar = moved(box(2.0, 0.35, 0.35), (0, 0.0, -0.175))
            for shift in (-0.2, 0.2):
                piece = moved(bar, (0, shift, 0))
                mesh += turned(
                    turned(piece, 2, np.pi / 2 * (axis == 1)), 1, np.pi / 2 * (axis == 2)
                )
        return mesh
    cells = {(0, 0, 0)}
    for _ in range(6 + d.below(4)):
        x, y, z = sorted(cells)[d.below(len(cells))]
        step = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (0, -1, 0))[d.below(5)]
        cells.add((x + step[0], y + step[1], max(0, z + step[2])))
    return [
        face
        for x, y, z in sorted(cells)
        for face in box(0.48, 0.48, 0.48, (0.5 * x, 0.5 * y, 0.5 * z))
    ]


def animal(d: Dice) -> Mesh:
    """Return an animal on four legs, some with a long neck."""
    neck = d.between(0.1, 0.9)
    mesh = moved(scaled(ball(0.45), 1.6, 0.85, 0.9), (0, 0, 0.5))
    for x in (-0.45, 0.4):
        for y in (-0.2, 0.2):
            mesh += moved(rod(0.11, 0.7, 10), (x, y, 0))
    mesh += moved(turned(rod(0.16, neck + 0.3, 10), 1, 0.5), (0.5, 0, 0.95))
    head = (0.75 + 0.45 * neck, 0, 1.1 + 0.8 * neck)
    mesh += moved(scaled(ball(0.26), 1.25, 0.9, 0.95), head)
    for y in (-0.13, 0.13):
        mesh += moved(revolve([(0.09, 0), (1e-6, 0.3)], 8), (head[0] - 0.05, y, head[2] + 0.42))
    return mesh + moved(turned(rod(0.06, 0.7, 8), 1, -1.0), (-0.65, 0, 0.95))


def rocket(d: Dice) -> Mesh:
    """Return a rocket."""
    r, h = d.between(0.28, 0.42), d.between(1.3, 2.0)
    mesh = moved(
        revolve([(r * 0.7, 0), (r, 0.25), (r, h), (r * 0.6, h + 0.4), (1e-6, h + 0.8)]), (0, 0, 0.2)
    )
    fin = np.array([(r * 0.8, 0), (r + 0.5, -0.1), (r + 0.4, 0.35), (r * 0.8, 0.9)])
    fins = 3 + d.below(2)
    for k in range(fins):
        blade = moved(turned(extrude(fin, 0.06), 0, np.pi / 2), (0, 0.03, 0.2))
        mesh += turned(blade, 2, TAU * k / fins + 0.4)
    return mesh


def molecule(d: Dice) -> Mesh:
    """Return a model of a molecule."""
    mesh = ball(0.34)
    for k in range(3 + d.below(3)):
        angle, lift = TAU * k / 5 + d.between(0, 0.6), d.between(-0.4, 0.7)
        end = (float(np.cos(angle)), float(np.sin(angle)), 0.34 + lift)
        path = np.linspace((0, 0, 0.34), end, 5)
        mesh += sweep(path, 0.07, 8)
        mesh += moved(ball(d.between(0.18, 0.27)), (end[0], end[1], end[2] - 0.2))
    return mesh


def terrain(d: Dice) -> Mesh:
    """Return a piece of landscape."""
    side = np.linspace(-1, 1, 18)
    x, y = np.meshgrid(side, side)
    z = np.full_like(x, 0.3)
    for _ in range(5):
        cx, cy, width = d.between(-0.9, 0.9), d.between(-0.9, 0.9), d.between(0.05, 0.3)
        z += d.between(0.1, 0.8) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / width)
    surface = _grid(np.dstack([x, y, z]))
    edges = [
        (x[0], y[0], z[0]),
        (x[:, -1], y[:, -1], z[:, -1]),
        (x[-1][::-1], y[-1][::-1], z[-1][::-1]),
        (x[::-1, 0], y[::-1, 0], z[::-1, 0]),
    ]
    for ex, ey, ez in edges:
        top = np.column_stack([ex, ey, ez])
        low = np.column_stack([ex, ey, 0 * ez])
        surface += [np.stack([low[k], low[k + 1], top[k + 1], top[k]]) for k in range(len(top) - 1)]
    return surface


def _grid(points: Points) -> Mesh:
    corners = [points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]]
    return list(np.stack(corners, axis=2).reshape(-1, 4, 3))


def polyhedron(d: Dice) -> Mesh:
    """Return a regular or starry solid."""
    n = 3 + d.below(5)
    turn = d.between(0, 1)
    rings = [(1e-6, 0.0), (0.7, 0.35), (0.95, 0.9), (0.6, 1.5), (1e-6, 1.8)]
    mesh = revolve(rings if d.chance(0.5) else [(1e-6, 0.0), (1.0, 0.9), (1e-6, 1.8)], n + 2)
    return turned(mesh, 2, turn)


def hand(d: Dice) -> Mesh:
    """Return a hand with four fingers and a thumb."""
    mesh = box(0.9, 0.25, 0.9) + box(0.7, 0.3, 0.3, (0, 0, -0.3))
    for k in range(4):
        long = (0.6, 0.75, 0.7, 0.5)[k] * d.between(0.9, 1.1)
        mesh += moved(rod(0.1, long, 10), (-0.34 + 0.23 * k, 0, 0.9))
    return mesh + moved(turned(rod(0.11, 0.6, 10), 1, 0.9), (0.4, 0, 0.4))
