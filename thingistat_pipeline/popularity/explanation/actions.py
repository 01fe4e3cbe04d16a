"""What makers can change before they post, and how each change looks in the features.

An action compares things as they are before it with things as they are after it (`changes`): no
photograph against one, twice the text, five tags more. What belongs here: sentences and
definitions. What does not: estimation (`effects`) and judgement (`advice`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log

import numpy as np

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.changes import Contrast, Doubling, Range, Steps


@dataclass(frozen=True, slots=True)
class Action:
    """A change that a maker can make before posting.

    Attributes
    ----------
    key : str
        Lower case and hyphens.
    sentence : str
        What to do, in the imperative.
    feature : str
        The registered feature that it changes.
    change : Contrast, Doubling or Steps
        Which things are compared.
    before, after : str
        Words for the two states; a number takes the place of `{}`, and "(s)" is its plural.
    kin : tuple of str
        Other features that contain the same thing, and so must not be held fixed; a name that ends
        in an asterisk stands for all that begin so.
    among : tuple of str and Range, optional
        Only things whose feature lies in that range are asked.
    """

    key: str
    sentence: str
    feature: str
    change: Contrast | Doubling | Steps
    before: str
    after: str
    kin: tuple[str, ...] = ()
    among: tuple[str, Range] | None = None

    def excluded(self, features: Sequence[str]) -> list[str]:
        """Return those of the features that must not be held fixed."""
        stems = tuple(name.removesuffix("*") for name in self.kin if name.endswith("*"))
        named = {self.feature, *self.kin}
        return [name for name in features if name in named or (stems and name.startswith(stems))]

    def values(self, rows: AdvisorRows) -> Floats:
        """Return the feature's values, NaN for things that are not asked.

        Raises
        ------
        ThingistatError
            If the rows lack a feature that it needs.
        """
        values = rows.column(self.feature).astype(np.float64)
        if self.among:
            condition, (low, high) = rows.column(self.among[0]), self.among[1]
            values[~((condition >= low) & (condition <= high))] = np.nan
        return values

    def words(self, values: Floats) -> tuple[str, str]:
        """Return how a thing looks before and after, with typical numbers."""
        before, after = self.change.span(values)
        if isinstance(self.change, Steps) and self.feature.endswith("_log_things"):
            before, after = exp(before), exp(after)
        return _counted(self.before, before), _counted(self.after, after)


def _counted(words: str, number: float) -> str:
    """Return words with a number in them, in the singular where it is one."""
    shown = f"{number:,.0f}"
    return words.format(shown).replace("(s)", "" if shown == "1" else "s")


_YES, _NO = (1.0, 1.0), (0.0, 0.0)
_DROP = Contrast(before=_YES, after=_NO)
_LOOKS = "picture_*"
"""What the cover looks like: none of it stays as it was when another picture is taken."""
_PICTURES = (
    "image_count",
    "added_images_count",
    "thumbnail_is_render",
    "thumbnail_is_placeholder",
    _LOOKS,
)
_SETTINGS = (
    "print_setting_count",
    "print_settings_given",
    "supports_given",
    "rafts_given",
    "resolution_given",
    "infill_given",
    "needs_supports",
    "needs_rafts",
    "page_length",
    "section_count",
)
_TAGS = ("tag_mean_log_things", "tag_max_log_things", "tag_min_log_things")
_OWN_COVER = ("thumbnail_is_render", _NO)  # on how the site draws a file, nobody has a say
_WITH_SETTINGS = ("print_settings_given", _YES)

FILE_ACTION = "more-files"
"""Listed like the others, but judged by `file_claim`."""
FILE_KIN = (
    "files_*",
    "file_bytes",
    "largest_file_bytes",
    "render_count",
    "image_count",
    "added_images_count",
)

_ONE_MORE_FILE = (
    "file_count",
    "file_bytes",
    "largest_file_bytes",
    "image_count",
    "added_images_count",
    "render_count",
)
_ASKING_FOR_THE_NAME = ("license_attribution", _YES)  # the licences that differ in one clause only

ACTIONS = (
    Action(
        "first-photograph",
        "Add a photograph of the print",
        "photo_count",
        Contrast(),
        "no photograph",
        "at least one photograph",
        _PICTURES,
    ),
    Action(
        "more-photographs",
        "Show twice as many photographs",
        "photo_count",
        Doubling(),
        "{} photograph(s)",
        "{} photographs",
        _PICTURES,
    ),
    Action(
        "photograph-as-cover",
        "Choose a photograph as the cover picture",
        "thumbnail_is_render",
        _DROP,
        "the site's drawing as cover",
        "a photograph as cover",
        ("thumbnail_is_placeholder", _LOOKS),
        ("photo_count", (1.0, inf)),
    ),
    # Three of some thirty looks: what a lamp, a step nearer and a sheet of paper change. The others
    # describe a picture but tell nobody what to do.
    Action(
        "brighter-cover",
        "Take the cover picture in more light",
        "picture_brightness",
        Steps(step=0.1, most=0.8),
        "a picture of middling lightness",
        "one lighter by a tenth of the way from black to white",
        (_LOOKS,),
        _OWN_COVER,
    ),
    Action(
        "larger-in-cover",
        "Go nearer, so that the thing fills more of the cover picture",
        "picture_subject_area",
        Steps(step=0.1, most=0.6),
        "a thing as large in the picture as most",
        "one that fills a tenth of the picture more",
        (_LOOKS,),
        _OWN_COVER,
    ),
    Action(
        "plain-background",
        "Put it before a plain background for the cover picture",
        "picture_background_unevenness",
        Contrast(before=(15.0, inf), after=(0.0, 6.0)),
        "a background of many colours",
        "a background of about one colour",
        (_LOOKS,),
        _OWN_COVER,
    ),
    Action(
        "more-renders",
        "Let the site draw twice as many of the parts",
        "render_count",
        Doubling(),
        "{} drawing(s) by the site",
        "{} drawings by the site",
        ("image_count", "added_images_count"),
    ),
    Action(
        "instructions",
        "Give printing instructions",
        "instructions_given",
        Contrast(),
        "no instructions",
        "instructions of any length",
        ("instructions_length", "page_length"),
    ),
    Action(
        "longer-instructions",
        "Make the instructions twice as long",
        "instructions_length",
        Doubling(),
        "instructions of {} characters",
        "instructions of {} characters",
        ("instructions_given", "page_length"),
    ),
    Action(
        "longer-description",
        "Make the description twice as long",
        "description_length",
        Doubling(),
        "a description of {} characters",
        "a description of {} characters",
        ("description_words", "page_length"),
    ),
    Action(
        "headings",
        "Divide the page by headings",
        "heading_count",
        Contrast(),
        "no heading",
        "at least one heading",
        ("page_length", "section_count"),
    ),
    Action(
        "lists",
        "Use lists on the page",
        "list_item_count",
        Contrast(),
        "no list",
        "at least one list",
        ("page_length",),
    ),
    Action(
        "links",
        "Link to related pages in the description",
        "description_links",
        Contrast(),
        "no link",
        "at least one link",
        ("link_count", "page_length"),
    ),
    Action(
        "pictures-in-text",
        "Show pictures within the text",
        "inline_image_count",
        Contrast(),
        "no picture in the text",
        "at least one picture in the text",
        ("page_length",),
    ),
    Action(
        "video",
        "Show or link a video on YouTube",
        "names_youtube",
        Contrast(),
        "no mention of YouTube",
        "YouTube mentioned or linked",
        ("link_count", "page_length"),
    ),
    Action(
        "print-settings",
        "Fill in the print settings",
        "print_settings_given",
        Contrast(),
        "no print settings",
        "print settings filled in",
        _SETTINGS,
    ),
    Action(
        "supports-said",
        "Say whether supports are needed",
        "supports_given",
        Contrast(),
        "other settings only",
        "supports answered",
        ("print_setting_count", "needs_supports", "page_length"),
        _WITH_SETTINGS,
    ),
    Action(
        "resolution-said",
        "Say at which resolution to print",
        "resolution_given",
        Contrast(),
        "other settings only",
        "resolution answered",
        ("print_setting_count", "page_length"),
        _WITH_SETTINGS,
    ),
    Action(
        "infill-said",
        "Say with how much infill to print",
        "infill_given",
        Contrast(),
        "other settings only",
        "infill answered",
        ("print_setting_count", "page_length"),
        _WITH_SETTINGS,
    ),
    Action(
        "no-supports",
        "Design it so that it prints without supports",
        "needs_supports",
        _DROP,
        "supports needed",
        "no supports needed",
        ("supports_given",),
        _WITH_SETTINGS,
    ),
    Action(
        "more-tags",
        "Add five tags (up to ten)",
        "tag_count",
        Steps(step=5.0, most=10.0),
        "{} tag(s)",
        "{} tags",
        _TAGS,
    ),
    Action(
        "commoner-tags",
        "Choose tags that are twice as common",
        "tag_mean_log_things",
        Steps(step=log(2.0), most=inf),
        "tags that {} of 10,000 things bear",
        "tags that {} of 10,000 things bear",
        ("tag_max_log_things", "tag_min_log_things"),
    ),
    Action(
        "longer-title",
        "Use one word more in the title",
        "title_words",
        Steps(step=1.0, most=12.0),
        "a title of {} word(s)",
        "a title of {} words",
        ("title_length",),
    ),
    Action(
        "allow-commercial-use",
        "Choose a licence that allows commercial use",
        "license_non_commercial",
        _DROP,
        "commercial use forbidden",
        "commercial use allowed",
        among=_ASKING_FOR_THE_NAME,
    ),
    Action(
        "allow-remixes",
        "Choose a licence that allows remixes",
        "license_no_derivatives",
        _DROP,
        "remixes forbidden",
        "remixes allowed",
        ("allows_derivatives",),
        _ASKING_FOR_THE_NAME,
    ),
    Action(
        "no-share-alike",
        "Choose a licence that leaves remixes free to bear another",
        "license_share_alike",
        _DROP,
        "remixes must bear the same licence",
        "remixes may bear any licence",
        among=_ASKING_FOR_THE_NAME,
    ),
    Action(
        "public-domain",
        "Dedicate it to the public domain",
        "license_public_domain",
        Contrast(),
        "some rights reserved",
        "public domain",
        ("license_*", "allows_derivatives"),
    ),
    Action(
        "original",
        "Design it yourself, or remix by hand, rather than customize another thing",
        "is_customized",
        _DROP,
        "a customized version",
        "not a customized version",
        (
            *("is_derivative", "ancestor_count", "tag_count", *_TAGS, "page_length"),
            *("description_*", "instructions_*", "title_*", "language_*", "is_customizer"),
        ),
    ),
    Action(
        "finished",
        "Post it when it is finished, not as work in progress",
        "is_wip",
        _DROP,
        "marked as work in progress",
        "not marked",
    ),
    Action(
        "openscad-source",
        "Add the OpenSCAD source",
        "files_scad",
        Contrast(),
        "no .scad file",
        "a .scad file, one file more",
        _ONE_MORE_FILE,
    ),
    Action(
        "step-source",
        "Add a STEP file for others to edit",
        "files_step",
        Contrast(),
        "no STEP file",
        "a STEP file, one file more",
        _ONE_MORE_FILE,
    ),
    Action(
        "fusion-source",
        "Add the Fusion 360 source",
        "files_f3d",
        Contrast(),
        "no Fusion 360 file",
        "a Fusion 360 file, one file more",
        _ONE_MORE_FILE,
    ),
    Action(
        "customizer",
        "Make it a customizer, so that others can change its measures",
        "is_customizer",
        Contrast(),
        "not customizable",
        "customizable",
        _TAGS,
    ),
    Action(
        "weekend",
        "Post it at the weekend (UTC)",
        "published_weekday",
        Contrast(before=(1.0, 5.0), after=(6.0, 7.0)),
        "posted from Monday to Friday",
        "posted on Saturday or Sunday",
    ),
    Action(
        "evening",
        "Post it in the evening rather than in the morning (UTC)",
        "published_hour",
        Contrast(before=(6.0, 11.0), after=(17.0, 22.0)),
        "posted from 6 to 11 o'clock",
        "posted from 17 to 22 o'clock",
    ),
    Action(
        FILE_ACTION,
        "Split it into twice as many files",
        "file_count",
        Doubling(),
        "{} file(s)",
        "{} files",
        FILE_KIN,
    ),
)
"""All of them; which of them can be examined depends on the data."""

ACTIONABLE = tuple(dict.fromkeys(action.feature for action in ACTIONS))
"""The features that a maker can change, each once."""
