"""What people write beside their things: one large text of made-up words, cut into pieces.

Calibrated on the 33 real things of ThingiStat's first database (javathejhut/ThingiStat, August
2022; zstd level 6 over the texts one after the other) and, for size, on its later one (459 MB for
154,393 things):

=============================  =================  =================
compressed by                  33 real things     33 of these, median of 40 samples
=============================  =================  =================
descriptions                   2.28               2.35
descriptions, not customized   2.07               2.06
details                        5.19               5.21
all three texts                5.96               5.96
=============================  =================  =================

Words follow Zipf's law; some of what is drawn are whole phrases, because people repeat themselves.
A third of the real things are "customized" versions whose texts the site wrote, and every second
other one has print settings, whose HTML is long and always nearly the same; so it is here.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LONGEST = 30_000
"""Characters of the longest piece that `Prose.piece` gives."""

_CHARACTERS = 48_000_000
_WORDS = 30_000
_PHRASES = 12_000
_PHRASE_SHARE = 0.15
_EXPONENT = 1.05
_LETTERS = "eeeeettttaaaooiinnsshhrrddllcumwfgypbvkxzüé"
_SEPARATORS = (" ", ", ", ". ", ".\r\n", "\r\n\r\n")
_SEPARATOR_SHARES = (0.86, 0.05, 0.05, 0.025, 0.015)
_TOKENS_AT_ONCE = 500_000

_SETTING = (
    '<p class="detail-setting {key}"><strong>{title}: </strong>\n                         </p>'
    "<div><p>{value}</p></div>\n                                    \n"
)
_BOXED_SETTING = (
    '<pre><code>                                            &lt;p class="detail-setting {key}"&gt;'
    "&lt;strong&gt;{title}: &lt;/strong&gt;\n                     &lt;div&gt;&lt;p&gt;{value}"
    "&lt;/p&gt;&lt;/div&gt;</code></pre>\n<p></p>                                    \n"
)
_SHOP = (
    '<a rel="nofollow" href="https://shop.example.com/s?k={0}&amp;linkCode=ll2&amp;tag=partner09'
    '&amp;linkId=1c98f4e07b&amp;language=en_US&amp;ref_=as_li_ss_tl">{1}</a>'
)
_BOXED_SHOP = (
    '&lt;a rel="nofollow" href="https://shop.example.com/{0}/dp?dchild=1&amp;amp;keywords={0}'
    "&amp;amp;sr=8-1-spons&amp;amp;psc=1&amp;amp;linkCode=ll1&amp;amp;tag=partner09&amp;amp;"
    'linkId=5e07b1c98f4&amp;amp;language=en_US&amp;amp;ref_=as_li_ss_tl"&gt;{1}&lt;/a&gt;'
)


class Prose:
    """A long text of made-up words, and the words themselves, frequent ones first."""

    def __init__(self, text: str, words: list[str]) -> None:
        self.words = words
        self._text = text

    @property
    def offsets(self) -> int:
        """How many different offsets `piece` takes."""
        return len(self._text) - LONGEST

    def piece(self, offset: int, length: int) -> str:
        """Return so many characters from somewhere in the text."""
        return self._text[offset : offset + length]


@lru_cache(maxsize=1)
def prose() -> Prose:
    """Return the text that all pieces are cut from, always the same one."""
    rng = np.random.default_rng(0)
    words = _vocabulary(rng)
    entries = words + _phrases(words, rng)
    running = _running_shares()
    written = [entry + separator for entry in entries for separator in _SEPARATORS]
    stretches: list[str] = []
    length = 0
    while length < _CHARACTERS:
        drawn = np.searchsorted(running, rng.random(_TOKENS_AT_ONCE))
        ends = np.searchsorted(np.cumsum(_SEPARATOR_SHARES)[:-1], rng.random(_TOKENS_AT_ONCE))
        tokens = (drawn * len(_SEPARATORS) + ends).tolist()
        stretches.append("".join(map(written.__getitem__, tokens)))
        length += len(stretches[-1])
    return Prose("".join(stretches), words)


def customized(ancestor: int) -> str:
    """Return the description that the site gives to a customized thing."""
    return (
        f"Customized version of https://www.thingiverse.com/thing:{ancestor}\n\n"
        "Created with Customizer! "
        f"https://www.thingiverse.com/apps/customizer/run?thing_id={ancestor}\n\n"
    )


def options(ancestor: int, chance: int, length: int) -> str:
    """Return the instructions of a customized thing: its customizer's options with their values."""
    words = prose().words
    lines = ["Using the following options:\n"]
    room = length - len(lines[0])
    while room > 0:
        number = len(lines)
        name = f"{words[(ancestor * 31 + number * 7) % 900]}_{words[(ancestor + number) % 60]}"
        lines.append(f"{name} = {(chance >> number) % 40 + number}")
        room -= len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


