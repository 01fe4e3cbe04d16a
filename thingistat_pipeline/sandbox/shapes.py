"""Shapes of things: small meshes made from solids of revolution, extrusions, boxes and rings.

A mesh is a list of convex or flat faces, each an array of corners; every family of shapes is a
function of a `Dice`, so that two vases differ and the same vase always looks the same. Units are
arbitrary: pictures are framed to the mesh. z points up.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Mesh = list[Points]
"""Faces, each of shape (corners, 3), corners counter-clockwise seen from outside."""

TAU = 2 * np.pi


def _grid_faces(rings: Points, *, closed: bool = True) -> Mesh:
    """Return quadrilaterals between neighbouring rings of points, shape (rings, around, 3)."""
    following = np.roll(rings, -1, axis=1)
    corners = np.stack([rings[:-1], following[:-1], following[1:], rings[1:]], axis=2)
    if not closed:
        corners = corners[:, :-1]
    return list(corners.reshape(-1, 4, 3))


def revolve(profile: Sequence[tuple[float, float]], around: int = 22) -> Mesh:
    """Return the solid swept by a profile of (radius, height) about the z axis, bottom up."""
    radius, height = np.array(profile, dtype=np.float64).T
    angle = np.linspace(0, TAU, around, endpoint=False)
    rings = np.stack(
        [
            radius[:, None] * np.cos(angle),
            radius[:, None] * np.sin(angle),
            np.broadcast_to(height[:, None], (len(height), around)),
        ],
        axis=2,
    )
    return _grid_faces(rings)


def extrude(outline: Points, height: float, base: float = 0.0) -> Mesh:
    """Return a prism over a counter-clockwise outline of shape (corners, 2)."""
    low = np.column_stack([outline, np.full(len(outline), base)])
    high = low + np.array([0.0, 0.0, height])
    return [*_grid_faces(np.stack([low, high])), high, low[::-1]]


def tube(outer: Points, inner: Points, height: float, base: float = 0.0) -> Mesh:
    """Return a prism with a hole; both outlines have the same number of corners."""

    def at(outline: Points, z: float) -> Points:
        return np.column_stack([outline, np.full(len(outline), z)])

    low_in, low_out = at(inner, base), at(outer, base)
    high_out, high_in = at(outer, base + height), at(inner, base + height)
    return _grid_faces(np.stack([low_in, low_out, high_out, high_in, low_in]))


def box(x: float, y: float, z: float, at: tuple[float, float, float] = (0, 0, 0)) -> Mesh:
    """Return a box of that size standing on `at`, its faces cut in pieces for the painter."""
    mesh: Mesh = []
    half = np.array([x, y, z]) / 2
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for sign in (1.0, -1.0):
            cuts_u = np.linspace(-half[u], half[u], _cuts(2 * half[u]))
            cuts_v = np.linspace(-half[v], half[v], _cuts(2 * half[v]))
            for u0, u1 in pairwise(cuts_u):
                for v0, v1 in pairwise(cuts_v):
                    face = np.zeros((4, 3))
                    face[:, axis] = sign * half[axis]
                    face[:, u] = [u0, u1, u1, u0]
                    face[:, v] = [v0, v0, v1, v1]
                    mesh.append(face if sign > 0 else face[::-1])
    return moved(mesh, (at[0], at[1], at[2] + half[2]))


def _cuts(length: float) -> int:
    return int(np.clip(np.ceil(length / 0.45), 1, 5)) + 1


def ball(radius: float, around: int = 16) -> Mesh:
    """Return a sphere standing on the origin."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, around // 2 + 1)
    profile = [(radius * np.cos(a) + 1e-6, radius * np.sin(a) + radius) for a in angle]
    return revolve([(float(r), float(z)) for r, z in profile], around)


def rod(radius: float, height: float, around: int = 16) -> Mesh:
    """Return a cylinder standing on the origin."""
    return revolve([(1e-6, 0), (radius, 0), (radius, height), (1e-6, height)], around)


def sweep(path: Points, radius: float, around: int = 8, *, closed: bool = False) -> Mesh:
    """Return a round wire along a path of shape (points, 3)."""
    ahead = (
        np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)
        if closed
        else np.gradient(path, axis=0)
    )
    ahead = ahead / np.linalg.norm(ahead, axis=1, keepdims=True)
    side = np.cross(ahead, [0.12, 0.05, 1.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(ahead, side)
    angle = np.linspace(0, TAU, around, endpoint=False)[None, :, None]
    rings = path[:, None] + radius * (np.cos(angle) * side[:, None] - np.sin(angle) * up[:, None])
    return _grid_faces(np.concatenate([rings, rings[:1]]) if closed else rings)


def torus(big: float, small: float, around: int = 30) -> Mesh:
    """Return a ring lying on the plane z = 0."""
    angle = np.linspace(0, TAU, around, endpoint=False)
    path = np.column_stack([big * np.cos(angle), big * np.sin(angle), np.full(around, small)])
    return sweep(path, small, 10, closed=True)


def circle(radius: float, corners: int = 28, turn: float = 0.0) -> Points:
    """Return a regular outline of shape (corners, 2)."""
    angle = np.linspace(0, TAU, corners, endpoint=False) + turn
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def moved(mesh: Mesh, by: tuple[float, float, float]) -> Mesh:
    """Return the mesh moved."""
    return [face + by for face in mesh]


def turned(mesh: Mesh, axis: int, angle: float) -> Mesh:
    """Return the mesh turned about a coordinate axis by an angle in radians."""
    u, v = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[u, u] = matrix[v, v] = np.cos(angle)
    matrix[u, v], matrix[v, u] = -np.sin(angle), np.sin(angle)
    return [face @ matrix.T for face in mesh]


def scaled(mesh: Mesh, x: float, y: float, z: float) -> Mesh:
    """Return the mesh stretched."""
    return [face * [x, y, z] for face in mesh]
