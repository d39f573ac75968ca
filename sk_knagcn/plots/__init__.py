"""Figures of fitted models, searches and comparisons, as scikit-learn's Displays."""

from sk_knagcn.plots.history import HistoryDisplay
from sk_knagcn.plots.parity import ParityDisplay
from sk_knagcn.plots.parity_grid import ParityGridDisplay
from sk_knagcn.plots.probe import ProbeDisplay
from sk_knagcn.plots.scores import ScoresDisplay
from sk_knagcn.plots.search import SearchDisplay
from sk_knagcn.plots.training_size import TrainingSizeDisplay

__all__ = [
    "HistoryDisplay",
    "ParityDisplay",
    "ParityGridDisplay",
    "ProbeDisplay",
    "ScoresDisplay",
    "SearchDisplay",
    "TrainingSizeDisplay",
]
