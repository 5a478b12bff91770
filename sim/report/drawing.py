"""The drawing board of the report: sizes, colours, charts of rows, and clean inline SVG. One unit is one pixel of a
page at full width.

Text stays text, so that figures are small, can be searched and read aloud, and use the page's own font.
"""

import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE, PANEL, NARROW = 800, 400, 360  # a full page, one of two side by side, a phone
SMALL, TEXT, HEAD = 11.0, 12.0, 13.0  # font sizes
CHARACTER = 0.54  # mean width of a character over the font size, on the safe side for usual sans-serif fonts

# Okabe & Ito (2008), safe for colour-blind readers; yellow is left out, too faint on white.
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#1c2126",
)
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
STEPS = [1, 2, 2.5, 5, 10]  # of ticks
# The same hues, dark enough to be read as small text (contrast of 4.5 on white).
LETTERS = {VERMILLION: "#b34f00", GREEN: "#00795a", PURPLE: "#a04a7c", ORANGE: "#8f6200", SKY: "#1c74a3"}
INK, MUTED, FAINT, GRID, SHADE = "#1c2126", "#5b6570", "#c3c9d0", "#e3e7eb", "#eef5fa"

Key = tuple[str, str, str]  # colour, one of the marks below, words
DOT, RING, SQUARE, DIAMOND = "o", "o hollow", "s", "D"

SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],  # shipped with matplotlib: the same layout on every machine
    "font.size": TEXT,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.edgecolor": GRID,
    "axes.linewidth": 1.0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "lines.solid_capstyle": "butt",
    "path.simplify": True,
    "text.parse_math": False,  # a name is a name, whatever signs it has
}


@dataclass(frozen=True)
class Picture:
    """One figure as inline SVG: for wide pages, and where it must differ, for phones."""

    title: str
    wide: Markup
    narrow: Markup = Markup("")
    draw: "Callable[[int], Figure] | None" = None
    width: int = 0  # of the figure

    def figure(self) -> "Figure":
        """Return it as a figure of matplotlib's, to show in a notebook or save as PNG or PDF."""
        assert self.draw is not None
        with settings(self.title):
            return sheet(self.draw(self.width))


@contextmanager
def settings(salt: str) -> Iterator[None]:
    """Draw under matplotlib's defaults and ours, whatever the user's own matplotlibrc says."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**SETTINGS, "svg.hashsalt": salt})
        yield


def both(name: str, title: str, description: str, draw: Callable[[int], "Figure"]) -> Picture:
    """Draw a figure at full width and again, rearranged, for a phone."""
    return Picture(
        title,
        drawn(f"{name}-wide", title, description, draw, WIDE),
        drawn(f"{name}-narrow", title, description, draw, NARROW),
        draw,
        WIDE,
    )


def one(name: str, title: str, description: str, draw: Callable[[int], "Figure"]) -> Picture:
    """Draw a small figure that fits both."""
    return Picture(title, drawn(name, title, description, draw, PANEL), draw=draw, width=PANEL)


def sheet(figure: "Figure") -> "Figure":
    """Put a figure on white paper, so that it can be shown and saved by itself; notebooks show it as a picture."""
    figure.set_facecolor("white")
    figure._repr_png_ = lambda: png_of(figure)  # type: ignore[attr-defined]
    return figure


def png_of(figure: "Figure") -> bytes:
    """Return a figure as PNG, at twice the pixels of a page."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=144)
    return buffer.getvalue()


def drawn(name: str, title: str, description: str, draw: Callable[[int], "Figure"], width: int) -> Markup:
    """Draw, and return SVG to stand inside a page."""
    with settings(name):
        figure = draw(width)
        buffer = StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return inline(buffer.getvalue(), name, title, description)


