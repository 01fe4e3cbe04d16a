"""Colours and the look that every plot shares, for light and dark screens.

Series colours have a contrast of at least 3:1 on both backgrounds (WCAG 2.2, 1.4.11), so a plot is
drawn once and only its theme changes. The page's own colours are in ``templates/style.css``.
"""

from typing import Any, Literal

Mode = Literal["light", "dark"]

MAIN = "#168a80"
SECOND = "#c8641d"
QUIET = "#75828e"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_INK = {"light": "#3a444d", "dark": "#c3ccd4"}
_GRID = {"light": "#e4e1d9", "dark": "#2c353d"}
_ZERO = {"light": "#a9a59a", "dark": "#5a6670"}
_CARD = {"light": "#ffffff", "dark": "#1a2127"}
_SCALE = {
    "light": ["#e3efeb", "#a5d3c8", "#58aca0", "#168a80", "#0c5f5c", "#083a3c"],
    "dark": ["#17373a", "#12575a", "#168a80", "#55b3a5", "#a0d6ca", "#e2f3ee"],
}


def theme(mode: Mode) -> dict[str, Any]:
    """Return the plotly template of a mode; colour scales follow it by ``autocolorscale``."""
    steps = _SCALE[mode]
    scale = [[index / (len(steps) - 1), colour] for index, colour in enumerate(steps)]
    axis = {
        "gridcolor": _GRID[mode],
        "zerolinecolor": _ZERO[mode],
        "linecolor": _ZERO[mode],
        "automargin": True,
        "ticks": "outside",
        "ticklen": 5,
        "tickcolor": "rgba(0,0,0,0)",
        "fixedrange": True,
        "title": {"standoff": 10, "font": {"size": 12}},
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": 12, "color": _INK[mode]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [MAIN, SECOND, QUIET],
            "colorscale": {"sequential": scale, "sequentialminus": scale},
            "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": _CARD[mode],
                "bordercolor": _ZERO[mode],
                "font": {"family": FONT, "size": 13, "color": _INK[mode]},
                "align": "left",
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"size": 12},
                "traceorder": "normal",
                "itemclick": False,
                "itemdoubleclick": False,
            },
            "bargap": 0.35,
            "dragmode": False,
            "hovermode": "closest",
        },
        "data": {
            "heatmap": [{"colorbar": {"thickness": 10, "outlinewidth": 0, "ticks": ""}}],
            "scatter": [{"cliponaxis": False}],
        },
    }


def themes() -> dict[str, Any]:
    """Return both templates, as the page embeds them."""
    return {"light": theme("light"), "dark": theme("dark")}
