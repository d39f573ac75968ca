"""What all figures have in common: colours, a light grid, thin spines, short numbers.

Everything is set on the axes at hand; matplotlib's own settings stay the user's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

# The colours of Okabe and Ito (2008), which people of all kinds of colour vision can
# tell apart, less black and yellow. https://jfly.uni-koeln.de/color/
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
INK, FAINT, GRID = "0.25", "0.6", "0.92"
TINT = "#b9d7ea"  # of the first colour


def axes_for(ax: Axes | None, *, width: float, height: float) -> Axes:
    """Give the axes passed, or those of a new figure of that many inches, dressed."""
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    dress(ax)
    return ax


def dress(ax: Axes) -> None:
    """Light grid behind the data, thin spines on two sides."""
    ax.set_axisbelow(True)
    ax.grid(color=GRID, linewidth=0.8)
    ax.tick_params(which="both", color=INK, width=0.8)
    for side, spine in ax.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=INK, linewidth=0.8)


def explain(ax: Axes, **where: Any) -> Legend:
    """Draw a legend that hides little of what is behind it."""
    return ax.legend(
        **where, labelcolor=INK, facecolor="white", framealpha=0.8, edgecolor="none"
    )


def color_of(number: int) -> str:
    """One colour for each model or line; they begin again when all are used."""
    return PALETTE[number % len(PALETTE)]


def marker_of(number: int) -> str:
    """One marker for each, of which there are not as many as colours."""
    return MARKERS[number % len(MARKERS)]


def shades(n: int) -> list[tuple[float, ...]]:
    """Colours from dark to light, for values that have an order."""
    from matplotlib import colormaps

    return [tuple(color) for color in colormaps["viridis"](np.linspace(0, 0.85, n))]


def short(value: float) -> str:
    """Write a number with three digits that count."""
    if 999.5 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def exact(value: float) -> str:
    """Write a number that somebody has chosen: whole ones with all their digits."""
    return f"{value:.0f}" if value == round(value) else f"{value:.4g}"


def with_unit(text: str, unit: str | None) -> str:
    """Label of an axis."""
    return f"{text} ({unit})" if unit else text


def wrapped(names: Sequence[object]) -> list[str]:
    """Names of rows, the long ones on several lines; dollars begin no formula."""
    filled = [textwrap.fill(str(name), 36, max_lines=3) for name in names]
    return [name.replace("$", r"\$") for name in filled]


def lines_in(labels: Sequence[str]) -> int:
    """Lines of text in the tallest of some labels."""
    return 1 + max(label.count("\n") for label in labels)


def plain_log_axis(ax: Axes, which: str) -> None:
    """Make an axis logarithmic, with ticks like 0.2 and 50 rather than powers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    class FewTicks(LogLocator):
        """The fewer between two powers of ten, the more of these there are."""

        def tick_values(self, vmin: float, vmax: float) -> Any:
            decades = np.log10(vmax / vmin) if vmin > 0 else 0
            few = (1.0, 3.0) if decades <= 4 else (1.0,)
            self.set_params(subs=(1.0, 2.0, 3.0, 5.0) if decades <= 2 else few)
            return super().tick_values(vmin, vmax)

    ax.set(**{f"{which}scale": "log"})
    axis = getattr(ax, f"{which}axis")
    axis.set_major_locator(FewTicks(numticks=9))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def even_scale(values: ArrayLike) -> str:
    """Name the scale, linear or logarithmic, on which values lie more evenly."""
    values = np.unique(np.asarray(values, dtype=float))
    if len(values) < 3 or values[0] <= 0:
        return "linear"
    smallest = [np.diff(_along(places)).min() for places in (values, np.log(values))]
    return "linear" if smallest[0] >= smallest[1] else "log"


def ticks_at(ax: Axes, values: ArrayLike) -> None:
    """Put a tick of the x axis at each value, and labels where there is room."""
    from matplotlib.ticker import NullFormatter

    values = np.unique(np.asarray(values, dtype=float))
    labels = [exact(value) for value in values]
    size = float(ax.xaxis.get_major_ticks()[0].label1.get_fontsize())
    width = ax.get_window_extent().width / ax.figure.dpi * 72  # in points, as the size
    room = 0.7 * size * (1 + max(map(len, labels))) / width
    places = _along(np.log(values) if ax.get_xscale() == "log" else values)
    labelled = [0]
    for i, place in enumerate(places):
        if place - places[labelled[-1]] >= room:
            labelled.append(i)
    ax.set_xticks(values[labelled], [labels[i] for i in labelled])
    ax.set_xticks(np.delete(values, labelled), minor=True)
    ax.xaxis.set_minor_formatter(NullFormatter())


def _along(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where places lie between the first and the last: from 0 to 1."""
    return (places - places[0]) / (np.ptp(places) or 1.0)