def inline(svg: str, name: str, title: str, description: str) -> Markup:
    """Strip an SVG file to what a page needs: no declarations, no unused names, two decimals; say what it shows."""
    size = re.search(r'viewBox="([^"]+)"', svg)
    start = svg.index("<svg")
    body = svg[svg.index(">", start) + 1 : svg.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", body, flags=re.S)
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', body))
    body = re.sub(r"<[^>]+>", lambda tag: _tight(tag[0], name, used), body)
    body = re.sub(r"\s*\n\s*", "", body).replace("<defs></defs>", "").replace("<g></g>", "")
    head = f'<svg viewBox="{size[1] if size else ""}" role="img" aria-labelledby="{name}-title {name}-desc">'
    return Markup(
        f'{head}<title id="{name}-title">{escape(title)}</title><desc'
        f' id="{name}-desc">{escape(description)}</desc>{body}</svg>'
    )


def _tight(tag: str, name: str, used: set[str]) -> str:
    """Shorten one tag; text between tags stays as it is."""
    tag = re.sub(r' id="([^"]+)"', lambda match: f' id="{name}-{match[1]}"' if match[1] in used else "", tag)
    tag = re.sub(r'(url\(|href=")#', rf"\1#{name}-", tag).replace("xlink:href", "href")
    tag = re.sub(r" ?font-family: [^;\"]+;?", "", tag)
    tag = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", tag)
    tag = re.sub(r"-?\d+\.\d+", lambda match: _short(match[0]), tag)
    tag = re.sub(r"\s+", " ", tag).replace(' "', '"').replace(": ", ":").replace("; ", ";")
    return re.sub(r"([MLC]) (?=[-\d])", r"\1", tag)


def _short(number: str) -> str:
    """Write a coordinate with two decimals at most."""
    text = f"{float(number):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def canvas(
    width: float, height: float, left: float, right: float, top: float, bottom: float
) -> tuple["Figure", "Axes"]:
    """Return a figure of so many pixels with one set of axes inside the margins, and nothing drawn but its ticks."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72.0, height / 72.0), dpi=72)
    axes = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    )
    for side in axes.spines.values():
        side.set_visible(False)
    return figure, axes


def put(
    axes: "Axes",
    text: str,
    x: float,
    y: float,
    anchor: str,
    dx: float = 0.0,
    dy: float = 0.0,
    size: float = TEXT,
    color: str = INK,
    bold: bool = False,
) -> None:
    """Write text at x (share of the width, or data where anchor ends in '*') and y (data), moved by pixels."""
    across = "data" if anchor.endswith("*") else "axes fraction"
    axes.annotate(
        text,
        xy=(x, y),
        xycoords=(across, "data"),
        xytext=(dx, dy),
        textcoords="offset points",
        ha=anchor.rstrip("*"),
        va="center_baseline",
        fontsize=size,
        color=color,
        fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )


def text_width(texts: Collection[str], size: float = TEXT) -> float:
    """Return the width the longest of the texts needs, in pixels."""
    return max((len(text) for text in texts), default=0) * size * CHARACTER


def wrapped(name: str, limit: int = 16) -> list[str]:
    """Break a long name after + or _ into lines.

    >>> wrapped("proactive_risk+save_desk")
    ['proactive_risk+', 'save_desk']
    """
    lines = [""]
    for part in re.findall(r"[^+_ ]+[+_ ]?", name) if len(name) > limit else [name]:
        if lines[-1] and len(lines[-1] + part) > limit or lines[-1].endswith("+"):
            lines.append("")
        lines[-1] += part
    return lines


@dataclass(frozen=True)
class RowChart:
    """A chart of rows on one horizontal scale; `y` is where the mark of each row goes, `above` whether labels stand
    over their marks.
    """

    figure: "Figure"
    axes: "Axes"
    y: list[float]
    above: bool

    def bar(self, row: int, start: float, end: float, color: str, height: float = 16.0, offset: float = 0.0) -> None:
        """Draw a bar from start to end."""
        y = self.y[row] + offset
        self.axes.fill(
            [start, end, end, start],
            [y - height / 2] * 2 + [y + height / 2] * 2,
            color=color,
            linewidth=0,
            clip_on=False,
        )

    def line(self, row: int, start: float, end: float, color: str, offset: float = 0.0, width: float = 2.0) -> None:
        """Draw a line from start to end, if both are numbers."""
        if math.isfinite(start) and math.isfinite(end):
            self.axes.plot([start, end], [self.y[row] + offset] * 2, color=color, linewidth=width, clip_on=False)

    def dot(
        self,
        row: int,
        at: float,
        color: str,
        offset: float = 0.0,
        hollow: bool = False,
        size: float = 9.0,
        marker: str = "o",
    ) -> None:
        """Draw a dot."""
        self.axes.plot(
            [at],
            [self.y[row] + offset],
            marker,
            color=color,
            markersize=size,
            markerfacecolor="white" if hollow else color,
            markeredgewidth=1.8,
            clip_on=False,
        )


def row_chart(
    labels: Sequence[str],
    texts: Sequence[str],
    width: int,
    limits: tuple[float, float],
    axis: str,
    heading: str = "",
    bold: Collection[int] = (),
    shaded: Collection[int] = (),
    height: float = 34.0,
    key: Sequence[Key] = (),
    title: str = "",
) -> RowChart:
    """Prepare a chart of rows with a label at the left, a text at the right and a common scale; on a phone both go
    above the mark.
    """
    above = width < WIDE and (width == NARROW or max(map(len, labels), default=0) > 17)
    left = 6.0 if above else text_width(labels) + 16.0
    right = 6.0 if above else text_width([*texts, heading]) + 8.0
    height = height + 16.0 if above else height
    top, bottom = 12.0 + 24.0 * bool(key) + 20.0 * bool(heading) + 22.0 * bool(title), 42.0
    figure, axes = canvas(width, top + bottom + height * len(labels), left, right, top, bottom)
    axes.set_xlim(*limits)
    axes.set_ylim(height * len(labels), 0.0)
    edges = -left / (width - left - right), 1.0 + right / (width - left - right)  # of the figure, in widths of the axes
    for row, (label, text) in enumerate(zip(labels, texts, strict=True)):
        y = height * row + (13.0 if above else height / 2)
        if row in shaded:
            axes.axhspan(
                height * row + 1, height * (row + 1) - 1, *edges, color=SHADE, linewidth=0, clip_on=False, zorder=0
            )
        if above:  # keep lines out of the text
            axes.axhspan(
                height * row + (row in shaded),
                height * row + 22,
                *edges,
                color=SHADE if row in shaded else "white",
                linewidth=0,
                clip_on=False,
                zorder=2.5,
            )
        put(axes, label, 0.0, y, "left", dx=0.0 if above else 6.0 - left, bold=row in bold)
        put(axes, text, 1.0, y, "right", dx=0.0 if above else right - 6.0, bold=row in bold)
    if heading:
        put(axes, heading, 1.0, 0.0, "right", dx=0.0 if above else right - 6.0, dy=9.0, size=SMALL, color=MUTED)
    if title:
        put(axes, title, 0.0, 0.0, "left", dx=6.0 - left, dy=top - 12.0, size=HEAD, bold=True)
    _axis(axes, width, axis)
    _key(axes, key, 6.0 - left, 9.0 + (20.0 if heading else 0.0))
    return RowChart(
        figure, axes, [height * row + (height / 2 + 9.0 if above else height / 2) for row in range(len(labels))], above
    )


def _axis(axes: "Axes", width: int, axis: str) -> None:
    """Draw a light grid, a firm zero line, few ticks and what they mean."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=6 if width == WIDE else 4, steps=STEPS))
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.set_yticks([])
    axes.grid(axis="x", color=GRID, linewidth=1.0)
    axes.set_axisbelow(True)
    low, high = axes.get_xlim()
    if low <= 0.0 <= high:
        axes.axvline(0.0, color=MUTED, linewidth=1.0, zorder=1)
    axes.set_xlabel(axis, fontsize=SMALL, labelpad=3.0)


def _key(axes: "Axes", key: Sequence[Key], dx: float, dy: float) -> None:
    """Draw what the marks stand for in one line above the chart."""
    from matplotlib.transforms import ScaledTranslation

    for color, mark, words in key:
        place = axes.transAxes + ScaledTranslation((dx + 5.0) / 72.0, dy / 72.0, axes.figure.dpi_scale_trans)
        axes.plot(
            [0.0],
            [1.0],
            mark[0],
            color=color,
            markerfacecolor="white" if mark == RING else color,
            markersize=8.0,
            markeredgewidth=1.6,
            transform=place,
            clip_on=False,
        )
        put(axes, words, 0.0, 0.0, "left", dx=dx + 14.0, dy=dy, color=MUTED, size=SMALL)
        dx += 26.0 + text_width([words], SMALL)


def limits_of(*groups: Sequence[float]) -> tuple[float, float]:
    """Return a scale that holds all numbers and zero, with a little room."""
    numbers = [0.0, *(float(value) for group in groups for value in group if math.isfinite(value))]
    low, high = min(numbers), max(numbers)
    room = 0.05 * (high - low) or 1.0
    return (low - room if low < 0.0 else low - 0.3 * room), (high + room if high > 0.0 else high + 0.3 * room)
