"""No windows, and no figures left over."""

import matplotlib
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def settings_stay():
    """Close all figures, and see that matplotlib's settings are what they were."""
    before = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


@pytest.fixture
def ax():
    """Axes of a figure of the user's own."""
    return plt.figure().add_subplot()
