"""The page itself: one HTML file that opens anywhere, offline, and asks the network for nothing.

Every text passes through Jinja2's autoescape; figures are JSON in a data block in which ``<``,
``>`` and ``&`` are written as escapes, so that no text can end the block. The page carries a
Content-Security-Policy that allows its own two scripts by their hashes and nothing else: even an
escaping mistake could neither run a script nor load anything.
"""

import base64
import hashlib
import re
import shutil
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from thingistat_pipeline.files import point_link, write_whole
from thingistat_pipeline.report.blocks import Figure, Plot, Section
from thingistat_pipeline.report.file_names import LATEST, METRICS, MODEL_CARD, PAGE
from thingistat_pipeline.report.model_card import model_card
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.sections import sections
from thingistat_pipeline.report.style import themes
from thingistat_pipeline.report.summary import metrics_json, report_metrics
from thingistat_pipeline.report.wording import plain

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NO_EXTRA, _SYNTHETIC_EXTRA = "<extra></extra>", "<extra>synthetic</extra>"
_CLINGING = re.compile(r" (?=[%±])|(?<=±) |(?<=\d)(?=%)")
_MINUS = re.compile(r"(?<![\w.-])-(?=\d)")


def write_report(reports_dir: Path, data: ReportData, *, version: str) -> Path:
    """Write the report and point ``latest`` to it.

    Parameters
    ----------
    reports_dir : Path
        Folder of the reports.
    data : ReportData
        What the report is made from.
    version : str
        Name of the report's folder: letters, digits, dots, underscores, hyphens.

    Returns
    -------
    Path
        The folder ``<reports_dir>/<version>`` with ``report.html``, ``metrics.json`` and
        ``model_card.md``. A new folder appears complete; in an existing one only files that differ
        are replaced, each in one step, so that a reader always finds a whole page.

    Raises
    ------
    ValueError
        If the version is no folder name.
    """
    if not _VERSION.fullmatch(version) or version == LATEST:
        raise ValueError(f"{version!r} cannot name a report's folder")
    content = {
        PAGE: report_html(data, version=version),
        METRICS: metrics_json(report_metrics(data)),
        MODEL_CARD: model_card(data),
    }
    folder = reports_dir / version
    if folder.is_dir():
        for name, text in content.items():
            _replace_if_different(folder / name, text)
    else:
        _make_folder(folder, content)
    point_link(reports_dir / LATEST, folder)
    return folder


def prune_reports(reports_dir: Path, *, keep: int) -> list[Path]:
    """Remove all but the reports that were written last, and return the folders that went.

    The one that ``latest`` points to stays in any case.
    """
    latest = (reports_dir / LATEST).resolve()
    reports = [
        path
        for path in reports_dir.glob("*")
        if path.is_dir() and not path.is_symlink() and _VERSION.fullmatch(path.name)
    ]
    reports.sort(key=lambda path: (path.resolve() == latest, path.stat().st_mtime_ns), reverse=True)
    removed = reports[max(keep, 1) :]
    for path in removed:
        doomed = path.with_name(f".{path.name}.removed")
        shutil.rmtree(doomed, ignore_errors=True)  # left behind by a process that was killed
        path.rename(doomed)
        shutil.rmtree(doomed)
    return removed


def report_html(data: ReportData, *, version: str) -> str:
    """Return the page as text."""
    parts = sections(data)
    environment = Environment(
        loader=PackageLoader("thingistat_pipeline.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_typeset,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = _asset("report.js")
    return environment.get_template("report.html.j2").render(
        synthetic=data.card.is_synthetic,
        source=data.card.source,
        card=data.card,
        is_fitted=bool(data.advisor.get("fitted")),
        loads=[plain(load.name, 60) for load in data.card.loads],
        version=version,
        sections=parts,
        style=Markup(_asset("style.css")),  # noqa: S704 (our own file)
        plotly=Markup(get_plotlyjs()),  # noqa: S704 (the library's own bundle)
        script=Markup(script),  # noqa: S704 (our own file)
        script_hashes=[_hash(get_plotlyjs()), _hash(script)],
        plots=htmlsafe_json_dumps(
            _plots(parts, synthetic=data.card.is_synthetic), separators=(",", ":"), sort_keys=True
        ),
        themes=htmlsafe_json_dumps(themes(), separators=(",", ":"), sort_keys=True),
    )


def _plots(parts: tuple[Section, ...], *, synthetic: bool) -> dict[str, Plot]:
    """Return every panel's plot by its key."""
    return {
        panel.key: _marked_synthetic(panel.plot) if synthetic else panel.plot
        for section in parts
        for block in section.blocks
        if isinstance(block, Figure)
        for panel in block.panels
    }


def _marked_synthetic(plot: Plot) -> Plot:
    """Return a plot whose hover texts say beside the box that their numbers are synthetic."""
    traces = [
        {**trace, "hovertemplate": trace["hovertemplate"].replace(_NO_EXTRA, _SYNTHETIC_EXTRA)}
        if "hovertemplate" in trace
        else trace
        for trace in plot["data"]
    ]
    return {**plot, "data": traces}


def _make_folder(folder: Path, content: dict[str, str]) -> None:
    """Make the folder whole: written under a temporary name, then renamed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
    try:
        for name, text in content.items():
            write_whole(temporary / name, text)
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace_if_different(file: Path, text: str) -> None:
    if not file.is_file() or file.read_bytes() != text.encode():
        write_whole(file, text)


def _typeset(value: object) -> object:
    """Set signs as they are printed and keep them with their numbers; markup stays as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _MINUS.sub("\u2212", _CLINGING.sub("\u00a0", value))


@cache
def _hash(script: str) -> str:
    """Return a script's source expression for a Content-Security-Policy."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _asset(name: str) -> str:
    return files("thingistat_pipeline.report").joinpath("templates", name).read_text("utf-8")
