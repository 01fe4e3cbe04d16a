"""The part of the model card about cover pictures: what looks at them, and what that is worth."""

from thingistat_pipeline.report.looks_findings import (
    alike_in_words,
    duplicate_rule,
    looks_findings,
    repeated_in_words,
)
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline.report.markdown import bullets, escaped
from thingistat_pipeline.report.wording import number

_INTENDED = (
    "Intended for finding things that look alike and for choosing among one’s own pictures. Not "
    "for judging designs: it sees cover pictures only, and what their makers had in common with "
    "those that did well."
)


def looks_card(looks: Looks) -> str:
    """Return the body of the section as Markdown."""
    if not looks.has_pictures:
        return f"No pictures. {escaped(looks.reason, 600)}"
    lines = [
        f"{escaped(looks.network)} looked at {number(looks.pictures)} pictures; version "
        f"{escaped(looks.version or 'not known')}.",
        *(escaped(point.sentence, 1000) for point in looks_findings(looks)),
        escaped(alike_in_words(looks), 600),
        escaped(f"{repeated_in_words(looks)} {duplicate_rule()}", 1000),
    ]
    return "\n\n".join([_INTENDED, bullets(lines)])
