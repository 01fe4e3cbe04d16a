"""Categories by their slug, against the site's own list."""

import pytest

from thingistat_pipeline.thingiverse.categories import category_of
from thingistat_pipeline.thingiverse.records import Category

# Slugs as public crawlers list them, names as public upload tools do; those of the ten top
# categories are also what GET /categories answers.
KNOWN = """
3d-printing: 3D Printing, art: Art, fashion: Fashion, gadgets: Gadgets, hobby: Hobby,
household: Household, learning: Learning, models: Models, tools: Tools,
toys-and-games: Toys & Games, 2d-art: 2D Art, art-tools: Art Tools,
coins-and-badges: Coins & Badges,
interactive-art: Interactive Art, math-art: Math Art, scans-and-replicas: Scans & Replicas,
sculptures: Sculptures, signs-and-logos: Signs & Logos, accessories: Accessories,
bracelets: Bracelets, costume: Costume, earrings: Earrings, glasses: Glasses, jewelry: Jewelry,
keychains: Keychains, rings: Rings, audio: Audio, camera: Camera, computer: Computer,
mobile-phone: Mobile Phone, tablet: Tablet, videogames: Video Games, video-games: Video Games,
automotive: Automotive, diy: DIY, electronics: Electronics, music: Music, rc-vehicles: R/C Vehicles,
robotics: Robotics, sport-and-outdoors: Sport & Outdoors, bathroom: Bathroom,
containers: Containers, decor: Decor, household-supplies: Household Supplies,
kitchen-and-dining: Kitchen & Dining, office: Office, organization: Organization,
outdoor-and-garden: Outdoor & Garden, pets: Pets, replacement-parts: Replacement Parts,
biology: Biology, engineering: Engineering, math: Math, physics-and-astronomy: Physics & Astronomy,
animals: Animals, buildings-and-structures: Buildings & Structures, creatures: Creatures,
food-and-drink: Food & Drink, model-furniture: Model Furniture, model-robots: Model Robots,
people: People, props: Props, vehicles: Vehicles, hand-tools: Hand Tools,
machine-tools: Machine Tools, parts: Parts, tool-holders-and-boxes: Tool Holders & Boxes,
chess: Chess, construction-toys: Construction Toys, dice: Dice, games: Games,
mechanical-toys: Mechanical Toys, playsets: Playsets, puzzles: Puzzles,
toy-and-game-accessories: Toy & Game Accessories,
3d-printer-accessories: 3D Printer Accessories, 3d-printer-extruders: 3D Printer Extruders,
3d-printer-parts: 3D Printer Parts, 3d-printers: 3D Printers, 3d-printing-tests: 3D Printing Tests
"""
PAIRS = [tuple(pair.strip().split(": ")) for pair in KNOWN.split(",")]


@pytest.mark.parametrize(("slug", "name"), PAIRS)
def test_a_category_bears_the_name_that_the_api_gives_it(slug: str, name: str):
    assert category_of(slug) == Category(name=name, slug=slug)


@pytest.mark.parametrize(("slug", "name"), [("new-and-odd", "New & Odd"), ("é", "É"), ("-", "-")])
def test_a_slug_that_nobody_has_listed_is_put_into_words(slug: str, name: str):
    assert category_of(slug).name == name
