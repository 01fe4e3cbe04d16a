"""Titles, tags and texts of things: made up, now and then hostile, as real text is.

The lengths come from the catalogue; a text is cut to exactly its length, so that what is planted
about lengths is what can be measured.
"""

from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from thingistat_pipeline.sandbox.catalogue import Thing
from thingistat_pipeline.sandbox.randomness import Dice
from thingistat_pipeline.sandbox.vocabulary import (
    ADJECTIVES,
    CUSTOMIZED_TAG,
    GENERAL_TAGS,
    LIVE_SHARE,
    RARE_TAGS,
    SUBCATEGORIES,
    SUFFIXES,
    TOP_CATEGORIES,
    Subcategory,
    words,
)

_SENTENCES = (
    "I made this {noun} because the one I had broke after a week.",
    "Print it with {percent} % infill and {walls} walls, no supports needed.",
    "The {noun} fits tightly, so sand the edges if your printer runs hot.",
    "Please post a make if you print it!",
    "All measurements are in millimetres; the hole is {size} mm wide.",
    "Update: the second {noun} file has {size} mm more clearance.",
    "It should work with {adjective} versions too, but I have not tried.",
    "Glue the two halves with superglue, then let it rest overnight.",
    "Thanks to everybody who commented on the first {noun}.",
    "You need {walls} screws M3x{size} and {walls} nuts.",
    "The source is included, so change whatever you like.",
    "Für den Druck empfehle ich PETG, {percent} % Füllung genügt.",
    "J'ai utilisé une buse de 0,4 mm et une hauteur de couche de 0,2 mm.",
    "Если деталь не подходит, масштабируйте её до {percent} %.",
    "サポートは必要ありません。",
    "Designed in an evening, tested for {walls} months on my own {noun}.",
)
_HOSTILE = (
    "<script>alert('xss')</script>",
    "'; DROP TABLE things; --",
    "<img src=x onerror=alert(1)>",
    '"quoted" \\ and {{ braces }} {% raw %}',
    "🔥🐉 100 % printable 🐉🔥",
    "\u202ereversed\u202c and zero\u200bwidth",
    '=HYPERLINK("http://example.invalid")',
    "NULL",
)
_HOSTILE_SHARE = 0.01
_SYLLABLES = words("ka,lo,mi,ter,van,zu,bri,do,fen,gra,hel,ix,jo,qua,ris,sto,tul,wex,yor,pli")


class WrittenTag(NamedTuple):
    """A tag as somebody wrote it, and how many live things of the site bear it."""

    name: str
    uses: int


def subcategory_of(thing: Thing) -> Subcategory:
    """Return the subcategory whose shape and words a thing has, even where it declares none."""
    if thing.top >= 0 and thing.part >= 0:
        return TOP_CATEGORIES[thing.top].parts[thing.part]
    if thing.top >= 0:
        return TOP_CATEGORIES[thing.top].parts[thing.id % len(TOP_CATEGORIES[thing.top].parts)]
    return SUBCATEGORIES[thing.id % len(SUBCATEGORIES)]


def title(seed: int, thing: Thing) -> str:
    """Return a thing's name."""
    dice = Dice(seed, "title", thing.id)
    noun = dice.zipf(subcategory_of(thing).tags)
    if dice.chance(_HOSTILE_SHARE):
        return f"{noun.title()} {dice.choice(_HOSTILE)}"
    if thing.customized:
        return f"My Customized {noun.title()}"
    parts = [noun.title()]
    if dice.chance(0.6):
        parts.insert(0, dice.choice(ADJECTIVES).title())
    if dice.chance(0.3):
        parts.append(rare_word(dice.below(RARE_TAGS)).title())
    if dice.chance(0.5):
        parts.append(dice.zipf(SUFFIXES))
    return " ".join(parts) + (" " if dice.chance(0.03) else "")


