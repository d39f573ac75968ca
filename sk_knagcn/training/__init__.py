"""Training: data on the device, the loop, and what happens between the epochs."""

from sk_knagcn.training.callbacks import KeepBest, ProgressBar, check_callbacks
from sk_knagcn.training.checkpoints import Checkpoint
from sk_knagcn.training.data import GraphDataset, GraphTensors, Rows
from sk_knagcn.training.loss import WeightedLoss
from sk_knagcn.training.muon import Muon
from sk_knagcn.training.net import GraphNet, TrainingStopped
from sk_knagcn.training.optimizers import resolve_optimizer
from sk_knagcn.training.processes import Processes, launched_state
from sk_knagcn.training.targets import TargetScaler

__all__ = [
    "Checkpoint",
    "GraphDataset",
    "GraphNet",
    "GraphTensors",
    "KeepBest",
    "Muon",
    "Processes",
    "ProgressBar",
    "Rows",
    "TargetScaler",
    "TrainingStopped",
    "WeightedLoss",
    "check_callbacks",
    "launched_state",
    "resolve_optimizer",
]
