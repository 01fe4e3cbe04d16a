"""ThingiPano's texts, which are HTML of the site, in the forms in which the API gives them."""

import html
import re
from collections.abc import Sequence

from thingistat_pipeline.snapshots.thingipano_fields import Section
from thingistat_pipeline.thingiverse.answers import clean_text

# A tag ends before the next one begins: so hostile text costs no more than its length.
_PARAGRAPH = re.compile(
    r"</?(?:p|div|h[1-6]|ul|ol|blockquote|pre|table)\b[^<>]*+>", re.IGNORECASE | re.ASCII
)
_LINE = re.compile(r"<(?:br|li|tr|hr)\b[^<>]*+>", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r"<[/!]?[a-z][^<>]*+>", re.IGNORECASE | re.ASCII)
_MANY_BREAKS = re.compile(r"\n{3,}")
_NO_WORD = re.compile(r"[^a-z0-9]+")

# Names of the section's kind in the API's details; "custom" are those that authors name.
_KINDS = {
    "summary": "summary",
    "print-settings": "settings",
    "post-printing": "tips",
    "how-i-designed-this": "design",
}


def text_of(markup: str) -> str:
    """Return what a piece of HTML says, a blank line between paragraphs as the API has it."""
    # Older pages end a paragraph with two blanks, as their authors wrote it in Markdown.
    text = " ".join(markup.replace("  \n", "<p>").split())
    if "<" in text:
        text = _PARAGRAPH.sub("\n\n", text)
        text = _LINE.sub("\n", text)
        text = _TAG.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    if "\n" in text:
        text = "\n".join(line.strip() for line in text.split("\n"))
        text = _MANY_BREAKS.sub("\n\n", text)
    return clean_text(text).strip()


def line_of(text: str) -> str:
    """Return a short text of a page, such as a title, with its character references resolved."""
    return clean_text(html.unescape(text)) if "&" in text else clean_text(text)


def section_text(sections: Sequence[Section] | None, header: str) -> str | None:
    """Return the text of the sections under a header, ``""`` where there is none."""
    if sections is None:
        return None
    texts = [text_of(s.text) for s in sections if s.text and (s.header or "").strip() == header]
    return "\n\n".join(texts)


def details_of(sections: Sequence[Section] | None) -> str | None:
    """Return all sections as HTML, headed as in the API's ``details``."""
    if sections is None:
        return None
    return "".join(map(_section_html, sections))


def settings_of(settings: dict[str, str | None] | None) -> dict[str, str] | None:
    """Return print settings as plain text, their names as nights write them: ``printer_brand``."""
    if settings is None:
        return None
    named = ((_setting_name(name), text_of(value or "")) for name, value in settings.items())
    return {name: value for name, value in named if value}


def _section_html(section: Section) -> str:
    header = clean_text(section.header or "").strip()
    slug = _NO_WORD.sub("-", header.lower()).strip("-")
    kind = _KINDS.get(slug, "custom")
    heading = html.escape(header, quote=False)
    return (
        f'<h1 class="thing-component-header {kind} {slug}">{heading}</h1>\n'
        f"<div>{clean_text(section.text or '').strip()}</div>\n"
    )


def _setting_name(name: str) -> str:
    return "_".join(clean_text(name).strip().removesuffix(":").split()).lower()
