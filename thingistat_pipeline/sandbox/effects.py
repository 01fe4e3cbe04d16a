"""The planted truth: what moves downloads in the simulated catalogue, and what does not.

Every size is an effect on the natural logarithm of a thing's downloads, all else equal. They are
data so that a test (or a reader of a report) can ask whether a method finds what was planted,
finds nothing where nothing was, and is not fooled by what merely looks like an effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["effect", "null", "artefact"]


@dataclass(frozen=True)
class Effect:
    """One planted effect.

    Attributes
    ----------
    name : str
        What varies.
    size : float
        Change of log downloads per `unit`.
    unit : str
        The step that `size` belongs to.
    kind : {'effect', 'null', 'artefact'}
        A true effect; a variable that varies, often along with true ones, and does nothing; or a
        trait of the counter rather than of people's interest.
    meaning : str
        One sentence for readers.
    """

    name: str
    size: float
    unit: str
    kind: Kind
    meaning: str


EFFECTS: tuple[Effect, ...] = (
    Effect("photo", 0.40, "yes/no", "effect", "A real photograph instead of a bare render."),
    Effect("more_photos", 0.10, "per log(photos)", "effect", "Photographs beyond the first."),
    Effect("reputation", 0.28, "per standard deviation", "effect", "The creator's standing."),
    Effect("instructions", 0.10, "yes/no", "effect", "Instructions of any length are given."),
    Effect("customized", -0.35, "yes/no", "effect", "Made by the customizer from another thing."),
    Effect("remix", -0.08, "yes/no", "effect", "Remixed by hand from another thing."),
    Effect("wip", -0.20, "yes/no", "effect", "Marked as work in progress."),
    Effect("featured", 0.90, "yes/no", "effect", "Shown on the front page."),
    Effect("ai", -0.25, "yes/no", "effect", "Declared as generated."),
    Effect("tags", 0.03, "per tag up to ten", "effect", "Tags make a thing easier to find."),
    Effect("description_length", 0.0, "per log(characters)", "null", "Long or short does nothing."),
    Effect("instructions_length", 0.0, "per log(characters)", "null", "Only being there counts."),
    Effect("title_length", 0.0, "per character", "null", "Length of the title."),
    Effect("license", 0.0, "any", "null", "Which licence was chosen."),
    Effect("weekday", 0.0, "any", "null", "The day of the week of publication."),
    Effect("auto_renders", 0.0, "per picture", "null", "Pictures that the site draws by itself."),
    Effect(
        "file_count",
        0.08,
        "per log(files)",
        "artefact",
        "People who take several files are counted more than once.",
    ),
    Effect("category/3d-printing", 0.18, "yes/no", "effect", "Parts for printers."),
    Effect("category/art", -0.05, "yes/no", "effect", "Sculptures and signs."),
    Effect("category/fashion", -0.15, "yes/no", "effect", "Things to wear."),
    Effect("category/gadgets", 0.10, "yes/no", "effect", "For phones, cameras, computers."),
    Effect("category/hobby", -0.02, "yes/no", "effect", "Models with motors, music, sport."),
    Effect("category/household", 0.05, "yes/no", "effect", "For the home."),
    Effect("category/learning", -0.20, "yes/no", "effect", "For schools."),
    Effect("category/models", -0.10, "yes/no", "effect", "Figures, vehicles, buildings."),
    Effect("category/tools", 0.12, "yes/no", "effect", "For the workshop."),
    Effect("category/toys-and-games", 0.15, "yes/no", "effect", "For play."),
)

PLANTED_EFFECTS: Mapping[str, float] = MappingProxyType({e.name: e.size for e in EFFECTS})
"""Effect on log downloads by name; exact zeros are planted nulls."""