def html(text: str) -> str:
    """Return a text as the site puts it into the details."""
    paragraphs = text.rstrip().replace("\r\n", "\n").replace("\n\n", "</p>\n<p>")
    broken = paragraphs.replace("\n", "<br>\n").replace("</p><br>\n<p>", "</p>\n<p>")
    return f"<div><p>{broken}</p></div>"


def settings_of(chance: int) -> dict[str, str]:
    """Return print settings; there are some ten thousand different ones."""
    words = prose().words
    brand = chance % 13
    return {
        "printer brand": words[600 + brand].title(),
        "printer": f"{words[700 + brand * 5 + chance // 13 % 5].title()} {1 + chance // 65 % 3}",
        "rafts": ("No", "Yes", "Doesn't Matter")[chance // 195 % 3],
        "supports": ("No", "Yes", "Doesn't Matter")[chance // 585 % 3],
        "resolution": ("0.2", "0.2mm", "0,12", ".15 mm", "0.3")[chance // 1_755 % 5],
        "infill": f"{10 + 5 * (chance // 8_775 % 7)}%",
        "filament": f"{words[650 + chance % 11].title()} PLA",
        "colour": words[800 + chance % 17].title(),
    }


def settings_html(settings: dict[str, str]) -> str:
    """Return print settings as the site shows them, half of it escaped by mistake."""
    brand, printer = settings["printer brand"], settings["printer"]
    filament = settings["filament"]
    shown = {
        **settings,
        "printer brand": _SHOP.format(brand.lower(), brand),
        "printer": _BOXED_SHOP.format(printer.replace(" ", "+"), printer),
        "filament": _SHOP.format(filament.replace(" ", "+"), filament),
    }
    forms = (_SETTING, _BOXED_SETTING)
    return "".join(
        forms[number % 2].format(key=key, title=key.title(), value=value)
        for number, (key, value) in enumerate(shown.items())
    )


def _vocabulary(rng: np.random.Generator) -> list[str]:
    """Return made-up words of 1 to 11 letters, each once, the frequent ones first and shorter."""
    found: dict[str, None] = {}
    while len(found) < _WORDS:
        longest = 4 + min(8, len(found) // 150)
        letters = rng.integers(0, len(_LETTERS), int(rng.integers(2, longest)))
        found["".join(_LETTERS[k] for k in letters)] = None
    return list(found)


def _phrases(words: list[str], rng: np.random.Generator) -> list[str]:
    shares = np.searchsorted(_zipf(_WORDS), rng.random((_PHRASES, 6))).tolist()
    lengths = rng.integers(2, 7, _PHRASES).tolist()
    return [
        " ".join(words[k] for k in drawn[:length])
        for drawn, length in zip(shares, lengths, strict=True)
    ]


def _running_shares() -> NDArray[np.float64]:
    """Return the running shares of all words and, after them, of all phrases."""
    words, phrases = _zipf(_WORDS), _zipf(_PHRASES)
    return np.concatenate(
        [(1 - _PHRASE_SHARE) * words, (1 - _PHRASE_SHARE) + _PHRASE_SHARE * phrases]
    )


def _zipf(entries: int) -> NDArray[np.float64]:
    shares = np.arange(1, entries + 1) ** -_EXPONENT
    running: NDArray[np.float64] = np.cumsum(shares) / shares.sum()
    return running
