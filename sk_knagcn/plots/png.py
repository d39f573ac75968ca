"""Figures as pictures for pages."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 160  # sharp on screens with more than one pixel to the point


def to_png(figure: Figure) -> bytes:
    """Draw a figure as a PNG, and let go of it.

    Parameters
    ----------
    figure : Figure
        From one of the displays.

    Returns
    -------
    bytes
        The contents of a file.
    """
    import matplotlib.pyplot as plt

    file = BytesIO()
    figure.savefig(file, format="png", dpi=_DPI, transparent=True)
    plt.close(figure)
    return file.getvalue()