def rare_word(number: int) -> str:
    """Return one of the words that hardly anybody else uses."""
    base = len(_SYLLABLES)
    return (
        _SYLLABLES[number % base]
        + _SYLLABLES[number // base % base]
        + _SYLLABLES[number // base**2 % base]
        + (str(number // base**3) if number >= base**3 else "")
    )


def tags_of(seed: int, thing: Thing, newest: int) -> list[WrittenTag]:
    """Return a thing's tags without repetition; the first ones are its category's."""
    if thing.customized:
        return [WrittenTag(CUSTOMIZED_TAG, int(LIVE_SHARE * 0.4 * newest))]
    dice = Dice(seed, "tags", thing.id)
    own = subcategory_of(thing).tags
    chosen: dict[str, None] = {}
    # A bounded number of tries: a small vocabulary may run out before the count is reached.
    for _ in range(4 * thing.tag_count):
        if len(chosen) >= thing.tag_count:
            break
        kind = dice.random()
        if kind < 0.55:
            chosen[dice.zipf(own)] = None
        elif kind < 0.75:
            chosen[dice.zipf(GENERAL_TAGS)] = None
        else:
            chosen[rare_word(dice.below(RARE_TAGS))] = None
    written = [name.title() if dice.chance(0.2) else name for name in chosen]
    return [WrittenTag(name, tag_uses(name.lower(), newest)) for name in written]


@lru_cache(maxsize=1)
def _tag_shares() -> dict[str, float]:
    """Return for every known tag its expected uses per id given out."""
    per_id = LIVE_SHARE * 0.62 * 4.0
    shares: dict[str, float] = {}
    for top in TOP_CATEGORIES:
        weight = top.things / sum(t.things for t in TOP_CATEGORIES)
        parts = [1 / (k + 1.5) for k in range(len(top.parts))]
        for part, portion in zip(top.parts, parts, strict=True):
            for rank, tag in enumerate(part.tags):
                share = 0.55 * weight * portion / sum(parts) / (rank + 1) / 2.5
                shares[tag] = shares.get(tag, 0.0) + per_id * share
    for rank, tag in enumerate(GENERAL_TAGS):
        shares[tag] = shares.get(tag, 0.0) + per_id * 0.2 / (rank + 1) / 3.6
    return shares


def tag_uses(name: str, newest: int) -> int:
    """Return how many live things bear a tag, as expected from the model."""
    share = _tag_shares().get(name.lower(), LIVE_SHARE * 0.62 * 4.0 * 0.25 / RARE_TAGS)
    return max(1, int(share * newest))


def description(seed: int, thing: Thing) -> str:
    """Return a thing's description, exactly `description_length` characters long."""
    if thing.customized:
        text = (
            f"Customized version of https://www.thingiverse.com/thing:{thing.ancestor}\r\n\r\n"
            "Created with Customizer! https://www.thingiverse.com/apps/customizer/run"
            f"?thing_id={thing.ancestor}"
        )
        return _cut(text + "\r\nEnjoy it and share yours.", thing.description_length)
    return _prose(seed, "description", thing, thing.description_length)


def instructions(seed: int, thing: Thing) -> str:
    """Return a thing's instructions, exactly `instructions_length` characters long."""
    if not thing.customized:
        return _prose(seed, "instructions", thing, thing.instructions_length)
    dice = Dice(seed, "instructions", thing.id)
    lines = ["Using the following options:\r\n\r\n"]
    lengths = accumulate(iter(lambda: dice.below(30) + 12, 0))
    for total in lengths:
        lines.append(
            f"{dice.choice(ADJECTIVES)}_{rare_word(dice.below(400))} = {dice.below(200)}\r\n"
        )
        if total > thing.instructions_length + 60:
            break
    return _cut("".join(lines), thing.instructions_length)


def _prose(seed: int, stream: str, thing: Thing, length: int) -> str:
    if length == 0:
        return ""
    dice = Dice(seed, stream, thing.id)
    noun = dice.zipf(subcategory_of(thing).tags)
    text = f"{dice.choice(_HOSTILE)} " if dice.chance(_HOSTILE_SHARE) else ""
    while len(text) < length:
        sentence = dice.choice(_SENTENCES).format(
            noun=noun,
            adjective=dice.choice(ADJECTIVES),
            percent=5 * (1 + dice.below(19)),
            walls=2 + dice.below(6),
            size=3 + dice.below(40),
        )
        text += sentence + ("\r\n\r\n" if dice.chance(0.2) else " ")
    return _cut(text, length)


def _cut(text: str, length: int) -> str:
    """Return the text cut to a length, its last character being neither space nor half a break."""
    text = text.ljust(length, ".")[:length]
    return text[:-1] + "." if text and text[-1].isspace() else text
