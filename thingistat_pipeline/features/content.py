"""The features of a post's content: words, page, declarations, tags, files and pictures."""

from thingistat_pipeline.features.families import YES_OR_NO, Family, Feature


def _number(name: str, unit: str, meaning: str) -> Feature:
    return Feature(name, Family.CONTENT, unit, meaning)


def _flag(name: str, meaning: str) -> Feature:
    return Feature(name, Family.CONTENT, YES_OR_NO, meaning)


_LANGUAGES = ("English", "German", "French", "Spanish", "Italian", "Portuguese", "Dutch")

WORDS = (
    _number("title_length", "characters", "Length of the title in Unicode code points."),
    _number("title_words", "words", "Words of the title, as blanks separate them."),
    _number(
        "description_length",
        "characters",
        "Length of the description in Unicode code points, line ends as stored; no text is 0.",
    ),
    _number(
        "description_words",
        "words",
        "Words of the description, as spaces, tabs, line ends and no-break spaces separate them; "
        "no text is 0.",
    ),
    _number(
        "description_links", "links", "Web addresses (://) in the description's text; no text is 0."
    ),
    _number(
        "instructions_length",
        "characters",
        "Length of the printing instructions in Unicode code points; no text is 0.",
    ),
    _flag("instructions_given", "Has printing instructions of any length."),
    *(
        _flag(
            f"language_{language.lower()}",
            f"The description seems to be {language}: a vote of ten little words of each of seven "
            "languages over its first 120 characters; unknown where fewer than two are met or "
            "languages tie.",
        )
        for language in _LANGUAGES
    ),
)

PAGE = (
    _number("page_length", "bytes", "Length of all sections of the page as HTML, in UTF-8."),
    _number("section_count", "sections", "Sections of the page, such as Summary or Post-Printing."),
    _number("heading_count", "headings", "Headings that the creator wrote into the sections."),
    _number("list_item_count", "items", "Items of lists in the sections."),
    _number(
        "link_count",
        "links",
        "Links in the sections, among them those to shops that the site sets under printers and "
        "filaments.",
    ),
    _number("inline_image_count", "pictures", "Pictures shown within the sections."),
    _flag("names_youtube", "The sections name or link YouTube."),
    _number("print_setting_count", "settings", "Print settings filled in."),
    _flag("print_settings_given", "At least one print setting is filled in."),
    _flag("supports_given", "Says whether supports are needed."),
    _flag("rafts_given", "Says whether a raft is needed."),
    _flag("resolution_given", "Says at which resolution to print."),
    _flag("infill_given", "Says with how much infill to print."),
    _flag("needs_supports", "Supports are needed; unknown unless answered by a plain yes or no."),
    _flag("needs_rafts", "A raft is needed; unknown unless answered by a plain yes or no."),
)

DECLARATIONS = (
    _flag("license_attribution", "The licence is one of Creative Commons that asks for the name."),
    _flag("license_non_commercial", "The licence forbids commercial use."),
    _flag("license_share_alike", "The licence asks that remixes bear the same licence."),
    _flag("license_no_derivatives", "The licence forbids remixes."),
    _flag("license_public_domain", "Dedicated to the public domain."),
    _flag("license_gpl", "Under the GNU General Public License."),
    _flag("license_lgpl", "Under the GNU Lesser General Public License."),
    _flag("license_bsd", "Under a BSD licence."),
    _flag("license_all_rights_reserved", "No licence is granted."),
    _flag("allows_derivatives", "The site lets others publish remixes of it."),
    _flag("is_derivative", "Declared a remix of another thing."),
    _number("ancestor_count", "things", "Things that it is declared a remix of."),
    _flag("is_wip", "Marked as work in progress."),
    _flag("is_nsfw", "Marked as not safe for work."),
    _flag("is_ai", "Marked as made with AI; unknown before the site asked."),
)

TAGS = (
    _number("tag_count", "tags", "Tags it bears; 0 where none is listed, for whichever reason."),
    _number(
        "tag_mean_log_things",
        "log(things in 10,000)",
        "How common its tags are: mean logarithm of how many of 10,000 sampled things bear the "
        "tag, itself among them; unknown without tags. In a small sample the rarest tags that are "
        "met seem commoner than they are.",
    ),
    _number(
        "tag_max_log_things",
        "log(things in 10,000)",
        "The same of its commonest tag; unknown without tags.",
    ),
    _number(
        "tag_min_log_things",
        "log(things in 10,000)",
        "The same of its rarest tag; unknown without tags.",
    ),
    _flag("is_customizer", "Can be customised: bears the tag customizer or names an app."),
    _flag("is_customized", "Was made by customising another thing: bears the tag customized."),
)

_KINDS = {
    "stl": ".stl",
    "obj": ".obj",
    "3mf": ".3mf",
    "scad": ".scad (OpenSCAD)",
    "step": ".step, .stp, .iges or .igs",
    "f3d": ".f3d or .f3z (Fusion 360)",
    "other_cad": "another CAD program's ending, such as .skp, .blend, .fcstd or .sldprt",
    "gcode": ".gcode, .bgcode or .x3g: sliced for a printer",
    "drawing": ".svg, .dxf, .ai, .eps or .cdr",
    "document": ".pdf, .txt, .md, .doc or .docx",
    "picture": ".jpg, .png, .gif, .bmp or .webp",
    "archive": ".zip, .rar, .7z or .gz",
}

FILES = (
    _number("file_count", "files", "Files that can be downloaded."),
    *(
        _number(
            f"files_{kind}",
            "files",
            f"Files that end in {endings}; unknown where the files' names are.",
        )
        for kind, endings in _KINDS.items()
    ),
    _number("file_bytes", "bytes", "Size of all files together; unknown if one's size is."),
    _number(
        "largest_file_bytes",
        "bytes",
        "Size of the largest file; unknown if one's size is, or without files.",
    ),
)

PICTURES = (
    _number("image_count", "pictures", "Pictures, rendered ones among them."),
    _number(
        "added_images_count",
        "pictures",
        "Pictures minus files: what the creator added to the one rendering a file gets by "
        "itself. Below zero where files have no rendering.",
    ),
    _number(
        "photo_count",
        "pictures",
        "Pictures that the creator uploaded, photographs for the most part: those not named after "
        "one of the files; unknown where names of files or pictures are.",
    ),
    _number(
        "render_count",
        "pictures",
        "Pictures that the site drew of the files, named after them; unknown where names are.",
    ),
    _flag(
        "thumbnail_is_render",
        "The picture shown in lists is the site's drawing of a file, told by its name; unknown "
        "where the address holds digits for a name, or the files' names are not known.",
    ),
    _flag("thumbnail_is_placeholder", "The site shows its gears in place of a missing picture."),
)

CONTENT = (*WORDS, *PAGE, *DECLARATIONS, *TAGS, *FILES, *PICTURES)
