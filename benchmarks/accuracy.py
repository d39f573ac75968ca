"""Errors of the networks on real properties: fixed splits, equal budgets.

Mean absolute errors on the test part, the paired difference to CGCNN with a 95 %
bootstrap interval over the test structures, and the errors left on the training part.
Structures are read from the folder that SK_KNAGCN_DATA names; see property_sets.py.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from property_sets import TASKS, Task, read_task
from sklearn.base import BaseEstimator
from table import align, report, say

from sk_knagcn import (
    CGCNNRegressor,
    GCN3DRegressor,
    KNAGCNRegressor,
    StructureGraphTransformer,
)

K = 12
BASELINE = "CGCNN"
PUBLISHED = "CGCNN, as published"  # its network and its way of training
MODELS: dict[str, BaseEstimator] = {
    "moments": KNAGCNRegressor(),
    "slots": KNAGCNRegressor(convolution="slots", n_layers=3, width=64),
    BASELINE: CGCNNRegressor(),
    "CGCNN, width 96": CGCNNRegressor(width=96),
    PUBLISHED: CGCNNRegressor.as_published(),
    "3DGCN": GCN3DRegressor(),
}
EPOCHS = {"perovskites": 30, "MOFs": 20, "COFs": 10, "gap": 20}
OTHERWISE = 60
N_BOOTSTRAP = 10_000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="*", default=[""], help="parts of their names")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=MODELS)
    parser.add_argument("--k", type=int, default=K)
    parser.add_argument(
        "--optimizer", default="auto", choices=["auto", "adamw", "muon"]
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, metavar="PATH")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    names = [n for n in TASKS if any(part in n for part in options.tasks)]

    def write(emit: Callable[[str], None]) -> bool:
        emit(
            f"Mean absolute errors; k={options.k}, optimizer {options.optimizer}, seed "
            f"{options.seed}, {options.threads} thread(s). MAD: error of the training "
            "mean."
        )
        rows = []
        for name in names:
            task = read_task(name)
            if task is None:
                emit(f"No file for {name}.")
                continue
            rows += compete(task, options)
        titles = ["task", "n train", "test", "MAD", "epochs", "model", "MAE"]
        titles += [f"minus {BASELINE}", "95 %", "on training", "s/epoch"]
        emit(align(titles, rows))
        return True

    report(write, options.output)


def compete(task: Task, options: argparse.Namespace) -> list[list[str]]:
    """Train every model on the training part and look at its errors on the other."""
    say(f"{task.name}: graphs of {len(task.structures)} structures")
    graphs = StructureGraphTransformer(k=options.k).transform(task.structures)
    epochs = epochs_of(task.name)
    errors, left, seconds = {}, {}, {}
    for name in options.models:
        model = MODELS[name].set_params(max_epochs=epochs, random_state=options.seed)
        if name != PUBLISHED:
            model.set_params(optimizer=options.optimizer)
        if task.grows:
            model.set_params(readout="sum")
        start = perf_counter()
        model.fit(graphs[task.train], task.y[task.train])
        seconds[name] = (perf_counter() - start) / epochs
        errors[name] = abs(model.predict(graphs[task.test]) - task.y[task.test])
        left[name] = abs(model.predict(graphs[task.train]) - task.y[task.train]).mean()
        model.set_params(readout=None)
        say(f"{task.name}: {name} {errors[name].mean():.4f}")
    rows = []
    for name, error in errors.items():
        difference, interval = "", ""
        if name != BASELINE and BASELINE in errors:
            difference, interval = paired(error - errors[BASELINE])
        first = not rows
        rows.append(
            [
                task.name if first else "",
                f"{len(task.train):,}" if first else "",
                f"{len(task.test):,}" if first else "",
                f"{task.spread:.3f}" if first else "",
                str(epochs) if first else "",
                name,
                f"{error.mean():.4f}",
                difference,
                interval,
                f"{left[name]:.4f}",
                f"{seconds[name]:.2f}",
            ]
        )
    return rows


def epochs_of(name: str) -> int:
    """How long all networks train on a task."""
    return next((n for part, n in EPOCHS.items() if part in name), OTHERWISE)


def paired(differences: np.ndarray) -> tuple[str, str]:
    """The mean of paired differences and its bootstrap interval, as text."""
    rng = np.random.default_rng(0)
    draws = rng.integers(len(differences), size=(N_BOOTSTRAP, len(differences)))
    low, high = np.quantile(differences[draws].mean(axis=1), [0.025, 0.975])
    return f"{differences.mean():+.4f}", f"{low:+.4f} to {high:+.4f}"


if __name__ == "__main__":
    main()
