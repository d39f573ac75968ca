"""Trains the same networks in every process that accelerate starts; see the test."""

import sys
from pathlib import Path

import numpy as np
import torch

from sk_knagcn import CGCNNRegressor, CrystalGraphs, KNAGCNClassifier
from sk_knagcn.training import launched_state
from tests.estimators.tiny import tiny

CASES = {
    "moments": {"max_epochs": 8, "averaging": 0.9, "schedule": "onecycle"},
    "slots": {"convolution": "slots", "max_epochs": 8, "max_atoms": 5},
    "single structures": {"batch_size": 1, "max_epochs": 3},
    "early stopping": {
        "early_stopping": True,
        "validation_fraction": 0.3,
        "max_epochs": 12,
        "patience": 4,
    },
}
# Not the same as in one process, but the same in all of them.
AGREEING = {
    "dropout": {"dropout": 0.3, "max_epochs": 3},
    "no seed": {"random_state": None, "early_stopping": True, "max_epochs": 3},
    "CGCNN": {"max_epochs": 3, "early_stopping": True, "validation_fraction": 0.3},
}


def fit(name, X, y, device, folder=None):
    """A network after training, as plain numbers."""
    changes = {**CASES, **AGREEING}[name]
    cls = {"CGCNN": [CGCNNRegressor]}.get(name, [])
    weights = np.linspace(0.2, 2, len(y))  # shares of a batch do not weigh the same
    model = tiny(*cls, **changes, device=device).fit(X, y, sample_weight=weights)
    return {
        "history": model.history_.drop(columns="dur").to_numpy().tolist(),
        "weights": dict(model.net_.module_.state_dict()),
        "prediction": torch.as_tensor(model.predict(X)),
    }


def fit_classifier(X, y, device):
    labels = np.where(y > np.median(y), "large", "small")
    model = tiny(KNAGCNClassifier, max_epochs=5, device=device).fit(X, labels)
    return model.history_["train_loss"].tolist()


def fit_and_go_on(X, y, device, folder):
    """Half a training, and then all of it from the checkpoint of the half."""
    parameters = {"max_epochs": 6, "checkpoint": folder, "device": device}
    first = tiny(**parameters).fit(X, y)
    again = tiny(**parameters).fit(X, y)  # there is nothing left to do
    return first.history_["train_loss"].tolist(), again.history_["dur"].tolist()


def main(folder):
    torch.set_num_threads(1)
    X = CrystalGraphs.open(folder / "graphs", mmap_mode="r")
    y = np.load(folder / "y.npy")
    found = {name: fit(name, X, y, "accelerate") for name in {**CASES, **AGREEING}}
    found["classifier"] = fit_classifier(X, y, "accelerate")
    found["checkpoint"] = fit_and_go_on(X, y, "accelerate", folder / "checkpoints")
    state = launched_state()
    found["processes"] = state.num_processes
    torch.save(found, folder / f"{state.process_index}.pt")
    state.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
