"""Every family of shapes by the name that subcategories use."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from thingistat_pipeline.sandbox import shapes_of_play as play
from thingistat_pipeline.sandbox import shapes_of_use as use
from thingistat_pipeline.sandbox.randomness import Dice
from thingistat_pipeline.sandbox.shapes import Mesh

FAMILIES: Mapping[str, Callable[[Dice], Mesh]] = MappingProxyType(
    {
        "bowl": use.bowl,
        "bottle": use.bottle,
        "vase": use.vase,
        "box": use.case,
        "desk_stand": use.desk_stand,
        "tree": use.tree,
        "bracket": use.bracket,
        "gear": use.gear,
        "spool": use.spool,
        "frame": use.frame,
        "test_block": use.test_block,
        "hook": use.hook,
        "cylinder_set": use.cylinder_set,
        "wheel": use.wheel,
        "house": use.house,
        "dish": use.dish,
        "camera": use.camera,
        "controller": use.controller,
        "wrench": use.wrench,
        "ruler": use.ruler,
        "rack": use.rack,
        "bolt": use.bolt,
        "spring": use.spring,
        "chair": use.chair,
        "ring_stack": play.ring_stack,
        "plaque": play.plaque,
        "coin": play.coin,
        "knot": play.knot,
        "bust": play.bust,
        "guitar": play.guitar,
        "car": play.car,
        "robot": play.robot,
        "dumbbell": play.dumbbell,
        "ring": play.ring,
        "helmet": play.helmet,
        "keychain": play.keychain,
        "pawn": play.pawn,
        "brick": play.brick,
        "dice": play.dice,
        "board": play.board,
        "puzzle": play.puzzle,
        "animal": play.animal,
        "rocket": play.rocket,
        "molecule": play.molecule,
        "terrain": play.terrain,
        "polyhedron": play.polyhedron,
        "hand": play.hand,
    }
)
"""From a family's name to the function that makes one of its meshes."""
